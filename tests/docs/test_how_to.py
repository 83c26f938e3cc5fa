"""The pages on how to add things, executed as written in a copy of the project: files, edits, commands, snippets."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PAGES = ("group", "activation", "data-set", "experiment")
LEFT_OUT = shutil.ignore_patterns(
    ".*", "__pycache__", "*.egg-info", "results", "downloads", "site", "benchmarks", "docs"
)
BLOCK = re.compile(r"^```(?P<kind>\w+)(?P<options>[^\n]*)\n(?P<text>.*?)^```$", flags=re.DOTALL | re.MULTILINE)


@pytest.fixture
def copy(project, tmp_path) -> Path:
    """The project without results, with a `run` that uses the environment of this test."""
    root = tmp_path / "project"
    shutil.copytree(project, root, ignore=LEFT_OUT)
    (root / "run").write_text('#!/bin/sh\nexec "$@"\n')
    (root / "run").chmod(0o755)
    return root


def execute(root: Path, *command: str) -> str:
    """What a command prints; `AssertionError` with all it said if it fails."""
    ours = {"PYTHONPATH": str(root / "src"), "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    inherited = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST")}
    done = subprocess.run(command, cwd=root, env=inherited | ours, capture_output=True, text=True)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def edit(path: Path, diff: str) -> None:
    """Lines with a minus replaced by those with a plus, at the one place where the block's lines stand."""
    lines = diff.splitlines(keepends=True)
    old, new = ("".join(line[1:] or "\n" for line in lines if line[0] in kept) for kept in (" -\n", " +\n"))
    text = path.read_text()
    assert text.count(old) == 1, f"{path} has {text.count(old)} times\n{old}"
    path.write_text(text.replace(old, new))


def follow(root: Path, kind: str, options: str, text: str) -> None:
    """Do what one block of a page says."""
    title = re.search(r'title="([^"]+)"', options)
    if kind == "diff":
        edit(root / title[1], text)
    elif title:
        path = root / title[1]
        path.parent.mkdir(parents=True, exist_ok=True)
        assert path.exists() == ("append" in options), f"{path} is there"
        path.write_text((path.read_text() if "append" in options else "") + text)
    elif kind == "bash":
        execute(root, "bash", "-ec", text)
    else:
        assert kind == "python", f"a block of kind {kind!r} without a title"
        assert execute(root, sys.executable, "-c", text).splitlines() == re.findall(r"print\(.*\)  # (.*)", text)


@pytest.mark.parametrize("page", PAGES)
def test_what_a_page_says_works_as_written(project, copy, page):
    blocks = list(BLOCK.finditer((project / f"docs/how-to/{page}.md").read_text()))
    assert len(blocks) >= 4
    for block in blocks:
        follow(copy, block["kind"], block["options"], block["text"])


def test_every_page_on_how_to_add_things_is_executed(project):
    assert {path.stem for path in (project / "docs/how-to").glob("*.md")} == {*PAGES, "index"}
