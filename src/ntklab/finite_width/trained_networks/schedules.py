"""How training time is divided into steps, and what steps do to networks that are linear in their parameters."""

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float

from ntklab.errors import InputError

EULER, RK4 = (1.0,), (1.0, -1 / 2, 1 / 6, -1 / 24)
"""A step multiplies a mode by 1 - x p(x), x its eigenvalue times the step; coefficients of p."""
STEP, LONGEST = 0.75, 1.25
"""Of the flow, in units of one over the largest eigenvalue of the NTK: of that of infinite width, and at most of a network's
own. The method is unstable from 2.8 on."""
SMALL = 1e-10
"""Smallest eigenvalue of an NTK, relative to the largest: smaller ones are roundings of zero."""
WHOLE = 1e-6
"""By how much a number of steps may differ from an integer."""


@dataclass(frozen=True)
class Schedule:
    """Steps from each time to the next: `number` of `size`; before the first is time zero. `decay` as EULER and RK4."""

    times: tuple[float, ...]
    sizes: tuple[float, ...]
    numbers: tuple[int, ...]
    decay: tuple[float, ...]

    @classmethod
    def flow(cls, times: np.ndarray, rate: float, step: float) -> "Schedule":
        """Runge-Kutta steps of at most step / rate, with the fastest mode decaying at `rate`."""
        spans = np.diff(times, prepend=0.0)
        numbers = np.ceil(spans * rate / step - WHOLE).astype(int)
        sizes = spans / np.maximum(numbers, 1)
        return cls(tuple(times.tolist()), tuple(sizes.tolist()), tuple(numbers.tolist()), RK4)

    @classmethod
    def descent(cls, times: np.ndarray, learning_rate: float) -> "Schedule":
        """Steps of gradient descent; times are learning rate times number of steps."""
        steps = np.diff(times, prepend=0.0) / learning_rate
        if np.abs(steps - np.round(steps)).max() > WHOLE * max(1.0, steps.max()):
            raise InputError(f"times={times.tolist()}: multiples of learning_rate={learning_rate}, one for each step")
        numbers = tuple(np.round(steps).astype(int).tolist())
        return cls(tuple(times.tolist()), (learning_rate,) * len(times), numbers, EULER)

    def finer(self, factor: int) -> "Schedule":
        """Every step divided into `factor` steps."""
        sizes, numbers = (
            tuple(f * v for v in values) for f, values in ((1 / factor, self.sizes), (factor, self.numbers))
        )
        return replace(self, sizes=sizes, numbers=numbers)

    @property
    def is_flow(self) -> bool:
        """Whether steps stand for gradient flow."""
        return self.decay == RK4

    def gains(self, eigenvalues: Float[np.ndarray, "*kernel mode"]) -> Float[np.ndarray, "time *kernel mode"]:
        """(1 - decay) / eigenvalue after the steps until each time: what a mode of the error has moved the parameters by."""
        logarithm, sign, found = np.zeros_like(eigenvalues), np.ones_like(eigenvalues), []
        for size, number in zip(self.sizes, self.numbers, strict=True):
            x = size * eigenvalues
            moved = x * np.polynomial.polynomial.polyval(x, self.decay)
            if number:
                with np.errstate(divide="ignore"):
                    logarithm += number * np.log1p(np.where(moved < 1, -moved, moved - 2))
                sign *= np.where((moved > 1) & (number % 2 == 1), -1, 1)
            found.append(np.where(sign > 0, -np.expm1(logarithm), 1 + np.exp(logarithm)) / eigenvalues)
        return np.stack(found)

    def exact_gains(self, eigenvalues: Float[np.ndarray, "*kernel mode"]) -> Float[np.ndarray, "time *kernel mode"]:
        """The same for what the steps stand for: gradient flow, or the steps themselves."""
        if not self.is_flow:
            return self.gains(eigenvalues)
        times = np.reshape(self.times, (-1, *[1] * eigenvalues.ndim))
        return -np.expm1(-times * eigenvalues) / eigenvalues


def responses(
    gains, kernel: Float[np.ndarray, "*kernel input training"], errors: Float[np.ndarray, "*errors training"]
):
    """-kernel (1 - decay) / H errors with H the training block: by how much outputs of linear networks have moved,
    (time, ..., input), from errors at the start; `gains` is a method of `Schedule`. Leading axes broadcast.
    """
    training = kernel.shape[-1]
    values, vectors = np.linalg.eigh(kernel[..., :training, :])
    values = np.maximum(values, SMALL * values[..., -1:])
    modes = np.einsum("...am,...a->...m", vectors, errors)
    return -np.einsum("...da,...am,t...m->t...d", kernel, vectors, gains(values) * modes, optimize=True)


def derivative(
    schedule: Schedule,
    kernel: Float[np.ndarray, "input training"],
    y: Float[np.ndarray, " training"],
    step: float = 1e-4,
) -> Float[np.ndarray, "time input input training"]:
    """Of the mean of a linear network with this kernel, at each time and input, by the entries of the kernel, of which the
    training block stays symmetric; central differences, which as a control variate need not be exact."""
    training = kernel.shape[1]
    size = step * np.abs(kernel).max()
    change = size * np.eye(kernel.size).reshape(*kernel.shape, *kernel.shape)
    block = change[:, :, :training]
    change[:, :, :training] = (block + np.swapaxes(block, 2, 3)) / 2
    up, down = (responses(schedule.exact_gains, kernel + s * change, -y) for s in (1, -1))
    return np.moveaxis((up - down) / (2 * size), 3, 1)
