"""The config: its ladder of scales, what is generated from its descriptions, and one clear line for every mistake."""

import json
import re
from collections.abc import Iterator

import jsonschema
import pytest
from pydantic import BaseModel

from ntklab.activations import ACTIVATIONS
from ntklab.data.catalogue import CATALOGUE
from ntklab.pipeline.catalogue import experiments
from ntklab.pipeline.config import HOW, SCALES, Config, ConfigError, General, describe, json_schema, load, with_comments


def put(values: dict, path: str, value) -> None:
    *blocks, key = path.split(".")
    for block in blocks:
        values = values[block]
    values[key] = value


@pytest.mark.parametrize("scale", SCALES)
def test_every_scale_of_the_shipped_config_is_valid(values, scale):
    assert load({**values, "scale": scale}).scale == scale


def test_a_ladder_gives_each_scale_its_own_value(values):
    put(values, "ising.steps", {"smoke": 100, "laptop": 300, "paper": 1000})
    assert [load({**values, "scale": scale}).ising.steps for scale in SCALES] == [100, 300, 1000]


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ("ising.widht", [512], 'ising.widht: unknown key. Did you mean "width"? (increasing list of integers'),
        ("iisng", {}, 'iisng: unknown key. Did you mean "ising"?'),
        ("ising.control.membres", 3, 'ising.control.membres: unknown key. Did you mean "members"?'),
        ("ising.zebra", 3, "ising.zebra: unknown key. Known keys: lattice_size, coupling, "),
        ("ising.width", "wide", "ising.width: input should be a valid list, not 'wide' (increasing list of integers"),
        ("ising.steps", 1.5, "ising.steps: input should be a valid integer, not 1.5"),
        ("ising.beta", -0.5, "ising.beta: input should be greater than or equal to 0, not -0.5 (number >= 0, inverse"),
        ("ising.width", [0, 5, 6], "ising.width: input should be greater than or equal to 1, not 0"),
        ("ising.members_per_shard", [5, 5], "ising.members_per_shard: 2 values for 4 widths"),
        ("ising.members", 7, "ising.members: input should be a multiple of 2, not 7 (even integer >= 6"),
        ("ising.width", [5, 5, 6, 7], "ising.width: not increasing"),
        ("ising.ensemble_sizes", [1, 5000], "ising.ensemble_sizes: 5000 networks asked, there are 320 pairs"),
        ("ising.recorded_steps", [0, 5000], "ising.recorded_steps: 5000 is after the last step (steps is 300)"),
        ("ising.recorded_steps", [1, 2], "ising.recorded_steps: starts at 0"),
        ("ising.recorded_steps", [0, 2, 2], "ising.recorded_steps: not increasing"),
        ("ising.learning_rate_factor", 1.0, "ising.learning_rate_factor: input should be less than 1, not 1.0"),
        ("ising.group", "c5", "ising.group: input should be 'c2', 'c4', 'd1', 'd2' or 'd4', not 'c5'"),
        ("ising.group", "c1", "ising.group: input should be 'c2', 'c4', 'd1', 'd2' or 'd4', not 'c1'"),
        ("ising.control", 3, "ising.control: a block of keys is needed, not 3"),
        (
            "ising.steps",
            {"smoke": 1, "laptop": 2},
            "ising.steps: a value by scale names exactly smoke, laptop and paper",
        ),
        ("scale", "latpop", "scale: 'latpop' is not a scale. Did you mean \"laptop\"? (one of smoke, laptop, paper)"),
        ("kernel_convergence.width", [4, 2], "kernel_convergence.width: not increasing"),
        ("so3_convergence.width", [4, 2], "so3_convergence.width: not increasing"),
        ("so3_convergence.grid", 1, "so3_convergence.grid: at least 2, the bandlimit of the network"),
        (
            "hist_kernel.network",
            {
                "filters": [3, 2],
                "padding": "SAME",
                "nonlinearity": "relu",
                "weight_variance": 1.0,
                "bias_variance": 0.0,
            },
            "hist_kernel.network.filters: even filters with SAME padding do not commute with rotations",
        ),
        (
            "hist_kernel.network.nonlinearity",
            "swish",
            "hist_kernel.network.nonlinearity: unknown activation 'swish'; known: relu, leaky_relu, ",
        ),
        (
            "hist_kernel.data",
            "fashionmnist",
            "hist_kernel.data: input should be 'fashion_mnist', 'histology', 'mnist' or 'cifar10', not 'fashionmnist'",
        ),
        ("hist_kernel.training_sizes", [8, 8], "hist_kernel.training_sizes: not increasing"),
        ("molecules.training_sizes", [10, 400], "molecules.source: 3000 molecules are needed"),
        ("molecules.spherical.bandlimit", 7, "molecules.spherical.bandlimit: at most 4, the smallest of the grids"),
        ("molecules.bandlimit", 3, "molecules.bandlimit: input should be greater than or equal to 4, not 3"),
        (
            "molecules.invariance.training_molecules",
            301,
            "molecules.invariance.training_molecules: at most 300, the largest training set",
        ),
        ("aug_vs_gcnn.network.filters", [7, 2], "aug_vs_gcnn.network.filters: a filter of side 2 does not fit"),
        ("aug_vs_gcnn.members", 7, "aug_vs_gcnn.members: input should be a multiple of 2, not 7"),
        ("aug_vs_gcnn.ensemble_sizes", [1, 70], "aug_vs_gcnn.ensemble_sizes: 70 networks asked, there are 50 pairs"),
        ("cross_product.augmentations", ["cubic"], "cross_product.augmentations: input should be 'none', 'random8'"),
        ("cross_product.augmentations", ["none"], "cross_product.augmentations: at least one group: tetrahedral"),
        (
            "cross_product.ensemble_sizes",
            [1, 99],
            "cross_product.ensemble_sizes: 99 networks asked, there are 36 pairs",
        ),
        (
            "rotated_fashion_mnist.groups",
            ["c4", "c10", "c16"],
            "rotated_fashion_mnist.groups: c10: the order is a multiple of 4 (quarter turns permute pixels) that divides",
        ),
        (
            "rotated_fashion_mnist.data",
            "cifar10",
            "rotated_fashion_mnist.ood.mnist: its images are grey, those of cifar10 in colour",
        ),
        ("rotated_fashion_mnist.network.pooled", 9, "rotated_fashion_mnist.network.pooled: 9, but there are"),
        ("finite_width.depth_scan.width", [8, 16], "finite_width.depth_scan.width: one width"),
        ("finite_width.width_scan.depth", 5, "finite_width.width_scan.depth: 4, the layer that the figures show"),
        ("precision", "bf16", "precision: input should be 'float32' or 'tf32', not 'bf16'"),
        ("device", "tpu", "device: input should be 'cpu' or 'cuda', not 'tpu'"),
    ],
)
def test_a_mistake_is_one_line_with_key_and_remedy(values, path, value, said):
    put(values, path, value)
    with pytest.raises(ConfigError) as error:
        load(values)
    assert str(error.value).startswith(said)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("name", [*ACTIVATIONS, "leaky_relu(0.1)"])
