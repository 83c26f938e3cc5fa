"""The one place that imports neural-tangents, without the parts that no longer can be imported and that ntklab does not use.

`neural_tangents/__init__.py` imports `neural_tangents.experimental`, which needs TensorFlow and tf2jax (1.9 GB), and
`neural_tangents._src.empirical` (kernels of finite networks; ours are in `kernels.empirical`), which takes from JAX what JAX
0.6.1 and later no longer have. Empty modules of these names take their places before the import; `stax`, `predict` and `batch`
run unchanged. Release 0.6.5 is the last one.
"""

import sys
from types import ModuleType

from ntklab.errors import require

require("peers", "neural_tangents")


_EXPERIMENTAL = ModuleType("neural_tangents.experimental")
_EMPIRICAL = ModuleType("neural_tangents._src.empirical")
_EMPIRICAL.__dict__.update(
    dict.fromkeys([
        "DEFAULT_NTK_IMPLEMENTATION", "NtkImplementation", "_DEFAULT_NTK_FWD", "_DEFAULT_NTK_J_RULES", "_DEFAULT_NTK_S_RULES",
        "empirical_kernel_fn", "empirical_nngp_fn", "empirical_ntk_fn", "empirical_ntk_vp_fn", "linearize", "taylor_expand",
    ])
)  # fmt: skip
for _module in (_EXPERIMENTAL, _EMPIRICAL):
    sys.modules.setdefault(_module.__name__, _module)

import neural_tangents as nt  # noqa: E402
from neural_tangents import stax  # noqa: E402

__all__ = ["nt", "stax"]
