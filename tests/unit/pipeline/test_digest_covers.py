"""The digest against what really runs: every definition that a step executes, on tiny inputs, is one that it covers."""

import importlib
from pathlib import Path

import pytest

from ntklab.kernels.spherical_network import SphericalNetwork
from ntklab.network import Network
from ntklab.pipeline.commands import steps

SMALL = Network(filters=[2], padding="VALID")
IMAGES = {"experiment": "rotated_fashion_mnist", "seed": 1}
TRAINED = {"precision": "float32", "device": "cpu", "members_per_chunk": 1, "seed": 1}


def call(step: str, **arguments) -> tuple[str, dict]:
    return step, arguments


def ising(folder: Path):
    data, rate = folder / "ising.npz", folder / "rate.json"
    limit, shard = folder / "limit.npz", folder / "shard.npz"
    network = {"symmetry": "c4", "augmentation": "c4", "depth": 1, "recorded_steps": [0, 2], "data": data}
    yield call(
        "sample_ising", lattice_size=3, coupling=1.0, beta=0.3, ordered_beta=0.3, wolff_updates=2,
        training_samples=4, test_samples=2, seed=1, output=data,
    )  # fmt: skip
    yield call("choose_learning_rate", data=data, augmentation="c4", depth=1, factor=0.5, output=rate)
    yield call("predict_mean", **network, learning_rate=rate, output=limit)
    yield call(
        "train_shard", **network, **TRAINED, learning_rate=rate, experiment="ising", width=4, first=0, last=5,
        output=shard,
    )  # fmt: skip
    yield call(
        "measure_invariance", data=data, predictions=[shard], limits=[limit], sizes=[1, 2], experiment="ising",
        output=folder / "a.parquet", output_moments=folder / "am.parquet",
    )  # fmt: skip
    yield call(
        "tabulate_example", data=data, predictions=[shard], symmetry="c4", experiment="ising",
        output_lattice=folder / "b.parquet", output_prediction=folder / "c.parquet",
    )  # fmt: skip


def cross_product(folder: Path):
    data, limit, shard = folder / "pairs.npz", folder / "equivariant.npz", folder / "equivariant_shard.npz"
    network = {"augmentation": "tetrahedral", "depth": 1, "recorded_steps": [0, 2], "data": data}
    yield call(
        "sample_cross_product", training_pairs=3, test_pairs=2, haar=2,
        augmentations=["none", "random8", "tetrahedral"], seed=1, output=data,
    )  # fmt: skip
    yield call("predict_equivariant_mean", **network, factor=0.5, output=limit)
    yield call(
        "train_equivariant_shard", **network, **TRAINED, limit=limit, experiment="cross_product", width=4, first=0,
        last=11, output=shard,
    )  # fmt: skip
    yield call(
        "measure_equivariance", data=data, predictions=[shard], limits=[limit], sizes=[1, 2],
        experiment="cross_product", output=folder / "d.parquet", output_moments=folder / "m.parquet",
        output_rotations=folder / "e.parquet",
    )  # fmt: skip


