"""What a changed setting of the classification by infinitely wide networks runs again."""

PREDICTED = {"predict_classes": 1, "measure_classification": 1, "check_claims": 1, "draw_figures_of_hist_kernel": 1}


def test_one_more_training_set_computes_its_kernels_only(copy):
    copy.set("hist_kernel.repeats.smoke", "3", "4")
    assert copy.planned() == {"compute_orbit_kernels": 1, **PREDICTED}


def test_another_ridge_computes_no_kernel(copy):
    copy.set("hist_kernel.ridge", "1.0e-4", "1.0e-3")
    assert copy.planned() == PREDICTED
