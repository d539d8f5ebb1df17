"""Reasons that several of Paddle's known differences have, and the pages that tell of them."""

_ISSUES = "https://github.com/PaddlePaddle/Paddle/issues/"
_PULLS = "https://github.com/PaddlePaddle/Paddle/pull/"

RELU = "relu compares, and a NaN is not larger than 0"
RELU_PAGE = (f"{_ISSUES}79351", "paddle.nn.functional.relu incorrectly converts NaN input to 0.0")
LOST = "maxima start from the lowest finite number and are compared by <, which a NaN does not survive and -inf loses"
CUT = "padding at the end is counted as if it were as wide as that at the start"
UNEVEN_AVERAGE = (f"{_ISSUES}54404", "avg_pool2d 不对称padding时，存在bug")  # noqa: RUF001
UNDILATED = "with SAME every dilation is taken for 1"
SAME_IGNORED = "with return_mask, max_pool2d ignores SAME and does not pad"
UNEVEN = "with return_mask, max_pool2d refuses the four amounts of padding that its documentation names"
EMPTY = "interpolate takes no extent of 0 but the batch's"
NO_UPDATES = "without indices, updates are broadcast with zeros of the answer's shape"
NO_UPDATES_PAGE = (
    f"{_PULLS}73933",
    "[0-size Tensor Job2 No.72-74] Add 0-size Tensor support for paddle.scatter [fluid_ops]",
)
SINGLE = "the gradient of an average is scaled by a reciprocal of 32 bits"
NOWHERE = "a window of NaN and -inf has position -1: its gradient is written before the plane"
UNCHECKED = "the gradient is read by the shape of the cotangent, which is not compared with that of the answer"
NO_SECOND = "there is no kernel for the second gradient on the CPU"
NO_SECOND_INTERPOLATION = (f"{_ISSUES}48988", "upsample不支持高阶导数")
NO_CHANNELS = "a convolution over no channels has as many channels as its input"
NO_CHANNELS_PAGE = (
    f"{_PULLS}73691",
    "[0-size Tensor No.159、161、163] Add 0-size Tensor support for conv1d",
)
NO_FILTERS = "a convolution that makes no channels is refused, or divides by their number"
NO_ROOM = "a transposed convolution refuses an answer without rows or columns"
NO_IMAGE = "the kernel of the second gradient does not expect an empty image, and divides by an extent"
ROW_OF_NOTHING = "the number of windows is divided towards zero, so SAME makes a row of an image without rows"
BATCH_GRADIENT = (f"{_ISSUES}75020", "paddle.matmul广播机制在反向传播中失效，同#74883")  # noqa: RUF001
INTEGERS = (f"{_PULLS}73324", "[Accuracy diff No.132] Fix accuracy diff for paddle.outer API")
UNWRITTEN = "the gradient of a product over no terms is not written: what lay in memory is the answer"
BEHIND = "what lies in memory behind the tensor of positions"
UNKNOWN = "something not found yet: alone the process ended in all of 12 tries, in a batch it was refused too"
NULL = "the kernel for several products refuses the null pointer of an operand without elements"
