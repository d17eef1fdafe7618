#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# torchtrtc's command line is read by cxxopts, a header. Installs it where we may, else says what to
# type.
set -eu
have() { echo '#include <cxxopts.hpp>' | g++ -std=c++17 -E -x c++ - >/dev/null 2>&1; }
have && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -qy libcxxopts-dev
  have && exit 0
fi
echo "error: cxxopts is missing: sudo apt-get install libcxxopts-dev" >&2
exit 1
