"""Canonicalised networks against ensembles: the base is the comparison of the tables, each choice changes one thing."""

import numpy as np
import pandas as pd
import pytest

from ntklab.experiments.rotated_images.tables import ORBIT_PREDICTION, VARIED_COMPARISON
from ntklab.experiments.rotated_images.vary_comparison import vary_comparison
from ntklab.files import Arrays, save_arrays
from ntklab.groups import group as group_named
from ntklab.metrics import orbit_classification as metrics
from ntklab.pipeline.table_files import read_table

OOD = ["mnist", "photographs"]


@pytest.fixture(scope="module")
def varied(shards, tmp_path_factory) -> pd.DataFrame:
    path = tmp_path_factory.mktemp("varied") / "varied.parquet"
    vary_comparison(predictions=shards, ensemble=3, experiment="rotated_fashion_mnist", seed=1, output=path)
    return read_table(path, VARIED_COMPARISON)


@pytest.fixture(scope="module")
def osp(measured) -> pd.Series:
    """Of the networks trained with C4, as the table has it."""
    rows = read_table(measured[0], ORBIT_PREDICTION).query("quantity == 'osp' and augmentation == 'c4'")
    return rows.set_index(["data", "model", "members"]).value


def test_every_choice_is_changed_alone(varied):
    assert [tuple(row) for row in varied[["factor", "level"]].to_numpy()] == [
        ("base", ""), ("canonicaliser", "untrained"), ("ensemble", "single networks"),
        ("ensemble", "all 6 networks"), ("training", "1/2 of the steps"), ("angles", "all angles"),
        ("images", "mnist"), ("images", "photographs"), ("images", "test"), ("images", "noise"),
    ]  # fmt: skip
    assert set(varied.augmentation) == {"c4"} and set(varied.n) == {3}
    by_images = varied[varied.factor == "images"]
    assert (by_images.data == by_images.level).all()
    assert (varied[varied.factor != "images"].data == "out_of_distribution").all()
    assert (varied.group == np.where(varied.factor == "angles", "so2", "c4")).all()


@pytest.mark.parametrize(
    ("factor", "level", "rival", "size", "data"),
    [
        ("base", "", "canonicalised", 3.0, "out_of_distribution"),
        ("canonicaliser", "untrained", "frozen", 3.0, "out_of_distribution"),
        ("ensemble", "single networks", "canonicalised", 1.0, "out_of_distribution"),
        ("ensemble", "all 6 networks", "canonicalised", 6.0, "out_of_distribution"),
        ("images", "test", "canonicalised", 3.0, "test"),
        ("images", "noise", "canonicalised", 3.0, "noise"),
        ("images", "photographs", "canonicalised", 3.0, "photographs"),
    ],
)
def test_differences_are_those_of_the_numbers_in_the_table(varied, osp, factor, level, rival, size, data):
    """Of the same sub-ensembles: the sizes and the seed decide about them."""
    row = varied[(varied.factor == factor) & (varied.level == level)].iloc[0]
    expected = (osp[data, rival, 1.0] - osp[data, "cnn", size]) / 4
    assert row.value == pytest.approx(expected) and row.ci_low < row.value < row.ci_high and row.stderr > 0


def test_all_angles_are_those_of_the_images_that_have_them(varied, logits):
    """Ensembles of three of the three networks which are evaluated there."""
    f = {
        model: np.concatenate([logits(model, "c4", name, "angles") for name in OOD], axis=1)
        for model in ("canonicalised", "cnn")
    }
    expected = metrics.agreement(f["canonicalised"]).mean() - metrics.agreement(f["cnn"].mean(axis=0)).mean()
    assert varied[varied.factor == "angles"].value.item() == pytest.approx(expected)


def test_less_training_is_what_was_recorded_then(varied, logits):
    """Half of the six steps; of sub-ensembles of three of six, so within what these differ by."""
    f = {
        model: np.concatenate([logits(model, "c4", name, "recorded")[:, 1] for name in OOD], axis=1)
        for model in ("canonicalised", "cnn")
    }
    single = metrics.agreement(f["canonicalised"]).mean()
    parts = [f["cnn"][[i, j, k]].mean(axis=0) for i in range(6) for j in range(i) for k in range(j)]
    ensembles = np.array([metrics.agreement(part).mean() for part in parts])
    row = varied[varied.factor == "training"].iloc[0]
    assert abs(row.value - (single - ensembles.mean())) <= 4 * ensembles.std() / np.sqrt(40) + 1e-9


def copied(shards, folder, group: str, *left_out: str) -> list:
    """The same shards, those of C4 as of another group, kinds left out."""
    paths = []
    for path in shards:
        arrays = Arrays(path)
        settings = arrays.header["settings"]
        if settings["model"] in left_out or settings["group"] != "c4":
            continue
        elements = np.arange(group_named(group).order) % 4
        turned = {
            name: array[..., elements, :] if name.endswith(("orbits", "recorded")) else array
            for name, array in arrays.items()
        }
        paths.append(folder / path.name)
        save_arrays(paths[-1], turned, {**arrays.header, "settings": {**settings, "group": group}})
    return paths


@pytest.mark.parametrize(
    ("group", "published"),
    [("c4", (4 - 3.85) / 4), ("c8", (7.45 - 7.72) / 8), ("c16", (12.41 - 15.24) / 16), ("c12", np.nan)],
)
def test_the_talks_difference_stands_beside_the_base(shards, tmp_path, group, published):
    output = tmp_path / "varied.parquet"
    paths = copied(shards, tmp_path, group, "frozen")
    vary_comparison(predictions=paths, ensemble=3, experiment="rotated_fashion_mnist", seed=1, output=output)
    found = read_table(output, VARIED_COMPARISON)
    np.testing.assert_allclose(found[found.factor == "base"].published.item(), published)
    assert found[found.factor != "base"].published.isna().all() and "canonicaliser" not in set(found.factor)
