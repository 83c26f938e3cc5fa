"""Arrays as callers have them (lists, NumPy, JAX, torch), checked where they enter the library."""

from collections.abc import Sequence
from numbers import Integral
from typing import Any

import numpy as np

from ntklab.errors import InputError


def as_array(value: Any, name: str, shape: str | Sequence[str | int] = "...", *, dtype: Any = None) -> np.ndarray:
    """`value` as a NumPy array of finite real numbers of the expected shape.

    Args:
        value: nested lists, a NumPy or JAX array, a torch tensor (on any device, also one that requires gradients).
        name: of the argument, for the messages.
        shape: names or sizes of the axes, such as "n n0" or (16, "outputs"); a name that comes twice stands for one size;
            "..." stands for any number of axes. Every axis must hold at least one entry.
        dtype: of the result. None: float32 and float64 are kept, everything else (integers, float16) becomes float64.

    Raises:
        InputError: names the argument, what it is, and the shape expected.
    """
    if hasattr(value, "detach"):
        value = value.detach().cpu().numpy()
    try:
        array = np.asarray(value)
    except ValueError:
        raise InputError(f"{name}: rows of different lengths; expected an array of {_words(shape)}") from None
    if array.dtype.kind not in "biuf":
        what = "complex numbers" if array.dtype.kind == "c" else f"entries of type {array.dtype}"
        raise InputError(f"{name}: {what}; real numbers are expected")
    _check_shape(array.shape, name, shape)
    if not np.all(np.isfinite(array)):
        where = tuple(int(i) for i in np.argwhere(~np.isfinite(array))[0])
        raise InputError(f"{name}: NaN or infinity, first at {list(where)}")
    return np.asarray(array, dtype or (array.dtype if array.dtype in (np.float32, np.float64) else np.float64))


def is_whole(value: Any, least: int) -> bool:
    """Whether it is an integer, of Python or NumPy, at least `least`, and no truth value."""
    return isinstance(value, Integral) and not isinstance(value, bool) and int(value) >= least


def as_whole(value: Any, name: str, least: int) -> int:
    """`value` as an integer; `InputError` unless it is one, of Python or NumPy, at least `least`, and no truth value."""
    if not is_whole(value, least):
        shown = value.item() if isinstance(value, np.generic) else value
        raise InputError(f"{name}={shown!r}: expected a whole number, at least {least}")
    return int(value)


def _check_shape(actual: tuple[int, ...], name: str, shape: str | Sequence[str | int]) -> None:
    axes = [int(a) if str(a).isdigit() else a for a in (shape.split() if isinstance(shape, str) else shape)]
    refused = InputError(f"{name}: shape {actual}; expected {_words(shape)}")
    if "..." in axes:
        at = axes.index("...")
        axes[at : at + 1] = [None] * (len(actual) - len(axes) + 1)
    if len(axes) != len(actual):
        raise refused
    sizes: dict[str, int] = {}
    for axis, size in zip(axes, actual, strict=True):
        expected = size if axis is None else axis if isinstance(axis, int) else sizes.setdefault(axis, size)
        if size != expected:
            raise refused
    if 0 in actual:
        raise InputError(f"{name}: shape {actual}: an axis is empty; expected {_words(shape)}, at least one entry each")


def _words(shape: str | Sequence[str | int]) -> str:
    axes = shape.split() if isinstance(shape, str) else [str(a) for a in shape]
    return f"shape ({', '.join(axes)}{',' if len(axes) == 1 and axes[0] != '...' else ''})"
