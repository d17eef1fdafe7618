# SPDX-License-Identifier: Apache-2.0
"""dynamo_tensorrt_converter: what a converter gets, may return, and how it is chosen."""

import logging

import pytest
import torch
from converter_fixtures import both_devices, only_this_test  # noqa: F401
from converter_ops import compiled, gate, join, kinds, min_max, reason, split_sizes, twice

import torch_tensorrt
from torch_tensorrt import trt
from torch_tensorrt.dynamo.conversion import (
    DYNAMO_CONVERTERS,
    ConversionContext,
    ConverterPriority,
    dynamo_tensorrt_converter,
    impl,
    remove_converter,
)
from torch_tensorrt.dynamo.conversion import converter_utils as utils

OPS = torch.ops.convtest
SUM = trt.ElementWiseOperation.SUM


def add_twice(**kwargs):
    """Registers x + x for twice; returns the list of contexts it was called with."""
    calls = []

    @dynamo_tensorrt_converter(OPS.twice.default, **kwargs)
    def convert(ctx, target, args, kwargs, name):
        calls.append(ctx)
        return ctx.net.add_elementwise(args[0], args[0], SUM).get_output(0)

    return calls


def around_twice(x):
    return torch.relu(twice(torch.tanh(x)))


@both_devices
def test_a_custom_op_becomes_part_of_the_one_engine(device):
    calls = add_twice()
    x = torch.randn(2, 3, device=device)
    module, wanted = compiled(around_twice, x, require_full_compilation=True)
    torch.testing.assert_close(module(x), wanted)
    assert kinds(module) == ["engine"]
    (ctx,) = calls
    assert isinstance(ctx, ConversionContext)
    assert ctx.compilation_settings.require_full_compilation is True
    assert ctx.compilation_settings.min_block_size == 1
    assert ctx.current_node.target is OPS.twice.default
    assert ctx.current_node.meta["val"].shape == (2, 3)


def test_without_a_converter_the_node_stays_in_torch():
    x = torch.randn(2, 3)
    module, wanted = compiled(around_twice, x)
    torch.testing.assert_close(module(x), wanted)
    assert reason(module, "twice") == "no converter for convtest::twice"


def test_weights_defaults_and_keyword_only_arguments():
    seen = []

    @dynamo_tensorrt_converter(OPS.gate.default)
    def convert(ctx, target, args, kwargs, name):
        seen.append((args, kwargs))
        x = impl.activation.relu(ctx, target, None, name + "_relu", args[0])
        x = impl.elementwise.mul(ctx, target, None, name + "_mul", x, args[1])
        x = impl.elementwise.add(ctx, target, None, name + "_add", x, args[2])
        return impl.elementwise.mul(ctx, target, None, name, x, x) if kwargs.get("square") else x

    x, w = torch.randn(2, 8), torch.randn(8)
    module, wanted = compiled(
        lambda x, w: gate(x, w, 0.5, square=True), x, w, require_full_compilation=True
    )
    torch.testing.assert_close(module(x), wanted)
    ((args, kwargs),) = seen
    assert isinstance(args[0], trt.ITensor)
    assert torch.equal(args[1], w) and args[1].data_ptr() != w.data_ptr()
    assert args[2] == 0.5 and kwargs == {"square": True}


def test_lists_and_several_outputs():
    @dynamo_tensorrt_converter(OPS.split_sizes.default)
    def convert(ctx, target, args, kwargs, name):
        x, sizes, dim = args
        assert sizes == [1, 4] and dim == 1
        parts, at = [], 0
        for size in sizes:
            parts.append(
                impl.slice.slice_op(ctx, target, None, f"{name}_{at}", x, dim, at, at + size, 1)
            )
            at += size
        return parts

    @dynamo_tensorrt_converter(OPS.min_max.default)
    def convert_min_max(ctx, target, args, kwargs, name):
        low = impl.reduce.amin(ctx, target, None, name + "_min", args[0], -1)
        return low, impl.reduce.amax(ctx, target, None, name + "_max", args[0], -1)

    def function(x):
        first, rest = split_sizes(x, [1, 4], 1)
        low, high = min_max(rest)
        return first.squeeze(1) + low * high

    x = torch.randn(3, 5)
    module, wanted = compiled(function, x, require_full_compilation=True)
    torch.testing.assert_close(module(x), wanted)


