"""Schemas of the tables of the energies of molecules."""

from ntklab.pipeline.tables import MEASUREMENT, ON_ORBITS, Column, Schema

MODEL = Column(
    "model",
    "string",
    "",
    "mlp, residual, rotated (mlp trained on randomly turned copies), so3, or constant (no network)",
)
KERNEL = Column("kernel", "string", "", "ntk (all layers trained) or nngp (last layer trained); none for constant")
TRAINING = Column("training_molecules", "int64", "molecules", "molecules trained on, before they are copied")

ENERGY_ERRORS = Schema(
    name="energy_errors",
    row="one error of one infinitely wide network, trained for ever, mean over the training sets of one draw",
    columns=(
        *ON_ORBITS,
        Column("source", "string", "", "where the molecules came from"),
        MODEL,
        KERNEL,
        TRAINING,
        Column("repeat", "int64", "", "number of the draw of training and test molecules"),
        *MEASUREMENT,
    ),
    quantities={
        "mae": "mean absolute error of the atomisation energy over training sets and test molecules; meV",
        "rmse": "root mean square error of the same; meV",
        "mae_shifted": "mean absolute error against the energies of other test molecules, each one's next; meV",
    },
)
TURNED_PREDICTIONS = Schema(
    name="turned_predictions",
    row="one molecule: how far the prediction of one network moves when it turns",
    columns=(
        *ON_ORBITS,
        Column("source", "string", "", "where the molecules came from"),
        MODEL,
        KERNEL,
        TRAINING,
        Column("bandlimit", "int64", "", "of the grid of the input signals"),
        Column("molecule", "int64", "", "number of the test molecule"),
        *MEASUREMENT,
    ),
    quantities={
        "rotation_spread": "standard deviation of the prediction over random rotations; meV",
        "molecule_spread": "deviation of the mean prediction over rotations from that of all molecules; meV",
    },
)
HAAR_AVERAGE = Schema(
    name="haar_average",
    row="one kernel: largest relative difference of the SO(3)-equivariant network's from another way to it",
    columns=(
        *ON_ORBITS,
        KERNEL,
        Column(
            "compared", "string", "", "average (of a fully connected network's kernel over rotations of one molecule), "
            "unturned (that kernel itself, the control) or tolerance (its own kernel with the experiment's tolerance)"
        ),
        Column("rotations", "int64", "", "nodes of the average over rotations, a pair of atoms' mean number with tolerance"),
        *MEASUREMENT,
    ),
    quantities={"difference": "largest |kernel - other| over all pairs / largest |kernel|; dimensionless"},
)  # fmt: skip
SIGNALS = Schema(
    name="signals",
    row="one direction of one atom's signal",
    columns=(
        *ON_ORBITS,
        Column("source", "string", "", "where the molecule came from"),
        Column("molecule", "int64", "", "index of the molecule in its source"),
        Column("formula", "string", "", "elements of the molecule"),
        Column("atom", "int64", "", "number of the atom, from 0"),
        Column("channel", "string", "", "element of the neighbours, and power of their distance"),
        Column("bandlimit", "int64", "", "of the grid"),
        Column("row", "int64", "", "ring of the grid"),
        Column("column", "int64", "", "point of the ring"),
        Column("theta", "float64", "rad", "polar angle"),
        Column("phi", "float64", "rad", "azimuth"),
        *MEASUREMENT,
    ),
    quantities={"signal": "value of the signal in that direction; charges squared / Angstrom^power"},
)

TABLES = {
    "molecules": {
        "equivntk/molecules_energy_errors": ENERGY_ERRORS,
        "equivntk/molecules_turned_predictions": TURNED_PREDICTIONS,
        "equivntk/molecules_haar_average": HAAR_AVERAGE,
        "equivntk/molecules_signals": SIGNALS,
    }
}
