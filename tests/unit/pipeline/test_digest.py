"""The code digest changes with the code that can change a number, however deep it stands, and with nothing else."""

import textwrap

import pytest

from ntklab.pipeline import digest
from ntklab.pipeline.commands import steps
from ntklab.pipeline.digest import code_digest


def forget() -> None:
    for function in vars(digest).values():
        if hasattr(function, "cache_clear"):
            function.cache_clear()


@pytest.fixture
def house(monkeypatch, tmp_path):
    """Writes modules of a made-up ntklab, {"a.b": text}, in which the digest then looks."""

    def build(modules: dict[str, str]) -> None:
        for name, text in modules.items():
            path = tmp_path.joinpath(*name.split(".")).with_suffix(".py")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(textwrap.dedent(text))
        forget()

    (tmp_path / "__init__.py").touch()
    monkeypatch.setattr(digest, "SOURCE", tmp_path)
    yield build
    forget()


STEP = '''
"""A step."""
from ntklab.errors import InputError
from ntklab.tables import Column, Schema

SCHEMA = Schema(
    name="things",
    row="one thing",
    columns=(Column("width", "int64", "channels", "how wide"),),
    quantities={"size": "its size", "age": "its age"},
)


def step(x, factor=2, log=print):
    """Twice x."""
    if x < 0:
        raise InputError(f"{x} is negative")
    print("a line")
    y = [factor * x]  # a comment
    log(f"{y}")
    return y
'''


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"""A step."""', '"""Another text."""\n"""And more."""'),
        ('"""Twice x."""', ""),
        ("# a comment", "# another"),
        ("y = [factor * x]", "y = [\n        factor * x\n    ]"),
        ('print("a line")', 'print("another line", flush=True)'),
        ('    print("a line")\n', ""),
        ('    log(f"{y}")', '    log(f"{y} is the result")\n    progress(1, "done")\n    self.log("so")'),
        ("is negative", "is below zero"),
        ('raise InputError(f"{x} is negative")', 'raise ValueError("negative")'),
        ("one thing", "one thing of many"),
        ("how wide", "how many channels"),
        ('"channels"', '"1"'),
        ("its age", "its age in years"),
        ("\n\n\nSCHEMA", "\nSCHEMA"),
    ],
)
def test_words_do_not_enter(house, old, new):
    house({"a": STEP})
    before = code_digest("ntklab.a:step", "ntklab.a:SCHEMA")
    assert old in STEP or old.strip() in STEP
    house({"a": STEP.replace(old, new)})
    assert code_digest("ntklab.a:step", "ntklab.a:SCHEMA") == before


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("factor=2", "factor=3"),
        ("factor * x", "x * factor"),
        ("x < 0", "x <= 0"),
        ("def step", "@cache\ndef step"),
        ('"width"', '"depth"'),
        ('"int64"', '"float64"'),
        ('"age"', '"height"'),
        (', "age": "its age"', ""),
        ('"things"', '"others"'),
        ("return y", "return print(y)"),
    ],
)
def test_what_can_change_a_result_enters(house, old, new):
    house({"a": STEP})
    before = code_digest("ntklab.a:step", "ntklab.a:SCHEMA")
    assert old in STEP
    house({"a": STEP.replace(old, new)})
    assert code_digest("ntklab.a:step", "ntklab.a:SCHEMA") != before


