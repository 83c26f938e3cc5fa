"""The typed config: every key once, with its meaning, allowed values and errors a user can act on.

`config.yaml` holds the values. Each value is either one value for every scale, or a mapping smoke/laptop/paper; this
module picks the rung of the ladder, checks the result at all three scales, and generates the JSON schema editors use.
"""

from __future__ import annotations

import difflib
import itertools
import json
import typing
from collections.abc import Mapping
from typing import Annotated, Any, Literal, get_args

from annotated_types import Ge, Gt, Le, Len, Lt, MultipleOf
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from ntklab.groups import REGISTRY
from ntklab.groups.rotations import ROTATION_SETS

Scale = Literal["smoke", "laptop", "paper"]
SCALES: tuple[str, ...] = get_args(Scale)

Count = Annotated[int, Ge(1)]
Counts = Annotated[list[Count], Len(1)]
Symmetry = Literal[tuple(name for name in REGISTRY if name != "c1")]  # on orbits of one element all is invariant


RotationSets = Literal[tuple(ROTATION_SETS)]
Padding = Literal["VALID", "SAME", "CIRCULAR"]
OodSet = Literal["mnist", "cifar10", "photographs", "noise"]
Nonlinearity = Literal["relu", "leaky_relu", "erf", "gelu", "identity"]


class ConfigError(ValueError):
    """What is wrong in the config, where, and what is allowed: one line."""


class Block(BaseModel):
    """A block of the config: unknown keys and silent conversions are errors."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, use_attribute_docstrings=True)


def _per_width(key: str, values: list[int], width: list[int]) -> None:
    if len(values) != len(width):
        raise ValueError(f"{key}: {len(values)} values for {len(width)} widths; give one for each entry of width")


def _increasing(key: str, values: list[int]) -> None:
    if any(b <= a for a, b in itertools.pairwise(values)):
        raise ValueError(f"{key}: not increasing")


def _odd_under_same(filters: list[int], padding: str) -> None:
    if padding == "SAME" and any(q % 2 == 0 for q in filters):
        raise ValueError("filters: even filters with SAME padding do not commute with rotations; use odd ones")


def _fit(key: str, network: Filters, size: int) -> None:
    for q in network.filters:
        if q > size:
            raise ValueError(f"{key}: a filter of side {q} does not fit feature maps of side {size}")
        size = size - q + 1 if network.padding == "VALID" else size


class Control(Block):
    """The negative control: the same networks trained without augmentation."""

    width: Count
    """integer, channels per hidden layer of the control"""
    members: Annotated[int, Ge(3)]
    """integer >= 3, members of the control ensemble"""


class Ising(Block):
    """Ensembles that learn the energy of Ising lattices (E1-ising-id, E1-ising-ood, E1-ising-ntk)."""

    lattice_size: Annotated[int, Ge(2)]
    """integer >= 2, sites along one side of the square periodic lattice"""
    coupling: float
    """number, J in E(s) = -J sum over nearest neighbours of s_i s_j"""
    beta: Annotated[float, Ge(0)]
    """number >= 0, inverse temperature of the sampled spins; 0 draws independent uniform spins, larger ones Wolff's"""
    wolff_updates: Count
    """integer >= 1, cluster updates before a lattice is taken (unused at beta 0)"""
    training_samples: Annotated[int, Ge(2)]
    """integer >= 2, training lattices before augmentation"""
    test_samples: Count
    """integer >= 1, lattices in each evaluation set"""
    group: Symmetry
    """name of a group; the full orbit of every training lattice is trained on, and invariance measured on orbits"""
    depth: Count
    """integer >= 1, hidden layers"""
    width: Counts
    """list of integers, channels per hidden layer"""
    members: Annotated[list[Annotated[int, Ge(3)]], Len(1)]
    """list of integers >= 3, trained members for each entry of width"""
    members_per_shard: Counts
    """list of integers, members trained by one job for each entry of width"""
    control: Control
    steps: Count
    """integer >= 1, steps of full-batch gradient descent"""
    recorded_steps: Annotated[list[Annotated[int, Ge(0)]], Len(2)]
    """increasing list of integers from 0 to at most steps, when predictions are recorded"""
    learning_rate_factor: Annotated[float, Gt(0), Lt(1)]
    """number between 0 and 1, learning rate in units of the critical one, 2 N / lambda_max of the analytic NTK"""
    ensemble_sizes: Counts
    """increasing list of integers, sizes of the sub-ensembles in the figures, none above the members trained"""

    @model_validator(mode="after")
    def _consistent(self) -> Ising:
        _per_width("members", self.members, self.width)
        _per_width("members_per_shard", self.members_per_shard, self.width)
        if len(set(self.width)) != len(self.width):
            raise ValueError("width: the same width twice")
        for key in ("recorded_steps", "ensemble_sizes"):
            _increasing(key, getattr(self, key))
        if self.recorded_steps[0] != 0:
            raise ValueError("recorded_steps: starts at 0, the initialisation")
        if self.recorded_steps[-1] > self.steps:
            raise ValueError(
                f"recorded_steps: {self.recorded_steps[-1]} is after the last step (steps is {self.steps})"
            )
        if self.ensemble_sizes[-1] > max(self.members):
            raise ValueError(
                f"ensemble_sizes: {self.ensemble_sizes[-1]} members asked, at most {max(self.members)} are trained"
            )
        return self


