"""Differences of oneDNN, for frameworks that call it for convolutions and products on the CPU."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from opassay.adapters.kernels import columns as known_columns
from opassay.adapters.kernels import holes as known_holes
from opassay.adapters.kernels import products as known_products
from opassay.adapters.kernels import strided as known_strided
from opassay.adapters.kernels.far import far_steps
from opassay.adapters.kernels.predicates import Predicate
from opassay.adapters.kernels.refusals import refused
from opassay.adapters.kernels.values import odd_maximum
from opassay.adapters.onednn import ONE_DNN, WITH_ONE_DNN
from opassay.harness.model.case import Case
from opassay.harness.model.fact import Fact

_WRONG = ("structural", "numeric", "special")
_BOTH = ("value", "gradient")


def _filter_overruns(case: Case) -> bool:
    """A filter's gradient, by itself or in a stage of a program, that writes beyond its workspace."""
    asked = case.aspect == "gradient" or any(stage.get("vjp") for stage in case.attributes.get("stages", ()))
    return asked and known_strided.overruns(case)


def _single_column(case: Case) -> bool:
    """The forward pass, or the second derivative of the transpose: those where it was observed."""
    return (case.aspect == "gradient") == ("stages" in case.attributes) and known_columns.single_column(case)


def _one_matrix(case: Case) -> bool:
    return case.tensors[0].dtype == "float32" and known_products.one_matrix_for_a_batch(case)


def convolutions(
    adapter: str, modes: tuple[str, ...], versions: str = "", straddled: Predicate = known_holes.straddled
) -> Iterator[Fact]:
    """The facts of ``adapter`` in the modes whose convolutions are oneDNN's.

    ``straddled``: the predicate of such windows, where the adapter passes other images than it is given.
    """
    told: dict[str, Any] = {"owner": "upstream", "aspects": _BOTH, "modes": modes, "versions": versions}
    yield Fact(
        f"{adapter}-onednn-strided",
        reason=known_strided.REASON,
        ops=("convolves", "program"),
        verdicts=("crash",),
        when=_filter_overruns,
        url=known_strided.URL,
        title=known_strided.TITLE,
        flaky=known_strided.CHANCE,
        needs=WITH_ONE_DNN,
        **told,
    )
    yield Fact(
        f"{adapter}-onednn-straddled",
        reason=known_holes.REASON,
        ops=("convolves", "conv2d_input_gradient_law"),
        verdicts=("crash",),
        when=straddled,
        needs=known_holes.NEEDS,
        **told,
    )
    yield Fact(
        f"{adapter}-onednn-column",
        reason=known_columns.REASON,
        ops=("conv2d", "conv2d_transpose_vjp"),
        verdicts=_WRONG,
        when=_single_column,
        flaky=known_columns.CHANCE,
        needs=(*WITH_ONE_DNN, "instructions=avx512f"),
        **told,
    )
    yield amx_column(adapter, modes, versions, "onednn_dtypes=bfloat16")


def amx_column(adapter: str, modes: tuple[str, ...], versions: str, *needs: str) -> Fact:
    """The facts of ``adapter`` in the modes whose bfloat16 convolutions are oneDNN's; ``needs``: where they are."""
    return Fact(
        f"{adapter}-onednn-amx-column",
        "upstream",
        known_columns.AMX_REASON,
        ops=("convolves", "program"),
        aspects=_BOTH,
        verdicts=_WRONG,
        when=known_columns.single_column_by_amx,
        modes=modes,
        versions=versions,
        flaky=known_columns.CHANCE,
        needs=(*needs, *known_columns.AMX_NEEDS),
    )


def gelu(adapter: str, versions: str, *needs: str) -> Fact:
    """The facts of ``adapter`` where oneDNN's kernel for AVX-512 computes gelu by the error function."""
    return Fact(
        f"{adapter}-onednn-gelu",
        "upstream",
        "oneDNN's gelu for AVX-512 overflows from half the largest number on, and gives NaN of infinity",
        ops=("gelu",),
        reproduces="halved_last",
        versions=versions,
        needs=(*needs, "instructions=avx512f"),
    )


def saturating_pairs(adapter: str, versions: str) -> Fact:
    """The facts of ``adapter`` where oneDNN, used for int8 on processors with VNNI, is told not to use VNNI."""
    return Fact(
        f"{adapter}-onednn-saturating-pairs",
        "upstream",
        "kept from VNNI by ONEDNN_MAX_CPU_ISA, oneDNN adds up products of int8 by twos in 16 bits, which saturate",
        ops=("matmul_widened",),
        reproduces="pairs_saturate",
        versions=versions,
        url="https://github.com/pytorch/pytorch/pull/136942",
        title="Bug fix: Use oneDNN for `torch._int_mm` CPU only when avx512_vnni is supported",
        needs=("withheld=avx_vnni",),
    )


