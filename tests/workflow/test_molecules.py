"""What a changed setting of the energies of molecules runs again."""

PREDICTED = {"predict_energies": 1, "measure_energies": 1, "check_claims": 1, "draw_figures_of_molecules": 1}
OF_ALL = {"compute_molecule_kernels": 12, "measure_turned_predictions": 1, **PREDICTED}


def test_another_ridge_computes_no_kernel(copy):
    copy.set("molecules.ridge", "5.0e-5", "1.0e-4")
    assert copy.planned() == {"measure_turned_predictions": 1, **PREDICTED}


def test_another_network_computes_all_that_has_one(copy):
    copy.set("molecules.spherical.convolutions", "1", "0")
    assert copy.planned() == {"compare_haar_average": 1, **OF_ALL}


def test_another_picture_is_drawn_alone(copy):
    copy.set("molecules.picture_bandlimits", "[6, 24]", "[6, 16]")
    assert copy.planned() == {"tabulate_signals": 1, "check_claims": 1, "draw_figures_of_molecules": 1}


def test_another_tolerance_is_measured_too(copy):
    copy.set("molecules.tolerance", "1.0e-5", "1.0e-4")
    assert copy.planned() == {"compare_haar_average": 1, **OF_ALL}