class Convolutional(Block):
    """A convolutional architecture; the kernels decide whether its convolutions are plain or over the group."""

    filters: Annotated[list[Count], Len(1)]
    """list of integers, side length of each convolution's square filter"""
    padding: Padding
    """VALID (none), SAME (zeros) or CIRCULAR; SAME with an even filter breaks the symmetry and is refused"""
    nonlinearity: Nonlinearity
    """relu, leaky_relu, erf, gelu or identity"""
    weight_variance: Annotated[float, Gt(0)]
    """number > 0, sigma_w^2"""
    bias_variance: Annotated[float, Ge(0)]
    """number >= 0, sigma_b^2"""

    @model_validator(mode="after")
    def _equivariant(self) -> Convolutional:
        _odd_under_same(self.filters, self.padding)
        return self


class KernelIdentity(Block):
    """Exact identities between kernels, augmentation and group convolutions (E2-kernel-identity)."""

    architectures: Count
    """integer >= 1, random convolutional architectures, and as many fully connected ones"""
    image_size: Annotated[int, Ge(5)]
    """integer >= 5, side of the random images in pixels; the largest random filter has side 5"""


class KernelConvergence(Block):
    """Empirical kernels of finite group-convolutional networks against the analytic ones (E2-kernel-convergence)."""

    images: Count
    """integer >= 1, random images between which the kernels are taken"""
    image_size: Count
    """integer >= 1, side of the images in pixels"""
    channels: Count
    """integer >= 1, channels of the images"""
    images_key: Annotated[int, Ge(0), Le(2**64 - 1)]
    """integer >= 0, JAX random key of the images, apart from `seed` so that they can be those of published numbers"""
    network: Convolutional
    outputs: Count
    """integer >= 1, outputs over which the empirical NTK is averaged"""
    width: Counts
    """increasing list of integers, channels per hidden layer"""
    draws: Annotated[int, Ge(10)]
    """integer >= 10, networks drawn at each width"""
    draws_per_shard: Count
    """integer >= 1, networks drawn by one job"""
    bootstrap: Annotated[int, Ge(100)]
    """integer >= 100, bootstrap samples over the draws"""

    @model_validator(mode="after")
    def _consistent(self) -> KernelConvergence:
        _increasing("width", self.width)
        return self


class HistKernel(Block):
    """Classification by infinitely wide networks, with and without group convolutions (E2-hist-kernel)."""

    data: Literal["fashion_mnist", "histology"]
    """fashion_mnist or histology, the images"""
    source: str
    """embedded, stand_in (histology only), full (downloaded if need be), a published file's name, or a path"""
    image_size: Count
    """integer >= 1, side in pixels to which the images are resized; cost grows with its fourth power"""
    network: Convolutional
    training_sizes: Counts
    """increasing list of integers, numbers of training images; smaller sets are the beginnings of the largest"""
    test_images: Annotated[int, Ge(2)]
    """integer >= 2, test images of each repeat"""
    repeats: Annotated[int, Ge(3)]
    """integer >= 3, independent training sets, each with test images of its own"""
    ridge: Annotated[float, Gt(0)]
    """number > 0, in units of the mean diagonal of the training Gram matrix"""
    precision: Literal["float64", "float32"]
    """float64 or float32, in which the kernels are computed"""

    @model_validator(mode="after")
    def _consistent(self) -> HistKernel:
        _increasing("training_sizes", self.training_sizes)
        return self


