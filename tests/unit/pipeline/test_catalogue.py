"""Everything that rooms hold is whole: settings, tables, figures and claims of every room, and of one made up here."""

import importlib
import inspect
import subprocess
import sys

import pytest
from matplotlib.figure import Figure as Drawing

from ntklab.pipeline import catalogue
from ntklab.pipeline.catalogue import ROOMS, claims, experiments, figures, rooms, schemas, tables, targets
from ntklab.pipeline.figures import Figure
from ntklab.pipeline.settings import Block

PAPERS = {"ensembles", "equivntk", "feynman"}
CONTRACT = {"experiment", "quantity", "value", "stderr", "ci_low", "ci_high", "n"}
BEHIND_INTERVALS = {"experiment", "quantity", "value"}
"""Of tables that intervals are made of: replicates with a group of units left out or drawn again, or error bounds."""
CLAIMS = [claim for found in claims().values() for claim in found]


def test_every_folder_of_experiments_is_a_room():
    folders = {path.name for path in ROOMS.iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert folders == set(rooms())


@pytest.mark.parametrize("name", rooms())
def test_every_room_has_settings_tables_figures_and_claims(name, values):
    room = rooms()[name]
    assert room.paper in PAPERS
    assert room.blocks and all(issubclass(block, Block) for block in room.blocks.values())
    assert set(room.blocks) <= set(values), "no block in config.yaml"
    assert all(tables()[block] and claims()[block] for block in room.blocks)
    drawn = {table for figure in figures().values() for table in figure.tables}
    assert all(drawn & set(tables()[block]) for block in room.blocks), "a figure may show tables of two blocks"


def test_experiments_belong_to_one_room_each():
    blocks = [block for room in rooms().values() for block in room.blocks]
    assert sorted(blocks) == sorted(experiments()) and len(set(blocks)) == len(blocks)


def test_targets_are_all_experiments_and_all_rooms():
    assert all(targets()[name] == (name,) for name in experiments())
    assert {name for found in targets().values() for name in found} == set(experiments())
    assert not set(targets()) & {*figures(), "all", "figures", "tables", "claims"}, "one name for two targets"
    kernels = [room for room in rooms().values() if room.target == "kernels"]
    assert len(kernels) > 1 and set(targets()["kernels"]) == {block for room in kernels for block in room.blocks}


def test_tables_belong_to_one_experiment_each():
    names = [name for found in tables().values() for name in found]
    assert sorted(names) == sorted(schemas()) and len(set(names)) == len(names)
    for experiment, found in tables().items():
        assert {name.partition("/")[0] for name in found} == {experiments()[experiment].paper}


@pytest.mark.parametrize("name", sorted(schemas()))
def test_every_schema_holds_the_contract_columns(name):
    schema = schemas()[name]
    names = [column.name for column in schema.columns]
    behind = {"replicate", "error"} & set(names)
    assert set(names) >= (BEHIND_INTERVALS if behind else CONTRACT) and len(names) == len(set(names))
    assert schema.row and schema.quantities and all(schema.quantities.values())
    assert all(column.meaning for column in schema.columns)


def test_schemas_of_one_name_are_one():
    by_name = {schema.name: schema for schema in schemas().values()}
    assert all(schema == by_name[schema.name] for schema in schemas().values())


@pytest.mark.parametrize("identifier", sorted(figures()))
def test_every_figure_can_be_drawn_from_tables_of_its_room(identifier):
    figure = figures()[identifier]
    assert figure.experiment in experiments()
    room = experiments()[figure.experiment]
    assert figure.tables and set(figure.tables) <= {name for block in room.blocks for name in tables()[block]}
    assert figure.title and figure.caption.strip() and "Good:" in figure.caption
    module, _, name = figure.draw.partition(":")
    assert module.startswith(f"{room.package}.")
    function = getattr(importlib.import_module(module), name)
    bound = inspect.signature(function).bind(*figure.tables, **figure.arguments)
    assert set(bound.arguments) == set(inspect.signature(function).parameters), "an argument is left to its default"
    assert inspect.signature(function).return_annotation is Drawing


def test_no_figure_is_there_twice():
    found = [figure.id for room in rooms().values() for figure in catalogue._figures_of(room)]
    assert len(set(found)) == len(found)
    assert sorted(found) == sorted(figures())


def test_claims_have_distinct_ids():
    assert len({claim.id for claim in CLAIMS}) == len(CLAIMS)


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.id)
def test_every_claim_is_about_a_table_of_its_experiment(claim):
    (experiment,) = (name for name, found in claims().items() if claim in found)
    assert claim.table in tables()[experiment]
    assert claim.paper == experiments()[experiment].paper
    assert all((claim.id, claim.source, claim.statement, claim.quantity, claim.criterion))


# A room that nothing names.


