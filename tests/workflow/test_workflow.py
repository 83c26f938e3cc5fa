"""The workflow from outside: it runs, resumes, reruns what depends on a change and nothing else, and says what is wrong."""

import shutil

import pytest
import yaml
from ntklab.schemas import CLAIMS, SCHEMAS

from ntklab.pipeline.catalogue import figures
from ntklab.pipeline.config import SCALES
from ntklab.pipeline.tables import read_table

SMOKE = ("--config", "scale=smoke")
DOWNSTREAM = {"measure_invariance": 1, "check_claims": 1, "collect_claims": 1, "draw_figure": 3, "all": 1}
KERNELS = {"check_claims": 1, "collect_claims": 1, "draw_figure": 1, "all": 1}


@pytest.fixture
def copy(finished, tmp_path):
    """The finished run, to be edited freely: edits are undone afterwards."""
    project, *_ = finished
    for part in ("src", "config.yaml"):
        source = project.root / part
        (shutil.copytree if source.is_dir() else shutil.copy)(source, tmp_path / part)
    yield project
    shutil.rmtree(project.root / "src")
    shutil.copytree(tmp_path / "src", project.root / "src")
    shutil.copy(tmp_path / "config.yaml", project.root / "config.yaml")


@pytest.mark.parametrize("scale", SCALES)
def test_a_dry_run_of_every_scale_plans_every_figure(fresh, scale):
    planned = fresh.planned("--config", f"scale={scale}")
    experiments = {figure.EXPERIMENT for figure in figures().values()}
    assert planned["draw_figure"] == len(figures()) and planned["check_claims"] == len(experiments)
    assert not (fresh.root / "results").exists()


def test_a_dry_run_on_a_cluster_plans_the_same_and_asks_for_gpus(fresh):
    profile = ("--workflow-profile", "profiles/slurm", "--config", "scale=paper")
    assert fresh.planned(*profile) == fresh.planned("--config", "scale=paper")
    resources = yaml.safe_load((fresh.root / "profiles/slurm/config.yaml").read_text())["set-resources"]
    assert set(resources) <= set(fresh.planned(*profile)), "resources for a rule that does not exist"
    assert resources["train_shard"]["gpu"] == 1


def test_a_killed_run_keeps_what_was_finished(finished):
    project, shard, age = finished
    assert shard.stat().st_mtime == age
    assert [path.name for path in (project.root / "results").rglob(".*")] == []


def test_the_tables_figures_and_claims_are_there_and_whole(finished):
    results = finished[0].root / "results/smoke"
    for name, schema in SCHEMAS.items():
        assert len(read_table(results / f"tables/{name}.parquet", schema))
    for figure in figures().values():
        for kind in ("pdf", "png", "txt"):
            assert (results / f"figures/{figure.paper}/{figure.ID}.{kind}").stat().st_size
    claims = read_table(results / "claims/claims.parquet", CLAIMS)
    assert "contradicted" not in set(claims.verdict)
    assert (claims.set_index("id").verdict["E1-ising-ntk-invariant"]) == "supported"


def test_heavy_steps_leave_their_time_and_memory(finished):
    benchmarks = finished[0].root / "results/smoke/benchmarks"
    heavy = ("sample_ising.tsv", "predict_mean", "train_shard", "measure_invariance", "measure_identities.tsv")
    for rule in (
        *heavy,
        "sample_empirical_kernels",
        "compute_orbit_kernels",
        "predict_classes",
        "train_classifier_shard",
    ):
        assert (benchmarks / rule).exists()


def test_a_second_run_does_nothing(copy):
    assert copy.planned(*SMOKE) == {}


def test_a_changed_width_retrains_that_width_only(copy):
    copy.edit("config.yaml", "smoke: [64, 256]", "smoke: [64, 128]")
    assert copy.planned(*SMOKE) == {"train_shard": 1, **DOWNSTREAM}
    said = copy.snakemake("--dry-run", *SMOKE).stdout
    assert "width 128" in said and "width 64" not in said and "width 256" not in said


def test_one_more_width_draws_networks_of_that_width_only(copy):
    copy.edit("config.yaml", "smoke: [2, 4, 16]", "smoke: [2, 4, 8, 16]")
    assert copy.planned(*SMOKE) == {"sample_empirical_kernels": 1, "measure_kernel_convergence": 1, **KERNELS}


