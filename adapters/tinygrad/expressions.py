"""Ops that are one expression of tinygrad. Does not import tinygrad."""

from __future__ import annotations

from opassay.adapters.expressions import reduced

VJP = '''\
def value_and_vjp(function, inputs, cotangents):
    """What the function returns, and its vector-Jacobian product; None for an integer."""
    floating = [i for i, x in enumerate(inputs) if x.is_floating_point()]
    several = function(*inputs)
    several = several if isinstance(several, tuple) else (several,)
    gradients = [None] * len(inputs)
    sent = [
        y.gradient(*(inputs[i] for i in floating), gradient=c)
        for y, c in zip(several, cotangents)
        if c is not None and floating
    ]
    for i, parts in zip(floating, zip(*sent)):
        gradients[i] = sum(parts[1:], start=parts[0])
    return several, tuple(gradients)'''

SCRIPT = {
    "imports": "import importlib.metadata\n\nos.environ['DEV'] = 'CPU'\nfrom tinygrad import Tensor, dtypes",
    "version": "importlib.metadata.version('tinygrad')",
    "native": "Tensor({})",
    "numpy": "answer.numpy()",
    "dtype": "'bfloat16' if answer.dtype == dtypes.bfloat16 else str(answer.numpy().dtype)",
    "vjp": VJP,
}
EXPRESSIONS = {
    "relu": "x.relu()",
    "matmul": "a.matmul(b)",
    "stop_gradient": "x.detach()",
    "neg": "x.neg()",
    "abs": "x.abs()",
    "sign": "x.sign()",
    "square": "x.square()",
    "floor": "x.floor()",
    "ceil": "x.ceil()",
    "trunc": "x.trunc()",
    "round": "x.round()",
    "clamp": "x.clamp(low, high)",
    "isnan": "x.isnan()",
    "isinf": "x.isinf()",
    "isfinite": "x.isfinite()",
    "add": "a.add(b)",
    "sub": "a.sub(b)",
    "mul": "a.mul(b)",
    "div": "a.div(b)",
    "maximum": "a.maximum(b)",
    "minimum": "a.minimum(b)",
    "copysign": "a.copysign(b)",
    "equal": "a == b",
    "not_equal": "a != b",
    "less": "a < b",
    "less_equal": "a <= b",
    "greater": "a > b",
    "greater_equal": "a >= b",
    "logical_not": "x.logical_not()",
    "bitwise_and": "a.bitwise_and(b)",
    "bitwise_or": "a.bitwise_or(b)",
    "bitwise_xor": "a.bitwise_xor(b)",
    "bitwise_not": "x.bitwise_not()",
    "where": "condition.where(a, b)",
    "sqrt": "x.sqrt()",
    "rsqrt": "x.rsqrt()",
    "reciprocal": "x.reciprocal()",
    "exp": "x.exp()",
    "exp2": "x.exp2()",
    "log": "x.log()",
    "log2": "x.log2()",
    "log10": "x.log10()",
    "sin": "x.sin()",
    "cos": "x.cos()",
    "tan": "x.tan()",
    "asin": "x.asin()",
    "acos": "x.acos()",
    "atan": "x.atan()",
    "sinh": "x.sinh()",
    "cosh": "x.cosh()",
    "tanh": "x.tanh()",
    "asinh": "x.asinh()",
    "acosh": "x.acosh()",
    "atanh": "x.atanh()",
    "erf": "x.erf()",
    "sigmoid": "x.sigmoid()",
    "pow": "a.pow(b)",
    "remainder": "a.mod(b)",
    "floor_divide": "a.div(b, rounding_mode='floor')",
    "trunc_divide": "a.div(b, rounding_mode='trunc')",
    "cast": "x.cast(getattr(dtypes, to))",
    "silu": "x.silu()",
    "swiglu": "a.silu() * b",
    "softplus": "x.softplus()",
    "relu6": "x.relu6()",
    "hard_tanh": "x.hardtanh()",
    "softsign": "x.softsign()",
    "mish": "x.mish()",
    "elu": "x.elu(alpha)",
    "celu": "x.celu(alpha)",
    "leaky_relu": "x.leaky_relu(slope)",
    "hard_sigmoid": "x.hardsigmoid()",
    "hard_swish": "x.hardswish()",
    "log_sigmoid": "x.logsigmoid()",
    "lerp": "a.lerp(b, weight)",
    "layer_norm": "x.layernorm(tuple(range(-weight.ndim, 0)), eps) * weight + bias",
    "mse_loss": reduced("(x - target).square()", "({}).mean()", "({}).sum()"),
    "l1_loss": reduced("(x - target).abs()", "({}).mean()", "({}).sum()"),
    "huber_loss": reduced(
        "0.5 * ((x - target).abs() <= delta).where((x - target).abs(), delta).square() + "
        "delta * ((x - target).abs() <= delta).where(0, (x - target).abs() - delta)",
        "({}).mean()",
        "({}).sum()",
    ),
    "binary_cross_entropy_with_logits": "x.binary_crossentropy_logits(target, reduction or 'none')",
    "transpose": "x.permute(axes)",
    "reshape": "x.reshape(new_shape)",
    "expand": "x.expand(new_shape)",
    "unsqueeze": "x.unsqueeze(axis)",
    "flip": "x.flip(axes)",
    "roll": "x.roll(shift, axis)",
    "full": "x.full_like(fill)",
    "einsum": "type(a).einsum(equation, a, b)",
    "triu_tril": "x.triu(diagonal) if upper else x.tril(diagonal)",
    "slice": "x[tuple(map(slice, begin, end, step))]",
    "tile": "x.repeat(repeats)",
    "repeat": "x.repeat_interleave(repeats, axis)",
    "concat": "xs[0].cat(*xs[1:], dim=axis)",
    "stack": "xs[0].stack(*xs[1:], dim=axis)",
    "split": "x.split(list(sizes), axis)",
    "gather_elements": "x.gather(axis, indices)",
    "masked_fill": "x.masked_fill(condition, fill)",
    "depthwise_conv2d": "x.permute((0, 3, 1, 2) if layout == 'NHWC' else (0, 1, 2, 3)).conv2d("
    "weight.permute(2, 3, 0, 1).flatten(0, 1).unsqueeze(1), None, weight.shape[2], stride, dilation, "
    "0 if padding == 'VALID' else [n for pair in padding[::-1] for n in pair])"
    ".permute((0, 2, 3, 1) if layout == 'NHWC' else (0, 1, 2, 3))",
    "biased_conv2d": "x.permute((0, 3, 1, 2) if layout == 'NHWC' else (0, 1, 2, 3)).conv2d("
    "weight.permute(3, 2, 0, 1), bias, groups, stride, dilation, "
    "0 if padding == 'VALID' else [n for pair in padding[::-1] for n in pair])"
    ".permute((0, 2, 3, 1) if layout == 'NHWC' else (0, 1, 2, 3))",
    "biased_conv_transpose2d": "x.permute((0, 3, 1, 2) if layout == 'NHWC' else (0, 1, 2, 3)).conv_transpose2d("
    "weight.permute(3, 2, 0, 1), bias, groups, stride, dilation, [n for pair in padding[::-1] for n in pair], "
    "output_padding).permute((0, 2, 3, 1) if layout == 'NHWC' else (0, 1, 2, 3))",
    "ceil_max_pool2d": "x.permute((0, 3, 1, 2) if layout == 'NHWC' else (0, 1, 2, 3)).max_pool2d(window, stride, "
    "dilation, "
    "[n for pair in padding[::-1] for n in pair], True).permute((0, 2, 3, 1) if layout == 'NHWC' else (0, 1, 2, 3))",
    "ceil_avg_pool2d": "x.permute((0, 3, 1, 2) if layout == 'NHWC' else (0, 1, 2, 3)).avg_pool2d(window, stride, 1, "
    "[n for pair in padding[::-1] for n in pair], True, count_padding)"
    ".permute((0, 2, 3, 1) if layout == 'NHWC' else (0, 1, 2, 3))",
    "nonzero": "x.nonzero().cast(dtypes.int64)",
    "masked_select": "x.masked_select(condition)",
    "resize_nearest": "x.interpolate(size, 'nearest' if coordinates == 'asymmetric' else 'nearest-exact')",
    "resize_linear": "x.interpolate(size, 'linear', coordinates == 'align_corners')",
}
