#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# setup_venv.sh <python> <folder>: a virtual environment; one that works is left as it is. Debian
# keeps the part that makes them in a package of its own: installed where we may, else named.
set -eu
python=$1 venv=$2
"$venv/bin/python" -m pip --version >/dev/null 2>&1 && exit 0
if [ -e "$venv" ] && [ ! -f "$venv/pyvenv.cfg" ]; then
  echo "error: $venv is not a virtual environment" >&2
  exit 1
fi
for tool in "$python" g++ cmake; do
  command -v "$tool" >/dev/null && continue
  echo "error: $tool is missing: sudo apt-get install python3 g++ cmake" >&2
  exit 1
done
if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
  if [ "$(id -u)" != 0 ]; then
    echo "error: $python cannot make virtual environments: sudo apt-get install python3-venv" >&2
    exit 1
  fi
  apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -qy python3-venv
fi
"$python" -m venv --clear "$venv"
