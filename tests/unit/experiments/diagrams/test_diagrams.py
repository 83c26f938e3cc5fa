"""The command that prints the diagrams of a tensor."""

from ntklab.experiments.diagrams.diagrams import diagrams as command


def test_the_command_prints_the_recursion(capsys):
    command("F")
    printed = capsys.readouterr().out
    assert "diagrams: 2" in printed and printed.count("symmetry factor 1") == 2
    command("F", form="latex")
    assert capsys.readouterr().out.startswith(r"F^{(\ell+1)}_{1324} = C_W^2")
    command()
    assert "Propagator:" in capsys.readouterr().out
