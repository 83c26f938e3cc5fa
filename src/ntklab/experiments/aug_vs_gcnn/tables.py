"""Schema of the tables of augmented against group-convolutional ensembles."""

from ntklab.pipeline.tables import MEASUREMENT, ON_ORBITS, Column, Schema

_SETTINGS = (
    *ON_ORBITS,
    Column("images", "string", "", "data set of the training and test images"),
    Column(
        "width",
        "float64",
        "features",
        "features per hidden layer and position of both: channels, of a gcnn 4 times these",
    ),
    Column("first", "string", "", "augmented: trained on full orbits; plain: on the images alone; gcnn"),
    Column("second", "string", "", "gcnn; mismatched: a gcnn of another architecture; ntk: the infinite-width mean"),
)
_TIME = (
    Column("time", "float64", "learning rate x steps", "training time on the mean-squared loss / 2"),
    Column("step", "int64", "steps", "steps of full-batch gradient descent"),
)

DIFFERENCE = Schema(
    name="difference",
    row="one quantity of the difference of two ensembles of one width, on one set of inputs, at one training time",
    columns=(
        *_SETTINGS,
        Column("members", "float64", "networks", "members of each ensemble"),
        *_TIME,
        *MEASUREMENT,
    ),
    quantities={
        "difference": "rms difference of the two ensembles' means, in units of the rms NTK mean after training",
        "noise": "the same if the infinite ensembles agree, from the members' variance; same unit",
        "difference_floor": "unbiased squared difference of the infinite ensembles, may be negative; same unit, squared",
    },
)

DIFFERENCE_MOMENTS = Schema(
    name="difference_moments",
    row="the mean squared difference of two ensembles of one width at one training time, with one group of pairs left out",
    columns=(
        *_SETTINGS,
        Column(
            "trained", "int64", "networks", "independent members that were trained: pairs of opposite sign at the start"
        ),
        Column("members", "float64", "networks", "size of the ensembles: inf, without bias; 1; or means over blocks"),
        *_TIME,
        Column("quantity", "string", "", "what was measured"),
        Column("replicate", "int64", "", "0: all members; 1, 2, ...: without one group of pairs"),
        Column("value", "float64", "mean square of the NTK mean after training", "the measured value"),
    ),
    quantities={"squared_difference": "mean squared difference; of infinite ensembles it may be negative"},
)

MEAN_LOGITS = Schema(
    name="mean_logits",
    row="mean output of one ensemble of the widest networks for one input, or that of infinitely wide ones",
    columns=(
        *ON_ORBITS,
        Column("images", "string", "", "data set of the training and test images"),
        Column(
            "width", "float64", "features", "features per hidden layer and position; inf for the infinite-width mean"
        ),
        Column("ensemble", "string", "", "augmented, gcnn, plain, mismatched, or ntk: the infinite-width mean"),
        Column("input", "int64", "", "number of the input in its set"),
        Column("output", "int64", "", "number of the output, a class"),
        *_TIME,
        *MEASUREMENT,
    ),
    quantities={
        "mean_logit": "mean output over pairs of opposite sign; that of infinite width is exact",
    },
)

TABLES = {
    "aug_vs_gcnn_mlp": {
        "equivntk/aug_vs_gcnn_mlp_difference": DIFFERENCE,
        "equivntk/aug_vs_gcnn_mlp_moments": DIFFERENCE_MOMENTS,
        "equivntk/aug_vs_gcnn_mlp_mean_logits": MEAN_LOGITS,
    },
    "aug_vs_gcnn": {
        "equivntk/aug_vs_gcnn_difference": DIFFERENCE,
        "equivntk/aug_vs_gcnn_moments": DIFFERENCE_MOMENTS,
        "equivntk/aug_vs_gcnn_mean_logits": MEAN_LOGITS,
    },
}
