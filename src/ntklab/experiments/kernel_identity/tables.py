"""Schema of the table of identities."""

from ntklab.pipeline.tables import MEASUREMENT, ON_ORBITS, Column, Schema

IDENTITY_ERROR = Schema(
    name="identity_error",
    row="the relative error of one identity, or of its negative control, for one group and network",
    columns=(
        *ON_ORBITS,
        Column("identity", "string", "", "name of the identity, as in ntklab.experiments.kernel_identity.identities"),
        Column("control", "bool", "", "true for the negative control, in which one condition is broken"),
        Column("architecture", "string", "", "cnn or mlp"),
        Column("nonlinearity", "string", "", "nonlinearity of all layers"),
        Column("network", "string", "", "the network in one line"),
        Column("precision", "string", "", "float64 or float32, of the kernels"),
        Column("snap", "bool", "", "whether correlations of coincident inputs are set to 1 (only rectifiers need it)"),
        *MEASUREMENT,
    ),
    quantities={"relative_error": "max |left - right| / max |right|; dimensionless"},
)

TABLES = {"kernel_identity": {"equivntk/kernel_identity_error": IDENTITY_ERROR}}
