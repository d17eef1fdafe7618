/* SPDX-License-Identifier: Apache-2.0 */
/* C ABI of the network API (network.h) and of converters written by users. Networks, tensors,
 * layers and plans are numbers, never pointers: one that is stale (its network was freed, its
 * conversion has ended) or foreign (a tensor of another network) is an error, not a crash. 0 stands
 * for none.
 *
 * Functions return 0 on success and 1 on error; tenon_last_error() (c_api.h) then has the message.
 * Texts that are handed out belong to the calling thread and live until its next call of a function
 * that hands one out. A network may be used from one thread at a time; the table is thread safe.
 *
 * Sizes in JSON are numbers, or expressions over named run-time sizes as strings ("2*s0 + 1").
 * Numbers that JSON does not have are {"float": "inf" | "-inf" | "nan"}. Element types are the
 * numbers of tenon::DataType. */
#ifndef TENON_C_API_NETWORK_H
#define TENON_C_API_NETWORK_H

#include "tenon/c_api.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef uint64_t tenon_handle;

/* ---- networks */

int tenon_network_create(tenon_handle* network);
int tenon_network_free(tenon_handle network);
/* {"name", "attached": bool, "inputs": [tensor], "outputs": [tensor], "layers": [layer]} */
int tenon_network_info(tenon_handle network, const char** json);
int tenon_network_set_name(tenon_handle network, const char* name);
/* Text form of the network as it would be built. */
int tenon_network_print(tenon_handle network, const char** text);
/* -1 in `dims` is a run-time size. */
int tenon_network_add_input(tenon_handle network, const char* name, int32_t dtype, int32_t ndim,
                            const int64_t* dims, tenon_handle* tensor);
int tenon_network_mark_output(tenon_handle network, tenon_handle tensor, int on);

/* Any layer of layers.def: op name, inputs (0: absent), attributes as a JSON object or null. */
int tenon_network_add_layer(tenon_handle network, const char* op, const tenon_handle* inputs,
                            size_t input_count, const char* attrs_json, tenon_handle* layer);
/* Several layers: "shape" (x), "parametric_relu" (x, slope), "unsqueeze" and "squeeze" (x, axes),
 * "einsum" (one or two; `text` is the equation, else null). The handle is that of the last one. */
int tenon_network_add_composite(tenon_handle network, const char* kind, const tenon_handle* inputs,
                                size_t input_count, const char* text, tenon_handle* layer);
/* Dense data; it is copied. `name` may be null. */
int tenon_network_add_constant(tenon_handle network, const tenon_tensor* data, tenon_handle* layer);
/* "convolution", "deconvolution" (kernel sizes in `window`) or "linear" (window_count 0) with
 * weights whose shape follows from the input and the groups. The kernel may be null: it then comes
 * with tenon_layer_set_input(1). A null bias is no bias. Both are copied; their shapes are not read
 * beyond the number of values. */
int tenon_network_add_weighted(tenon_handle network, const char* op, tenon_handle input,
                               int64_t outputs, int32_t window_count, const int64_t* window,
                               const tenon_tensor* kernel, const tenon_tensor* bias,
                               tenon_handle* layer);

/* ---- layers and tensors */

/* {"op", "name", "inputs": [tensor], "outputs": [tensor]} */
int tenon_layer_info(tenon_handle layer, const char** json);
int tenon_layer_set_name(tenon_handle layer, const char* name);
/* Attributes by name: {"stride": [2, 2]}; "zero_is_placeholder" of shuffle is one too. */
int tenon_layer_set(tenon_handle layer, const char* attrs_json);
int tenon_layer_get(tenon_handle layer, const char* attr, const char** json);
/* Beyond the declared inputs: shape tensors, see ILayer::setInput. */
int tenon_layer_set_input(tenon_handle layer, int32_t index, tenon_handle tensor);
/* {"name", "dtype", "shape": [2, "s0"], "input": bool, "output": bool}; infers the type. */
int tenon_tensor_info(tenon_handle tensor, const char** json);
int tenon_tensor_set_name(tenon_handle tensor, const char* name);
/* Network inputs: null, or the new shape as JSON; dtype -1: as it is. */
int tenon_tensor_set_type(tenon_handle tensor, int32_t dtype, const char* shape_json);
/* Network inputs: names run-time size `dim`. */
int tenon_tensor_set_dimension_name(tenon_handle tensor, int32_t dim, const char* name);

