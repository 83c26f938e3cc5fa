"""Schemas of the tables of statistics at finite width."""

from ntklab.pipeline.tables import MEASUREMENT, Column, Schema

FINITE_WIDTH = Schema(
    name="finite_width",
    row="one component of one tensor of one ensemble of random networks, at one layer: from theory, or from networks drawn",
    columns=(
        Column("experiment", "string", "", "experiment of the config"),
        Column("setup", "string", "", "name of the ensemble, as in ntklab.experiments.finite_width.setups"),
        Column("activation", "string", "", "activation of all layers"),
        Column("c_w", "float64", "1", "variance of the weights, divided by the fan-in in the forward pass"),
        Column("tensor", "string", "", "K, Theta: mean kernels; K1, Theta1, V, A, B, D, F, P to U: of order 1/width"),
        Column("component", "string", "", "numbers of the inputs in the tensor's slots"),
        Column("layer", "int64", "layers", "layer of preactivations; layer 4 is behind three hidden layers"),
        Column(
            "width", "float64", "neurons", "neurons per hidden layer (a multiple, where layers differ); inf is theory"
        ),
        *MEASUREMENT,
    ),
    quantities={
        "infinite_width": "K or Theta in the limit of infinite width; squared preactivations (per unit learning rate)",
        "leading_order": "coefficient of 1/width, theory: of the mean (K1, Theta1) or of the cumulant; same unit or squared",
        "sampled": "mean kernel (K, Theta), or width times cumulant, or width times deviation of the mean (K1, Theta1)",
        "exact": "exact moments of ReLU networks of this width at one input, without expansion in 1/width",
        "extrapolated": "the sampled ones of several widths, extrapolated to infinite width",
        "z_score": "extrapolated less leading order, in standard errors; dimensionless",
    },
)

FINITE_WIDTH_REPLICATES = Schema(
    name="finite_width_replicates",
    row="one component of one tensor, sampled at one layer and width: the mean over all batches of networks, or over all but "
    "one group of them, with what theory says of it; the last layer, or every layer of a scan of depths",
    columns=(
        Column("experiment", "string", "", "experiment of the config"),
        Column("setup", "string", "", "name of the ensemble, as in ntklab.experiments.finite_width.setups"),
        Column("tensor", "string", "", "as in the table finite_width"),
        Column("component", "string", "", "numbers of the inputs in the tensor's slots"),
        Column("layer", "int64", "layers", "layer of preactivations"),
        Column("width", "float64", "neurons", "neurons per hidden layer (a multiple, where layers differ)"),
        Column("replicate", "int64", "", "0: all batches; 1, 2, ...: the group of batches left out (of every width)"),
        Column("quantity", "string", "", "what was measured"),
        Column("value", "float64", "of the tensor", "mean over the batches"),
        Column("stderr", "float64", "of the tensor", "standard error of the mean over all batches: the weight in fits"),
        Column("limit", "float64", "of the tensor", "K or Theta of infinite width; 0 for what is of order 1/width"),
        Column(
            "leading", "float64", "of the tensor", "recursions: coefficient of 1/width of the mean, or of the cumulant"
        ),
        Column(
            "exact", "float64", "of the tensor", "exact value at this width (ReLU, one input); nan where none is known"
        ),
    ),
    quantities={
        "sampled": "mean kernel (K, Theta), or width times cumulant, or width times deviation of the mean (K1, Theta1)",
    },
)

FINITE_WIDTH_THEORY = Schema(
    name="finite_width_theory",
    row="one number of theory without chance, at one input and one layer, with the error bound of its computation",
    columns=(
        Column("experiment", "string", "", "experiment of the config"),
        Column("setup", "string", "", "name of the ensemble"),
        Column("tensor", "string", "", "as in the table finite_width"),
        Column("component", "string", "", "numbers of the inputs in the tensor's slots"),
        Column("layer", "int64", "layers", "layer of preactivations"),
        Column("width", "float64", "neurons", "neurons per hidden layer; inf for leading order"),
        Column("quantity", "string", "", "how it was computed"),
        Column("value", "float64", "of the tensor", "the number"),
        Column("error", "float64", "of the tensor", "bound of its numerical error"),
    ),
    quantities={
        "recursion": "the solver, leading order",
        "closed_form": "the closed form, leading order (ReLU, C_W = 2)",
        "exact": "exact moments of networks of this width (ReLU)",
        "by_parts": "quadrature of sigma and sigma' alone, no derivative of which is used (K, Theta, K1, Theta1)",
    },
)

TABLES = {
    "finite_width": {
        "feynman/finite_width": FINITE_WIDTH,
        "feynman/finite_width_replicates": FINITE_WIDTH_REPLICATES,
        "feynman/finite_width_theory": FINITE_WIDTH_THEORY,
    }
}
