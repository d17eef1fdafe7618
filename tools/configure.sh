#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# configure.sh <build folder> <python> [cmake options]: runs cmake, its output in configure.log. A
# cache of another Python, or one that an interrupted run left useless, is replaced.
set -eu
build=$1 python=$(realpath -s "$2")
shift 2
bin=$(dirname "$python") cmake=cmake ninja=ninja
[ ! -x "$bin/cmake" ] || cmake=$bin/cmake
[ ! -x "$bin/ninja" ] || ninja=$bin/ninja
fresh() { rm -rf "$build/CMakeCache.txt" "$build/CMakeFiles"; }
configure() {
  "$cmake" -S . -B "$build" -G Ninja -DCMAKE_MAKE_PROGRAM="$(command -v "$ninja")" \
    -DPython3_EXECUTABLE="$python" "$@" >"$build/configure.log" 2>&1
}
mkdir -p "$build"
if [ -f "$build/CMakeCache.txt" ]; then
  grep -qx "Python3_EXECUTABLE:[A-Z]*=$python" "$build/CMakeCache.txt" || fresh
  configure "$@" && exit 0
  echo "cmake failed; once more with a fresh cache" >&2
  fresh
fi
configure "$@" || { cat "$build/configure.log" >&2; exit 1; }
