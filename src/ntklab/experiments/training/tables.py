"""Schemas of the tables of trained networks."""

from ntklab.pipeline.tables import MEASUREMENT, Column, Schema

EXPERIMENT = Column("experiment", "string", "", "experiment of the config")
SETUP = Column("setup", "string", "", "name of the ensemble, as in ntklab.experiments.training.setups")
TRAINED = Column(
    "trained", "string", "", "plain, or augmented: on full orbits under rotations by 90 degrees (setups of orbits)"
)
SET = Column("data", "string", "", "training or test")
POINT = Column("point", "int64", "", "number of the input, or of the orbit's element, within its set")
TIME = Column(
    "time", "float64", "1 / eigenvalue", "time of gradient flow times the largest eigenvalue of the infinite-width NTK"
)
WIDTH = Column("width", "float64", "neurons", "neurons per hidden layer; inf is theory")

TRAINED_MEANS = Schema(
    name="trained_means",
    row="one number about the mean prediction, or the mean NTK, of one ensemble at one point and one time",
    columns=(
        EXPERIMENT,
        SETUP,
        Column("activation", "string", "", "activation of all layers"),
        Column("depth", "int64", "layers", "layers of weights"),
        TRAINED,
        SET,
        POINT,
        TIME,
        WIDTH,
        *MEASUREMENT,
    ),
    quantities={
        "infinite_width": "mean prediction in the limit of infinite width; unit of the targets",
        "Theta1": "coefficient of 1/width of the mean prediction, part of the NTK's mean at initialisation",
        "AB": "the same, part of the NTK's fluctuations at initialisation (tensors A and B)",
        "PQ": "the same, part of the NTK's first change in training (tensors P and Q)",
        "ddNTK": "the same, part of its second change (tensors R, S, T, U)",
        "correction": "coefficient of 1/width of the mean prediction, sum of the four",
        "sampled": "width times (mean prediction over networks - infinite width)",
        "linearised": "the same of the networks' linearisations, which have the same initial weights",
        "drift": "coefficient of 1/width of the change of the mean NTK at that point with itself, since initialisation",
        "sampled_drift": "width times the change of the mean NTK over networks",
        "error": "bound of the numerical error of the correction, from the quadrature",
    },
)

TRAINED_REPLICATES = Schema(
    name="trained_replicates",
    row="one number about the mean over networks of one width, of all batches or all but one, with what theory says",
    columns=(
        EXPERIMENT,
        SETUP,
        SET,
        POINT,
        TIME,
        Column("width", "float64", "neurons", "neurons per hidden layer"),
        Column("replicate", "int64", "", "0: all batches; 1, 2, ...: the batch left out (of every width)"),
        Column("quantity", "string", "", "what was measured"),
        Column("value", "float64", "of the quantity", "mean over the batches"),
        Column(
            "stderr", "float64", "of the quantity", "standard error of the mean over all batches: the weight in fits"
        ),
        Column("theory", "float64", "of the quantity", "coefficient of 1/width: the correction, or the drift"),
        *(
            Column(source, "float64", "of the quantity", f"part of the correction; nan for the drift: {source}")
            for source in ("Theta1", "AB", "PQ", "ddNTK")
        ),
    ),
    quantities={
        "sampled": "width times (mean prediction over networks - infinite width)",
        "linearised": "the same of the networks' linearisations",
        "sampled_drift": "width times the change of the mean NTK of a point with itself, since initialisation",
    },
)

ORBIT_SPREADS = Schema(
    name="orbit_spreads",
    row="how far predictions of one ensemble move over the orbits of its inputs, at one time, by theory",
    columns=(EXPERIMENT, SETUP, TRAINED, SET, TIME, *MEASUREMENT),
    quantities={
        "limit": "spread of the infinite-width mean over orbits / its size; root mean squares; dimensionless",
        "correction": "the same of the coefficient of 1/width; dimensionless",
    },
)

NOISE = Schema(
    name="noise",
    row="how much of the noise of one ensemble's mean is taken out, at one width",
    columns=(
        EXPERIMENT,
        SETUP,
        Column("width", "float64", "neurons", "neurons per hidden layer"),
        *MEASUREMENT,
    ),
    quantities={
        "pairs": "variance of the mean over networks / that over pairs of opposite sign, as many networks; dimensionless",
        "linearised": "the same for pairs / pairs less their linearisations; dimensionless",
        "both": "the product of the two; dimensionless",
        "reflected": "the same for pairs less their linearisations / fours of opposite signs in two layers; dimensionless",
    },
)

TABLES = {
    "training": {
        "feynman/trained_means": TRAINED_MEANS,
        "feynman/trained_replicates": TRAINED_REPLICATES,
        "feynman/trained_orbit_spreads": ORBIT_SPREADS,
        "feynman/trained_noise": NOISE,
    }
}
