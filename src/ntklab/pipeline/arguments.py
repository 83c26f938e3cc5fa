"""Arguments of steps that are more than one value."""

import json
from collections.abc import Sequence
from typing import Annotated, Any

from cyclopts import Parameter, Token

from ntklab.kernels.spherical_network import SphericalNetwork
from ntklab.network import Network


def _network(type_: Any, tokens: Sequence[Token]) -> Network:
    return Network(**json.loads(tokens[0].value))


NetworkArgument = Annotated[Network, Parameter(converter=_network, n_tokens=1, accepts_keys=False)]
"""A `Network` as JSON, `--network '{"filters": [3, 3], "padding": "VALID"}'`: the config's block."""


def _spherical(type_: Any, tokens: Sequence[Token]) -> SphericalNetwork:
    return SphericalNetwork(**json.loads(tokens[0].value))


SphericalNetworkArgument = Annotated[SphericalNetwork, Parameter(converter=_spherical, n_tokens=1, accepts_keys=False)]
"""A `SphericalNetwork` as JSON: the config's block."""
