#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The C++ tests need GoogleTest. Installs it where we may, else says what to type.
set -eu
have() { echo '#include <gtest/gtest.h>' | g++ -E -x c++ - >/dev/null 2>&1; }
have && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -qy libgtest-dev
  have && exit 0
fi
echo "error: GoogleTest is missing: sudo apt-get install libgtest-dev" >&2
exit 1
