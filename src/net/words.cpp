// SPDX-License-Identifier: Apache-2.0
// The enums of the network API and the words they stand for in layers.
#include <array>
#include <utility>

#include "base/error.h"
#include "tenon/layers.h"

namespace tenon {
namespace {

template <typename E, size_t N>
using Table = std::array<std::pair<E, const char*>, N>;

using A = ActivationType;
constexpr Table<A, 17> kActivations = {{{A::kRELU, "relu"},
                                        {A::kSIGMOID, "sigmoid"},
                                        {A::kTANH, "tanh"},
                                        {A::kLEAKY_RELU, "leaky_relu"},
                                        {A::kELU, "elu"},
                                        {A::kSELU, "selu"},
                                        {A::kSOFTSIGN, "softsign"},
                                        {A::kSOFTPLUS, "softplus"},
                                        {A::kCLIP, "clip"},
                                        {A::kHARD_SIGMOID, "hard_sigmoid"},
                                        {A::kSCALED_TANH, "scaled_tanh"},
                                        {A::kTHRESHOLDED_RELU, "thresholded_relu"},
                                        {A::kGELU_ERF, "gelu_erf"},
                                        {A::kGELU_TANH, "gelu_tanh"},
                                        {A::kSILU, "silu"},
                                        {A::kHARD_SWISH, "hard_swish"},
                                        {A::kMISH, "mish"}}};

constexpr Table<PoolingType, 2> kPoolings = {
    {{PoolingType::kMAX, "max"}, {PoolingType::kAVERAGE, "average"}}};

using EW = ElementWiseOperation;
constexpr Table<EW, 21> kElementWise = {{{EW::kSUM, "sum"},
                                         {EW::kPROD, "prod"},
                                         {EW::kMAX, "max"},
                                         {EW::kMIN, "min"},
                                         {EW::kSUB, "sub"},
                                         {EW::kDIV, "div"},
                                         {EW::kPOW, "pow"},
                                         {EW::kFLOOR_DIV, "floor_div"},
                                         {EW::kAND, "and"},
                                         {EW::kOR, "or"},
                                         {EW::kXOR, "xor"},
                                         {EW::kEQUAL, "equal"},
                                         {EW::kGREATER, "greater"},
                                         {EW::kLESS, "less"},
                                         {EW::kTRUNC_DIV, "trunc_div"},
                                         {EW::kMOD, "mod"},
                                         {EW::kFMOD, "fmod"},
                                         {EW::kNOT_EQUAL, "not_equal"},
                                         {EW::kGREATER_EQUAL, "greater_equal"},
                                         {EW::kLESS_EQUAL, "less_equal"},
                                         {EW::kATAN2, "atan2"}}};

using U = UnaryOperation;
constexpr Table<U, 29> kUnary = {
    {{U::kEXP, "exp"},     {U::kLOG, "log"},     {U::kSQRT, "sqrt"},   {U::kRECIP, "recip"},
     {U::kABS, "abs"},     {U::kNEG, "neg"},     {U::kSIN, "sin"},     {U::kCOS, "cos"},
     {U::kTAN, "tan"},     {U::kSINH, "sinh"},   {U::kCOSH, "cosh"},   {U::kASIN, "asin"},
     {U::kACOS, "acos"},   {U::kATAN, "atan"},   {U::kASINH, "asinh"}, {U::kACOSH, "acosh"},
     {U::kATANH, "atanh"}, {U::kCEIL, "ceil"},   {U::kFLOOR, "floor"}, {U::kERF, "erf"},
     {U::kNOT, "not"},     {U::kSIGN, "sign"},   {U::kROUND, "round"}, {U::kISINF, "isinf"},
     {U::kISNAN, "isnan"}, {U::kRSQRT, "rsqrt"}, {U::kEXPM1, "expm1"}, {U::kLOG1P, "log1p"},
     {U::kTRUNC, "trunc"}}};

using R = ReduceOperation;
constexpr Table<R, 7> kReduce = {{{R::kSUM, "sum"},
                                  {R::kPROD, "prod"},
                                  {R::kMAX, "max"},
                                  {R::kMIN, "min"},
                                  {R::kAVG, "avg"},
                                  {R::kANY, "any"},
                                  {R::kALL, "all"}}};

constexpr Table<TopKOperation, 2> kTopK = {
    {{TopKOperation::kMAX, "max"}, {TopKOperation::kMIN, "min"}}};

using M = MatrixOperation;
constexpr Table<M, 3> kMatrix = {
    {{M::kNONE, "none"}, {M::kTRANSPOSE, "transpose"}, {M::kVECTOR, "vector"}}};

constexpr Table<GatherMode, 2> kGather = {
    {{GatherMode::kDEFAULT, "default"}, {GatherMode::kELEMENT, "element"}}};

using I = InterpolationMode;
constexpr Table<I, 3> kInterpolation = {
    {{I::kNEAREST, "nearest"}, {I::kLINEAR, "linear"}, {I::kCUBIC, "cubic"}}};

template <typename E, size_t N>
std::string word_of(const Table<E, N>& table, E v, const char* type) {
  for (const auto& [e, word] : table)
    if (e == v) return word;
  throw Error(detail::concat(static_cast<int>(v), " is not a value of ", type));
}

template <typename E, size_t N>
E enum_of(const Table<E, N>& table, const std::string& seen, const char* type) {
  for (const auto& [e, word] : table)
    if (seen == word) return e;
  throw Error(detail::concat("\"", seen, "\" is not a value of ", type));
}

}  // namespace

#define TENON_WORD(Enum, table)                           \
  Word::Word(Enum v) : word_(word_of(table, v, #Enum)) {} \
  Word::operator Enum() const { return enum_of(table, word_, #Enum); }
TENON_WORD(ActivationType, kActivations)
TENON_WORD(PoolingType, kPoolings)
TENON_WORD(ElementWiseOperation, kElementWise)
TENON_WORD(UnaryOperation, kUnary)
TENON_WORD(ReduceOperation, kReduce)
TENON_WORD(TopKOperation, kTopK)
TENON_WORD(MatrixOperation, kMatrix)
TENON_WORD(GatherMode, kGather)
TENON_WORD(InterpolationMode, kInterpolation)
#undef TENON_WORD

}  // namespace tenon
