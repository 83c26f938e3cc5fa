"""Errors that a user can cause are told apart from bugs, and a missing file is both an input error and a missing file."""

import pytest

from ntklab.ensembles import TrainingDiverged
from ntklab.errors import InputError, MissingFileError


def test_errors_of_a_user_are_values_that_cannot_be_used():
    for error in (MissingFileError, TrainingDiverged):
        assert issubclass(error, InputError)
    assert issubclass(InputError, ValueError)


def test_a_missing_file_is_found_by_either_name_and_says_its_one_line():
    for kind in (InputError, FileNotFoundError):
        with pytest.raises(kind) as error:
            raise MissingFileError("no file x: it is a download")
        assert str(error.value) == "no file x: it is a download"
