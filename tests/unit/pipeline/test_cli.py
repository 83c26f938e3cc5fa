"""The command line: a user's mistake is one line, a bug of ours leaves its traceback, steps are imported when called."""

import subprocess
import sys
from pathlib import Path

import pytest

from ntklab.errors import InputError, MissingFileError
from ntklab.pipeline import cli, commands
from ntklab.pipeline.steps import write_config_schema as module

# The command reads the arguments of the process, which a test stands in for.
pytestmark = pytest.mark.filterwarnings("ignore:Cyclopts application invoked without tokens")


@pytest.fixture
def call(monkeypatch):
    """Calls the step write-config-schema, which raises an error in this test."""

    def with_error(error: Exception) -> None:
        def write_config_schema(*, number: int = 0) -> None:
            raise error

        monkeypatch.setattr(module, "write_config_schema", write_config_schema)
        monkeypatch.setattr(sys, "argv", ["ntklab", "write-config-schema", "--number", "1"])
        cli.main()

    return with_error


@pytest.mark.parametrize("error", [InputError("x: too wide"), MissingFileError("x: too wide")])
def test_a_users_mistake_is_one_line_with_the_steps_name(call, error):
    with pytest.raises(SystemExit) as ended:
        call(error)
    assert ended.value.code == "ntklab write-config-schema: x: too wide"


@pytest.mark.parametrize("error", [ValueError("bug"), KeyError("bug"), FileNotFoundError("bug")])
def test_a_bug_leaves_its_traceback(call, error):
    with pytest.raises(type(error)) as raised:
        call(error)
    assert raised.value is error


def test_in_a_process_of_its_own_it_says_so_on_standard_error_with_a_status(tmp_path):
    def ntklab(*arguments: str) -> subprocess.CompletedProcess:
        command = Path(sys.executable).with_name("ntklab")
        return subprocess.run([command, *arguments], capture_output=True, text=True)

    images = ("prepare-images", "--source", "embedded", "--size", "8", "--output", str(tmp_path / "x.npz"))
    done = ntklab(*images, "--data", "fashion")
    assert done.returncode == 1 and done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert line.startswith("ntklab prepare-images: unknown image set 'fashion'; known image sets: fashion_mnist")
    broken = ("choose-learning-rate", "--augmentation", "c4", "--depth", "1", "--factor", "1")
    # A file that a rule names as input and that is not there is a bug of ours, not a mistake of the user.
    done = ntklab(*broken, "--data", str(tmp_path / "absent.npz"), "--output", str(tmp_path / "y.json"))
    assert done.returncode == 1 and "Traceback" in done.stderr and "absent.npz" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_every_step_is_a_command():
    assert {name.replace("_", "-") for name in commands.steps()} <= set(cli.command())


def test_help_imports_no_step():
    code = (
        "import sys; from ntklab.pipeline.cli import command; command();"
        "raise SystemExit(bool({'torch', 'jax', 'pandas', 'matplotlib'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
