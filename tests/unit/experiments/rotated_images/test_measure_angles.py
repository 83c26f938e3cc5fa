"""Agreement at every angle: whole at 0 degrees, exact where a model is invariant, its mean over angles beside it."""

import numpy as np
import pytest

from ntklab.experiments.rotated_images.measure_angles import measure_angles
from ntklab.experiments.rotated_images.tables import ANGLE_AGREEMENT, ORBIT_PREDICTION
from ntklab.pipeline.table_files import read_table


def test_agreement_at_angles_and_its_mean(orbits, shards, tmp_path):
    measure_angles(
        data=orbits, predictions=shards, sizes=[1, 3], experiment="rotated_fashion_mnist",
        output=tmp_path / "angles.parquet", output_mean=tmp_path / "means.parquet",
    )  # fmt: skip
    angles, means = read_table(tmp_path / "angles.parquet", ANGLE_AGREEMENT), tmp_path / "means.parquet"
    assert (angles[angles.angle == 0].value == 1).all() and angles.angle.nunique() == 16
    assert (angles[(angles.model == "canonicalised") & (angles.angle == 90) & (angles.members == 1)].value == 1).all()
    keys = {"data": "test", "model": "cnn", "augmentation": "c4", "members": 1.0}
    of_angles, of_means = (
        frame[np.logical_and.reduce([frame[k] == v for k, v in keys.items()])]
        for frame in (angles, read_table(means, ORBIT_PREDICTION))
    )
    assert of_means.value.item() == pytest.approx(of_angles.value.mean())