def test_every_activation_can_be_named(values, name):
    put(values, "hist_kernel.network.nonlinearity", name)
    assert load(values).hist_kernel.network.nonlinearity == name


@pytest.mark.parametrize("name", CATALOGUE)
def test_every_image_set_can_be_named(values, name):
    put(values, "hist_kernel.data", name)
    put(values, "histology.data", name)
    config = load(values)
    assert config.hist_kernel.data == config.histology.data == name


def test_a_missing_key_is_named(values):
    del values["ising"]["width"]
    with pytest.raises(ConfigError, match=r"ising.width: missing \(increasing list of integers"):
        load(values)


def test_a_mistake_at_another_scale_is_found_too(values):
    put(values, "ising.steps", {"smoke": 100, "laptop": 300, "paper": 0})
    with pytest.raises(ConfigError, match=r"ising.steps: .*not 0.*\[scale paper\]"):
        load(values)


def test_the_schema_file_is_the_one_the_config_generates(project):
    text = (project / "workflow/schemas/config.schema.json").read_text()
    assert text == json_schema(), "make it anew: ./run ntklab write-config-schema"


def test_the_schema_accepts_the_config_and_refuses_an_unknown_key(values):
    schema = json.loads(json_schema())
    jsonschema.validate(values, schema)
    put(values, "ising.widht", 3)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(values, schema)


