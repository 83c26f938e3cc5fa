"""What the README and the pages of docs/ show is true: their examples run, the files they name exist."""

import re

import pytest

PAGES = (
    "README.md",
    *(f"docs/{name}.md" for name in ("library", "conventions", "collapsed-sampling", "trained-networks")),
)
BLOCKS = re.compile(r"```python\n(.*?)```", flags=re.DOTALL)


@pytest.mark.parametrize("page", PAGES)
def test_the_examples_print_what_they_say(project, capsys, monkeypatch, page):
    monkeypatch.chdir(project)
    examples = "\n".join(BLOCKS.findall((project / page).read_text()))
    exec(examples, {})
    said = re.findall(r"print\(.*\)  # (.*)", examples)
    assert said and capsys.readouterr().out.splitlines() == said


def test_every_example_outside_the_pages_on_how_to_add_things_is_run(project):
    """Those pages are executed in tests/docs."""
    with_examples = {path for path in (project / "docs").glob("*.md") if BLOCKS.search(path.read_text())}
    assert with_examples <= {project / page for page in PAGES}


def test_every_file_named_is_there(project):
    for page in ("README.md", "CONTRIBUTING.md"):
        for path in re.findall(r"\]\(([^)#:]+)[^)]*\)", (project / page).read_text()):
            assert (project / path).is_file()
