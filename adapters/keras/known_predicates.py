"""What Keras' lists of known differences share. Does not import Keras."""

from __future__ import annotations

SEEN = "keras 3.15.1 on tensorflow 2.21.0, torch 2.13.0, jax 0.10.2, CPU"