def test_arguments_that_are_no_numbers():
    seen = []

    @dynamo_tensorrt_converter(torch.ops.aten.full_like.default)
    def convert(ctx, target, args, kwargs, name):
        seen.append((args[1], kwargs))
        return utils.create_constant(ctx, torch.full((2, 3), 1.5, dtype=kwargs["dtype"]), name)

    def function(x):
        like = torch.full_like(
            x, 1.5, dtype=torch.float16, device=x.device, memory_format=torch.contiguous_format
        )
        return x + like

    x = torch.randn(2, 3)
    module, wanted = compiled(function, x, require_full_compilation=True)
    torch.testing.assert_close(module(x), wanted)
    ((value, kwargs),) = seen
    assert value == 1.5 and kwargs["dtype"] is torch.float16
    assert kwargs["device"] == torch.device("cpu")
    assert kwargs["memory_format"] is torch.contiguous_format


def test_lists_of_tensors_and_run_time_sizes():
    @dynamo_tensorrt_converter(OPS.join.default, supports_dynamic_shapes=True)
    def convert(ctx, target, args, kwargs, name):
        tensors, shape = args
        assert all(isinstance(t, trt.ITensor) for t in tensors)
        assert isinstance(shape[0], trt.ITensor) and shape[1] == 6
        whole = impl.cat.cat(ctx, target, None, name + "_cat", tensors, 1)
        return impl.shuffle.reshape(ctx, target, None, name, whole, shape)

    def function(x):
        return join([x, torch.relu(x)], [x.shape[0] * 2, 6])

    x = torch.randn(3, 6)
    module, wanted = compiled(function, x, dynamic=True, require_full_compilation=True)
    torch.testing.assert_close(module(x), wanted)
    y = torch.randn(7, 6)
    torch.testing.assert_close(module(y), function(y))


def test_shape_tensors_under_a_dynamic_batch():
    @dynamo_tensorrt_converter(OPS.twice.default, supports_dynamic_shapes=True)
    def convert(ctx, target, args, kwargs, name):
        net, (x,) = ctx.net, args
        assert x.shape[0] == -1
        batch = impl.shape.shape(ctx, target, None, name + "_size", x, 0)
        minus_one = net.add_constant((1,), torch.tensor([-1])).get_output(0)
        flat = net.add_concatenation([batch, minus_one])
        flat.axis = 0
        shuffle = net.add_shuffle(x)
        shuffle.set_input(1, flat.get_output(0))
        doubled = net.add_elementwise(shuffle.get_output(0), shuffle.get_output(0), SUM)
        back = net.add_shuffle(doubled.get_output(0))
        back.set_input(1, net.add_shape(x).get_output(0))
        return back.get_output(0)

    x = torch.randn(3, 2, 5)
    module, wanted = compiled(around_twice, x, dynamic=True, require_full_compilation=True)
    for batch in (3, 1, 8):
        x = torch.randn(batch, 2, 5)
        torch.testing.assert_close(module(x), around_twice(x))


def test_the_dynamic_flag():
    calls = add_twice()
    x = torch.randn(3, 2)
    module, wanted = compiled(around_twice, x, dynamic=True)
    torch.testing.assert_close(module(x), wanted)
    assert not calls
    assert "not marked as able to convert run-time sizes" in reason(module, "twice")
    module, wanted = compiled(around_twice, x, dynamic=True, assume_dynamic_shape_support=True)
    torch.testing.assert_close(module(x), wanted)
    assert calls and kinds(module) == ["engine"]


def test_an_override_is_seen_in_log_and_numbers(caplog):
    x = torch.tensor([-1.0, 2.0])
    torch_tensorrt.logging.set_level(logging.INFO)
    try:
        with caplog.at_level(logging.INFO, "torch_tensorrt"):

            @dynamo_tensorrt_converter(torch.ops.aten.relu.default)
            def convert(ctx, target, args, kwargs, name):
                return impl.unary.neg(ctx, target, None, name, args[0])
    finally:
        torch_tensorrt.logging.set_level(logging.WARNING)
    assert f"aten::relu (test_decorator.py:{convert.__code__.co_firstlineno})" in caplog.text
    assert "overrides the built-in one" in caplog.text
    module, _ = compiled(torch.relu, x)
    torch.testing.assert_close(module(x), -x)
    assert remove_converter(convert) == 1
    module, wanted = compiled(torch.relu, x)
    torch.testing.assert_close(module(x), wanted)


def test_an_override_holds_in_place_and_for_saved_programs(tmp_path):
    @dynamo_tensorrt_converter(torch.ops.aten.relu.default)
    def convert(ctx, target, args, kwargs, name):
        return impl.unary.neg(ctx, target, None, name, args[0])

    model = torch.nn.Sequential(torch.nn.Linear(4, 4), torch.nn.ReLU(inplace=True)).eval()
    x = torch.randn(2, 4)
    torch.export.save(torch.export.export(model, (x,)), tmp_path / "model.pt2")
    program = torch.export.load(tmp_path / "model.pt2")
    for module in (
        torch_tensorrt.compile(model, inputs=[x], min_block_size=1),
        torch_tensorrt.dynamo.compile(program, inputs=[x], min_block_size=1),
    ):
        torch.testing.assert_close(module(x), -model[0](x))


