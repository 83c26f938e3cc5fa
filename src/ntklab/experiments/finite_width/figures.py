"""The figures on finite width, a row each: id, drawing function of `panels`, arguments, title, caption."""

from collections.abc import Iterator

from ntklab.experiments.finite_width.power_laws import WIDTHS, starts_in_words
from ntklab.experiments.finite_width.setups import THIRD_DERIVATIVES
from ntklab.pipeline.figures import Figure

TABLES = ("feynman/finite_width",)
BARS = "Bars are 1.96 standard errors of the mean over independent batches of networks."
GELU, RELU = "GeLU networks", "ReLU networks"


def _figure(number: str, draw: str, title: str, caption: str, good: str, **arguments) -> Figure:
    return Figure(f"E3-{number}", TABLES, title, f"{caption} {BARS} Good: {good}\n", draw, arguments)


def _means_against_width() -> Iterator[Figure]:
    for number, component, which in (("fig01", "01", "two different inputs"), ("fig04", "00", "one input")):
        yield _figure(
            number,
            "mean_against_width",
            f"{GELU}: mean kernels at finite width, {which}",
            f"Mean of the NNGP kernel (left) and the NTK (right) at layer 4 of GeLU networks with inputs {component[0]} and "
            f"{component[1]}, against the width of the three hidden layers. Marks: networks drawn at random. Grey: the limit "
            "of infinite width. Dashed: the limit plus the correction of order 1/n from the recursions.",
            "marks leave the grey line at small widths and follow the dashed line down to a width of about 20.",
            component=component,
        )
    yield _figure(
        "fig05",
        "scaled_deviation",
        f"{GELU}: deviation from infinite width times width",
        "Width times the difference between the mean kernel of networks drawn and its limit of infinite width, at layer 4. "
        "Line: K1 and Theta1 from the recursions.",
        "marks tend to the line as the width grows.",
    )


def _tensors_against_width() -> Iterator[Figure]:
    names = {
        "V": "four-point function V",
        "A": "NTK variance A",
        "B": "NTK variance B",
        "D": "correlation D of preactivations and NTK",
        "F": "correlation F of preactivations and NTK",
    }
    for number, (tensor, name) in enumerate(names.items(), 6):
        yield _figure(
            f"fig{number:02}",
            "tensor_against_width",
            f"{GELU}: {name} against width",
            f"Six components of {tensor} at layer 4 of GeLU networks: width times the cumulant of networks drawn (all weights "
            "integrated out), and the recursions' value of order 1/n.",
            "marks tend to the line as the width grows; components that are small against the largest one do so with larger "
            "relative errors.",
            tensor=tensor,
        )


def _kernels_against_depth() -> Iterator[Figure]:
    marks = (
        "Marks: networks drawn at C_W = 2; the other variances are the same networks, whose kernels scale by powers of C_W "
        "exactly."
    )
    yield _figure(
        "fig02",
        "kernel_against_depth",
        f"{RELU}: the mean NTK against depth",
        "Mean NTK of ReLU networks against depth, for weight variances below, at and above criticality; inputs 00 and 01. "
        f"{marks} Solid: infinite width; dashed: with the correction of order 1/n, which vanishes for 00.",
        "straight growth for 00 in the middle, with slope |x|^2 / n_0 = 0.669 (printed: 0.7), and exponential decay and "
        "growth at the sides.",
        kernel="Theta",
    )
    yield _figure(
        "fig11",
        "kernel_against_depth",
        f"{RELU}: the NNGP kernel against depth",
        "Mean NNGP kernel of ReLU networks against depth; at C_W = 2 the distance to the fixed point |x_a| |x_b| C_W / n_0 is "
        f"shown. {marks} Solid: infinite width (zero distance for 00, not drawn); dashed: with the correction of order 1/n.",
        "decay, approach to the fixed point, growth; in the middle no mark of 00: its distance is zero for every network, up to "
        "rounding, once the control variates are taken off.",
        kernel="K",
    )


