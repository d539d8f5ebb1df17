"""Cases of invalid input that TensorFlow's known differences cover. Does not import TensorFlow: the parent process
imports this.
"""

from __future__ import annotations

from collections.abc import Callable

from opassay.adapters.geometry import channel_axis, channels_last, spatial_axes
from opassay.adapters.onednn import ONE_DNN
from opassay.adapters.tensorflow.kernel_table import pool_dilates
from opassay.adapters.tensorflow.known_empty import padded_outside
from opassay.harness.model.case import Case


def _undilated(case: Case) -> bool:
    return max(case.attributes["dilation"]) == 1


def _implied_groups(case: Case) -> int:
    """The number of groups implied by the channels of a convolution; 0 where they do not divide."""
    how, (*_, given, taken) = case.attributes, case.tensors[1].shape
    image = how.get("output_shape", case.tensors[0].shape)[channel_axis(how["layout"])]
    return image // given if given and image % given == 0 and taken % max(image // given, 1) == 0 else 0


def any_kernel(case: Case) -> bool:
    """conv2d accepts any groups; the transpose has only oneDNN's kernel for NCHW and groups."""
    if "output_shape" not in case.attributes:
        return case.rule == "GroupsZero" or _implied_groups(case) > 0
    return _one_group(case)


def _one_group(case: Case) -> bool:
    # With explicit padding the kernel is one for channels last.
    last = channels_last(case.attributes["layout"]) or not isinstance(case.attributes["padding"], str)
    return case.rule == "GroupsZero" and _implied_groups(case) == 1 and last


def several_groups(case: Case) -> bool:
    return _implied_groups(case) > 0 and not _one_group(case)


def several_groups_by_onednn(case: Case) -> bool:
    """With explicit padding another kernel is used."""
    if case.rule == "OutputChannels":
        return case.tensors[0].dtype in ONE_DNN and _implied_groups(case) > 0
    return isinstance(case.attributes["padding"], str) and several_groups(case)


def cropped(case: Case) -> bool:
    """Where oneDNN's kernel is not used, padding is a separate op.

    Too broad: oneDNN does not compute every cropped convolution, and the condition is unknown.
    """
    how = case.attributes
    plain = channels_last(how["layout"]) and how["groups"] == 1 and _undilated(case)
    return case.tensors[0].dtype in ONE_DNN and not plain


def columns_unseen(case: Case) -> bool:
    """A dilated pool in NCHW, where tf.nn.pool ignores the padding of the columns."""
    how = case.attributes
    if how["layout"] != "NCHW" or case.tensors[0].dtype not in ONE_DNN or _undilated(case):
        return False
    inner = pool_dilates(how["window"], how["stride"], how["padding"], how["dilation"])
    return inner and min(how["padding"][0]) >= 0


def _asked(case: Case) -> list[int]:
    """The extents requested of oneDNN's transpose: including explicit padding where that is a separate op."""
    how = case.attributes
    extents = [how["output_shape"][axis] for axis in spatial_axes(how["layout"])]
    if not padded_outside(case.tensors[0].dtype, how):
        return extents
    return [n + sum(pad) for n, pad in zip(extents, how["padding"], strict=True)]


def negative(case: Case) -> bool:
    return case.tensors[0].dtype in ONE_DNN and min(_asked(case)) < 0


def nothing_asked(case: Case) -> bool:
    if case.tensors[0].dtype not in ONE_DNN:
        return False
    if case.rule == "OutputNegative":
        return 0 in _asked(case)
    return 0 in case.attributes["output_shape"] and isinstance(case.attributes["padding"], str)


def three_extents(case: Case) -> bool:
    dtype, how = case.tensors[0].dtype, case.attributes
    return dtype in ONE_DNN and (isinstance(how["padding"], str) or padded_outside(dtype, how))


def read_beyond(case: Case) -> bool:
    """In other cases an op before oneDNN's, a padding or a transposition, checks the rank."""
    how = case.attributes
    return case.tensors[0].dtype in ONE_DNN and isinstance(how["padding"], str) and channels_last(how["layout"])


def any_rank(case: Case) -> bool:
    """Repeats need the axes of NHWC, and a scatter over whole samples needs one axis."""
    if case.rule != "RankThree":
        return True
    return case.attributes["layout"] == "NHWC" if case.op == "avg_unpool2d" else case.tensors[0].shape[0] == 1


def least(attribute: str, least: int) -> Callable[[Case], bool]:
    """An extent, or an amount on some side, is at least this large."""

    def covers(case: Case) -> bool:
        return max(max(n) if isinstance(n, tuple) else n for n in case.attributes[attribute]) >= least

    return covers


def past_40_bits(case: Case) -> bool:
    return case.tensors[0].dtype in ONE_DNN and least("output_shape", 2**40)(case)


def past_64_bits(case: Case) -> bool:
    fewest = 2**40 if case.op == "conv_transpose1d" else 2**62
    return case.tensors[0].dtype in ONE_DNN and least("output_shape", fewest)(case)


def negative_in_32_bits(case: Case) -> bool:
    return case.tensors[0].dtype in ONE_DNN and 2**31 <= max(case.attributes["output_shape"]) < 2**32