class CrossProduct(Block):
    """Ensembles that learn an equivariant function of vectors in space (E1-cross-product)."""

    training_pairs: Annotated[int, Ge(2)]
    """integer >= 2, training pairs of vectors before augmentation"""
    test_pairs: Annotated[int, Ge(2)]
    """integer >= 2, pairs in each evaluation set"""
    haar_rotations: Annotated[int, Ge(2)]
    """integer >= 2, random rotations on which equivariance is measured"""
    augmentations: Annotated[list[RotationSets], Len(1)]
    """list of rotation sets that are trained with: none, random8, random24, tetrahedral, octahedral, icosahedral"""
    depth: Count
    """integer >= 1, hidden layers"""
    width: Count
    """integer >= 1, channels per hidden layer"""
    members: Annotated[int, Ge(3)]
    """integer >= 3, networks in each ensemble"""
    members_per_shard: Count
    """integer >= 1, networks trained by one job"""
    recorded_steps: Annotated[list[Annotated[int, Ge(0)]], Len(2)]
    """increasing list of integers from 0, when predictions are recorded; training ends with the last"""
    learning_rate_factor: Annotated[float, Gt(0), Lt(1)]
    """number between 0 and 1, learning rate in units of the critical one of the analytic NTK"""
    ensemble_sizes: Counts
    """increasing list of integers, sizes of the sub-ensembles in the figure, none above the members trained"""

    @model_validator(mode="after")
    def _consistent(self) -> CrossProduct:
        for key in ("recorded_steps", "ensemble_sizes"):
            _increasing(key, getattr(self, key))
        if self.recorded_steps[0] != 0:
            raise ValueError("recorded_steps: starts at 0, the initialisation")
        if self.ensemble_sizes[-1] > self.members:
            raise ValueError(f"ensemble_sizes: {self.ensemble_sizes[-1]} members asked, {self.members} are trained")
        if not set(self.augmentations) & {"tetrahedral", "octahedral", "icosahedral"}:
            raise ValueError("augmentations: at least one group: tetrahedral, octahedral, icosahedral")
        return self


class Filters(Block):
    """Convolutions of a bias-free ReLU network that ends in pooling and a linear layer."""

    filters: Annotated[list[Count], Len(1)]
    """list of integers, side length of each convolution's square filter; one as large as the image, then 1: an MLP"""
    padding: Padding
    """VALID (none), SAME (zeros) or CIRCULAR; SAME with an even filter breaks the symmetry and is refused"""

    @model_validator(mode="after")
    def _equivariant(self) -> Filters:
        _odd_under_same(self.filters, self.padding)
        return self


class Bridge(Block):
    """Networks trained on all rotations against group-convolutional ones (E2-aug-vs-gcnn-mlp, E2-aug-vs-gcnn)."""

    data: Literal["mnist", "fashion_mnist"]
    """mnist or fashion_mnist, the images"""
    source: str
    """embedded (what ships with ntklab), full (downloaded if need be), or a directory that holds the original files"""
    image_size: Count
    """integer >= 1, side in pixels to which the images are resized"""
    training_images: Annotated[int, Ge(2)]
    """integer >= 2, training images before augmentation"""
    test_images: Annotated[int, Ge(2)]
    """integer >= 2, test images, and images of noise"""
    network: Filters
    mismatch: Filters
    weight_variance: Annotated[float, Gt(0)]
    """number > 0, sigma_w^2 of all layers"""
    width: Counts
    """increasing list of integers, channels per hidden layer, of both ensembles of a pair"""
    members: Annotated[int, Ge(6), MultipleOf(2)]
    """even integer >= 6, networks in each ensemble, in pairs of opposite sign at initialisation"""
    members_per_shard: Count
    """integer >= 1, networks trained by one job"""
    recorded_steps: Annotated[list[Annotated[int, Ge(0)]], Len(2)]
    """increasing list of integers from 0, when outputs are recorded; training ends with the last"""
    learning_rate_factor: Annotated[float, Gt(0), Lt(1)]
    """number between 0 and 1, learning rate in units of the critical one of the analytic NTK"""
    ensemble_sizes: Counts
    """increasing list of integers, sizes of the sub-ensembles in the figures, at most half the members trained"""

    @model_validator(mode="after")
    def _consistent(self) -> Bridge:
        for key in ("width", "recorded_steps", "ensemble_sizes"):
            _increasing(key, getattr(self, key))
        if self.recorded_steps[0] != 0:
            raise ValueError("recorded_steps: starts at 0, the initialisation")
        if self.ensemble_sizes[-1] > self.members // 2:
            raise ValueError(
                f"ensemble_sizes: {self.ensemble_sizes[-1]} networks asked, there are {self.members // 2} pairs"
            )
        for key in ("network", "mismatch"):
            _fit(f"{key}.filters", getattr(self, key), self.image_size)
        return self


