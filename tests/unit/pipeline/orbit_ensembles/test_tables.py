"""The table of an ensemble on orbits."""

from ntklab.pipeline.orbit_ensembles.tables import INVARIANCE


def test_the_invariance_table_holds_the_columns_the_figures_need():
    names = {column.name for column in INVARIANCE.columns}
    assert {"experiment", "data", "architecture", "width", "depth", "augmentation", "members", "time", "step"} <= names
    assert {"rsd_pooled", "rsd_median", "spread", "floor", "distance_to_ntk"} <= set(INVARIANCE.quantities)