BEHIND = {
    "definition": ("from ntklab.b import used\ndef step(): return used()", "b"),
    "another name": ("from ntklab.b import used as f\ndef step(): return f()", "b"),
    "a module's name": ("from ntklab import b\ndef step(): return b.used()", "b"),
    "a module under another name": ("from ntklab import b as other\ndef step(): return other.used()", "b"),
    "dotted import": ("import ntklab.b as other\ndef step(): return other.used()", "b"),
    "inside a function": ("def step():\n    from ntklab.b import used\n    return used()", "b"),
    "module inside a function": ("def step():\n    from ntklab import b as other\n    return other.used()", "b"),
    "dotted import inside a function": ("def step():\n    import ntklab.b as other\n    return other.used()", "b"),
    "of its own module": ("def used(): return CONSTANT\nCONSTANT = 1\ndef step(): return used()", "a"),
    "default argument": ("from ntklab.b import used\ndef step(f=used): return f()", "b"),
    "decorator": ("from ntklab.b import used\n@used\ndef step(): return 1", "b"),
    "base class": ("from ntklab.b import Used\nclass step(Used): pass", "b"),
    "constant": ("from ntklab.b import CONSTANT\ndef step(): return CONSTANT", "b"),
    "constant in a constant": ("from ntklab.b import CONSTANT\nTABLE = {1: CONSTANT}\ndef step(): return TABLE", "b"),
    "attribute of a constant": ("from ntklab.b import used\nF = [used]\ndef step(): return F[0].real", "b"),
    "module handed on": ("from ntklab import b\nHANDED = b\ndef step(): return HANDED.used()", "b"),
    "re-exported": ("from ntklab.package import used\ndef step(): return used()", "package.inner"),
    "re-exported by a module": ("from ntklab import package\ndef step(): return package.used()", "package.inner"),
    "re-exported twice": ("from ntklab.over import used\ndef step(): return used()", "package.inner"),
    "re-exported under a module's name": ("from ntklab.package import same\ndef step(): return same()", "package.same"),
    "defined under a module's name": ("from ntklab.package import both\ndef step(): return both()", "package.other"),
}
DEFINED = "CONSTANT = 1\ndef used(): return CONSTANT\nclass Used:\n    value = CONSTANT\n"
PACKAGES = {
    "package.__init__": (
        "from ntklab.package.inner import used\nfrom ntklab.package.same import same\nfrom ntklab.package.other import f\n"
        "def both(): return f()\n"
    ),
    "package.inner": DEFINED,
    "package.same": "CONSTANT = 1\ndef same(): return CONSTANT\n",
    "package.other": "CONSTANT = 1\ndef f(): return CONSTANT\n",
    "package.both": "",
    "over": "from ntklab.package import used\n",
}


@pytest.mark.parametrize("way", BEHIND)
def test_a_definition_is_followed_however_it_is_named(house, way):
    text, module = BEHIND[way]
    modules = {"__init__": "", "a": text + "\n", "b": DEFINED, **PACKAGES}
    house(modules)
    before = code_digest("ntklab.a:step")
    house({module: modules[module].replace("CONSTANT = 1", "CONSTANT = 2")})
    assert code_digest("ntklab.a:step") != before


def test_only_what_is_named_is_followed(house):
    modules = {
        "a": "from ntklab.b import used, unused\nfrom ntklab import c\ndef step(): return used() + c.used()\n",
        "b": "def used(): return 1\ndef unused(): return 1\nOTHER = 1\n",
        "c": "def used(): return 1\ndef unused(): return 1\n",
        "errors": "class InputError(ValueError): value = 1\n",
        "files": "def atomic(): return 1\n",
    }
    modules["a"] += "def other(): return 1\n"
    modules["b"] = "from ntklab.errors import InputError\nfrom ntklab.files import atomic\n" + modules["b"]
    modules["b"] = modules["b"].replace("def used(): return 1", "def used():\n    return atomic() or InputError")
    house(modules)
    before = code_digest("ntklab.a:step")
    for module, old in [
        ("a", "def other(): return 1"),
        ("b", "def unused(): return 1"),
        ("b", "OTHER = 1"),
        ("c", "def unused(): return 1"),
        ("errors", "value = 1"),
        ("files", "return 1"),
    ]:
        assert old in modules[module]
        house({module: modules[module].replace(old, old.replace("1", "2"))})
        assert code_digest("ntklab.a:step") == before, f"{old} of {module}"
        house(modules)
    house({"b": modules["b"] + "EXTRA = 1\n"})
    assert code_digest("ntklab.a:step") == before


def test_imports_for_types_only_are_not_followed(house):
    text = "if TYPE_CHECKING:\n    from ntklab.b import T\ndef step(x: 'T'): return x\n"
    house({"a": text, "b": "T = 1\n"})
    before = code_digest("ntklab.a:step")
    house({"b": "T = 2\n"})
    assert code_digest("ntklab.a:step") == before


def test_a_constant_that_is_changed_after_it_is_made_enters_with_the_change(house):
    text = "T = {}\nT['a'] = 1\ndef step(): return T\n"
    house({"a": text})
    before = code_digest("ntklab.a:step")
    house({"a": text.replace("1", "2")})
    assert code_digest("ntklab.a:step") != before


def test_what_a_module_does_when_imported_enters_with_each_of_its_definitions(house):
    text = "import sys\nsys.modules.setdefault('a', 1)\ndef step(): return 1\n"
    house({"a": text})
    before = code_digest("ntklab.a:step")
    house({"a": text.replace("'a', 1", "'a', 2")})
    assert code_digest("ntklab.a:step") != before


