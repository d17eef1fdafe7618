# SPDX-License-Identifier: Apache-2.0
# make demo   from nothing to ResNet-18 compiled, checked, saved and run from C++
# make test   from nothing to all tests passed          make quick   a short subset, under 2 minutes
# Everything but Debian packages lands in .venv and build/; any step may be killed and run again.
# Another Python environment that has requirements/*.txt installed: make test VENV=/path/to/it
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:

VENV ?= .venv
BUILD ?= build
JOBS ?= $(shell nproc)
PYTHON ?= python3
PY := $(VENV)/bin/python
STAMPS ?= $(VENV)/stamps
space := $() $()
TOOL = $(if $(wildcard $(VENV)/bin/$(1)),$(VENV)/bin/$(1),$(1))

# The tree runs in place, whatever is installed elsewhere.
export TORCH_TENSORRT_LIB_DIR := $(abspath $(BUILD))/lib
export PYTHONPATH := $(abspath python)
export PYTHONDONTWRITEBYTECODE := 1

QUICK_TESTS := $(foreach t,base ir net partition,$(if $(wildcard tests/$(t)/*_test.cpp),$(t)))
# These run with all cores; the others a process per core, with one thread each.
THREADED_TESTS := tests/py/models tests/py/test_threads.py
CXX_FILES = $(shell git ls-files '*.cpp' '*.h')
PY_DIRS := python tests tools examples bench

.PHONY: help demo test test-full quick bench wheel format lint layers build build-tests clean
help:
	@sed -n '2,6s/^# //p' Makefile
	@echo "also: make test-full | bench | wheel | format | lint | clean"

# ---- set-up ---------------------------------------------------------------------------------------
$(STAMPS)/venv:
	tools/setup_venv.sh $(PYTHON) $(VENV)
	@mkdir -p $(@D) && touch $@

# One stamp per requirements file: pip runs again only when a file or the environment changes.
$(STAMPS)/%.installed: requirements/%.txt $(wildcard requirements/*.txt) | $(STAMPS)/venv
	tools/pip_install.sh $(PY) $<
	@touch $@

.PHONY: requirements gtest cxxopts
requirements: $(STAMPS)/test.installed gtest cxxopts

gtest:
	@tools/need_header.sh gtest/gtest.h libgtest-dev

cxxopts:
	@tools/need_header.sh cxxopts.hpp libcxxopts-dev

# ---- building (ninja decides what is stale; cmake starts anew where a killed run left half a cache) --
configure = tools/configure.sh $(BUILD) $(PY) $(1)

build: $(STAMPS)/demo.installed
	$(call configure,-DTENON_TORCH=ON)
	$(call TOOL,ninja) -C $(BUILD) -j$(JOBS) tenon tenon_onednn torchtrt

build-tests: $(STAMPS)/test.installed gtest cxxopts
	$(call configure,-DTENON_TORCH=ON -DTENON_TESTS=ON)
	$(call TOOL,ninja) -C $(BUILD) -j$(JOBS)

# ---- what they are for ----------------------------------------------------------------------------
demo: build
	$(PY) examples/demo/demo.py

test: layers build-tests
	$(call TOOL,ctest) --test-dir $(BUILD) --output-on-failure -j$(JOBS)
	$(PY) -m pytest -q $(THREADED_TESTS)
	OMP_NUM_THREADS=1 $(PY) -m pytest tests/py -n $(JOBS) --dist loadfile \
	  $(addprefix --ignore=,$(THREADED_TESTS))

# The same tests with nothing left out, and the wheel installed and used in an environment of its own.
test-full: export TENON_TEST_FULL := 1
test-full: test
	tools/test_wheel.sh $(PY) $(BUILD)/wheel-test

quick: layers $(STAMPS)/test.installed gtest
	$(call configure,-DTENON_TORCH=ON -DTENON_TESTS=ON)
	$(call TOOL,ninja) -C $(BUILD) -j$(JOBS) tenon tenon_onednn torchtrt $(addprefix test_,$(QUICK_TESTS))
	$(call TOOL,ctest) --test-dir $(BUILD) --output-on-failure -R '^($(subst $(space),|,$(QUICK_TESTS)))$$'
	$(PY) -m pytest -q tests/py/test_settings.py tests/py/test_compile_lenet.py

# Refuses to measure while another process uses the cores.
bench: build $(STAMPS)/bench.installed
	$(call TOOL,ninja) -C $(BUILD) context_cost
	$(PY) bench/run.py

wheel: $(STAMPS)/test.installed
	$(PY) -m pip wheel . --no-deps --no-build-isolation -w $(BUILD)/dist

layers: | $(STAMPS)/venv
	$(PY) tools/check_layers.py

lint: layers $(STAMPS)/lint.installed
	@echo "clang-format: $(words $(CXX_FILES)) files"
	@$(VENV)/bin/clang-format --dry-run -Werror $(CXX_FILES)
	$(VENV)/bin/ruff check $(PY_DIRS)
	$(VENV)/bin/ruff format --check $(PY_DIRS)

format: $(STAMPS)/lint.installed
	@$(VENV)/bin/clang-format -i $(CXX_FILES)
	$(VENV)/bin/ruff check --fix $(PY_DIRS)
	$(VENV)/bin/ruff format $(PY_DIRS)

clean:
	rm -rf $(BUILD) dist
