"""What a changed setting of the convergence of kernels runs again."""


def test_one_more_width_draws_networks_of_that_width_only(copy):
    copy.set("kernel_convergence.width.smoke", "[2, 4, 16]", "[2, 4, 8, 16]")
    assert copy.planned() == {
        "sample_empirical_kernels": 1,
        "measure_kernel_convergence": 1,
        "check_claims": 1,
        "draw_figures_of_kernel_convergence": 1,
    }
