"""Panels that the figures about image classifiers share."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ntklab.groups import group
from ntklab.metrics.orbit_classification import chance
from ntklab.plots import style

DATA_NAMES = {
    "test": "test images",
    "mnist": "MNIST digits",
    "cifar10": "CIFAR10",
    "photographs": "photographs",
    "noise": "noise",
    "out_of_distribution": "all sets out of distribution",
}
SOURCE_NAMES = {"embedded": "embedded subset", "full": "full set", "stand_in": "STAND-IN", "generated": "N(0, 1)"}
MODEL_NAMES = {"cnn": "CNN", "steerable": "steerable CNN", "canonicalised": "canonicalised CNN"}


def out_of_distribution(table: pd.DataFrame) -> list[str]:
    """The single sets out of distribution that a table has, in the order of DATA_NAMES."""
    return [name for name in list(DATA_NAMES)[1:-1] if name in set(table.data)]


def named(table: pd.DataFrame, data: str) -> str:
    """Name of a set of images with its source, for a title."""
    source = table[table.data == data].source.iloc[0]
    return f"{DATA_NAMES[data]} ({SOURCE_NAMES.get(source, source.rpartition('/')[2])})"


def select(table: pd.DataFrame, quantity: str, **settings: object) -> pd.DataFrame:
    """The rows of a quantity with the given settings."""
    rows = table[table.quantity == quantity]
    for column, value in settings.items():
        rows = rows[rows[column] == value]
    return rows


def order(name: str) -> int:
    """Number of elements of c4, c8, ...; 1 for c1."""
    return group(name).order


def groups(table: pd.DataFrame) -> list[str]:
    """Groups trained with, by order, the control c1 left out."""
    return sorted(set(table.augmentation) - {"c1"}, key=order)


def curve(axes: Axes, rows: pd.DataFrame, x: str, scale: float | int = 1.0, **line) -> None:
    """`value` times scale against the column x, with its 95 % band."""
    rows = rows.sort_values(x)
    axes.plot(rows[x], rows.value * scale, **line)
    axes.fill_between(rows[x], rows.ci_low * scale, rows.ci_high * scale, color=line["color"], alpha=0.2, linewidth=0)


def members_band(axes: Axes, rows: pd.DataFrame, x: str, scale: float | int = 1.0, **line) -> None:
    """Mean over single members with a band of one standard deviation between them."""
    rows = rows[rows.members == 1].sort_values(x)
    spread = rows.stderr * np.sqrt(rows.n)
    axes.plot(rows[x], rows.value * scale, **line)
    low, high = ((rows.value + sign * spread) * scale for sign in (-1, 1))
    axes.fill_between(rows[x], low, high, color=line["color"], alpha=0.12, linewidth=0)


def by_chance(table: pd.DataFrame, **settings: object) -> pd.DataFrame:
    """OSP that predictions would have which agree only as often as the classes' measured frequencies make them."""
    rows = select(table, "concentration", **settings)
    return rows.assign(value=[chance(order(row.group), row.value) for row in rows.itertuples()])


def against_size(axes: Axes, table: pd.DataFrame, data: str, model: str = "cnn") -> None:
    """OSP as a fraction of the group's order against the size of the ensemble, for every group; members as a band."""
    rows = select(table, "osp", data=data, model=model)
    chances = by_chance(table, data=data, model=model)
    for name in groups(rows):
        of_group = rows[rows.augmentation == name].sort_values("members")
        colour, scale = style.group_colour(name), 1 / order(name)
        single = of_group[of_group.members == 1].iloc[0]
        sd = single.stderr * np.sqrt(single.n)
        axes.axhspan((single.value - sd) * scale, (single.value + sd) * scale, color=colour, alpha=0.1, linewidth=0)
        axes.errorbar(
            of_group.members, of_group.value * scale, 1.96 * of_group.stderr * scale, color=colour, marker="o",
            markersize=4, capsize=2, label=f"C{order(name)}",
        )  # fmt: skip
        of_chance = chances[chances.augmentation == name].sort_values("members")
        axes.plot(of_chance.members, of_chance.value * scale, color=colour, linestyle=":", linewidth=1)
    axes.set(xscale="log", xlabel="members in the ensemble", ylabel="orbit same predictions / order")
    axes.set_xticks(sorted(rows.members.unique()), [style.count(m) for m in sorted(rows.members.unique())])
    axes.minorticks_off()
    axes.set_ylim(top=1.02)


