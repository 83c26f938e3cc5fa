"""Schemas of the tables of the kernels of finite networks."""

from ntklab.pipeline.tables import MEASUREMENT, ON_ORBITS, Column, Schema

SETTINGS = (
    *ON_ORBITS,
    Column("network", "string", "", "the network in one line"),
    Column("kernel", "string", "", "nngp, ntk; analytic only: ntk_from_input, nngp_continuum, ntk_continuum"),
    Column("width", "float64", "channels", "channels per hidden layer; inf is the analytic kernel"),
    Column("image", "int64", "", "first input of the entry; -1 for the whole kernel"),
    Column("image2", "int64", "", "second input of the entry; -1 for the whole kernel"),
)
DRAW_DEVIATION = "statistic A, root mean square over draws of |T - exact| / |exact|; dimensionless"

KERNEL_CONVERGENCE = Schema(
    name="kernel_convergence",
    row="one quantity of the empirical kernels of one width, of one entry or of the whole kernel; or an analytic entry",
    columns=(*SETTINGS, *MEASUREMENT),
    quantities={
        "entry": "entry of the kernel, for the empirical one the mean over draws; squared outputs per channel",
        "z_score": "entry's mean over draws less the analytic one, in its standard errors; dimensionless",
        "draw_deviation": DRAW_DEVIATION,
        "mean_deviation": "statistic B, |mean over draws - exact| / |exact|; dimensionless",
        "noise": "what B is if the mean over draws is unbiased, A / sqrt(draws); dimensionless",
    },
)
KERNEL_CONVERGENCE_REPLICATES = Schema(
    name="kernel_convergence_replicates",
    row="one quantity of the empirical kernels of one width, from all draws or with one group of them left out",
    columns=(
        *SETTINGS,
        Column("theory", "float64", "1", "factor on the analytic kernel compared with; other than 1 for a control"),
        Column("quantity", "string", "", "what was measured"),
        Column("replicate", "int64", "", "0: all draws; 1, 2, ...: the group of draws left out (of every width)"),
        Column("value", "float64", "of the quantity", "the measured value"),
    ),
    quantities={
        "draw_deviation": DRAW_DEVIATION,
        "ratio": "entry's mean over draws / the analytic entry; dimensionless",
    },
)

TABLES = {
    "kernel_convergence": {
        "equivntk/kernel_convergence": KERNEL_CONVERGENCE,
        "equivntk/kernel_convergence_replicates": KERNEL_CONVERGENCE_REPLICATES,
    },
    "so3_convergence": {
        "equivntk/so3_convergence": KERNEL_CONVERGENCE,
        "equivntk/so3_convergence_replicates": KERNEL_CONVERGENCE_REPLICATES,
    },
}
