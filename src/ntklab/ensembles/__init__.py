"""Deep ensembles: members trained from independent initialisations, evaluated on orbits."""

from ntklab.ensembles.members import TrainingDiverged
from ntklab.ensembles.training import Trained, train

__all__ = ["Trained", "TrainingDiverged", "train"]