def against_time(axes: Axes, table: pd.DataFrame, data: str, augmentation: str) -> None:
    """OSP on quarter turns against training steps: single members as a band, ensembles of every size, chance of both."""
    settings = {"data": data, "model": "cnn", "augmentation": augmentation}
    rows, chances = select(table, "osp", **settings), by_chance(table, **settings)
    members_band(axes, rows, "step", color="0.4", linestyle="--", label="single members")
    sizes = sorted(size for size in rows.members.unique() if size > 1)
    colours = style.width_colours(sizes)
    for size, colour in colours.items():
        label = f"ensembles of {style.count(size)}"
        curve(axes, rows[rows.members == size], "step", color=colour, marker=".", label=label)
    for size, colour in {1: "0.4", sizes[-1]: colours[sizes[-1]]}.items():
        of_chance = chances[chances.members == size].sort_values("step")
        label = "chance" if size == 1 else None
        axes.plot(of_chance.step, of_chance.value, color=colour, linestyle=":", linewidth=1, label=label)
    axes.set_xscale("symlog", linthresh=5, linscale=0.5)
    axes.set(xlabel="steps of Adam", ylabel="orbit same predictions (C4)", ylim=(None, 4.08))
    axes.set_xlim(left=0)


def out_of_distribution_panels(final: pd.DataFrame, training: pd.DataFrame) -> Figure:
    """A column for every set out of distribution: OSP against ensemble size, and during training (smallest group)."""
    sets = out_of_distribution(final)
    figure = style.new_figure(columns=len(sets), rows=2)
    columns = figure.subplots(2, len(sets), squeeze=False).T
    for (size, time), data in zip(columns, sets, strict=True):
        against_size(size, final, data)
        size.set_title(named(final, data))
        against_time(time, training, data, groups(final)[0])
    if len(groups(final)) > 1:
        columns[0][0].legend(title="trained with", loc="lower right")
    columns[0][1].legend(loc="best")
    return figure


def strip(figure: Figure, cell, pictures: pd.DataFrame, at: list[float], titles: list[str] | None = None) -> list[Axes]:
    """One image rotated by the given angles, side by side."""
    drawn = []
    for i, (angle, part) in enumerate(zip(at, cell.subgridspec(1, len(at)), strict=True)):
        axes = figure.add_subplot(part)
        show(axes, pictures[pictures.angle == angle])
        axes.set_title(f"{angle:g}°" if titles is None else titles[i], fontsize="small", pad=2)
        drawn.append(axes)
    return drawn


def under(axes: Axes, text: str, line: int, colour: str) -> None:
    """A line of text under a picture, the first, the second, ..., in a colour of its own."""
    where = {"xycoords": "axes fraction", "textcoords": "offset points", "xytext": (0, -3 - 9 * line)}
    axes.annotate(text, (0.5, 0), ha="center", va="top", fontsize="x-small", color=colour, **where)


def show(axes: Axes, pixels: pd.DataFrame) -> None:
    """One image from its pixels, grey ones dark on light."""
    channels = pixels.channel.nunique()
    image = pixels.sort_values(["row", "column", "channel"]).value.to_numpy()
    side = round(np.sqrt(len(image) / channels))
    image = image.reshape(side, side, channels)
    axes.imshow(image[..., 0] if channels == 1 else image, cmap="Greys", vmin=0, vmax=1)
    axes.set(xticks=[], yticks=[])
    axes.grid(False)
