"""Stand-in for histology: nine procedural textures in the colours of stained tissue. No image here is of real tissue.

It makes every step run with nine classes and no download; nothing measured on it says anything about histology. The
names and a rough look are those of `histology.CLASSES`. Every texture is rotationally symmetric in distribution: places
are uniform in a disc around the image, directions uniform, random fields isotropic.
"""

from collections.abc import Callable

import numpy as np
from jaxtyping import Float64, UInt8

from ntklab.data.histology import CLASSES
from ntklab.data.images import ImageSet

STAND_IN = "stand_in"
"""The source that means this module; a step that uses it marks its output as stand-in data."""

NOTE = "procedural textures, not histology"
"""For headers and captions."""

HAEMATOXYLIN, EOSIN = np.array([0.65, 0.70, 0.29]), np.array([0.07, 0.99, 0.11])
"""Optical density in red, green and blue per amount of stain (Ruifrok, Johnston, Anal. Quant. Cytol. Histol. 23, 291,
2001): haematoxylin colours nuclei blue, eosin the rest pink."""

REACH = 1.6
"""Radius of the disc in which things are placed, beyond the corners at sqrt 2: the image has side 2, centre 0."""

Field = Float64[np.ndarray, "row column"]
Points = Float64[np.ndarray, "point 2"]


def stand_in_images(per_class: int, size: int, rng: np.random.Generator) -> ImageSet:
    """Images (image, size, size, 3) uint8, `per_class` of each of the nine classes, the classes taking turns."""
    labels = np.tile(np.arange(len(CLASSES)), per_class)
    images = np.stack([_image(TEXTURES[CLASSES[label]], size, rng) for label in labels])
    return ImageSet(images, labels)


def _image(texture: "Texture", size: int, rng: np.random.Generator) -> UInt8[np.ndarray, "{size} {size} 3"]:
    """One image: amounts of stain, of a strength that varies between images, turned into light that passes, and noise."""
    haematoxylin, eosin = texture(_grid(size), rng)
    strengths = np.exp(0.25 * rng.standard_normal(2))
    density = (
        strengths[0] * np.maximum(haematoxylin, 0)[..., None] * HAEMATOXYLIN
        + strengths[1] * np.maximum(eosin, 0)[..., None] * EOSIN
    )
    light = 243 * np.exp(-density) + 5 * rng.standard_normal((size, size, 3))
    return np.clip(np.rint(light), 0, 255).astype(np.uint8)


def _grid(size: int) -> Float64[np.ndarray, "{size} {size} 2"]:
    """Centres of the pixels of an image of side 2 around the origin."""
    line = (2 * np.arange(size) + 1) / size - 1
    return np.stack(np.meshgrid(line, line, indexing="ij"), axis=-1)


# ---- what textures are made of ---------------------------------------------------------------------------------------


def smooth_field(grid: np.ndarray, length: float, rng: np.random.Generator, waves: int = 16) -> Field:
    """Isotropic random field of mean 0 and variance 1 that varies over about `length`: waves of random direction."""
    angle, phase = rng.uniform(0, 2 * np.pi, size=(2, waves))
    number = 2 * np.pi / (length * rng.uniform(0.7, 1.8, size=waves))
    directions = np.stack([np.cos(angle), np.sin(angle)]) * number
    return np.sqrt(2 / waves) * np.cos(grid @ directions + phase).sum(axis=-1)


def places(density: float, rng: np.random.Generator) -> Points:
    """Independent uniform points in the disc of radius REACH, on average `density` in an area of 4, the image's."""
    n = 1 + rng.poisson(density * np.pi * REACH**2 / 4)
    radius, angle = REACH * np.sqrt(rng.random(n)), rng.uniform(0, 2 * np.pi, n)
    return radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)


def cells(
    grid: np.ndarray,
    centres: Points,
    radius: float,
    rng: np.random.Generator,
    elongation: float = 1.0,
    direction: float | None = None,
    spread: float = 0.2,
) -> Field:
    """Ellipses at the centres: 1 inside, 0 outside, soft over a pixel; all along `direction`, or each its own way.

    Semi-axes `radius` times and over the square root of `elongation`, the radius varying by a factor exp(+- spread).
    """
    covered = np.zeros(grid.shape[:2])
    soft = 1 / len(grid)
    for centre in centres:
        r = radius * np.exp(spread * rng.standard_normal())
        angle = rng.uniform(0, 2 * np.pi) if direction is None else direction + 0.2 * rng.standard_normal()
        along = np.array([np.cos(angle), np.sin(angle)])
        offset = grid - centre
        u, v = offset @ along, offset @ np.array([-along[1], along[0]])
        distance = np.sqrt(u**2 / elongation + v**2 * elongation)
        covered = np.maximum(covered, np.clip((r - distance) / soft + 0.5, 0, 1))
    return covered


def _two_nearest(grid: np.ndarray, centres: Points) -> tuple[Field, Field]:
    distances = np.linalg.norm(grid[..., None, :] - centres, axis=-1)
    nearest = np.partition(np.concatenate([distances, np.full((*grid.shape[:2], 1), 9.0)], axis=-1), 1, axis=-1)
    return nearest[..., 0], nearest[..., 1]


