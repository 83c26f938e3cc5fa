"""Compute the mean prediction of trained networks to order 1/width, and the drift of their NTK."""

import itertools
from pathlib import Path

import numpy as np

from ntklab.experiments.training.setups import SETUPS
from ntklab.experiments.training.training_sets import AUGMENTED, PLAIN, times_of, training_set
from ntklab.files import Arrays, save_arrays
from ntklab.finite_width.training import TrainedMean, mean_correction
from ntklab.pipeline.provenance import record

BETWEEN = 6
"""Steps of the theory's curve from one of the networks' times to the next: any time costs next to nothing."""


def correct_trained_mean(*, data: Path, setup: str, label_scale: float, times: list[float], output: Path) -> None:
    """Write `TRAINED/...` of augmented and plain training sets, or of the plain one where inputs form no orbits.

    (time, point) each, training points first: `infinite_width`, the sources of the coefficient of 1/width, `drift` of the NTK
    of a point with itself; `training_points`, their number. `times` are those asked for and others between them.
    """
    header = record({"setup": setup, "label_scale": label_scale, "times": times}, [data])
    curve = between(times)
    arrays, chosen = {"times": np.array(curve)}, SETUPS[setup]
    for trained in (AUGMENTED, PLAIN) if chosen.on_orbits else (PLAIN,):
        found = training_set(Arrays(data), chosen, label_scale, trained)
        # Both at the same times: those in units of the augmented one.
        at = times_of(training_set(Arrays(data), chosen, label_scale), chosen, curve)
        mean = mean_correction(*found, at, drift_between_tests=False, **chosen.network)
        errors = {source: f"{error:.1e}" for source, error in mean.errors.items()}
        print(f"{setup}, {trained}: {mean.nodes} nodes, largest changes at the last refinement {errors}", flush=True)
        arrays |= {f"{trained}/{name}": values for name, values in _arrays(mean).items()}
    save_arrays(output, arrays, header)


def between(times: list[float]) -> list[float]:
    """The times, and from the first after 0 on others between them, on a logarithmic scale."""
    start, *after = times
    inner = [np.geomspace(a, b, BETWEEN + 1)[1:-1].tolist() for a, b in itertools.pairwise(after)]
    return sorted([start, *after, *itertools.chain(*inner)])


def _arrays(mean: TrainedMean) -> dict[str, np.ndarray]:
    both = {name: [of.sources[name] for of in (mean.train, mean.test)] for name in mean.sources}
    both["infinite_width"] = [mean.train.leading, mean.test.leading]
    arrays = {name: np.concatenate(parts, axis=1) for name, parts in both.items()}
    return {
        **arrays, "drift": np.einsum("tpp->tp", mean.drift), "training_points": np.array(mean.train.leading.shape[1]),
    }  # fmt: skip
