// SPDX-License-Identifier: Apache-2.0
// Random operands of sizes at which kernels for rows, columns and pixels change their ways: rows of
// a few lanes, a warp, a block, and longer; vectors and single elements; axes that several blocks
// share.
#include "op_test.h"

namespace tenon::test {
namespace {

// clang-format off
const std::vector<OpCase> kCases = {
    {.name = "rows of 64 f16", .op = "normalization", .in = {f16({9, 64}), f16({64}).constant(), f16({64}).constant(), f16({9, 64})}},
    {.name = "rows of 96 bf16", .op = "normalization", .in = {bf16({5, 96}), bf16({96}).constant()}},
    {.name = "rows of 768 f16", .op = "normalization", .in = {f16({7, 768}), f16({768}).constant(), f16({768}).constant(), f16({7, 768})}},
    {.name = "rows of 1024", .op = "normalization", .attrs = {{"rms", true}}, .in = {f32({3, 1024}), f32({1024}).constant()}},
    {.name = "rows of 251", .op = "normalization", .in = {f32({3, 251}), f32({251}).constant(), f32({251}).constant(), f32({3, 251})}},
    {.name = "rows of 770 f16", .op = "normalization", .in = {f16({3, 770}), f16({770}).constant(), f16({770}).constant(), f16({3, 770})}},
    {.name = "rows of 2056 f16", .op = "normalization", .in = {f16({2, 2056}), f16({2056}).constant(), f16({2056}).constant(), f16({2, 2056})}},
    {.name = "rows of 8192", .op = "normalization", .in = {f32({2, 8192}), f32({8192}).constant(), f32({8192}).constant()}},
    {.name = "rows of 8200", .op = "normalization", .attrs = {{"rms", true}}, .in = {f32({2, 8200}), f32({8200}).constant()}},
    {.name = "two dims of 16 x 24 f16", .op = "normalization", .attrs = {{"rank", 2}}, .in = {f16({2, 3, 16, 24}), f16({16, 24}).constant(), f16({16, 24}).constant()}},
    {.name = "groups of 2 x 64 f16", .op = "group_norm", .attrs = {{"groups", 8}}, .in = {f16({2, 16, 8, 8}), f16({16}).constant(), f16({16}).constant()}},
    {.name = "groups of 16 x 35 f16", .op = "group_norm", .attrs = {{"groups", 2}}, .in = {f16({2, 32, 5, 7}), f16({32}).constant(), f16({32}).constant()}},
    {.name = "groups of 8 x 400", .op = "group_norm", .attrs = {{"groups", 2}}, .in = {f32({1, 16, 20, 20}), f32({16}).constant()}},
    {.name = "rows of 48 f16", .op = "softmax", .in = {f16({70, 48}).range(-6, 6)}},
    {.name = "rows of 128 f16", .op = "softmax", .attrs = {{"log", true}}, .in = {f16({5, 128}).range(-6, 6)}},
    {.name = "rows of 197", .op = "softmax", .in = {f32({5, 197}).range(-6, 6)}},
    {.name = "rows of 300 bf16", .op = "softmax", .in = {bf16({3, 300}).range(-6, 6)}},
    {.name = "rows of 1000", .op = "softmax", .in = {f32({3, 1000}).range(-6, 6)}},
    {.name = "rows of 2048 f16", .op = "softmax", .in = {f16({2, 2048}).range(-6, 6)}},
    {.name = "rows of 8193 log", .op = "softmax", .attrs = {{"log", true}}, .in = {f32({2, 8193}).range(-6, 6)}},
    {.name = "21 channels f16", .op = "softmax", .attrs = {{"axis", 1}}, .in = {f16({2, 21, 9, 8}).range(-6, 6)}},
    {.name = "sum rows of 256 f16", .op = "reduce", .attrs = {{"axes", Ints{1}}}, .in = {f16({37, 256})}},
    {.name = "sum one row", .op = "reduce", .attrs = {{"axes", Ints{0, 1}}}, .in = {f32({5, 20000}).range(0, 2)}},
    {.name = "max one odd row", .op = "reduce", .attrs = {{"operation", "max"}, {"axes", Ints{0}}}, .in = {f32({9999})}},
    {.name = "sum one row i64", .op = "reduce", .attrs = {{"axes", Ints{0}}}, .in = {i64({9000}).range(-9, 9)}},
    {.name = "avg pixels f16", .op = "reduce", .attrs = {{"operation", "avg"}, {"axes", Ints{2, 3}}, {"keep_dims", true}}, .in = {f16({2, 24, 28, 28})}},
    {.name = "avg pixels of one image", .op = "reduce", .attrs = {{"operation", "avg"}, {"axes", Ints{2, 3}}, {"keep_dims", true}}, .in = {f16({1, 40, 7, 7})}},
    {.name = "min columns", .op = "reduce", .attrs = {{"operation", "min"}, {"axes", Ints{0}}}, .in = {f32({700, 36})}},
    {.name = "sum many columns f16", .op = "reduce", .attrs = {{"axes", Ints{1}}}, .in = {f16({40, 3, 1024})}},
    {.name = "sum columns i32", .op = "reduce", .attrs = {{"axes", Ints{1}}}, .in = {i32({2, 300, 5}).range(-9, 9)}},
    {.name = "sum outer and inner", .op = "reduce", .attrs = {{"axes", Ints{0, 2}}}, .in = {bf16({9, 5, 33})}},
    {.name = "any of channels", .op = "reduce", .attrs = {{"operation", "any"}, {"axes", Ints{1}}}, .in = {boolean({3, 32, 4, 4})}},
    {.name = "all of rows", .op = "reduce", .attrs = {{"operation", "all"}, {"axes", Ints{1}}}, .in = {boolean({40, 2})}},
    {.name = "argmax of 5000", .op = "arg_reduce", .attrs = {{"axis", 1}}, .in = {f32({2, 5000})}},
    {.name = "argmin of 5000 f16", .op = "arg_reduce", .attrs = {{"operation", "min"}, {"axis", 1}}, .in = {f16({2, 5000})}},
    {.name = "argmax of channels", .op = "arg_reduce", .attrs = {{"axis", 1}}, .in = {f16({2, 21, 6, 5})}},
    {.name = "argmax of 100 i32", .op = "arg_reduce", .attrs = {{"axis", -1}}, .in = {i32({70, 100}).range(-50, 50)}},
    {.name = "rows of 100", .op = "cumsum", .attrs = {{"axis", 1}}, .in = {f32({11, 100})}},
    {.name = "rows of 70 i32", .op = "cumsum", .attrs = {{"axis", 1}}, .in = {i32({3, 70}).range(-9, 9)}},
    {.name = "20 of 1000", .op = "topk", .attrs = {{"k", 20}}, .in = {f32({3, 1000})}},
    {.name = "5 of 4096 i64", .op = "topk", .attrs = {{"k", 5}, {"largest", false}}, .in = {i64({1, 4096}).range(-1000, 1000)}},
    {.name = "all of 100 f16", .op = "topk", .attrs = {{"k", 100}, {"largest", false}}, .in = {f16({3, 100})}},
    {.name = "4 of 5000", .op = "topk", .attrs = {{"k", 4}}, .in = {f32({2, 5000})}},
    {.name = "rows of 768 f16", .op = "gather", .in = {f16({30, 768}).constant(), i64({2, 9}).range(-30, 29)}},
    {.name = "rows of 1000 in the middle", .op = "gather", .attrs = {{"axis", 1}}, .in = {f32({3, 7, 1000}), i32({5}).range(-7, 6)}},
    {.name = "bytes", .op = "gather", .attrs = {{"axis", 1}}, .in = {u8({5, 7}), i64({3, 4}).range(-7, 6)}},
    {.name = "i64 elements", .op = "gather", .attrs = {{"axis", 2}, {"mode", "element"}}, .in = {i64({2, 3, 9}).range(-99, 99), i32({2, 3, 4}).range(0, 8)}},
    {.name = "one index tensor", .op = "gather_nd", .attrs = {{"first_axis", 0}}, .in = {f16({49, 16}), i64({5, 6}).range(-49, 48)}},
    {.name = "three index tensors", .op = "gather_nd", .attrs = {{"first_axis", 1}}, .in = {f32({2, 3, 4, 5, 6}), i64({7, 1}).range(-3, 2), i32({1, 3}).range(-4, 3), i64({3}).range(0, 4)}},
    {.name = "max 3x3 of 64 channels f16", .op = "pooling", .attrs = {{"type", "max"}, {"window", Ints{3, 3}}, {"stride", Ints{2, 2}}, {"pre_padding", Ints{1, 1}}, {"post_padding", Ints{1, 1}}}, .in = {f16({2, 64, 13, 14})}},
    {.name = "average 3x3 of 8 channels", .op = "pooling", .attrs = {{"type", "average"}, {"window", Ints{3, 3}}, {"pre_padding", Ints{1, 1}}, {"post_padding", Ints{1, 1}}, {"exclude_padding", false}}, .in = {f32({1, 8, 9, 7})}},
    {.name = "max 5x2 dilated of 16 channels bf16", .op = "pooling", .attrs = {{"type", "max"}, {"window", Ints{5, 2}}, {"stride", Ints{2, 1}}, {"pre_padding", Ints{2, 1}}, {"post_padding", Ints{2, 1}}, {"dilation", Ints{2, 3}}}, .in = {bf16({2, 16, 15, 12})}},
    {.name = "max 3d of 8 channels", .op = "pooling", .attrs = {{"type", "max"}, {"window", Ints{3, 3, 3}}, {"stride", Ints{2, 2, 2}}, {"pre_padding", Ints{1, 1, 1}}, {"post_padding", Ints{1, 1, 1}}}, .in = {f32({1, 8, 6, 7, 5})}},
    {.name = "average 3x4 of 16 channels f16", .op = "adaptive_pooling", .attrs = {{"output_size", Ints{3, 4}}}, .in = {f16({2, 16, 10, 7})}},
    {.name = "average 1x1 of 512 channels f16", .op = "adaptive_pooling", .attrs = {{"output_size", Ints{1, 1}}}, .in = {f16({2, 512, 7, 7})}},
    {.name = "average 1x1 of large planes", .op = "adaptive_pooling", .attrs = {{"output_size", Ints{1, 1}}}, .in = {f16({1, 16, 56, 56})}},
    {.name = "nearest of 16 channels f16", .op = "resize", .attrs = {{"output_size", Ints{11, 8}}, {"mode", "nearest"}}, .in = {f16({2, 16, 5, 4})}},
    {.name = "linear of 8 channels bf16", .op = "resize", .attrs = {{"output_size", Ints{11, 8}}, {"mode", "linear"}}, .in = {bf16({2, 8, 5, 6})}},
    {.name = "linear to the same width", .op = "resize", .attrs = {{"output_size", Ints{11, 8}}, {"mode", "linear"}}, .in = {f32({1, 4, 5, 8})}},
    {.name = "cubic of 8 channels f16", .op = "resize", .attrs = {{"output_size", Ints{7, 9}}, {"mode", "cubic"}, {"align_corners", true}}, .in = {f16({1, 8, 5, 4})}},
};
// clang-format on
TENON_OP_TESTS(Rows, kCases);

}  // namespace
}  // namespace tenon::test
