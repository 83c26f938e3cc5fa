"""What the README shows is true: its example runs, its targets and files exist."""

import re

import pytest

from ntklab.pipeline.catalogue import figures

PAGES = ("docs/collapsed-sampling.md", "docs/trained-networks.md")


@pytest.mark.parametrize("number", range(5))
def test_the_examples_print_what_they_say(project, capsys, monkeypatch, number):
    monkeypatch.chdir(project)
    examples = re.findall(r"```python\n(.*?)```", (project / "README.md").read_text(), flags=re.DOTALL)
    assert len(examples) == 5
    exec(examples[number], {})
    printed, said = capsys.readouterr().out, re.findall(r"print\(.*\)  # (.*)", examples[number])
    if number < 2:  # a rounding error, of which the size is said
        assert float(printed) < 1e-10
    else:
        assert printed.splitlines() == said


@pytest.mark.parametrize("page", PAGES)
def test_the_examples_of_the_pages_print_what_they_say(project, capsys, page):
    examples = re.findall(r"```python\n(.*?)```", (project / page).read_text(), flags=re.DOTALL)
    exec("\n".join(examples), {})
    assert capsys.readouterr().out.splitlines() == re.findall(r"print\(.*\)  # (.*)", "\n".join(examples))


def test_every_figure_and_file_named_is_there(project):
    text = (project / "README.md").read_text()
    assert all(page in text for page in PAGES)
    assert all(identifier in text for identifier in figures())
    for path in re.findall(r"\]\((results/[^)]+)\)", text):
        assert (project / path).is_file()
