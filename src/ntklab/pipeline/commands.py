"""Which steps there are: every module that defines a function of its own name, in a room or shared. Read, not imported.

Apart from the catalogue, because every job starts here and the catalogue's imports take a second.
"""

import ast
from functools import cache
from pathlib import Path

SOURCE = Path(__file__).parent.parent


@cache
def steps() -> dict[str, str]:
    """Step -> module."""
    files = [*(SOURCE / "pipeline/steps").glob("*.py"), *(SOURCE / "experiments").glob("*/*.py")]
    return {path.stem: _module(path) for path in sorted(files) if _is_step(path)}


def _module(path: Path) -> str:
    return ".".join(("ntklab", *path.relative_to(SOURCE).with_suffix("").parts))


def _is_step(path: Path) -> bool:
    text = path.read_text()
    if f"def {path.stem}(" not in text:  # parsing takes milliseconds, and there are a hundred files
        return False
    return any(isinstance(node, ast.FunctionDef) and node.name == path.stem for node in ast.parse(text).body)
