"""What `train` and `train_modules` take, and what they refuse."""

import numpy as np
import pytest
import torch
from torch import nn

from ntklab.ensembles import train
from ntklab.ensembles.modules import train_modules
from ntklab.errors import InputError

X, Y = np.random.default_rng(0).normal(size=(3, 2, 4)), np.array([1.0, -1.0, 0.5])
OPTIONS = {
    "experiment": "t", "depth": 1, "width": 8, "members": 2, "learning_rate": 0.1, "seed": 1, "recorded_steps": [0, 4],
    "log": lambda _: None,
}  # fmt: skip


def trained(x=X, y=Y, evaluation=None, **changes):
    return train(x, y, {"x": X} if evaluation is None else evaluation, **(OPTIONS | changes))


def modules(x=X[:, 0], y=Y[:, None], evaluation=None, **changes):
    def build(member):
        torch.manual_seed(member)
        return nn.Linear(4, 1)

    options = {key: OPTIONS[key] for key in ("members", "learning_rate", "recorded_steps", "log")}
    return train_modules(build, x, y, {"x": X[:, 0]} if evaluation is None else evaluation, **(options | changes))


@pytest.mark.parametrize("run", [trained, modules])
@pytest.mark.parametrize("members", [2, np.int64(2), [0, 1], np.array([0, 1]), range(2)], ids=repr)
def test_a_number_of_members_is_the_first_ones(run, members):
    found = run(members=members, recorded_steps=np.array([0, 4]))
    assert found.predictions["x"].tobytes() == run().predictions["x"].tobytes()
    assert found.loss.shape == (2, 2)


def test_arrays_as_callers_have_them():
    expected = trained().predictions["x"]
    for convert in (np.ndarray.tolist, torch.from_numpy, lambda a: torch.tensor(a, requires_grad=True)):
        found = trained(convert(X), convert(Y), {"x": convert(X)}, depth=np.int64(1)).predictions["x"]
        assert found.tobytes() == expected.tobytes()


def test_initialisation_alone_can_be_asked_for():
    assert trained(recorded_steps=[0]).predictions["x"].shape == (2, 1, 3, 2)


COMMON = [
    ({"x": X * 1j}, "x: complex numbers"),
    ({"x": X * np.nan}, "x: NaN or infinity"),
    ({"x": X[..., :0]}, "x: shape"),
    ({"y": Y[:2]}, "y: shape (2,"),
    ({"evaluation": {"test": X[..., :3]}}, "evaluation['test']: shape"),
    ({"evaluation": X}, "evaluation: a ndarray; expected sets of inputs by name"),
    ({"members": 0}, "members=0: expected a whole number, at least 1"),
    ({"members": []}, "members: none"),
    ({"members": 2.5}, "members=2.5: expected a whole number"),
    ({"members": True}, "members=True: expected a whole number"),
    ({"members": [-1]}, "members=-1: expected a whole number"),
    ({"recorded_steps": [0, 0]}, "recorded_steps=[0, 0]: expected numbers of steps that increase"),
    ({"recorded_steps": []}, "recorded_steps=[]"),
    ({"recorded_steps": [0.5]}, "recorded_steps=0.5"),
    ({"learning_rate": 0.0}, "learning_rate=0.0: expected a positive number"),
    ({"learning_rate": np.nan}, "learning_rate=nan"),
]
OF_TRAIN = [
    ({"x": X[0]}, "x: shape (2, 4); expected shape (input, element, feature, ...)"),
    ({"y": X[:, :, 0]}, "y: shape (3, 2); expected shape (3,) or (3, 2, outputs)"),
    ({"depth": 0}, "depth=0: expected a whole number, at least 1"),
    ({"width": 2.0}, "width=2.0: expected a whole number, at least 1"),
]
OF_MODULES = [
    ({"x": X[0, 0]}, "x: shape (4,); expected shape (sample, feature, ...)"),
    ({"y": Y}, "y: shape (3,); expected shape (3, output)"),
]


@pytest.mark.parametrize(
    ("run", "changes", "message"),
    [(run, *case) for run, own in ((trained, OF_TRAIN), (modules, OF_MODULES)) for case in COMMON + own],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_refusals_are_one_line_that_names_the_argument(run, changes, message):
    with pytest.raises(InputError) as refused:
        run(**changes)
    assert message in str(refused.value) and "\n" not in str(refused.value)
