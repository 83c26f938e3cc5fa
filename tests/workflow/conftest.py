"""A copy of the project to run and to edit, away from the user's own results."""

import os
import re
import shutil
import signal
import subprocess
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest

PARTS = ("Snakefile", "config.yaml", "pyproject.toml", "src", "workflow", "profiles")


@dataclass
class Copy:
    """A copy of the project; its own `src` is the one that its jobs import."""

    root: Path

    @property
    def environment(self) -> dict[str, str]:
        return {**os.environ, "PYTHONPATH": str(self.root / "src")}

    def snakemake(self, *arguments: str) -> subprocess.CompletedProcess:
        command = ["snakemake", "--cores", "2", *arguments]
        return subprocess.run(command, cwd=self.root, env=self.environment, capture_output=True, text=True)

    def kill_after(self, text: str, *arguments: str) -> None:
        """Start the same, and kill it and its jobs once it has printed `text`."""
        command = ["snakemake", "--cores", "2", *arguments]
        run = subprocess.Popen(
            command, cwd=self.root, env=self.environment, start_new_session=True,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        with run:
            said = next((line for line in run.stderr if text in line), None)
            os.killpg(run.pid, signal.SIGKILL)
        assert said, f"the run ended without printing {text!r}"

    def planned(self, *arguments: str) -> Counter:
        """Rule -> number of jobs that a run would do now."""
        done = self.snakemake(*arguments, "--dry-run", "--quiet", "reason")
        assert done.returncode == 0, done.stdout + done.stderr
        table = re.search(r"^job\s+count\n-+\s+-+\n(.*?)\ntotal", done.stdout, flags=re.DOTALL | re.MULTILINE)
        return Counter({rule: int(n) for rule, n in re.findall(r"^(\w+)\s+(\d+)$", table[1], re.M)} if table else {})

    def edit(self, path: str, old: str, new: str) -> None:
        text = (self.root / path).read_text()
        assert old in text
        (self.root / path).write_text(text.replace(old, new))


def copy_project(project: Path, root: Path) -> Copy:
    root.mkdir()
    for part in PARTS:
        source = project / part
        ignored = shutil.ignore_patterns("__pycache__", "*.egg-info")
        if source.is_dir():
            shutil.copytree(source, root / part, ignore=ignored)
        else:
            shutil.copy(source, root / part)
    return Copy(root)


@pytest.fixture
def fresh(project, tmp_path) -> Copy:
    """A copy in which nothing was run."""
    return copy_project(project, tmp_path / "project")


@pytest.fixture(scope="session")
def finished(project, tmp_path_factory) -> tuple[Copy, Path, float]:
    """A copy in which a smoke run was killed after its first shard and then finished; that shard and its age."""
    copy = copy_project(project, tmp_path_factory.mktemp("workflow") / "project")
    copy.kill_after("(Rule: train_shard)", "--config", "scale=smoke")
    (first, *_) = (copy.root / "results/smoke/arrays/ensembles").rglob("members=*.npz")
    age = first.stat().st_mtime
    assert copy.snakemake("--unlock", "--config", "scale=smoke").returncode == 0
    done = copy.snakemake("--config", "scale=smoke")
    assert done.returncode == 0, done.stdout + done.stderr
    return copy, first, age
