"""Files that are either whole or absent, and named arrays with a header."""

import glob
import hashlib
import json
import os
import socket
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from ntklab.errors import InputError

HEADER = "header"


@contextmanager
def atomic(path: str | Path) -> Iterator[Path]:
    """A temporary name beside `path`, renamed to it if the block succeeds and removed if it does not.

    The temporary name carries the host and the process id, so that a job that outlives its driver and its duplicate,
    perhaps on another machine, do not write into each other's file. The suffix is kept: writers that choose the format
    by it still can. What processes of this host that were killed have left of the file is removed.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    start = f".{path.stem}.{socket.gethostname()}."
    _sweep(path, start)
    temporary = path.with_name(f"{start}{os.getpid()}{path.suffix}")
    try:
        yield temporary
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def _sweep(path: Path, start: str) -> None:
    """Remove temporary files of processes that no longer run."""
    for left in path.parent.glob(f"{glob.escape(start)}*{glob.escape(path.suffix)}"):
        number = left.name.removeprefix(start).removesuffix(path.suffix)
        if number.isdigit() and not _runs(int(number)):
            left.unlink(missing_ok=True)


def _runs(process: int) -> bool:
    """Whether there is a process of that number on this host."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


def file_hash(path: str | Path) -> str:
    """SHA-256 of a file's bytes."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def save_arrays(
    path: str | Path, arrays: Mapping[str, np.ndarray], header: Mapping[str, Any], compress: bool = False
) -> None:
    """Write named arrays and a JSON header to one .npz; the same content gives the same bytes.

    NumPy stamps the members of an archive with a fixed date, so that no date enters the file. The bytes of a
    compressed file also depend on the version of zlib.
    """
    if HEADER in arrays:
        raise ValueError(f"an array may not be called {HEADER!r}")
    text = np.array(json.dumps(dict(header), sort_keys=True))
    with atomic(path) as temporary, open(temporary, "wb") as file:
        (np.savez_compressed if compress else np.savez)(file, **{HEADER: text}, **arrays)


class Arrays(Mapping[str, np.ndarray]):
    """The arrays of one .npz, each read when asked for, with its `header`; `InputError` if the file is damaged."""

    def __init__(self, path: str | Path):
        self._path = Path(path)
        damaged = f"{path}: not a complete ntklab array file; delete it and run again"
        if self._path.exists() and not zipfile.is_zipfile(path):
            raise InputError(damaged)
        with np.load(path, allow_pickle=False) as archive:
            if HEADER not in archive:
                raise InputError(damaged)
            self.header: dict[str, Any] = json.loads(str(archive[HEADER]))
            self._names = [name for name in archive.files if name != HEADER]

    def __getitem__(self, name: str) -> np.ndarray:
        with np.load(self._path, allow_pickle=False) as archive:
            return archive[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def groups(self, member: str) -> list[str]:
        """The prefixes `p` for which an array called `p/member` is there, in file order."""
        return [name.removesuffix(f"/{member}") for name in self if name.endswith(f"/{member}")]
