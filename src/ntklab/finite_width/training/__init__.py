"""Trained networks at order 1/width: the correction of the ensemble mean, and the drift of the NTK.

result = mean_correction(x_train, y, x_test, times=[1.0, np.inf], activation="gelu", depth=3, c_w=1.3)
result.corrected(64)         # (time, test point): mean output of networks of width 64
result.sources["ddNTK"]      # the part of the correction due to the second derivative of the NTK
"""

from ntklab.finite_width.training.correction import mean_correction
from ntklab.finite_width.training.result import ExpansionWarning, Mean, TrainedMean
from ntklab.finite_width.training.tensors import SOURCES

__all__ = ["SOURCES", "ExpansionWarning", "Mean", "TrainedMean", "mean_correction"]
