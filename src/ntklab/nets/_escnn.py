"""The one place that imports escnn, without what only its groups of rotations of space need.

escnn imports lie_learn (which fails under NumPy 2) and warns where py3nj (which needs a Fortran compiler) is missing; both
serve representations of SO(3) alone, and the networks here turn in the plane. Empty modules take the place of lie_learn.
"""

import sys
import warnings
from types import ModuleType

from ntklab.errors import require

require("steerable", "escnn")

_NAMES = ("lie_learn", "lie_learn.representations", "lie_learn.representations.SO3")
for _name in _NAMES:
    sys.modules.setdefault(_name, ModuleType(_name))
_wigner = ModuleType("lie_learn.representations.SO3.wigner_d")
_wigner.wigner_D_matrix = None
sys.modules.setdefault(_wigner.__name__, _wigner)

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # py3nj is missing; escapes in strings of escnn that newer Pythons warn about
    from escnn import gspaces
    from escnn.nn import FieldType, R2Conv

__all__ = ["FieldType", "R2Conv", "gspaces"]
