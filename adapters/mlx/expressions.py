"""Ops that are one expression of MLX. Does not import MLX."""

from __future__ import annotations

VJP = '''\
def value_and_vjp(function, inputs, cotangents):
    """What the function returns, and its vector-Jacobian product; None for an integer."""
    floating = [i for i, x in enumerate(inputs) if mx.issubdtype(x.dtype, mx.floating)]
    wanted = [i for i, c in enumerate(cotangents) if c is not None]
    gradients = [None] * len(inputs)

    def outputs(*values):
        arguments = list(inputs)
        for i, value in zip(floating, values):
            arguments[i] = value
        several = function(*arguments)
        several = several if isinstance(several, tuple) else (several,)
        return [several[i] for i in wanted]

    if floating and wanted:
        found = mx.vjp(outputs, [inputs[i] for i in floating], [cotangents[i] for i in wanted])[1]
        for i, gradient in zip(floating, found):
            gradients[i] = gradient
    values = function(*inputs)
    return values if isinstance(values, tuple) else (values,), tuple(gradients)'''

SCRIPT = {
    "imports": "import mlx.core as mx\nimport mlx.nn as nn\n\nDTYPES = vars(mx) | {'bool': mx.bool_}",
    "version": "mx.__version__",
    "native": "mx.array({})",
    "native_bfloat16": "mx.array({}).view(mx.bfloat16)",
    "native_float64": "mx.array({}.view(np.uint64)).view(mx.float64)",
    "numpy": "np.array(answer.astype(mx.float32) if answer.dtype == mx.bfloat16 else answer)",
    "dtype": "str(answer.dtype).rpartition('.')[2]",
    "vjp": VJP,
}

