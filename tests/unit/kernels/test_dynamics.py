"""How far an eigendirection is learned, and which dynamics there are."""

import numpy as np
import pytest

from ntklab.kernels import (
    Dynamics,
)


def test_the_learned_fraction_of_a_vanishing_eigenvalue_is_finite():
    eigenvalues = np.array([-1e-17, 0.0, 1e-3, 1.0, 2.0])
    fraction = Dynamics(1.0).learned_fraction(eigenvalues, 50, 5)
    assert fraction[:2] == pytest.approx(50 / 5)
    np.testing.assert_allclose(fraction[2:], (1 - (1 - eigenvalues[2:] / 5) ** 50) / eigenvalues[2:], rtol=1e-12)


@pytest.mark.parametrize("arguments", [{"kind": "newton"}, {"loss": "hinge"}, {"learning_rate": 0.0}, {"ridge": -1.0}])
def test_unknown_dynamics_are_refused(arguments):
    with pytest.raises(ValueError, match=next(iter(arguments))):
        Dynamics(**arguments)
