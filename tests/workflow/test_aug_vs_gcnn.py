"""What a changed setting of augmented against group-convolutional ensembles runs again."""


def test_one_more_width_trains_networks_of_that_width_only(copy):
    copy.set("aug_vs_gcnn_mlp.width.smoke", "[8, 32]", "[8, 16, 32]")
    assert copy.planned() == {
        "train_network_shard": 4,  # both ensembles and both controls
        "measure_ensemble_difference": 1,
        "check_claims": 1,
        "draw_figures_of_aug_vs_gcnn_mlp": 1,
    }