def classifiers(folder: Path):
    images, orbits = folder / "images.npz", folder / "orbits.npz"
    yield call("prepare_images", data="fashion_mnist", source="embedded", size=8, output=images)
    yield call(
        "prepare_image_orbits", **IMAGES, data=images, training_images=10, test_images=4,
        ood=["mnist", "photographs", "noise"], ood_sources=["embedded"] * 3, ood_images=3, orders=[4, 8],
        angles_evaluated=8, angle_images=3, output=orbits,
    )  # fmt: skip
    shards = {model: folder / f"{model}.npz" for model in ("cnn", "steerable", "canonicalised", "frozen")}
    for model, shard in shards.items():
        yield call(
            "train_classifier_shard", **IMAGES, data=orbits, model=model, group="c8", first=0, last=2,
            channels=[2, 2], pooled=1, epochs=0.2, paced_by="c8", batch=8, learning_rate=1e-3, recorded=[0.0, 1.0],
            recorded_images=3, angle_members=3, precision="float32", device="cpu", members_per_chunk=2,
            checkpoints=str(folder / "checkpoints"), output=shard,
        )  # fmt: skip
    measured = dict(data=orbits, experiment="rotated_fashion_mnist")
    of_all = dict(**IMAGES, predictions=list(shards.values()))
    tables = {name: folder / f"{name}.parquet" for name in ("orbits", "training", "angles", "p", "q", "varied")}
    replicates = {name: folder / f"{name}_replicates.parquet" for name in tables}

    def outputs(name: str) -> dict:
        return {"output": tables[name], "output_replicates": replicates[name]}

    yield call("measure_orbit_predictions", **of_all, data=orbits, sizes=[1, 2, 3], **outputs("orbits"))
    yield call("measure_angles", **of_all, sizes=[1, 2], angle_members=3, **outputs("angles"))
    yield call("measure_training", **of_all, sizes=[1, 3], sizes_of_spread=[1, 2, 3], **outputs("training"))
    yield call("vary_comparison", **of_all, ensemble=2, output=tables["varied"])
    yield call("measure_action_floor", **measured, orders=[4], images=2, output=folder / "floor.parquet")
    yield call(
        "compare_models", table=tables["orbits"], ensembles=[2, 3], experiment="rotated_fashion_mnist",
        output=folder / "compared.parquet",
    )  # fmt: skip
    yield call(
        "tabulate_pictures", **measured, predictions=[shards["cnn"]], ensemble=3, shown="test",
        output_pictures=tables["p"], output_predictions=tables["q"],
    )  # fmt: skip


def augmented(folder: Path):
    data, limit = folder / "subsets.npz", folder / "group_mean.npz"
    yield call(
        "draw_image_subsets", data="mnist", source="embedded", size=5, training_images=3, test_images=2,
        experiment="aug_vs_gcnn", seed=1, output=data,
    )  # fmt: skip
    yield call(
        "predict_group_mean", data=data, network=SMALL, group="d4", factor=0.05, recorded_steps=[0, 2], output=limit,
    )  # fmt: skip
    shards = []
    for ensemble, architecture, augmentation in (("augmented", "cnn", "d4"), ("gcnn", "gcnn", "c1")):
        shards.append(folder / f"{ensemble}.npz")
        yield call(
            "train_network_shard", data=data, limit=limit, experiment="aug_vs_gcnn", ensemble=ensemble,
            architecture=architecture, group="d4", augmentation=augmentation, network=SMALL, width=8, first=0, last=5,
            recorded_steps=[0, 2], seed=1, precision="float32", device="cpu", output=shards[-1],
        )  # fmt: skip
    yield call(
        "measure_ensemble_difference", data=data, limit=limit, predictions=shards, sizes=[1, 3],
        experiment="aug_vs_gcnn", output=folder / "f.parquet", output_moments=folder / "m.parquet",
        output_logits=folder / "l.parquet",
    )  # fmt: skip


def kernel_convergence(folder: Path):
    data, kernels, draws = folder / "normal.npz", folder / "kernels.npz", folder / "draws.npz"
    yield call("sample_gaussian_images", key=1, images=2, size=4, channels=1, output=data)
    yield call("compute_kernels", data=data, network=SMALL, group="d4", output=kernels)
    yield call(
        "sample_empirical_kernels", data=data, network=SMALL, group="d4", outputs=1, width=2, first=0, last=9, seed=1,
        output=draws,
    )  # fmt: skip
    yield call(
        "measure_kernel_convergence", kernels=kernels, draws=[draws], bootstrap=10, seed=1,
        experiment="kernel_convergence", output=folder / "g.parquet", output_replicates=folder / "gr.parquet",
    )  # fmt: skip
    spherical = {
        "data": folder / "signals.npz",
        "spherical": SphericalNetwork(bandlimit=1, nonlinearity="relu"),
        "grid": 1,
    }
    yield call(
        "sample_spherical_signals", signals=2, bandlimit=1, channels=1, experiment="so3_convergence", seed=1,
        output=spherical["data"],
    )  # fmt: skip
    yield call("compute_so3_kernels", **spherical, output=folder / "so3.npz")
    yield call(
        "sample_so3_kernels", **spherical, outputs=1, width=2, first=0, last=9, seed=1, output=folder / "so3_draws.npz"
    )


