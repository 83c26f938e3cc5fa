"""E1-table-comparison: the talk's table of orbit same predictions out of distribution, with ours beside it."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

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
steerable networks, invariant by construction (E2CNN), and canonicalised networks (Canon). First line: ours, mean over
all sets out of distribution +- standard deviation over independently trained models or ensembles; second line: the
talk's number, whose sets, ensemble size and meaning of +- are not stated. Then the same on each set; and kappa, the
agreement with the class at the identity corrected for chance (0 if predictions agree only as often as their classes'
frequencies make them, at most 1: a nearly constant prediction has a high OSP, too). Bottom: spread A of the logits over
the orbit, and, for the ensembles, the unbiased estimate of what is left of an infinite ensemble's squared A, +- its
standard error; last, how far the rotations themselves are from a group action (mean of |rho(a) rho(b) x - rho(a + b) x|
/ |x|, no network involved). Good: ensembles above single networks in every column; steerable and canonicalised networks
at exactly 4 under C4, and the canonicalised losing ground for larger groups.
"""
KINDS = {
    "ensemble": "ensembles of {size} (DeepEns+DA)",
    "cnn": "single network (only DA)",
    "steerable": "steerable network (E2CNN)",
    "canonicalised": "canonicalised network (Canon)",
}


def draw(table: pd.DataFrame, action: pd.DataFrame) -> Figure:
    """The figure, from its two tables."""
    size = int(table[table.quantity == "osp"].members.max())
    columns = groups(table)
    sets = out_of_distribution(table)
    figure = style.new_figure(columns=3, rows=4)
    heights = [len(KINDS) * 1.7, len(KINDS) + 1, len(KINDS) + 1, len(KINDS) + 2.2]
    top, middle, corrected, bottom = figure.subplots(4, 1, height_ratios=heights)
    names = [text.format(size=size) for text in KINDS.values()]
    cells = [[_beside_talk(_row(table, kind, "osp", group)) for group in columns] for kind in KINDS]
    _table(top, "orbit same predictions, all sets out of distribution", cells, names, [g.upper() for g in columns])
    cells = [
        [" / ".join(_plain(_row(table, kind, "osp", group, data)) for group in columns) for data in sets]
        for kind in KINDS
    ]
    heads = " / ".join(group.upper() for group in columns)
    _table(middle, f"the same on each set, {heads}", cells, names, [named(table, data) for data in sets])
    cells = [[_plain(_row(table, kind, "kappa", group)) for group in columns] for kind in KINDS]
    title = f"chance-corrected agreement (kappa), {DATA_NAMES['out_of_distribution']}"
    _table(corrected, title, cells, names, [g.upper() for g in columns])
    cells = [[_plain(_row(table, kind, "spread", group)) for group in columns] for kind in KINDS]
    cells += [[_plain(_row(table, "infinite", "floor", group), "g") for group in columns]]
    cells += [[_action(action, group) for group in columns]]
    names = [*names, "infinite ensemble, squared (unbiased)", "rotations alone: failure of the group law"]
    title = f"spread of the logits, {DATA_NAMES['out_of_distribution']}"
    _table(bottom, title, cells, names, [g.upper() for g in columns])
    return figure


def _row(table: pd.DataFrame, kind: str, quantity: str, group: str, data: str = "out_of_distribution") -> pd.Series:
    rows = table[(table.quantity == quantity) & (table.augmentation == group) & (table.data == data)]
    rows = rows[rows.model == (kind if kind in ("steerable", "canonicalised") else "cnn")]
    if kind != "infinite":
        rows = rows[rows.members == (rows.members.max() if kind == "ensemble" else 1)]
    return rows.iloc[0] if len(rows) else pd.Series({"value": np.nan, "deviation": np.nan, "stderr": np.nan})


def _plain(row: pd.Series, kind: str = "f") -> str:
    if np.isnan(row.value):
        return "-"
    error = row.stderr if kind == "g" else row.deviation
    return f"{row.value:.1e} ± {error:.1e}" if kind == "g" else f"{row.value:.2f} ± {error:.2f}"


def _beside_talk(row: pd.Series) -> str:
    talk = f"talk: {row.published:.2f} ± {row.published_deviation:.2f}" if "published" in row else ""
    return f"{_plain(row)}\n{talk}"


def _action(action: pd.DataFrame, group: str) -> str:
    rows = action[(action.quantity == "composition") & (action.group == group)]
    return " / ".join(f"{value:.2f}" for value in rows.value) if rows.value.max() > 1e-6 else "0"


def _table(axes: Axes, title: str, cells: list[list[str]], rows: list[str], columns: list[str]) -> None:
    axes.axis("off")
    axes.set_title(title)
    drawn = axes.table(cells, rowLabels=rows, colLabels=columns, loc="center", cellLoc="center", bbox=(0.3, 0, 0.7, 1))
    drawn.auto_set_font_size(False)
    drawn.set_fontsize(8)
    for (row, column), cell in drawn.get_celld().items():
        cell.set_linewidth(0.4)
        if row == 0 or column < 0:
            cell.set_facecolor("0.95")
