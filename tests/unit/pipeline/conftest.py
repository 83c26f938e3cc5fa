"""For digests: which definitions of ntklab a call executes, and what would be if one of them were edited."""

import ast
import inspect
import re
import sys
from collections.abc import Callable
from functools import cache
from types import FrameType

import pytest

from ntklab.pipeline import digest

Definition = tuple[str, str]
"""A module and a name at its top."""


def _definition(frame: FrameType) -> Definition:
    path = frame.f_code.co_filename.removeprefix(str(digest.SOURCE)).removesuffix(".py").removesuffix("/__init__")
    return f"ntklab{path.replace('/', '.')}", frame.f_code.co_qualname.partition(".")[0]


@pytest.fixture
def executed() -> Callable[[Callable[[], object]], set[Definition]]:
    """A call -> the definitions of ntklab that it executes, without those on which no number depends."""

    def run(call: Callable[[], object]) -> set[Definition]:
        found = set()

        def note(frame: FrameType, *_: object) -> None:
            # Bodies of modules and classes, which run at import, are not optimised; functions are.
            function = frame.f_code.co_flags & inspect.CO_OPTIMIZED
            if function and frame.f_code.co_filename.startswith(str(digest.SOURCE)):
                found.add(_definition(frame))

        before = sys.gettrace()
        sys.settrace(note)
        try:
            call()
        finally:
            sys.settrace(before)
        return {(module, name) for module, name in found if module not in digest.OUTSIDE and name[0] != "<"}

    return run


@pytest.fixture
def uncovered() -> Callable[..., set[Definition]]:
    """Definitions and the roots of a digest -> those that the digest does not cover."""

    def without(definitions: set[Definition], *roots: str) -> set[Definition]:
        covered = digest._reached([digest._definition(root) for root in roots], {})
        whole = {module for module, name in covered if name == "*"}
        return {(module, name) for module, name in definitions - covered if module not in whole}

    return without


def _edited(text: str, name: str) -> str:
    """The text of a module in which a function does one thing more, or a constant has another value."""
    tree = ast.parse(text)
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name == name:
            node.body += ast.parse("edited = 1").body
        elif isinstance(node, ast.Assign | ast.AnnAssign) and re.match(rf"{name}\b", ast.unparse(node)):
            node.value = ast.Tuple([node.value], ast.Load())
    assert ast.unparse(tree) != ast.unparse(ast.parse(text)), f"no definition {name}"
    return ast.unparse(tree)


@pytest.fixture
def edit_definition(monkeypatch, tmp_path) -> Callable[[str, str], None]:
    """Makes the digest see a module in which one definition is another."""

    def edit(module: str, name: str) -> None:
        source_file, copy = digest.source_file, tmp_path / "edited.py"
        copy.write_text(_edited(source_file(module).read_text(), name))
        monkeypatch.setattr(digest, "source_file", lambda asked: copy if asked == module else source_file(asked))
        for function in ("_parsed", "_dependencies", "_meaning"):
            monkeypatch.setattr(digest, function, _anew_for(module, getattr(digest, function)))

    return edit


def _anew_for(module: str, known: Callable) -> Callable:
    """A cached function that forgets what it knows of one module; of two hundred others it stays as it is."""
    anew = cache(known.__wrapped__)
    return lambda asked, *rest: (anew if asked == module else known)(asked, *rest)
