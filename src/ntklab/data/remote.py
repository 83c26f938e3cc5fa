"""A published file: where it is, how large, and how to recognise it."""

import gzip
import hashlib
import zlib
from pathlib import Path
from typing import NamedTuple

from ntklab.errors import InputError

UNPACKED = "unpacked-"
"""Before the name of a hash: of the uncompressed bytes of a gzip file, because the same data come in several packings."""


class RemoteFile(NamedTuple):
    """A file to be downloaded; the URLs are equivalent and tried in order."""

    urls: tuple[str, ...]
    checksum: str
    """Hash and its value, "md5:0123...", "sha256:...", or "unpacked-md5:..." for the content of a gzip file."""
    size: int | None = None
    """In bytes, where the publisher says it."""

    def with_mirrors(self, name: str, mirrors: list[str]) -> "RemoteFile":
        """The same file called `name` under the given folders' URLs first."""
        return self._replace(urls=(*(f"{mirror.rstrip('/')}/{name}" for mirror in mirrors), *self.urls))


def mismatch(path: Path, remote: RemoteFile) -> str | None:
    """What is wrong with the content of a file, expected and found; nothing if it is that remote file."""
    if remote.size is not None and (size := path.stat().st_size) != remote.size:
        return f"wrong size: expected {remote.size:,} bytes, found {size:,}"
    kind, expected = remote.checksum.split(":")
    found = _hash(path, kind)
    return None if found == expected else f"wrong {kind}: expected {expected}, found {found}"


def verify(path: Path, remote: RemoteFile) -> None:
    """`InputError`, one line, unless the file's size and checksum are the published ones; reads all of the file."""
    if (wrong := mismatch(path, remote)) is not None:
        raise InputError(f"{path}: {wrong}; fetch it again from {remote.urls[0]}")


def _hash(path: Path, kind: str) -> str:
    opened = gzip.open if kind.startswith(UNPACKED) else open
    digest = hashlib.new(kind.removeprefix(UNPACKED), usedforsecurity=False)
    try:
        with opened(path, "rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        return f"a damaged gzip file ({error})"
    return digest.hexdigest()
