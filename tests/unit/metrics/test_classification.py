"""Accuracy and relative difference of outputs, by hand."""

import numpy as np

from ntklab.metrics.classification import accuracy, relative_difference


def test_accuracy_counts_the_largest_output():
    outputs = np.array([[1.0, 0.0], [0.2, 0.3], [0.0, -1.0], [0.0, 1.0]])
    found = accuracy(outputs, np.array([0, 1, 1, 1]))
    assert found.value == 0.75 and found.n == 4
    np.testing.assert_allclose(found.stderr, np.sqrt(0.75 * 0.25 / 4))


def test_relative_difference_does_not_depend_on_scale():
    reference = np.array([[3.0, 4.0]])
    assert relative_difference(reference, reference) == 0
    assert relative_difference(10 * reference + [[0.0, 10.0]], 10 * reference) == 0.2
