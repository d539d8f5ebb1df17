"""What Paddle's gradients are known to do differently. Free of Paddle."""

from __future__ import annotations

import math

from opassay.adapters.known_columns import CHANCE
from opassay.adapters.known_predicates import Predicate
from opassay.adapters.known_values import not_finite_where_cut
from opassay.adapters.paddle import known_masks as masks
from opassay.adapters.paddle import known_pools as pools
from opassay.adapters.paddle.known_convs import (
    depthwise,
    no_channels,
    no_extent,
    no_filters,
    no_image,
    no_room,
    undilated,
)
from opassay.adapters.paddle.known_entries import Page, paddle_known
from opassay.adapters.paddle.known_reasons import (
    BATCH_GRADIENT,
    BEHIND,
    CUT,
    EMPTY,
    LOST,
    NO_CHANNELS,
    NO_CHANNELS_PAGE,
    NO_FILTERS,
    NO_IMAGE,
    NO_ROOM,
    NO_SECOND,
    NO_SECOND_INTERPOLATION,
    NO_UPDATES,
    NO_UPDATES_PAGE,
    NOWHERE,
    NULL,
    SAME_IGNORED,
    SINGLE,
    UNCHECKED,
    UNDILATED,
    UNEVEN,
    UNEVEN_AVERAGE,
    UNKNOWN,
    UNWRITTEN,
)
from opassay.adapters.paddle.known_scatters import refused
from opassay.harness.model.case import Case
from opassay.harness.model.dtypes import is_float
from opassay.harness.model.fact import Fact

_MASKED = "max_pool2d_with_argmax"


def _gradient(
    op: str,
    name: str,
    verdict: str,
    covers: Predicate,
    reason: str,
    modes: tuple[str, ...] = (),
    page: Page | None = None,
    flaky: str = "",
) -> Fact:
    return paddle_known(op, "gradient", name, verdict, covers, "upstream", reason, modes=modes, page=page, flaky=flaky)


def _any(case: Case) -> bool:
    return True


def _no_updates(case: Case) -> bool:
    return refused(case) and is_float(case.tensors[1].dtype)


def _further_batch(case: Case) -> bool:
    """Both operands have a batch, and one has further axes of it that are more than 1."""
    if any(0 in tensor.shape for tensor in case.tensors):
        return False
    short, long = sorted((tensor.shape for tensor in case.tensors[:2]), key=len)
    return len(short) > 2 and math.prod(long[: len(long) - len(short)]) > 1


def _sums_of_nothing(case: Case) -> bool:
    """Products by one matrix that sum nothing, forwards or for the gradient of their first operand."""
    a, b, _ = (tensor.shape for tensor in case.tensors)
    return len(b) == 2 and 0 not in a[:-1] and 0 in (a[-1], b[-1])


def _products_without_elements(case: Case) -> bool:
    """Products of several matrices, some operand or answer of which has no elements, unless both are repeated.

    Agrees with 19 of 19 pairs of shapes, each asked twice alone.
    """
    a, b, dy = (tensor.shape for tensor in case.tensors)
    several = math.prod(dy[:-2])
    whole = several in (math.prod(a[:-2]), math.prod(b[:-2]))
    return len(b) > 2 and several > 0 and whole and 0 in (a[-2], a[-1], b[-1])


def _own_kernel(case: Case) -> bool:
    return depthwise(case) and 0 not in case.tensors[1].shape


def _one_group(verdict: str) -> Predicate:
    """The second gradient of a convolution whose dilation is ignored, where there is such a gradient."""
    return lambda case: not depthwise(case) and undilated(verdict)(case)


def _lost_with_position(case: Case) -> bool:
    """A NaN is passed over and the gradient goes elsewhere, never to the position -1."""
    return not pools.nowhere(case) and pools.gradient_lost("special")(case)


