"""The schema of every table of the project, by the table's name under results/<scale>/tables/."""

from ntklab.tables import MEASUREMENT, Column, Schema

EXPERIMENT = (
    Column("experiment", "string", "", "experiment of the config"),
    Column("data", "string", "", "set of inputs: training, in_distribution, or the name of a set off distribution"),
    Column("group", "string", "", "symmetry group whose orbits are measured"),
)

INVARIANCE_QUANTITIES = {
    "spread": "root mean square deviation of the ensemble mean from its orbit mean; standardised targets",
    "rsd_pooled": "spread divided by the root mean square of the ensemble mean; dimensionless, 0 to 1",
    "rsd_median": "median over inputs of the orbit's standard deviation over |orbit mean|, in energies; dimensionless",
    "distance_to_ntk": "root mean square difference of the ensemble mean and the NTK mean; standardised targets",
    "floor": "unbiased squared spread of the infinite ensemble, may be negative; standardised targets, squared",
    "distance_floor": "unbiased squared distance of the infinite ensemble to the NTK mean; standardised targets, squared",
}
"""Quantity -> meaning and unit. Each is averaged over disjoint sub-ensembles of the size in `members`: spread and
distance as root mean squares, the relative ones as means. Rows with members = 1 are the averages over single members."""

INVARIANCE = Schema(
    name="invariance",
    row="one quantity of one ensemble (or of its infinite-width limit) on one set of inputs at one training time",
    columns=(
        *EXPERIMENT,
        Column("architecture", "string", "", "kind of network"),
        Column("width", "float64", "channels", "channels per hidden layer; inf is the infinite-width limit"),
        Column("depth", "int64", "layers", "number of hidden layers"),
        Column("augmentation", "string", "", "group whose full orbits were trained on; c1 is no augmentation"),
        Column("members", "float64", "networks", "size of the ensemble; 1 single members; inf the NTK mean"),
        Column(
            "time", "float64", "learning rate x steps", "training time of gradient flow on the mean-squared loss / 2"
        ),
        Column("step", "int64", "steps", "steps of full-batch gradient descent"),
        *MEASUREMENT,
    ),
    quantities=INVARIANCE_QUANTITIES,
)

EXAMPLE_LATTICE = Schema(
    name="example_lattice",
    row="one site of one lattice of an orbit",
    columns=(
        *EXPERIMENT,
        Column("element", "int64", "", "group element"),
        Column("row", "int64", "sites", "row of the site"),
        Column("column", "int64", "sites", "column of the site"),
        *MEASUREMENT,
    ),
    quantities={"spin": "spin of the site, +1 or -1"},
)

EXAMPLE_PREDICTION = Schema(
    name="example_prediction",
    row="the energy of one lattice of an orbit: true, or predicted by a single member or an ensemble",
    columns=(
        *EXPERIMENT,
        Column("width", "float64", "channels", "channels per hidden layer; inf for the true energy"),
        Column("element", "int64", "", "group element"),
        Column("members", "float64", "networks", "size of the ensemble; inf for the true energy"),
        *MEASUREMENT,
    ),
    quantities={"energy": "energy of the lattice, in units of the coupling J"},
)

ROTATIONS = Schema(
    name="rotations",
    row="one number about a set of rotations",
    columns=(
        Column("experiment", "string", "", "experiment of the config"),
        Column("rotations", "string", "", "name of the set"),
        *MEASUREMENT,
    ),
    quantities={
        "order": "number of rotations in the set; 1",
        "mean_angle": "mean angle from a random rotation to the nearest of the set; radians",
    },
)

MODEL = (
    Column("source", "string", "", "where the images come from: embedded, full, stand_in, or a file"),
    Column("model", "string", "", "cnn, steerable (invariant by construction) or canonicalised"),
    Column("augmentation", "string", "", "group whose full orbits were trained on; c1 is no augmentation"),
    Column("members", "float64", "networks", "size of the ensemble; 1 single members"),
)

ORBIT_PREDICTION = Schema(
    name="orbit_prediction",
    row="one quantity of the mean logits of ensembles of one size on the orbits of one set of images at one time",
    columns=(*EXPERIMENT, *MODEL, Column("step", "int64", "steps", "steps of Adam"), *MEASUREMENT),
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
    columns=(*EXPERIMENT, *MODEL, Column("angle", "float64", "degrees", "counter-clockwise rotation"), *MEASUREMENT),
    quantities={"agreement": "fraction of images with the class of the unrotated one; 0 to 1"},
)

