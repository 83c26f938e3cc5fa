"""What an edit of the code, or of how something is computed, runs again: what it can change, and nothing else."""

import re

SMOKE = ("--config", "scale=smoke")
SHOWN = {"draw_figures_of_ising": 1, "check_claims": 1}


WORDS = (
    # a log line, in the library and in a step; error texts; docstrings; comments
    ("src/ntklab/ensembles/training.py", "loss {loss:.2e}", "loss now {loss:.2e}"),
    ("src/ntklab/experiments/finite_width/sample_networks.py", 'networks", flush=True', 'nets", flush=True'),
    ("src/ntklab/ensembles/modules.py", "initialisation, with learning rate", "the start, with learning rate"),
    ("src/ntklab/ensembles/members.py", '"""Outputs of every member."""', '"""All outputs."""  # so'),
    ("src/ntklab/metrics/spread.py", '"""f(rho(g) x) minus its mean', '"""Their mean taken from'),
    ("config.yaml", "# integer >= 1, steps of full-batch gradient descent", "# steps of gradient descent"),
    # what columns and keys mean, and which values a key may have
    ("src/ntklab/experiments/ising/tables.py", '"row of the site"', '"the row that the site is in"'),
    ("src/ntklab/pipeline/orbit_ensembles/tables.py", '"kind of network"', '"what network it is"'),
    ("src/ntklab/experiments/ising/settings.py", "integer >= 1, hidden layers", "integer >= 1, layers within"),
    ("src/ntklab/experiments/ising/settings.py", "size: Annotated[int, Ge(2)]", "size: Annotated[int, Ge(3)]"),
    # records, file helpers, how often progress is said
    ("src/ntklab/pipeline/provenance.py", '"scipy", "torch")', '"scipy", "sympy", "torch")'),
    ("src/ntklab/files.py", 'HEADER = "header"', 'HEADER = str("header")'),
    ("src/ntklab/progress.py", "SECONDS = 20.0", "SECONDS = 25.0"),
)


def test_words_and_records_rerun_nothing(copy):
    for path, old, new in WORDS:
        copy.edit(path, old, new)
    assert copy.planned() == {}


def test_how_something_is_computed_reruns_nothing(copy):
    copy.set("device.smoke", "cpu", "cuda")
    copy.set("members_per_chunk.smoke", "1", "4")
    copy.set("mirrors", "[]", "[http://127.0.0.1:9/]")
    # Finished shards stay as they are, and are all there is to be done.
    copy.set("ising.members_per_shard.smoke", "[100, 50]", "[30, 20]")
    copy.set("cross_product.members_per_shard.smoke", "12", "5")
    copy.set("finite_width.width_scan.batches_per_shard.smoke", "20", "10")
    assert copy.planned() == {}


def test_an_edited_claim_checks_claims_in_one_process(copy):
    copy.edit("src/ntklab/experiments/ising/claims.py", "bounds=(0.5, 2.0)", "bounds=(0.6, 2.0)")
    assert copy.planned() == {"check_claims": 1}


def test_an_edited_row_redraws_that_figure_alone(copy):
    folder, log = (
        copy.root / "results/smoke/figures/feynman",
        copy.root / "results/smoke/logs/draw_figures/finite_width.log",
    )
    rows, row = "src/ntklab/experiments/finite_width/figures.py", '"marks tend to the line as the width grows.",\n    )'
    before = {path.name: path.read_bytes() for path in folder.glob("E3-*.png")}
    copy.edit(rows, row, row.replace("the line as the width grows", "it"))
    assert copy.planned() == {"draw_figures_of_finite_width": 1}
    assert copy.snakemake(*SMOKE).returncode == 0
    assert re.findall(r"drawn: (\S+)", log.read_text()) == ["E3-fig05"]
    after = {path.name: path.read_bytes() for path in folder.glob("E3-*.png")}
    assert {name for name in after if after[name] != before[name]} == {"E3-fig05.png"}
    assert " ".join((folder / "E3-fig05.txt").read_text().split()).endswith("Good: marks tend to it.")
    # As it was, for the tests that follow: the same picture, to the byte.
    copy.edit(rows, row.replace("the line as the width grows", "it"), row)
    assert copy.snakemake(*SMOKE).returncode == 0
    assert (folder / "E3-fig05.png").read_bytes() == before["E3-fig05.png"]


def test_an_edited_figure_module_draws_the_figures_of_its_experiment_that_need_it(copy):
    copy.edit("src/ntklab/experiments/ising/e1_ising_ntk.py", 'ylabel="relative change"', 'ylabel="change"')
    assert copy.planned() == {"draw_figures_of_ising": 1}


def test_an_edited_metric_trains_nothing(copy):
    copy.edit("src/ntklab/metrics/spread.py", "f.std(axis=-1) /", "1.0 * f.std(axis=-1) /")
    assert copy.planned() == {
        "measure_invariance": 1, "measure_equivariance": 1, **SHOWN, "draw_figures_of_cross_product": 1,
    }  # fmt: skip


def test_an_edited_trainer_trains_again_what_it_trains(copy):
    copy.edit(
        "src/ntklab/ensembles/members.py",
        "for step in range(recorded_steps[-1] + 1)",
        "for step in range(1 + recorded_steps[-1])",
    )
    planned = copy.planned()
    assert (planned["train_shard"], planned["train_equivariant_shard"]) == (4, 3)
    assert not set(planned) & {"train_network_shard", "train_classifier_shard", "predict_mean", "sample_ising"}


def test_an_edited_kind_of_classifier_trains_that_kind_only(copy):
    copy.edit("src/ntklab/nets/canonicalisation.py", "best = scores.argmax(1)", "best = (1 * scores).argmax(1)")
    copy.edit(
        "src/ntklab/experiments/finite_width/setups.py",
        '"width", "identity", R2[:2], 2.0',
        '"width", "identity", R2[:2], 1.9',
    )
    planned = copy.planned()
    assert planned["train_classifier_shard"] == 4  # of two groups, canonicalised and frozen ones
    assert planned["sample_networks_width"] == planned["solve_recursions_width"] == 1
    assert not set(planned) & {"train_network_shard", "train_shard", "sample_networks_depth", "solve_recursions_tensor"}
