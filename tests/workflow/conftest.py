"""A copy of the project to run and to edit, away from the user's own results."""

import os
import re
import shutil
import signal
import subprocess
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

PARTS = ("Snakefile", "config.yaml", "pyproject.toml", "src", "workflow", "profiles")
SMOKE = ("--config", "scale=smoke")


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
        """Rule -> number of jobs that a run at smoke scale (or with the given config) would do now, targets left out."""
        config = () if {"--config", "--configfile"} & set(arguments) else SMOKE
        done = self.snakemake(*arguments, *config, "--dry-run", "--quiet", "reason")
        assert done.returncode == 0, done.stdout + done.stderr
        table = re.search(r"^job\s+count\n-+\s+-+\n(.*?)\ntotal", done.stdout, flags=re.DOTALL | re.MULTILINE)
        jobs = re.findall(r"^([\w-]+)\s+(\d+)$", table[1], re.M) if table else []
        return Counter({rule: int(n) for rule, n in jobs if rule not in {"all", *arguments}})

    def edit(self, path: str, old: str, new: str) -> None:
        """Replace a text that stands there exactly once."""
        text = (self.root / path).read_text()
        assert text.count(old) == 1, f"{path} has {text.count(old)} times {old!r}"
        (self.root / path).write_text(text.replace(old, new))

    def set(self, key: str, old: str, new: str) -> None:
        """Change the value that a key "ising.width.smoke" has in config.yaml."""
        lines = (self.root / "config.yaml").read_text().splitlines(keepends=True)
        start, indent = 0, 0
        for name in key.split("."):
            start = next(i for i in range(start, len(lines)) if lines[i].startswith(f"{' ' * indent}{name}:"))
            indent += 2
        assert lines[start].split(":", 1)[1].strip() == old, lines[start]
        lines[start] = lines[start].replace(old, new)
        (self.root / "config.yaml").write_text("".join(lines))


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
    copy.kill_after("(Rule: train_shard)", *SMOKE)
    # The oldest of that rule: others may be written, but not yet be known to Snakemake as finished.
    shards = (copy.root / "results/smoke/arrays/ensembles/ising").rglob("members=*.npz")
    age, first = min((path.stat().st_mtime, path) for path in shards)
    assert copy.snakemake("--unlock", *SMOKE).returncode == 0
    done = copy.snakemake(*SMOKE)
    assert done.returncode == 0, done.stdout + done.stderr
    return copy, first, age


@pytest.fixture
def copy(finished, tmp_path) -> Iterator[Copy]:
    """The finished run, to be edited freely: edits are undone afterwards."""
    project, *_ = finished
    for part in ("src", "config.yaml"):
        source = project.root / part
        (shutil.copytree if source.is_dir() else shutil.copy)(source, tmp_path / part)
    yield project
    shutil.rmtree(project.root / "src")
    shutil.copytree(tmp_path / "src", project.root / "src")
    shutil.copy(tmp_path / "config.yaml", project.root / "config.yaml")
