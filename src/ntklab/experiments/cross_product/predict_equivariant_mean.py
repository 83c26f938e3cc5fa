"""Mean and covariance of infinitely wide ensembles that learn an equivariant function, on orbits, turned back."""

from pathlib import Path

from ntklab.experiments.cross_product.bounds import SUBGROUPS, subgroup_bounds
from ntklab.experiments.cross_product.task import cross_product_task
from ntklab.files import Arrays, save_arrays
from ntklab.pipeline.orbit_ensembles.predict import InfiniteEnsemble
from ntklab.pipeline.provenance import record


def predict_equivariant_mean(
    *, data: Path, augmentation: str, depth: int, factor: float, recorded_steps: list[int], output: Path
) -> None:
    """Write `SET/ROTATIONS/mean` (time, entry, element) and `.../covariance` on Haar rotations and on the set trained with.

    Entries are inputs x components. For groups also the bounds of `subgroup_bounds`. The header holds the learning rate,
    factor * 2 N / lambda_max.
    """
    header = record(
        {"augmentation": augmentation, "depth": depth, "factor": factor, "recorded_steps": recorded_steps}, [data]
    )
    ensemble = InfiniteEnsemble(cross_product_task(Arrays(data), augmentation), depth)
    rate = factor * ensemble.critical_learning_rate
    arrays = ensemble.predictions(recorded_steps, rate)
    if augmentation in SUBGROUPS:
        arrays |= subgroup_bounds(ensemble, recorded_steps, rate)
    save_arrays(output, arrays, {**header, "learning_rate": rate, "steps": recorded_steps})
