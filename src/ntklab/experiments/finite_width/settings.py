"""Settings of the statistics at finite width."""

from typing import Annotated, Literal

from annotated_types import Ge, Len
from pydantic import model_validator

from ntklab.pipeline.settings import Block, increasing

PAPER = "feynman"


class Scan(Block):
    """Networks drawn for one kind of scan."""

    width: Annotated[list[Annotated[int, Ge(2)]], Len(1)]
    """increasing list of integers >= 2, neurons per hidden layer"""
    depth: Annotated[int, Ge(3)]
    """integer >= 3, layers of weights; one hidden layer less"""
    networks_per_batch: Annotated[int, Ge(2)]
    """integer >= 2, networks in one batch; ensembles that cost little, and narrow networks, take more (setups.py)"""
    batches: Annotated[int, Ge(4)]
    """integer >= 4, independent batches at each width, whose spread is the standard error; 30 or more make it
    reliable"""
    batches_per_shard: Annotated[int, Ge(2)]
    """integer >= 2, batches drawn by one job"""

    @model_validator(mode="after")
    def _consistent(self):
        increasing("width", self.width)
        if self.batches % self.batches_per_shard == 1:
            raise ValueError(f"batches_per_shard: {self.batches} batches would leave one batch alone in the last job")
        return self


class WidthScan(Scan):
    """Layer 4 for several widths (figures 1, 3 to 10 and 22 to 25)."""


class DepthScan(Scan):
    """ReLU networks, all layers, at one width (figures 2 and 11 to 21), half as wide again for V, as in the paper; leading
    order holds for width >> depth."""


class TensorScan(Scan):
    """Every tensor at layer 3, extrapolated in 1/width (E3-tensor-*); the second hidden layer has four times the width. R, S,
    T and U take whole networks, of half the width."""


class FiniteWidth(Block):
    """Statistics of random networks and their NTK at order 1/width: recursions against networks (E3-fig01 to E3-fig25,
    E3-tensor-*), and where the leading order is enough (X-validity)."""

    estimator: Literal["collapsed", "averaged", "printed"]
    """of the scans of widths and depths: collapsed (all weights integrated out; cost linear in the width), averaged (whole
    networks, over the last weights exactly) or printed (those of the paper, noisier and biased by 1/width)"""
    width_scan: WidthScan
    depth_scan: DepthScan
    tensor_scan: TensorScan

    @model_validator(mode="after")
    def _consistent(self):
        if len(self.depth_scan.width) != 1:
            raise ValueError("depth_scan.width: one width")
        for key, scan, depth in (("width_scan", self.width_scan, 4), ("tensor_scan", self.tensor_scan, 3)):
            if scan.depth != depth:
                raise ValueError(f"{key}.depth: {depth}, the layer that the figures show")
        return self


BLOCKS = {"finite_width": FiniteWidth}
