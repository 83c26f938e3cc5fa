"""Schemas of the tables of the Feynman diagrams."""

from ntklab.pipeline.tables import MEASUREMENT, Column, Schema

DIAGRAMS = Schema(
    name="diagrams",
    row="one Feynman diagram of one tensor",
    columns=(
        Column("experiment", "string", "", "experiment of the config"),
        Column("tensor", "string", "", "name of the tensor"),
        Column("symbol", "string", "", "the tensor in LaTeX"),
        Column("index", "string", "", "the paper's numbers of its legs, in array order"),
        Column("number", "int64", "", "number of the diagram, from 1"),
        Column("internal", "string", "", "tensor at the internal vertex, or local"),
        Column("latex", "string", "", "its term of the recursion"),
        Column("graph", "string", "", "nodes and strands as JSON, as ntklab.line_drawing takes them"),
        *MEASUREMENT,
    ),
    quantities={"symmetry_factor": "factor with which the diagram counts; dimensionless"},
)

DIAGRAM_CHECKS = Schema(
    name="diagram_checks",
    row="one comparison of the diagrams of a tensor, complete or with one of them changed, with an independent result",
    columns=(
        Column("experiment", "string", "", "experiment of the config"),
        Column("tensor", "string", "", "name of the tensor"),
        Column("activation", "string", "", "activation of the layer or network"),
        Column("change", "string", "", "complete, left out, or doubled: what was done to one diagram"),
        Column("number", "int64", "", "number of the changed diagram, from 1; 0 for none"),
        Column("component", "string", "", "array index of the component; all for the largest difference"),
        Column("width", "float64", "neurons", "width of the hidden layers; inf for leading order in 1/width"),
        *MEASUREMENT,
    ),
    quantities={
        "solver_difference": "largest |diagrams - solver| / max |solver| over random layers; dimensionless",
        "sampled": "estimate from sampled networks at layer 3, at inf extrapolated in 1/width; unit of the tensor",
        "diagrams": "the engine's value at layer 3; unit of the tensor",
        "z_score": "sampled, extrapolated, less the diagrams' value, in standard errors; dimensionless",
    },
)

DIAGRAM_REPLICATES = Schema(
    name="diagram_replicates",
    row="one component of a tensor that the paper does not list: sampled, over all batches of networks or all but one group, "
    "or what one of its diagrams contributes at leading order",
    columns=(
        Column("experiment", "string", "", "experiment of the config"),
        Column("tensor", "string", "", "name of the tensor"),
        Column("component", "string", "", "array index of the component"),
        Column("width", "float64", "neurons", "width of the hidden layers; inf for a diagram"),
        Column("replicate", "int64", "", "0: all batches, and diagrams; 1, 2, ...: the group of batches left out"),
        Column("number", "int64", "", "number of the diagram, from 1; 0 for what was sampled"),
        Column("quantity", "string", "", "sampled, or diagram"),
        Column("value", "float64", "of the tensor", "mean over the batches, or the diagram's term"),
        Column("stderr", "float64", "of the tensor", "standard error of the mean over all batches: the weight in fits"),
    ),
    quantities={
        "sampled": "estimate from networks of that width at layer 3; unit of the tensor",
        "diagram": "contribution of one diagram at layer 3; unit of the tensor",
    },
)

TABLES = {
    "diagrams": {
        "feynman/diagrams": DIAGRAMS,
        "feynman/diagram_checks": DIAGRAM_CHECKS,
        "feynman/diagram_replicates": DIAGRAM_REPLICATES,
    }
}
