"""Known differences of Keras. Does not import Keras: the parent process imports this.

Many are known differences of the backend, which Keras calls with the same arguments.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from opassay.adapters.engines import eigen, onednn, xla
from opassay.adapters.facts import pinned
from opassay.adapters.keras.known_elements import ELEMENTS
from opassay.adapters.keras.known_empty import EMPTY
from opassay.adapters.keras.known_errors import ERRORS
from opassay.adapters.keras.known_predicates import SEEN
from opassay.adapters.keras.known_refusals import REFUSALS
from opassay.adapters.keras.known_sized import SIZED
from opassay.adapters.kernels.elements import JAX_NUMPY, mistakes
from opassay.adapters.kernels.holes import straddled_in_keras
from opassay.adapters.kernels.products import CHANCE, NEEDS, TITLE, URL, one_matrix_for_a_batch
from opassay.harness.model.case import Case
from opassay.harness.model.fact import Fact

_BOTH = ("value", "gradient")
_AS_SINGLE = ("float32", "uint8", "int32", "int64")
"""Dtypes that ops.matmul multiplies as float32 on TensorFlow."""


def _beyond_single(case: Case) -> bool:
    """Integer products that float32 may not hold."""
    a, b = (np.abs(tensor.materialize().astype(float)) for tensor in case.tensors)
    return case.tensors[0].dtype in ("int32", "int64") and a.max(initial=0) * b.max(initial=0) * a.shape[-1] > 2**24


def _read_beyond(case: Case) -> bool:
    return case.tensors[0].dtype in _AS_SINGLE and one_matrix_for_a_batch(case)


KNOWN = pinned(
    (
        *eigen.facts("keras", ("tensorflow",), SEEN),
        *onednn.convolutions("keras", ("tensorflow",), SEEN, straddled_in_keras),
        onednn.far_strides("keras", ("tensorflow",), SEEN),
        onednn.softmax("keras", ("tensorflow",), SEEN),
        *onednn.withheld("keras", ("tensorflow",), SEEN),
        onednn.volume_maximum("keras", ("tensorflow",), SEEN),
        onednn.einsum("keras", ("tensorflow",), SEEN),
        *xla.facts("keras", ("jax",), SEEN, grouped=("tensorflow",)),
        *mistakes("keras-jax", JAX_NUMPY, modes=("jax",), versions=SEEN),
        xla.attention("keras", ("jax",), SEEN),
        xla.beyond_panel("keras", ("jax",), SEEN),
        *ELEMENTS,
        *ERRORS,
        *EMPTY,
        *REFUSALS,
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
            "torch: the bias of attention that is asked nothing, and a variance over no axes, have no gradient",
            ops=("biased_attention", "var"),
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
            "keras-32-bits-of-functions",
            "by design",
            "dtypes.result_type turns 64-bit dtypes into 32-bit ones, whose functions err otherwise",
            aspects=("value", "shape"),
            verdicts=("dtype",),
            words=(
                "expected float64, got float32",
                "expected uint64, got uint32",
                "execution disagrees with contract and inference: contract float64",
                "execution disagrees with contract and inference: contract uint64",
            ),
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
        *SIZED,
    ),
    Path(__file__).parent,
)
