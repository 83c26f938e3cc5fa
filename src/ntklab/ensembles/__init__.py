"""Deep ensembles: members trained from independent initialisations, evaluated on orbits."""

from ntklab.errors import require

require("ensembles", "torch")

from ntklab.ensembles.members import TrainingDiverged  # noqa: E402
from ntklab.ensembles.training import Trained, train  # noqa: E402

__all__ = ["Trained", "TrainingDiverged", "train"]
