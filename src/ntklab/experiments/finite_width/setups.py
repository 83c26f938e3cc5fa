"""The ensembles of networks whose statistics are shown, by name: those of the paper's figures, and one for all tensors.

Inputs are printed in the paper, eqs. (116) to (128), arXiv 2508.11522v4; no biases and lambda_W = 1 there.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ntklab.experiments.finite_width.relu_moments import TENSORS as AT_ONE_INPUT

G = (
    (0.6540248765053858, -1.3592788739383235, -0.3791179316445409, 0.34191025226280697),
    (-0.6786403121150224, -0.12161213502515096, 0.21716372787141658, -1.4709063616118982),
    (0.2684047246058049, 0.19352982216329817, -0.18546381464689993, -0.8116446647575691),
    (0.06801939825322936, -0.25387687345791304, -0.8409923450288397, -0.6282339955619969),
)
"""Eqs. (116) to (119), with the paper's factor 0.53."""
R2 = (
    (-0.9895229339599609, -0.5992491841316223),
    (-0.17877478897571564, 2.253682851791382),
    (1.0237634181976318, -0.4618060886859894),
    (-0.5364212393760681, 1.9298086166381836),
)
"""Eqs. (121) to (124)."""
R4 = (
    (-0.9895229339599609, -0.5992491841316223, -0.17877478897571564, 2.253682851791382),
    (1.0237634181976318, -0.4618060886859894, -0.5364212393760681, 1.9298086166381836),
    (-1.95197594165802, -1.7220025062561035, 0.8821542859077454, -1.1963286399841309),
    (-0.1944112777709961, -0.540934145450592, 0.3308846354484558, 0.0907512903213501),
)
"""Eqs. (125) to (128)."""
GELU_CRITICAL = 1.98305826
"""Weight variance of the GeLU figures."""
WIDTH_COMPONENTS = ((0, 0, 0, 0), (0, 0, 1, 1), (0, 0, 2, 2), (0, 0, 2, 3), (0, 1, 0, 1), (0, 1, 0, 3))
"""Of Figs. 6 to 10."""
THIRD_DERIVATIVES = ("R", "S", "T", "U")
"""Tensors that are sampled apart from the others at layer 3: they take whole networks."""
DEPTH_COMPONENTS = ((0, 0, 0, 0), (0, 1, 0, 1), (0, 0, 2, 2), (0, 1, 0, 3), (0, 0, 2, 3), (0, 1, 2, 3))
"""Of Figs. 12 to 21."""


@dataclass(frozen=True)
class Setup:
    """One ensemble.

    Attributes:
        scan: width (layer 4 for several widths), depth (all layers at one width) or tensor (layer 3, extrapolated).
        multiples: hidden widths in units of the width; more neurons in the last hidden layer make what is carried from the
            layer before larger, and the noise smaller.
        relative: neurons per hidden layer, over those of the scan, as a fraction.
        widest: largest width of a scan that it is sampled at.
        times: networks in a batch, over those of the scan: more where they are cheap.
        narrow: below this width as many times more again as the width is narrower, for what is beyond the leading order.
    """

    scan: str
    activation: str
    inputs: tuple
    c_w: float
    tensors: tuple[str, ...]
    components: tuple = ((0, 0, 0, 0),)
    constants: dict[str, float] = field(default_factory=dict, hash=False)
    multiples: tuple[int, ...] | None = None
    relative: tuple[int, int] = (1, 1)
    widest: int = 10**6
    times: int = 1
    narrow: int = 1

    @property
    def exact(self) -> bool:
        """Whether the moments at one input are known at every width (`relu_moments`)."""
        return self.activation == "relu" and self.c_w == 2 and not self.constants

    @property
    def x(self) -> np.ndarray:
        """Inputs, (input, coordinate)."""
        return np.array(self.inputs)

    def widths(self, scan: list[int]) -> list[int]:
        """Neurons per hidden layer at which it is sampled, from those of the scan."""
        over, under = self.relative
        return [n * over // under for n in scan if n <= self.widest]

    def networks(self, networks_per_batch: int, width: int) -> int:
        """Networks in a batch at a width, from those of the scan."""
        return self.times * networks_per_batch * max(1, self.narrow // width)

    def hidden(self, width: int, depth: int) -> list[int]:
        """Widths of the hidden layers."""
        return [m * width for m in self.multiples or (1,) * (depth - 1)]


def _at_layer_three(tensors: tuple[str, ...], **sizes: Any) -> Setup:
    """Error-function networks with biases, at inputs and components none of which vanishes by a symmetry."""
    x = ((0.9, 0.5, 0.2), (0.4, 1.1, 0.3), (0.7, 0.2, 0.9), (0.3, 0.6, 0.8))
    components = ((0, 1, 2, 3), (1, 0, 3, 1), (0, 0, 2, 2), (1, 1, 1, 1))
    constants = {"c_b": 0.1, "lambda_w": 0.8, "lambda_b": 0.3}
    return Setup("tensor", "erf", x, 1.3, tensors, components, constants, (1, 4), **sizes)


SETUPS: dict[str, Setup] = {
    "gelu": Setup(
        "width",
        "gelu",
        G,
        GELU_CRITICAL,
        ("K", "Theta", "V", "A", "B", "D", "F"),
        WIDTH_COMPONENTS,
        widest=500,
        times=2,
    ),
    "relu": Setup("width", "relu", R2[:2], 2.0, ("K", "Theta", *AT_ONE_INPUT), times=2, narrow=100),
    "identity": Setup("width", "identity", R2[:2], 2.0, ("K", "Theta"), times=2),
    "leaky_relu": Setup("width", "leaky_relu(0.1)", R2[:2], 2.0, ("K", "Theta"), times=2),
    "gelu_r2": Setup(
        "width", "gelu", tuple(tuple(0.53 * v for v in row) for row in R2[:2]), GELU_CRITICAL, ("K", "Theta"), times=2
    ),
    "relu_depth": Setup("depth", "relu", R2, 2.0, ("K", "Theta", "A", "B", "D", "F"), DEPTH_COMPONENTS),
    "relu_depth_v": Setup("depth", "relu", R4, 2.0, ("V",), DEPTH_COMPONENTS, relative=(3, 2), times=4),
    "all_tensors": _at_layer_three(("K1", "Theta1", "V", "D", "F", "A", "B", "P", "Q"), times=32),
    "third_derivatives": _at_layer_three(THIRD_DERIVATIVES, relative=(1, 2)),
}


SCANS: dict[str, list[str]] = {
    scan: [name for name, setup in SETUPS.items() if setup.scan == scan] for scan in ("width", "depth", "tensor")
}
"""Kind of scan -> its setups."""
