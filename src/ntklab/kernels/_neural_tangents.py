"""The one place that imports neural-tangents, without the parts that no longer can be imported and that ntklab does not use.

`neural_tangents/__init__.py` imports `neural_tangents.experimental`, which needs TensorFlow and tf2jax (1.9 GB), and
`neural_tangents._src.empirical` (kernels of finite networks; ours are in `kernels.empirical`), which takes from JAX what JAX
0.6.1 and later no longer have. Empty modules of these names take their places before the import; `stax`, `predict` and `batch`
run unchanged. Release 0.6.5 is the last one.
"""

import sys
from types import ModuleType


class _LeftOut(ModuleType):
    """A module of which every name can be imported, and is None."""

    def __getattr__(self, name: str) -> None:
        if name.startswith("__"):
            raise AttributeError(name)


for _name in ("neural_tangents.experimental", "neural_tangents._src.empirical"):
    sys.modules.setdefault(_name, _LeftOut(_name))

import neural_tangents as nt  # noqa: E402
from neural_tangents import stax  # noqa: E402

__all__ = ["nt", "stax"]