class ImageNetwork(Block):
    """Member of an image ensemble: 3x3 convolutions with padding, pooling, ReLU; linear layers; linear."""

    channels: Counts
    """list of integers, channels of each convolution"""
    pooled: Count
    """integer >= 1, so many convolutions, the first ones, are followed by 2x2 average pooling"""
    hidden: list[Count]
    """list of integers, channels of the hidden linear layers; [] for none"""

    @model_validator(mode="after")
    def _consistent(self) -> ImageNetwork:
        if self.pooled > len(self.channels):
            raise ValueError(f"pooled: {self.pooled}, but there are {len(self.channels)} convolutions")
        return self


class ImageEnsembles(Block):
    """Ensembles of image classifiers trained on rotated images (E1-fmnist-*, E1-so2-partial, E1-hist-* ...)."""

    data: Literal["fashion_mnist", "histology"]
    """fashion_mnist or histology, the training images"""
    source: str
    """embedded, stand_in (histology only), full (downloaded if need be), a published file's name, or a path"""
    image_size: Count
    """integer >= 1, side in pixels to which the images are resized"""
    training_images: Annotated[int, Ge(2)]
    """integer >= 2, training images before augmentation, equally many of each class"""
    test_images: Annotated[int, Ge(2)]
    """integer >= 2, test images on whose rotations invariance is measured"""
    ood: Annotated[dict[OodSet, str], Len(1)]
    """sets off distribution (mnist, cifar10, photographs, noise), each with its source: embedded, full or a path"""
    ood_images: Annotated[int, Ge(2)]
    """integer >= 2, images of each set off distribution"""
    groups: Annotated[list[Annotated[str, Field(pattern=r"^c[1-9]\d*$")]], Len(1)]
    """list of groups c4, c8, ..., whose full orbits are trained on, one ensemble each"""
    angles: Annotated[int, Ge(4)]
    """integer >= 4, equally spaced angles at which models are evaluated, a multiple of every group's order"""
    network: ImageNetwork
    members: Annotated[int, Ge(3)]
    """integer >= 3, networks in each ensemble"""
    members_per_shard: Count
    """integer >= 1, networks trained by one job"""
    control_members: Annotated[int, Ge(3)]
    """integer >= 3, networks of the control, trained without augmentation"""
    rivals: Annotated[int, Ge(0)]
    """integer >= 0, steerable and canonicalised networks for each group; 0 for none"""
    steps: Count
    """integer >= 1, steps of Adam, the same for all groups and models"""
    batch: Count
    """integer >= 1, samples in a mini-batch"""
    learning_rate: Annotated[float, Gt(0)]
    """number > 0, of Adam"""
    recorded_steps: Annotated[list[Annotated[int, Ge(0)]], Len(2)]
    """increasing list of integers from 0 to steps, when logits are recorded on quarter turns"""
    recorded_images: Annotated[int, Ge(2)]
    """integer >= 2, images of each set whose logits are recorded over training time"""
    ensemble_sizes: Annotated[list[Count], Len(2)]
    """increasing list of two integers or more, from 1, sizes of the disjoint ensembles in the figures, none above the members"""

    @model_validator(mode="after")
    def _consistent(self) -> ImageEnsembles:
        for key in ("recorded_steps", "ensemble_sizes"):
            _increasing(key, getattr(self, key))
        if self.recorded_steps[0] != 0 or self.recorded_steps[-1] != self.steps:
            raise ValueError(f"recorded_steps: from 0, the initialisation, to the last step, {self.steps}")
        if self.ensemble_sizes[0] != 1 or self.ensemble_sizes[-1] > self.members:
            raise ValueError(f"ensemble_sizes: from 1 to at most {self.members}, the members trained")
        for group in self.groups:
            order = int(group.removeprefix("c"))
            if order % 4 or self.angles % order:
                raise ValueError(
                    f"groups: {group}: the order is a multiple of 4 (quarter turns permute pixels) that divides angles, "
                    f"{self.angles}"
                )
        size = self.image_size
        for _ in range(self.network.pooled):
            if size % 2:
                raise ValueError(f"network.pooled: 2x2 pooling of maps of side {size} drops a row, which breaks C4")
            size //= 2
        if self.data == "histology" and "mnist" in self.ood:
            raise ValueError("ood.mnist: its images are grey, those of histology in colour")
        return self


