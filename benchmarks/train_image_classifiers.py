"""Training steps of an image classifier: ours against a plain loop over the same layers, channels first.

Run:  ./run python benchmarks/train_image_classifiers.py [--device cuda] [--chunks | --models [--steps 156]]
In turn in one process, one thread, medians of rounds. The peer is what one would write: convolution, average pooling and
ReLU as modules, PyTorch's default Adam, images channels first. Ours is the trainer with the members' network: pooling folded
into the convolution, channels last, fused Adam. On a GPU also: all members of a chunk at once.
With --chunks instead: three ways to convolve for all members of a chunk. With --models instead: what one more network of
each model and group costs.
"""

import argparse
import statistics
import time

import numpy as np
import torch
from torch import nn
from torch.func import functional_call

from ntklab.ensembles.classifiers import Descent, train_classifiers
from ntklab.ensembles.device import computing_on
from ntklab.nets.image_classifiers import build_classifier

ROUNDS, STEPS, BATCH, CLASSES = 9, 10, 128, 10
CASES = {
    "FashionMNIST, laptop": {"size": 28, "channels_in": 1, "channels": [8, 16], "pooled": 2, "hidden": []},
    "FashionMNIST, paper": {"size": 28, "channels_in": 1, "channels": [32, 64, 64], "pooled": 2, "hidden": [20]},
    "histology, laptop": {"size": 32, "channels_in": 3, "channels": [8, 16], "pooled": 2, "hidden": []},
    "histology, paper": {"size": 112, "channels_in": 3, "channels": [16, 32, 64, 64], "pooled": 4, "hidden": [64]},
}


def plain(size: int, channels_in: int, channels: list[int], pooled: int, hidden: list[int]) -> nn.Module:
    """The same network of PyTorch's own layers."""
    layers: list[nn.Module] = []
    for i, (n, m) in enumerate(zip([channels_in, *channels], channels, strict=False)):
        layers += [nn.Conv2d(n, m, 3, padding=1), *([nn.AvgPool2d(2)] if i < pooled else []), nn.ReLU()]
    features = channels[-1] * (size >> pooled) ** 2
    layers.append(nn.Flatten())
    for m in hidden:
        layers += [nn.Linear(features, m), nn.ReLU()]
        features = m
    return nn.Sequential(*layers, nn.Linear(features, CLASSES))


def peer(case: dict, x: torch.Tensor, y: torch.Tensor, members: int) -> None:
    """The plain loop."""
    for _ in range(members):
        network = plain(**case).to(x.device)
        optimiser = torch.optim.Adam(network.parameters(), lr=1e-3)
        for _ in range(STEPS):
            index = torch.randint(len(x), (BATCH,), device=x.device)
            loss = nn.functional.cross_entropy(network(x[index]), y[index])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
    _wait(x)


def ours(case: dict, images: np.ndarray, labels: np.ndarray, members: int, chunk: int, device: str) -> None:
    """The trainer of the pipeline, without evaluation."""
    train_classifiers(
        lambda member: build_classifier(
            "cnn", group_order=4, classes=CLASSES, rng=np.random.default_rng(member), **case
        ),
        images, labels, {}, {}, members=range(members), descent=Descent(STEPS, BATCH, 1e-3, [0]),
        shuffle=lambda member, epoch: np.random.default_rng([member, epoch]), members_per_chunk=chunk, device=device,
        log=lambda line: None,
    )  # fmt: skip
    _wait(torch.empty(0, device=device))


def _wait(x: torch.Tensor) -> None:
    if x.is_cuda:
        torch.cuda.synchronize()


def compare_with_plain(device: str) -> None:
    """Training steps of ours and of the plain loop."""
    members, chunks = (64, (1, 64)) if device == "cuda" else (2, (1, 2))
    heads = "".join(f" {f'chunks of {chunk}':>13} {'ratio':>6}" for chunk in chunks)
    print(f"ms per member and step of {BATCH} samples, {members} members, {device}, medians of {ROUNDS} rounds")
    print(f"{'case':>22} {'plain':>8}{heads}")
    rng = np.random.default_rng(0)
    for name, case in CASES.items():
        images = rng.random((64, 4, case["size"], case["size"], case["channels_in"]), dtype=np.float32)
        labels = rng.integers(CLASSES, size=64)
        x = torch.from_numpy(images.reshape(-1, *images.shape[2:])).permute(0, 3, 1, 2).contiguous().to(device)
        y = torch.from_numpy(labels.repeat(4)).to(device)
        turns = {"plain": lambda case=case, x=x, y=y: peer(case, x, y, members)}
        for chunk in chunks:
            turns[chunk] = lambda case=case, i=images, k=labels, c=chunk: ours(case, i, k, members, c, device)
        times = {key: [] for key in turns}
        for round_number in range(ROUNDS + 1):  # one to warm up
            for key, run in turns.items():
                start = time.perf_counter()
                run()
                if round_number:
                    times[key].append(1e3 * (time.perf_counter() - start) / STEPS / members)
        median = {key: statistics.median(values) for key, values in times.items()}
        cells = "".join(f" {median[chunk]:>13.2f} {median['plain'] / median[chunk]:>6.2f}" for chunk in chunks)
        print(f"{name:>22} {median['plain']:>8.2f}{cells}")