def _deviations() -> Iterator[Figure]:
    both = (
        "Width times the relative deviation of the mean NNGP kernel and NTK at layer 4 from infinite width, signed. Lines: the "
        "recursions."
    )
    one = "Width times the relative deviation of the mean {} at layer 4 from its limit of infinite width, signed, for the pairs "
    one += "of inputs 00 and 01. Lines: the recursions, which give exactly zero for 00; dash-dotted: the printed coefficient."
    rows = (
        (
            "fig03",
            "relu",
            ("Theta",),
            {"Theta": 1.207},
            f"{RELU}: no correction of the NTK at a single input",
            one.format("NTK"),
            "01 tends to its line, which is the printed one; 00 is zero at every width (the printed floor of 4e-3 in the "
            "relative deviation is not found).",
        ),
        (
            "fig22",
            "relu",
            ("K",),
            {"K": 1.718},
            f"{RELU}: no correction of K at a single input",
            one.format("NNGP kernel"),
            "01 tends to its line, which is the printed one; 00 is zero at every width.",
        ),
        (
            "fig23",
            "identity",
            ("K", "Theta"),
            {},
            "Linear networks: relative deviation of mean kernels from infinite width",
            both,
            "both components are zero at every width (the printed floor of 3e-3 to 7e-3 is not found).",
        ),
        (
            "fig24",
            "leaky_relu",
            ("K", "Theta"),
            {"Theta": 1.207},
            "LeakyReLU networks: relative deviation of mean kernels from infinite width",
            f"{both} Dash-dotted: the coefficient that the printed right panel follows, which is that of ReLU.",
            "01 tends to its line, for the NTK not to the printed one; 00 is zero.",
        ),
        (
            "fig25",
            "gelu_r2",
            ("K", "Theta"),
            {},
            f"{GELU}, other inputs: relative deviation of mean kernels from infinite width",
            both,
            "both components tend to their lines, which are not zero: GeLU is not scale-invariant.",
        ),
    )
    for number, setup, kernels, printed, title, caption, good in rows:
        yield _figure(number, "relative_deviation", title, caption, good, setup=setup, kernels=kernels, printed=printed)


def _tensors_against_depth() -> Iterator[Figure]:
    for number, tensor in zip(range(12, 21, 2), ("V", "A", "B", "D", "F"), strict=True):
        yield _figure(
            f"fig{number}",
            "tensor_against_depth",
            f"{RELU} at criticality: {tensor} against depth",
            f"Components of {tensor} of ReLU networks with C_W = 2 against depth. Marks: networks of width {WIDTHS[tensor]}, "
            "hollow where negative. Solid: the recursions, leading order. Dotted: exact moments at that width (0000). Dashed: "
            "the printed power through the middle of ours. The legend has the exponents of networks and those printed, from "
            f"layer {starts_in_words(tensor)} on.",
            "marks on the dotted line, above the solid one where depth is not small against width, and as steep as the "
            "dashed ones.",
            tensor=tensor,
            critical=True,
        )
        yield _figure(
            f"fig{number + 1}",
            "tensor_against_depth",
            f"{RELU} off criticality: {tensor} against depth",
            f"Components of {tensor} of ReLU networks with C_W = 0.25 and 4 against depth. Lines: the recursions. Marks: the "
            "networks drawn at C_W = 2, whose statistics scale by powers of C_W exactly.",
            "exponential decay and growth, the same for all components up to the power law at criticality.",
            tensor=tensor,
            critical=False,
        )


def _tensors() -> Iterator[Figure]:
    meanings = {
        "K1": "correction of the mean NNGP kernel",
        "Theta1": "correction of the mean NTK",
        "V": "four-point function of preactivations",
        "D": "correlation of two preactivations and the NTK, first pairing",
        "F": "correlation of two preactivations and the NTK, second pairing",
        "A": "variance of the NTK, first pairing",
        "B": "variance of the NTK, second pairing",
        "P": "correlation of dNTK and preactivation, first pairing",
        "Q": "correlation of dNTK and preactivation, second pairing",
        "R": "mean of the first ddNTK",
        "S": "mean of the second ddNTK, first pairing",
        "T": "mean of the second ddNTK, second pairing",
        "U": "mean of the second ddNTK, third pairing",
    }
    for tensor, meaning in meanings.items():
        yield _figure(
            f"tensor-{tensor}",
            "overview",
            f"{tensor}: {meaning}",
            f"{tensor} ({meaning}) at layer 3 of error-function networks with biases and unequal learning-rate factors, hidden "
            "widths n and 4 n. Left: networks drawn, over the recursions' value, against 1/n; squares at 0 are extrapolated by "
            "a polynomial in 1/n. Right: the extrapolated components, in the same colours; the grey band is ten per cent to "
            "each side.",
            "squares at 1 within their bars, and bars within the band.",
            tensor=tensor,
            setup="third_derivatives" if tensor in THIRD_DERIVATIVES else "all_tensors",
        )


VALIDITY = Figure(
    "X-validity",
    ("feynman/finite_width_theory", "feynman/finite_width"),
    "When the leading order is enough",
    "Exact moments of finite ReLU networks at one input (C_W = 2) over their leading order in 1/n, less one. Left: for the "
    "variance A of the NTK, over depth and width, with the lines of 10 and 50 per cent. Middle: for five tensors, all depths "
    "from 2 to 30 and widths from 16 to 1024, against depth over width; numbers of theory, without chance. Right: the same "
    "for GeLU networks drawn at random, layer 4, one input, with the exact numbers of ReLU networks of that depth (dotted). "
    f"{BARS} Good: narrow bands of slope one where the error is small: depth over width decides; marks near their dotted "
    "lines: for GeLU networks too.\n",
    "validity",
)


FIGURES = (
    *_means_against_width(),
    *_tensors_against_width(),
    *_kernels_against_depth(),
    *_deviations(),
    *_tensors_against_depth(),
    *_tensors(),
    VALIDITY,
)
