"""Schema of the table of the classification by infinitely wide networks."""

from ntklab.pipeline.tables import MEASUREMENT, ON_ORBITS, Column, Schema

CLASSIFICATION = Schema(
    name="classification",
    row="one quantity of one infinitely wide network, trained for ever on one training set, on test images of its own",
    columns=(
        *ON_ORBITS,
        Column("source", "string", "", "where the images came from: embedded, or a folder"),
        Column("image_size", "int64", "pixels", "side of the images"),
        Column("orientation", "string", "", "upright (as the data set has them), or turned: each by a random element"),
        Column("architecture", "string", "", "cnn, cnn_augmented (trained on full orbits) or gcnn"),
        Column("head", "string", "", "layers after the pooling: linear, or nonlinear (one hidden layer)"),
        Column("kernel", "string", "", "ntk (all layers trained) or nngp (last layer trained)"),
        Column("training_images", "int64", "images", "images trained on, before augmentation"),
        Column("repeat", "int64", "", "number of the training set"),
        *MEASUREMENT,
    ),
    quantities={
        "accuracy": "fraction of the test images whose largest mean output is at their class; 0 to 1",
        "difference_from_gcnn": "rms difference to the gcnn's mean outputs over their rms, same test images; dimensionless",
    },
)

TABLES = {"hist_kernel": {"equivntk/hist_kernel_classification": CLASSIFICATION}}
