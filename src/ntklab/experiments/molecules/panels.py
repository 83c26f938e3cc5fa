"""What the figures of this room share."""

import seaborn as sns

_COLOURS = sns.color_palette("deep")
MODELS = {
    "mlp": ("MLP", _COLOURS[1], "s"),
    "residual": ("residual MLP", _COLOURS[4], "D"),
    "rotated": ("MLP, rotated copies", _COLOURS[2], "^"),
    "so3": ("SO(3)-GCNN", _COLOURS[0], "o"),
}
"""Name, colour and marker of every model."""
KERNELS = {"ntk": "NTK", "nngp": "NNGP kernel"}
