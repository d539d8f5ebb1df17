"""The NumPy reference, one file per op family. Never imports a framework.

``REFERENCES`` and ``VJPS`` judge an op and its gradients, ``STACKED`` several cases of an op at once,
``program_reference`` and ``program_vjp`` what is composed of ops.
"""

from __future__ import annotations

from opassay.adapters.oracle.conv import conv2d, conv2d_transpose
from opassay.adapters.oracle.elementwise import relu, stop_gradient
from opassay.adapters.oracle.matmul import matmul
from opassay.adapters.oracle.pool import avg_pool2d, max_pool2d, max_pool2d_with_argmax
from opassay.adapters.oracle.programs import program_reference, program_vjp
from opassay.adapters.oracle.scatter import scatter_nd
from opassay.adapters.oracle.table import REFERENCES, STACKED, VJPS
from opassay.adapters.oracle.unpool import avg_unpool2d, max_unpool2d

__all__ = [
    "REFERENCES",
    "STACKED",
    "VJPS",
    "avg_pool2d",
    "avg_unpool2d",
    "conv2d",
    "conv2d_transpose",
    "matmul",
    "max_pool2d",
    "max_pool2d_with_argmax",
    "max_unpool2d",
    "program_reference",
    "program_vjp",
    "relu",
    "scatter_nd",
    "stop_gradient",
]