def test_one_more_training_set_computes_its_kernels_only(copy):
    copy.edit("config.yaml", "    smoke: 3\n    laptop: 8", "    smoke: 4\n    laptop: 8")
    classified = {"predict_classes": 1, "measure_classification": 1, **KERNELS}
    assert copy.planned(*SMOKE) == {"compute_orbit_kernels": 1, **classified}


def test_one_more_width_of_the_bridge_trains_networks_of_that_width_only(copy):
    copy.edit("config.yaml", "smoke: [8, 32]", "smoke: [8, 16, 32]")
    assert copy.planned(*SMOKE) == {"train_network_shard": 2, "measure_ensemble_difference": 1, **KERNELS}


def test_one_more_ensemble_size_of_the_classifiers_measures_again_and_trains_nothing(copy):
    copy.edit("config.yaml", "smoke: [1, 3]", "smoke: [1, 2, 3]")
    planned = copy.planned(*SMOKE)
    assert planned["measure_orbit_predictions"] == 2 and planned["measure_angles"] == 1
    assert not {rule for rule in planned if rule.startswith(("train", "prepare"))}


def test_one_more_group_trains_its_classifiers_only(copy):
    copy.edit("config.yaml", "smoke: [c4, c8]", "smoke: [c4, c8, c16]")
    copy.edit("config.yaml", "    smoke: 40\n", "    smoke: 40 # the same\n")
    planned = copy.planned(*SMOKE)
    # The training orbits are those of the largest group: all networks see another file.
    assert planned["prepare_image_orbits"] == 1 and planned["train_classifier_shard"] == 10
    assert "train_shard" not in planned


def test_another_width_of_the_width_scan_draws_its_networks_only(copy):
    copy.edit("config.yaml", "smoke: [6, 20]", "smoke: [6, 24]")
    planned = copy.planned(*SMOKE)
    assert (
        planned["sample_networks"] == 5 and planned["measure_finite_width"] == 1 and "solve_recursions" not in planned
    )


def test_a_mirror_that_is_set_reruns_nothing_that_is_embedded(copy):
    copy.edit("config.yaml", "mirrors: []", "mirrors: [http://127.0.0.1:9/]")
    assert copy.planned(*SMOKE) == {}


def test_full_data_are_downloaded_before_they_are_prepared(fresh):
    fresh.edit(
        "config.yaml", "{mnist: embedded, photographs: embedded, noise: generated}", "{mnist: full, cifar10: full}"
    )
    planned = fresh.planned("E1-fmnist-ood", *SMOKE)
    assert planned["download_file"] == 5


def test_stand_in_data_at_paper_scale_are_warned_of(fresh):
    native = "\n  image_size:           # side in pixels; native"
    fresh.edit("config.yaml", f"    paper: full{native}", f"    paper: stand_in{native}")
    done = fresh.snakemake("--dry-run", "--config", "scale=paper")
    assert "WARNING: config.yaml, histology.source: STAND-IN DATA" in done.stderr


def test_another_ridge_computes_no_kernel(copy):
    copy.edit("config.yaml", "ridge: 1.0e-4", "ridge: 1.0e-3")
    assert copy.planned(*SMOKE) == {"predict_classes": 1, "measure_classification": 1, **KERNELS}


def test_every_experiment_and_figure_is_a_target(fresh):
    targets = {
        "ising": 3,
        "kernels": 3,
        "bridge": 2,
        "equivariance": 1,
        "images": 10,
        "finite_width": 38,
        "diagrams": 4,
    }
    assert sum(targets.values()) == len(figures())
    for target, count in targets.items():
        assert fresh.planned(target, *SMOKE)["draw_figure"] == count
    identifiers = ("E1-ising-id", "E2-aug-vs-gcnn", "E1-table-comparison", "E3-fig05")
    planned = fresh.planned(*identifiers, *SMOKE)
    assert planned["draw_figure"] == len(identifiers) and planned["check_claims"] == 0


def test_an_extra_config_file_changes_nested_values(copy, tmp_path):
    extra = tmp_path / "mine.yaml"
    extra.write_text(yaml.safe_dump({"scale": "smoke", "ising": {"members": {"smoke": [100, 60]}}}))
    assert copy.planned("--configfile", str(extra)) == {"train_shard": 1, **DOWNSTREAM}


def test_changed_ensemble_sizes_measure_again_and_train_nothing(copy):
    copy.edit("config.yaml", "smoke: [1, 3, 10, 25, 50, 100]", "smoke: [1, 10, 100]")
    assert copy.planned(*SMOKE) == DOWNSTREAM


