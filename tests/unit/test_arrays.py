import jax.numpy as jnp
import numpy as np
import pytest
import torch

from ntklab.arrays import as_array, as_whole
from ntklab.errors import InputError


@pytest.mark.parametrize(
    "value",
    [[[1, 2], [3, 4]], np.array([[1, 2], [3, 4]]), np.float16([[1, 2], [3, 4]]), ((1.0, 2.0), (3.0, 4.0))],
    ids=["list", "integers", "float16", "tuples"],
)
def test_everything_but_floats_becomes_float64(value):
    array = as_array(value, "x", "n n0")
    assert array.dtype == np.float64
    np.testing.assert_array_equal(array, [[1, 2], [3, 4]])


def test_arrays_of_other_libraries_are_taken():
    tensor = torch.tensor([[1.0, 2.0]], requires_grad=True)
    for value in (tensor, jnp.array([[1.0, 2.0]]), np.float32([[1, 2]])):
        array = as_array(value, "x", "n n0")
        assert isinstance(array, np.ndarray)
        assert array.dtype == np.float32
        np.testing.assert_array_equal(array, [[1, 2]])
    assert as_array(tensor, "x", dtype=np.float64).dtype == np.float64


@pytest.mark.parametrize(
    ("value", "shape", "message"),
    [
        ([1.0, 2.0], "n n0", "x: shape (2,); expected shape (n, n0)"),
        (np.zeros((2, 3, 4)), "n n0", "x: shape (2, 3, 4); expected shape (n, n0)"),
        (np.zeros((2, 3)), "n n", "x: shape (2, 3); expected shape (n, n)"),
        (np.zeros((2, 3)), (5, "outputs"), "x: shape (2, 3); expected shape (5, outputs)"),
        (
            np.zeros((2, 0)),
            "n n0",
            "x: shape (2, 0): an axis is empty; expected shape (n, n0), at least one entry each",
        ),
        (np.zeros(()), "n ...", "x: shape (); expected shape (n, ...)"),
        (np.array([[1j]]), "n n0", "x: complex numbers; real numbers are expected"),
        (np.array([["a"]]), "n n0", "x: entries of type <U1; real numbers are expected"),
        ([[1.0], [1.0, 2.0]], "n n0", "x: rows of different lengths; expected an array of shape (n, n0)"),
        ([[1.0, np.nan]], "n n0", "x: NaN or infinity, first at [0, 1]"),
    ],
)
def test_messages_name_the_argument_and_what_is_expected(value, shape, message):
    with pytest.raises(InputError) as caught:
        as_array(value, "x", shape)
    assert str(caught.value) == message


def test_dots_stand_for_any_number_of_axes():
    for shape in [(2,), (2, 3), (2, 3, 4)]:
        assert as_array(np.ones(shape), "x", "n ...").shape == shape


def test_whole_numbers_of_python_and_numpy_are_taken():
    assert [as_whole(value, "n", 0) for value in (0, 3, np.int64(3))] == [0, 3, 3]
    assert type(as_whole(np.int64(3), "n", 0)) is int
    for value, shown in (
        (-1, "-1"),
        (2.0, "2.0"),
        (np.float64(2), "2.0"),
        (True, "True"),
        ("2", "'2'"),
        (None, "None"),
    ):
        with pytest.raises(InputError) as caught:
            as_whole(value, "n", 0)
        assert str(caught.value) == f"n={shown}: expected a whole number, at least 0"