class Scan(Block):
    """Networks drawn for one kind of scan of the statistics at finite width."""

    width: Annotated[list[Annotated[int, Ge(2)]], Len(1)]
    """increasing list of integers >= 2, neurons per hidden layer"""
    depth: Annotated[int, Ge(3)]
    """integer >= 3, layers of weights; one hidden layer less"""
    networks_per_batch: Annotated[int, Ge(2)]
    """integer >= 2, networks in one batch; standard errors are over batches"""
    batches: Annotated[int, Ge(4)]
    """integer >= 4, independent batches at each width; 30 or more give reliable standard errors"""
    batches_per_shard: Annotated[int, Ge(2)]
    """integer >= 2, batches drawn by one job"""

    @model_validator(mode="after")
    def _consistent(self) -> Scan:
        _increasing("width", self.width)
        if self.batches % self.batches_per_shard == 1:
            raise ValueError(f"batches_per_shard: {self.batches} batches would leave one batch alone in the last job")
        return self


class FiniteWidth(Block):
    """Statistics of networks and their NTK at order 1/width, from recursions and from networks (E3-fig01 to E3-fig25)."""

    estimator: Literal["averaged", "printed"]
    """averaged (over the last weights, exactly; less noise) or printed (those of the paper, with a bias of order 1/width)"""
    width_scan: Scan
    depth_scan: Scan
    tensor_scan: Scan

    @model_validator(mode="after")
    def _consistent(self) -> FiniteWidth:
        if len(self.depth_scan.width) != 1:
            raise ValueError("depth_scan.width: one width")
        for key, scan, depth in (("width_scan", self.width_scan, 4), ("tensor_scan", self.tensor_scan, 3)):
            if scan.depth != depth:
                raise ValueError(f"{key}.depth: {depth}, the layer that the figures show")
        return self


class Diagrams(Block):
    """Feynman diagrams of the tensors at order 1/width, checked against the solver and sampled networks (E3-diagrams-*)."""

    activations: Annotated[list[Literal["gelu", "erf", "tanh"]], Len(1)]
    """list of gelu, erf, tanh: activations of the random layers on which diagrams and solver are compared"""
    layers: Count
    """integer >= 1, random layers for each activation"""
    width: Annotated[list[Annotated[int, Ge(2)]], Len(2)]
    """increasing list of integers >= 2, widths of the sampled networks, from which 1/width is extrapolated to 0"""
    networks: Annotated[int, Ge(400)]
    """integer >= 400, networks sampled at each width"""

    @model_validator(mode="after")
    def _consistent(self) -> Diagrams:
        _increasing("width", self.width)
        return self


class Config(Block):
    """Everything that decides what is computed. Threads, memory and partitions are in profiles/."""

    scale: Scale
    """smoke, laptop or paper: how much is computed, never what"""
    seed: Annotated[int, Ge(0), Le(2**63)]
    """integer >= 0, root of every random draw"""
    device: Literal["cpu", "cuda"]
    """cpu or cuda, where ensembles are trained"""
    members_per_chunk: Count
    """integer >= 1, members trained at once: 1 on a CPU (they share its cache), 64 to 256 on a GPU"""
    downloads: str
    """folder for what is downloaded, kept when results are deleted"""
    mirrors: list[str]
    """list of URLs of folders in which published files are looked for first"""
    ising: Ising
    rotated_fashion_mnist: ImageEnsembles
    histology: ImageEnsembles
    kernel_identity: KernelIdentity
    kernel_convergence: KernelConvergence
    hist_kernel: HistKernel
    aug_vs_gcnn_mlp: Bridge
    aug_vs_gcnn: Bridge
    cross_product: CrossProduct
    finite_width: FiniteWidth
    diagrams: Diagrams


