"""Schemas of the tables of the image experiments."""

from ntklab.pipeline.tables import MEASUREMENT, ON_ORBITS, Column, Schema

MODEL = (
    Column("source", "string", "", "where the images come from: embedded, full, stand_in, or a file"),
    Column("model", "string", "", "cnn, steerable (invariant by construction) or canonicalised"),
    Column("augmentation", "string", "", "group whose full orbits were trained on; c1 is no augmentation"),
    Column("members", "float64", "networks", "size of the ensemble; 1 single members"),
)

ORBIT_PREDICTION = Schema(
    name="orbit_prediction",
    row="one quantity of the mean logits of ensembles of one size on the orbits of one set of images at one time",
    columns=(*ON_ORBITS, *MODEL, Column("step", "int64", "steps", "steps of Adam"), *MEASUREMENT),
    quantities={
        "osp": "orbit same prediction: elements with the class of the untransformed image; 1 to the group's order",
        "osp_probabilities": "the same for the mean of the members' probabilities; 1 to the group's order",
        "agreement": "mean over many angles of the fraction of images with the class of the unrotated one; 0 to 1",
        "spread": "root mean square deviation of the logits from their orbit mean, norm over classes; logits",
        "relative_spread": "spread divided by the root mean square of the logits; dimensionless, 0 to 1",
        "floor": "unbiased squared spread of the infinite ensemble, may be negative; logits, squared",
        "accuracy": "fraction of untransformed images that get their label, error over members and images; dimensionless",
    },
)

ANGLE_AGREEMENT = Schema(
    name="angle_agreement",
    row="how often ensembles of one size keep the class of an image rotated by one angle",
    columns=(*ON_ORBITS, *MODEL, Column("angle", "float64", "degrees", "counter-clockwise rotation"), *MEASUREMENT),
    quantities={"agreement": "fraction of images with the class of the unrotated one; 0 to 1"},
)

MODEL_COMPARISON = Schema(
    name="model_comparison",
    row="one quantity of one kind of model trained with one group, out of distribution, beside the published number",
    columns=(
        *ON_ORBITS,
        *MODEL,
        Column("deviation", "float64", "of the quantity", "standard deviation over independently trained models"),
        *MEASUREMENT,
        Column("published", "float64", "of the quantity", "number in the talk; NaN if none"),
        Column("published_deviation", "float64", "of the quantity", "number after +- in the talk; NaN if none"),
    ),
    quantities={name: ORBIT_PREDICTION.quantities[name] for name in ("osp", "spread", "floor", "accuracy")},
)

PICTURE = Schema(
    name="picture",
    row="one pixel of one image at one angle",
    columns=(
        *ON_ORBITS,
        Column("image", "int64", "", "index of the image in its set"),
        Column("angle", "float64", "degrees", "counter-clockwise rotation"),
        Column("row", "int64", "pixels", "row of the pixel"),
        Column("column", "int64", "pixels", "column of the pixel"),
        Column("channel", "int64", "", "0 for grey; red, green, blue"),
        *MEASUREMENT,
    ),
    quantities={"pixel": "brightness; 0 to 1"},
)

PICTURE_PREDICTION = Schema(
    name="picture_prediction",
    row="the class predicted for one image at one angle, by one network or an ensemble",
    columns=(
        *ON_ORBITS,
        Column("image", "int64", "", "index of the image in its set"),
        Column("angle", "float64", "degrees", "counter-clockwise rotation"),
        Column("members", "float64", "networks", "size of the ensemble; 1 a single member; inf the true class"),
        Column("class_name", "string", "", "name of the class"),
        *MEASUREMENT,
    ),
    quantities={"class": "index of the predicted class, or of the true one"},
)

ACTION_FLOOR = Schema(
    name="action_floor",
    row="how far interpolated rotations of one set of images are from a group action, without any network",
    columns=(*ON_ORBITS, *MEASUREMENT),
    quantities={
        "inverse": "mean over elements but the identity of |rho(-a) rho(a) x - x| / |x|; dimensionless",
        "composition": "mean over pairs of |rho(a) rho(b) x - rho(a + b) x| / |x|; dimensionless",
    },
)

TABLES = {
    "rotated_fashion_mnist": {
        "ensembles/rotated_fashion_mnist_orbit_predictions": ORBIT_PREDICTION,
        "ensembles/rotated_fashion_mnist_training": ORBIT_PREDICTION,
        "ensembles/rotated_fashion_mnist_angles": ANGLE_AGREEMENT,
        "ensembles/rotated_fashion_mnist_angle_means": ORBIT_PREDICTION,
        "ensembles/rotated_fashion_mnist_action_floor": ACTION_FLOOR,
        "ensembles/rotated_fashion_mnist_comparison": MODEL_COMPARISON,
        "ensembles/rotated_fashion_mnist_pictures": PICTURE,
        "ensembles/rotated_fashion_mnist_picture_predictions": PICTURE_PREDICTION,
    },
    "histology": {
        "ensembles/histology_orbit_predictions": ORBIT_PREDICTION,
        "ensembles/histology_training": ORBIT_PREDICTION,
        "ensembles/histology_pictures": PICTURE,
        "ensembles/histology_picture_predictions": PICTURE_PREDICTION,
    },
}
