"""The device that networks are trained on: a GPU with the numbers of a CPU to rounding, and the same ones every time."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import torch

from ntklab.errors import InputError

PRECISIONS = ("float32", "tf32")
"""What a GPU multiplies in: float32, or TF32, which rounds every factor to 10 of its 23 bits."""


@contextmanager
def computing_on(device: str, precision: str = "float32") -> Iterator[None]:
    """Inside, torch computes on a GPU in the given precision and in a fixed order; on a CPU there is nothing to set.

    Left to itself PyTorch convolves in TF32, and sums the gradient of a filter in whatever order its parts arrive. An
    operation that has no fixed order is named in a warning. `InputError` for an unknown precision and for a missing GPU.
    """
    if precision not in PRECISIONS:
        raise InputError(f"unknown precision {precision!r}; known: {', '.join(PRECISIONS)}")
    if torch.device(device).type != "cuda":
        yield
        return
    if not torch.cuda.is_available():
        raise InputError("device cuda asked, but torch sees no GPU; set device: cpu in the config")
    # cuBLAS reads this when it starts; only with workspaces of a fixed size does it sum in a fixed order.
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    tf32 = precision == "tf32"
    settings = [
        (torch.backends.cuda.matmul, "allow_tf32", tf32),
        (torch.backends.cudnn, "allow_tf32", tf32),
        (torch.backends.cudnn, "deterministic", True),
        (torch.backends.cudnn, "benchmark", False),  # it takes the algorithm that was fastest, not always the same one
        (torch.utils.deterministic, "fill_uninitialized_memory", False),  # costs time; all of ours is written first
    ]
    before = [(place, name, getattr(place, name)) for place, name, _ in settings]
    mode = torch.get_deterministic_debug_mode()
    try:
        for place, name, value in settings:
            setattr(place, name, value)
        torch.set_deterministic_debug_mode("warn")
        yield
    finally:
        for place, name, value in before:
            setattr(place, name, value)
        torch.set_deterministic_debug_mode(mode)