/* ---- building */

/* `request_json`: {"profile": {input: [[min...], [opt...], [max...]]}, "options": {setting: value},
 *   "threads": n}; all optional. */
int tenon_network_build(tenon_handle network, const char* request_json, tenon_handle* plan);
/* Lives until tenon_plan_free. */
int tenon_plan_data(tenon_handle plan, const void** data, size_t* size);
int tenon_plan_free(tenon_handle plan);

/* ---- running a plan, all buffers in host memory */

/* Copies the plan. The engine runs one call at a time; load it twice to run two. */
int tenon_engine_load(const void* plan, size_t size, tenon_handle* engine);
int tenon_engine_free(tenon_handle engine);
/* {"device": "cpu"|"cuda", "inputs": [binding], "outputs": [binding]}, where a binding is {"name",
 *   "dtype", "shape": [8, "s0"], "ranges": [[min, opt, max], ...]} */
int tenon_engine_info(tenon_handle engine, const char** json);
/* Sizes of all outputs for these sizes of all inputs: [[2, 3], ...]. shapes[i] has input i's rank.
 */
int tenon_engine_output_shapes(tenon_handle engine, const int64_t* const* shapes,
                               const char** json);
/* Dense row-major buffers of the bindings' types; returns when it is done. */
int tenon_engine_run(tenon_handle engine, const int64_t* const* shapes, const void* const* inputs,
                     void* const* outputs);

/* ---- converters */

/* The text that explains what a callback refuses or why it failed; call it before returning. */
void tenon_callback_message(const char* text);
/* 0: takes the node. Else not: the reason is the callback's message. `node_json`:
 *   {"op": "aten::add.Tensor", "name", "target", "module", "location",
 *    "inputs": [{"name", "dtype", "shape", "constant": bool, "tensor": handle (converting only, not
 *               for constants)}],
 *    "arguments": {schema name: null, bool, number, string, list, {"tensor": index into inputs},
 *                  {"size": "2*s0"}, {"dtype": 0}},
 *    "outputs": [{"name", "dtype", "shape"}],
 *    "symbols": {"s0": [min, opt, max]} (converting only)} */
typedef int (*tenon_validate)(const char* node_json, void* user);
/* Adds layers to `network`, which is stale after the return, and hands the results over with
 * tenon_convert_return. Not 0: the node stays in PyTorch, the callback's message says why. */
typedef int (*tenon_convert)(tenon_handle network, const char* node_json, void* user);

/* Result tensors in order; 0: not given. */
int tenon_convert_return(tenon_handle network, const tenon_handle* tensors, size_t count);
/* Dense data of constant input `index`; lives until the callback returns. */
int tenon_convert_data(tenon_handle network, size_t index, const void** data, size_t* size);
/* Settings of the compilation that runs on this thread, as JSON; "" if none does. */
const char* tenon_current_settings(void);

/* `op` as node_json spells it; `origin` for messages ("mine.py:12"); higher priority comes first,
 * of equal ones the one registered last; dynamic 0: not for run-time sizes; validator may be null.
 */
int tenon_register_converter(const char* op, const char* origin, int priority, int dynamic,
                             tenon_validate validator, tenon_convert convert, void* user, int* id);
int tenon_unregister_converter(int id);
/* JSON: {"user": ["op (origin)", ...], "builtin": [op, ...]} */
int tenon_converters(const char** json);

#ifdef __cplusplus
}
#endif
#endif
