"""What OpenVINO does differently in ops that treat each element alone. Free of OpenVINO."""

from __future__ import annotations

from opassay.adapters.facts import accepted
from opassay.adapters.known_elements import divided_by_zero

ELEMENTS = tuple(
    accepted(
        "openvino-unchecked",
        "by design",
        "OpenVINO's CPU plugin answers a division of integers by 0",
        {"divides": ("DivisorZero",)},
        versions="openvino 2026.4.1, CPU",
        pins=(divided_by_zero("remainder"), divided_by_zero("fmod")),
    )
)
