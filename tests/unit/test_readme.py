"""What the README shows is true: its example runs, its targets and files exist."""

import re

import pytest

from ntklab.pipeline.catalogue import figures


@pytest.mark.parametrize("number", range(4))
def test_the_examples_print_what_they_say(project, capsys, monkeypatch, number):
    monkeypatch.chdir(project)
    examples = re.findall(r"```python\n(.*?)```", (project / "README.md").read_text(), flags=re.DOTALL)
    assert len(examples) == 4
    exec(examples[number], {})
    printed, said = capsys.readouterr().out, re.findall(r"print\(.*\)  # (.*)", examples[number])
    if number < 2:  # a rounding error, of which the size is said
        assert float(printed) < 1e-10
    else:
        assert printed.splitlines() == said


def test_the_examples_of_collapsed_sampling_print_what_they_say(project, capsys):
    examples = re.findall(r"```python\n(.*?)```", (project / "docs/collapsed-sampling.md").read_text(), flags=re.DOTALL)
    exec("\n".join(examples), {})
    assert capsys.readouterr().out.splitlines() == re.findall(r"print\(.*\)  # (.*)", "\n".join(examples))


def test_every_figure_and_file_named_is_there(project):
    text = (project / "README.md").read_text()
    assert (project / "docs/collapsed-sampling.md").is_file()
    assert all(identifier in text for identifier in figures())
    for path in re.findall(r"\]\((results/[^)]+)\)", text):
        assert (project / path).is_file()
