"""What TensorFlow's own kernels for the CPU, most of them Eigen's, do differently, for all who call them."""

from __future__ import annotations

from collections.abc import Iterator

from opassay.adapters.known_averages import WIDE, WIDE_TITLE, WIDE_URL
from opassay.harness.model.fact import Fact

_BOTH = ("value", "gradient")
_NAN = {
    "url": "https://github.com/tensorflow/tensorflow/issues/125965",
    "title": "CPU MaxPool2D returns different results for identical float64 channels containing NaN",
}


def facts(adapter: str, modes: tuple[str, ...], versions: str = "") -> Iterator[Fact]:
    """Those of ``adapter`` in the modes in which it calls them."""

    def mistake(name: str, owner: str, reason: str, *ops: str, aspects: tuple[str, ...] = _BOTH, **more: str) -> Fact:
        id = f"{adapter}-{name.replace('_', '-')}"
        told = {"ops": ops, "aspects": aspects, "modes": modes, "versions": versions}
        return Fact(id, owner, reason, reproduces=name, **told, **more)

    yield mistake(
        "subnormals_flushed",
        "by design",
        "threads flush subnormals to zero, so that their product with infinity is NaN",
    )
    yield mistake(
        "nan_first_only",
        "upstream",
        "where the place of a maximum is asked, a NaN that is not the first element of its window is dropped",
        "selects_maximum",
        **_NAN,
    )
    yield mistake(
        "starts_from_lowest",
        "upstream",
        "maxima start from the lowest finite number, which a NaN or -inf does not replace",
        "selects_maximum",
        aspects=("value",),
        **_NAN,
    )
    yield mistake(
        "subnormals_compared_as_zero",
        "by design",
        "threads compare subnormals as zero",
        "selects_maximum",
        aspects=("value",),
    )
    yield mistake(
        "gradient_multiplied",
        "upstream",
        "multiplies the cotangent by 0 where it should be cut off",
        "relu",
        aspects=("gradient",),
    )
    yield mistake(
        "gradient_window_grown",
        "upstream",
        WIDE,
        "avg_pool2d",
        aspects=("gradient",),
        url=WIDE_URL,
        title=WIDE_TITLE,
    )
