"""The house itself: import arrows, no circles, light figures and claims, nothing done at import, the lock."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator

import grimp
import pytest

from ntklab.pipeline import digest
from ntklab.pipeline.catalogue import figures, rooms

KEEP_OUT = {"ntklab.kernels._neural_tangents", "ntklab.nets._escnn"}
"""The modules that, when they are imported, do more than to define: they keep out what peers need and ntklab does not."""
OF_AN_EXTRA = {f"ntklab.{name}" for name in ("claims", "ensembles", "nets", "pipeline", "plots")}
"""Packages that say at once which extra they need."""
SCRIPTS = {f"ntklab.data.embedded.{name}" for name in ("make", "make_photographs", "make_qm9", "make_tissue")}
"""Modules that are run by hand: they end with the call of their `main`."""


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    return grimp.build_graph("ntklab", exclude_type_checking_imports=True)


def test_every_module_is_looked_at(graph):
    """A folder without __init__.py is none of the package's to those who walk the imports."""
    paths = [path.relative_to(digest.SOURCE.parent).with_suffix("") for path in digest.SOURCE.rglob("*.py")]
    assert {".".join(path.parts).removesuffix(".__init__") for path in paths} == graph.modules


def test_imports_follow_the_arrows():
    """The contracts are in pyproject.toml, [tool.importlinter]."""
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports; raise SystemExit(lint_imports())"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_no_modules_import_each_other_in_a_circle(graph):
    assert list(circles({name: graph.find_modules_directly_imported_by(name) for name in graph.modules})) == []


def circles(imports: dict[str, set[str]]) -> Iterator[set[str]]:
    """Strongly connected components of more than one module, and modules that import themselves."""
    behind = {name: reachable(name, imports) for name in imports}
    seen: set[str] = set()
    for name in sorted(imports):
        circle = {other for other in behind[name] if name in behind[other]}
        if circle and name not in seen:
            seen |= circle
            yield circle


def reachable(start: str, imports: dict[str, set[str]]) -> set[str]:
    """All that is behind the arrows from `start`; itself only if an arrow comes back."""
    found: set[str] = set()
    stack = [start]
    while stack:
        new = imports[stack.pop()] - found
        found |= new
        stack += new
    return found


def test_a_circle_would_be_found():
    assert list(circles({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}})) == [{"a", "b", "c"}]
    assert list(circles({"a": {"b", "c"}, "b": {"c"}, "c": set()})) == []


def test_figures_and_claims_need_neither_torch_nor_jax():
    """In one process, which names the first module after whose import one of them is there."""
    claims = [f"{room.package}.claims" for room in rooms().values()]
    drawing = sorted({figure.draw.partition(":")[0] for figure in figures().values()})
    assert len(drawing) > 20
    steps = ["ntklab.pipeline.steps.check_claims", "ntklab.pipeline.steps.draw_figures"]
    code = (
        "import importlib, sys\n"
        f"for module in {[*claims, *drawing, *steps]}:\n"
        "    importlib.import_module(module)\n"
        "    if {'torch', 'jax'} & set(sys.modules): sys.exit(module)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_modules_do_nothing_when_they_are_imported(graph):
    """They define names. What is more than that would change results unseen, and slow every job down."""
    busy = {}
    for module in sorted(graph.modules):
        statements = ast.parse(digest.source_file(module).read_text()).body
        found = [ast.unparse(statement) for statement in statements if not defines(statement)]
        if module in SCRIPTS and found[-1:] == ["if __name__ == '__main__':\n    main()"]:
            found.pop()
        if found:
            busy[module] = found
    assert set(busy) == KEEP_OUT | OF_AN_EXTRA, busy
    assert all(re.fullmatch(r"require\(.*\)", statement) for name in OF_AN_EXTRA for statement in busy[name])


def defines(statement: ast.stmt) -> bool:
    """Whether a statement at the top of a module is a definition, an import, a description, or for type checkers."""
    if isinstance(statement, ast.Expr):
        return isinstance(statement.value, ast.Constant)
    if isinstance(statement, ast.If):
        return ast.unparse(statement.test) == "TYPE_CHECKING"
    return isinstance(
        statement, ast.Import | ast.ImportFrom | ast.FunctionDef | ast.ClassDef | ast.Assign | ast.AnnAssign
    )


def test_no_name_of_a_package_hides_its_module():
    """`from ntklab.groups import group` means one thing. Rooms are not asked: there a step's module has the step's name."""
    code = (
        "import importlib, pkgutil, types, ntklab\n"
        "for found in pkgutil.walk_packages(ntklab.__path__, 'ntklab.'):\n"
        "    if found.ispkg and not found.name.startswith(('ntklab.experiments', 'ntklab.pipeline')):\n"
        "        package = importlib.import_module(found.name)\n"
        "        for module in pkgutil.iter_modules(package.__path__):\n"
        "            if not isinstance(getattr(package, module.name, package), types.ModuleType):\n"
        "                print(f'{found.name}.{module.name}')\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, ""), done.stdout + done.stderr


def test_only_the_config_module_and_the_workflow_read_the_config(project):
    readers = [p.name for p in (project / "src").rglob("*.py") if re.search(r"open\(.*config\.yaml", p.read_text())]
    assert readers == []


def test_neural_tangents_is_imported_without_tensorflow():
    code = "import sys, ntklab.kernels.mlp; raise SystemExit(bool({'tensorflow', 'tf2jax'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_importing_the_kernels_leaves_jax_in_32_bit():
    code = "import jax, ntklab.kernels.mlp; raise SystemExit(jax.config.jax_enable_x64)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_the_environment_lacks_what_was_left_out_on_purpose_and_nothing_else():
    said = subprocess.run([sys.executable, "-m", "pip", "check"], capture_output=True, text=True).stdout
    assert {re.search(r"requires ([\w-]+),", line)[1] for line in said.splitlines()} == {
        "autograd",
        "lie-learn",
        "py3nj",
        "pymanopt",
        "tensorflow",
        "tf2jax",
    }


def test_the_lock_is_hashed_and_names_no_host(project):
    lock = (project / "envs/requirements.lock").read_text()
    packages = re.findall(r"^([\w.-]+)==", lock, flags=re.MULTILINE)
    assert "://" not in lock
    assert len(packages) > 80 and lock.count("--hash=sha256:") >= len(packages)
    assert not {"torch", "triton", "tensorflow", "tf2jax", "py3nj", "lie-learn"} & set(packages)
    assert not [name for name in packages if name.startswith(("nvidia-", "cuda-"))]
