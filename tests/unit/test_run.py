"""`run`, which builds the environment, with a Python and a pip that only write down what they are asked for."""

import shutil
import subprocess
from pathlib import Path

import pytest

PYTHON = """#!/bin/sh
[ "$1" = -m ] || exit 0
echo venv >> "$PWD/log"
mkdir -p "$3/bin"
printf '#!/bin/sh\\nsleep 0.2\\necho pip >> log\\n' > "$3/bin/pip"
printf '#!/bin/sh\\necho command >> log\\n' > "$3/bin/command-of-ours"
chmod +x "$3/bin/"*
"""


@pytest.fixture
def copy(tmp_path, project) -> Path:
    """A folder with `run`, a lock, and a Python that builds environments in no time."""
    for name in ("run", "pyproject.toml", "envs/requirements.lock"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(project / name, tmp_path / name)
    (tmp_path / "python").write_text(PYTHON)
    (tmp_path / "python").chmod(0o755)
    return tmp_path


def start(copy: Path) -> subprocess.Popen:
    environment = {"PATH": "/usr/bin:/bin", "PYTHON": str(copy / "python")}
    return subprocess.Popen([copy / "run", "command-of-ours"], env=environment, stderr=subprocess.PIPE, text=True)


def log(copy: Path) -> list[str]:
    return (copy / "log").read_text().split()


def test_of_two_first_runs_one_builds_and_the_other_waits(copy):
    for run in [start(copy), start(copy)]:
        _, said = run.communicate(timeout=60)
        assert run.returncode == 0, said
    assert log(copy) == ["venv", "pip", "pip", "pip", "command", "command"]


def test_the_environment_is_built_again_when_the_lock_changes_and_not_for_settings_of_tools(copy):
    start(copy).communicate(timeout=60)
    with (copy / "pyproject.toml").open("a") as settings:
        settings.write("\n[tool.something]\n")
    start(copy).communicate(timeout=60)
    assert log(copy).count("venv") == 1
    with (copy / "envs/requirements.lock").open("a") as lock:
        lock.write("# another\n")
    start(copy).communicate(timeout=60)
    assert log(copy).count("venv") == 2
