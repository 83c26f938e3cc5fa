"""What a changed setting of trained networks runs again."""

AFTERWARDS = {"measure_trained_means": 1, "check_claims": 1, "draw_figures_of_training": 1}


def test_another_width_trains_the_networks_of_that_width(copy):
    copy.set("training.general.width.smoke", "[16, 32]", "[16, 48]")
    assert copy.planned() == {"train_networks": 1, **AFTERWARDS}


def test_more_kernels_train_the_networks_of_their_setups(copy):
    copy.set("training.orbits.kernels_per_batch.smoke", "16", "32")
    assert copy.planned() == {"train_networks": 2, **AFTERWARDS}


def test_other_targets_change_theory_and_networks(copy):
    copy.set("training.label_scale", "0.5", "0.25")
    assert copy.planned() == {"correct_trained_mean": 2, "train_networks": 4, **AFTERWARDS}


def test_another_network_is_computed_alone(copy):
    copy.edit(
        "src/ntklab/experiments/training/setups.py", '"gelu_3": _general("gelu", 3)', '"gelu_3": _general("gelu", 4)'
    )
    planned = copy.planned()
    assert planned["correct_trained_mean"] == 1 and planned["train_networks"] == 2


def test_one_more_setup_is_computed_alone(copy):
    copy.set("training.general.setups.smoke", "[gelu_3]", "[gelu_3, tanh_3]")
    assert copy.planned() == {"correct_trained_mean": 1, "train_networks": 2, **AFTERWARDS}
