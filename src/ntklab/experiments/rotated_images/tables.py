"""Schemas of the tables of the image experiments."""

from ntklab.pipeline.tables import MEASUREMENT, ON_ORBITS, Column, Schema

MODEL = (
    Column("source", "string", "", "where the images come from: embedded, full, stand_in, or a file"),
    Column("model", "string", "", "cnn, steerable (invariant by construction), canonicalised, or frozen (canonicalised by an "
           "untrained network)"),
    Column("augmentation", "string", "", "group whose full orbits were trained on; c1 is no augmentation"),
    Column("members", "float64", "networks", "size of the ensemble; 1 single members"),
)  # fmt: skip

STEP = Column("step", "int64", "steps", "steps of Adam")

ORBIT_PREDICTION = Schema(
    name="orbit_prediction",
    row="one quantity of the mean logits of ensembles of one size on the orbits of one set of images at one time",
    columns=(*ON_ORBITS, *MODEL, STEP, *MEASUREMENT),
    quantities={
        "osp": "orbit same prediction: elements with the class of the untransformed image; 1 to the group's order",
        "kappa": "chance-corrected agreement (a - sum p^2) / (1 - sum p^2), a without the identity; 0 is chance, at most 1",
        "concentration": "sum p^2 over classes, p the fraction of all predictions in the class: agreement by chance; 0 to 1",
        "osp_probabilities": "osp of the mean of the members' probabilities; 1 to the group's order",
        "osp_returned": "osp if the class only changed by turning the image there and back: interpolation alone; 1 to the order",
        "spread": "root mean square deviation of the logits from their orbit mean, norm over classes; logits",
        "floor": "unbiased squared spread of the infinite ensemble, may be negative; logits, squared",
        "accuracy": "fraction of untransformed images that get their label; dimensionless",
        "accuracy_probabilities": "accuracy of the mean of the members' probabilities; dimensionless",
        "accuracy_shifted": "accuracy with the label of the image before in place of each one's: chance; dimensionless",
        "calibration_error": "expected calibration error of the mean logits' probabilities, 15 bins; dimensionless, 0 to 1",
        "calibration_error_probabilities": "the same of the mean of the members' probabilities; dimensionless, 0 to 1",
        "disagreement": "fraction of pairs of members that give an untransformed image different classes; 0 to 1",
        "training_loss": "cross-entropy on the mini-batches of the recorded steps, mean over members; nats",
        "parameters": "trained parameters of a network; a count",
        "multiplications": "multiplications of a network for one image of a mini-batch; a count",
    },
)

PLACES = {
    "agreement": "fraction of images with the class of the unrotated one, mean over all angles; 0 to 1",
    "kappa_angles": "chance-corrected agreement over all angles but 0; 0 is chance, at most 1",
    "at": "agreement at the angles trained with, 0 left out (c1: quarter turns); 0 to 1",
    "between": "agreement half-way between the angles trained with (c1: between quarter turns); 0 to 1",
    "quarter": "agreement at quarter turns, 0 left out; 0 to 1",
}

ANGLE_AGREEMENT = Schema(
    name="angle_agreement",
    row="how often ensembles of one size keep the class of an image rotated by one angle, or by angles of one kind",
    columns=(
        *ON_ORBITS,
        *MODEL,
        Column("angle", "float64", "degrees", "counter-clockwise rotation; NaN for several angles"),
        *MEASUREMENT,
    ),
    quantities={"same": "fraction of images with the class of the unrotated one, at one angle; 0 to 1", **PLACES},
)

COMPARED = ("osp", "kappa", "spread", "floor", "accuracy", "parameters", "multiplications")

MODEL_COMPARISON = Schema(
    name="model_comparison",
    row="one quantity of one kind of model trained with one group, beside the published number",
    columns=(
        *ON_ORBITS,
        *MODEL,
        *MEASUREMENT,
        Column("published", "float64", "of the quantity", "number in the talk; NaN if none"),
        Column("published_deviation", "float64", "of the quantity", "number after +- in the talk; NaN if none"),
    ),
    quantities={name: ORBIT_PREDICTION.quantities[name] for name in COMPARED},
)

VARIED_COMPARISON = Schema(
    name="varied_comparison",
    row="canonicalised networks minus ensembles of plain ones, with one choice of the comparison changed",
    columns=(
        *ON_ORBITS,
        Column("augmentation", "string", "", "group whose full orbits were trained on"),
        Column("factor", "string", "", "what is changed: base for nothing"),
        Column("level", "string", "", "what it is changed to"),
        *MEASUREMENT,
        Column("published", "float64", "of the quantity", "the same difference in the talk; NaN if none"),
    ),
    quantities={
        "difference": "agreement with the class of the unrotated image over the angles, canonicalised minus ensembles"
    },
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
        Column(
            "members", "float64", "networks", "size of the ensemble; 1 a single member; inf the true class, if known"
        ),
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
    *MODEL[1:],
    STEP,
    Column("n", "int64", "networks", "networks that the ensembles are formed of"),
    Column("quantity", "string", "", "what was measured"),
)

TWO_WAY_REPLICATE = Schema(
    name="two_way_replicate",
    row="one quantity of ensembles of one size on one set of images, with one group of networks or of images left out",
    columns=(
        *ON_ORBITS,
        *REPLICATE,
        Column("left_out", "string", "", "members or images: of what a group is left out; none"),
        Column("replicate", "int64", "", "0: nothing is left out; 1, 2, ...: the group that is"),
        Column("value", "float64", "of the quantity", "the measured value"),
    ),
    quantities={**ORBIT_PREDICTION.quantities, **PLACES},
)
"""Group k of the images is the same for all models, group k of the networks the same for all sizes and sets, so that differences
are paired inside each replicate."""

SPREAD_REPLICATE = Schema(
    name="spread_replicate",
    row="squared spread of the logits over the orbit at one training time, with one group of members left out",
    columns=(
        *ON_ORBITS,
        *REPLICATE,
        Column("replicate", "int64", "", "0: all members; 1, 2, ...: without one group of them"),
        Column("value", "float64", "logits, squared", "the measured value"),
    ),
    quantities={
        "squared_spread": "mean square deviation from the orbit mean, norm over classes; members inf: unbiased"
    },
)

ORBITS = {
    "orbit_predictions": ORBIT_PREDICTION,
    "orbit_replicates": TWO_WAY_REPLICATE,
    "training": ORBIT_PREDICTION,
    "training_replicates": SPREAD_REPLICATE,
    "pictures": PICTURE,
    "picture_predictions": PICTURE_PREDICTION,
}
COMPARISON = {
    "angles": ANGLE_AGREEMENT,
    "angle_replicates": TWO_WAY_REPLICATE,
    "action_floor": ACTION_FLOOR,
    "comparison": MODEL_COMPARISON,
    "comparison_varied": VARIED_COMPARISON,
}


def _tables(experiment: str, schemas: dict[str, Schema]) -> dict[str, Schema]:
    return {f"ensembles/{experiment}_{name}": schema for name, schema in schemas.items()}


TABLES = {
    "rotated_fashion_mnist": _tables("rotated_fashion_mnist", ORBITS | COMPARISON),
    "histology": _tables("histology", ORBITS),
}
