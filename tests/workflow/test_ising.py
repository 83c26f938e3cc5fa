"""What a changed setting of the Ising experiment runs again."""

import yaml

MEASURED = {"measure_invariance": 1, "check_claims": 1, "draw_figures_of_ising": 1}


def test_a_changed_width_retrains_that_width_only(copy):
    copy.set("ising.width.smoke", "[64, 256]", "[64, 128]")
    assert copy.planned() == {"train_shard": 2, **MEASURED}


def test_more_members_train_what_is_missing(copy, tmp_path):
    """From an extra config file, which changes nested values."""
    extra = tmp_path / "mine.yaml"
    changed = {"members": {"smoke": 120}, "ensemble_sizes": {"smoke": [1, 10, 60]}}
    extra.write_text(yaml.safe_dump({"scale": "smoke", "ising": changed}))
    # The members that there are stay; twenty more of each width are one job.
    assert copy.planned("--configfile", str(extra)) == {"train_shard": 2, "tabulate_example": 1, **MEASURED}
