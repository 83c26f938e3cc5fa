"""Claims about finite width on small tables: supported where they are true, not where they are not, and never without power."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from ntklab.claims.claim import CHECK, CONTRADICTED, EVIDENCE, SUPPORTED, UNDECIDED, check
from ntklab.experiments.finite_width import claims, estimates, exponents
from ntklab.experiments.finite_width.power_laws import PRINTED
from ntklab.experiments.finite_width.relu_moments import leading_order, moments
from ntklab.experiments.finite_width.replicates import theory_rows
from ntklab.experiments.finite_width.setups import SETUPS
from ntklab.files import Arrays, save_arrays

BY_ID = {claim.id: claim for claim in claims.CLAIMS}


def verdict(name: str, table: pd.DataFrame) -> str:
    return check(BY_ID[f"E3-{name}"], {claims.REPLICATES: table, claims.THEORY: table}).verdict


def joined(*tables: pd.DataFrame) -> pd.DataFrame:
    found = pd.concat(tables, ignore_index=True)
    found.attrs["provenance"] = {"stand_in": False}
    return found


@pytest.mark.parametrize(("coefficient", "expected"), [(2.0, SUPPORTED), (0.0, CONTRADICTED), (4.0, CONTRADICTED)])
def test_the_correction_must_be_the_one_of_the_recursions(replicates, coefficient, expected):
    table = replicates("gelu", "K", ["00"], lambda n, _: 1 + coefficient / n + 0.3 / n**2, (1.0, 2.0), noise=0.003)
    assert verdict("correction-K-00", table) == expected
    assert (verdict("corrected-closer-K-00", table) == SUPPORTED) == (coefficient == 2.0)


def test_noise_decides_nothing(replicates):
    table = replicates("gelu", "K", ["00"], lambda n, _: 1 + 2 / n, (1.0, 2.0), noise=3.0)
    for name in ("correction-K-00", "corrected-closer-K-00"):
        found = check(BY_ID[f"E3-{name}"], {claims.REPLICATES: table})
        assert (found.verdict, found.reason) == (UNDECIDED, "interval too wide")


@pytest.mark.parametrize(
    ("factor", "expected"), [(1.0, SUPPORTED), (0.0, CONTRADICTED), (-1.0, CONTRADICTED), (2.0, CONTRADICTED)]
)
@pytest.mark.parametrize("tensor", ["V", "K1"])
def test_tensors_are_those_of_the_recursions_by_equivalence(replicates, tensor, factor, expected):
    components = ["0123", "2222"] if tensor == "V" else ["00", "01"]
    table = replicates(
        "all_tensors", tensor, components, lambda n, _: 3 * factor + 1 / n, (0.0, 3.0), layers=3, noise=0.1
    )
    assert verdict(f"tensor-{tensor}", table) == expected


def test_what_is_resolved_is_said(replicates):
    table = replicates("all_tensors", "V", ["0123"], lambda n, _: 3.0, (0.0, 3.0), layers=3, noise=0.1)
    found = check(BY_ID["E3-tensor-V"], {claims.REPLICATES: table})
    assert 0 < found.resolves <= 0.25 and found.control_verdict == CONTRADICTED and found.resampled == "batches"


@pytest.mark.parametrize(("coefficient", "expected"), [(0.0, SUPPORTED), (1.0, CONTRADICTED)])
@pytest.mark.parametrize("setup", ["relu", "identity"])
def test_no_correction_means_none(replicates, setup, coefficient, expected):
    own = replicates(setup, "K", ["00"], lambda n, _: 1 + coefficient / n, (1.0, 0.0), noise=3e-5)
    gelu = replicates("gelu", "K", ["00"], lambda n, _: 1 + 1 / n, (1.0, 1.0), noise=0.02)
    assert verdict(f"no-correction-{setup}-K-networks", joined(own, gelu)) == expected


@pytest.mark.parametrize("kernel", ["K", "Theta"])
def test_what_does_not_vary_is_known_up_to_rounding(replicates, kernel):
    """K of scale-invariant networks at one input, less its control variates: an identity, which is a check."""
    own = replicates("relu", kernel, ["00"], lambda n, _: 1.0, (1.0, 0.0), noise=0.0)
    gelu = replicates("gelu", kernel, ["00"], lambda n, _: 1 + 1 / n, (1.0, 1.0), noise=0.02)
    claim = BY_ID[f"E3-no-correction-relu-{kernel}-networks"]
    found = check(claim, {claims.REPLICATES: joined(own, gelu)})
    assert found.verdict == SUPPORTED and found.ci_low < 0 < found.ci_high < 1e-6
    assert claim.kind == (CHECK if kernel == "K" else EVIDENCE)


def test_no_correction_has_no_power_where_gelu_has_none_either(replicates):
    tables = [replicates(s, "K", ["00"], lambda n, _: 1.0, (1.0, 0.0), noise=0.02) for s in ("relu", "gelu")]
    assert verdict("no-correction-relu-K-networks", joined(*tables)) == UNDECIDED


@pytest.mark.parametrize(("ratio", "expected"), [(1.0, SUPPORTED), (1.34, CONTRADICTED)])
def test_the_printed_deviation_of_leaky_relu_is_that_of_relu(replicates, ratio, expected):
    tables = [
        replicates(setup, "Theta", ["01"], lambda n, _, c=c: 2 * (1 - c / n), (2.0, -2 * c), noise=0.005)
        for setup, c in (("relu", 1.207), ("leaky_relu", 1.207 * ratio), ("identity", 0.0))
    ]
    assert verdict("leaky-relu-printed", joined(*tables)) == expected


@pytest.mark.parametrize(("slope", "expected"), [(0.669083956, SUPPORTED), (1.0, CONTRADICTED)])
def test_linear_growth_has_its_slope(replicates, slope, expected):
    table = replicates("relu_depth", "Theta", ["00"], lambda _, layer: slope * layer, (1.0, 0.0), (64,), 30, noise=0.1)
    assert verdict("linear-growth", table) == expected


# ---- three exponents ----


def networks(replicates, tensor: str, values, width: int, component="0000", noise=0.05) -> pd.DataFrame:
    setup = "relu_depth_v" if tensor == "V" else "relu_depth"
    truth = lambda _, layer: values[layer - 1]  # noqa: E731
    return replicates(setup, tensor, [component], truth, (0.0, 1.0), (width,), len(values), noise=noise)


def power(exponent: float, layers: int = 30) -> list[float]:
    return [float(layer**exponent) for layer in range(1, layers + 1)]


@pytest.mark.parametrize(("exponent", "expected"), [(1.49, SUPPORTED), (2.5, CONTRADICTED)])
def test_printed_powers_are_compared_with_networks_of_their_width(replicates, exponent, expected):
    at_papers_width = networks(replicates, "V", power(exponent), 300, "0022")
    assert verdict("power-V-0022-networks", at_papers_width) == expected


@pytest.mark.parametrize("exponent", [1.49, 2.5])
def test_printed_powers_are_not_compared_with_others(replicates, exponent):
    narrow = networks(replicates, "V", power(exponent), 64, "0022")
    found = check(BY_ID["E3-power-V-0022-networks"], {claims.REPLICATES: narrow})
    assert (found.verdict, found.reason) == (UNDECIDED, "needs networks of width 200 to 300")
    shallow = networks(replicates, "V", power(exponent, 8), 300, "0022")
    assert check(BY_ID["E3-power-V-0022-networks"], {claims.REPLICATES: shallow}).reason == "needs networks of depth 30"


@pytest.mark.parametrize("exponent", [0.5, 1.2])
def test_printed_powers_are_not_compared_with_leading_order(replicates, exponent):
    """Whatever the recursions say, it is another quantity: the number is shown, the row has no verdict."""
    table = networks(replicates, "V", power(0.7), 64, "0022")
    table["leading"] = 3 * table.layer.to_numpy(dtype=float) ** exponent
    found = check(BY_ID["E3-power-V-0022-theory"], {claims.REPLICATES: table})
    assert (found.verdict, found.reason) == (UNDECIDED, exponents.ANOTHER_QUANTITY)
    assert found.value == pytest.approx(exponent) and found.ci_low < found.value < found.ci_high
    assert found.control_value > 5


def test_every_printed_exponent_has_its_rows():
    for tensor, component in ((tensor, component) for tensor, fits in PRINTED.items() for component in fits):
        assert {f"E3-power-{tensor}-{component}-{kind}" for kind in ("theory", "networks")} <= set(BY_ID)


@pytest.mark.parametrize("tensor", ["V", "A"])
def test_networks_of_a_width_grow_as_the_exact_moments_of_that_width(replicates, tensor):
    """And not as leading order does, whose exponent at width 16 is 3 to 4 smaller."""
    exact = moments(16, 30)[tensor]
    assert verdict(f"power-{tensor}-0000-width", networks(replicates, tensor, exact, 16)) == SUPPORTED
    leading = moments(10**9, 30)[tensor]
    assert verdict(f"power-{tensor}-0000-width", networks(replicates, tensor, leading, 16)) == CONTRADICTED


@pytest.fixture
def theory(tmp_path) -> Callable[..., pd.DataFrame]:
    """The table of theory from recursions whose values at one input grow with the true exponents times `steeper`."""

    def rows(steeper: float = 1.0) -> pd.DataFrame:
        solved = {}
        for name in ("relu_depth", "relu_depth_v"):
            norm = float(np.mean(SETUPS[name].x[0] ** 2))
            values = {t: (norm**2 * np.array(leading_order(30)[t])) ** steeper for t in PRINTED}
            arrays = {t: X[:, None, None, None, None] * np.ones((2, 2, 2, 2)) for t, X in values.items()}
            save_arrays(tmp_path / f"{name}.npz", arrays, {"errors": dict.fromkeys(PRINTED, 1e-13)})
            solved[name] = Arrays(tmp_path / f"{name}.npz")
        frame = pd.DataFrame(theory_rows(solved, {"relu_depth": [64], "relu_depth_v": [64]}))
        frame.attrs["provenance"] = {"stand_in": False}
        return frame

    return rows


@pytest.mark.parametrize("tensor", PRINTED)
def test_the_solver_is_compared_with_closed_forms(tensor, theory):
    claim = BY_ID[f"E3-power-{tensor}-0000-theory"]
    assert claim.kind == CHECK and claim.published is None
    assert verdict(f"power-{tensor}-0000-theory", theory()) == SUPPORTED
    assert verdict(f"power-{tensor}-0000-theory", theory(1.01)) == CONTRADICTED


def test_theory_claims_hold_at_one_input_and_have_width(theory):
    table = theory()
    for name, claim in BY_ID.items():
        if claim.table == claims.THEORY:
            found = check(claim, {claims.THEORY: table})
            assert found.verdict == SUPPORTED, name
            assert found.ci_low < found.value < found.ci_high and found.control_verdict == CONTRADICTED, name


def test_a_correction_of_a_millionth_is_noticed(theory):
    table = theory()
    table.loc[(table.setup == "relu") & (table.tensor == "K1") & (table.layer == 9), "value"] = 1e-6
    assert verdict("no-correction-relu-K-theory", table) == CONTRADICTED


def test_what_the_samples_cannot_contradict_is_a_check():
    checks = {claim.id for claim in claims.CLAIMS if claim.kind == CHECK}
    solver = {f"E3-power-{tensor}-0000-theory" for tensor in PRINTED}
    exact = {f"E3-no-correction-{name}-K-networks" for name in ("relu", "leaky_relu", "identity")}
    assert checks == solver | exact
    assert all(claim.control_is for claim in claims.CLAIMS if claim.kind == EVIDENCE)


# ---- beyond the leading order ----

SCAN = (10, 20, 32, 56, 100, 220, 500)


@pytest.mark.parametrize(("second", "expected"), [(5.0, SUPPORTED), (-5.0, SUPPORTED), (40.0, CONTRADICTED)])
@pytest.mark.parametrize("name", ["Theta-01", "V-0000"])
def test_the_second_order_at_width_one_hundred(replicates, name, second, expected):
    tensor, component = name.split("-")
    kernel = tensor == "Theta"

    def truth(n, _):
        leading = 2 * (1 + second / n + second / n**2)
        return 1 + leading / n if kernel else leading

    table = replicates(
        "gelu", tensor, [component], truth, (1.0 if kernel else 0.0, 2.0), SCAN, noise=1e-4 if kernel else 0.01
    )
    found = check(BY_ID[f"E3-second-order-gelu-{name}"], {claims.REPLICATES: table})
    assert found.verdict == expected
    assert found.ci_low < second / 100 < found.ci_high


@pytest.mark.parametrize("tensor", ["V", "A"])
@pytest.mark.parametrize("order", ["exact", "leading"])
def test_the_second_order_is_that_of_the_exact_moments(replicates, tensor, order):
    norm = float(np.mean(SETUPS["relu"].x[0] ** 2)) ** 2
    leading = norm * leading_order(4)[tensor][3]
    truth = {"exact": lambda n, _: norm * moments(n, 4)[tensor][3], "leading": lambda n, _: leading}[order]
    table = replicates("relu", tensor, ["0000"], truth, (0.0, leading), SCAN, noise=0.005)
    expected = SUPPORTED if order == "exact" else CONTRADICTED
    assert verdict(f"second-order-relu-{tensor}", table) == expected


def test_the_second_order_of_v_has_its_closed_form(replicates):
    """n ((1 + 5/n)^3 - 1) = 15 (1 + 5 / n + 25 / (3 n^2))."""
    norm = float(np.mean(SETUPS["relu"].x[0] ** 2)) ** 2
    leading = norm * leading_order(4)["V"][3]
    table = replicates(
        "relu", "V", ["0000"], lambda n, _: norm * moments(n, 4)["V"][3], (0.0, leading), SCAN, noise=1e-9
    )
    assert estimates.second_order(table, "relu", "V", "0000", 1).value == pytest.approx(5, rel=1e-6)


def test_one_width_has_no_second_order(replicates):
    table = replicates("gelu", "V", ["0000"], lambda n, _: 2.0, (0.0, 2.0), (6, 20))
    assert estimates.second_order(table, "gelu", "V", "0000", 100).reason == estimates.TOO_FEW


@pytest.mark.parametrize(("steeper", "expected"), [(0.2, SUPPORTED), (0.0, UNDECIDED), (-0.2, CONTRADICTED)])
@pytest.mark.parametrize("which", ["every", "mean"])
def test_printed_exponents_are_below_those_of_networks(replicates, which, steeper, expected):
    """The leading order is another power, below the printed ones: the control."""
    tables = [
        networks(replicates, tensor, power(fit.exponent + steeper), 300 if tensor == "V" else 200, component)
        for tensor, fits in PRINTED.items()
        for component, fit in fits.items()
    ]
    for table, fit in zip(tables, (fit for fits in PRINTED.values() for fit in fits.values()), strict=True):
        table["leading"] = table.layer.to_numpy(dtype=float) ** (fit.exponent - 0.1)
    assert verdict(f"powers-below-{which}", joined(*tables)) == expected
    narrow = joined(*(table.assign(width=64.0) for table in tables))
    assert check(BY_ID[f"E3-powers-below-{which}"], {claims.REPLICATES: narrow}).reason == exponents.NEEDS_PAPERS_WIDTHS
