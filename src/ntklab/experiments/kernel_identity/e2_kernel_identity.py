"""E2-kernel-identity: the exact identities between kernels, augmentation and group convolutions, as a table."""

import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ntklab.plots import style

ID = "E2-kernel-identity"
TABLES = ("equivntk/kernel_identity_error",)
TITLE = "Kernels: augmentation is group averaging, exactly"
CAPTION = """\
Identities of the theory, and beside each the same number where one of its conditions is broken (control). Left: statement
and control. Middle: worst relative error over random architectures (MLPs and CNNs; ReLU, leaky ReLU, erf, GeLU; three
paddings; with and without bias and nonlinear head), kernels in float64, in float64 without the snap that sets the
correlation of coincident inputs to 1 (rectifiers only), and in float32; then the smallest error of the control. Right:
every architecture on a logarithmic axis, with the bars 1e-12, 1e-7 and, for controls, 1e-2. Controls of convolutional
networks are measured where rotations matter (even filters without bias; one large filter), since pooled kernels of small
filters hardly notice a broken condition. All for every group of the config, such as C4 (quarter turns, |G| = 4) and D4 (with
reflections, |G| = 8). rho(g) moves images, X is a training set, Pi(g) permutes it, mu_t is the mean prediction at time t.
Good: float64 (blue) left of 1e-12, without the snap (orange) left of 1e-7, float32 (green) at its rounding, controls (red)
right of 1e-2.
"""
STATEMENTS = {
    "a": (r"(a) $\Theta(\rho(g)x, \rho(g)x') = \Theta(x,x')$", "even filters, zero padding"),
    "b": (r"(b) $\Theta(\rho(g)X, X) = \Pi(g)\,\Theta(X,X) = \Theta(X,X)\,\Pi(g)$", "even filters, zero padding"),
    "c": (r"(c) $\mu_t(\rho(g)x) = \mu_t(x)$ for all $t$ after full augmentation", "no augmentation"),
    "d": (r"(d) augmented training = training with $\overline{\Theta}$, all $t$", "sum loss at equal times"),
    "d ridge": (r"(d) with ridge $|G|\lambda$ and $\lambda$, $t=\infty$", "equal ridge"),
    "e": (r"(e) GCNN, lifting filter = image: $\Theta = \overline{\Theta}_{\rm MLP}$", "without the average"),
    "f": (r"(f) GCNN: $\Theta = \overline{\Theta}_{\rm CNN}$ at the pooling", "averaged after a nonlinear head"),
    "lifting": (r"lifting + pooling: NTK = that of any single network", "NTK started from the input kernel"),
}
COLOURS = dict(zip(("float64", "no snap", "float32"), sns.color_palette("deep"), strict=False))
COLOURS["control"] = style.CONTROL
COLUMNS = {"float64": 0.72, "no snap": 0.82, "float32": 0.91, "control": 1.0}


def draw(table: pd.DataFrame) -> Figure:
    """The figure, from its table."""
    table = table.assign(kind=_kind(table))
    figure = style.new_figure(columns=3.6, rows=1.75)
    text, dots = figure.subplots(1, 2, width_ratios=[2.4, 1])
    _rows(text, table)
    _dots(dots, table)
    for axes in (text, dots):
        axes.set_ylim(len(STATEMENTS) - 0.5, -0.9)
    return figure


def _kind(table: pd.DataFrame) -> pd.Series:
    """Which column of the figure a row belongs to; controls are shown in float64."""
    kind = table.precision.where(table.snap, "no snap")
    return kind.mask(table.control & (table.precision == "float64"), "control").mask(
        table.control & (table.precision != "float64"), "control in float32"
    )


def _rows(axes: Axes, table: pd.DataFrame) -> None:
    axes.set(xlim=(0, 1))
    axes.axis("off")
    axes.text(0, -0.75, "identity", fontweight="bold")
    axes.text(0.4, -0.75, "control", fontweight="bold")
    for kind, x in COLUMNS.items():
        axes.text(x, -0.75, kind, fontweight="bold", ha="right", color=COLOURS[kind])
    for row, (identity, (statement, control)) in enumerate(STATEMENTS.items()):
        axes.axhline(row - 0.5, color="0.85", linewidth=0.8)
        axes.text(0, row, statement, va="center")
        axes.text(0.4, row, control, va="center", color=style.CONTROL)
        errors = table[table.identity == identity].groupby("kind").value
        worst = {**errors.max(), "control": errors.min()["control"]}
        for kind, x in COLUMNS.items():
            number = f"{worst[kind]:.0e}".replace("e-0", "e-") if kind in worst else ""
            axes.text(x, row, number, va="center", ha="right", color=COLOURS[kind])


def _dots(axes: Axes, table: pd.DataFrame) -> None:
    for number, (kind, colour) in enumerate(COLOURS.items()):
        rows = table[table.kind == kind]
        places = rows.identity.map(list(STATEMENTS).index) + 0.16 * (number - 1.5)
        # An exact zero has no place on a logarithmic axis: it is drawn at the spacing of float64 numbers.
        axes.plot(rows.value.clip(lower=2.2e-16), places, ".", color=colour, alpha=0.7, label=kind)
    for bar, colour in ((1e-12, COLOURS["float64"]), (1e-7, COLOURS["no snap"]), (1e-2, COLOURS["control"])):
        axes.axvline(bar, color=colour, linestyle="--", linewidth=1)
    axes.set(xscale="log", xlabel="relative error of every architecture", yticks=[])
