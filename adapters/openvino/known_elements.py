"""Differences of OpenVINO in element-wise ops. Does not import OpenVINO."""

from __future__ import annotations

from opassay.adapters.facts import accepted
from opassay.adapters.kernels.elements import Told, divided_by_zero, mistakes
from opassay.harness.model.case import Case, Tensor
from opassay.harness.model.fact import Fact
from opassay.harness.model.fills import Fill

_SEEN = {"versions": "openvino 2026.4.1, CPU"}

_FUNCTIONS: Told = {
    "through_float16": ("upstream", "Convert rounds to float16 before it rounds to 8 bits"),
    "exp_less_one": ("upstream", "Elu is exp(x) - 1, and 0 of what is small"),
    "log_of_one_added": ("upstream", "SoftPlus and Mish take the logarithm of 1 + exp(x), which rounds to 1"),
    "out_of_range": ("upstream", "SoftPlus is below 0 where it is small"),
    "integers_in_float32": ("upstream", "integers of 32 bits are compared and converted as float32"),
    "nan_replaced": ("upstream", "of a number and a NaN, Maximum, Minimum and Clamp give the number"),
    "unordered_is_true": ("upstream", "on AVX-512, comparisons with NaN are true"),
    "remainder_by_quotient": ("upstream", "Mod and FloorMod are what a rounded quotient leaves"),
    "saturated": ("upstream", "integers of 8 bits saturate, where the operation's page has them wrap"),
    "erf_by_difference": ("upstream", "Erf is 1 less a sum of five terms, and 0 of what is small"),
    "exponent_128": ("upstream", "Exp is infinite from 127½ · ln 2 on, and of NaN"),
    "exponent_126": ("upstream", "Sigmoid is 0 below -125½ · ln 2, where it is not yet subnormal"),
}


def _least_to_bool(case: Case) -> bool:
    x = case.tensors[0]
    return x.dtype == "int32" and case.attributes["to"] == "bool" and bool((x.materialize() == -(2**31)).any())


ELEMENTS = (
    *mistakes("openvino", _FUNCTIONS, **_SEEN),
    *accepted(
        "openvino-unchecked",
        "by design",
        "OpenVINO's CPU plugin answers a division of integers by 0",
        {"divides": ("DivisorZero",)},
        versions="openvino 2026.4.1, CPU",
        pins=(divided_by_zero("remainder"), divided_by_zero("fmod")),
    ),
    Fact(
        "openvino-crossed-limits",
        "by design",
        "Clamp takes no lower limit above the upper one",
        ops=("clamp",),
        verdicts=("rejects",),
        when=lambda case: case.attributes["low"] > case.attributes["high"],
        **_SEEN,
    ),
    Fact(
        "openvino-least-to-bool",
        "upstream",
        "the least integer of 32 bits is converted to False",
        ops=("cast",),
        verdicts=("structural",),
        when=_least_to_bool,
        **_SEEN,
        pins=(Case("cast", (Tensor((1,), "int32", Fill("literal", values=(-(2**31),))),), {"to": "bool"}),),
    ),
)
