"""Schema of the table of statistics at finite width."""

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
        "extrapolated": "the sampled ones of several widths, extrapolated to infinite width",
        "z_score": "extrapolated less leading order, in standard errors; dimensionless",
    },
)

TABLES = {"finite_width": {"feynman/finite_width": FINITE_WIDTH}}
