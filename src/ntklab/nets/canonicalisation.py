"""Learned canonicalisation (Kaba et al. 2022, arXiv 2211.06489): turn every image upright, then classify it.

A small network scores each of the k rotations of an image; the best one goes to the predictor. Rotating the image only
permutes the candidates, so they, their scores and the choice are the same: any score and any predictor give an
invariant classifier. That is exact for quarter turns, which move pixels; other rotations interpolate, twice if the
image has already been turned, and are approximate (E1, experiments 3, item 9).
"""

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional

from ntklab.data.rotation import angles, interpolation
from ntklab.errors import InputError
from ntklab.nets.image_cnn import draw_parameters, image_cnn

SCORE_CHANNELS = 8


class Rotations(nn.Module):
    """All k rotations of square images: (sample, channel, size, size) to (sample, k, channel, size, size).

    Element g is the image turned by g * 360/k degrees, as by `ntklab.data.rotation.rotations`: bilinear up to the next
    quarter turn, pixels moved beyond. Not differentiable in the images on purpose: they are data.
    """

    def __init__(self, group_order: int, size: int):
        super().__init__()
        self.size = size
        splits = [divmod(round(angle, 9), 90.0) for angle in angles(group_order)]
        rests = sorted({rest for _, rest in splits})
        self.places = [(rests.index(rest), int(turns)) for turns, rest in splits]
        """For every element which interpolated copy it comes from, 0 being the image itself, and its quarter turns."""
        self.register_buffer("copy_and_turns", torch.tensor(self.places).T.contiguous(), persistent=False)
        self.matrices = len(rests) - 1
        for number, rest in enumerate(rests[1:]):
            matrix = interpolation(size, rest).tocoo()
            entries = torch.sparse_coo_tensor(
                np.stack([matrix.row, matrix.col]), matrix.data.astype(np.float32), matrix.shape, check_invariants=True
            )
            self.register_buffer(f"matrix{number}", entries.coalesce(), persistent=False)

    @torch.no_grad()
    def interpolated(
        self, x: Float[Tensor, "sample channel size size"]
    ) -> Float[Tensor, "sample rest channel size size"]:
        """The rotations between 0 and 90 degrees, from which the others follow by quarter turns."""
        copies = [x]
        if self.matrices:
            pixels = x.flatten(2).flatten(0, 1).T.contiguous()
            for number in range(self.matrices):
                turned = torch.sparse.mm(getattr(self, f"matrix{number}"), pixels)
                copies.append(turned.T.reshape(x.shape))
        return torch.stack(copies, dim=1)

    def turned(
        self, copies: Float[Tensor, "sample rest channel side side"]
    ) -> Float[Tensor, "sample k channel side side"]:
        """All k rotations from the interpolated ones, at any resolution."""
        return torch.stack([torch.rot90(copies[:, copy], turns, (2, 3)) for copy, turns in self.places], dim=1)

    def chosen(
        self, copies: Float[Tensor, "sample rest channel side side"], element: Int[Tensor, " sample"]
    ) -> Float[Tensor, "sample channel side side"]:
        """One of the k rotations of each image; the others are never made."""
        copy, turns = self.copy_and_turns[:, element]
        images = copies[torch.arange(len(copies), device=element.device), copy]
        chosen = images
        for number in range(1, 4):  # no selection by a mask, for whose size a GPU would be waited for
            chosen = torch.where((turns == number)[:, None, None, None], torch.rot90(images, number, (2, 3)), chosen)
        return chosen

    def forward(self, x: Float[Tensor, "sample channel size size"]) -> Float[Tensor, "sample k channel size size"]:
        return self.turned(self.interpolated(x))


class Score(nn.Module):
    """How upright images (image, channel, half, half), averaged over 2x2 pixels, look, one number each: (image,).

    A convolution with ReLU and a linear layer, plus a linear layer on the pixels.
    The latter keeps scores of different images apart where all units of the former are off: equal scores would be
    decided by the order of the rotations, which is not invariant.
    """

    def __init__(self, size: int, channels_in: int, rng: np.random.Generator):
        super().__init__()
        half = size // 2
        architecture = {"size": half, "channels_in": channels_in, "channels": (SCORE_CHANNELS,), "hidden": ()}
        self.nonlinear = image_cnn(**architecture, pooled=int(half % 2 == 0), classes=1, rng=rng)
        self.linear = draw_parameters(nn.utils.skip_init(nn.Linear, channels_in * half**2, 1), rng)

    def forward(self, small: Float[Tensor, "image channel half half"]) -> Float[Tensor, " image"]:
        return (self.nonlinear(small) + self.linear(small.flatten(1))).squeeze(1)


class Canonicaliser(nn.Module):
    """The rotation of each image that scores best: (sample, channel, size, size) to the same shape.

    While training, the gradient of the choice is that of softmax-weighted rotations (straight-through estimator): the value is
    the chosen rotation alone. Where the parameters are frozen, training is as evaluation. `InputError` unless group_order >= 1
    and size is even.
    """

    def __init__(self, group_order: int, *, size: int, channels_in: int, rng: np.random.Generator):
        super().__init__()
        if size % 2:
            raise InputError(f"scores are of images averaged over 2x2 pixels: an even side is needed, not {size}")
        self.rotations = Rotations(group_order, size)
        self.score = Score(size, channels_in, rng)

    def scores(self, copies: Float[Tensor, "sample rest channel size size"]) -> Float[Tensor, "sample k"]:
        """Score of every rotation of every image, from the interpolated ones: averaging commutes with quarter turns."""
        small = functional.avg_pool2d(copies.flatten(0, 1), 2).unflatten(0, copies.shape[:2])
        candidates = self.rotations.turned(small)
        return self.score(candidates.flatten(0, 1)).unflatten(0, candidates.shape[:2])

    def forward(self, x: Float[Tensor, "sample channel size size"]) -> Float[Tensor, "sample channel size size"]:
        copies = self.rotations.interpolated(x)
        scores = self.scores(copies)
        best = scores.argmax(1)
        if not (self.training and scores.requires_grad):
            return self.rotations.chosen(copies, best)
        soft = scores.softmax(1)
        # The bracket is zero exactly, so that the value is one rotation to the last bit.
        choice = functional.one_hot(best, scores.shape[1]) + (soft - soft.detach())
        return torch.einsum("sg,sgcij->scij", choice, self.rotations.turned(copies))


def canonicalised(
    group_order: int, predictor: nn.Module, *, size: int, channels_in: int, rng: np.random.Generator
) -> nn.Sequential:
    """The predictor behind a canonicaliser for C_k: C4-invariant if 4 | k, whatever the predictor; both are trained.

    `predictor` maps images (sample, channels_in, size, size) to logits and is not copied. `rng` draws the score.
    """
    return nn.Sequential(Canonicaliser(group_order, size=size, channels_in=channels_in, rng=rng), predictor)