def test_an_edited_plot_module_redraws_that_figure_only(copy):
    copy.edit("src/ntklab/plots/ensembles/e1_ising_ntk.py", 'xlabel="width"', 'xlabel="channels"')
    assert copy.planned(*SMOKE) == {"draw_figure": 1, "all": 1}
    assert "Drawing E1-ising-ntk" in copy.snakemake("--dry-run", *SMOKE).stdout


def test_edited_comments_and_docstrings_rerun_nothing(copy):
    copy.edit(
        "src/ntklab/ensembles/members.py", '"""Outputs of every member."""', '"""Every member\'s outputs."""  # so'
    )
    copy.edit("src/ntklab/metrics/invariance.py", '"""f(rho(g) x) minus its mean', '"""Their mean taken from')
    copy.edit("config.yaml", "# hidden layers", "# layers between input and output")
    assert copy.planned(*SMOKE) == {}


def test_an_edited_metric_trains_nothing(copy):
    copy.edit("src/ntklab/metrics/invariance.py", "f.std(axis=-1) /", "1.0 * f.std(axis=-1) /")
    planned = copy.planned(*SMOKE)
    assert planned["measure_invariance"] == planned["measure_equivariance"] == 1
    assert not [rule for rule in planned if rule.startswith(("train", "sample", "predict", "compute"))]


def test_an_edited_trainer_trains_again(copy):
    copy.edit(
        "src/ntklab/ensembles/members.py",
        "for step in range(recorded_steps[-1] + 1)",
        "for step in range(1 + recorded_steps[-1])",
    )
    assert copy.planned(*SMOKE)["train_shard"] == 3


def test_the_report_opens_with_every_figure_and_the_claims(finished):
    project, *_ = finished
    done = project.snakemake("--report", "results/smoke/report.html", *SMOKE)
    assert done.returncode == 0, done.stderr
    report = (project.root / "results/smoke/report.html").read_text()
    for identifier in [*figures(), "claims"]:
        assert identifier in report
    assert "single members (dotted)" in report


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "  beta: 0.0",
            "  beta: -1.0",
            "config.yaml, ising.beta: input should be greater than or equal to 0, not -1.0",
        ),
        ("\n  width:", "\n  widht:", 'config.yaml, ising.widht: unknown key. Did you mean "width"?'),
        (
            "laptop: [c4, c8, c16]",
            "laptop: [c4, c6]",
            "config.yaml, rotated_fashion_mnist.groups: c6: the order is a multiple of 4",
        ),
        (
            "angles: 4 ",
            "angles: 6 ",
            "config.yaml, histology.groups: c4: the order is a multiple of 4 (quarter turns permute pixels) that divides",
        ),
        (
            "image_size: 28        # side in pixels; pooling",
            "image_size: 30        # side in pixels; pooling",
            "config.yaml, rotated_fashion_mnist.network.pooled: 2x2 pooling of maps of side 15 drops a row",
        ),
        ("scale: laptop", "scale: latpop", "config.yaml, scale: 'latpop' is not a scale. Did you mean"),
    ],
)
def test_a_mistake_in_the_config_is_one_line_and_writes_nothing(fresh, old, new, said):
    fresh.edit("config.yaml", old, new)
    done = fresh.snakemake()
    assert done.returncode == 1
    (line,) = [
        line for line in (done.stdout + done.stderr).splitlines() if not line.startswith("Using workflow specific")
    ]
    assert line.startswith(said)
    assert not (fresh.root / "results").exists()


def test_a_mistake_names_the_file_or_the_command_line_it_came_from(fresh, tmp_path):
    mine = fresh.root / "mine.yaml"
    mine.write_text("ising:\n  beta: -2.0\n")
    assert "\nmine.yaml, ising.beta: " in "\n" + fresh.snakemake("--configfile", "mine.yaml").stderr
    assert "\n--config, scale: 'tiny' is not a scale" in "\n" + fresh.snakemake("--config", "scale=tiny").stderr


def test_a_failing_step_says_so_in_one_line_and_leaves_nothing(fresh):
    fresh.edit("config.yaml", "smoke: [64, 256]", "smoke: [2, 3]")
    fresh.edit("config.yaml", "learning_rate_factor: 0.8", "learning_rate_factor: 0.999")
    done = fresh.snakemake("ising", *SMOKE)
    assert done.returncode == 1
    assert "ntklab train-shard: member " in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    assert not list((fresh.root / "results").rglob("*width=2/members=*.npz"))
