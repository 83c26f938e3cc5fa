"""A hash of the code that can change a result, so that editing it reruns a step and editing anything else does not.

The unit is a definition at the top of a module: a function, a class, a constant. A digest covers the definitions that are
given and every one in ntklab that they name, however deep, found in the source without importing anything.

What cannot change a number does not enter: comments, docstrings, layout, log lines (calls of `print`, `log`, `progress`),
the text of errors, words in tables' schemas, and the modules of OUTSIDE, which record, write and report.
"""

import ast
import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path

SOURCE = Path(__file__).parent.parent
OUTSIDE = frozenset(
    f"ntklab.{name}"
    for name in ("errors", "files", "progress", "pipeline.digest", "pipeline.provenance", "pipeline.table_files")
)
"""Modules that no number depends on."""
LOGGING = frozenset(("print", "log", "progress"))

Definition = tuple[str, str]
"""A module and a name defined at its top; the name "*" stands for all of the module."""


def code_digest(*roots: str, entries: Mapping[str, Iterable[str]] | None = None) -> str:
    """Hash of the definitions `roots` and all they depend on; "ntklab.module:name", or "ntklab.module" for all of it.

    Of a registry, a dictionary such as "ntklab.nets.image_classifiers:CLASSIFIERS", `entries` names the keys in use: the
    others do not enter.
    """
    chosen = {_definition(registry): frozenset(keys) for registry, keys in (entries or {}).items()}
    reached = sorted(_reached(map(_definition, roots), chosen))
    text = "\n".join(
        f"{module}:{name} {_meaning(module, name, chosen.get((module, name)))}" for module, name in reached
    )
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _definition(text: str) -> Definition:
    module, _, name = text.partition(":")
    return module, name or "*"


def _reached(roots: Iterable[Definition], chosen: Mapping[Definition, frozenset[str]]) -> set[Definition]:
    """The given definitions and all that they depend on."""
    stack = list(roots)
    reached: set[Definition] = set()
    while stack:
        definition = stack.pop()
        if definition not in reached and definition[0] not in OUTSIDE:
            reached.add(definition)
            stack += _dependencies(*definition, chosen.get(definition))
    return reached


def source_file(module: str) -> Path | None:
    """The file of an ntklab module, `ntklab.a.b` or `ntklab.a` (package); None if there is no such module."""
    path = SOURCE.joinpath(*module.split(".")[1:])
    path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    return path if module.split(".")[0] == "ntklab" and path.is_file() else None


@dataclass
class _Module:
    """A module's definitions: what each name is bound to here, or where it comes from."""

    nodes: dict[str, list[ast.stmt]] = field(default_factory=dict)
    imports: dict[str, Definition] = field(default_factory=dict)
    effects: list[ast.stmt] = field(default_factory=list)
    """Statements that bind no name: they run whenever the module is imported."""


@cache
def _parsed(module: str) -> _Module:
    path = source_file(module)
    assert path is not None, module
    found = _Module()
    for statement in _Wordless().visit(ast.parse(path.read_text())).body:
        if isinstance(statement, ast.Import | ast.ImportFrom):
            found.imports |= _imported(statement)
        elif names := list(_bound(statement)):
            for name in names:
                found.nodes.setdefault(name, []).append(statement)
        elif not _for_types_only(statement):
            found.effects.append(statement)
    return found


def _imported(statement: ast.Import | ast.ImportFrom) -> dict[str, Definition]:
    """Name -> definition, of an import of ntklab's own."""
    found = {}
    for alias in statement.names:
        if isinstance(statement, ast.ImportFrom):
            origin = statement.module or ""
            is_module = source_file(f"{origin}.{alias.name}") and alias.name not in _own_names(origin)
            target = (f"{origin}.{alias.name}", "*") if is_module else (origin, alias.name)
        else:
            target = (alias.name, "*")
        if source_file(target[0]):
            found[alias.asname or alias.name.partition(".")[0]] = target
    return found


@cache
def _own_names(package: str) -> frozenset[str]:
    """Names that a package's __init__ gives to something of its own: they come before submodules called alike."""
    path, names = source_file(package), set()
    for statement in ast.parse(path.read_text()).body if path else ():
        names.update(_bound(statement))
        if isinstance(statement, ast.ImportFrom) and statement.module != package:
            names.update(alias.asname or alias.name for alias in statement.names)
    return frozenset(names)


