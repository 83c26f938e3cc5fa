"""Measure at which angles image classifiers keep the class of an image, for all of SO(2)."""

from pathlib import Path

from ntklab.experiments.rotated_images.shards import trained_models
from ntklab.experiments.rotated_images.tables import ANGLE_AGREEMENT, ORBIT_PREDICTION
from ntklab.metrics.orbit_classification import agreement
from ntklab.metrics.statistics import sub_ensembles
from ntklab.pipeline.measurements import measurements
from ntklab.pipeline.provenance import record
from ntklab.pipeline.table_files import write_table


def measure_angles(
    *, data: Path, predictions: list[Path], sizes: list[int], experiment: str, output: Path, output_mean: Path
) -> None:
    """One table with a row for each angle, and one of the means over angles, for all models, groups and sets."""
    provenance = record({"experiment": experiment, "sizes": sizes}, [data, *predictions])
    at_angles, means = [], []
    for trained in trained_models(predictions):
        for name in trained.sets():
            members = trained.members(name)
            settings = {"data": name, "source": trained.source(name), "model": trained.model}
            settings |= {"augmentation": trained.augmentation, "quantity": "agreement"}
            for size in (size for size in sizes if size <= len(members)):
                each = sub_ensembles(agreement, members, size)
                mean = sub_ensembles(lambda f: agreement(f).mean(axis=-1), members, size)
                common = {**settings, "members": float(size), "n": each.n}
                means.append({**common, "value": float(mean.value), "stderr": float(mean.stderr)})
                for i, (value, stderr) in enumerate(zip(each.value, each.stderr, strict=True)):
                    angle = 360 * i / len(each.value)
                    at_angles.append({**common, "angle": angle, "value": float(value), "stderr": float(stderr)})
    common = {"experiment": experiment, "group": "so2"}
    write_table(output, measurements(at_angles, ANGLE_AGREEMENT, **common), ANGLE_AGREEMENT, provenance)
    step = trained.header["settings"]["steps"]
    write_table(output_mean, measurements(means, ORBIT_PREDICTION, **common, step=step), ORBIT_PREDICTION, provenance)