LAYERS = {"32 -> 64 channels, side 14": (32, 64, 14), "64 -> 64 channels, side 7": (64, 64, 7)}
"""Inputs, outputs and side of the maps of 3x3 convolutions, sizes of FashionMNIST's network at paper scale."""


def one_by_one(x: torch.Tensor, w: torch.Tensor) -> torch.Tensor:
    """Maps (member, sample, out, row, column) from maps and filters (member, out, channel, 3, 3), as all ways below."""
    return torch.stack([nn.functional.conv2d(a, b, padding=1) for a, b in zip(x, w, strict=True)])


def vmapped(x: torch.Tensor, w: torch.Tensor) -> torch.Tensor:
    """As the trainer does it."""
    layer = nn.Conv2d(x.shape[2], w.shape[1], 3, padding=1, bias=False, device="meta")
    return torch.vmap(lambda x, w: functional_call(layer, {"weight": w}, (x,)))(x, w)


def grouped(x: torch.Tensor, w: torch.Tensor) -> torch.Tensor:
    """Members are groups of the channels of one convolution."""
    maps = x.transpose(0, 1).flatten(1, 2)
    z = nn.functional.conv2d(maps, w.flatten(0, 1), padding=1, groups=len(w))
    return z.unflatten(1, w.shape[:2]).transpose(0, 1)


def multiplied(x: torch.Tensor, w: torch.Tensor) -> torch.Tensor:
    """Patches are columns of a matrix, and every member is one product of matrices."""
    patches = nn.functional.unfold(x.flatten(0, 1), 3, padding=1).unflatten(0, x.shape[:2])
    z = torch.bmm(w.flatten(2), patches.transpose(1, 2).flatten(2))
    return z.unflatten(2, (x.shape[1], *x.shape[3:])).transpose(1, 2)


WAYS = {"one by one": one_by_one, "vmap": vmapped, "grouped": grouped, "unfold+bmm": multiplied}


def compare_chunks(device: str) -> None:
    """Forwards and backwards through one layer of all members of a chunk."""
    print(f"ms per member, forwards and backwards, {BATCH} samples, {device}, medians of {ROUNDS} rounds")
    print(f"{'layer':>26} {'members':>7}" + "".join(f" {way:>10}" for way in WAYS))
    for name, (inputs, outputs, side) in LAYERS.items():
        for members in (1, 16, 128) if device == "cuda" else (1, 4):
            x = torch.rand(members, BATCH, inputs, side, side, device=device, requires_grad=True)
            w = torch.rand(members, outputs, inputs, 3, 3, device=device, requires_grad=True)
            times = {way: [] for way in WAYS}
            for _ in range(ROUNDS + 1):  # one to warm up
                for way, function in WAYS.items():
                    start = time.perf_counter()
                    torch.autograd.grad(function(x, w).square().sum(), (x, w))
                    _wait(x)
                    times[way].append(1e3 * (time.perf_counter() - start) / members)
            cells = "".join(f" {statistics.median(values[1:]):>10.2f}" for values in times.values())
            print(f"{name:>26} {members:>7}{cells}")


def compare_models(device: str, steps: int) -> None:
    """What one more network costs: so many steps, and what is done once for each."""
    clock, unit = (time.perf_counter, "s") if device == "cuda" else (time.process_time, "core-s")
    print(f"FashionMNIST, laptop: training, {BATCH} samples a step, {device}, medians of 3 rounds")
    print(f"{'model':>14} {'group':>5} {'ms a step':>10} {f'{unit} for {steps} steps of one more':>32}")
    case, few, many = CASES["FashionMNIST, laptop"], 2, 12
    images = np.random.default_rng(0).random((BATCH, 4, 28, 28, 1), dtype=np.float32)
    labels = np.arange(BATCH) % CLASSES

    def seconds(model: str, order: int, members: int, steps: int) -> float:
        start = clock()
        train_classifiers(
            lambda member: build_classifier(
                model, group_order=order, classes=CLASSES, rng=np.random.default_rng(member), **case
            ),
            images, labels, {}, {}, members=range(members), descent=Descent(steps, BATCH, 1e-3, [0]),
            shuffle=lambda member, epoch: np.random.default_rng([member, epoch]), device=device, log=lambda line: None,
        )  # fmt: skip
        return clock() - start

    for model in ("cnn", "canonicalised", "steerable"):
        for order in (4, 8, 16):
            seconds(model, order, 1, 1)  # makes what is kept: bases of filters, matrices that interpolate
            rounds = [[seconds(model, order, *n) for n in ((1, few), (1, many), (2, few))] for _ in range(3)]
            one, longer, two = map(statistics.median, zip(*rounds, strict=True))
            step = (longer - one) / (many - few)
            print(f"{model:>14} {f'c{order}':>5} {1e3 * step:>10.1f} {two - one + (steps - few) * step:>32.2f}")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--device", default="cpu", choices=["cpu", "cuda"])
    parser.add_argument("--chunks", action="store_true", help="ways to convolve all members of a chunk at once")
    parser.add_argument("--models", action="store_true", help="what one more network of every model and group costs")
    parser.add_argument("--steps", type=int, default=156, help="steps of such a network")
    options = parser.parse_args()
    torch.set_num_threads(1)
    with computing_on(options.device):  # for the peers too, which would convolve in TF32 otherwise
        if options.chunks:
            compare_chunks(options.device)
        elif options.models:
            compare_models(options.device, options.steps)
        else:
            compare_with_plain(options.device)


if __name__ == "__main__":
    main()