@pytest.mark.parametrize("approximate", ["tanh", "none"])
def test_a_validator_by_keyword_and_helpers_by_keyword(approximate):
    calls = []

    @dynamo_tensorrt_converter(
        torch.ops.aten.gelu.default,
        supports_dynamic_shapes=True,
        priority=ConverterPriority.HIGH,
        capability_validator=lambda node, settings: node.kwargs.get("approximate") == "tanh",
    )
    def convert(ctx, target, args, kwargs, name):
        calls.append(kwargs)
        x, source = args[0], torch_tensorrt.dynamo.SourceIR.ATEN

        def mul(suffix, a, b):
            return impl.elementwise.mul(
                ctx, target, name=name + suffix, source_ir=source, lhs_val=a, rhs_val=b
            )

        cube = impl.elementwise.pow(ctx, target, source, name + "_cube", x, 3)
        inner = impl.elementwise.add(
            ctx, target, source, name + "_in", x, mul("_c", cube, 0.044715)
        )
        tanh = impl.activation.tanh(ctx, target, source, name, mul("_s", inner, 0.7978845608))
        one = impl.elementwise.add(ctx, target, source, name + "_one", tanh, 1)
        return mul("_half", mul("_x", x, 0.5), one)

    x = torch.randn(3, 4)
    gelu = torch.nn.GELU(approximate)
    module, wanted = compiled(gelu, x, dynamic=True, require_full_compilation=True)
    torch.testing.assert_close(module(x), wanted, rtol=1e-4, atol=1e-5)
    assert bool(calls) == (approximate == "tanh")


def test_higher_priority_then_later():
    order = []

    def converter(label, **kwargs):
        @dynamo_tensorrt_converter(OPS.twice.default, **kwargs)
        def convert(ctx, target, args, kwargs, name):
            order.append(label)
            return ctx.net.add_elementwise(args[0], args[0], SUM).get_output(0)

        return convert

    x = torch.randn(2)
    first = converter("first")
    high = converter("high", priority=ConverterPriority.HIGH)
    later = converter("later")
    supports = DYNAMO_CONVERTERS[OPS.twice.default]
    assert [s.converter_implementation for s in supports] == [high, later, first]
    for function in (high, later, first):
        compiled(twice, x)
        remove_converter(function)
    assert order == ["high", "later", "first"]
    assert OPS.twice.default not in DYNAMO_CONVERTERS


def test_a_validator_sees_the_node_and_the_settings():
    seen = []

    def validator(node, settings):
        seen.append((node.target, node.args[0].meta["val"], node.meta["val"], settings))
        return False

    calls = add_twice(capability_validator=validator, supports_dynamic_shapes=True)
    x = torch.randn(3, 2)
    module, wanted = compiled(around_twice, x, dynamic=True)
    torch.testing.assert_close(module(x), wanted)
    assert not calls
    target, operand, value, settings = seen[0]
    assert target is OPS.twice.default and settings.min_block_size == 1
    assert isinstance(operand.shape[0], torch.SymInt) and operand.shape[1] == 2
    assert value.dtype == torch.float32
    assert "capability_validator returned False" in reason(module, "twice")


@pytest.mark.parametrize("wanted", [True, False])
def test_a_validator_of_one_argument(wanted):
    add_twice(capability_validator=lambda node: wanted)
    x = torch.randn(2)
    module, _ = compiled(around_twice, x)
    assert kinds(module) == (["engine"] if wanted else ["engine", "torch", "engine"])


def test_a_validator_that_fails_says_so():
    add_twice(capability_validator=lambda node: node.no_such_thing)
    module, _ = compiled(around_twice, torch.randn(2))
    text = reason(module, "twice")
    assert "AttributeError" in text and "test_decorator.py" in text


def failing(ctx, target, args, kwargs, name):
    raise ValueError("seven is too much")


def test_an_exception_keeps_the_node_in_torch():
    dynamo_tensorrt_converter(OPS.twice.default)(failing)
    x = torch.randn(2)
    module, wanted = compiled(around_twice, x)
    torch.testing.assert_close(module(x), wanted)
    line = failing.__code__.co_firstlineno + 1
    text = reason(module, "twice")
    assert f"ValueError: seven is too much (test_decorator.py:{line})" in text
    assert 'raise ValueError("seven is too much")' in text
    with pytest.raises(RuntimeError, match="seven is too much"):
        compiled(around_twice, x, require_full_compilation=True)


