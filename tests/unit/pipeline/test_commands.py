"""Steps are found in the source, without importing any."""

import importlib
import inspect
import re
import subprocess
import sys

import pytest

from ntklab.pipeline.commands import steps

BY_HAND = {"diagrams", "readme_tables", "write_config_schema"}
"""Steps that no rule calls."""


@pytest.mark.parametrize("step", steps())
def test_every_step_is_a_documented_function_of_named_arguments(step):
    function = getattr(importlib.import_module(steps()[step]), step)
    assert function.__module__ == steps()[step] and function.__doc__.strip()
    parameters = inspect.signature(function).parameters.values()
    assert parameters and all(p.annotation is not inspect.Parameter.empty for p in parameters)
    if step not in BY_HAND:
        assert all(p.kind is inspect.Parameter.KEYWORD_ONLY for p in parameters)
        assert any(p.name.startswith("output") or p.name == "pictures" for p in parameters)


def test_every_rule_calls_a_step_that_exists_and_every_step_is_called(project):
    rules = "".join(path.read_text() for path in (project / "workflow/rules").glob("*.smk"))
    called = re.findall(r"\bntklab ([a-z0-9]+-[a-z0-9-]+) ", rules)
    assert {name.replace("-", "_") for name in called} == set(steps()) - BY_HAND


def test_every_rule_hands_over_all_arguments_and_no_others(project):
    """Flags that a rule gives in its shell command, against the parameters of the step's function."""
    for path in (project / "workflow/rules").glob("*.smk"):
        for name, command in re.findall(r"\bntklab ([a-z0-9]+-[a-z0-9-]+)( .*?)2>&1", path.read_text(), re.DOTALL):
            step = name.replace("-", "_")
            parameters = inspect.signature(getattr(importlib.import_module(steps()[step]), step)).parameters
            given = {flag.replace("-", "_") for flag in re.findall(r" --([a-z-]+) ", command)}
            needed = {p.name for p in parameters.values() if p.default is inspect.Parameter.empty}
            assert needed <= given <= set(parameters), f"{path.name}: {name}"


def test_steps_are_listed_without_importing_anything_heavy():
    code = (
        "import sys; from ntklab.pipeline.commands import steps; assert steps();"
        "raise SystemExit(bool({'numpy', 'pydantic', 'torch', 'jax'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
