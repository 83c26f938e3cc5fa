"""Claims of `Finite-Width Neural Tangent Kernels from Feynman Diagrams` (Guillen, Misof & Gerken, arXiv 2508.11522v4).

Comparisons with theory are of equivalence: the whole interval of the ratio measured / theory within 1 +- 0.1, which the
theory times two fails. Exponents in depth are three quantities that are never compared with each other (spec evidence.md, 7):
the leading order of the recursions, with closed forms; networks of one width, with exact moments of that width; the printed
fits, with networks of the paper's width.
"""

from collections.abc import Iterator
from functools import partial
from itertools import product

from ntklab.claims.claim import CHECK, EVIDENCE, Claim, of_changed_theory
from ntklab.experiments.finite_width import estimates, exponents
from ntklab.experiments.finite_width.power_laws import FIGURES, PRINTED, WIDTHS
from ntklab.experiments.finite_width.relu_moments import TENSORS as AT_ONE_INPUT
from ntklab.experiments.finite_width.setups import THIRD_DERIVATIVES

INF = float("inf")
REPLICATES = "feynman/finite_width_replicates"
THEORY = "feynman/finite_width_theory"
KERNELS = {"K": "NNGP kernel", "Theta": "NTK"}
TENSORS = ("K1", "Theta1", "V", "D", "F", "A", "B", "P", "Q", "R", "S", "T", "U")
SCALE_INVARIANT = {"relu": "ReLU", "leaky_relu": "LeakyReLU", "identity": "linear"}
CHANGE = 0.1
"""The change of a theory that a comparison with it has to notice."""
EQUIVALENT = (1 - CHANGE, 1 + CHANGE)
TWICE = "the theory times two"
HALF_AS_FAR = (2 / 3, 2.0)
"""Deviation over correction s for which the corrected kernel is at most half as far as infinite width: |s - 1| <= s / 2."""
NO_DEVIATION = 1e-3
"""Width times relative deviation that counts as none; where there is a correction it is of order one (ReLU at 01: 1.2, 1.7)."""
AS_RELU = 0.15
"""Not half way from 1, ReLU networks themselves, to 1.34, what the recursions say of LeakyReLU ones."""
WIDE_ENOUGH, TOO_NARROW = 100, 10
"""Width at which the leading order of networks of depth 4 is to be enough, and one at which it is not."""
EXPONENT_TOLERANCE = 0.25
"""Of a printed exponent."""


def _claim(
    name: str, source: str, statement: str, quantity: str, find, bounds, table: str = REPLICATES, **more
) -> Claim:
    return Claim(f"E3-{name}", "feynman", source, statement, quantity, table, find, bounds, **more)


def _equivalent(name: str, source: str, statement: str, quantity: str, find) -> Claim:
    """A ratio measured / theory."""
    control = of_changed_theory(find, 2.0)
    return _claim(
        name, source, statement, quantity, find, EQUIVALENT, of_theory=True, control=control, control_is=TWICE
    )


def _corrections() -> Iterator[Claim]:
    for (kernel, name), component in product(KERNELS.items(), ("00", "01")):
        at = {"kernel": kernel, "component": component}
        yield _closer(
            f"{kernel}-{component}",
            f"The first-order corrected {name} is closer to the mean over networks than infinite width, from width 20 on.",
            "mean over widths from 20 on",
            partial(estimates.deviation_over_correction, **at),
        )
        yield _closer(
            f"{kernel}-{component}-every-width",
            f"At every width from 20 on the first-order corrected {name} is at most half as far from the mean over networks as "
            "infinite width.",
            "at the width where it is farthest from 4/3",
            partial(estimates.at_every_width, centre=sum(HALF_AS_FAR) / 2, **at),
        )
        yield _equivalent(
            f"correction-{kernel}-{component}",
            "Fig. 5; eq. (15)",
            f"The correction of order 1/n of the {name} is that of the recursions.",
            "coefficient of 1/n from networks, over that of the recursions; layer 4, GeLU",
            partial(estimates.correction_over_theory, setup="gelu", kernel=kernel, component=component),
        )


