"""The house itself: import arrows, light figures, the lock, and what pip says of the environment."""

import re
import subprocess
import sys

from ntklab.schemas import SCHEMAS

from ntklab.pipeline.catalogue import figures


def test_imports_follow_the_arrows():
    """The contracts are in pyproject.toml, [tool.importlinter]."""
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports; raise SystemExit(lint_imports())"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_figures_and_claims_need_neither_torch_nor_jax():
    """In one process, which names the first module after whose import one of them is there."""
    modules = ["ntklab.claims.catalogue", *(figure.module for figure in figures().values())]
    code = (
        "import importlib, sys\n"
        f"for module in {modules}:\n"
        "    importlib.import_module(module)\n"
        "    if {'torch', 'jax'} & set(sys.modules): sys.exit(module)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_only_the_config_module_and_the_workflow_read_the_config(project):
    readers = [p.name for p in (project / "src").rglob("*.py") if re.search(r"open\(.*config\.yaml", p.read_text())]
    assert readers == []


def test_every_figure_reads_tables_that_exist():
    for figure in figures().values():
        assert set(figure.TABLES) <= set(SCHEMAS), figure.ID
        assert figure.CAPTION.strip() and "Good:" in figure.CAPTION, figure.ID


def test_neural_tangents_is_imported_without_tensorflow():
    code = "import sys, ntklab.kernels.mlp; raise SystemExit(bool({'tensorflow', 'tf2jax'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_importing_the_kernels_leaves_jax_in_32_bit():
    code = "import jax, ntklab.kernels.mlp; raise SystemExit(jax.config.jax_enable_x64)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_the_environment_lacks_what_was_left_out_on_purpose_and_nothing_else():
    said = subprocess.run([sys.executable, "-m", "pip", "check"], capture_output=True, text=True).stdout
    assert {re.search(r"requires ([\w-]+),", line)[1] for line in said.splitlines()} == {
        "py3nj",
        "tensorflow",
        "tf2jax",
    }


def test_the_lock_is_hashed_and_names_no_host(project):
    lock = (project / "envs/requirements.lock").read_text()
    packages = re.findall(r"^([\w.-]+)==", lock, flags=re.MULTILINE)
    assert "://" not in lock
    assert len(packages) > 80 and lock.count("--hash=sha256:") >= len(packages)
    assert not {"torch", "triton", "tensorflow", "tf2jax", "py3nj"} & set(packages)
    assert not [name for name in packages if name.startswith(("nvidia-", "cuda-"))]
