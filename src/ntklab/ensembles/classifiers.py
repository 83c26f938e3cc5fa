"""Train ensembles of image classifiers with Adam on mini-batches, and record their logits on orbits.

One loop serves one network and a chunk of them: a chunk's parameters are stacked, its networks evaluated under
`torch.func.vmap`, which makes one grouped convolution of theirs, and Adam, which acts on each number by itself, does not
see the difference. On a CPU single networks in channels-last layout are 1.5 times faster than stacked ones; on a GPU a
chunk fills the device, which the loop never waits for: what a step needs is there before the epoch, and what it finds is
read for records, checkpoints and log lines only.
"""

import copy
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.func import functional_call, stack_module_state
from torch.optim.adam import adam

from ntklab.ensembles.checkpoint import Checkpoint
from ntklab.ensembles.device import computing_on
from ntklab.errors import InputError
from ntklab.progress import Progress
from ntklab.types import OrbitSets

Build = Callable[[int], nn.Module]
"""Index of a member -> its network at initialisation, from (sample, channel, row, column) to (sample, class)."""

Shuffle = Callable[[int, int], np.random.Generator]
"""Member and epoch -> generator of that epoch's order of the training samples: every member has its own."""

PREDICTED_AT_ONCE = 256
"""Images in one forward pass of a network: more do not fit a CPU's cache."""


class Logits(NamedTuple):
    """What the members say: on every set after training, and on some at the recorded steps."""

    trained: dict[str, Float[np.ndarray, "member _input _element class"]]
    recorded: dict[str, Float[np.ndarray, "member time _input _element class"]]
    loss: Float[np.ndarray, "member time"]
    """Mean cross-entropy over the mini-batch of the recorded step (of the last one, after training)."""


@dataclass(frozen=True)
class Descent:
    """Adam on mini-batches: how many steps of it, of how many samples, how large, and when logits are recorded."""

    steps: int
    batch: int
    learning_rate: float
    recorded_steps: Sequence[int]


def train_classifiers(
    build: Build,
    images: Float[np.ndarray, "image element row column channel"],
    labels: Int[np.ndarray, " image"],
    evaluation: OrbitSets,
    recorded: OrbitSets,
    *,
    members: Sequence[int],
    descent: Descent,
    shuffle: Shuffle,
    members_per_chunk: int = 1,
    device: str = "cpu",
    precision: str = "float32",
    checkpoint: Path | None = None,
    log: Callable[[str], None] = print,
) -> Logits:
    """Train every member on all elements of all orbits, which share their image's label, in float32.

    Orbits are (input, element, row, column, channel), logits (member, input, element, class). Those of `evaluation` are
    taken after the last step, those of `recorded` before the update of each recorded step and after the last. A member
    depends on `build`, `shuffle` and its index only, not on the chunk or shard it is in, up to rounding.

    Parameters that need no gradient stay as they are. `precision`, of a GPU, is float32 or tf32 (`computing_on`).
    With a `checkpoint`, a run that was cut off goes on from its last minute; the file is removed at the end.
    `InputError` when the device is absent or a loss is not finite.
    """
    with computing_on(device, precision):
        x, y = _channels_first(images, device), torch.from_numpy(np.repeat(labels, images.shape[1])).to(device)
        after, during = (
            {name: (_channels_first(orbits, device), orbits.shape[:2]) for name, orbits in sets.items()}
            for sets in (evaluation, recorded)
        )
        saved = Checkpoint(checkpoint)
        found: list[Logits] = saved.load("finished", [])
        progress = Progress(log, len(members) * descent.steps)
        for first in range(members_per_chunk * len(found), len(members), members_per_chunk):
            chunk = members[first : first + members_per_chunk]
            networks = _Chunk([build(member).to(device) for member in chunk])
            times: list[tuple[dict[str, np.ndarray], np.ndarray]] = saved.load("times", [])

            def note(loss: Tensor, networks=networks, times=times) -> None:
                times.append(({name: networks.logits(*orbits) for name, orbits in during.items()}, loss.cpu().numpy()))

            for step, loss in _steps(networks, x, y, chunk, descent, shuffle, saved, note):
                place = f"member {first + len(chunk)}/{len(members)}  step {step}/{descent.steps}"
                progress(
                    first * descent.steps + step * len(chunk),
                    lambda place=place, loss=loss: f"{place}  loss {loss.mean():.3f}",
                )
                if step < descent.steps:  # after the last one nothing is left from which a run could go on
                    saved.save_now_and_then(
                        lambda step=step, networks=networks, times=times: {
                            "finished": found, "times": times, "step": step, "networks": networks.state()
                        }
                    )  # fmt: skip
            found.append(_collect({name: networks.logits(*orbits) for name, orbits in after.items()}, times))
            saved.forget("times", "step", "networks")
        saved.remove()
    return Logits(
        {name: np.concatenate([part.trained[name] for part in found]) for name in evaluation},
        {name: np.concatenate([part.recorded[name] for part in found]) for name in recorded},
        np.concatenate([part.loss for part in found]),
    )


