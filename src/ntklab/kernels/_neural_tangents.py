"""The one place that imports neural-tangents, without its TensorFlow part.

`neural_tangents/__init__.py` imports `neural_tangents.experimental`, which needs TensorFlow and tf2jax (1.9 GB) and
which ntklab does not use; an empty module of that name takes its place before the import.
"""

import sys
from types import ModuleType

sys.modules.setdefault("neural_tangents.experimental", ModuleType("neural_tangents.experimental"))

import neural_tangents as nt  # noqa: E402
from neural_tangents import stax  # noqa: E402

__all__ = ["nt", "stax"]
