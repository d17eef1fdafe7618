// SPDX-License-Identifier: Apache-2.0
// Everything that this library registers with torch: the class and the op of namespace "tensorrt".
#include <torch/library.h>

#include "torch/engine_class.h"
#include "torch/engine_function.h"

namespace tenon::torch_bridge {
namespace {

using EnginePtr = c10::intrusive_ptr<EngineClass>;

Tensors execute_engine(at::TensorList inputs, const EnginePtr& engine) {
  return engine->run(inputs);
}

TORCH_LIBRARY(tensorrt, m) {
  m.class_<EngineClass>("Engine")
      .def(torch::init<at::Tensor>())
      .def("execute", &EngineClass::execute)
      .def("as_function", function_of)
      .def("input_names", &EngineClass::input_names)
      .def("output_names", &EngineClass::output_names)
      .def("input_dtypes", &EngineClass::input_dtypes)
      .def("output_dtypes", &EngineClass::output_dtypes)
      .def("input_exprs", &EngineClass::input_exprs)
      .def("output_exprs", &EngineClass::output_exprs)
      .def("input_ranges", &EngineClass::input_ranges)
      .def("infer_shapes", &EngineClass::infer_shapes)
      .def("get_layer_info", &EngineClass::layer_info)
      .def("content_hash", &EngineClass::content_hash)
      .def("device", &EngineClass::device)
      .def("plan", &EngineClass::plan)
      .def("enable_profiling", &EngineClass::enable_profiling)
      .def("disable_profiling", &EngineClass::disable_profiling)
      .def("__eq__", &EngineClass::equals)
      .def("__obj_flatten__", &EngineClass::flatten)
      // The op's meta kernel reads shapes from the real engine, so tracing needs no fake one.
      .def("tracing_mode", [](const EnginePtr&) { return std::string("real"); })
      .def_pickle(
          [](const EnginePtr& self) { return self->plan(); },
          [](at::Tensor plan) { return c10::make_intrusive<EngineClass>(std::move(plan)); });
  m.def(
      "execute_engine(Tensor[] inputs, __torch__.torch.classes.tensorrt.Engine engine) -> "
      "Tensor[]");
}

TORCH_LIBRARY_IMPL(tensorrt, CompositeExplicitAutograd, m) {
  m.impl("execute_engine", execute_engine);
}

// Engines have no gradient: outputs simply do not require one, also if inputs do.
TORCH_LIBRARY_IMPL(tensorrt, Autograd, m) {
  m.impl("execute_engine", torch::CppFunction::makeFallthrough());
}

}  // namespace
}  // namespace tenon::torch_bridge