EXPRESSIONS = {
    "relu": "nn.relu(x)",
    "matmul": "mx.matmul(a, b)",
    "scatter_nd": "mx.zeros(shape, updates.dtype).at["
    "tuple(indices[..., i] for i in range(indices.shape[-1]))].add(updates)",
    "stop_gradient": "mx.stop_gradient(x)",
    "neg": "mx.negative(x)",
    "abs": "mx.abs(x)",
    "sign": "mx.sign(x)",
    "square": "mx.square(x)",
    "floor": "mx.floor(x)",
    "ceil": "mx.ceil(x)",
    "trunc": "mx.trunc(x)",
    "round": "mx.round(x)",
    "clamp": "mx.clip(x, low, high)",
    "isnan": "mx.isnan(x)",
    "isinf": "mx.isinf(x)",
    "isfinite": "mx.isfinite(x)",
    "add": "mx.add(a, b)",
    "sub": "mx.subtract(a, b)",
    "mul": "mx.multiply(a, b)",
    "div": "mx.divide(a, b)",
    "maximum": "mx.maximum(a, b)",
    "minimum": "mx.minimum(a, b)",
    "equal": "mx.equal(a, b)",
    "not_equal": "mx.not_equal(a, b)",
    "less": "mx.less(a, b)",
    "less_equal": "mx.less_equal(a, b)",
    "greater": "mx.greater(a, b)",
    "greater_equal": "mx.greater_equal(a, b)",
    "logical_and": "mx.logical_and(a, b)",
    "logical_or": "mx.logical_or(a, b)",
    "logical_xor": "mx.logical_xor(a, b)",
    "logical_not": "mx.logical_not(x)",
    "bitwise_and": "mx.bitwise_and(a, b)",
    "bitwise_or": "mx.bitwise_or(a, b)",
    "bitwise_xor": "mx.bitwise_xor(a, b)",
    "bitwise_not": "mx.bitwise_invert(x)",
    "shift_left": "mx.left_shift(a, b)",
    "shift_right": "mx.right_shift(a, b)",
    "where": "mx.where(condition, a, b)",
    "sqrt": "mx.sqrt(x)",
    "rsqrt": "mx.rsqrt(x)",
    "reciprocal": "mx.reciprocal(x)",
    "exp": "mx.exp(x)",
    "expm1": "mx.expm1(x)",
    "log": "mx.log(x)",
    "log2": "mx.log2(x)",
    "log10": "mx.log10(x)",
    "log1p": "mx.log1p(x)",
    "sin": "mx.sin(x)",
    "cos": "mx.cos(x)",
    "tan": "mx.tan(x)",
    "asin": "mx.arcsin(x)",
    "acos": "mx.arccos(x)",
    "atan": "mx.arctan(x)",
    "sinh": "mx.sinh(x)",
    "cosh": "mx.cosh(x)",
    "tanh": "mx.tanh(x)",
    "asinh": "mx.arcsinh(x)",
    "acosh": "mx.arccosh(x)",
    "atanh": "mx.arctanh(x)",
    "erf": "mx.erf(x)",
    "erfinv": "mx.erfinv(x)",
    "sigmoid": "mx.sigmoid(x)",
    "pow": "mx.power(a, b)",
    "atan2": "mx.arctan2(a, b)",
    "remainder": "mx.remainder(a, b)",
    "floor_divide": "mx.floor_divide(a, b)",
    "cast": "x.astype(DTYPES[to])",
    "gelu": "nn.gelu_approx(x) if approximate else nn.gelu(x)",
    "silu": "nn.silu(x)",
    "swiglu": "nn.silu(a) * b",
    "softplus": "nn.softplus(x)",
    "relu6": "nn.relu6(x)",
    "hard_tanh": "nn.hard_tanh(x)",
    "outer": "mx.outer(a, b)",
    "cross": "mx.linalg.cross(a, b)",
    "softsign": "nn.softsign(x)",
    "hard_shrink": "nn.hard_shrink(x, threshold)",
    "soft_shrink": "nn.softshrink(x, threshold)",
    "mish": "nn.mish(x)",
    "elu": "nn.elu(x, alpha)",
    "celu": "nn.celu(x, alpha)",
    "selu": "nn.selu(x)",
    "leaky_relu": "nn.leaky_relu(x, slope)",
    "prelu": "nn.prelu(a, b)",
    "hard_swish": "nn.hardswish(x)",
    "log_sigmoid": "nn.log_sigmoid(x)",
    "logaddexp": "mx.logaddexp(a, b)",
    "layer_norm": "mx.fast.layer_norm(mx.flatten(x, -weight.ndim), mx.flatten(weight), mx.flatten(bias), eps)"
    ".reshape(x.shape)",
    "rms_norm": "mx.fast.rms_norm(mx.flatten(x, -weight.ndim), mx.flatten(weight), eps).reshape(x.shape)",
    "bmm": "mx.matmul(a, b)",
    "linear": "mx.addmm(bias, x, weight.T)",
    "cross_entropy": "nn.losses.cross_entropy(x, target, axis=1, reduction=reduction or 'none')",
    "mse_loss": "nn.losses.mse_loss(x, target, reduction or 'none')",
    "l1_loss": "nn.losses.l1_loss(x, target, reduction or 'none')",
    "huber_loss": "nn.losses.huber_loss(x, target, delta, reduction or 'none')",
    "binary_cross_entropy_with_logits": "nn.losses.binary_cross_entropy(x, target, reduction=reduction or 'none')",
    "attention": "mx.fast.scaled_dot_product_attention("
    "query, key, value, scale=scale or query.shape[-1] ** -0.5, mask='causal' if causal else None)",
    "masked_attention": "mx.fast.scaled_dot_product_attention("
    "query, key, value, scale=scale or query.shape[-1] ** -0.5, mask=mask)",
    "biased_attention": "mx.fast.scaled_dot_product_attention("
    "query, key, value, scale=scale or query.shape[-1] ** -0.5, mask=bias)",
    "sum": "mx.sum(x, axes, keepdims).astype(x.dtype)",
    "mean": "mx.mean(x, axes, keepdims)",
    "sum_square": "mx.sum(mx.square(x), axes, keepdims).astype(x.dtype)",
    "norm_l1": "mx.linalg.norm(x, 1, axis, keepdims)",
    "norm_l2": "mx.linalg.norm(x, 2, axis, keepdims)",
    "prod": "mx.prod(x, axis, keepdims).astype(x.dtype)",
    "var": "mx.var(x, axes, keepdims, int(unbiased))",
    "std": "mx.std(x, axes, keepdims, int(unbiased))",
    "logsumexp": "mx.logsumexp(x, axes, keepdims)",
    "max": "mx.max(x, axes, keepdims)",
    "min": "mx.min(x, axes, keepdims)",
    "argmax": "mx.argmax(x, axis, keepdims).astype(mx.int64)",
    "argmin": "mx.argmin(x, axis, keepdims).astype(mx.int64)",
    "any": "mx.any(x, axes, keepdims)",
    "all": "mx.all(x, axes, keepdims)",
    "cumsum": "mx.cumsum(x, axis, reverse=reverse, inclusive=not exclusive).astype(x.dtype)",
    "cumprod": "mx.cumprod(x, axis, reverse=reverse, inclusive=not exclusive).astype(x.dtype)",
    "logcumsumexp": "mx.logcumsumexp(x, axis, reverse=reverse, inclusive=not exclusive)",
    "softmax": "mx.softmax(x, axis)",
    "log_softmax": "nn.log_softmax(x, axis)",
    "transpose": "mx.transpose(x, axes)",
    "reshape": "mx.reshape(x, new_shape)",
    "expand": "mx.broadcast_to(x, new_shape)",
    "squeeze": "mx.squeeze(x, axes)",
    "unsqueeze": "mx.expand_dims(x, axis)",
    "flip": "mx.flip(x, axes)",
    "roll": "mx.roll(x, shift, axis)",
    "diagonal": "mx.diagonal(x, offset, -2, -1)",
    "triu_tril": "mx.triu(x, diagonal) if upper else mx.tril(x, diagonal)",
    "slice": "x[tuple(map(slice, begin, end, step))]",
    "dynamic_slice": "mx.slice(x, starts, tuple(range(x.ndim)), sizes)",
    "dynamic_update_slice": "mx.slice_update(x, updates, starts, tuple(range(x.ndim)))",
    "pad": "mx.pad(x, pads, mode, fill)",
    "tile": "mx.tile(x, repeats)",
    "repeat": "mx.repeat(x, repeats, axis)",
    "concat": "mx.concatenate(xs, axis)",
    "stack": "mx.stack(xs, axis)",
    "split": "mx.split(x, [sum(sizes[:i]) for i in range(1, len(sizes))], axis)",
    "gather": "mx.take(x, indices, axis)",
    "embedding": "weight[indices]",
    "gather_elements": "mx.take_along_axis(x, indices, axis)",
    "gather_nd": "x[tuple(indices[..., i] for i in range(indices.shape[-1]))]",
    "scatter_elements": "mx.put_along_axis(x, indices, updates, axis)",
    "index_add": "x.at[(slice(None),) * (axis % max(x.ndim, 1)) + (indices,)].add(updates)",
    "masked_fill": "mx.where(condition, fill, x)",
    "sort": "mx.sort(x, axis)",
    "argsort": "mx.argsort(x, axis).astype(mx.int64)",
    "depthwise_conv2d": "mx.transpose(mx.conv_general(mx.transpose(x, (0, 2, 3, 1) if layout == 'NCHW' else (0, 1, "
    "2, 3)), "
    "mx.expand_dims(mx.flatten(mx.transpose(weight, (2, 3, 0, 1)), 0, 1), 3), stride, "
    "0 if padding == 'VALID' else tuple(zip(*padding)), dilation, groups=weight.shape[2]), (0, 3, 1, "
    "2) if layout == 'NCHW' else (0, 1, 2, 3))",
    "biased_conv2d": "mx.transpose(mx.conv_general(mx.transpose(x, (0, 2, 3, 1) if layout == 'NCHW' else (0, 1, 2, "
    "3)), "
    "mx.transpose(weight, (3, 0, 1, 2)), stride, 0 if padding == 'VALID' else tuple(zip(*padding)), dilation, "
    "groups=groups) "
    "+ bias, (0, 3, 1, 2) if layout == 'NCHW' else (0, 1, 2, 3))",
    "resize_linear": "mx.moveaxis(nn.Upsample(scales, 'linear')(mx.moveaxis(x, 1, -1)), -1, 1)",
}
