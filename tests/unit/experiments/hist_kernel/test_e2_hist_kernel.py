"""The figure is drawn for every image set that the config may name."""

import pytest

from ntklab.data.catalogue import CATALOGUE
from ntklab.experiments.hist_kernel.claims import TABLE
from ntklab.experiments.hist_kernel.e2_hist_kernel import draw
from ntklab.experiments.hist_kernel.tables import CLASSIFICATION
from ntklab.pipeline.table_files import read_table


@pytest.fixture(scope="module")
def table(project):
    return read_table(project / f"results/reference/tables/{TABLE}.parquet", CLASSIFICATION)


@pytest.mark.parametrize("data", CATALOGUE)
def test_chance_is_that_of_the_image_set(table, data):
    (accuracy, *_) = draw(table.assign(data=data)).axes
    levels = [line.get_ydata() for line in accuracy.lines if line.get_color() == "0.6"]
    (chance,) = {level for ends in levels for level in ends}
    assert chance == pytest.approx(1 / len(CATALOGUE[data].classes))