MAKE_ANEW = "make it anew: ./run ntklab write-config-schema"


def blocks(block: type[BaseModel] = Config) -> Iterator[type[BaseModel]]:
    """The config's model and those of all blocks in it."""
    yield block
    for field in block.model_fields.values():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from blocks(field.annotation)


def test_every_key_is_described_once_in_words_of_its_own():
    """A key by the string below its field, a block by its docstring: error messages and comments quote them."""
    found = list(blocks())
    assert set(experiments()) <= set(Config.model_fields) and len(found) > len(experiments())
    for block in found:
        for key, field in block.model_fields.items():
            is_block = isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel)
            said = field.annotation.__doc__ if is_block else field.description
            assert said and describe(block, key) == " ".join(said.split()), f"{block.__name__}.{key} is not described"
            assert not (is_block and field.description), f"{block.__name__}.{key} is described twice"


def test_the_comments_of_the_config_are_the_descriptions(project):
    text = (project / "config.yaml").read_text()
    assert text == with_comments(text), MAKE_ANEW


def test_comments_are_written_from_the_descriptions_and_from_nothing_else(project):
    text = (project / "config.yaml").read_text()
    head, _, body = text.partition("\n\n")
    bare = head + "\n\n" + "\n".join(line for line in body.splitlines() if "#" not in line)
    assert bare.count("\n") < text.count("\n")
    assert with_comments(bare) == text
    edited = text.replace("  lattice_size: 5", "  # mine\n  lattice_size: 5  # and this")
    assert edited != text and with_comments(edited) == text
    other_value = text.replace("  lattice_size: 5", "  lattice_size: 7")
    assert with_comments(other_value) == other_value


@pytest.mark.parametrize("key", ["ising.width", "histology.ood", "finite_width.width_scan.batches", "scale"])
def test_each_key_has_its_comment_above_it(project, key):
    lines = (project / "config.yaml").read_text().splitlines()
    place, block = 0, Config
    *path, last = key.split(".")
    for depth, name in enumerate(path):
        place = next(i for i in range(place, len(lines)) if lines[i].startswith("  " * depth + name + ":"))
        block = block.model_fields[name].annotation
    place = next(i for i in range(place, len(lines)) if lines[i].startswith("  " * len(path) + last + ":"))
    comment = []
    while lines[place - 1].strip().startswith("#"):
        place -= 1
        comment.insert(0, lines[place].strip().removeprefix("# "))
    assert " ".join(comment) == describe(block, last)


def params_of_rules(text: str) -> Iterator[str]:
    """The `params:` sections of a rule file."""
    for start in re.finditer(r"^( *)params:.*\n", text, flags=re.MULTILINE):
        deeper = re.compile(rf"(?:{start[1]} +.*\n|\n)*")
        yield start[0] + deeper.match(text, start.end())[0]


def test_how_something_is_computed_is_no_param_of_any_rule(project):
    """What is in `params` decides about reruns: the device and its like stand in shell commands."""
    assert set(HOW) <= set(General.model_fields)
    paths = list((project / "workflow/rules").glob("*.smk"))
    sections = [section for path in paths for section in params_of_rules(path.read_text())]
    assert len(sections) > 30 and "code=step_code" in "".join(sections)
    assert [section for section in sections if re.search(rf"\b({'|'.join(HOW)})\b", section)] == []
