"""The picture that is shown and what is said of it are those of the files."""

import numpy as np

from ntklab.experiments.rotated_images.tables import PICTURE, PICTURE_PREDICTION
from ntklab.experiments.rotated_images.tabulate_pictures import tabulate_pictures
from ntklab.files import Arrays
from ntklab.pipeline.table_files import read_table


def test_the_picture_shown_follows_its_rule(orbits, shards, tmp_path):
    tabulate_pictures(
        data=orbits, predictions=shards[:2], ensemble=6, pictures=4, experiment="x",
        output_pictures=tmp_path / "pictures.parquet", output_predictions=tmp_path / "predictions.parquet",
    )  # fmt: skip
    pictures = read_table(tmp_path / "pictures.parquet", PICTURE)
    predictions = read_table(tmp_path / "predictions.parquet", PICTURE_PREDICTION)
    image = pictures.image.iloc[0]
    pixels = pictures[pictures.angle == 90].sort_values(["row", "column"]).value.to_numpy().reshape(28, 28)
    np.testing.assert_array_equal(pixels, Arrays(orbits)["test/orbits"][image, 4, ..., 0])
    first = predictions[predictions.members == 1].sort_values("angle").value.to_numpy()
    np.testing.assert_array_equal(first, Arrays(shards[1])["test/logits"][0, image, ::4].argmax(axis=-1))
