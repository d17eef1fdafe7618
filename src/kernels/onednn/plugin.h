// SPDX-License-Identifier: Apache-2.0
// The kernels of this library, one function per file. Called once each, by tenon_register_kernels.
#pragma once

namespace tenon::kernels::onednn {

void register_convolution();
void register_convolution_split();
void register_deconvolution();
void register_linear();
void register_matrix_multiply();
void register_pooling();

}  // namespace tenon::kernels::onednn