GRADIENTS = (
    _gradient("relu", "cut", "special", not_finite_where_cut, "the cotangent is multiplied by 0 where it is cut off"),
    *(
        _gradient("max_pool2d", f"lost-{verdict}", verdict, pools.gradient_lost(verdict), LOST)
        for verdict in ("special", "numeric")
    ),
    _gradient(_MASKED, "lost", "special", _lost_with_position, LOST),
    _gradient(_MASKED, "nowhere", "crash", pools.nowhere, NOWHERE),
    *(
        _gradient(_MASKED, name, verdict, masks.ignored, UNCHECKED, ("eager",), flaky=BEHIND)
        for name, verdict in (
            ("same-eager", "crash"),
            *((f"same-eager-{told}", told) for told in ("structural", "numeric", "special", "nondeterministic")),
        )
    ),
    _gradient(_MASKED, "same", "rejects", masks.ignored, SAME_IGNORED, ("static",)),
    _gradient(_MASKED, "same-large", "rejects", masks.none_left, SAME_IGNORED),
    _gradient(_MASKED, "uneven", "rejects", masks.uneven, UNEVEN),
    *(
        _gradient(op, f"cut-{verdict}", verdict, pools.cut(verdict), CUT, page=UNEVEN_AVERAGE)
        for op in ("avg_pool2d", "avg_pool2d_vjp")
        for verdict in ("structural", "numeric")
    ),
    *(
        _gradient(op, f"rounded-{verdict}", verdict, pools.rounded_divisor(verdict), SINGLE)
        for op in ("avg_pool2d", "avg_pool2d_vjp")
        for verdict in ("structural", "numeric")
    ),
    *(
        _gradient("conv2d", f"dilation-{verdict}", verdict, undilated(verdict), UNDILATED)
        for verdict in ("structural", "numeric", "special")
    ),
    _gradient("avg_unpool2d", "empty", "rejects", no_extent, EMPTY),
    _gradient("conv2d", "no-filters", "rejects", no_filters, NO_FILTERS),
    _gradient("conv2d_transpose", "empty", "rejects", no_room, NO_ROOM),
    *(
        _gradient("conv2d_vjp", f"dilation-{verdict}", verdict, _one_group(verdict), UNDILATED)
        for verdict in ("structural", "numeric")
    ),
    _gradient("conv2d_vjp", "depthwise", "rejects", _own_kernel, NO_SECOND),
    _gradient("conv2d_vjp", "no-image", "crash", no_image, NO_IMAGE, ("eager",)),
    _gradient(
        "conv2d_vjp", "no-channels-static", "rejects", no_channels, NO_CHANNELS, ("static",), page=NO_CHANNELS_PAGE
    ),
    _gradient("conv2d_vjp", "no-filters", "rejects", no_filters, NO_FILTERS, ("eager",)),
    *(
        _gradient("conv2d_vjp", f"no-filters-{verdict}", verdict, no_filters, NO_FILTERS, ("static",), flaky=UNKNOWN)
        for verdict in ("crash", "rejects")
    ),
    *(
        _gradient(op, "second", "rejects", _any, NO_SECOND, page=page)
        for op, page in (
            ("conv2d_transpose_vjp", None),
            ("scatter_nd_vjp", None),
            ("avg_unpool2d_vjp", NO_SECOND_INTERPOLATION),
        )
    ),
    *(
        _gradient(
            op,
            "ranks",
            "rejects",
            _further_batch,
            "broadcast batches of unequal rank have no gradient",
            page=BATCH_GRADIENT,
        )
        for op in ("matmul", "matmul_vjp")
    ),
    *(
        _gradient("matmul_vjp", f"nothing-{verdict}", verdict, _sums_of_nothing, UNWRITTEN, ("static",), flaky=CHANCE)
        for verdict in ("nondeterministic", "structural", "numeric")
    ),
    _gradient("matmul_vjp", "nothing", "rejects", _products_without_elements, NULL, ("static",)),
    _gradient("scatter_nd", "empty", "rejects", _no_updates, NO_UPDATES, ("eager",), page=NO_UPDATES_PAGE),
    *(
        _gradient(op, "same", "rejects", masks.in_a_program("rejects"), SAME_IGNORED)
        for op in ("conv_autoencoder_step", "deconvnet")
    ),
)
