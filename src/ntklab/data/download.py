"""Fetch a published file over HTTP: resumed, verified, and under its final name only when it is right."""

import time
from collections.abc import Callable, Iterator, Sequence
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING

from ntklab.data.remote import RemoteFile, mismatch
from ntklab.errors import InputError, require
from ntklab.progress import Progress

if TYPE_CHECKING:
    import requests

WAITS = (2.0, 10.0, 30.0)
"""Seconds before the round that follows one, two, ... fruitless rounds in a row; then the download has failed."""

FRUITFUL = 1 << 20
"""Bytes that a round must add to count as progress: a server may cut a large file as often as it likes."""

TIMEOUT = (10.0, 60.0)
"""Seconds to wait for the connection, and for the next piece of the answer."""

PIECE = 1 << 16
"""Bytes read at once, and the most that a broken connection loses."""

PASSING = {408, 425, 429, *range(500, 600)}
"""HTTP statuses that may be different later; others (403, 404 ...) rule a mirror out."""


class Unavailable(Exception):
    """A mirror did not deliver this time; another round may help."""


class Unsuitable(Exception):
    """A mirror will not deliver this file, however often it is asked."""


def download(
    remote: RemoteFile,
    path: Path,
    log: Callable[[str], None] = lambda line: None,
    waits: Sequence[float] = WAITS,
) -> None:
    """Fetch `remote` to `path`; whatever fails, nothing wrong is ever under that name.

    What has arrived is kept in `path`.part and resumed from there, in this run or the next, from any mirror. Mirrors
    are tried in order, in rounds with growing waits; content with a wrong size or checksum is deleted. `InputError`,
    one line with the reason for each URL, when none delivers the file.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.part")
    failures: dict[str, str] = {}
    mirrors = list(remote.urls)
    for _ in _rounds(part, waits):
        for url in list(mirrors):
            try:
                _fetch(url, remote, part, log)
            except Unavailable as failure:
                failures[url] = str(failure)
            except Unsuitable as failure:
                failures[url] = str(failure)
                mirrors.remove(url)
            else:
                part.replace(path)
                return
            log(f"{url}: {failures[url]}")
        if not mirrors:
            break
    kept = f"; {_size(part):,} bytes are kept in {part.name}, from which the next run goes on" if part.exists() else ""
    reasons = "; ".join(f"{url}: {failure}" for url, failure in failures.items())
    raise InputError(f"{path}: not downloaded{kept}; name a mirror or a local copy in the config ({reasons})")


def _rounds(part: Path, waits: Sequence[float]) -> Iterator[None]:
    """One round, another at once after each that brought something new, and one after each wait while none does."""
    most, fruitless = _size(part), 0
    while True:
        yield
        if _size(part) >= most + FRUITFUL:
            most, fruitless = _size(part), 0
        elif fruitless < len(waits):
            time.sleep(waits[fruitless])
            fruitless += 1
        else:
            return


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _fetch(url: str, remote: RemoteFile, part: Path, log: Callable[[str], None]) -> None:
    """Complete and verify the part from one mirror; a part with wrong content is deleted."""
    if part.exists() and mismatch(part, remote) is None:
        return  # Complete before: interrupted between the last byte and the new name.
    if remote.size is not None and _size(part) >= remote.size:
        part.unlink()
    resumed = _size(part) > 0
    _receive(url, remote, part, log)
    if remote.size is not None and _size(part) < remote.size:
        raise Unavailable(f"ended after {_size(part):,} of {remote.size:,} bytes")
    log(f"verifying {part.name}")
    if (wrong := mismatch(part, remote)) is not None:
        part.unlink()
        # The fault may be in what an earlier run or another mirror left: only a whole file tells about this mirror.
        raise Unavailable(f"{wrong}, after resuming") if resumed else Unsuitable(wrong)


def _receive(url: str, remote: RemoteFile, part: Path, log: Callable[[str], None]) -> None:
    """Append the rest of the file to the part, or write all of it anew where the server does not resume."""
    # Without "identity", a server may compress; then neither the offset nor the checksum means the published bytes.
    require("workflow", "requests")
    import requests
    import urllib3

    headers = {"Accept-Encoding": "identity", **({"Range": f"bytes={_size(part)}-"} if _size(part) else {})}
    try:
        with requests.get(url, headers=headers, stream=True, timeout=TIMEOUT) as response:
            _refuse(response, part)
            offset = _size(part) if response.status_code == HTTPStatus.PARTIAL_CONTENT else 0
            _write(response, remote, part, offset, log)
    except (
        requests.exceptions.InvalidURL,
        requests.exceptions.InvalidSchema,
        requests.exceptions.MissingSchema,
    ) as bad:
        raise Unsuitable(_line(bad)) from bad
    except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
        raise Unavailable(_line(error)) from error


def _refuse(response: "requests.Response", part: Path) -> None:
    status = f"HTTP {response.status_code} {response.reason}"
    if response.status_code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
        part.unlink()
        raise Unavailable(f"{status}: the file does not go on where the part ends; the next try begins anew")
    if response.status_code in PASSING:
        raise Unavailable(status)
    if response.status_code not in (HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT):
        raise Unsuitable(status)
    sent = response.headers.get("Content-Range", "")
    if response.status_code == HTTPStatus.PARTIAL_CONTENT and not sent.startswith(f"bytes {_size(part)}-"):
        raise Unsuitable(f"asked for the bytes from {_size(part):,}, but the server sent {sent or 'others'}")


def _write(
    response: "requests.Response", remote: RemoteFile, part: Path, offset: int, log: Callable[[str], None]
) -> None:
    length = response.headers.get("Content-Length", "")
    rest = int(length) if length.isdigit() else None
    if rest is not None and remote.size is not None and offset + rest != remote.size:
        raise Unsuitable(f"wrong size: expected {remote.size:,} bytes, announced {offset + rest:,}")
    name, total = part.stem, "an unknown number of" if rest is None else f"{offset + rest:,}"
    log(f"{name} from {response.url}: byte {offset:,} of {total}")
    progress = None if rest is None else Progress(log, rest)
    with open(part, "r+b" if offset else "wb") as file:
        file.seek(offset)
        # The bytes as sent: `iter_content` would unpack a .gz file that the server calls compressed.
        for piece in response.raw.stream(PIECE, decode_content=False):
            file.write(piece)
            if remote.size is not None and file.tell() > remote.size:
                raise Unsuitable(f"wrong size: expected {remote.size:,} bytes, found more")
            if progress is not None:
                progress(file.tell() - offset, f"{name} {file.tell() / 1e6:.1f} MB")


def _line(error: Exception) -> str:
    """The innermost reason, on one line: "Connection refused" rather than the pool that noticed it."""
    cause: object = error
    while isinstance(cause, Exception):
        inner = getattr(cause, "reason", None) or (cause.args[0] if cause.args else None)
        if not isinstance(inner, Exception):
            break
        cause = inner
    return " ".join(f"{type(cause).__name__}: {cause}".split())
