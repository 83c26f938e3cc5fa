"""The figures, fully connected and convolutional: the same panels of the tables of both."""

from ntklab.pipeline.figures import Figure

_SHARED = """\
The two ensembles have the same loss (mean over samples), learning rate and number of full-batch steps. All differences are
root mean squares over inputs and outputs, in units of the root mean square of the infinite-width mean after training. Left:
difference of the means of two finite ensembles against their size; the dashed lines are pure sampling noise. Middle:
difference of the *infinite* ensembles at each width against training time, from the unbiased estimator, which has no such
noise; two controls at the largest width: the same networks trained without augmentation, and a group-convolutional network of
another architecture. Right: the same after training against width, with both ensembles' distance to their common
infinite-width mean. Width is the number of features per layer and position, the same for both: a group-convolutional network
has fewer channels by the order of the group (four rotations, unless the config names another), each with a feature per element.
Bars are 95 % intervals; hollow marks with an arrow are upper ends of intervals that reach zero."""

_LOGITS = """\
Mean outputs of ensembles of the widest networks after training, of the first 20 inputs of each set, all ten outputs: one
point each. Across: group-convolutional networks trained on the images alone. Up: top row, the networks trained on full
orbits; bottom row, the control, the same networks trained on the images alone. Bars are 95 % intervals from pairs of
networks of opposite sign at initialisation; the line is the diagonal; the legend has the root mean square difference over that
of the group-convolutional outputs. Good: points on the diagonal in the top row, off it in the bottom row."""
_TRAJECTORIES = """\
Mean output of ensembles of the widest networks against training time, for the first three inputs of each set and the output
that is largest at infinite width; bands are 95 % intervals from pairs of networks of opposite sign at initialisation. Good:
augmented and GCNN together at every time and close to the dashed line of infinitely wide networks, from which finite width
keeps both away a little; the control, trained without augmentation, elsewhere."""


def _of_mean_outputs(name: str, networks: str) -> tuple[Figure, Figure]:
    """Scatter and trajectories of mean outputs of one of the two experiments."""
    experiment = name.removeprefix("E2-").replace("-", "_")
    table = (f"equivntk/{experiment}_mean_logits",)
    return (
        Figure(
            f"{name}-logits",
            table,
            f"Mean outputs of augmented {networks} and of group-convolutional networks",
            f"{_LOGITS}\n",
            "logit_scatter",
            experiment=experiment,
        ),
        Figure(
            f"{name}-trajectories",
            table,
            f"Mean outputs of augmented {networks} and of group-convolutional networks in training",
            f"{_TRAJECTORIES}\n",
            "logit_trajectories",
            experiment=experiment,
        ),
    )


FIGURES = (
    Figure(
        "E2-aug-vs-gcnn",
        ("equivntk/aug_vs_gcnn_difference",),
        "Augmented convolutional networks become group-convolutional networks",
        "Convolutional networks with global average pooling trained on the full orbits of FashionMNIST images, against "
        f"group-convolutional networks with the same filters trained on the images alone. {_SHARED} Good: left, points on the "
        "dashed lines; middle and right, the difference of augmented and GCNN is small and falls with width, and the "
        "controls stay away, on images and on noise alike.\n",
        "ensemble_comparison",
        experiment="aug_vs_gcnn",
    ),
    *_of_mean_outputs("E2-aug-vs-gcnn", "convolutional networks"),
    Figure(
        "E2-aug-vs-gcnn-mlp",
        ("equivntk/aug_vs_gcnn_mlp_difference",),
        "Augmented fully connected networks become group-convolutional networks",
        "Fully connected networks trained on the full orbits of real digits, against group-convolutional networks (lifting "
        "filters as large as the image, then 1x1 group convolutions, group pooling) trained on the digits alone. "
        f"{_SHARED} Good: left, points on the dashed lines; middle and right, the difference of augmented and GCNN falls with "
        "width and the controls stay away, on images and on noise alike.\n",
        "ensemble_comparison",
        experiment="aug_vs_gcnn_mlp",
    ),
    *_of_mean_outputs("E2-aug-vs-gcnn-mlp", "fully connected networks"),
)
