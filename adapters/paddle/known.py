"""What Paddle is known to do differently. Free of Paddle: the parent imports this."""

from __future__ import annotations

import numpy as np

from opassay.adapters.known_values import holds_nan
from opassay.adapters.paddle import known_masks as masks
from opassay.adapters.paddle import known_pools as pools
from opassay.adapters.paddle import known_scatters as scatters
from opassay.adapters.paddle.known_convs import no_channels, no_extent, no_filters, no_room, rows_of_nothing, undilated
from opassay.adapters.paddle.known_entries import paddle_known
from opassay.adapters.paddle.known_errors import ERRORS
from opassay.adapters.paddle.known_gradients import GRADIENTS
from opassay.adapters.paddle.known_reasons import (
    CUT,
    EMPTY,
    INTEGERS,
    LOST,
    NO_CHANNELS,
    NO_CHANNELS_PAGE,
    NO_FILTERS,
    NO_ROOM,
    NO_UPDATES,
    NO_UPDATES_PAGE,
    RELU,
    RELU_PAGE,
    ROW_OF_NOTHING,
    SAME_IGNORED,
    UNDILATED,
    UNEVEN,
    UNEVEN_AVERAGE,
)
from opassay.harness.model.case import Case

_MASKED = "max_pool2d_with_argmax"
_EXACT = 2**24
"""Integers up to this are floats of 32 bits."""


def _inexact(case: Case) -> bool:
    """A product of integers of which some element is no float of 32 bits."""
    a, b = (tensor.materialize() for tensor in case.tensors)
    if a.dtype.kind != "i" or 0 in (*a.shape, *b.shape):
        return False
    largest = np.matmul(np.abs(a.astype(np.float64)), np.abs(b.astype(np.float64)))
    return bool((largest > _EXACT).any())


_IN_PROGRAMS = (("conv_autoencoder_step", ("shape",)), ("deconvnet", ("shape", "rejects")))

KNOWN = (
    paddle_known("relu", "value", "nan", "special", holds_nan, "upstream", RELU, page=RELU_PAGE),
    *(
        paddle_known(op, "value", "lost", "special", pools.maximum_lost, "upstream", LOST)
        for op in ("max_pool2d", _MASKED)
    ),
    *(
        paddle_known(
            "avg_pool2d", "value", f"cut-{verdict}", verdict, pools.cut(verdict), "upstream", CUT, page=UNEVEN_AVERAGE
        )
        for verdict in ("structural", "numeric")
    ),
    *(
        paddle_known("conv2d", "value", f"dilation-{verdict}", verdict, undilated(verdict), "upstream", UNDILATED)
        for verdict in ("structural", "numeric", "special")
    ),
    *(
        paddle_known(
            "conv2d_input_gradient_law",
            "value",
            f"dilation-{verdict}",
            verdict,
            undilated(verdict),
            "upstream",
            UNDILATED,
        )
        for verdict in ("structural", "numeric")
    ),
    paddle_known(
        "matmul",
        "value",
        "integers",
        "structural",
        _inexact,
        "upstream",
        "integers are multiplied as floats of 32 bits",
        page=INTEGERS,
    ),
    *(
        entry
        for aspect in ("value", "shape")
        for entry in (
            paddle_known(_MASKED, aspect, "same", "shape", masks.ignored, "upstream", SAME_IGNORED),
            paddle_known(_MASKED, aspect, "same-large", "rejects", masks.none_left, "upstream", SAME_IGNORED),
            paddle_known(_MASKED, aspect, "uneven", "rejects", masks.uneven, "upstream", UNEVEN),
            paddle_known("avg_unpool2d", aspect, "empty", "rejects", no_extent, "by design", EMPTY),
            *(
                paddle_known(
                    "scatter_nd",
                    aspect,
                    name,
                    verdict,
                    covers,
                    "upstream",
                    NO_UPDATES,
                    modes=("eager",),
                    page=NO_UPDATES_PAGE,
                )
                for name, verdict, covers in (
                    ("empty", "rejects", scatters.refused),
                    ("empty-shape", "shape", scatters.misshapen),
                )
            ),
            *(
                paddle_known(
                    op, aspect, f"same-{verdict}", verdict, masks.in_a_program(verdict), "upstream", SAME_IGNORED
                )
                for op, verdicts in (
                    ("conv_autoencoder_step", ("shape",)),
                    ("deconvnet", ("shape", "rejects")),
                )
                for verdict in verdicts
            ),
        )
    ),
    *(
        entry
        for aspect in ("value", "shape")
        for entry in (
            paddle_known(
                "conv2d",
                aspect,
                "no-channels",
                "shape",
                no_channels,
                "upstream",
                NO_CHANNELS,
                page=NO_CHANNELS_PAGE,
            ),
            paddle_known("conv2d", aspect, "nothing", "shape", rows_of_nothing, "upstream", ROW_OF_NOTHING),
            paddle_known("conv2d", aspect, "no-filters", "rejects", no_filters, "upstream", NO_FILTERS),
        )
    ),
    paddle_known("conv2d_transpose", "shape", "empty", "rejects", no_room, "upstream", NO_ROOM),
    paddle_known(
        "conv2d_input_gradient_law",
        "shape",
        "no-channels",
        "rejects",
        no_channels,
        "upstream",
        NO_CHANNELS,
        page=NO_CHANNELS_PAGE,
    ),
    paddle_known(
        "deconvnet",
        "value",
        "same-crash",
        "crash",
        masks.in_a_program("crash"),
        "upstream",
        SAME_IGNORED,
        modes=("eager",),
    ),
    *ERRORS,
    *GRADIENTS,
)
