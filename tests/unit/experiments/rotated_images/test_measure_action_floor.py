"""How far interpolated rotations are from a group action: not at all for quarter turns."""

from ntklab.experiments.rotated_images.measure_action_floor import measure_action_floor
from ntklab.experiments.rotated_images.tables import ACTION_FLOOR
from ntklab.pipeline.table_files import read_table


def test_the_floor_of_the_action_vanishes_for_quarter_turns_only(orbits, tmp_path):
    measure_action_floor(data=orbits, orders=[4, 8], images=5, experiment="x", output=tmp_path / "floor.parquet")
    table = read_table(tmp_path / "floor.parquet", ACTION_FLOOR)
    by_group = table[table.quantity == "composition"].groupby("group").value
    assert by_group.max()["c4"] == 0 and by_group.min()["c8"] > 0.01
