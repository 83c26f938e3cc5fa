"""The picture that is shown and what is said of it are those of the files."""

import numpy as np
import pytest

from ntklab.experiments.rotated_images.tables import PICTURE, PICTURE_PREDICTION
from ntklab.experiments.rotated_images.tabulate_pictures import _choose, tabulate_pictures
from ntklab.files import Arrays
from ntklab.pipeline.table_files import read_table


@pytest.mark.parametrize(("group", "chosen", "ensemble"), [("c4", slice(0, 2), 6), ("c8", slice(2, 3), 3)])
@pytest.mark.parametrize("shown", ["test", "photographs"])
def test_the_picture_shown_follows_its_rule(orbits, shards, logits, tmp_path, group, chosen, ensemble, shown):
    tabulate_pictures(
        data=orbits, predictions=shards[chosen], ensemble=ensemble, shown=shown, experiment="x",
        output_pictures=tmp_path / "pictures.parquet", output_predictions=tmp_path / "predictions.parquet",
    )  # fmt: skip
    pictures = read_table(tmp_path / "pictures.parquet", PICTURE)
    predictions = read_table(tmp_path / "predictions.parquet", PICTURE_PREDICTION)
    (image,) = set(pictures.image) | set(predictions.image)
    order = int(group[1:])
    for turns, angle in enumerate(360 * np.arange(order) / order):
        pixels = pictures[pictures.angle == angle].sort_values(["row", "column"]).value.to_numpy().reshape(28, 28)
        expected = Arrays(orbits)[f"{shown}/orbits"][image, turns * (8 // order), ..., 0]
        np.testing.assert_array_equal(pixels, expected)
    assert pictures.angle.nunique() == order and set(pictures.data) == {shown} and set(pictures.group) == {group}
    f = logits("cnn", group, shown)[:, image]
    said = predictions.sort_values("angle").groupby("members").value.apply(np.array)
    np.testing.assert_array_equal(said[1.0], f[0].argmax(axis=-1))
    np.testing.assert_array_equal(said[ensemble], f[:ensemble].mean(axis=0).argmax(axis=-1))
    if shown == "test":  # only its labels are known
        assert (said[np.inf] == Arrays(orbits)["test/labels"][image]).all()
    else:
        assert set(said.index) == {1.0, ensemble}


MEMBER = np.array([[0, 0, 0, 0], [0, 1, 2, 3], [1, 1, 0, 1], [2, 2, 0, 1]])
"""Classes of four images at four angles."""
KEPT = np.array([[0, 0, 0, 0], [1, 1, 1, 1], [1, 1, 1, 1], [2, 2, 2, 2]])


@pytest.mark.parametrize(
    ("ensemble", "labels", "image"),
    [
        (KEPT, None, 2),  # the first which the member keeps at some angles, not all
        (KEPT, [0, 1, 3, 2], 3),  # where there are labels, the ensemble is right
        (KEPT[::-1], None, 2),
        (MEMBER, [0, 1, 1, 2], 1),  # no image which the ensemble keeps: that which the member keeps least often
    ],
)
def test_the_image_is_one_that_the_ensemble_keeps_and_the_member_does_not(ensemble, labels, image):
    assert _choose(MEMBER, ensemble, None if labels is None else np.array(labels)) == image
