#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# gpu_tests.sh <folder with lib/ and the test programs> <folder for logs>: every test that wants a
# GPU, on a machine that has one, from programs that were built elsewhere. Prints a short summary;
# the logs have the rest.
set -u
built=$(cd "$1" && pwd) logs=$2
here=$(cd "$(dirname "$0")/.." && pwd)
mkdir -p "$logs"
export TORCH_TENSORRT_LIB_DIR=$built/lib PYTHONPATH=$here/python LD_LIBRARY_PATH=$built/lib
TENON_NVIDIA_DIR=$(python3 -c 'import nvidia; print(list(nvidia.__path__)[0])')
export TENON_NVIDIA_DIR
status=0
for program in ${GPU_PROGRAMS-test_ops}; do
  timeout 240 "$built/$program" --gtest_brief=1 >"$logs/$program.txt" 2>&1 || status=1
  printf '=== %s\n' "$program"
  grep -a '^\[  FAILED  \]' "$logs/$program.txt" | sort -u | head -n 40
  tail -n 3 "$logs/$program.txt"
done
printf '=== pytest tests/py/cuda\n'
(cd "$here" && timeout 400 python3 -m pytest -q tests/py/cuda -p no:cacheprovider) >"$logs/pytest.txt" 2>&1 || status=1
grep -a -E '^(FAILED|ERROR)|^E  ' "$logs/pytest.txt" | cut -c1-300 | head -n 60
tail -n 2 "$logs/pytest.txt"
exit $status