SETTINGS = '''
from ntklab.pipeline.settings import Block, Count

PAPER = "ensembles"


class MadeUp(Block):
    """An experiment."""

    width: Count
    """integer >= 1, how wide"""


BLOCKS = {"made_up": MadeUp}
'''
TABLES = """
from ntklab.pipeline.tables import MEASUREMENT, Column, Schema

THINGS = Schema("things", "one thing", (Column("experiment", "string", "", "experiment"), *MEASUREMENT), {"size": "size"})
TABLES = {"made_up": {"ensembles/made_up_things": THINGS}}
"""
CLAIM = """
from ntklab.claims.claim import Claim
from ntklab.metrics.resampling import numerical

CLAIMS = (
    Claim("made-up", "ensembles", "here", "It is so.", "size", "ensembles/made_up_things",
          lambda table: numerical(0.5, 0.1), (0.0, 1.0), kind="check"),
)
"""
FIGURE_MODULE = '''
from matplotlib.figure import Figure

ID = "made-up-module"
TABLES = ("ensembles/made_up_things",)
TITLE = "A module"
CAPTION = "Good: all."


def draw(table) -> Figure:
    """The figure."""
    return Figure()
'''
FIGURE_ROWS = """
from ntklab.pipeline.figures import Figure

FIGURES = (Figure("made-up-row", ("ensembles/made_up_things",), "A row", "Good: all.", "panel", {"colour": "red"}),)
"""
PANELS = """
from matplotlib.figure import Figure


def panel(table, colour) -> Figure:
    return Figure(facecolor=colour)
"""
CACHED = (rooms, experiments, targets, tables, schemas, figures, claims)


def forget() -> None:
    for function in CACHED:
        function.cache_clear()


@pytest.fixture
def made_up(monkeypatch, tmp_path):
    """A folder of experiments with one room, of which the files are given; all rooms are found there and nowhere else."""

    def build(**files: str):
        package = tmp_path / "rooms_made_up"
        room = package / "made_up_room"
        room.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            (room / f"{name}.py").write_text(text)
        monkeypatch.setattr(catalogue, "ROOMS", package)
        monkeypatch.setattr(catalogue, "PACKAGE", "rooms_made_up")
        monkeypatch.syspath_prepend(tmp_path)
        forget()

    yield build
    forget()
    for name in [name for name in sys.modules if name.startswith("rooms_made_up")]:
        del sys.modules[name]


def test_a_room_is_found_by_its_folder_alone(made_up):
    made_up(
        settings=SETTINGS, tables=TABLES, claims=CLAIM, e1_made_up=FIGURE_MODULE, figures=FIGURE_ROWS, panels=PANELS
    )
    assert list(rooms()) == ["made_up_room"] and list(experiments()) == ["made_up"]
    assert targets() == {"made_up": ("made_up",), "made_up_room": ("made_up",)}
    assert list(tables()["made_up"]) == list(schemas()) == ["ensembles/made_up_things"]
    assert [claim.id for claim in claims()["made_up"]] == ["made-up"]
    row, module = figures()["made-up-row"], figures()["made-up-module"]
    assert row.experiment == module.experiment == "made_up"
    assert row.draw == "rooms_made_up.made_up_room.panels:panel"
    assert module == Figure(
        "made-up-module", ("ensembles/made_up_things",), "A module", "Good: all.",
        "rooms_made_up.made_up_room.e1_made_up:draw", {}, "made_up",
    )  # fmt: skip
    assert row.drawn({"ensembles/made_up_things": None}).get_facecolor() == (1, 0, 0, 1)


def test_a_room_of_settings_alone_is_enough(made_up):
    made_up(settings=SETTINGS)
    assert list(experiments()) == ["made_up"] and figures() == {} and claims() == {"made_up": ()}


def test_a_figure_that_lacks_its_caption_is_named(made_up):
    made_up(settings=SETTINGS, tables=TABLES, e1_made_up=FIGURE_MODULE.replace("CAPTION", "TEXT"))
    with pytest.raises(ValueError, match=r"e1_made_up.py: a figure needs CAPTION"):
        figures()


def test_a_claim_about_a_table_of_no_experiment_of_its_room_is_named(made_up):
    made_up(settings=SETTINGS, tables=TABLES, claims=CLAIM.replace("made_up_things", "ising_invariance"))
    with pytest.raises(ValueError, match=r"claim made-up: 'ensembles/ising_invariance' is no table of the room"):
        claims()


def test_figures_are_listed_without_importing_them():
    """The workflow asks at every start; seaborn alone takes a second."""
    code = (
        "import sys; from ntklab.pipeline.catalogue import figures; figures();"
        "raise SystemExit(bool({'seaborn', 'matplotlib.figure', 'pandas', 'torch', 'jax', 'scipy'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