def at_scale(values: Any, scale: str, place: str = "") -> Any:
    """Replace every mapping smoke/laptop/paper in nested config values by its entry for `scale`."""
    if not isinstance(values, Mapping):
        return values
    if set(values) & set(SCALES):
        if set(values) != set(SCALES):
            raise ConfigError(
                f"{place}: a value by scale names exactly smoke, laptop and paper, not {', '.join(values)}"
            )
        return values[scale]
    return {key: at_scale(value, scale, f"{place}.{key}".lstrip(".")) for key, value in values.items()}


def _block(path: tuple[Any, ...]) -> type[BaseModel]:
    """The model of the block in which the last key of `path` stands."""
    block: type[BaseModel] = Config
    for key in path[:-1]:
        annotation = block.model_fields[key].annotation if key in block.model_fields else None
        if not (isinstance(annotation, type) and issubclass(annotation, BaseModel)):
            break
        block = annotation
    return block


def _describe(block: type[BaseModel], key: str) -> str:
    field = block.model_fields[key]
    return field.description or (typing.cast(type, field.annotation).__doc__ or "")


def _known_keys(block: type[BaseModel]) -> str:
    return "Known keys: " + ", ".join(block.model_fields)


def _line(error: Mapping[str, Any]) -> str:
    """One error of pydantic as `ising.width: what is wrong (what is allowed)`."""
    path, kind = tuple(error["loc"]), error["type"]
    names = [key for key in path if isinstance(key, str)]
    place, block = ".".join(names), _block(tuple(names))
    if kind == "extra_forbidden":
        close = difflib.get_close_matches(names[-1], block.model_fields, n=1)
        hint = (
            f'Did you mean "{close[0]}"? ({_describe(block, close[0])})'
            if close
            else "Known keys: " + ", ".join(block.model_fields)
        )
        return f"{place}: unknown key. {hint}"
    if kind == "value_error":
        return ".".join([*names, str(error["ctx"]["error"])])
    received = "" if kind == "missing" else f", not {error['input']!r}"
    message = {"missing": "missing", "model_type": "a block of keys is needed"}.get(kind) or (
        error["msg"][0].lower() + error["msg"][1:]
    )
    described = f" ({_describe(block, names[-1])})" if names and names[-1] in block.model_fields else ""
    return f"{place}: {message}{received}{described}"


def load(values: Mapping[str, Any]) -> Config:
    """The config at its own scale, from the merged values of `config.yaml`, extra files and the command line.

    All three scales are checked. `ConfigError` is one line, `key: what is wrong (what is allowed)`.
    """
    chosen = values.get("scale")
    if chosen not in SCALES:
        close = difflib.get_close_matches(str(chosen), SCALES, n=1)
        hint = f'Did you mean "{close[0]}"? ' if close else ""
        raise ConfigError(f"scale: {chosen!r} is not a scale. {hint}(one of {', '.join(SCALES)})")
    configs = {scale: _load_at(values, scale) for scale in (chosen, *SCALES)}
    return configs[chosen]


def _load_at(values: Mapping[str, Any], scale: str) -> Config:
    try:
        return Config.model_validate(at_scale(values, scale))
    except ValidationError as error:
        # A misspelt key is also a missing one; the spelling is what helps.
        first = min(error.errors(), key=lambda found: found["type"] != "extra_forbidden")
        raise ConfigError(f"{_line(first)} [scale {scale}]") from None


def json_schema() -> str:
    """JSON schema of config.yaml, in which every value may also be a mapping smoke/laptop/paper."""
    schema = Config.model_json_schema()
    for block in (schema, *schema["$defs"].values()):
        for name, value in block["properties"].items():
            if name != "scale" and "$ref" not in value:
                description = {k: value.pop(k) for k in ("description", "title") if k in value}
                ladder = {"type": "object", "required": list(SCALES), "additionalProperties": False}
                ladder["properties"] = dict.fromkeys(SCALES, value)
                block["properties"][name] = {**description, "anyOf": [value, ladder]}
    return json.dumps(schema, indent=2) + "\n"
