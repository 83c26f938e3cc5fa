"""What a changed setting of the convergence of kernels runs again."""

AFTERWARDS = {"measure_kernel_convergence": 1, "check_claims": 1, "draw_figures_of_kernel_convergence": 1}


def test_one_more_width_draws_networks_of_that_width_only(copy):
    copy.set("kernel_convergence.width.smoke", "[2, 4, 16]", "[2, 4, 8, 16]")
    assert copy.planned() == {"sample_empirical_kernels": 1, **AFTERWARDS}


def test_one_more_width_of_networks_on_rotations_leaves_those_on_images(copy):
    copy.set("so3_convergence.width.smoke", "[4, 16]", "[4, 8, 16]")
    assert copy.planned() == {"sample_so3_kernels": 1, **AFTERWARDS}
