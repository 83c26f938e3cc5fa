"""Sample signals on the sphere whose coefficients are independent normal numbers."""

from pathlib import Path

from ntklab.files import save_arrays
from ntklab.kernels.spherical_harmonics import real_synthesis
from ntklab.pipeline.provenance import record
from ntklab.seeds import generator


def sample_spherical_signals(
    *, signals: int, bandlimit: int, channels: int, experiment: str, seed: int, output: Path
) -> None:
    """Write `inputs` (signals, theta, phi, channels) of degrees below the bandlimit, and in the header what they are."""
    settings = {
        "signals": signals, "bandlimit": bandlimit, "channels": channels, "experiment": experiment, "seed": seed,
    }  # fmt: skip
    coefficients = generator(seed, experiment, "signals").normal(size=(signals, bandlimit**2, channels))
    data = f"{signals} normal signals l<{bandlimit}, {channels} channels, seed {seed}"
    save_arrays(output, {"inputs": real_synthesis(coefficients)}, {**record(settings), "data": data})
