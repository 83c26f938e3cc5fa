"""Downloads: resumed, verified, repeated a bounded number of times, from mirrors, against a server that misbehaves."""

import contextlib
import gzip
import hashlib
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from ntklab.data import download
from ntklab.data.remote import RemoteFile
from ntklab.errors import InputError

CONTENT = np.random.default_rng(5).bytes(700_001)
MD5 = hashlib.md5(CONTENT, usedforsecurity=False).hexdigest()
NO_WAITS = (0.0, 0.0, 0.0)


class Request:
    """What a behaviour sees of a request, and how it answers."""

    def __init__(self, handler: BaseHTTPRequestHandler, number: int):
        self.handler, self.number, self.headers = handler, number, handler.headers
        given = handler.headers.get("Range", "bytes=0-")
        self.start = int(given.removeprefix("bytes=").removesuffix("-"))

    def answer(self, body: bytes, status: int = 200, announced: int | None = None, **headers: str) -> None:
        self.handler.send_response(status)
        for name, value in headers.items():
            self.handler.send_header(name.replace("_", "-"), value)
        self.handler.send_header("Content-Length", str(len(body) if announced is None else announced))
        self.handler.end_headers()
        self.handler.wfile.write(body)

    def rest(self, body: bytes, cut: int | None = None) -> None:
        """The body from the start that was asked for, ending after `cut` bytes although all are announced."""
        wanted = body[self.start :]
        headers = {"Content_Range": f"bytes {self.start}-{len(body) - 1}/{len(body)}"} if self.start else {}
        self.answer(wanted[:cut], 206 if self.start else 200, len(wanted), **headers)


class Server:
    """A server on 127.0.0.1 with one behaviour for each path; it remembers where each request wanted to start."""

    def __init__(self, behaviours: dict[str, Callable[[Request], None]]):
        self.starts: dict[str, list[int]] = {path: [] for path in behaviours}
        served = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                request = Request(self, len(served.starts[self.path]))
                served.starts[self.path].append(request.start)
                with contextlib.suppress(ConnectionError):  # a client may hang up
                    behaviours[self.path](request)

            def log_message(self, *_: object) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.http.serve_forever, kwargs={"poll_interval": 0.01})
        self.thread.start()

    def remote(self, *paths: str, **changes) -> RemoteFile:
        urls = tuple(f"http://127.0.0.1:{self.http.server_port}{path}" for path in paths or self.starts)
        return RemoteFile(urls, f"md5:{MD5}", len(CONTENT))._replace(**changes)

    def close(self) -> None:
        self.http.shutdown()
        self.thread.join()
        self.http.server_close()


