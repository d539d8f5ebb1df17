"""What Keras is known to do differently. Free of Keras: the parent imports this.

Much of it is what the backend itself is known for: Keras calls it with the same arguments.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from opassay.adapters.engines import eigen, onednn, tensorflow_moves, xla
from opassay.adapters.facts import pinned
from opassay.adapters.keras.known_elements import ELEMENTS
from opassay.adapters.keras.known_empty import EMPTY
from opassay.adapters.keras.known_errors import ERRORS
from opassay.adapters.keras.known_predicates import SEEN, attributes_and_ops
from opassay.adapters.keras.known_sized import SIZED
from opassay.adapters.kernels.elements import JAX_NUMPY, mistakes
from opassay.adapters.kernels.far import far_strides
from opassay.adapters.kernels.holes import straddled_in_keras
from opassay.adapters.kernels.predicates import attributes_of
from opassay.adapters.kernels.products import CHANCE, NEEDS, TITLE, URL, one_matrix_for_a_batch
from opassay.adapters.onednn import OWN
from opassay.harness.model.case import Case
from opassay.harness.model.fact import Fact

_BOTH = ("value", "gradient")
_AS_SINGLE = ("float32", "uint8", "int32", "int64")
"""What ops.matmul multiplies as float32 on TensorFlow."""


def _grouped(case: Case) -> bool:
    """Some convolution has groups."""
    return any(attributes.get("groups", 1) > 1 for _, attributes in attributes_and_ops(case))


def _beyond_single(case: Case) -> bool:
    """Products of integers that float32 may not hold."""
    a, b = (np.abs(tensor.materialize().astype(float)) for tensor in case.tensors)
    return case.tensors[0].dtype in ("int32", "int64") and a.max(initial=0) * b.max(initial=0) * a.shape[-1] > 2**24


def _read_beyond(case: Case) -> bool:
    return case.tensors[0].dtype in _AS_SINGLE and one_matrix_for_a_batch(case)


def _not_contiguous(case: Case) -> bool:
    """A transposed convolution of one channel to several, or a convolution of several to one, by torch's own kernel."""
    _, _, several, one = case.tensors[1].shape
    return _slow(case) and several > 1 and one == 1


def _slow(case: Case) -> bool:
    """Images with channels last and filters of several taps, by torch's own kernel.

    That kernel does what oneDNN does not: float16 and float64, and float32 of one image on one thread.
    """
    x, w = case.tensors[:2]
    own = x.dtype in ("float16", "float64") or (x.dtype == "float32" and x.shape[0] == 1)
    return own and attributes_of(case)["layout"] == "NHWC" and w.shape[0] * w.shape[1] > 1


