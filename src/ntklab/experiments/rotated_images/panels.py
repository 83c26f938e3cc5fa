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
    "tissue": "real tissue",
    "noise": "noise",
    "out_of_distribution": "out of distribution",
}
SOURCE_NAMES = {"embedded": "embedded subset", "full": "full set", "stand_in": "STAND-IN", "generated": "N(0, 1)"}
MODEL_NAMES = {
    "cnn": "CNN",
    "steerable": "steerable CNN",
    "canonicalised": "canonicalised CNN",
    "frozen": "canonicalised, untrained",
}
MODEL_COLOURS = {"cnn": "#0072b2", "steerable": "#e69f00", "canonicalised": "#009e73", "frozen": "#999999"}
CHANCE = {"color": "0.55", "linestyle": ":", "linewidth": 1}
LEAST = 0.004
"""Where logarithmic axes of recorded images begin: of these there are too few to tell less from nothing."""
INTERPOLATION = {"color": style.CONTROL, "linestyle": "-.", "linewidth": 1}


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


def lost(rows: pd.DataFrame) -> pd.DataFrame:
    """OSP as 1 - OSP / order, the fraction of rotations at which the class is another one, with its interval."""
    orders = np.array([order(name) for name in rows.group])
    ends = {"ci_low": 1 - rows.ci_high / orders, "ci_high": 1 - rows.ci_low / orders}
    return rows.assign(value=1 - rows.value / orders, **ends)


def changed(rows: pd.DataFrame) -> pd.DataFrame:
    """Agreement as the fraction of images that get another class, with its interval; the angle 0 again at 360 degrees."""
    ends = {"ci_low": 1 - rows.ci_high, "ci_high": 1 - rows.ci_low}
    rows = rows.assign(value=1 - rows.value, **ends)
    return pd.concat([rows, rows[rows.angle == 0].assign(angle=360.0)])


def trained_angles(axes: Axes, elements: int) -> None:
    """A thin line at every angle of a cyclic group."""
    for element in range(elements):
        axes.axvline(360 * element / elements, color="0.85", linewidth=0.6, zorder=0)
    axes.grid(False, axis="x")


def by_chance(table: pd.DataFrame, **settings: object) -> pd.DataFrame:
    """What predictions would lose which agree only as often as the classes' measured frequencies make them."""
    rows = select(table, "concentration", **settings)
    return lost(rows.assign(value=[chance(order(row.group), row.value) for row in rows.itertuples()]))


def points(axes: Axes, rows: pd.DataFrame, x: str = "members", **look) -> None:
    """Values against the column x with 95 % bars, cut at the axis where it is logarithmic."""
    rows = rows.sort_values(x)
    bars = np.maximum([rows.value - rows.ci_low, rows.ci_high - rows.value], 0)
    axes.errorbar(
        rows[x], rows.value, bars, **{"marker": "o", "markersize": 3.5, "capsize": 2, "linewidth": 1.2, **look}
    )


def logarithmic(axes: Axes) -> None:
    """1 - OSP / order on a logarithmic axis, plain numbers on it."""
    axes.set_yscale("log")
    style.plain_numbers(axes.yaxis)


def against_size(axes: Axes, table: pd.DataFrame, data: str, name: str, colour=None) -> None:
    """1 - OSP / order of the networks of one group against the size of the ensemble, with chance and, where rotations
    interpolate, what interpolation alone loses."""
    settings = {"data": data, "model": "cnn", "augmentation": name, "group": name}
    rows = lost(select(table, "osp", **settings))
    points(axes, rows, color=colour or style.group_colour(name), label="ensembles")
    chances = by_chance(table, **settings).sort_values("members")
    axes.plot(chances.members, chances.value, label="chance", **CHANCE)
    returned = select(table, "osp_returned", **settings)
    if len(returned):
        returned = lost(returned).sort_values("members")
        axes.plot(returned.members, returned.value, label="there and back", **INTERPOLATION)
    axes.set_xscale("log")
    logarithmic(axes)
    sizes = sorted(rows.members.unique())
    axes.set_xticks(sizes, [style.count(m) for m in sizes])
    axes.minorticks_off()


def against_time(axes: Axes, table: pd.DataFrame, data: str, name: str) -> None:
    """1 - OSP / order on the orbits of one group against training steps: single members and ensembles, chance of both."""
    settings = {"data": data, "model": "cnn", "augmentation": name}
    rows, chances = lost(select(table, "osp", **settings)), by_chance(table, **settings)
    sizes = sorted(rows.members.unique())
    colours = {1.0: "0.4"} | style.width_colours(size for size in sizes if size > 1)
    for size in sizes:
        label = "single networks" if size == 1 else f"ensembles of {style.count(size)}"
        curve(axes, rows[rows.members == size], "step", color=colours[size], marker=".", label=label)
        of_chance = chances[chances.members == size].sort_values("step")
        look = CHANCE | {"color": colours[size]}
        axes.plot(of_chance.step, of_chance.value, label="chance" if size == sizes[-1] else None, **look)
    axes.set_xscale("symlog", linthresh=5, linscale=0.5)
    logarithmic(axes)
    axes.set(xlabel="steps of Adam", ylim=(LEAST, None))
    axes.set_xlim(left=0)


def out_of_distribution_panels(final: pd.DataFrame) -> Figure:
    """A column for every group and a row for every set out of distribution: 1 - OSP / order against ensemble size, that of the
    test images in grey."""
    sets, trained = out_of_distribution(final), groups(final)
    figure = style.new_figure(columns=0.4 + 0.85 * max(len(trained), 1), rows=0.95 * len(sets))
    panels = figure.subplots(len(sets), len(trained), squeeze=False, sharex="col")
    for row, data in zip(panels, sets, strict=True):
        for axes, name in zip(row, trained, strict=True):
            against_size(axes, final, data, name)
            points(axes, lost(select(final, "osp", data="test", model="cnn", augmentation=name, group=name)), color="0.7",
                   label="test images")  # fmt: skip
            axes.set_title(f"{named(final, data)}, C{order(name)}", fontsize="small")
        row[0].set_ylabel("1 - OSP / order")
    for axes in panels[-1]:
        axes.set_xlabel("members in the ensemble")
    figure.legend(*panels[0][-1].get_legend_handles_labels(), loc="outside lower center", ncols=4)
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