MODEL_COMPARISON = Schema(
    name="model_comparison",
    row="one quantity of one kind of model trained with one group, out of distribution, beside the published number",
    columns=(
        *EXPERIMENT,
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
        *EXPERIMENT,
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
        *EXPERIMENT,
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
    columns=(*EXPERIMENT, *MEASUREMENT),
    quantities={
        "inverse": "mean over elements but the identity of |rho(-a) rho(a) x - x| / |x|; dimensionless",
        "composition": "mean over pairs of |rho(a) rho(b) x - rho(a + b) x| / |x|; dimensionless",
    },
)

IDENTITY_ERROR = Schema(
    name="identity_error",
    row="the relative error of one identity, or of its negative control, for one network",
    columns=(
        *EXPERIMENT,
        Column("identity", "string", "", "name of the identity, as in ntklab.kernels.identities"),
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

KERNEL_CONVERGENCE = Schema(
    name="kernel_convergence",
    row="one quantity of the empirical kernels of one width, of one entry or of the whole kernel; or an analytic entry",
    columns=(
        *EXPERIMENT,
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

CLASSIFICATION = Schema(
    name="classification",
    row="one quantity of one infinitely wide network, trained for ever on one training set, on test images of its own",
    columns=(
        *EXPERIMENT,
        Column("source", "string", "", "where the images came from: embedded, or a folder"),
        Column("image_size", "int64", "pixels", "side of the images"),
        Column(
            "orientation", "string", "", "upright (as the data set has them), or turned: each by a random quarter turn"
        ),
        Column("architecture", "string", "", "cnn, cnn_augmented (trained on all rotations) or gcnn"),
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

DIFFERENCE = Schema(
    name="difference",
    row="one quantity of the difference of two ensembles of one width, on one set of inputs, at one training time",
    columns=(
        *EXPERIMENT,
        Column("images", "string", "", "data set of the training and test images"),
        Column("width", "float64", "channels", "channels per hidden layer"),
        Column("first", "string", "", "augmented: trained on all rotations; plain: on the images alone; gcnn"),
        Column(
            "second", "string", "", "gcnn; mismatched: a gcnn of another architecture; ntk: the infinite-width mean"
        ),
        Column("members", "float64", "networks", "members of each ensemble"),
        Column("time", "float64", "learning rate x steps", "training time on the mean-squared loss / 2"),
        Column("step", "int64", "steps", "steps of full-batch gradient descent"),
        *MEASUREMENT,
    ),
    quantities={
        "difference": "rms difference of the two ensembles' means, in units of the rms NTK mean after training",
        "noise": "the same if the infinite ensembles agree, from the members' variance; same unit",
        "difference_floor": "unbiased squared difference of the infinite ensembles, may be negative; same unit, squared",
    },
)

FINITE_WIDTH = Schema(
    name="finite_width",
    row="one component of one tensor of one ensemble of random networks, at one layer: from theory, or from networks drawn",
    columns=(
        Column("experiment", "string", "", "experiment of the config"),
        Column("setup", "string", "", "name of the ensemble, as in ntklab.finite_width.setups"),
        Column("activation", "string", "", "activation of all layers"),
        Column("c_w", "float64", "1", "variance of the weights, divided by the fan-in in the forward pass"),
        Column("tensor", "string", "", "K, Theta: mean kernels; K1, Theta1, V, A, B, D, F, P to U: of order 1/width"),
        Column("component", "string", "", "numbers of the inputs in the tensor's slots"),
        Column("layer", "int64", "layers", "layer of preactivations; layer 4 is behind three hidden layers"),
        Column(
            "width", "float64", "neurons", "neurons per hidden layer (a multiple, where layers differ); inf is theory"
        ),
        *MEASUREMENT,
    ),
    quantities={
        "infinite_width": "K or Theta in the limit of infinite width; squared preactivations (per unit learning rate)",
        "leading_order": "coefficient of 1/width, theory: of the mean (K1, Theta1) or of the cumulant; same unit or squared",
        "sampled": "mean kernel (K, Theta), or width times cumulant, or width times deviation of the mean (K1, Theta1)",
        "extrapolated": "the sampled ones of several widths, extrapolated to infinite width",
        "z_score": "extrapolated less leading order, in standard errors; dimensionless",
    },
)

DIAGRAMS = Schema(
    name="diagrams",
    row="one Feynman diagram of one tensor",
    columns=(
        Column("experiment", "string", "", "experiment of the config"),
        Column("tensor", "string", "", "name of the tensor"),
        Column("symbol", "string", "", "the tensor in LaTeX"),
        Column("index", "string", "", "the paper's numbers of its legs, in array order"),
        Column("number", "int64", "", "number of the diagram, from 1"),
        Column("internal", "string", "", "tensor at the internal vertex, or local"),
        Column("latex", "string", "", "its term of the recursion"),
        Column("graph", "string", "", "nodes and strands as JSON, as ntklab.line_drawing takes them"),
        *MEASUREMENT,
    ),
    quantities={"symmetry_factor": "factor with which the diagram counts; dimensionless"},
)

DIAGRAM_CHECKS = Schema(
    name="diagram_checks",
    row="one comparison of the diagrams of a tensor, complete or with one of them changed, with an independent result",
    columns=(
        Column("experiment", "string", "", "experiment of the config"),
        Column("tensor", "string", "", "name of the tensor"),
        Column("activation", "string", "", "activation of the layer or network"),
        Column("change", "string", "", "complete, left out, or doubled: what was done to one diagram"),
        Column("number", "int64", "", "number of the changed diagram, from 1; 0 for none"),
        Column("component", "string", "", "array index of the component; all for the largest difference"),
        Column("width", "float64", "neurons", "width of the hidden layers; inf for leading order in 1/width"),
        *MEASUREMENT,
    ),
    quantities={
        "solver_difference": "largest |diagrams - solver| / max |solver| over random layers; dimensionless",
        "sampled": "estimate from sampled networks at layer 3, at inf extrapolated in 1/width; unit of the tensor",
        "diagrams": "the engine's value at layer 3; unit of the tensor",
        "z_score": "sampled, extrapolated, less the diagrams' value, in standard errors; dimensionless",
    },
)

CLAIMS = Schema(
    name="claims",
    row="one claim of a paper",
    columns=(
        Column("id", "string", "", "name of the claim"),
        Column("paper", "string", "", "ensembles, equivntk or feynman"),
        Column("source", "string", "", "slide, figure or equation in which it is made"),
        Column("statement", "string", "", "what is claimed"),
        Column("quantity", "string", "", "the number that decides"),
        Column("value", "float64", "of the quantity", "its value in this run"),
        Column("ci_low", "float64", "of the quantity", "lower end of its 95 % interval"),
        Column("ci_high", "float64", "of the quantity", "upper end of its 95 % interval"),
        Column("published", "float64", "of the quantity", "published value, if any"),
        Column("criterion", "string", "", "what counts as supported"),
        Column("verdict", "string", "", "supported, contradicted or undecided"),
        Column("scale", "string", "", "smoke, laptop or paper"),
    ),
    quantities={},
)

SCHEMAS: dict[str, Schema] = {
    "ensembles/ising_invariance": INVARIANCE,
    "ensembles/ising_example_lattice": EXAMPLE_LATTICE,
    "ensembles/ising_example_prediction": EXAMPLE_PREDICTION,
    "ensembles/cross_product_equivariance": INVARIANCE,
    "ensembles/cross_product_rotations": ROTATIONS,
    "ensembles/rotated_fashion_mnist_orbit_predictions": ORBIT_PREDICTION,
    "ensembles/rotated_fashion_mnist_training": ORBIT_PREDICTION,
    "ensembles/rotated_fashion_mnist_angles": ANGLE_AGREEMENT,
    "ensembles/rotated_fashion_mnist_angle_means": ORBIT_PREDICTION,
    "ensembles/rotated_fashion_mnist_action_floor": ACTION_FLOOR,
    "ensembles/rotated_fashion_mnist_comparison": MODEL_COMPARISON,
    "ensembles/rotated_fashion_mnist_pictures": PICTURE,
    "ensembles/rotated_fashion_mnist_picture_predictions": PICTURE_PREDICTION,
    "ensembles/histology_orbit_predictions": ORBIT_PREDICTION,
    "ensembles/histology_training": ORBIT_PREDICTION,
    "ensembles/histology_pictures": PICTURE,
    "ensembles/histology_picture_predictions": PICTURE_PREDICTION,
    "equivntk/kernel_identity_error": IDENTITY_ERROR,
    "equivntk/kernel_convergence": KERNEL_CONVERGENCE,
    "equivntk/hist_kernel_classification": CLASSIFICATION,
    "equivntk/aug_vs_gcnn_mlp_difference": DIFFERENCE,
    "equivntk/aug_vs_gcnn_difference": DIFFERENCE,
    "feynman/finite_width": FINITE_WIDTH,
    "feynman/diagrams": DIAGRAMS,
    "feynman/diagram_checks": DIAGRAM_CHECKS,
}
"""Name of the table -> its schema; claims have a place of their own."""
