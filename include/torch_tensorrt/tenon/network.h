// SPDX-License-Identifier: Apache-2.0
// For compilers that are given only include/torch_tensorrt as a folder of headers.
#pragma once

#include "../../tenon/network.h"
