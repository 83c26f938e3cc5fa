"""What a kernel function returns."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float


class Kernels(NamedTuple):
    """NNGP kernel (covariance of one output at initialisation) and NTK, both divided by the identity over outputs.

    Shape (n, m) between n and m inputs, unless the function that returns them says otherwise.
    """

    nngp: Float[np.ndarray, "*shape"]
    ntk: Float[np.ndarray, "*shape"]

    def __repr__(self) -> str:
        rows = (f"  {name:4}  {low} to {high}" for name, low, high in self._ranges())
        return "\n".join([f"Kernels {np.shape(self.nngp)}, {np.asarray(self.nngp).dtype}", *rows])

    def _repr_html_(self) -> str:
        rows = (f"<tr><th>{name}</th><td>{low}</td><td>{high}</td></tr>" for name, low, high in self._ranges())
        head = f"<caption>Kernels {np.shape(self.nngp)}, {np.asarray(self.nngp).dtype}</caption>"
        return f"<table>{head}<tr><th></th><th>smallest</th><th>largest</th></tr>{''.join(rows)}</table>"

    def _ranges(self) -> list[tuple[str, str, str]]:
        """Name, smallest and largest entry of both."""
        return [(name, f"{np.min(k):.4g}", f"{np.max(k):.4g}") for name, k in zip(self._fields, self, strict=True)]
