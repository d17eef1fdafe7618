// SPDX-License-Identifier: Apache-2.0
// All of core/util, and the torch functions that converters call (torch::flatten, torch::rand).
#pragma once

#include <torch/csrc/autograd/generated/variable_factories.h>
#include <torch/types.h>

#include "jit_util.h"
#include "macros.h"
#include "trt_util.h"
