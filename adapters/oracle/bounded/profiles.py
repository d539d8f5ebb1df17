"""Error bounds of elementary functions in ulps, by the contract that a target declares.

Each profile is one published document, named beside it. A target that declares none is held to ``opencl``, the loosest
one for single functions. One ulp is the spacing of the format in the binade of the exact result. ``libm`` and ``cuda``
are the documents of CPU and GPU libraries; a target may declare either.
"""

from __future__ import annotations

OPENCL = {
    "div": 2.5,
    "exp": 3,
    "exp2": 3,
    "expm1": 3,
    "log": 3,
    "log2": 3,
    "log10": 3,
    "log1p": 2,
    "sqrt": 3,
    "rsqrt": 2,
    "cbrt": 2,
    "sin": 4,
    "cos": 4,
    "tan": 5,
    "asin": 4,
    "acos": 4,
    "atan": 5,
    "atan2": 6,
    "sinh": 4,
    "cosh": 4,
    "tanh": 5,
    "asinh": 4,
    "acosh": 4,
    "atanh": 5,
    "erf": 16,
    "erfc": 16,
    "pow": 16,
    "hypot": 4,
}
"""The OpenCL C Specification, relative error as ULPs, single precision, full profile,
https://registry.khronos.org/OpenCL/specs/3.0-unified/html/OpenCL_C.html#relative-error-as-ulps
"""

LIBM = {
    **dict.fromkeys(OPENCL, 1.0),
    **dict.fromkeys(("div", "sqrt"), 0.5),
    **dict.fromkeys(("log10", "atan2", "sinh", "cosh", "tanh", "asinh", "acosh", "atanh"), 2.0),
    "rsqrt": 2.0,
    "cbrt": 4.0,
    "erfc": 3.0,
    "lgamma": 7.0,
}
"""The GNU C Library manual, Known Maximum Errors in Math Functions, float and double on x86-64,
https://www.gnu.org/software/libc/manual/html_node/Errors-in-Math-Functions.html

It has no rsqrt: a correctly rounded root and quotient have an error of less than 2 ulps.
"""

CUDA = {
    **dict.fromkeys(OPENCL, 2.0),
    **dict.fromkeys(("div", "sqrt"), 0.5),
    **dict.fromkeys(("expm1", "log", "log2", "log1p", "cbrt"), 1.0),
    **dict.fromkeys(("atan2", "sinh", "asinh", "atanh", "hypot"), 3.0),
    **dict.fromkeys(("tan", "acosh", "erfc", "pow"), 4.0),
    "erfinv": 2.0,
    "lgamma": 6.0,
}
"""The CUDA C++ Programming Guide, appendix Mathematical Functions, Standard Functions, without fast-math,
https://docs.nvidia.com/cuda/cuda-c-programming-guide/index.html#standard-functions
"""

STEP = 0.5
"""JAX's page rounds down to halves: acos, 1.5 there, has a measured error of 1.70 ulps, cbrt, 0.5 there, of 0.90."""

JAX_CPU = {
    **dict.fromkeys(("sqrt", "cbrt", "sin", "cos", "tan"), 0.5 + STEP),
    **dict.fromkeys(("exp", "log", "acos"), 1.5 + STEP),
    **dict.fromkeys(("asin", "rsqrt"), 2.0 + STEP),
    **dict.fromkeys(("log10", "log1p", "atanh"), 3.0 + STEP),
    **dict.fromkeys(("sinh", "cosh"), 25.0 + STEP),
    **{name: OPENCL[name] for name in ("div", "atan2", "pow", "hypot")},
    "log2": 2.5 + STEP,
    "asinh": 3.5 + STEP,
    "acosh": 4.5 + STEP,
    "tanh": 5.0 + STEP,
    "atan": 5.5 + STEP,
    "expm1": 6.5 + STEP,
    "erf": 7.0 + STEP,
    "erfinv": 65.0 + STEP,
    "erfc": 66.0 + STEP,
    "exp2": 68.5 + STEP,
}
"""JAX's documentation, Numerical accuracy, float32 on x86-64, default mode, all inputs of functions of one operand,
https://docs.jax.dev/en/latest/accuracy.html (reviewed 2026-09-18). Functions of two operands have OpenCL's bounds: XLA
replaces division by a constant with a product by its reciprocal.
"""

