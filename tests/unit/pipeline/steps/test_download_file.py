"""The step that fetches one published file."""

import hashlib
import threading
from dataclasses import replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest

from ntklab.data.catalogue import CATALOGUE
from ntklab.data.remote import RemoteFile
from ntklab.pipeline.steps.download_file import download_file

CONTENT = bytes(range(256)) * 100


class Handler(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def site(tmp_path, monkeypatch):
    """A folder and the URL at which a server on 127.0.0.1 offers what is in it."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    folder = tmp_path / "site"
    folder.mkdir()
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=folder))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield folder, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_the_step_asks_mirrors_first(site, tmp_path, monkeypatch, capsys):
    folder, url = site
    for place in ("copies", "published"):
        (folder / place).mkdir()
        (folder / place / "file.bin").write_bytes(CONTENT)
    md5 = hashlib.md5(CONTENT, usedforsecurity=False).hexdigest()
    published = RemoteFile((f"{url}/published/file.bin",), f"md5:{md5}", len(CONTENT))
    bits = replace(CATALOGUE["mnist"], files={"file.bin": published})
    monkeypatch.setitem(CATALOGUE, "bits", bits)
    download_file(data="bits", file="file.bin", mirrors=[f"{url}/copies/"], output=tmp_path / "file.bin")
    assert (tmp_path / "file.bin").read_bytes() == CONTENT
    assert f"file.bin from {url}/copies/file.bin: " in capsys.readouterr().out