def _closer(name: str, statement: str, over: str, find) -> Claim:
    return _claim(
        f"corrected-closer-{name}",
        "Figs. 1 and 4; slides 'Numerical results'",
        statement,
        f"deviation from infinite width over the correction, {over}; layer 4, GeLU",
        find,
        HALF_AS_FAR,
        of_theory=True,
        control=of_changed_theory(find, 2.0),
        control_is="the correction times two",
    )


def _tensors() -> Iterator[Claim]:
    for tensor in TENSORS:
        setup = "third_derivatives" if tensor in THIRD_DERIVATIVES else "all_tensors"
        yield _equivalent(
            f"tensor-{tensor}",
            "recursions of all tensors; appendix",
            f"The recursion of {tensor} agrees with networks drawn at random.",
            "components at layer 3, extrapolated in 1/n, over the recursion's; error function with biases",
            partial(estimates.tensor_over_theory, setup=setup, tensor=tensor),
        )
        yield _equivalent(
            f"tensor-{tensor}-components",
            "recursions of all tensors; appendix",
            f"The recursion of every component of {tensor} agrees with networks drawn at random.",
            "the farthest component at layer 3, extrapolated in 1/n, over the recursion's; error function with biases",
            partial(estimates.farthest_component, setup=setup, tensor=tensor),
        )
    for number, tensor in zip(range(6, 11), ("V", "A", "B", "D", "F"), strict=True):
        yield _equivalent(
            f"gelu-{tensor}",
            f"Fig. {number}",
            f"{tensor} of GeLU networks tends to the recursion's value as the width grows.",
            "six components at layer 4, extrapolated in 1/n, over the recursion's",
            partial(estimates.tensor_over_theory, setup="gelu", tensor=tensor),
        )
        yield _equivalent(
            f"gelu-{tensor}-components",
            f"Fig. {number}",
            f"Every component of {tensor} of GeLU networks tends to the recursion's value as the width grows.",
            "the farthest of six components at layer 4, extrapolated in 1/n, over the recursion's",
            partial(estimates.farthest_component, setup="gelu", tensor=tensor),
        )


def _second_order() -> Iterator[Claim]:
    for tensor in AT_ONE_INPUT:
        yield _equivalent(
            f"second-order-relu-{tensor}",
            "moments of finite ReLU networks (beyond the paper)",
            f"The term of order 1/n^2 of {tensor}_0000 of ReLU networks is that of the exact moments.",
            "coefficient of 1/n^2 from networks, over that of the same fit to the exact moments; layer 4",
            partial(estimates.second_order_over_exact, setup="relu", tensor=tensor),
        )
    kernels = [
        (kernel, f"the {name} ({component})", component)
        for kernel, name in KERNELS.items()
        for component in ("00", "01")
    ]
    for tensor, name, component in (*kernels, *((tensor, f"{tensor}_0000", "0000") for tensor in AT_ONE_INPUT)):
        find = partial(estimates.second_order, setup="gelu", tensor=tensor, component=component)
        yield _claim(
            f"second-order-gelu-{tensor}-{component}",
            "corrections in depth / width (beyond the paper)",
            f"At width {WIDE_ENOUGH} and depth 4 the term of order 1/n^2 of {name} of GeLU networks is at most a "
            "tenth of that of order 1/n.",
            f"term of order 1/n^2 over that of order 1/n at width {WIDE_ENOUGH}, fitted to networks from width "
            f"{estimates.FROM} on; layer 4",
            partial(find, width=WIDE_ENOUGH),
            (-CHANGE, CHANGE),
            control=partial(find, width=TOO_NARROW),
            control_is=f"width {TOO_NARROW}",
        )


