"""Train one shard of an ensemble of image classifiers."""

import functools
import hashlib
import json
from pathlib import Path

import numpy as np

from ntklab import groups
from ntklab.ensembles.classifiers import Descent, train_classifiers
from ntklab.experiments.rotated_images.prepare_image_orbits import QUARTER_TURNS
from ntklab.files import Arrays, save_arrays
from ntklab.nets.image_classifiers import build_classifier, size_of
from ntklab.pipeline.digest import code_digest
from ntklab.pipeline.provenance import record
from ntklab.seeds import generator


def train_classifier_shard(
    *,
    data: Path,
    experiment: str,
    model: str,
    group: str,
    first: int,
    last: int,
    channels: list[int],
    pooled: int,
    hidden: list[int] | None = None,
    epochs: float,
    paced_by: str,
    batch: int,
    learning_rate: float,
    recorded: list[float],
    recorded_images: int,
    angle_members: int,
    seed: int,
    device: str,
    precision: str,
    members_per_chunk: int,
    checkpoints: str,
    output: Path,
) -> None:
    """Train members first..last of a model on the orbits of a cyclic group, for `epochs` over the orbits of `paced_by`.

    Writes, after training, `SET/orbits` (member, input, element, class), logits on the orbits of the group (without
    augmentation, of all groups together); of plain networks `SET/returned`; of these and canonicalised ones `SET/recorded`
    (member, time, input, element, class) of the first `recorded_images` of every set on the group's orbits or quarter turns,
    and, of shards that begin before member `angle_members`, `SET/angles`; and `loss` (member, time).
    """
    settings = {
        "experiment": experiment, "model": model, "group": group, "first": first, "last": last, "channels": channels,
        "pooled": pooled, "hidden": hidden or [], "epochs": epochs, "paced_by": paced_by, "batch": batch,
        "learning_rate": learning_rate, "recorded": recorded, "recorded_images": recorded_images,
        "angle_members": angle_members, "seed": seed, "precision": precision,
    }  # fmt: skip
    header = record(settings, [data])
    orbits, order = Arrays(data), groups.group(group).order
    x = orbits["training/orbits"]
    size, colours = x.shape[-2:]
    steps = steps_of(epochs, len(x) * groups.group(paced_by).order, batch)
    times = sorted({round(fraction * steps) for fraction in recorded})
    shape = {
        "group_order": order, "classes": len(orbits.header["classes"]), "size": size, "channels_in": colours,
        "channels": channels, "pooled": pooled, "hidden": hidden or [],
    }  # fmt: skip

    def build(member: int):
        return build_classifier(model, rng=generator(seed, experiment, model, group, "member", member), **shape)

    evaluation, during = _evaluation(orbits, model, order, recorded_images, first < angle_members)
    logits = train_classifiers(
        build,
        x[:, :: x.shape[1] // order],
        orbits["training/labels"],
        evaluation,
        during,
        members=range(first, last + 1),
        descent=Descent(steps, batch, learning_rate, times),
        shuffle=lambda member, epoch: generator(seed, experiment, model, group, "order", member, epoch),
        members_per_chunk=members_per_chunk if model == "cnn" else 1,
        device=device,
        precision=precision,
        checkpoint=Path(checkpoints) / f"{_fingerprint(header)}.pt",
        log=functools.partial(print, flush=True),
    )
    arrays = {**logits.trained, **{f"{name}/recorded": values for name, values in logits.recorded.items()}}
    described = {name: orbits.header[name] for name in ("data", "source", "sources", "classes")}
    described |= {"steps": steps, "recorded_steps": times, "size": size_of(build(first), (colours, size, size), batch)}
    save_arrays(output, {**arrays, "loss": logits.loss}, {**header, **described})


def steps_of(epochs: float, samples: int, batch: int) -> int:
    """Mini-batches in so many epochs over the samples, those that fill no batch left out; at least one."""
    return max(1, round(epochs * (samples // min(batch, samples))))


def _evaluation(
    orbits: Arrays, model: str, order: int, recorded_images: int, at_angles: bool
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Orbits on which a network is evaluated after training, and those at recorded times, of the sets of images."""
    after, during = {}, {}
    for name in (name for name in orbits.groups("orbits") if name != "training"):
        values = orbits[f"{name}/orbits"]
        together = values.shape[1]
        after[f"{name}/orbits"] = values[:, :: together // order] if order > 1 else values
        if model == "cnn" and order > QUARTER_TURNS:
            after[f"{name}/returned"] = orbits[f"{name}/returned"][:, together // order - 1 :: together // order]
        if model in ("cnn", "canonicalised"):
            during[name] = values[:recorded_images, :: together // max(order, QUARTER_TURNS)]
            if at_angles and name in orbits.groups("angles"):
                after[f"{name}/angles"] = orbits[f"{name}/angles"]
    return after, during


def _fingerprint(header: dict) -> str:
    """Of settings, inputs, code and library versions: a checkpoint of other ones is never found."""
    parts = [
        header["config_hash"],
        header["inputs"],
        header["versions"],
        code_digest(f"{__name__}:train_classifier_shard"),
    ]
    text = json.dumps(parts, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:24]