def _collect(trained: dict[str, np.ndarray], times: Sequence[tuple[dict[str, np.ndarray], np.ndarray]]) -> Logits:
    names = times[0][0] if times else {}
    recorded = {name: np.stack([logits[name] for logits, _ in times], axis=1) for name in names}
    return Logits(trained, recorded, np.stack([loss for _, loss in times], axis=1))


def _steps(
    networks: "_Chunk",
    x: Tensor,
    y: Tensor,
    chunk: Sequence[int],
    descent: Descent,
    shuffle: Shuffle,
    saved: Checkpoint,
    note: Callable[[Tensor], None],
) -> Iterator[tuple[int, Float[Tensor, " member"]]]:
    """Train, from where the checkpoint says; yield steps done and losses. `note(loss)` at every recorded step."""
    start = saved.load("step", 0)
    if start:
        networks.restore(saved.load("networks", None))
    batches = _batches(len(x), descent.batch, chunk, shuffle, start, x.device)
    loss, recorded_steps = x.new_full((len(chunk),), np.nan), frozenset(descent.recorded_steps)
    for step in range(start, descent.steps):
        loss = networks.losses(x, y, next(batches))
        if step in recorded_steps:
            note(loss.detach())
        networks.descend(loss, descent.learning_rate)
        yield step + 1, loss.detach()
    if not torch.isfinite(loss).all():
        raise InputError(
            f"members {chunk[0]} to {chunk[-1]}: the loss is not finite after {descent.steps} steps of Adam with learning "
            f"rate {descent.learning_rate}; lower learning_rate"
        )
    if descent.steps in recorded_steps:
        note(loss.detach())


