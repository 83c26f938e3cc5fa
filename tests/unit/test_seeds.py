"""Random streams have names: equal names repeat, others differ."""

import numpy as np

from ntklab.seeds import generator


def test_named_streams_repeat_and_differ():
    draw = generator(1, "ising", "member", 512, 3).normal(size=4)
    np.testing.assert_array_equal(draw, generator(1, "ising", "member", 512, 3).normal(size=4))
    for other in [(1, "ising", "member", 512, 4), (1, "ising", "member", 5123), (2, "ising", "member", 512, 3)]:
        assert not np.array_equal(draw, generator(*other).normal(size=4))
