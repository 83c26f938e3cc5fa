"""The room with other groups than the papers': steps, figures and claims take whatever the config names."""

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text

from ntklab.claims.claim import check
from ntklab.experiments.rotated_images.claims import CLAIMS
from ntklab.experiments.rotated_images.compare_models import compare_models
from ntklab.experiments.rotated_images.measure_action_floor import measure_action_floor
from ntklab.experiments.rotated_images.measure_angles import measure_angles
from ntklab.experiments.rotated_images.measure_orbit_predictions import measure_orbit_predictions
from ntklab.experiments.rotated_images.measure_training import measure_training
from ntklab.experiments.rotated_images.tabulate_pictures import tabulate_pictures
from ntklab.experiments.rotated_images.vary_comparison import vary_comparison
from ntklab.files import Arrays, save_arrays
from ntklab.groups import group as group_named
from ntklab.pipeline.catalogue import figures, rooms, tables
from ntklab.pipeline.config import ConfigError, load
from ntklab.pipeline.provenance import record
from ntklab.pipeline.table_files import read_table
from ntklab.plots import style

ROOM = rooms()["rotated_images"]
OF_THE_ROOM = sorted(figure.id for figure in figures().values() if figure.experiment in ROOM.blocks)


def settings(values: dict, groups: list[str], angles: int) -> dict:
    two = {"members": [10, 10], "rivals": [3, 3], "angle_members": 6, "ensemble_sizes": [1, 5, 10]}
    values["rotated_fashion_mnist"].update(groups=groups, angles=angles, **two)
    return values


def test_the_config_takes_any_groups_whose_orders_divide_the_number_of_angles(values):
    assert load(settings(values, ["c8", "c12"], 24)).rotated_fashion_mnist.groups == ["c8", "c12"]
    with pytest.raises(ConfigError, match=r"rotated_fashion_mnist\.groups: c12: .* divides angles, 16"):
        load(settings(values, ["c8", "c12"], 16))


@pytest.fixture(scope="module")
def orbits(orbits_of):
    return orbits_of([8, 12], 24)


MEMBERS = {"cnn": {"c8": 10, "c12": 10, "c1": 6}} | {
    model: {"c8": 3, "c12": 3} for model in ("steerable", "canonicalised", "frozen")
}
SETS = ("test", "mnist", "photographs", "noise")