def _batches(
    samples: int, batch: int, chunk: Sequence[int], shuffle: Shuffle, start: int, device: torch.device
) -> Iterator[Int[Tensor, "member batch"]]:
    """Indices of the mini-batches from step `start` on; an epoch leaves out the samples that fill no batch.

    They are pieces of the orders of a whole epoch, which go to the device at once.
    """
    batch = min(batch, samples)
    per_epoch = samples // batch
    for epoch in range(start // per_epoch, 1 << 62):
        orders = np.stack([shuffle(member, epoch).permutation(samples) for member in chunk])
        there = torch.from_numpy(orders).to(device)
        for i in range(start % per_epoch if epoch == start // per_epoch else 0, per_epoch):
            yield there[:, i * batch : (i + 1) * batch]


def _channels_first(orbits: Float[np.ndarray, "_input _element row column channel"], device: str) -> Tensor:
    """All images of the orbits as (sample, channel, row, column); in memory channels stay last, which is faster."""
    flat = np.ascontiguousarray(orbits.reshape(-1, *orbits.shape[2:]), dtype=np.float32)
    return torch.from_numpy(flat).to(device).permute(0, 3, 1, 2)


class _Chunk:
    """The networks of some members as one: a single one as it is, more with stacked parameters.

    Parameters that need no gradient are part of it, and not `trained`.
    """

    def __init__(self, networks: Sequence[nn.Module]):
        self.alone = len(networks) == 1
        self.network = networks[0].to(memory_format=torch.channels_last) if self.alone else _skeleton(networks[0])
        self.parameters: dict[str, Tensor] = dict(self.network.named_parameters())
        state = self.network.state_dict()
        # Buffers that are not in the state are constants, which a rebuilt network has.
        self.buffers: dict[str, Tensor] = {k: b for k, b in self.network.named_buffers() if k in state}
        if not self.alone:
            self.parameters, self.buffers = stack_module_state(list(networks))
            self.together = torch.vmap(self._call, in_dims=(0, 0, 0))
            self.together_on_the_same = torch.vmap(self._call, in_dims=(0, 0, None))
        self.network.train()
        self.trained = [p for p in self.parameters.values() if p.requires_grad]
        self.moments = [[torch.zeros_like(p) for p in self.trained] for _ in range(2)]
        self.counts = [torch.zeros((), device=p.device) for p in self.trained]

    def _call(self, parameters: dict[str, Tensor], buffers: dict[str, Tensor], x: Tensor) -> Tensor:
        return functional_call(self.network, (parameters, buffers), (x,))

    def descend(self, loss: Float[Tensor, " member"], learning_rate: float) -> None:
        """One step of Adam (PyTorch's function: its class imports the compiler, 2 s), betas 0.9 and 0.999."""
        for parameter in self.trained:
            parameter.grad = None
        loss.sum().backward()  # gradients in the memory layout of their parameters, which the fused step needs
        with torch.no_grad():
            adam(
                self.trained, [p.grad for p in self.trained], *self.moments, [], self.counts, fused=True, amsgrad=False,
                beta1=0.9, beta2=0.999, lr=learning_rate, weight_decay=0.0, eps=1e-8, maximize=False,
            )  # fmt: skip

    def losses(self, x: Tensor, y: Tensor, index: Int[Tensor, "member batch"]) -> Float[Tensor, " member"]:
        """Mean cross-entropy of every member on its own mini-batch."""
        if self.alone:
            return nn.functional.cross_entropy(self.network(x[index[0]]), y[index[0]])[None]
        logits = self.together(self.parameters, self.buffers, x[index])
        each = nn.functional.cross_entropy(logits.flatten(0, 1), y[index].flatten(), reduction="none")
        return each.unflatten(0, index.shape).mean(dim=1)

    @torch.no_grad()
    def logits(self, x: Tensor, shape: Sequence[int]) -> Float[np.ndarray, "member input element class"]:
        """Logits on all images, which are the orbits of the given shape (input, element)."""
        self.network.eval()
        pieces = x.split(PREDICTED_AT_ONCE)
        if self.alone:
            found = torch.cat([self.network(piece) for piece in pieces])[None]
        else:
            found = torch.cat([self.together_on_the_same(self.parameters, self.buffers, p) for p in pieces], dim=1)
        self.network.train()
        return found.unflatten(1, tuple(shape)).cpu().numpy()

    def state(self) -> dict:
        """What a checkpoint needs to go on."""
        return {"parameters": self.parameters, "buffers": self.buffers, "moments": self.moments, "counts": self.counts}

    def restore(self, state: dict) -> None:
        with torch.no_grad():
            for name in ("parameters", "buffers"):
                for key, tensor in getattr(self, name).items():
                    tensor.copy_(state[name][key])
            for mine, saved in zip([*self.moments, self.counts], [*state["moments"], state["counts"]], strict=True):
                for tensor, value in zip(mine, saved, strict=True):
                    tensor.copy_(value)


def _skeleton(network: nn.Module) -> nn.Module:
    """The network without its numbers, to be called with those of any member."""
    return copy.deepcopy(network).to("meta")
