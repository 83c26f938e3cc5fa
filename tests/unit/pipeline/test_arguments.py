"""Arguments of steps that are more than one value: a network in JSON."""

import json

import pytest
from cyclopts import App
from cyclopts.exceptions import CoercionError

from ntklab.kernels.spherical_network import SphericalNetwork
from ntklab.network import Network
from ntklab.pipeline.arguments import NetworkArgument, SphericalNetworkArgument
from ntklab.pipeline.config import load


def parsed(text: str) -> Network:
    app = App(result_action="return_value")

    @app.command
    def show(*, network: NetworkArgument) -> Network:
        return network

    return app(["show", "--network", text], exit_on_error=False, print_error=False)


def test_a_network_is_the_blocks_json():
    block = {"filters": [3, 2], "padding": "VALID", "nonlinearity": "leaky_relu(0.1)", "weight_variance": 2.0}
    assert parsed(json.dumps(block)) == Network(
        filters=(3, 2), padding="VALID", nonlinearity="leaky_relu(0.1)", weight_variance=2.0
    )


@pytest.mark.parametrize(("name", "block"), [("kernel_convergence", "network"), ("hist_kernel", "network")])
def test_the_networks_of_the_config_are_networks(values, name, block):
    assert isinstance(parsed(json.dumps(values[name][block])), Network)


def test_a_spherical_network_is_the_blocks_json(values):
    app = App(result_action="return_value")

    @app.command
    def show(*, spherical: SphericalNetworkArgument) -> SphericalNetwork:
        return spherical

    block = load(values).molecules.spherical.model_dump()
    network = app(["show", "--spherical", json.dumps(block)], exit_on_error=False, print_error=False)
    assert network == SphericalNetwork(bandlimit=3, convolutions=1, nonlinearity="erf")


def test_a_wrong_network_is_refused_with_what_is_allowed():
    with pytest.raises(CoercionError, match=r"--network: unknown activation 'swish'; known: relu"):
        parsed(json.dumps({"filters": [3], "nonlinearity": "swish"}))
