"""Tables of trained networks: what theory says, what networks do, what claims resample, and how noise was taken out."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Float

from ntklab.experiments.training.estimates import SOURCES
from ntklab.experiments.training.setups import SETUPS
from ntklab.experiments.training.tables import NOISE, ORBIT_SPREADS, TRAINED_MEANS, TRAINED_REPLICATES
from ntklab.experiments.training.training_sets import AUGMENTED, GROUP, PLAIN
from ntklab.files import Arrays
from ntklab.metrics.resampling import leave_groups_out, standard_error
from ntklab.pipeline.measurements import measurements
from ntklab.pipeline.provenance import record
from ntklab.pipeline.shards import by, joined
from ntklab.pipeline.table_files import write_table

INF = float("inf")
RATIOS = {
    "pairs": ("outputs", "pairs"), "linearised": ("pairs", "linearised pairs"), "both": ("outputs", "linearised pairs"),
    "reflected": ("linearised pairs", "reflected"),
}  # fmt: skip
"""Quantity -> the two ways to average whose variances are divided."""
ROUNDING = 1e-13
"""Of the spread over an orbit, relative to the size of the coefficients that it is made of."""

Points = Float[np.ndarray, "time point"]


def measure_trained_means(
    *,
    theory: list[Path],
    networks: list[Path],
    times: list[float],
    output: Path,
    output_replicates: Path,
    output_spreads: Path,
    output_noise: Path,
) -> None:
    """Write the four tables; theory rows have width inf."""
    provenance = record({"times": times}, [*theory, *networks])
    solved = {shard.header["settings"]["setup"]: shard for shard in map(Arrays, theory)}
    sampled = {key: _batches(shards) for key, shards in by(networks, "setup", "width").items()}
    means, replicates, spreads, noise = [], [], [], []
    for name, found in solved.items():
        means += _theory_rows(name, found)
        spreads += _spread_rows(name, found)
    for (name, width), batches in sampled.items():
        means += _mean_rows(name, width, batches, solved[name], times)
        replicates += _replicate_rows(name, width, batches, solved[name], times)
        noise += _noise_rows(name, width, batches)
    for path, rows, schema in (
        (output, means, TRAINED_MEANS),
        (output_spreads, spreads, ORBIT_SPREADS),
        (output_noise, noise, NOISE),
    ):
        write_table(path, measurements(rows, schema, experiment="training"), schema, provenance)
    frame = pd.DataFrame(replicates).assign(experiment="training")
    names = [column.name for column in TRAINED_REPLICATES.columns]
    write_table(output_replicates, frame[names], TRAINED_REPLICATES, provenance)


def _batches(shards: list[Arrays]) -> dict[str, np.ndarray]:
    """All arrays of one ensemble, batches first."""
    return {key: joined(shards, key) for key in shards[0]}


def _common(name: str, trained: str = "") -> dict[str, Any]:
    setup = SETUPS[name]
    return {
        "setup": name, "activation": setup.activation, "depth": setup.depth,
        "trained": trained or (AUGMENTED if setup.on_orbits else PLAIN),
    }  # fmt: skip


def _places(values: Points, training: int, times: list[float]) -> Iterator[tuple[tuple[int, int], dict[str, Any]]]:
    """Indices and columns of every time and point; training points come first."""
    for t, p in np.ndindex(values.shape):
        data, point = ("training", p) if p < training else ("test", p - training)
        yield (t, p), {"data": data, "point": point, "time": times[t]}


def _kinds(found: Arrays) -> list[str]:
    """With and without augmentation, or the one there is."""
    return list(dict.fromkeys(key.split("/")[0] for key in found if "/" in key))


def _theory_rows(name: str, found: Arrays) -> Iterator[dict[str, Any]]:
    times = found["times"].tolist()
    for trained in _kinds(found):
        parts = {key.split("/")[1]: found[key] for key in found if key.startswith(f"{trained}/")}
        training = int(parts.pop("training_points"))
        parts["correction"] = sum(parts[source] for source in SOURCES)
        for quantity, values in parts.items():
            for index, place in _places(values, training, times):
                yield {
                    **_common(name, trained), **place, "width": INF, "quantity": quantity, "value": float(values[index]),
                    "stderr": 0.0, "n": 1,
                }  # fmt: skip


def _quantities(batches: dict[str, np.ndarray]) -> dict[str, Float[np.ndarray, "batch time point"]]:
    """What tends to the coefficients of 1/width."""
    return {
        "sampled": batches["linearised"] + batches["beyond"],
        "linearised": batches["linearised"],
        "sampled_drift": batches["drift"],
    }


def _mean_rows(
    name: str, width: int, batches: dict[str, np.ndarray], solved: Arrays, times: list[float]
) -> Iterator[dict[str, Any]]:
    training = int(solved[f"{_common(name)['trained']}/training_points"])
    for quantity, values in _quantities(batches).items():
        mean, stderr = values.mean(axis=0), values.std(axis=0, ddof=1) / np.sqrt(len(values))
        for index, place in _places(mean, training, times):
            yield {
                **_common(name), **place, "width": float(width), "quantity": quantity, "value": float(mean[index]),
                "stderr": float(stderr[index]), "n": len(values),
            }  # fmt: skip


def _replicate_rows(
    name: str, width: int, batches: dict[str, np.ndarray], solved: Arrays, times: list[float]
) -> Iterator[dict[str, Any]]:
    trained = _common(name)["trained"]
    training = int(solved[f"{trained}/training_points"])
    at = np.searchsorted(solved["times"], times)
    drift = solved[f"{trained}/drift"][at]
    sources = {source: solved[f"{trained}/{source}"][at] for source in SOURCES}
    nothing = np.full_like(drift, np.nan)
    for quantity, values in _quantities(batches).items():
        means = [values.mean(axis=0), *leave_groups_out(lambda kept: kept.mean(axis=0), values)]
        stderr = values.std(axis=0, ddof=1) / np.sqrt(len(values))
        parts = {source: nothing for source in SOURCES} if quantity == "sampled_drift" else sources
        expected = drift if quantity == "sampled_drift" else sum(sources.values())
        for replicate, mean in enumerate(means):
            for index, place in _places(mean, training, times):
                yield {
                    "setup": name, **place, "width": float(width), "replicate": replicate, "quantity": quantity,
                    "value": float(mean[index]), "stderr": float(stderr[index]), "theory": float(expected[index]),
                    **{source: float(part[index]) for source, part in parts.items()},
                }  # fmt: skip


def _spread_rows(name: str, found: Arrays) -> Iterator[dict[str, Any]]:
    """Of setups of orbits; without augmentation the training points are one of each orbit, and only test inputs have all."""
    if not SETUPS[name].on_orbits:
        return
    times = found["times"].tolist()
    for trained in _kinds(found):
        training = int(found[f"{trained}/training_points"])
        sets = {"training": slice(0, training), "test": slice(training, None)}
        if trained == PLAIN:
            del sets["training"]
        correction = sum(found[f"{trained}/{source}"] for source in SOURCES)
        scale = max(np.abs(found[f"{trained}/{source}"]).max() for source in SOURCES)
        for quantity, values in (("limit", found[f"{trained}/infinite_width"]), ("correction", correction)):
            for data, part in sets.items():
                spread, size = _spreads(values[:, part])
                error = ROUNDING * (scale if quantity == "correction" else np.abs(values).max())
                for t in (t for t in range(len(times)) if times[t] > 0):
                    yield {
                        "setup": name, "trained": trained, "data": data, "time": times[t], "quantity": quantity,
                        "value": float(spread[t] / size[t]), "stderr": float(error / size[t]), "n": 1,
                    }  # fmt: skip


def _spreads(values: Points) -> tuple[Float[np.ndarray, " time"], Float[np.ndarray, " time"]]:
    """Root mean squares over points of the distance to the orbit's mean, and of the values."""
    orbits = values.reshape(len(values), -1, GROUP.order)
    spread = orbits - orbits.mean(axis=-1, keepdims=True)
    return tuple(np.sqrt(np.mean(part**2, axis=(1, 2))) for part in (spread, orbits))


def _noise_rows(name: str, width: int, batches: dict[str, np.ndarray]) -> Iterator[dict[str, Any]]:
    """Ratios of variances, each the mean over times after the initialisation and points; from batch to batch they vary."""
    variance = {key.removeprefix("variance/"): batches[key] for key in batches if key.startswith("variance/")}
    whole = {key: values[:, 1:].mean(axis=(1, 2)) for key, values in variance.items()}
    for quantity, (plain, better) in RATIOS.items():
        left_out = leave_groups_out(lambda a, b: a.mean() / b.mean(), whole[plain], whole[better])
        yield {
            "setup": name, "width": float(width), "quantity": quantity,
            "value": float(whole[plain].mean() / whole[better].mean()), "stderr": float(standard_error(left_out)),
            "n": len(whole[plain]),
        }  # fmt: skip