def _scale_invariant() -> Iterator[Claim]:
    source = "theorem on scale-invariant activations; Figs. 3, 22 to 24"
    for (setup, activation), (kernel, name) in product(SCALE_INVARIANT.items(), KERNELS.items()):
        yield _claim(
            f"no-correction-{setup}-{kernel}-theory",
            source,
            f"The {name} of {activation} networks at a single input has no correction of order 1/n, at any depth.",
            "largest correction over 30 layers, relative to the kernel (recursions, by quadrature of sigma and sigma')",
            partial(exponents.correction_by_parts, setup=setup, kernel=kernel),
            (-INF, 1e-9),
            THEORY,
            control=partial(exponents.correction_by_parts, setup="gelu", kernel=kernel),
            control_is="GeLU, which is not scale-invariant",
        )
        yield _claim(
            f"no-correction-{setup}-{kernel}-networks",
            source,
            f"The mean {name} of {activation} networks at a single input is that of infinite width.",
            "n times the relative deviation, mean over widths (networks)",
            partial(estimates.deviation_of_mean, setup=setup, kernel=kernel),
            (-NO_DEVIATION, NO_DEVIATION),
            # K less its control variates is that of infinite width for every network: the theorem, not a measurement.
            kind=CHECK if kernel == "K" else EVIDENCE,
            control=partial(estimates.deviation_of_mean, setup="gelu", kernel=kernel),
            control_is="GeLU networks, which are not scale-invariant",
        )


def _deviations() -> Iterator[Claim]:
    rows = (
        ("relu", "ReLU", {"K": "Fig. 22", "Theta": "Fig. 3"}, ("01",)),
        ("leaky_relu", "LeakyReLU", {"K": "Fig. 24, left", "Theta": "Fig. 24, right"}, ("01",)),
        ("gelu_r2", "GeLU", {"K": "Fig. 25, left", "Theta": "Fig. 25, right"}, ("00", "01")),
    )
    for setup, activation, sources, components in rows:
        for (kernel, name), component in product(KERNELS.items(), components):
            which = "one input" if component == "00" else "two different inputs"
            yield _equivalent(
                f"deviation-{setup}-{kernel}-{component}",
                sources[kernel],
                f"The {name} of {activation} networks at {which} deviates from infinite width as the recursions say.",
                "coefficient of 1/n from networks, over that of the recursions; layer 4",
                partial(estimates.correction_over_theory, setup=setup, kernel=kernel, component=component),
            )
    yield from _printed_coefficients()
    yield _claim(
        "leaky-relu-printed",
        "Fig. 24, right",
        "The NTK of LeakyReLU networks (slope 0.1) deviates at two different inputs as that of ReLU networks does.",
        "n times the relative deviation at 01, layer 4, extrapolated, over that of ReLU networks; the recursions say 1.34",
        partial(estimates.as_relu_deviates, setup="leaky_relu"),
        (1 - AS_RELU, 1 + AS_RELU),
        of_theory=True,
        published=1.0,
        control=partial(estimates.as_relu_deviates, setup="identity"),
        control_is="linear networks, which do not deviate",
    )


def _printed_coefficients() -> Iterator[Claim]:
    rows = (
        ("relu", "ReLU", "K", "Fig. 22", 1.718),
        ("relu", "ReLU", "Theta", "Fig. 3", 1.207),
        ("leaky_relu", "LeakyReLU", "Theta", "Fig. 24, right", 1.207),
    )
    for setup, activation, kernel, source, printed in rows:
        yield _claim(
            f"printed-coefficient-{setup}-{kernel}",
            source,
            f"The {KERNELS[kernel]} of {activation} networks at two different inputs deviates from infinite width by the "
            f"printed {printed} / n, relatively.",
            "n times the relative deviation at 01, layer 4, extrapolated",
            partial(estimates.coefficient, setup=setup, kernel=kernel),
            ((1 - CHANGE) * printed, (1 + CHANGE) * printed),
            published=printed,
            control=partial(estimates.coefficient, setup="identity", kernel=kernel),
            control_is="linear networks, which do not deviate",
        )


