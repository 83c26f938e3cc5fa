"""What `solve` returns."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from ntklab.errors import InputError
from ntklab.finite_width.architecture import WholeNumber


class Corrected(NamedTuple):
    """Kernels at a finite width to order 1/n, per layer 1, 2, ..., (input, input) each.

    Attributes:
        K: E[z z] = K + K1/n; None where K1 wasn't asked for.
        Theta: E[NTK] = Theta + Theta1/n; None where Theta1 wasn't asked for.
    """

    K: list[np.ndarray] | None
    Theta: list[np.ndarray] | None


@dataclass(frozen=True, repr=False)
class Solution(Mapping):
    """Tensor -> list over layers 1, 2, ... of arrays, with what the quadrature is worth.

    Attributes:
        errors: tensor -> largest change of a component when the nodes were doubled last, over layers, relative to the layer's
            largest component. An estimate of the error and not a bound: that of the coarser result, where what is returned
            is the finer one, so that it is mostly far too large.
        nodes: per dimension of the four-dimensional integrals of the finer result.
    """

    layers: dict[str, list[np.ndarray]]
    errors: dict[str, float]
    nodes: int

    def __getitem__(self, tensor: str) -> list[np.ndarray]:
        return self.layers[tensor]

    def __iter__(self) -> Iterator[str]:
        return iter(self.layers)

    def __len__(self) -> int:
        return len(self.layers)

    def corrected(self, n: WholeNumber | Sequence[WholeNumber] | np.ndarray) -> Corrected:
        """The mean kernels of finite networks to order 1/n: K + K1/n and Theta + Theta1/n of every layer.

        Args:
            n: width of the hidden layers, or of each of them, in the ratios that `solve` was given.

        Raises:
            InputError: unless n is positive and K and K1, or Theta and Theta1, were asked for.
        """
        before = len(next(iter(self.layers.values()))) - 1
        if np.ndim(n) > 1 or (np.ndim(n) and len(n) != before) or not np.all(np.asarray(n) > 0):
            raise InputError(f"n={n}: the width of the hidden layers, positive, or one for each of the {before}")
        # Layer 1 has no correction, and takes any width.
        widths = [1, *(float(m) for m in np.broadcast_to(n, before))]
        pairs = [(kernel, f"{kernel}1") for kernel in ("K", "Theta")]
        if not any(kernel in self and correction in self for kernel, correction in pairs):
            raise InputError(
                f"corrected: needs K and K1, or Theta and Theta1, of which this solution has {', '.join(self)}; "
                'solve with tensors=("K", "K1", "Theta", "Theta1")'
            )
        K, theta = (
            [k + k1 / m for k, k1, m in zip(self[kernel], self[correction], widths, strict=True)]
            if kernel in self and correction in self else None
            for kernel, correction in pairs
        )  # fmt: skip
        return Corrected(K, theta)

    def __repr__(self) -> str:
        """Layers, shapes and errors."""
        some = next(iter(self.layers.values()))
        lines = [f"Solution: {len(some)} layers, {len(some[0])} inputs, {self.nodes} nodes"]
        lines += [f"  {name:<7}{shape:<15}error {error}" for name, shape, error in self._rows()]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        """The same as a table, for notebooks."""
        some = next(iter(self.layers.values()))
        rows = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in self._rows())
        caption = f"Solution: {len(some)} layers, {len(some[0])} inputs, {self.nodes} nodes"
        head = "<tr><th>tensor</th><th>shape of a layer</th><th>error</th></tr>"
        return f"<table><caption>{caption}</caption>{head}{rows}</table>"

    def _rows(self) -> list[tuple[str, str, str]]:
        return [(name, str(arrays[0].shape), f"{self.errors[name]:.1e}") for name, arrays in self.layers.items()]
