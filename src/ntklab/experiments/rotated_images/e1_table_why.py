"""E1-table-why: what the order of canonicalised networks and ensembles in the talk's table depends on."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from ntklab.experiments.rotated_images.panels import DATA_NAMES, groups, order
from ntklab.plots import style

ID = "E1-table-why"
EXPERIMENT = "rotated_fashion_mnist"
TABLES = ("ensembles/rotated_fashion_mnist_comparison_varied",)
TITLE = "Canonicalised networks against ensembles: what the order depends on"
CAPTION = """\
Canonicalised networks minus ensembles of plain networks, in OSP / order (fraction of rotations at which an image has the class
it has unrotated), a panel for each group; above 0 canonicalised networks keep their class more often. Top row: the base, a
trained canonicaliser, ensembles of the size that all groups can form, the end of training, the rotations of the group, all sets
out of distribution but noise. Below, one choice at a time is another: an untrained canonicaliser; single networks, a tenth of
the ensembles' networks, or all trained ones where there are more; both compared after a part of their training; all angles in
place of the group's; each set of images alone. Bars: 95 % intervals over networks and images (paired by image). Dashed: the
talk's difference, whose sets and ensemble sizes are not stated. Good: what theory expects, that is, nothing but that
canonicalised networks lose nothing under C4; a choice that explains the talk's order would move the row onto the dashed line.
Seen at laptop scale: no choice alone does under C16. Most leave the order or make it a tie; it turns round where images are
seen at angles that are no candidate's (all angles, under C8 and C16), and on noise under C16, which interpolation changes most.
"""
FACTORS = {
    "base": "base", "canonicaliser": "canonicaliser", "ensemble": "ensembles", "training": "training", "angles": "angles",
    "images": "images",
}  # fmt: skip


def draw(table: pd.DataFrame) -> Figure:
    """The figure, from its table."""
    trained = groups(table)
    rows = list(dict.fromkeys((row.factor, row.level) for row in table.itertuples()))
    rows.sort(key=lambda row: list(FACTORS).index(row[0]))
    # "All networks" are of another number in each group: one line for all.
    figure = style.new_figure(columns=0.5 + 0.75 * len(trained), rows=0.45 + 0.1 * len(rows))
    panels = figure.subplots(1, len(trained), sharey=True, squeeze=False)[0]
    names = [_name(factor, level) for factor, level in rows]
    lines = {name: -i for i, name in enumerate(dict.fromkeys(names))}
    for axes, group in zip(panels, trained, strict=True):
        of_group = table[table.augmentation == group]
        for row in of_group.itertuples():
            bars = [[row.value - row.ci_low], [row.ci_high - row.value]]
            fill = "full" if row.factor == "base" else "none"
            axes.errorbar(
                row.value, lines[_name(row.factor, row.level)], xerr=bars, color=style.group_colour(group), marker="o",
                fillstyle=fill, capsize=2,
            )  # fmt: skip
        talk = of_group[of_group.factor == "base"].published.item()
        if np.isfinite(talk):
            axes.axvline(talk, color="0.3", linestyle="--", linewidth=1, label="talk")
        axes.axvline(0, color="0.6", linewidth=1)
        axes.set(title=f"C{order(group)}", xlabel="OSP / order, difference")
        axes.locator_params(axis="x", nbins=4)
    panels[0].set_yticks(list(lines.values()), list(lines))
    if panels[-1].get_legend_handles_labels()[0]:
        panels[-1].legend(loc="best")
    return figure


def _name(factor: str, level: str) -> str:
    if factor == "ensemble" and level.startswith("all"):
        level = "all networks"
    level = DATA_NAMES.get(level, level)
    return f"{FACTORS[factor]}: {level}" if level else FACTORS[factor]