def _depths() -> Iterator[Claim]:
    yield _claim(
        "linear-growth",
        "Fig. 2, middle; slide 'Stability'",
        "At criticality the mean NTK of ReLU networks grows linearly with depth, with slope |x|^2 / n_0.",
        "mean NTK at the last layer over its number times |x|^2 / n_0 = 0.669",
        exponents.growth_of_ntk,
        EQUIVALENT,
        of_theory=True,
        published=0.7 / exponents.SLOPE,
        control=partial(exponents.growth_of_ntk, c_w=exponents.OFF_CRITICAL),
        control_is="the same networks off criticality, C_W = 4",
    )
    for lowest, which, of in (
        (True, "Every printed exponent lies", "the lowest"),
        (False, "On average the printed exponents lie", "mean over all"),
    ):
        yield _claim(
            f"powers-below-{'every' if lowest else 'mean'}",
            "Figs. 12 to 20 (beyond the paper)",
            f"{which} below that of ReLU networks of the printed width.",
            f"exponent of the fit to networks less the printed one, {of}",
            partial(exponents.above_printed, lowest=lowest),
            (0.0, INF),
            control=partial(exponents.above_printed, lowest=lowest, leading=True),
            control_is="the exponents at leading order",
        )
    for tensor in AT_ONE_INPUT:
        yield from _at_one_input(tensor)
    for tensor, fits in PRINTED.items():
        for component, printed in fits.items():
            if component != "0000":
                yield _at_leading_order(tensor, component, printed.exponent)
            yield _printed(
                f"power-{tensor}-{component}-networks",
                FIGURES[tensor],
                f"{tensor}_{component} of critical ReLU networks grows with depth like the printed power.",
                f"exponent of the fit to networks of width {WIDTHS[tensor]}",
                partial(exponents.networks_exponent, tensor=tensor, component=component),
                printed.exponent,
                control=partial(
                    exponents.networks_exponent, tensor=tensor, component=component, c_w=exponents.OFF_CRITICAL
                ),
                control_is="the same networks off criticality, C_W = 4",
            )


def _at_one_input(tensor: str) -> Iterator[Claim]:
    """The three exponents of a tensor at one input, each with what it may be compared with."""
    yield _claim(
        f"power-{tensor}-0000-theory",
        "recursions of all tensors; closed forms at one ReLU input",
        f"At leading order {tensor}_0000 of critical ReLU networks grows with depth like its closed form.",
        "exponent of the fit to the recursions less that of the closed form",
        partial(exponents.solver_less_closed, tensor=tensor),
        (-1e-6, 1e-6),
        THEORY,
        kind=CHECK,
        control=partial(exponents.solver_less_closed, tensor=tensor, width=float(WIDTHS[tensor])),
        control_is=f"the exact moments of width {WIDTHS[tensor]}",
    )
    yield _equivalent(
        f"power-{tensor}-0000-width",
        "moments of finite ReLU networks (beyond the paper)",
        f"{tensor}_0000 of critical ReLU networks grows with depth as the exact moments of their width do.",
        "exponent of the fit to networks over that of the exact moments at the same width",
        partial(exponents.networks_over_exact, tensor=tensor),
    )
    yield _printed(
        f"power-{tensor}-0000-exact",
        FIGURES[tensor],
        f"The printed power of {tensor}_0000 is that of the exact moments of ReLU networks of width {WIDTHS[tensor]}.",
        f"exponent of the fit to the exact moments at width {WIDTHS[tensor]}",
        partial(exponents.exact_exponent, tensor=tensor, width=WIDTHS[tensor]),
        PRINTED[tensor]["0000"].exponent,
        table=THEORY,
        control=partial(exponents.exact_exponent, tensor=tensor, width=WIDTHS[tensor] // 4),
        control_is="the exact moments at a quarter of that width",
    )


def _at_leading_order(tensor: str, component: str, exponent: float) -> Claim:
    find = partial(exponents.leading_exponent, tensor=tensor, component=component)
    return _printed(
        f"power-{tensor}-{component}-theory",
        FIGURES[tensor],
        f"{tensor}_{component} of critical ReLU networks grows with depth like the printed power.",
        "exponent of the fit to the recursions, leading order: not the printed quantity",
        find,
        exponent,
        control=partial(find, c_w=exponents.OFF_CRITICAL),
        control_is="the same recursions off criticality, C_W = 4",
    )


def _printed(name: str, source: str, statement: str, quantity: str, find, exponent: float, **more) -> Claim:
    bounds = (exponent - EXPONENT_TOLERANCE, exponent + EXPONENT_TOLERANCE)
    return _claim(name, source, statement, quantity, find, bounds, published=exponent, **more)


CLAIMS: tuple[Claim, ...] = (
    *_corrections(),
    *_tensors(),
    *_second_order(),
    *_scale_invariant(),
    *_deviations(),
    *_depths(),
)
