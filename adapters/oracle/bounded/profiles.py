"""How many units in the last place an elementary function may err by, by the contract that a target follows.

Each profile's numbers are those of one published document, named beside it. A target that declares none is held to the
loosest. One unit is the spacing of the format in the binade of the exact result.
"""

from __future__ import annotations

OPENCL = {"div": 2.5}
"""The OpenCL C Specification, relative error as ULPs, single precision, full profile,
https://registry.khronos.org/OpenCL/specs/3.0-unified/html/OpenCL_C.html#relative-error-as-ulps
"""

IEEE = {"div": 0.5}
"""IEEE 754-2019, section 5.4: correctly rounded."""

PROFILES = {"": OPENCL, "opencl": OPENCL, "ieee": {**OPENCL, **IEEE}}


def ulps_of(function: str, profile: str) -> float:
    """The bound of ``function`` in the profile; ``ValueError`` for a profile that nobody has described."""
    if profile not in PROFILES:
        raise ValueError(
            f"unknown profile {profile!r} of elementary functions; known: {', '.join(filter(None, PROFILES))}"
        )
    return PROFILES[profile][function]
