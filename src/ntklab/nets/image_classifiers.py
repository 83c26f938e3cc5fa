import torch
from torch import nn


def build_classifier(kind, *, group_order, size, channels_in, channels, pooled, hidden, classes, rng):
    layers = []
    c = channels_in
    s = size
    torch.manual_seed(int(rng.integers(1 << 31)))
    for i, n in enumerate(channels):
        layers.append(nn.Conv2d(c, n, 3, padding=1))
        c = n
        if i < pooled:
            layers.append(nn.AvgPool2d(2))
            s //= 2
        layers.append(nn.ReLU())
    layers.append(nn.Flatten())
    f = c * s * s
    for h in hidden:
        layers += [nn.Linear(f, h), nn.ReLU()]
        f = h
    layers.append(nn.Linear(f, classes))
    return nn.Sequential(*layers)