def test_of_a_name_that_is_made_in_a_way_not_shown_the_whole_module_enters(house):
    modules = {
        "a": "from ntklab.b import made\ndef step(): return made\n",
        "b": "OTHER = 1\nglobals()['made'] = OTHER\n",
    }
    house(modules)
    before = code_digest("ntklab.a:step")
    house({"b": modules["b"].replace("OTHER = 1", "OTHER = 2")})
    assert code_digest("ntklab.a:step") != before


def test_circles_end(house):
    house({
        "a": "from ntklab.b import other\ndef step(n): return other(n - 1) if n else 0\n",
        "b": "def other(n):\n    from ntklab.a import step\n    return step(n)\n",
    })  # fmt: skip
    assert len(code_digest("ntklab.a:step")) == 16


def test_of_a_registry_only_the_entries_in_use_enter_if_they_are_named(house):
    modules = {
        "a": "from ntklab.b import f, g\nR = {'f': f, 'g': g}\ndef step(name): return R[name]()\n",
        "b": "def f(): return 1\ndef g(): return 2\n",
    }
    house(modules)
    of_f, of_both = code_digest("ntklab.a:step", entries={"ntklab.a:R": ["f"]}), code_digest("ntklab.a:step")
    house({"b": modules["b"].replace("return 2", "return 3")})
    assert code_digest("ntklab.a:step", entries={"ntklab.a:R": ["f"]}) == of_f
    assert code_digest("ntklab.a:step") != of_both
    house({"b": modules["b"].replace("return 1", "return 3")})
    assert code_digest("ntklab.a:step", entries={"ntklab.a:R": ["f"]}) != of_f


# The real house.


@pytest.fixture(scope="module")
def before() -> dict[str, str]:
    forget()
    return digests()


def digests() -> dict[str, str]:
    return {step: code_digest(f"{module}:{step}") for step, module in steps().items()}


@pytest.fixture
def changed_steps(before, edit_definition):
    """Steps whose digest changes with a definition of a module."""

    def changed(module: str, name: str) -> set[str]:
        edit_definition(module, name)
        return {step for step, value in digests().items() if value != before[step]}

    return changed


EQUIVARIANCE = {"measure_invariance", "measure_equivariance"}
ORBITS = {"choose_learning_rate", "predict_mean", "train_shard"}
ENSEMBLES = {"measure_orbit_predictions", "measure_angles", "measure_training", "vary_comparison"}
TRAINED = {"correct_trained_mean", "train_networks"}
CONVOLUTIONS = {"compute_kernels", "measure_identities", "sample_empirical_kernels", "train_network_shard"}
ORBIT_KERNELS = {"compute_orbit_kernels", "predict_classes", "predict_group_mean", *CONVOLUTIONS}
CLASSIFIERS = {"train_classifier_shard", "tabulate_pictures", *ENSEMBLES}


@pytest.mark.parametrize(
    ("module", "name", "changed"),
    [
        ("nets.canonicalisation", "Canonicaliser", {"train_classifier_shard"}),
        ("nets.steerable", "steerable", {"train_classifier_shard"}),
        ("nets.layers", "GroupConvolution", {"train_network_shard"}),
        ("ensembles.members", "forward", {"train_shard", "train_equivariant_shard"}),
        ("ensembles.classifiers", "train_classifiers", {"train_classifier_shard"}),
        ("metrics.statistics", "jackknife", EQUIVARIANCE | {"measure_ensemble_difference"}),
        ("metrics.ensemble_sizes", "tally", ENSEMBLES),
        ("finite_width.recursions", "_v", {"solve_recursions", "sample_networks", "check_diagrams", *TRAINED}),
        ("groups", "group", ORBITS | CLASSIFIERS | {"tabulate_example", "measure_trained_means", *TRAINED}),
        ("groups", "pixel_group", ORBIT_KERNELS),
        ("kernels.augmented", "augmented_solve", {"predict_classes"}),
        ("groups.filters", "relative_elements", CONVOLUTIONS),
        ("pipeline.shards", "ranges", set()),
        ("pipeline.table_files", "write_table", set()),
        ("progress", "Progress", set()),
        ("plots.style", "GROUPS", set()),
        ("plots.style", "apply", {"draw_figures"}),
        ("claims.claim", "of_changed_theory", set()),  # a room's claims are digested by their own name
        ("claims.claim", "check", {"check_claims"}),
        ("experiments.ising.task", "ising_task", ORBITS),
    ],
)
def test_a_changed_definition_changes_the_steps_that_reach_it_and_no_others(changed_steps, module, name, changed):
    assert changed_steps(f"ntklab.{module}", name) == changed


@pytest.mark.parametrize("step", steps())
def test_every_step_changes_with_its_own_function(changed_steps, step):
    assert changed_steps(steps()[step], step) == {step}
