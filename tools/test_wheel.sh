#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# test_wheel.sh <python> <work folder>: builds the wheel with what <python> has, unpacks it into a
# folder of its own, and runs tests on that package instead of on the tree.
set -eu
python=$(realpath -s "$1") work=$2
tests="tests/py/test_import_surface.py tests/py/test_save_load.py tests/py/test_cpp_examples.py tests/py/test_readme.py tests/py/cpp"
unset TORCH_TENSORRT_LIB_DIR PYTHONPATH
rm -rf "$work"
mkdir -p "$work"
work=$(realpath "$work")
# shellcheck disable=SC2086
"$python" -m pip wheel . --no-deps --no-build-isolation --quiet -w "$work/dist" ${WHEEL_OPTIONS-}
ls "$work"/dist/torch_tensorrt-*-py3-none-linux_x86_64.whl
"$python" -m pip install --quiet --no-deps --target "$work/python" "$work"/dist/*.whl
copies=$(find "$work/python" -name 'libdnnl.so*' | wc -l)
[ "$copies" = 1 ] || { echo "the wheel holds $copies copies of libdnnl" >&2; exit 1; }
# Programs of the package find torch beside it, where pip puts both.
ln -s "$("$python" -c 'import os, torch; print(os.path.dirname(torch.__file__))')" "$work/python/torch"
PYTHONPATH=$work/python "$work/python/bin/torchtrtc" --version >/dev/null
# tests/py/conftest.py takes the package from the folder "python" beside "tests".
cp -r tests examples bench README.md pyproject.toml "$work"
cd "$work"
# shellcheck disable=SC2086
"$python" -m pytest -q $tests
