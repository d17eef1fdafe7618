# SPDX-License-Identifier: Apache-2.0
# Compiler settings, ccache, and the places of the dependencies that live in the Python environment.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release)
endif()
set(CMAKE_CXX_FLAGS_RELEASE "-O2")

find_program(TENON_CCACHE ccache)
if(TENON_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${TENON_CCACHE})
endif()
# tenon_precompile(<target> <headers>) has the compiler read once what most files of a target include.
# tenon_precompile(<target> FROM <other>) takes the one of another target with the same options.
# tenon_unity(<target> <n> [EXCEPT <regex>]) compiles the target's files n at a time, so that the headers
# are read once for all of them; files whose path matches <regex> stay for themselves.
# With ccache neither: the files themselves are kept, and are shared between clones, which a
# precompiled header would prevent, and an edit compiles one file.
function(tenon_precompile target)
  if(CMAKE_CXX_COMPILER_LAUNCHER)
    return()
  elseif("${ARGV1}" STREQUAL "FROM")
    target_precompile_headers(${target} REUSE_FROM ${ARGV2})
  else()
    target_precompile_headers(${target} PRIVATE ${ARGN})
  endif()
endfunction()

function(tenon_unity target files)
  cmake_parse_arguments(PARSE_ARGV 2 unity "" "EXCEPT" "")
  if(CMAKE_CXX_COMPILER_LAUNCHER)
    return()
  endif()
  set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE ${files})
  if(unity_EXCEPT)
    get_target_property(alone ${target} SOURCES)
    list(FILTER alone INCLUDE REGEX "${unity_EXCEPT}")
    set_source_files_properties(${alone} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
  endif()
endfunction()

find_program(TENON_LLD ld.lld)
if(TENON_LLD)
  add_link_options(-fuse-ld=lld)
endif()

add_compile_options(-Wall -Wextra -Wno-unused-parameter)
if(TENON_SANITIZE)
  add_compile_options(-fsanitize=${TENON_SANITIZE} -fno-omit-frame-pointer -g)
  add_link_options(-fsanitize=${TENON_SANITIZE})
endif()

find_package(Threads REQUIRED)
find_package(OpenMP REQUIRED COMPONENTS CXX)
find_package(Python3 REQUIRED COMPONENTS Interpreter)

# Dependencies from PyPI are asked for where they are: the build may run in a virtual environment or
# in the isolated environment that pip makes, which is no prefix of the interpreter.
function(tenon_ask_python variable advice code)
  execute_process(COMMAND ${Python3_EXECUTABLE} -c "${code}"
    OUTPUT_VARIABLE answer OUTPUT_STRIP_TRAILING_WHITESPACE RESULT_VARIABLE rc)
  if(NOT rc EQUAL 0)
    message(FATAL_ERROR "${Python3_EXECUTABLE} lacks a package: ${advice}")
  endif()
  set(${variable} "${answer}" PARENT_SCOPE)
endfunction()

tenon_ask_python(TENON_JSON_INCLUDE "pip install nlohmann-json"
  "import nlohmann_json, os; print(os.path.join(os.path.dirname(nlohmann_json.__file__), 'include'))")
if(TENON_ONEDNN)
  tenon_ask_python(TENON_DNNL_CMAKE_DIR
    "pip install onednn-devel-cpu-gomp onednn-cpu-gomp, or -DTENON_ONEDNN=OFF"
    "import importlib.metadata as m; print(next(f.locate().resolve().parent for f in m.files('onednn-devel-cpu-gomp') if f.name == 'dnnl-config.cmake'))")
endif()
if(TENON_CUDA)
  # Headers only: the libraries are opened at run time.
  tenon_ask_python(TENON_NVIDIA_DIR
    "pip install torch 'nvidia-cuda-crt==13.0.*' 'nvidia-cuda-cccl==13.0.*' (with torch's nvidia-* packages these are the CUDA headers), or -DTENON_CUDA=OFF"
    "import nvidia, os; d = list(nvidia.__path__)[0]; [open(os.path.join(d, h)).close() for h in ('cu13/include/cuda.h', 'cu13/include/crt/host_defines.h', 'cu13/include/nv/target', 'cudnn/include/cudnn_backend.h')]; print(d)")
endif()
if(TENON_TORCH)
  tenon_ask_python(torch_facts "pip install 'torch>=2.11', or -DTENON_TORCH=OFF"
    "import torch, os; print(os.path.dirname(torch.__file__), torch.__version__, int(torch.compiled_with_cxx11_abi()), sep=chr(59))")
  list(GET torch_facts 0 TORCH_DIR)
  list(GET torch_facts 1 TORCH_VERSION)
  list(GET torch_facts 2 TORCH_CXX11_ABI)
endif()
