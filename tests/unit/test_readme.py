"""What the README shows is true: its example runs, its targets and files exist."""

import re

from ntklab.plots.catalogue import figures


def test_the_example_prints_what_it_says(project, capsys):
    (code,) = re.findall(r"```python\n(.*?)```", (project / "README.md").read_text(), flags=re.DOTALL)
    exec(code, {})
    assert float(capsys.readouterr().out) < 1e-10


def test_every_figure_and_file_named_is_there(project):
    text = (project / "README.md").read_text()
    assert all(identifier in text for identifier in figures())
    for path in re.findall(r"\]\((results/[^)]+)\)", text):
        assert (project / path).is_file()
