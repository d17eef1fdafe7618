#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# need_header.sh HEADER PACKAGE: installs a Debian package that has a C++ header we need, where we
# may; else says what to type.
set -eu
header=$1 package=$2
have() { echo "#include <$header>" | g++ -std=c++17 -E -x c++ - >/dev/null 2>&1; }
have && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -qy "$package"
  have && exit 0
fi
echo "error: $header is missing: sudo apt-get install $package" >&2
exit 1
