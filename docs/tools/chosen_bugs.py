"""The entries of ``docs/found-bugs.md``: which, in which order, and what happens in a sentence."""

CHOSEN = {
    "torch-matmul_widened-value-unwritten": (
        "`torch._int_mm` of an expanded row or column does not write its product."
    ),
    "tensorflow-avg_pool2d-gradient-wide-window-structural": (
        "The gradient of an average pool whose window is larger than its input is wrong in every element."
    ),
    "mindspore-softmax-value-unwritten": (
        "A row of -inf alone, such as a query that sees no key, ends the kernel of `softmax` if it has fewer than "
        "eight elements: later rows are what lay in memory."
    ),
    "tinygrad-atan-gradient-zero": (
        "`atan` and `asin` are products with the sign of their operand, which has no slope: their gradient at 0 is 0, "
        "not 1. So is that of `erf`, where it should be 1.13."
    ),
    "torch-scatter_nd-compiled-tiles-structural": (
        "With several threads, Inductor adds the offset of a column twice when it accumulates updates that lie in "
        "memory by columns: sums end up in the wrong rows, or beside the array."
    ),
    "torch-max_pool2d-gradient-compiled-strides-structural": (
        "Inductor finds a window's maximum in one order of the axes and decodes its place in another, so that the "
        "gradient goes to the wrong pixels."
    ),
    "torch-max_pool2d_with_argmax-compiled-padding": (
        "Inductor pads with the lowest value. Where the image holds nothing higher, the index of the maximum "
        "points into the padding."
    ),
    "tensorflow-max_pool2d-dilated-padding": (
        "`tf.nn.pool` with dilation pads with zeros, which win against negative numbers."
    ),
    "tensorflow-conv_relu_pool-gradient-xla-ties": (
        "In a fused convolution, ReLU and pool, XLA sends the gradient of equal maxima to another place than the first."
    ),
    "keras-avg_pool2d-value-replicated-structural": (
        'On the torch backend, `ops.average_pool` with `padding="same"` fills uneven padding with copies of the '
        "edge and counts them in the mean."
    ),
    "keras-matmul-value-integers": (
        "On the TensorFlow backend, `ops.matmul` multiplies integers as floats: sums are rounded, and one that "
        "leaves the range becomes the lowest integer."
    ),
    "paddle-matmul-value-integers": (
        "`matmul` of integers multiplies floats of 32 bits: sums are rounded, and one that leaves the range "
        "becomes the lowest integer."
    ),
    "onnxruntime-avg_pool2d-same-structural": (
        "`auto_pad=SAME_UPPER` computes the padding as if the window were not dilated, and crops the image where "
        "the stride is wider than the window."
    ),
    "openvino-max_pool2d_with_argmax-value-least": (
        "Maxima start from the lowest number, and only something larger replaces it: in an image of nothing but "
        "that number every position is 0."
    ),
    "paddle-conv2d-value-dilation-structural": ('With `padding="SAME"` every dilation is silently taken for 1.'),
    "openvino-conv2d-value-empty-structural": (
        "A convolution whose image has no rows, columns or channels must give zeros; the answer is uninitialised "
        "memory."
    ),
    "jax-reciprocal-gradient-float16": (
        "The gradient of 1 / x is a product with 1 / x², which overflows in float16: from |x| = 257 on it is 0; "
        "here it should be 0.09. Gradients of quotients by their divisor lose it in the same way, and that of x⁰ is "
        "NaN where 1 / x overflows."
    ),
    "jax-div-value-reciprocal": (
        "XLA multiplies by the reciprocal of a divisor that is broadcast, such as a scalar. In float16 that of 1e-5 "
        "overflows: 3e-5 / 1e-5 is infinite and 0 / 1e-5 NaN. In float32 it is flushed to 0 where it is subnormal: "
        "1.5e38 / 3e38 is 0. The whole quotient in a gradient of `fmod` or `remainder` may be one less: that of "
        "fmod(41, 41) by the divisor is 0, not -1."
    ),
    "jax-conv2d-groups": (
        "XLA computes a convolution with groups with zeros in the place of the other groups. Zero times infinity "
        "is NaN, so an infinity in one group turns the others NaN."
    ),
    "tensorflow-max_pool2d-nan": ("A max pool drops every NaN that is not the first element of its window."),
    "openvino-relu-value-nan": ("ReLU turns NaN into zero."),
    "tensorflow-conv2d-gradient-strided": (
        "oneDNN's gradient of a strided 1×1 filter over few channels writes beyond its workspace. The process "
        "ends, or a later operation in it does."
    ),
    "torch-max_pool2d-gradient-padding-crash": (
        "A window that holds nothing but padding sends its gradient to an address outside the image."
    ),
    "paddle-max_pool2d-error-padding-overflow": (
        "Padding of 2³¹ or more wraps the size of the answer around 2⁶⁴, and memory beyond what was allocated is "
        "written."
    ),
    "paddle-max_unpool2d-error-negative-first": (
        "A negative index is not refused: the value is written before the array, into memory of the allocator."
    ),
    "paddle-max_pool2d_with_argmax-gradient-nowhere": (
        "A window of NaN and -inf has the position -1, and its gradient is written before the array."
    ),
    "jax-conv2d_transpose_vjp-gradient-abort": (
        "The second derivative of certain transposed convolutions by 2 aborts: XLA swaps image and filter and "
        "takes an axis for one of groups."
    ),
    "onnxruntime-max_pool2d-same-crash": (
        "A dilated max pool with `auto_pad=SAME_UPPER`, valid by the standard, divides by zero (SIGFPE)."
    ),
    "openvino-conv2d-value-eight-pixels": (
        "A bfloat16 convolution to eight pixels and a multiple of eight channels runs instructions of AVX-512 on "
        "processors without them (SIGSEGV)."
    ),
    "mindspore-nonzero-value-epsilon": (
        "`nonzero` compares with the step from 1 to the next number: it passes over 1e-8, and in float64 over 1e-16."
    ),
}
"""The thirty, by the name of the case's file, whose first word is the adapter, and what happens in a sentence."""

ELSEWHERE = {
    "tensorflow-matmul-one-matrix-structural": (
        "A batch of float32 matrices times one matrix reads beyond its operands: wrong elements, NaN, or the end "
        "of the process."
    ),
    "tensorflow-conv2d-value-column-structural": (
        "A convolution of one channel that is strided to a single column leaves part of its answer to what lay in "
        "memory."
    ),
    "tensorflow-conv2d-value-straddled": (
        "A bfloat16 convolution whose dilated windows straddle an image of few rows ends the process inside oneDNN."
    ),
    "torch-avg_pool2d-gradient-cuda-padding-structural": (
        "On a GPU, the gradient of an average pool in `channels_last` forgets the padding."
    ),
    "torch-max_pool2d_with_argmax-cuda-lowest": (
        "On a GPU in `channels_last`, a window of nothing but -inf has the index 0, wherever it lies."
    ),
    "torch-max_pool2d-cuda-misaligned": (
        "On a GPU in `channels_last`, a max pool of a single float64 reads a misaligned address, after which the "
        "process cannot use the GPU."
    ),
    "jax-conv2d_transpose-cuda-transform-structural": (
        "On a GPU, XLA may choose an algorithm of cuDNN's that is not exact for small integers."
    ),
}
"""As grave, but shown by processors that are less common, or by GPUs: told in a line each, without numbers."""
