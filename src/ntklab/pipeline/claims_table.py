"""The table of checked claims."""

from ntklab.pipeline.tables import Column, Schema

CLAIMS = Schema(
    name="claims",
    row="one claim of a paper",
    columns=(
        Column("id", "string", "", "name of the claim"),
        Column("paper", "string", "", "ensembles, equivntk or feynman"),
        Column("source", "string", "", "slide, figure or equation in which it is made"),
        Column("statement", "string", "", "what is claimed"),
        Column("quantity", "string", "", "the number that decides"),
        Column("value", "float64", "of the quantity", "its value in this run"),
        Column("ci_low", "float64", "of the quantity", "lower end of its 95 % interval"),
        Column("ci_high", "float64", "of the quantity", "upper end of its 95 % interval"),
        Column("published", "float64", "of the quantity", "published value, if any"),
        Column("criterion", "string", "", "what counts as supported"),
        Column("verdict", "string", "", "supported, contradicted or undecided"),
        Column("scale", "string", "", "smoke, laptop or paper"),
    ),
    quantities={},
)
