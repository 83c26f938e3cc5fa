"""ntklab: neural tangent kernels, data augmentation and Feynman diagrams.

The library behind the pipeline: arrays in, arrays out. `import ntklab` is quick: its parts are imported when they are used.

    ntklab.groups          finite groups acting on images, lattices and points of space
    ntklab.activations     nonlinearities, with their derivatives and duals
    ntklab.kernels         infinite-width kernels, and training in closed form
    ntklab.finite_width    statistics at order 1/width: solved, sampled, as Feynman diagrams
    ntklab.metrics         how invariant predictions are, with errors
    ntklab.ensembles       trained finite networks                         pip install 'ntklab[ensembles]'
    ntklab.nets            their architectures                             pip install 'ntklab[steerable]' for all of them
    ntklab.data            what they are trained on
    ntklab.Network         one description of an architecture, for all of these
    ntklab.predict         mean and variance of infinitely wide networks trained on a data set

See README.md for a tour.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ntklab.kernels import predict
    from ntklab.network import Network

_PARTS = ("activations", "data", "ensembles", "finite_width", "groups", "kernels", "metrics", "nets")
_NAMES = {"Network": "ntklab.network", "predict": "ntklab.kernels"}

__all__ = ["Network", "__version__", *_PARTS, "predict"]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("ntklab")
    if name in _PARTS:
        return importlib.import_module(f"ntklab.{name}")
    if name in _NAMES:
        return getattr(importlib.import_module(_NAMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
