"""Training steps of an image classifier: ours against a plain loop over the same layers, channels first.

Run:  ./run python benchmarks/train_image_classifiers.py [--device cuda]
In turn in one process, one thread, medians of rounds. The peer is what one would write: convolution, average pooling and
ReLU as modules, PyTorch's default Adam, images channels first. Ours is the trainer with the members' network: pooling folded
into the convolution, channels last, fused Adam. On a GPU also: all members of a chunk at once.
"""

import argparse
import statistics
import time

import numpy as np
import torch
from torch import nn

from ntklab.ensembles.classifiers import Descent, train_classifiers
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


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--device", default="cpu", choices=["cpu", "cuda"])
    device = parser.parse_args().device
    torch.set_num_threads(1)
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


if __name__ == "__main__":
    main()
