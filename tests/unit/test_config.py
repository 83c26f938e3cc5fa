"""The config: its ladder of scales, its generated schema, and one clear line for every mistake."""

import json

import jsonschema
import pytest

from ntklab.pipeline.config import SCALES, ConfigError, json_schema, load


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
        ("ising.widht", [512], 'ising.widht: unknown key. Did you mean "width"? (list of integers, channels'),
        ("iisng", {}, 'iisng: unknown key. Did you mean "ising"?'),
        ("ising.control.membres", 3, 'ising.control.membres: unknown key. Did you mean "members"?'),
        ("ising.zebra", 3, "ising.zebra: unknown key. Known keys: lattice_size, coupling, "),
        ("ising.width", "wide", "ising.width: input should be a valid list, not 'wide' (list of integers"),
        ("ising.steps", 1.5, "ising.steps: input should be a valid integer, not 1.5"),
        ("ising.beta", -0.5, "ising.beta: input should be greater than or equal to 0, not -0.5 (number >= 0, inverse"),
        ("ising.width", [0, 5, 6], "ising.width: input should be greater than or equal to 1, not 0"),
        ("ising.members", [5, 5], "ising.members: 2 values for 3 widths"),
        ("ising.width", [5, 5, 6], "ising.width: the same width twice"),
        ("ising.ensemble_sizes", [1, 5000], "ising.ensemble_sizes: 5000 members asked, at most 1000 are trained"),
        ("ising.recorded_steps", [0, 5000], "ising.recorded_steps: 5000 is after the last step (steps is 300)"),
        ("ising.recorded_steps", [1, 2], "ising.recorded_steps: starts at 0"),
        ("ising.recorded_steps", [0, 2, 2], "ising.recorded_steps: not increasing"),
        ("ising.learning_rate_factor", 1.0, "ising.learning_rate_factor: input should be less than 1, not 1.0"),
        ("ising.group", "c5", "ising.group: input should be 'c2' or 'c4', not 'c5'"),
        ("ising.group", "c1", "ising.group: input should be 'c2' or 'c4', not 'c1'"),
        ("ising.control", 3, "ising.control: a block of keys is needed, not 3"),
        (
            "ising.steps",
            {"smoke": 1, "laptop": 2},
            "ising.steps: a value by scale names exactly smoke, laptop and paper",
        ),
        ("scale", "latpop", "scale: 'latpop' is not a scale. Did you mean \"laptop\"? (one of smoke, laptop, paper)"),
        ("kernel_convergence.width", [4, 2], "kernel_convergence.width: not increasing"),
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
            "tanh",
            "hist_kernel.network.nonlinearity: input should be 'relu', 'leaky",
        ),
        (
            "hist_kernel.data",
            "fashionmnist",
            "hist_kernel.data: input should be 'fashion_mnist' or 'histology', not 'fashionmnist'",
        ),
        ("hist_kernel.training_sizes", [8, 8], "hist_kernel.training_sizes: not increasing"),
        ("aug_vs_gcnn.network.filters", [14, 2], "aug_vs_gcnn.network.filters: a filter of side 2 does not fit"),
        ("aug_vs_gcnn.members", 7, "aug_vs_gcnn.members: input should be a multiple of 2, not 7"),
        ("aug_vs_gcnn.ensemble_sizes", [1, 20], "aug_vs_gcnn.ensemble_sizes: 20 networks asked, there are 14 pairs"),
        ("cross_product.augmentations", ["cubic"], "cross_product.augmentations: input should be 'none', 'random8'"),
        ("cross_product.augmentations", ["none"], "cross_product.augmentations: at least one group: tetrahedral"),
        ("cross_product.ensemble_sizes", [1, 99], "cross_product.ensemble_sizes: 99 members asked, 24 are trained"),
        ("device", "tpu", "device: input should be 'cpu' or 'cuda', not 'tpu'"),
    ],
)
def test_a_mistake_is_one_line_with_key_and_remedy(values, path, value, said):
    put(values, path, value)
    with pytest.raises(ConfigError) as error:
        load(values)
    assert str(error.value).startswith(said)
    assert "\n" not in str(error.value)


def test_a_missing_key_is_named(values):
    del values["ising"]["width"]
    with pytest.raises(ConfigError, match=r"ising.width: missing \(list of integers"):
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


def test_every_key_of_the_config_is_explained(project):
    """A key with a value has its comment on the same line, or on the line that opens its ladder or block."""
    lines = (project / "config.yaml").read_text().splitlines()
    unexplained = [
        line
        for above, line in zip(["", *lines], lines, strict=False)
        if ":" in line.split("#")[0]
        and "#" not in line
        and line.split(":")[0].strip() not in SCALES
        and "#" not in above
    ]
    assert unexplained == []
