"""Schema of the table of the kernels of finite networks."""

from ntklab.pipeline.tables import MEASUREMENT, ON_ORBITS, Column, Schema

KERNEL_CONVERGENCE = Schema(
    name="kernel_convergence",
    row="one quantity of the empirical kernels of one width, of one entry or of the whole kernel; or an analytic entry",
    columns=(
        *ON_ORBITS,
        Column("network", "string", "", "the network in one line"),
        Column("kernel", "string", "", "nngp, ntk, or ntk_from_input: the analytic NTK started from the input kernel"),
        Column("width", "float64", "channels", "channels per hidden layer; inf is the analytic kernel"),
        Column("image", "int64", "", "first image of the entry; -1 for the whole kernel"),
        Column("image2", "int64", "", "second image of the entry; -1 for the whole kernel"),
        *MEASUREMENT,
    ),
    quantities={
        "entry": "entry of the kernel, for the empirical one the mean over draws; squared outputs per channel",
        "z_score": "entry's mean over draws less the analytic one, in its standard errors; dimensionless",
        "draw_deviation": "statistic A, root mean square over draws of |T - exact| / |exact|; dimensionless",
        "mean_deviation": "statistic B, |mean over draws - exact| / |exact|; dimensionless",
        "noise": "what B is if the mean over draws is unbiased, A / sqrt(draws); dimensionless",
    },
)

TABLES = {"kernel_convergence": {"equivntk/kernel_convergence": KERNEL_CONVERGENCE}}