KNOWN = pinned(
    (
        *eigen.facts("keras", ("tensorflow",), SEEN),
        *tensorflow_moves.facts("keras", ("tensorflow",), SEEN, itself=("block-of-one",)),
        *onednn.convolutions("keras", ("tensorflow",), SEEN, straddled_in_keras),
        *xla.facts("keras", ("jax",), SEEN),
        *mistakes("keras-jax", JAX_NUMPY, modes=("jax",), versions=SEEN),
        xla.attention("keras", ("jax",), SEEN),
        *ELEMENTS,
        *ERRORS,
        *EMPTY,
        far_strides("keras", SEEN, modes=("tensorflow",)),
        Fact(
            "keras-grouped",
            "upstream",
            "XLA, which TensorFlow is made to use for groups, multiplies the zeros that stand for other groups",
            ops=("conv2d",),
            aspects=_BOTH,
            reproduces="dense_groups",
            modes=("tensorflow",),
            versions=SEEN,
        ),
        Fact(
            "keras-grouped-spread",
            "upstream",
            "XLA, which TensorFlow is made to use for groups, multiplies the zeros between the groups",
            ops=("conv2d",),
            aspects=("gradient",),
            reproduces="groups_spread",
            modes=("tensorflow",),
            versions=SEEN,
        ),
        Fact(
            "keras-torch-last-nan",
            "upstream",
            "torch sends the gradient of a window with NaN to its last NaN, not to its first",
            ops=("selects_maximum",),
            aspects=("gradient",),
            reproduces="last_nan",
            modes=("torch",),
            versions=SEEN,
        ),
        Fact(
            "keras-torch-no-query",
            "upstream",
            "torch: where nothing is asked, the bias of attention has no gradient where it has an empty one",
            ops=("biased_attention",),
            aspects=("gradient",),
            reproduces="no_gradient_for_one",
            modes=("torch",),
            versions=SEEN,
        ),
        Fact(
            "keras-block-order",
            "upstream",
            "with channels first, blocks and channels change places, of which TensorFlow keeps the order",
            ops=("depth_to_space", "space_to_depth"),
            aspects=_BOTH,
            reproduces="block_order_swapped",
            modes=("torch", "jax"),
            versions=SEEN,
        ),
        Fact(
            "keras-replicated",
            "upstream",
            "torch backend: ops.average_pool replicates the edge for uneven 'same' padding and counts it",
            ops=("avg_pool2d",),
            aspects=_BOTH,
            reproduces="edge_replicated",
            modes=("torch",),
            versions=SEEN,
            url="https://github.com/keras-team/keras/pull/23233",
            title="Fix inconsistent padding behavior in Torch pooling operations",
        ),
        Fact(
            "keras-bins-inferred",
            "upstream",
            "KerasTensor: ops.adaptive_average_pool with channels last keeps the extent that it should replace",
            ops=("adaptive_avg_pool2d",),
            aspects=("shape",),
            verdicts=("shape",),
            when=lambda case: case.attributes["layout"] == "NHWC",
            versions=SEEN,
        ),
        Fact(
            "keras-grouped-inferred",
            "upstream",
            "KerasTensor: ops.conv refuses groups, which the same call with tensors takes",
            ops=("conv2d", "conv_relu_pool"),
            aspects=("shape",),
            verdicts=("rejects",),
            when=_grouped,
            versions=SEEN,
        ),
        Fact(
            "keras-32-bits",
            "by design",
            "dtypes.result_type turns 64-bit dtypes into 32-bit ones, as JAX does by default",
            aspects=(*_BOTH, "shape"),
            reproduces="in_32_bits",
            versions=SEEN,
            url="https://www.tensorflow.org/api_docs/python/tf/keras/config/set_x64_mode",
            title="tf.keras.config.set_x64_mode",
        ),
        Fact(
            "keras-integers",
            "upstream",
            "integers are multiplied as floats",
            ops=("matmul",),
            verdicts=("structural",),
            when=_beyond_single,
            modes=("tensorflow",),
            versions=SEEN,
        ),
        Fact(
            "keras-one-matrix",
            "upstream",
            "TensorFlow's batched float32 product with one broadcast matrix reads beyond its operands",
            ops=("matmul",),
            aspects=(*_BOTH, "error"),
            verdicts=("crash", "structural"),
            when=_read_beyond,
            modes=("tensorflow",),
            versions=SEEN,
            url=URL,
            title=TITLE,
            flaky=CHANCE,
            needs=NEEDS,
        ),
        Fact(
            "keras-torch-bfloat16",
            "by design",
            "torch's bfloat16 products take a subnormal operand for zero, so that its product with infinity is NaN",
            ops=("multiplies",),
            aspects=_BOTH,
            verdicts=("special",),
            reproduces="subnormals_flushed",
            when=lambda case: case.tensors[0].dtype == "bfloat16",
            modes=("torch",),
            versions=SEEN,
            needs=("instructions=avx512_bf16",),
        ),
        Fact(
            "keras-torch-contiguous",
            "upstream",
            "torch: slow_conv2d: grad_weight must be contiguous",
            ops=("conv_relu_pool", "conv2d_transpose", "conv2d_transpose_vjp"),
            aspects=("gradient",),
            verdicts=("rejects",),
            when=_not_contiguous,
            modes=("torch",),
            versions=SEEN,
            needs=OWN,
        ),
        Fact(
            "keras-torch-contiguous-inferred",
            "upstream",
            "torch: slow_conv2d: grad_weight must be contiguous",
            ops=("conv2d_input_gradient_law",),
            aspects=("shape",),
            verdicts=("rejects",),
            when=_not_contiguous,
            modes=("torch",),
            versions=SEEN,
            needs=OWN,
        ),
        *SIZED,
    ),
    Path(__file__).parent,
)
