"""Errors that a user can cause, apart from those that are bugs of ours."""


class InputError(ValueError):
    """What a user gave cannot be used: one line that says what is wrong, where, and what is allowed.

    A step prints its message and nothing else. Any other exception is a bug of ours and leaves its traceback in the log.
    """


class MissingFileError(InputError, FileNotFoundError):
    """A file that the user has to supply is not there; the message says where from."""
