"""Files are whole or absent, and equal arrays give equal bytes."""

import os
import socket
import subprocess

import numpy as np
import pytest

from ntklab.errors import InputError
from ntklab.files import Arrays, atomic, file_hash, save_arrays


def test_a_failed_write_leaves_neither_the_file_nor_a_temporary_one(tmp_path):
    with pytest.raises(KeyError), atomic(tmp_path / "a.txt") as temporary:
        temporary.write_text("half")
        raise KeyError
    assert list(tmp_path.iterdir()) == []


def test_a_failed_write_keeps_the_old_file(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("old")
    with pytest.raises(KeyError), atomic(path) as temporary:
        temporary.write_text("half")
        raise KeyError
    assert path.read_text() == "old"


def test_what_a_killed_process_left_of_the_file_is_removed(tmp_path):
    dead = subprocess.Popen(["true"])
    dead.wait()
    host = socket.gethostname()
    names = {f".a.{host}.{dead.pid}.txt", f".a.{host}.{os.getppid()}.txt", f".a.elsewhere.{dead.pid}.txt", ".a.b.txt"}
    for name in names:
        (tmp_path / name).write_text("half")
    with atomic(tmp_path / "a.txt") as temporary:
        temporary.write_text("whole")
    assert {path.name for path in tmp_path.iterdir()} == names - {f".a.{host}.{dead.pid}.txt"} | {"a.txt"}


def test_arrays_come_back_with_their_header_and_equal_bytes(tmp_path, rng):
    arrays = {"a/inputs": rng.normal(size=(3, 2)), "b/inputs": np.arange(4)}
    for name in ("one.npz", "two.npz"):
        save_arrays(tmp_path / name, arrays, {"seed": 7})
    read = Arrays(tmp_path / "one.npz")
    assert read.header == {"seed": 7}
    assert list(read) == list(arrays) and read.groups("inputs") == ["a", "b"]
    np.testing.assert_array_equal(read["a/inputs"], arrays["a/inputs"])
    assert (tmp_path / "one.npz").read_bytes() == (tmp_path / "two.npz").read_bytes()


def test_a_truncated_array_file_is_refused(tmp_path):
    path = tmp_path / "a.npz"
    save_arrays(path, {"a": np.arange(1000)}, {})
    path.write_bytes(path.read_bytes()[:500])
    with pytest.raises(InputError, match=r"a.npz: not a complete ntklab array file"):
        Arrays(path)


def test_temporary_names_tell_hosts_and_processes_apart_and_keep_the_suffix(tmp_path):
    path = tmp_path / "folder" / "a.npz"
    with atomic(path) as temporary:
        assert temporary.parent == path.parent and temporary.suffix == ".npz" and temporary.name.startswith(".a.")
        assert socket.gethostname() in temporary.name and str(os.getpid()) in temporary.name
        temporary.write_text("whole")
    assert path.read_text() == "whole" and [p.name for p in path.parent.iterdir()] == ["a.npz"]


def test_the_hash_of_a_file_is_that_of_its_bytes(tmp_path):
    (tmp_path / "a").write_bytes(b"abc")
    assert file_hash(tmp_path / "a") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_the_name_of_the_header_is_taken_and_other_archives_are_refused(tmp_path):
    with pytest.raises(ValueError, match="an array may not be called 'header'"):
        save_arrays(tmp_path / "a.npz", {"header": np.zeros(1)}, {})
    np.savez(tmp_path / "b.npz", a=np.zeros(1))
    with pytest.raises(InputError, match=r"b.npz: not a complete ntklab array file"):
        Arrays(tmp_path / "b.npz")