WRONG = [
    (lambda ctx, x: None, "wanted ITensors"),
    (lambda ctx, x: [x, x], "returned 2 tensors, convtest::twice has 1 results"),
    (lambda ctx, x: ctx.net.add_cast(x, trt.int32).get_output(0), "the result would be i32"),
    (lambda ctx, x: ctx.net.mark_output(x), "the inputs and outputs of a network"),
    (lambda ctx, x: ctx.net.add_loop(), "engines have no control flow"),
    (lambda ctx, x: trt.INetworkDefinition().add_identity(x), "belongs to another network"),
    (lambda ctx, x: ctx.net.add_softmax(x).no_such_name, "AttributeError"),
]


@pytest.mark.parametrize(("body", "text"), WRONG, ids=[t for _, t in WRONG])
def test_mistakes_are_reasons(body, text):
    dynamo_tensorrt_converter(OPS.twice.default)(lambda ctx, t, args, k, n: body(ctx, args[0]))
    x = torch.randn(2)
    module, wanted = compiled(around_twice, x)
    torch.testing.assert_close(module(x), wanted)
    assert text in reason(module, "twice")


def test_a_tensor_kept_beyond_the_conversion_is_an_error():
    kept = []

    @dynamo_tensorrt_converter(OPS.twice.default)
    def convert(ctx, target, args, kwargs, name):
        kept.append(args[0])
        return ctx.net.add_elementwise(args[0], args[0], SUM).get_output(0)

    compiled(twice, torch.randn(2))
    with pytest.raises(RuntimeError, match="its conversion has ended"):
        kept[0].shape  # noqa: B018


@pytest.mark.parametrize("key", [OPS.twice, twice, OPS.twice.default], ids=str)
def test_keys(key):
    calls = []

    @dynamo_tensorrt_converter(key)
    def convert(ctx, target, args, kwargs, name):
        calls.append(target)
        return ctx.net.add_elementwise(args[0], args[0], SUM).get_output(0)

    compiled(twice, torch.randn(2))
    assert calls == [OPS.twice.default]


def test_a_packet_takes_all_overloads():
    calls = []

    @dynamo_tensorrt_converter(torch.ops.aten.sub)
    def convert(ctx, target, args, kwargs, name):
        calls.append(target)
        return impl.elementwise.sub(ctx, target, None, name, args[0], args[1])

    x = torch.randn(3)
    module, wanted = compiled(lambda x: x - torch.tanh(x) - 1, x)
    torch.testing.assert_close(module(x), wanted)
    assert torch.ops.aten.sub.Tensor in calls


def test_a_function_that_no_graph_holds_warns():
    import operator

    with pytest.warns(UserWarning, match="never a node of an exported graph"):
        dynamo_tensorrt_converter(operator.add)(failing)
    with pytest.raises(TypeError, match="a converter is for 7"):
        dynamo_tensorrt_converter(7)(failing)


def test_disabled_and_what_engines_cannot_do():
    dynamo_tensorrt_converter(OPS.twice.default, enabled=False)(failing)
    assert OPS.twice.default not in DYNAMO_CONVERTERS
    dynamo_tensorrt_converter(OPS.twice.default, requires_output_allocator=True)(failing)
    module, _ = compiled(around_twice, torch.randn(2))
    assert "it needs an output allocator, which engines lack" in reason(module, "twice")


def test_the_table_view():
    assert "aten::relu" in DYNAMO_CONVERTERS and torch.ops.aten.relu.default in DYNAMO_CONVERTERS
    assert DYNAMO_CONVERTERS[torch.ops.aten.relu.default] == []
    with pytest.raises(KeyError):
        DYNAMO_CONVERTERS[OPS.twice.default]
    add_twice()
    assert any(
        t.startswith("convtest::twice (test_decorator.py:") for t in DYNAMO_CONVERTERS.user()
    )


def test_the_older_decorator():
    from torch_tensorrt.fx._converters import CONVERTERS, tensorrt_converter

    @tensorrt_converter(torch.relu)
    def convert(network, target, args, kwargs, name):
        layer = network.add_unary(args[0], trt.UnaryOperation.NEG)
        layer.name = name
        return layer.get_output(0)

    assert torch.ops.aten.relu.default in CONVERTERS
    x = torch.randn(3)
    module, _ = compiled(torch.relu, x, dynamic=False)
    torch.testing.assert_close(module(x), -x)
