# SPDX-License-Identifier: Apache-2.0
"""Building and running a network of torch_tensorrt.trt alone."""

import torch

from torch_tensorrt import trt


def network():
    builder = trt.Builder(trt.Logger())
    return builder, builder.create_network(
        1 << int(trt.NetworkDefinitionCreationFlag.EXPLICIT_BATCH)
    )


def plan(builder, net, device="cpu", **profile):
    """profile: input name -> (min, opt, max)"""
    config = builder.create_builder_config()
    config.builder_optimization_level = 0
    config.timing_cache_path = "none"
    config.device = device
    if profile:
        ranges = builder.create_optimization_profile()
        for name, shapes in profile.items():
            ranges.set_shape(name, *shapes)
        assert config.add_optimization_profile(ranges) == 0
    return builder.build_serialized_network(net, config)


def run(engine, *inputs):
    """Outputs of an engine for inputs in order."""
    context = engine.create_execution_context()
    names = [engine.get_tensor_name(i) for i in range(engine.num_io_tensors)]
    inputs = [x.contiguous() for x in inputs]
    for name, x in zip(names, inputs):
        context.set_input_shape(name, tuple(x.shape))
    outputs = [
        torch.empty(
            list(context.get_tensor_shape(name)),
            dtype=trt._values.torch_type(engine.get_tensor_dtype(name)),
            device=inputs[0].device,
        )
        for name in names[len(inputs) :]
    ]
    assert context.execute_v2([t.data_ptr() for t in (*inputs, *outputs)])
    return outputs


def build_and_run(make, *inputs, device="cpu"):
    """Outputs of the network in which ``make(net, *tensors)`` puts layers or tensors."""
    builder, net = network()
    tensors = [net.add_input(f"x{i}", x.dtype, tuple(x.shape)) for i, x in enumerate(inputs)]
    made = make(net, *tensors)
    for out in made if isinstance(made, list) else [made]:
        net.mark_output(out.get_output(0) if isinstance(out, trt.ILayer) else out)
    engine = trt.Runtime(trt.Logger()).deserialize_cuda_engine(plan(builder, net, device))
    return run(engine, *(x.to(device) for x in inputs))
