"""The two figures, fully connected and convolutional: the same panels of two tables."""

from ntklab.pipeline.figures import Figure

_SHARED = """\
The two ensembles have the same loss (mean over samples), learning rate and number of full-batch steps. All differences are
root mean squares over inputs and outputs, in units of the root mean square of the infinite-width mean after training. Left:
difference of the means of two finite ensembles against their size; the dashed lines are pure sampling noise. Middle:
difference of the *infinite* ensembles at each width against training time, from the unbiased estimator, which has no such
noise; two controls at the largest width: the same networks trained without augmentation, and a group-convolutional network of
another architecture. Right: the same after training against width, with both ensembles' distance to their common
infinite-width mean. Bars are 95 % intervals; hollow marks with an arrow are upper ends of intervals that reach zero."""

FIGURES = (
    Figure(
        "E2-aug-vs-gcnn",
        ("equivntk/aug_vs_gcnn_difference",),
        "Augmented convolutional networks become group-convolutional networks",
        "Convolutional networks with global average pooling trained on all four rotations of FashionMNIST images, against "
        f"group-convolutional networks with the same filters trained on the images alone. {_SHARED} Good: left, points on the "
        "dashed lines; middle and right, augmented - GCNN is small at every width and the controls stay away, on images and "
        "on noise alike.\n",
        "ensemble_comparison",
        experiment="aug_vs_gcnn",
    ),
    Figure(
        "E2-aug-vs-gcnn-mlp",
        ("equivntk/aug_vs_gcnn_mlp_difference",),
        "Augmented fully connected networks become group-convolutional networks",
        "Fully connected networks trained on all four rotations of real digits, against group-convolutional networks (lifting "
        "filters as large as the image, then 1x1 group convolutions, group pooling) trained on the digits alone. "
        f"{_SHARED} Good: left, points on the dashed lines; middle and right, augmented - GCNN falls with width and the "
        "controls stay away, on images and on noise alike.\n",
        "ensemble_comparison",
        experiment="aug_vs_gcnn_mlp",
    ),
)
