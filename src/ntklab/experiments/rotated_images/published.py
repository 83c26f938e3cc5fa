"""Numbers that the talk prints, to be put beside ours."""

TALK_COMPARISON = {
    ("ensemble", "c4"): (3.85, 0.12),
    ("ensemble", "c8"): (7.72, 0.34),
    ("ensemble", "c16"): (15.24, 0.69),
    ("cnn", "c4"): (3.41, 0.18),
    ("cnn", "c8"): (6.73, 0.24),
    ("cnn", "c16"): (12.77, 0.71),
    ("steerable", "c4"): (4.0, 0.0),
    ("steerable", "c8"): (7.71, 0.21),
    ("steerable", "c16"): (15.08, 0.34),
    ("canonicalised", "c4"): (4.0, 0.0),
    ("canonicalised", "c8"): (7.45, 0.14),
    ("canonicalised", "c16"): (12.41, 0.85),
}
"""Slide "Comparison to other methods": orbit same predictions out of distribution of models trained on rotated
FashionMNIST, and the number after +-. "ensemble" is the slide's DeepEns+DA, "cnn" its "only DA", read as a single network
trained with augmentation, "steerable" its E2CNN (Weiler, Cesa 2019), "canonicalised" its Canon (Kaba et al. 2022). Which
sets, how large an ensemble and what +- means, the slide does not say."""
