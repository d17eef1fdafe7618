/* SPDX-License-Identifier: Apache-2.0 */
/* C ABI of the compiler, used by the Python layer through ctypes. Every function is thread safe.
 * Functions that can fail return 0 on success, 1 on error, 2 when cancelled; tenon_last_error()
 * then gives the message of the calling thread's last failure. */
#ifndef TENON_C_API_H
#define TENON_C_API_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct tenon_tensor {
  const char* name; /* fully qualified parameter, buffer or constant name */
  int32_t dtype;    /* tenon::DataType */
  int32_t ndim;
  const int64_t* shape;   /* ndim sizes */
  const int64_t* strides; /* ndim element strides */
  const void* data;       /* host memory; must stay valid until tenon_compile returns */
} tenon_tensor;

/* Called from the compiling thread; return 0 to cancel. total may be 0 (unknown). */
typedef int (*tenon_progress)(const char* stage, int done, int total, void* user);
/* level: 0 internal error .. 3 info .. 5 graph */
typedef void (*tenon_log)(int level, const char* text, void* user);

typedef struct tenon_result tenon_result;

/* Compiles an ExportedProgram. `request_json`:
 *   {"program": <ExportedProgram JSON object>,
 *    "symbols": {"s0": [min, opt, max]}, (optional) "options": {setting: value},
 *    "threads": 2 (optional: OpenMP threads to build for; the calling thread's own if absent)} */
int tenon_compile(const char* request_json, size_t request_size, const tenon_tensor* constants,
                  size_t constant_count, tenon_progress progress, void* user, tenon_result** out);
/* {"segments": [{"kind": "engine"|"torch", "name", "nodes": [...], "inputs": [...], "outputs":
 * [...], "outputs_meta": ...}], "in_place": [[node, target]], "nodes": [{"name", "target",
 *   "engine": bool, "supported": bool, "reason", "module", "location"}], "dryrun": "...",
 *   "node_types": [{"op", "dtypes": [...], "supported": count,
 *   "unsupported": count, "reasons": [...]}], "warnings": [...], "times_ms": {stage: ms}} ; owned
 * by the result. */
const char* tenon_result_report(const tenon_result* result);
/* Plan bytes of segment `segment` (an engine segment); 64-byte aligned, owned by the result. */
int tenon_result_plan(const tenon_result* result, size_t segment, const void** data, size_t* size);
void tenon_result_free(tenon_result* result);

/* JSON table of all settings: [{"name", "type", "default", "status", "doc"}]; static storage. */
const char* tenon_options_table(void);
const char* tenon_last_error(void);
const char* tenon_version(void);
/* JSON: {"isa", "threads", "onednn": "available"|reason, "layers": [...], "converters": [...],
 * "user_converters": [...]}; valid until the calling thread's next call. */
const char* tenon_build_info(void);
void tenon_set_log(tenon_log sink, void* user); /* null: the default sink on stderr */
void tenon_set_log_level(int level);

#ifdef __cplusplus
}
#endif
#endif
