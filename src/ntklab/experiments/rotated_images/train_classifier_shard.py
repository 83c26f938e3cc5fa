"""Train one shard of an ensemble of image classifiers."""

import functools
import hashlib
import json
from pathlib import Path

from ntklab import groups
from ntklab.ensembles.classifiers import Descent, train_classifiers
from ntklab.files import Arrays, save_arrays
from ntklab.nets.image_classifiers import build_classifier
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
    steps: int,
    batch: int,
    learning_rate: float,
    recorded_steps: list[int],
    recorded_images: int,
    seed: int,
    device: str,
    members_per_chunk: int,
    checkpoints: str,
    output: Path,
) -> None:
    """Train members first..last of a model on the orbits of a cyclic group.

    Writes `SET/logits` (member, input, angle, class) after training, `loss` (member, time) and, for members of ensembles
    (model "cnn"), `SET/recorded` (member, time, input, quarter turn, class) of the first `recorded_images` of every set.
    """
    settings = {
        "experiment": experiment, "model": model, "group": group, "first": first, "last": last, "channels": channels,
        "pooled": pooled, "hidden": hidden or [], "steps": steps, "batch": batch, "learning_rate": learning_rate,
        "recorded_steps": recorded_steps, "recorded_images": recorded_images, "seed": seed,
    }  # fmt: skip
    header = record(settings, [data])
    orbits, order = Arrays(data), groups.group(group).order
    x = orbits["training/orbits"]
    evaluation = {name: orbits[f"{name}/orbits"] for name in orbits.groups("orbits") if name != "training"}
    size, colours = x.shape[-2:]
    shape = {"size": size, "channels_in": colours, "channels": channels, "pooled": pooled, "hidden": hidden or []}

    def build(member: int):
        rng = generator(seed, experiment, model, group, "member", member)
        return build_classifier(model, group_order=order, classes=len(orbits.header["classes"]), rng=rng, **shape)

    quarter_turns = {name: values[:recorded_images, :: values.shape[1] // 4] for name, values in evaluation.items()}
    logits = train_classifiers(
        build,
        x[:, :: x.shape[1] // order],
        orbits["training/labels"],
        evaluation,
        quarter_turns if model == "cnn" else {},
        members=range(first, last + 1),
        descent=Descent(steps, batch, learning_rate, recorded_steps),
        shuffle=lambda member, epoch: generator(seed, experiment, model, group, "order", member, epoch),
        members_per_chunk=members_per_chunk if model == "cnn" else 1,
        device=device,
        checkpoint=Path(checkpoints) / f"{_fingerprint(header)}.pt",
        log=functools.partial(print, flush=True),
    )
    arrays = {f"{name}/logits": values for name, values in logits.trained.items()}
    arrays |= {f"{name}/recorded": values for name, values in logits.recorded.items()}
    described = {name: orbits.header[name] for name in ("data", "source", "sources", "classes")}
    save_arrays(output, {**arrays, "loss": logits.loss}, {**header, **described})


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
