"""What a changed setting of the image experiments runs again."""


def test_one_more_ensemble_size_measures_again_and_trains_nothing(copy):
    copy.set("rotated_fashion_mnist.ensemble_sizes.smoke", "[1, 3]", "[1, 2, 3]")
    planned = copy.planned()
    assert planned["measure_orbit_predictions"] == planned["measure_angles"] == planned["measure_training"] == 1
    # Neither the ensembles that canonicalised networks are compared with nor the picture's are others.
    assert not {rule for rule in planned if rule.startswith(("train", "prepare", "vary", "tabulate"))}


def test_one_more_group_trains_its_classifiers_only(copy):
    copy.set("rotated_fashion_mnist.groups.smoke", "[c4, c8]", "[c4, c8, c16]")
    copy.set("rotated_fashion_mnist.members.smoke", "[6, 6]", "[6, 6, 6]")
    copy.set("rotated_fashion_mnist.rivals.smoke", "[3, 3]", "[3, 3, 3]")
    planned = copy.planned()
    # The training orbits are those of all groups together: all networks see another file. Those of three groups are of
    # four kinds, and the control is one more.
    assert planned["prepare_image_orbits"] == 1 and planned["train_classifier_shard"] == 3 * 4 + 1
    assert "train_shard" not in planned


def test_more_members_of_one_group_train_what_is_missing(copy):
    copy.set("rotated_fashion_mnist.members.smoke", "[6, 6]", "[12, 6]")
    planned = copy.planned()
    assert planned["train_classifier_shard"] == 1 and "prepare_image_orbits" not in planned
    assert planned["measure_orbit_predictions"] == planned["vary_comparison"] == 1


def test_full_data_are_downloaded_before_they_are_prepared(fresh):
    sets = "{mnist: embedded, photographs: embedded, noise: generated}"
    fresh.set("rotated_fashion_mnist.ood.smoke", sets, "{mnist: full, cifar10: full}")
    assert fresh.planned("E1-fmnist-ood")["download_file"] == 5


def test_stand_in_data_at_paper_scale_are_warned_of(fresh):
    fresh.set("histology.source.paper", "full", "stand_in")
    done = fresh.snakemake("--dry-run", "--config", "scale=paper")
    assert "WARNING: config.yaml, histology.source: STAND-IN DATA" in done.stderr