@pytest.fixture
def serve(monkeypatch):
    """Starts servers: `serve(behaviour)` or `serve(**{"/path": behaviour})`."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    servers = []

    def start(behaviour=None, **behaviours) -> Server:
        servers.append(Server(behaviours or {"/file.bin": behaviour}))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


@pytest.fixture
def target(tmp_path) -> Path:
    return tmp_path / "folder" / "file.bin"


def part(target: Path) -> Path:
    return target.with_name("file.bin.part")


def fetch(remote: RemoteFile, target: Path) -> list[str]:
    lines: list[str] = []
    download.download(remote, target, lines.append, NO_WAITS)
    assert target.read_bytes() == CONTENT and not part(target).exists()
    return lines


def fail(remote: RemoteFile, target: Path) -> str:
    with pytest.raises(InputError) as error:
        download.download(remote, target, waits=NO_WAITS)
    assert not target.exists()
    message = str(error.value)
    assert message.startswith(f"{target}: not downloaded") and "\n" not in message
    return message


# ---- what works ------------------------------------------------------------------------------------------------------


def test_a_file_is_fetched_once_and_the_log_says_how_far(serve, target):
    server = serve(lambda request: request.rest(CONTENT))
    lines = fetch(server.remote(), target)
    assert server.starts == {"/file.bin": [0]}
    assert lines[0] == f"file.bin from {server.remote().urls[0]}: byte 0 of 700,001"
    assert lines[1] == "file.bin 0.7 MB  about 0.0 min left" and lines[2] == "verifying file.bin.part"


def test_a_truncated_transfer_is_resumed_where_it_ended(serve, target):
    server = serve(lambda request: request.rest(CONTENT, cut=300_000 if request.number < 2 else None))
    fetch(server.remote(), target)
    first, second, third = server.starts["/file.bin"]
    assert first == 0 and 300_000 - download.PIECE <= second <= 300_000 and third >= 600_000 - 2 * download.PIECE


def test_the_part_of_an_earlier_run_is_resumed(serve, target):
    target.parent.mkdir()
    part(target).write_bytes(CONTENT[:123_456])
    server = serve(lambda request: request.rest(CONTENT))
    assert "byte 123,456 of 700,001" in fetch(server.remote(), target)[0]
    assert server.starts["/file.bin"] == [123_456]


def test_a_server_that_ignores_ranges_sends_all_of_it_again(serve, target):
    server = serve(
        lambda request: request.answer(CONTENT[: 300_000 if not request.number else None], announced=700_001)
    )
    fetch(server.remote(), target)
    assert len(server.starts["/file.bin"]) == 2


def test_a_complete_part_is_only_verified_and_renamed(serve, target):
    target.parent.mkdir()
    part(target).write_bytes(CONTENT)
    server = serve(lambda request: request.answer(b"", 500))
    fetch(server.remote(), target)
    assert server.starts["/file.bin"] == []


@pytest.mark.parametrize("left", [CONTENT + b"more", b"\0" * len(CONTENT), b"\0" * 1000])
def test_what_an_earlier_run_left_wrong_is_replaced(serve, target, left):
    target.parent.mkdir()
    part(target).write_bytes(left)
    fetch(serve(lambda request: request.rest(CONTENT)).remote(), target)


def test_a_part_beyond_the_end_is_replaced_where_the_size_is_unknown(serve, target):
    def behave(request: Request) -> None:
        request.answer(b"", 416) if request.start >= len(CONTENT) else request.rest(CONTENT)

    target.parent.mkdir()
    part(target).write_bytes(CONTENT + b"more")
    server = serve(behave)
    fetch(server.remote(size=None), target)
    assert server.starts["/file.bin"] == [700_005, 0]


def test_errors_that_pass_are_waited_for(serve, target, monkeypatch):
    slept = []
    monkeypatch.setattr(download.time, "sleep", slept.append)
    server = serve(lambda request: request.rest(CONTENT) if request.number == 3 else request.answer(b"busy", 503))
    download.download(server.remote(), target, waits=(1.0, 5.0, 25.0))
    assert slept == [1, 5, 25] and target.read_bytes() == CONTENT


def test_a_file_in_many_pieces_needs_no_wait(serve, target, monkeypatch):
    """A round that adds enough is no failure, however many there are."""
    monkeypatch.setattr(download, "FRUITFUL", 30_000)
    server = serve(lambda request: request.rest(CONTENT, cut=100_000))
    download.download(server.remote(), target, waits=())
    assert target.read_bytes() == CONTENT and len(server.starts["/file.bin"]) >= 7


def test_mirrors_are_tried_in_order_and_go_on_with_the_same_part(serve, target):
    server = serve(
        **{
            "/gone": lambda request: request.answer(b"", 404),
            "/cut": lambda request: request.rest(CONTENT, cut=200_000),
            "/good": lambda request: request.rest(CONTENT),
        }
    )
    lines = fetch(server.remote(), target)
    assert server.starts["/gone"] == [0] and server.starts["/cut"] == [0]
    assert server.starts["/good"][0] >= 200_000 - download.PIECE
    assert any(line.endswith("/gone: HTTP 404 Not Found") for line in lines)


def test_a_mirror_with_other_bytes_does_not_spoil_the_next(serve, target):
    changed = b"\0" + CONTENT[1:]
    server = serve(**{"/bad": lambda request: request.rest(changed), "/good": lambda request: request.rest(CONTENT)})
    fetch(server.remote(), target)
    assert server.starts == {"/bad": [0], "/good": [0]}


def test_bytes_are_kept_as_sent_even_if_called_compressed(serve, target):
    packed = gzip.compress(CONTENT, mtime=0)
    server = serve(lambda request: request.answer(packed, Content_Encoding="gzip"))
    download.download(server.remote(checksum=f"unpacked-md5:{MD5}", size=None), target)
    assert target.read_bytes() == packed


# ---- what fails ------------------------------------------------------------------------------------------------------


def test_changed_bytes_leave_nothing_behind(serve, target):
    changed = CONTENT[:-1] + b"\0"
    server = serve(lambda request: request.rest(changed))
    found = hashlib.md5(changed, usedforsecurity=False).hexdigest()
    message = fail(server.remote(), target)
    assert f"{server.remote().urls[0]}: wrong md5: expected {MD5}, found {found}" in message
    assert list(target.parent.iterdir()) == [] and server.starts["/file.bin"] == [0]


def test_another_size_is_noticed_before_the_transfer(serve, target):
    message = fail(serve(lambda request: request.answer(b"<html>please log in</html>")).remote(), target)
    assert "wrong size: expected 700,001 bytes, announced 26" in message
    assert list(target.parent.iterdir()) == []


def test_a_server_that_stays_busy_is_given_up(serve, target):
    server = serve(lambda request: request.answer(b"busy", 503))
    assert "HTTP 503 Service Unavailable" in fail(server.remote(), target)
    assert len(server.starts["/file.bin"]) == 1 + len(NO_WAITS)


def test_a_server_that_always_cuts_is_given_up_and_the_part_kept(serve, target):
    server = serve(lambda request: request.answer(CONTENT[:300_000], announced=700_001))
    message = fail(server.remote(), target)
    kept = part(target).stat().st_size
    assert f"{kept:,} bytes are kept in file.bin.part, from which the next run goes on" in message
    assert kept >= 300_000 - download.PIECE and len(server.starts["/file.bin"]) == 1 + len(NO_WAITS)


def test_a_connection_that_ends_early_without_a_length_is_a_truncation(serve, target):
    def behave(request: Request) -> None:
        request.handler.send_response(200)
        request.handler.end_headers()
        request.handler.wfile.write(CONTENT[:300_000])

    assert "ended after 300,000 of 700,001 bytes" in fail(serve(behave).remote(), target)


def test_another_range_than_asked_for_is_refused(serve, target):
    def behave(request: Request) -> None:
        request.answer(CONTENT[10:], 206, Content_Range="bytes 10-700000/700001")

    target.parent.mkdir()
    part(target).write_bytes(CONTENT[:100])
    message = fail(serve(behave).remote(), target)
    assert "asked for the bytes from 100, but the server sent bytes 10-700000/700001" in message


def test_a_refusal_is_not_repeated_and_each_mirror_is_named(serve, target):
    server = serve(**{"/a": lambda request: request.answer(b"", 403), "/b": lambda request: request.answer(b"", 404)})
    message = fail(server.remote(), target)
    assert server.starts == {"/a": [0], "/b": [0]}
    assert "/a: HTTP 403 Forbidden; http" in message and "/b: HTTP 404 Not Found" in message
    assert "name a mirror or a local copy in the config" in message


def test_no_connection_is_one_line_with_the_reason(serve, target):
    server = serve(lambda request: request.rest(CONTENT))
    remote = server.remote()
    server.close()
    message = fail(remote, target)
    assert "Connection refused" in message and "pool" not in message.lower()


@pytest.mark.parametrize("url", ["no/scheme", "gopher://127.0.0.1/x", "http://"])
def test_what_is_not_a_url_is_refused_at_once(target, url):
    assert f"{url}: " in fail(RemoteFile((url,), f"md5:{MD5}"), target)
