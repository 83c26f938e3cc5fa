"""Mistakes in the block of the image experiments: one line, which names the key."""

import pytest

from ntklab.pipeline.config import ConfigError, load

BLOCK = "rotated_fashion_mnist"


def at_smoke(values: dict, key: str, value, name: str = BLOCK) -> dict:
    """The config with another value in the named block at the smoke scale, the only one that is looked at first."""
    block = values[name]
    old = (
        block[key]
        if isinstance(block[key], dict) and "smoke" in block[key]
        else dict.fromkeys(("laptop", "paper"), block[key])
    )
    block[key] = {**old, "smoke": value}
    return {**values, "scale": "smoke"}


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("members", [6], "members: 1 numbers for 2 groups"),
        ("members", [6, 6, 6], "members: 3 numbers for 2 groups"),
        ("members", 6, "members: input should be a valid list, not 6 (list of integers >= 3"),
        ("members", [6, 2], "members: input should be greater than or equal to 3, not 2 (list of integers >= 3"),
        ("rivals", [3], "rivals: 1 numbers for 2 groups"),
        ("rivals", [-1, 3], "rivals: input should be greater than or equal to 0, not -1 (list of integers, 0 or >= 3"),
        ("ood", {"noise": "generated"}, "ood: a set beside noise, which is in no average over sets"),
        ("ood", {}, "ood: dictionary should have at least 1 item"),
        ("ensemble_sizes", [1, 7], "ensemble_sizes: from 1 to at most 6, the members trained"),
        ("ensemble_sizes", [2, 3], "ensemble_sizes: from 1 to at most 6, the members trained"),
        ("ensemble_sizes", [1, 3, 2], "ensemble_sizes: not increasing"),
        ("ensemble_sizes", [1], "ensemble_sizes: list should have at least 2 items"),
        ("recorded", [0.1, 1], "recorded: from 0, the initialisation, to 1, the end of training"),
        ("recorded", [0, 0.5], "recorded: from 0, the initialisation, to 1, the end of training"),
        (
            "recorded",
            [0, 1.5],
            "recorded: input should be less than or equal to 1, not 1.5 (increasing list of numbers",
        ),
        ("recorded", [0, 0.5, 0.5, 1], "recorded: not increasing"),
        ("epochs", 0, "epochs: input should be greater than 0, not 0"),
        ("angle_members", 7, "angle_members: at most 6, the members of the smallest ensemble"),
        ("angle_images", 2, "angle_images: input should be greater than or equal to 3, not 2"),
        ("test_images", 19, "test_images: input should be greater than or equal to 20, not 19"),
        ("ood_images", 19, "ood_images: input should be greater than or equal to 20, not 19"),
        ("control_members", 2, "control_members: input should be greater than or equal to 3, not 2"),
    ],
)
def test_a_mistake_is_one_line_with_key_and_remedy(values, key, value, said):
    with pytest.raises(ConfigError) as error:
        load(at_smoke(values, key, value))
    assert str(error.value).startswith(f"{BLOCK}.{said}") and "\n" not in str(error.value)


@pytest.mark.parametrize("block", [BLOCK, "histology"])
@pytest.mark.parametrize("number", [1, 2])
def test_rivals_are_none_or_as_many_as_an_interval_needs(values, block, number):
    with pytest.raises(ConfigError) as error:
        load(at_smoke(values, "rivals", [3, number][-len(values[block]["groups"]) :], block))
    assert str(error.value).startswith(f"{block}.rivals: none, or at least 3 of each group")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("rivals", [[0, 3], [0, 0]])
def test_what_is_compared_with_rivals_has_some_of_each_group(values, rivals):
    with pytest.raises(ConfigError, match=rf"{BLOCK}\.rivals: at least 3 of each group, with which"):
        load(at_smoke(values, "rivals", rivals))


@pytest.mark.parametrize("rivals", [[0], [3]])
def test_histology_needs_no_rivals(values, rivals):
    assert load(at_smoke(values, "rivals", rivals, "histology")).histology.rivals == rivals


@pytest.mark.parametrize(("key", "value"), [("angles", 0), ("angle_members", 5), ("angle_members", 3)])
def test_the_networks_evaluated_at_all_angles_form_several_ensembles(values, key, value):
    values = at_smoke(values, "ensemble_sizes", [1, 5])
    said = rf"{BLOCK}\.angles: not 0, and more than 5 angle_members, which form several ensembles"
    with pytest.raises(ConfigError, match=said):
        load(at_smoke(values, key, value))


@pytest.mark.parametrize(("key", "value", "fewest"), [("members", [20, 6], 6), ("control_members", 4, 4)])
def test_a_size_of_which_the_fewest_networks_form_one_at_most_is_not_the_second(values, key, value, fewest):
    """All networks, the control's among them, have single ones and several ensembles of one size at least."""
    values = at_smoke(values, key, value)
    said = rf"{BLOCK}\.ensemble_sizes: a second one of which all networks form several, below {fewest}"
    for second in (fewest, fewest + 1):
        with pytest.raises(ConfigError, match=said):
            load(at_smoke(values, "ensemble_sizes", [1, second] if key == "control_members" else [1, second, 10]))
    sizes = [1, fewest - 1, 6]
    assert load(at_smoke(values, "ensemble_sizes", sizes)).rotated_fashion_mnist.ensemble_sizes == sizes


@pytest.mark.parametrize(
    ("key", "value"), [("rivals", [3, 4]), ("ood", {"tissue": "embedded"}), ("recorded", [0, 1]), ("epochs", 0.5)]
)
def test_what_is_no_mistake(values, key, value):
    assert getattr(load(at_smoke(values, key, value)).rotated_fashion_mnist, key) == value