def _of_16_bits(case: Case) -> bool:
    return any(tensor.dtype in ("bfloat16", "float16") for tensor in case.tensors)


def withheld(adapter: str, modes: tuple[str, ...], versions: str) -> Iterator[Fact]:
    """The facts of ``adapter`` where TensorFlow leaves 16-bit dtypes to oneDNN, which is told not to use AVX-512."""
    told: dict[str, Any] = {"modes": modes, "versions": versions, "needs": ("withheld=avx512",)}
    reason = "TensorFlow goes by the processor, and not by ONEDNN_MAX_CPU_ISA, in what it leaves to oneDNN: "
    yield refused(
        f"{adapter}-onednn-withheld",
        f"{reason}convolutions and pools of 16 bits are refused",
        "could not create a primitive descriptor",
        "could not create a descriptor for a pooling",
        **told,
    )
    yield Fact(
        f"{adapter}-onednn-withheld-products",
        "upstream",
        f"{reason}products of 16 bits end the process",
        ops=("multiplies", "program"),
        aspects=_BOTH,
        verdicts=("crash",),
        when=_of_16_bits,
        flaky="which kernel is taken",
        **told,
    )


def volume_maximum(adapter: str, modes: tuple[str, ...], versions: str) -> Fact:
    """The facts of ``adapter`` in the modes in which TensorFlow computes its maxima over three axes."""
    return Fact(
        f"{adapter}-onednn-volume-maximum",
        "upstream",
        "max_pool3d and its gradient are oneDNN's, which loses NaN and what stands beside it",
        ops=("max_pool3d",),
        aspects=_BOTH,
        verdicts=("special", "numeric"),
        when=odd_maximum,
        modes=modes,
        versions=versions,
        flaky="where the NaN stands",
        needs=WITH_ONE_DNN,
    )


def softmax(adapter: str, modes: tuple[str, ...], versions: str = "") -> Fact:
    """The facts of ``adapter`` in the modes in which oneDNN computes its softmax."""
    return Fact(
        f"{adapter}-onednn-softmax",
        "upstream",
        "oneDNN's softmax is 0 beside a NaN or an infinity, where every element should be NaN",
        ops=("softmax",),
        reproduces="zero_beside_nan",
        modes=modes,
        versions=versions,
        needs=WITH_ONE_DNN,
    )


def _by_onednn_far(case: Case) -> bool:
    return case.tensors[0].dtype in ONE_DNN and far_steps(case)


def far_strides(
    adapter: str, modes: tuple[str, ...], versions: str = "", needs: tuple[str, ...] = WITH_ONE_DNN
) -> Fact:
    """The facts of ``adapter`` where a stride of its windows needs 32 bits."""
    return Fact(
        f"{adapter}-onednn-far-strides",
        "upstream",
        "oneDNN's convolutions and pools over a stride beyond 32 bits end the process, take all memory, or answer with "
        "what lies in it",
        ops=("convolves", "conv2d_input_gradient_law", "max_pool1d", "max_pool2d", "max_pool3d"),
        aspects=_BOTH,
        verdicts=("crash", "hang", *_WRONG),
        when=_by_onednn_far,
        modes=modes,
        versions=versions,
        flaky="which kernel is taken, and how much memory there is",
        needs=needs,
    )


def _read_beyond(modes: tuple[str, ...], versions: str) -> dict[str, Any]:
    return {
        "owner": "upstream",
        "aspects": _BOTH,
        "verdicts": ("crash", *_WRONG),
        "modes": modes,
        "versions": versions,
        "url": known_products.URL,
        "title": known_products.TITLE,
        "flaky": known_products.CHANCE,
    }


def one_matrix(adapter: str, versions: str = "") -> Fact:
    """The facts of ``adapter`` where TensorFlow computes its batched matrix products."""
    return Fact(
        f"{adapter}-onednn-one-matrix",
        reason="the batched float32 product with one broadcast matrix reads beyond its operands",
        ops=("matmul",),
        when=_one_matrix,
        needs=known_products.NEEDS,
        **_read_beyond((), versions),
    )


def einsum(adapter: str, modes: tuple[str, ...], versions: str = "") -> Fact:
    """The facts of ``adapter`` in the modes in which TensorFlow's einsum multiplies its rows by one matrix."""
    return Fact(
        f"{adapter}-onednn-einsum",
        reason="einsum with an ellipsis in 16 bits reads beyond the one matrix of a batch: later rows are wrong",
        ops=("einsum",),
        when=known_products.einsum_by_one_matrix,
        needs=(*WITH_ONE_DNN, *known_products.NEEDS),
        **_read_beyond(modes, versions),
    )
