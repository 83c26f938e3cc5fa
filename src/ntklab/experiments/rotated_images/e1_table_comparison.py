"""E1-table-comparison: the talk's table of orbit same predictions out of distribution, with ours beside it."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.table import Table

from ntklab.experiments.rotated_images.claim_numbers import around_published
from ntklab.experiments.rotated_images.panels import DATA_NAMES, groups, named, out_of_distribution
from ntklab.plots import style

ID = "E1-table-comparison"
EXPERIMENT = "rotated_fashion_mnist"
TABLES = (
    "ensembles/rotated_fashion_mnist_comparison",
    "ensembles/rotated_fashion_mnist_action_floor",
)
TITLE = "Comparison of methods out of distribution"
CAPTION = """\
Top: orbit same predictions (OSP) out of distribution, at most the order of the group, of models trained on rotated
FashionMNIST: ensembles of networks trained with augmentation (DeepEns+DA in the talk), single such networks (only DA),
steerable networks, invariant by construction (E2CNN), and canonicalised networks (Canon). First line: ours, all sets out of
distribution but noise, with the 95 % interval over networks and images; second line: the talk's number, whose sets, ensemble
size and meaning of +- are not stated. Red: our interval lies outside the talk's number +- max(twice its +-, 5 % of the order);
grey: partly. Then the same on each set; and kappa, the agreement with the class at the identity corrected for chance (0 if
predictions agree only as often as their classes' frequencies make them, at most 1: a nearly constant prediction has a high OSP,
too). Bottom: spread A of the logits over the orbit, and, for the ensembles, the unbiased estimate of what is left of an
infinite ensemble's squared A, +- its standard error; what one network costs; last, how far the rotations themselves are from a
group action (mean of |rho(a) rho(b) x - rho(a + b) x| / |x|, no network involved). Good: what theory expects, that is,
steerable and canonicalised networks exactly at 4 under C4, infinite ensembles, too; of larger groups it says nothing but that
what interpolation breaks none can repair. The talk's order: ensembles above single networks in every column, canonicalised
networks losing ground for larger groups. Seen at laptop scale: the first, not the second; single networks are more invariant
than the talk's, and canonicalised ones stay on top (E1-table-why).
"""
KINDS = {
    "ensemble": "ensembles of {size} (DeepEns+DA)",
    "cnn": "single network (only DA)",
    "steerable": "steerable network (E2CNN)",
    "canonicalised": "canonicalised network (Canon)",
}


def draw(table: pd.DataFrame, action: pd.DataFrame) -> Figure:
    """The figure, from its two tables."""
    columns = groups(table)
    common = int(table[(table.quantity == "osp") & (table.model == "cnn")].groupby("augmentation").members.max().min())
    largest = int(table[table.quantity == "osp"].members.max())
    kinds = {("ensemble", common): KINDS["ensemble"].format(size=common)}
    if largest > common:
        kinds["ensemble", largest] = KINDS["ensemble"].format(size=largest)
    kinds |= {(kind, 1): name for kind, name in KINDS.items() if kind != "ensemble"}
    sets = out_of_distribution(table)
    figure = style.new_figure(columns=3, rows=4.6)
    lines = len(kinds)
    top, middle, corrected, bottom = figure.subplots(4, 1, height_ratios=[lines * 1.7, lines + 1, lines + 1, lines + 4])
    names, heads = list(kinds.values()), [group.upper() for group in columns]

    def cells(quantity: str, show, data: str = "out_of_distribution") -> list[list[str]]:
        return [[show(_row(table, *kind, quantity, group, data)) for group in columns] for kind in kinds]

    drawn = _table(
        top, f"orbit same predictions, {DATA_NAMES['out_of_distribution']}", cells("osp", _beside_talk), names, heads
    )
    for i, kind in enumerate(kinds):
        for j, group in enumerate(columns):
            drawn[i + 1, j].get_text().set_color(_agreement(_row(table, *kind, "osp", group), kind[0], group))
    each = [cells("osp", _plain, data) for data in sets]
    joined = [[" / ".join(of_set[i]) for of_set in each] for i in range(lines)]
    _table(middle, f"the same on each set, {' / '.join(heads)}", joined, names, [named(table, data) for data in sets])
    title = f"chance-corrected agreement (kappa), {DATA_NAMES['out_of_distribution']}"
    _table(corrected, title, cells("kappa", _with_interval), names, heads)
    rows = cells("spread", _plain, sets[0])
    rows += [[_floor(_row(table, "infinite", 0, "floor", group, sets[0])) for group in columns]]
    for quantity in ("parameters", "multiplications"):
        counts = [[_row(table, *kind, quantity, group, "test").value for kind in list(kinds)[-3:]] for group in columns]
        rows += [[" / ".join(f"{count:,.0f}" for count in of_group) for of_group in counts]]
    rows += [[_action(action, group) for group in columns]]
    names = [
        *names, "infinite ensemble, squared (unbiased)", "parameters: plain / steerable / canon.",
        "multiplications for an image", "rotations alone: failure of the group law",
    ]  # fmt: skip
    _table(bottom, f"spread of the logits, {named(table, sets[0])}; sizes; action", rows, names, heads)
    return figure


def _row(
    table: pd.DataFrame, kind: str, members: int, quantity: str, group: str, data: str = "out_of_distribution"
) -> pd.Series:
    rows = table[(table.quantity == quantity) & (table.augmentation == group) & (table.data == data)]
    rows = rows[rows.model == (kind if kind in ("steerable", "canonicalised") else "cnn")]
    if kind != "infinite":
        rows = rows[rows.members == members]
    missing = pd.Series({"value": np.nan, "stderr": np.nan, "ci_low": np.nan, "ci_high": np.nan})
    return rows.iloc[0] if len(rows) else missing


def _plain(row: pd.Series) -> str:
    return "-" if np.isnan(row.value) else f"{row.value:.2f}"


def _floor(row: pd.Series) -> str:
    return f"{row.value:.1e} ± {row.stderr:.1e}"


def _with_interval(row: pd.Series) -> str:
    return "-" if np.isnan(row.value) else f"{row.value:.2f} [{row.ci_low:.2f}, {row.ci_high:.2f}]"


def _beside_talk(row: pd.Series) -> str:
    if np.isnan(row.value):
        return "-"
    talk = f"talk: {row.published:.2f} ± {row.published_deviation:.2f}" if np.isfinite(row.published) else ""
    return f"{_with_interval(row)}\n{talk}"


def _agreement(row: pd.Series, kind: str, group: str) -> str:
    """Colour of a cell: red where the whole interval is outside the margin of the talk's number, grey where a part is."""
    if np.isnan(row.value) or np.isnan(row.published):
        return "black"
    low, high = around_published(kind, group)
    if row.ci_high < low or row.ci_low > high:
        return style.CONTROL
    return "black" if low <= row.ci_low and row.ci_high <= high else "0.45"


def _action(action: pd.DataFrame, group: str) -> str:
    rows = action[(action.quantity == "composition") & (action.group == group)]
    return " / ".join(f"{value:.2f}" for value in rows.value) if rows.value.max() > 1e-6 else "0"


def _table(axes: Axes, title: str, cells: list[list[str]], rows: list[str], columns: list[str]) -> Table:
    axes.axis("off")
    axes.set_title(title)
    drawn = axes.table(cells, rowLabels=rows, colLabels=columns, loc="center", cellLoc="center", bbox=(0.3, 0, 0.7, 1))
    drawn.auto_set_font_size(False)
    drawn.set_fontsize(8)
    for (row, column), cell in drawn.get_celld().items():
        cell.set_linewidth(0.4)
        if row == 0 or column < 0:
            cell.set_facecolor("0.95")
    return drawn
