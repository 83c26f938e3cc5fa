"""Published files are recognised by their size and checksum."""

import gzip
import hashlib

import numpy as np
import pytest

from ntklab.data.remote import RemoteFile, mismatch, verify
from ntklab.errors import InputError

CONTENT = np.random.default_rng(5).bytes(700_001)
MD5 = hashlib.md5(CONTENT, usedforsecurity=False).hexdigest()


def test_files_are_recognised_by_size_and_by_either_hash(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(CONTENT)
    sha = hashlib.sha256(CONTENT).hexdigest()
    for checksum in (f"md5:{MD5}", f"sha256:{sha}"):
        assert mismatch(path, RemoteFile((), checksum, len(CONTENT))) is None
        assert mismatch(path, RemoteFile((), checksum, 5)) == "wrong size: expected 5 bytes, found 700,001"
    assert mismatch(path, RemoteFile((), "sha256:0123")) == f"wrong sha256: expected 0123, found {sha}"
    with pytest.raises(InputError, match=rf"file: wrong md5: expected 0, found {MD5}; fetch it again from https://a"):
        verify(path, RemoteFile(("https://a",), "md5:0"))


def test_a_packed_file_is_recognised_by_its_content(tmp_path):
    remote = RemoteFile((), f"unpacked-md5:{MD5}")
    for level in (1, 9):
        (tmp_path / "file.gz").write_bytes(gzip.compress(CONTENT, level))
        assert mismatch(tmp_path / "file.gz", remote) is None
    for damaged in (CONTENT, gzip.compress(CONTENT)[:-9]):
        (tmp_path / "file.gz").write_bytes(damaged)
        assert "found a damaged gzip file" in str(mismatch(tmp_path / "file.gz", remote))
