"""Errors that a user can cause, apart from those that are bugs of ours."""

import importlib.util


class InputError(ValueError):
    """What a user gave cannot be used: one line that says what is wrong, where, and what is allowed.

    A step prints its message and nothing else. Any other exception is a bug of ours and leaves its traceback in the log.
    """


class MissingFileError(InputError, FileNotFoundError):
    """A file that the user has to supply is not there; the message says where from."""


class MissingExtraError(InputError, ModuleNotFoundError):
    """A package that only a part of ntklab needs is not installed; the message says what to install."""


def require(extra: str, *packages: str) -> None:
    """`MissingExtraError` unless all of the packages, which an extra of ntklab brings, can be imported."""
    if missing := [package for package in packages if importlib.util.find_spec(package) is None]:
        raise MissingExtraError(
            f"{', '.join(missing)}: not installed; this part of ntklab needs: pip install 'ntklab[{extra}]'"
        )


class QuadratureWarning(UserWarning):
    """A numerical integral is less accurate than was asked for."""


class QuadratureError(InputError, ArithmeticError):
    """A numerical integral for what a user gave does not converge: no number is better than a wrong one."""
