"""Numbers with errors over networks and over inputs, where both stand for more of their kind.

A statistic of M networks on N inputs varies as V_networks + V_inputs + V_both, the last of what one network does on one
input. The delete-group jackknife over networks measures the first and the last, that over inputs the second and the last: their
sum has the last one twice. Intervals are therefore too wide, by at most the root of 2, where that part dominates, and right where
it does not (the pigeonhole bootstrap has it three times; Owen 2007).
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from ntklab.metrics.resampling import Interval, Real, nothing, numerical, student
from ntklab.types import Numbers

ROUNDING = 1e-9


class TwoWay(NamedTuple):
    """A statistic, or several of the same shape, of all networks and inputs, and with one group of either left out.

    `members` has the replicates of each kind of networks by its name: kinds are independent of each other. Group k of inputs is
    the same for all of them, so that differences are paired.
    """

    value: Float[Numbers, "*shape"]
    members: Mapping[str, Float[np.ndarray, "group *shape"]]
    inputs: Float[np.ndarray, "group_of_inputs *shape"]

    def minus(self, other: "TwoWay") -> "TwoWay":
        """The difference, taken inside each replicate; what the other kind of networks lacks does not change it."""
        members = dict(self.members)
        for kind, replicates in other.members.items():
            if kind in members:
                members[kind] = members[kind] - replicates
            else:  # around its value, which the difference of all networks has
                members[kind] = -replicates
        return TwoWay(self.value - other.value, members, self.inputs - other.inputs)

    def times(self, factor: Real) -> "TwoWay":
        """The statistic times a number."""
        members = {kind: factor * replicates for kind, replicates in self.members.items()}
        return TwoWay(factor * self.value, members, factor * self.inputs)

    def plus(self, number: Real) -> "TwoWay":
        """The statistic plus a number."""
        members = {kind: replicates + number for kind, replicates in self.members.items()}
        return TwoWay(self.value + number, members, self.inputs + number)

    def variances(self) -> tuple[list[Float[Numbers, "*shape"]], list[int]]:
        """Of each source, every kind of networks and the inputs, and its degrees of freedom."""
        sources = [*self.members.values(), self.inputs]
        return [(len(each) - 1) * each.var(axis=0) for each in sources], [len(each) - 1 for each in sources]

    def stderr(self) -> Float[Numbers, "*shape"]:
        """Standard error over networks and inputs."""
        return np.sqrt(sum(self.variances()[0]))

    def interval(self) -> Interval:
        """Student's intervals of one number, degrees of freedom after Satterthwaite: some kinds are of few networks.

        What no replicate changes decides nothing; nor does what some replicates do not have.
        """
        sources = [self.value, *self.members.values(), self.inputs]
        if not all(np.isfinite(each).all() for each in sources):
            return nothing("all images are one class")
        found, degrees = self.variances()
        variances = np.array(found, dtype=float)
        if variances.sum() < ROUNDING**2:
            return numerical(float(self.value), ROUNDING).but("no network or image changes it")
        freedom = variances.sum() ** 2 / (variances**2 / degrees).sum()
        return student(float(self.value), float(self.stderr()), float(freedom), "members+inputs")