def finite_width(folder: Path):
    setups = ["relu", "gelu_r2"]
    theory, samples = ([folder / f"{kind}-{name}.npz" for name in setups] for kind in ("theory", "samples"))
    yield call("solve_recursions", setups=setups, depth=3, outputs=theory)
    for estimator in ("averaged", "collapsed"):
        yield call(
            "sample_networks", setups=setups, depth=3, width=[4], networks_per_batch=3, first=0, last=3,
            estimator=estimator, seed=1, outputs=samples,
        )  # fmt: skip
    yield call(
        "measure_finite_width", theory=theory, samples=samples, output=folder / "h.parquet",
        output_replicates=folder / "hr.parquet", output_theory=folder / "ht.parquet",
    )  # fmt: skip


def molecules(folder: Path):
    data = folder / "molecules.npz"
    common = {"data": data, "experiment": "molecules"}
    network = {"spherical": SphericalNetwork(bandlimit=2), "copies": 2, "tolerance": 1e-3, "seed": 1}
    kernels = {model: folder / f"{model}.npz" for model in ("mlp", "residual", "rotated", "so3")}
    yield call(
        "prepare_molecules", source="embedded", experiment="molecules", repeats=1, training_molecules=3,
        test_molecules=3, seed=1, output=data,
    )  # fmt: skip
    for model, kernel in kernels.items():
        yield call(
            "compute_molecule_kernels", **common, **network, model=model, repeat=0, training_molecules=3,
            test_molecules=3, bandlimit=4, cache=str(folder / "tiles"), output=kernel,
        )  # fmt: skip
    predictions = folder / "predictions.npz"
    yield call(
        "predict_energies", **common, kernels=list(kernels.values()), training_sizes=[2, 3], ridge=1e-4,
        output=predictions,
    )  # fmt: skip
    yield call("measure_energies", predictions=predictions, experiment="molecules", output=folder / "errors.parquet")
    yield call(
        "measure_turned_predictions", **common, **network, bandlimits=[4], training_molecules=2, test_molecules=2,
        rotations=2, ridge=1e-4, output=folder / "turned.parquet",
    )  # fmt: skip
    yield call(
        "compare_haar_average", **common, bandlimit=4, spherical=network["spherical"], tolerance=1e-3,
        output=folder / "haar.parquet",
    )  # fmt: skip
    yield call("tabulate_signals", **common, bandlimits=[4], output=folder / "signals.parquet")


def training(folder: Path):
    data, theory, networks = (folder / f"{name}.npz" for name in ("data", "theory", "networks"))
    common = {"data": data, "setup": "ising", "label_scale": 0.5, "times": [0.0, 1.0]}
    yield call(
        "draw_training_sets", points=2, test_points=1, lattice_size=3, image_size=4, training_inputs=2, test_inputs=1,
        experiment="training", seed=1, output=data,
    )  # fmt: skip
    yield call("correct_trained_mean", **common, output=theory)
    yield call(
        "train_networks", **common, width=8, networks_per_batch=8, kernels_per_batch=8, first=0, last=2, seed=1,
        output=networks,
    )  # fmt: skip
    yield call(
        "measure_trained_means", theory=[theory], networks=[networks], times=[0.0, 1.0], output=folder / "means.parquet",
        output_replicates=folder / "replicates.parquet", output_spreads=folder / "spreads.parquet",
        output_noise=folder / "noise.parquet",
    )  # fmt: skip


CHAINS = [ising, cross_product, classifiers, augmented, kernel_convergence, finite_width, molecules, training]


@pytest.mark.parametrize("chain", CHAINS, ids=lambda f: f.__name__)
def test_all_that_a_step_executes_is_in_its_digest(executed, uncovered, tmp_path, chain):
    ran = {}
    for step, arguments in chain(tmp_path):
        function = getattr(importlib.import_module(steps()[step]), step)
        ran.setdefault(step, set()).update(executed(lambda call=function, options=arguments: call(**options)))
    for step, definitions in ran.items():
        assert (steps()[step], step) in definitions
        assert uncovered(definitions, f"{steps()[step]}:{step}") == set(), f"{step} executes what it does not cover"
