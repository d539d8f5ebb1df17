"""The NumPy reference, one file per op family. Never imports a framework.

``OPS``: an op's definition, by name: its reference, its gradients, and references for several cases at once.
``program_reference`` and ``program_vjp`` judge programs. The other names are the ops' contracts, as functions of
arrays.
"""

from __future__ import annotations

from opassay.adapters.oracle.average import avg_pool2d as avg_pool2d
from opassay.adapters.oracle.conv import conv2d as conv2d
from opassay.adapters.oracle.conv import conv2d_transpose as conv2d_transpose
from opassay.adapters.oracle.definition import OPS as OPS
from opassay.adapters.oracle.elementwise import relu as relu
from opassay.adapters.oracle.elementwise import stop_gradient as stop_gradient
from opassay.adapters.oracle.matmul import matmul as matmul
from opassay.adapters.oracle.pool import max_pool2d as max_pool2d
from opassay.adapters.oracle.pool import max_pool2d_with_argmax as max_pool2d_with_argmax
from opassay.adapters.oracle.programs import program_reference as program_reference
from opassay.adapters.oracle.programs import program_vjp as program_vjp
from opassay.adapters.oracle.scatter import scatter_nd as scatter_nd
from opassay.adapters.oracle.unpool import avg_unpool2d as avg_unpool2d
from opassay.adapters.oracle.unpool import max_unpool2d as max_unpool2d
