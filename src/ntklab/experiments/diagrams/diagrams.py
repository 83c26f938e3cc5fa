"""Print the Feynman diagrams of a tensor and its recursion."""

from pathlib import Path
from typing import Literal

from ntklab.files import atomic
from ntklab.finite_width.feynman import diagrams as all_diagrams
from ntklab.finite_width.feynman import table


def diagrams(
    tensor: str = "", /, *, form: Literal["text", "latex", "tikz", "sympy"] = "text", picture: Path | None = None
) -> None:
    """Print the diagrams of TENSOR (e.g. F) and the recursion they make up, as text, LaTeX, TikZ-Feynman or SymPy.

    Without TENSOR: the Feynman rules and all tensors. `--picture FILE.svg` draws the diagrams (svg, pdf or png).
    """
    if not tensor:
        print(table())
        return
    found = all_diagrams(tensor)
    print({"text": found.__str__, "latex": found.latex, "tikz": found.tikz, "sympy": found.symbolic}[form]())
    if picture:
        with atomic(picture) as temporary:
            found.figure().savefig(temporary, format=picture.suffix[1:])