def _along(grid: np.ndarray, angle: float) -> Field:
    return grid @ np.array([np.cos(angle), np.sin(angle)])


# ---- the nine textures: grid, rng -> amounts of haematoxylin and of eosin --------------------------------------------

Texture = Callable[[np.ndarray, np.random.Generator], tuple[Field, Field]]


def adipose(grid: np.ndarray, rng: np.random.Generator) -> tuple[Field, Field]:
    """Bubbles of fat: empty, with thin pink walls where two are equally near."""
    nearest, second = _two_nearest(grid, places(rng.uniform(4, 14), rng))
    walls = np.exp(-(((second - nearest) / 0.12) ** 2))
    return 0.08 * walls, 0.05 + 0.55 * walls


def background(grid: np.ndarray, rng: np.random.Generator) -> tuple[Field, Field]:
    """Glass: next to nothing, with faint smears."""
    faint = 0.05 + 0.03 * smooth_field(grid, 1.5, rng)
    return faint, rng.uniform(0, 0.1) + faint


def debris(grid: np.ndarray, rng: np.random.Generator) -> tuple[Field, Field]:
    """Ragged patches of both stains and small fragments of nuclei."""
    ragged = smooth_field(grid, 0.9, rng) + 0.7 * smooth_field(grid, 0.25, rng)
    fragments = cells(grid, places(rng.uniform(10, 40), rng), 0.05, rng, spread=0.5)
    return 0.25 + 0.15 * ragged + 0.7 * fragments, 0.4 + 0.2 * smooth_field(grid, 0.5, rng)


def lymphocytes(grid: np.ndarray, rng: np.random.Generator) -> tuple[Field, Field]:
    """Small round dark nuclei, densely."""
    nuclei = cells(grid, places(rng.uniform(50, 110), rng), 0.1, rng)
    return 0.15 + 1.1 * nuclei, 0.3 + 0.1 * smooth_field(grid, 0.8, rng)


def mucus(grid: np.ndarray, rng: np.random.Generator) -> tuple[Field, Field]:
    """Pale and smooth, bluish, with few nuclei."""
    nuclei = cells(grid, places(rng.uniform(0, 5), rng), 0.09, rng)
    return 0.22 + 0.08 * smooth_field(grid, 1.2, rng) + 0.8 * nuclei, 0.15 + 0.07 * smooth_field(grid, 0.8, rng)


def _fibres(
    grid: np.ndarray, rng: np.random.Generator, wavelength: float, bend: float, nuclei: float, contrast: float
) -> tuple[Field, Field]:
    """Stripes in a random direction, bent by a random field, and elongated nuclei along them."""
    angle = rng.uniform(0, 2 * np.pi)
    across = _along(grid, angle + np.pi / 2) + bend * smooth_field(grid, 1.6, rng)
    stripes = np.cos(2 * np.pi * across / wavelength + rng.uniform(0, 2 * np.pi))
    spindles = cells(grid, places(nuclei, rng), 0.09, rng, elongation=2.5, direction=angle)
    return 0.1 + 0.9 * spindles, 0.5 + contrast * stripes


def muscle(grid: np.ndarray, rng: np.random.Generator) -> tuple[Field, Field]:
    """Straight strong fibres."""
    return _fibres(grid, rng, rng.uniform(0.25, 0.45), 0.04, rng.uniform(6, 20), 0.25)


def stroma(grid: np.ndarray, rng: np.random.Generator) -> tuple[Field, Field]:
    """Wavy faint fibres, wider apart."""
    return _fibres(grid, rng, rng.uniform(0.4, 0.7), 0.16, rng.uniform(6, 20), 0.15)


def mucosa(grid: np.ndarray, rng: np.random.Generator) -> tuple[Field, Field]:
    """Glands: rings of nuclei around a pale middle."""
    centres, radius = places(rng.uniform(1.5, 4), rng), rng.uniform(0.3, 0.45)
    nuclei, inside = np.zeros(grid.shape[:2]), np.zeros(grid.shape[:2])
    for centre in centres:
        angle = np.arange(0, 2 * np.pi, 0.2 / radius) + rng.uniform(0, 2 * np.pi)
        ring = centre + radius * np.stack([np.cos(angle), np.sin(angle)], axis=1)
        nuclei = np.maximum(nuclei, cells(grid, ring, 0.09, rng))
        inside = np.maximum(inside, np.linalg.norm(grid - centre, axis=-1) < radius)
    return 0.12 + 0.9 * nuclei, 0.45 - 0.3 * inside + 0.08 * smooth_field(grid, 0.6, rng)


def tumour(grid: np.ndarray, rng: np.random.Generator) -> tuple[Field, Field]:
    """Large crowded nuclei of uneven size and shape."""
    nuclei = cells(grid, places(rng.uniform(14, 34), rng), 0.19, rng, elongation=1.5, spread=0.35)
    return 0.2 + nuclei * (0.7 + 0.15 * smooth_field(grid, 0.2, rng)), 0.4 + 0.1 * smooth_field(grid, 0.7, rng)


TEXTURES: dict[str, Texture] = dict(
    zip(CLASSES, (adipose, background, debris, lymphocytes, mucus, muscle, mucosa, stroma, tumour), strict=True)
)
"""Class -> its texture."""