def _bound(statement: ast.stmt) -> Iterator[str]:
    """Names that a statement at the top of a module binds."""
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield statement.name
    targets = statement.targets if isinstance(statement, ast.Assign) else []
    if isinstance(statement, ast.AnnAssign | ast.AugAssign):
        targets = [statement.target]
    for target in targets:
        yield from (node.id for node in ast.walk(target) if isinstance(node, ast.Name))


def _is_docstring(node: ast.stmt) -> bool:
    """A bare string is a docstring, or the description below a constant or an attribute; neither does anything."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _for_types_only(node: ast.stmt) -> bool:
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def _statements(module: str, name: str, keys: frozenset[str] | None = None) -> list[ast.AST]:
    """What a definition consists of; effects of the module come with each of its definitions."""
    parsed = _parsed(module)
    if name == "*":
        return [*dict.fromkeys(node for nodes in parsed.nodes.values() for node in nodes), *parsed.effects]
    nodes = parsed.nodes.get(name, ())
    return [*(nodes if keys is None else map(partial(_only, keys), nodes)), *parsed.effects]


def _only(keys: frozenset[str], registry: ast.stmt) -> ast.AST:
    """A dictionary with only those of its entries whose key is among the given ones, or is no plain string."""
    dictionary = registry.value
    pairs = [
        (key, value)
        for key, value in zip(dictionary.keys, dictionary.values, strict=True)
        if not isinstance(key, ast.Constant) or key.value in keys
    ]
    return ast.Dict(keys=[key for key, _ in pairs], values=[value for _, value in pairs])


@cache
def _dependencies(module: str, name: str, keys: frozenset[str] | None = None) -> frozenset[Definition]:
    """The definitions that one definition names; re-exports are followed to where the definition stands."""
    parsed = _parsed(module)
    if name not in parsed.nodes and name != "*":
        if name in parsed.imports:
            return frozenset([parsed.imports[name]])
        return frozenset([(module, "*")])  # made by the module in a way that the source does not show
    found: set[Definition] = set(parsed.imports.values()) if name == "*" else set()
    for statement in _statements(module, name, keys):
        found |= _named(module, statement)
    return frozenset(found - {(module, name)})


def _named(module: str, statement: ast.AST) -> set[Definition]:
    """The definitions that a statement of a module names."""
    parsed, found = _parsed(module), set()
    nodes = list(ast.walk(statement))
    inside = dict(parsed.imports)
    for node in nodes:
        if isinstance(node, ast.Import | ast.ImportFrom):
            inside |= _imported(node)
    attributes = set()
    for node in nodes:
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            target = inside.get(node.value.id)
            if target and target[1] == "*":  # a module's name before a dot: only that definition of it
                found.add((target[0], node.attr))
                attributes.add(id(node.value))
        elif isinstance(node, ast.Name) and id(node) not in attributes:
            if node.id in parsed.nodes:
                found.add((module, node.id))
            elif node.id in inside:
                found.add(inside[node.id])
    return found


@cache
def _meaning(module: str, name: str, keys: frozenset[str] | None = None) -> str:
    """The syntax trees of a definition's statements, without what cannot change a number."""
    return "\n".join(ast.dump(statement) for statement in _statements(module, name, keys))


class _Wordless(ast.NodeTransformer):
    """Takes out docstrings, log lines, the text of errors and the words of schemas."""

    def visit_Expr(self, node: ast.Expr) -> ast.AST | None:
        if _is_docstring(node):
            return None
        if isinstance(node.value, ast.Call):
            function = node.value.func
            said = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", None)
            if said in LOGGING:
                return None
        return self.generic_visit(node)

    def visit_Raise(self, node: ast.Raise) -> ast.AST:
        return ast.Raise()

    def visit_Call(self, node: ast.Call) -> ast.AST:
        function = getattr(node.func, "id", None)
        if function == "Column":
            node.args = node.args[:2]  # name and type; unit and meaning are words
        if function == "Schema":
            node.keywords = [keyword for keyword in node.keywords if keyword.arg != "row"]
            for keyword in node.keywords:
                if keyword.arg == "quantities" and isinstance(keyword.value, ast.Dict):
                    keyword.value = ast.List(elts=keyword.value.keys, ctx=ast.Load())
        return self.generic_visit(node)
