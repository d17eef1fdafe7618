#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# pip_install.sh <python> <requirements file>: installs; a dropped connection is tried again.
set -u
for attempt in 1 2 3; do
  "$1" -m pip install --disable-pip-version-check --quiet -r "$2" && exit 0
  echo "pip install -r $2 failed (attempt $attempt of 3)" >&2
done
exit 1
