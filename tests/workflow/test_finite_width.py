"""What a changed setting of the statistics at finite width runs again."""


def test_another_width_of_the_width_scan_draws_its_networks_only(copy):
    copy.set("finite_width.width_scan.width.smoke", "[6, 20]", "[6, 24]")
    assert copy.planned() == {
        "sample_networks_width": 1, "measure_finite_width": 1, "check_claims": 1, "draw_figures_of_finite_width": 1,
    }  # fmt: skip
