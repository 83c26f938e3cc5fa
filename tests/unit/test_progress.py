"""Progress: a line now and then, and one at the end; what it says is asked for only then."""

import pytest

from ntklab import progress
from ntklab.progress import Progress


@pytest.mark.parametrize(("seconds", "lines"), [(progress.SECONDS, 1), (0.0, 5)])
def test_what_a_line_says_is_asked_for_only_when_one_is_written(monkeypatch, seconds, lines):
    monkeypatch.setattr(progress, "SECONDS", seconds)
    written, asked = [], []
    say = Progress(written.append, 5)
    for step in range(1, 6):
        say(step, lambda step=step: asked.append(step) or f"step {step}/5")
    assert len(written) == len(asked) == lines
    assert written[-1] == "step 5/5  about 0.0 min left"


def test_a_text_is_said_as_it_is():
    written = []
    Progress(written.append, 1)(1, "tile 1/1")
    assert written == ["tile 1/1  about 0.0 min left"]
