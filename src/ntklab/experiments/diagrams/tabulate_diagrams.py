"""Tabulate all Feynman diagrams, with their terms and pictures, and write them as TikZ-Feynman source."""

import json
from pathlib import Path

from ntklab.experiments.diagrams.tables import DIAGRAMS
from ntklab.files import atomic
from ntklab.finite_width.feynman import BEYOND, PAPER_TENSORS, diagrams
from ntklab.finite_width.feynman.picture import drawing
from ntklab.finite_width.feynman.text import LATEX, term
from ntklab.finite_width.feynman.tikz import document
from ntklab.pipeline.measurements import measurements
from ntklab.pipeline.provenance import record
from ntklab.pipeline.table_files import write_table


def tabulate_diagrams(*, experiment: str, output: Path, output_tikz: Path) -> None:
    """One row per diagram of the paper's thirteen tensors and of those beyond it."""
    provenance = record({"experiment": experiment})
    rows, sources = [], []
    for name in (*PAPER_TENSORS, *BEYOND):
        found = diagrams(name)
        sources.append(found)
        for number, diagram in enumerate(found, 1):
            rows.append(
                {
                    "tensor": name,
                    "symbol": diagram.tensor.latex,
                    "index": ",".join(map(str, diagram.tensor.labels)),
                    "number": number,
                    "internal": diagram.internal.tensor.name if diagram.internal else "local",
                    "latex": term(diagram, LATEX),
                    "graph": json.dumps(drawing(diagram)),
                    "value": float(diagram.symmetry),
                }
            )
        print(found, flush=True)
    common = {"experiment": experiment, "quantity": "symmetry_factor", "stderr": 0.0, "n": 1}
    write_table(output, measurements(rows, DIAGRAMS, **common), DIAGRAMS, provenance)
    with atomic(output_tikz) as temporary:
        temporary.write_text(document(sources))
