"""Download one published file of a data set."""

import functools
from pathlib import Path

from ntklab.data.catalogue import remote_file
from ntklab.data.download import download


def download_file(*, data: str, file: str, mirrors: list[str] | None = None, output: Path) -> None:
    """Fetch `file` of image set `data`, from the folders at the URLs `mirrors` if there are any, then as published."""
    remote = remote_file(data, file).with_mirrors(file, mirrors or [])
    download(remote, output, log=functools.partial(print, flush=True))