JAX_CPU_DOUBLE = {
    **{name: OPENCL[name] for name in ("div", "pow", "hypot")},
    **dict.fromkeys(("sqrt", "cbrt", "sin", "cos", "tan", "atan2", "log"), 0.5 + STEP),
    **dict.fromkeys(("asin", "acos", "rsqrt"), 1.5 + STEP),
    **dict.fromkeys(("exp", "log1p", "log10"), 2.0 + STEP),
    **dict.fromkeys(("asinh", "atanh", "erf"), 2.5 + STEP),
    **dict.fromkeys(("acosh", "atan"), 3.5 + STEP),
    **dict.fromkeys(("sinh", "cosh"), 496.0 + STEP),
    "log2": 1.5 + STEP,
    "expm1": 4.5 + STEP,
    "tanh": 7.0 + STEP,
    "erfc": 350.0 + STEP,
    "exp2": 719.0 + STEP,
    "erfinv": 500_000.0 + STEP,
}
"""The same page for float64, from samples: the largest errors measured (reviewed 2026-09-18)."""

EIGEN = {**OPENCL, "acos": 4.35, "asin": 4.46, "log": 3.48, "tanh": 8.3}
"""Eigen's errors where they exceed OpenCL's bound, as TensorFlow 2.21 calls it: the largest measured, of acos and asin
among all of float32 from 2**-12 to 1, of log from 1/2 to 2, of tanh in float64 among 2 million numbers from 15 to 20
(8.16 with AVX-512; with AVX2 it is 1 from 17.66 on, an error of 8.27). No target is judged by it: an answer within it
is a known difference, as ``beyond_opencl``.
"""

FEW_TERMS = {**OPENCL, "exp": 380.0, "log": 5.0, "tanh": 1690.0}
"""MindSpore 2.10's vectorized functions of float32, the largest errors of 262,144 numbers each: exp 379.3 at 88.72 and
43.1 within 2 of 0, tanh 1686.9 at 5, log 4.7 where it does not cancel. No target is judged by it: an answer within it
is a known difference, as ``few_terms``.
"""

PSI = 14.0
"""S. L. Moshier, Cephes Mathematical Library 2.8, psif.c: 8.2e-7, relative above 1 and absolute below; psi.c: 1.5e-15.
That is 6.9 and 6.8 times 2**(1 - precision), and a relative error is up to twice as many ulps. torch and Eigen compute
digamma this way. https://www.netlib.org/cephes/
"""

TERMS = 12
"""The number of terms of the sum of 1/(x + k)² before its remainder, as in Cephes' zeta.c and XLA; torch has 8."""

TRIGAMMA = 2 * OPENCL["pow"] + 2 + TERMS
"""A sum of that many positive terms, each a power of a rounded operand: a unit roundoff is at most one ulp."""

UNSPOKEN = {"erfinv": JAX_CPU["erfinv"], "lgamma": LIBM["lgamma"], "digamma": PSI, "trigamma": TRIGAMMA}
"""For functions a profile lacks: the loosest bound of another document, or what follows from the formula."""

PROFILES = {
    "": OPENCL,
    "opencl": OPENCL,
    "libm": LIBM,
    "cuda": CUDA,
    "eigen": EIGEN,
    "few-terms": FEW_TERMS,
    "jax-cpu": JAX_CPU,
    "jax-cpu-float64": JAX_CPU_DOUBLE,
}


def ulps_of(function: str, profile: str) -> float:
    """The bound of ``function`` in the profile; ``ValueError`` for an unknown profile."""
    if profile not in PROFILES:
        known = ", ".join(filter(None, PROFILES))
        raise ValueError(f"unknown profile {profile!r} of elementary functions; known: {known}")
    return PROFILES[profile].get(function) or UNSPOKEN[function]