def logits_at_random(
    prepared: Arrays, model: str, group: str, members: int, rng: np.random.Generator
) -> dict[str, np.ndarray]:
    """Arrays like those of a shard: a part of the image that all share, and noise."""
    order = group_named(group).order
    elements = order if order > 1 else 24
    arrays = {"loss": 2.3 + 0.1 * rng.random((members, 2)).astype(np.float32)}
    for name in SETS:
        signal = 2 * rng.normal(size=(len(prepared[f"{name}/orbits"]), 1, 10))
        evaluated = {"orbits": (len(signal), elements)}
        if order > 4 and model == "cnn":
            evaluated["returned"] = (len(signal), order // 4 - 1)
        if name != "noise" and model in ("cnn", "canonicalised"):
            evaluated["angles"] = (6, 24)
        for on, (images, at) in evaluated.items():
            logits = signal[:images] + rng.normal(size=(members, images, at, 10))
            arrays[f"{name}/{on}"] = logits.astype(np.float32)
        if model in ("cnn", "canonicalised"):
            recorded = signal[:5] + rng.normal(size=(members, 2, 5, max(order, 4), 10))
            arrays[f"{name}/recorded"] = (recorded * np.array([0.1, 1.0])[:, None, None, None]).astype(np.float32)
    return arrays


@pytest.fixture(scope="module")
def shards(orbits, tmp_path_factory):
    """Files like those of trained networks of both groups, of rivals and of the control, with logits drawn at random."""
    folder, rng = tmp_path_factory.mktemp("random"), np.random.default_rng(7)
    prepared = Arrays(orbits)
    described = {name: prepared.header[name] for name in ("data", "source", "sources", "classes")}
    described |= {"size": {"parameters": 9098, "multiplications": 133_280}, "recorded_steps": [0, 6], "steps": 6}
    paths = []
    for model, of_model in MEMBERS.items():
        for group, members in of_model.items():
            settings = {"model": model, "group": group, "first": 0, "last": members - 1}
            arrays = logits_at_random(prepared, model, group, members, rng)
            paths.append(folder / f"{model}-{group}.npz")
            save_arrays(paths[-1], arrays, {**record(settings, [orbits]), **described})
    return paths


@pytest.fixture(scope="module")
def frames(orbits, shards, tmp_path_factory):
    """All tables of both experiments of the room, by name, from the room's own steps."""
    folder = tmp_path_factory.mktemp("tables")
    path = lambda name: folder / f"{name}.parquet"  # noqa: E731
    of_all = {"predictions": shards, "experiment": "rotated_fashion_mnist", "seed": 1}
    measure_orbit_predictions(
        **of_all, data=orbits, sizes=[1, 5, 10], output=path("orbit_predictions"),
        output_replicates=path("orbit_replicates"),
    )  # fmt: skip
    measure_angles(
        **of_all, sizes=[1, 5, 10], angle_members=10, output=path("angles"), output_replicates=path("angle_replicates")
    )
    measure_training(
        **of_all, sizes=[1, 10], sizes_of_spread=[1, 5, 10], output=path("training"),
        output_replicates=path("training_replicates"),
    )  # fmt: skip
    vary_comparison(**of_all, ensemble=10, output=path("comparison_varied"))
    measure_action_floor(data=orbits, orders=[8, 12], images=5, experiment="x", output=path("action_floor"))
    compare_models(table=path("orbit_predictions"), ensembles=[5, 10], experiment="x", output=path("comparison"))
    tabulate_pictures(
        data=orbits, predictions=shards[1:2], ensemble=10, shown="test", experiment="x",
        output_pictures=path("pictures"), output_predictions=path("picture_predictions"),
    )  # fmt: skip
    return {
        name: read_table(path(name.partition(f"{block}_")[2]), schema)
        for block in ROOM.blocks
        for name, schema in tables()[block].items()
    }


def test_tables_hold_both_groups_at_all_their_angles(frames):
    angles = frames["ensembles/rotated_fashion_mnist_angles"]
    assert set(angles.augmentation) == {"c1", "c8", "c12"} and angles.angle.nunique() == 24
    assert set(frames["ensembles/rotated_fashion_mnist_action_floor"].group) == {"c8", "c12"}
    final = frames["ensembles/rotated_fashion_mnist_orbit_predictions"]
    osp = final[(final.quantity == "osp") & (final.model == "cnn")].groupby("group").value.max()
    assert 8 < osp["c12"] <= 12 and 4 < osp["c8"] <= 8


def words(figure: Figure) -> set[str]:
    """All words that are written in a figure, those of its tables included."""
    tables = [table for axes in figure.axes for table in axes.tables]
    cells = [cell.get_text() for table in tables for cell in table.get_celld().values()]
    return {word for text in [*figure.findobj(Text), *cells] for word in text.get_text().replace(",", " ").split()}


@pytest.mark.parametrize("identifier", OF_THE_ROOM)
def test_every_figure_draws(frames, identifier):
    style.apply()
    figure = figures()[identifier].drawn(frames)
    figure.get_layout_engine().execute(figure)
    assert not {"C4", "C16"} & words(figure) - {"(C4)"}
    if identifier not in (
        "E1-hist-example",
        "E1-hist-osp",
        "E1-fmnist-time",
    ):  # these are about one group, which they do not name
        assert {"C8", "C12"} & words(figure)


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.id)
def test_every_claim_is_checked(frames, claim):
    assert check(claim, frames).verdict in ("supported", "contradicted", "undecided")
