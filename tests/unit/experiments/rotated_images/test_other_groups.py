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
from ntklab.experiments.rotated_images.resample_angles import resample_angles
from ntklab.experiments.rotated_images.resample_orbits import resample_orbits
from ntklab.experiments.rotated_images.resample_training import resample_training
from ntklab.experiments.rotated_images.tabulate_pictures import tabulate_pictures
from ntklab.files import Arrays, save_arrays
from ntklab.pipeline.catalogue import figures, rooms, tables
from ntklab.pipeline.config import ConfigError, load
from ntklab.pipeline.provenance import record
from ntklab.pipeline.table_files import read_table
from ntklab.plots import style

ROOM = rooms()["rotated_images"]
OF_THE_ROOM = sorted(figure.id for figure in figures().values() if figure.experiment in ROOM.blocks)


def settings(values: dict, groups: list[str], angles: int) -> dict:
    values["rotated_fashion_mnist"].update(groups=groups, angles=angles)
    return values


def test_the_config_takes_any_groups_whose_orders_divide_the_number_of_angles(values):
    assert load(settings(values, ["c8", "c12"], 24)).rotated_fashion_mnist.groups == ["c8", "c12"]
    with pytest.raises(ConfigError, match=r"rotated_fashion_mnist.groups: c12: .* divides angles, 16"):
        load(settings(values, ["c8", "c12"], 16))


@pytest.fixture(scope="module")
def orbits(orbits_of):
    return orbits_of([8, 12], 24)


@pytest.fixture(scope="module")
def shards(orbits, tmp_path_factory):
    """Files like those of trained networks of both groups, of rivals and of the control, with logits drawn at random."""
    folder, rng = tmp_path_factory.mktemp("random"), np.random.default_rng(7)
    prepared = Arrays(orbits)
    numbers = {"cnn": {"c8": 10, "c12": 10, "c1": 3}, "steerable": {"c8": 2, "c12": 2}}
    numbers["canonicalised"] = numbers["steerable"]
    paths = []
    for model, of_model in numbers.items():
        for group, members in of_model.items():
            settings = {"model": model, "group": group, "first": 0, "last": members - 1, "steps": 6}
            arrays = {}
            for name in ("test", "mnist", "photographs", "noise"):
                images, angles = prepared[f"{name}/orbits"].shape[:2]
                signal = 2 * rng.normal(size=(images, 1, 10))
                logits = signal + rng.normal(size=(members, images, angles, 10))
                arrays[f"{name}/logits"] = logits.astype(np.float32)
                quarter_turns = logits[:, None, :5, :: angles // 4] * np.array([0.1, 1.0])[:, None, None, None]
                arrays[f"{name}/recorded"] = quarter_turns.astype(np.float32)
            described = {name: prepared.header[name] for name in ("data", "source", "sources", "classes")}
            paths.append(folder / f"{model}-{group}.npz")
            save_arrays(paths[-1], arrays, {**record({**settings, "recorded_steps": [0, 6]}, [orbits]), **described})
    return paths


@pytest.fixture(scope="module")
def frames(orbits, shards, tmp_path_factory):
    """All tables of both experiments of the room, by name, from the room's own steps."""
    folder = tmp_path_factory.mktemp("tables")
    path = lambda name: folder / f"{name}.parquet"  # noqa: E731
    measured = {"data": orbits, "predictions": shards, "sizes": [1, 5, 10], "experiment": "rotated_fashion_mnist"}
    measure_orbit_predictions(**measured, output=path("orbit_predictions"), output_training=path("training"))
    measure_angles(**measured, output=path("angles"), output_mean=path("angle_means"))
    resample_orbits(**measured, seed=1, output=path("draws"))
    again = {key: measured[key] for key in ("predictions", "sizes", "experiment")}
    resample_angles(**again, seed=1, output=path("angle_draws"))
    resample_training(**again, output=path("training_replicates"))
    measure_action_floor(data=orbits, orders=[8, 12], images=5, experiment="x", output=path("action_floor"))
    compare_models(table=path("orbit_predictions"), ensemble=5, experiment="x", output=path("comparison"))
    tabulate_pictures(
        data=orbits, predictions=shards[:1], ensemble=10, pictures=12, experiment="x",
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
    if identifier not in ("E1-hist-example", "E1-fmnist-time"):  # these are about one group, which they do not name
        assert {"C8", "C12"} & words(figure)


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.id)
def test_every_claim_is_checked(frames, claim):
    assert check(claim, frames).verdict in ("supported", "contradicted", "undecided")
