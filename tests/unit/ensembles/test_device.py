"""What is set on a GPU and set back, who sets it, and that a GPU's numbers are a CPU's."""

import os

import numpy as np
import pytest
import torch

from ntklab.ensembles import train
from ntklab.ensembles.classifiers import Descent, train_classifiers
from ntklab.ensembles.device import computing_on
from ntklab.ensembles.modules import train_modules
from ntklab.errors import InputError
from ntklab.nets.image_classifiers import build_classifier
from ntklab.nets.layers import Dense

RNG = np.random.default_rng(15)
IMAGES, LABELS = RNG.random((12, 4, 8, 8, 1), dtype=np.float32), RNG.integers(3, size=12)
TARGETS = RNG.normal(size=12)
SILENT = {"log": lambda line: None}


def build(member: int) -> torch.nn.Module:
    shape = {"size": 8, "channels_in": 1, "channels": [4, 8], "pooled": 2, "hidden": [6], "classes": 3}
    return build_classifier("cnn", group_order=4, rng=np.random.default_rng(member), **shape)


def classify(**options) -> np.ndarray:
    """Logits (member, input, element, class) of three members."""
    return train_classifiers(
        build, IMAGES, LABELS, {"test": IMAGES[:5]}, {}, members=range(3), descent=Descent(20, 16, 3e-3, [0]),
        shuffle=lambda member, epoch: np.random.default_rng([member, epoch]), **SILENT, **options,
    ).trained["test"]  # fmt: skip


def regress(**options) -> np.ndarray:
    """Predictions (member, time, input, element) of three fully connected members."""
    return train(
        IMAGES, TARGETS, {"test": IMAGES[:5]}, experiment="device", depth=2, width=32, members=range(3),
        learning_rate=0.1, recorded_steps=[0, 20], seed=1, **SILENT, **options,
    ).predictions["test"]  # fmt: skip


def descend(**options) -> np.ndarray:
    """Outputs (member, time, input, output) of three modules."""
    return train_modules(
        lambda member: Dense(4, 2, np.random.default_rng(member), 1.5), IMAGES[0, 0, :, :4, 0], IMAGES[0, 1, :, :2, 0],
        {"test": IMAGES[0, 2, :, :4, 0]}, members=range(3), learning_rate=0.1, recorded_steps=[0, 20], **SILENT, **options,
    ).predictions["test"]  # fmt: skip


TRAINERS = [classify, regress, descend]


def settings() -> dict[str, object]:
    """What torch computes with on a GPU now."""
    return {
        "tf32 of matrices": torch.backends.cuda.matmul.allow_tf32,
        "tf32 of convolutions": torch.backends.cudnn.allow_tf32,
        "deterministic convolutions": torch.backends.cudnn.deterministic,
        "fastest convolutions": torch.backends.cudnn.benchmark,
        "deterministic": torch.get_deterministic_debug_mode(),
        "memory filled": torch.utils.deterministic.fill_uninitialized_memory,
    }


@pytest.fixture
def seen_gpu(monkeypatch):
    """torch says that there is a GPU, and cuBLAS has not been set up."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setenv("CUBLAS_WORKSPACE_CONFIG", "")  # put back after the test, whatever happens to it
    monkeypatch.delenv("CUBLAS_WORKSPACE_CONFIG")


@pytest.mark.parametrize("precision", ["float32", "tf32"])
@pytest.mark.parametrize("benchmark", [False, True])
def test_a_gpu_computes_in_a_fixed_order_in_the_precision_asked_for(seen_gpu, monkeypatch, precision, benchmark):
    monkeypatch.setattr(torch.backends.cudnn, "benchmark", benchmark)
    before = settings()
    assert before["tf32 of convolutions"], "PyTorch's default, which is not ours"
    with pytest.raises(KeyError), computing_on("cuda", precision):
        tf32 = precision == "tf32"
        assert list(settings().values()) == [tf32, tf32, True, False, 1, False]
        assert os.environ["CUBLAS_WORKSPACE_CONFIG"] == ":4096:8"
        raise KeyError("an error inside")
    assert settings() == before


def test_what_a_user_set_for_cublas_stays(seen_gpu, monkeypatch):
    monkeypatch.setenv("CUBLAS_WORKSPACE_CONFIG", ":16:8")
    with computing_on("cuda:1"):
        assert os.environ["CUBLAS_WORKSPACE_CONFIG"] == ":16:8"


def test_nothing_is_set_on_a_cpu():
    before = settings()
    for precision in ("float32", "tf32"):
        with computing_on("cpu", precision):
            assert settings() == before


@pytest.mark.parametrize("trainer", TRAINERS, ids=lambda trainer: trainer.__name__)
def test_every_trainer_refuses_a_missing_gpu_and_an_unknown_precision(trainer, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    before = settings()
    with pytest.raises(InputError, match="device cuda asked, but torch sees no GPU; set device: cpu"):
        trainer(device="cuda")
    with pytest.raises(InputError, match="unknown precision 'bfloat16'; known: float32, tf32"):
        trainer(precision="bfloat16")
    assert settings() == before


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
@pytest.mark.parametrize("trainer", TRAINERS, ids=lambda trainer: trainer.__name__)
def test_a_gpu_has_the_numbers_of_a_cpu_and_the_same_ones_every_time(trainer):
    chunks = {descend: "together"}.get(trainer, "members_per_chunk")
    found = {many: trainer(device="cuda", **{chunks: many}) for many in (1, 3)}
    for many, values in found.items():
        np.testing.assert_allclose(values, trainer(), atol=1e-4)
        np.testing.assert_array_equal(values, trainer(device="cuda", **{chunks: many}))
    np.testing.assert_allclose(found[1], found[3], atol=1e-4)
