"""What a long training run needs to go on after it was cut off, kept in one file and written now and then."""

import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch

from ntklab.files import atomic

SECONDS = 60.0
"""At most so much work is lost: a checkpoint of 7 MB takes 0.04 s, one of 144 MB 1 s."""


class Checkpoint:
    """Named values in a file that is whole or absent; without a path nothing is read or written."""

    def __init__(self, path: Path | None):
        self.path = path
        self.written = time.monotonic()
        # The file is this program's own; it holds arrays and tuples besides tensors, which `weights_only` refuses.
        self.values: dict[str, Any] = (
            torch.load(path, weights_only=False, map_location="cpu") if path is not None and path.exists() else {}
        )

    def load(self, name: str, default: Any) -> Any:
        """The value a run that was cut off left under this name, else the default."""
        return self.values.get(name, default)

    def forget(self, *names: str) -> None:
        """Values that a later part of the run must not find."""
        for name in names:
            self.values.pop(name, None)

    def save_now_and_then(self, values: Callable[[], Mapping[str, Any]]) -> None:
        """Write the values, if the last time is long enough ago."""
        if self.path is None or time.monotonic() - self.written < SECONDS:
            return
        with atomic(self.path) as temporary, open(temporary, "wb") as file:
            torch.save(dict(values()), file)
            file.flush()
            os.fsync(file.fileno())
        self.written = time.monotonic()

    def remove(self) -> None:
        """The run is finished."""
        if self.path is not None:
            self.path.unlink(missing_ok=True)
