"""Analytic kernels of a group-convolutional network between a few images."""

from pathlib import Path

import jax
import numpy as np
from jax import enable_x64

from ntklab.files import Arrays, save_arrays
from ntklab.kernels.cnn import gcnn_kernel
from ntklab.kernels.direct import gcnn_layers
from ntklab.pipeline.arguments import NetworkArgument
from ntklab.pipeline.provenance import record


def compute_kernels(*, data: Path, network: NetworkArgument, group: str, output: Path) -> None:
    """Write `nngp`, `ntk`, and `ntk_from_input`: the NTK with the convention of the public code, started from the input."""
    header = record({"network": str(network), "group": group}, [data])
    images = Arrays(data)
    kernels = gcnn_kernel(network, images["inputs"], group=group)
    started = gcnn_layers(network, group, theta0="input")[2]
    with enable_x64(True):
        from_input = jax.jit(lambda x: started(x, None, "ntk"))(images["inputs"])
    arrays = {"nngp": kernels.nngp, "ntk": kernels.ntk, "ntk_from_input": np.array(from_input)}
    save_arrays(output, arrays, {**header, "data": images.header["data"], "network": str(network), "group": group})
