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
        "kappa": "chance-corrected agreement (a - sum p^2) / (1 - sum p^2), a without the identity; 0 is chance, at most 1",
        "concentration": "sum p^2 over classes, p the fraction of all predictions in the class: agreement by chance; 0 to 1",
        "osp_probabilities": "osp of the mean of the members' probabilities; 1 to the group's order",
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

COMPARED = ("osp", "kappa", "spread", "floor", "accuracy")

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
    quantities={name: ORBIT_PREDICTION.quantities[name] for name in COMPARED},
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

REPLICATE = (
    Column("model", "string", "", "cnn, steerable (invariant by construction) or canonicalised"),
    Column("augmentation", "string", "", "group whose full orbits were trained on; c1 is no augmentation"),
    Column("members", "float64", "networks", "size of the ensemble; 1 single members; inf the infinite ensemble"),
    Column("n", "int64", "1", "number of disjoint ensembles of that size"),
    Column("quantity", "string", "", "what was measured"),
)

DRAW = Column(
    "replicate", "int64", "", "0: members and images as they are; 1, 2, ...: drawn again with replacement, both"
)

ORBIT_DRAW = Schema(
    name="orbit_draw",
    row="one quantity of ensembles of one size on one set of images, after one draw of members and of images",
    columns=(*ON_ORBITS, *REPLICATE, DRAW, Column("value", "float64", "of the quantity", "the measured value")),
    quantities={
        **{name: ORBIT_PREDICTION.quantities[name] for name in ("osp", "kappa", "accuracy")},
        "accuracy_shifted": "accuracy with the label of the next image in place of each one's: chance",
        "agreement": "agreement with the class of the unrotated image, mean over all angles; 0 to 1",
        "kappa_angles": "chance-corrected agreement over all angles but 0; 0 is chance, at most 1",
        "at": "agreement at the angles trained with, 0 left out (c1: quarter turns); 0 to 1",
        "between": "agreement half-way between the angles trained with (c1: between quarter turns); 0 to 1",
        "quarter": "agreement at quarter turns, 0 left out; 0 to 1",
    },
)
"""Draw k takes the same images for all models, and the same members of a model for all sizes, sets and quantities, so that
differences are paired inside each draw."""

SPREAD_REPLICATE = Schema(
    name="spread_replicate",
    row="squared spread of the logits over quarter turns at one training time, with one group of members left out",
    columns=(
        *ON_ORBITS,
        *REPLICATE,
        Column("step", "int64", "steps", "steps of Adam"),
        Column("replicate", "int64", "", "0: all members; 1, 2, ...: without one group of them"),
        Column("value", "float64", "logits, squared", "the measured value"),
    ),
    quantities={
        "squared_spread": "mean square deviation from the orbit mean, norm over classes; members inf: unbiased"
    },
)

TABLES = {
    "rotated_fashion_mnist": {
        "ensembles/rotated_fashion_mnist_orbit_predictions": ORBIT_PREDICTION,
        "ensembles/rotated_fashion_mnist_training": ORBIT_PREDICTION,
        "ensembles/rotated_fashion_mnist_angles": ANGLE_AGREEMENT,
        "ensembles/rotated_fashion_mnist_angle_means": ORBIT_PREDICTION,
        "ensembles/rotated_fashion_mnist_draws": ORBIT_DRAW,
        "ensembles/rotated_fashion_mnist_angle_draws": ORBIT_DRAW,
        "ensembles/rotated_fashion_mnist_training_replicates": SPREAD_REPLICATE,
        "ensembles/rotated_fashion_mnist_action_floor": ACTION_FLOOR,
        "ensembles/rotated_fashion_mnist_comparison": MODEL_COMPARISON,
        "ensembles/rotated_fashion_mnist_pictures": PICTURE,
        "ensembles/rotated_fashion_mnist_picture_predictions": PICTURE_PREDICTION,
    },
    "histology": {
        "ensembles/histology_orbit_predictions": ORBIT_PREDICTION,
        "ensembles/histology_training": ORBIT_PREDICTION,
        "ensembles/histology_draws": ORBIT_DRAW,
        "ensembles/histology_pictures": PICTURE,
        "ensembles/histology_picture_predictions": PICTURE_PREDICTION,
    },
}
