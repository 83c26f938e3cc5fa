"""The original archive of QM9: its own format, what is left out, damaged ones."""

import bz2
import io
import tarfile

import numpy as np
import pytest

from ntklab.data import qm9, qm9_archive
from ntklab.data.remote import RemoteFile
from ntklab.errors import InputError, MissingFileError

METHANE = """5
gdb 1\t157.7118\t157.70997\t157.70699\t0.\t13.21\t-0.3877\t0.1171\t0.5048\t35.3641\t0.044749\t-40.47893\t-40.476062\t-40.475117\t-40.498597\t6.469\t
C\t-0.0126981359\t 1.0858041578\t 0.0080009958\t-0.535689
H\t 0.002150416\t-0.0060313176\t 0.0019761204\t 0.133921
H\t 1.0117308433\t 1.4637511618\t 0.0002765748\t 0.133922
H\t-0.540815069\t 1.4475266138\t-0.8766437152\t 0.133923
H\t-0.5238136345\t 1.4379326443\t 0.9063972942\t 0.133923
1341.307\t1341.3284\t1341.365\t1562.6731\t1562.7453\t3038.3205\t3151.6034\t3151.6788\t3151.7078
C\tC\t
InChI=1S/CH4/h1H4\tInChI=1S/CH4/h1H4
"""  # noqa: E501 (as published)
WATER = """3
gdb 3\t799.58812\t437.90386\t282.94545\t1.8511\t6.31\t-0.2928\t0.0687\t0.3615\t19.0002\t0.021375\t-76.404702\t-76.401867\t-76.400922\t-76.422349\t6.002\t
O\t-0.0343604951\t 0.9775395708\t 0.0076015923\t-0.589706
H\t 0.0647664923\t 0.0205721989\t 0.0015346341\t 0.294853
H\t 0.8717903737\t 1.3007924048\t 0.0006931336\t 0.294853
1671.4222\t3803.6305\t3907.698
O\tO\t
InChI=1S/H2O/h1H2\tInChI=1S/H2O/h1H2
"""  # noqa: E501 (as published)
ETHYNE = """4
gdb 4\t0.\t35.6100361\t35.6100361\t0.\t16.28\t-0.2845\t0.0506\t0.3351\t59.5248\t0.026841\t-77.308427\t-77.305527\t-77.304583\t-77.327429\t8.574\t
C\t 0.5995394918\t 0.\t 1.\t-0.207019
C\t-0.5995394918\t 5.2*^-6\t 1.\t-0.207019
H\t-1.6616385861\t 0.\t 1.\t 0.207019
H\t 1.6616385861\t-4.*^-7\t 1.\t 0.207019
549.7648\t549.7648\t795.2713\t795.2713\t2078.1131\t3455.8096\t3557.8599
C#C\tC#C\t
InChI=1S/C2H2/c1-2/h1-2H\tInChI=1S/C2H2/c1-2/h1-2H
"""  # noqa: E501 (as published, but for two small numbers)
MOLECULES = {"dsgdb9nsd_000004.xyz": ETHYNE, "dsgdb9nsd_000001.xyz": METHANE, "dsgdb9nsd_000003.xyz": WATER}


@pytest.fixture
def archive(tmp_path, monkeypatch):
    """Writes an archive, not in order, and beside it the list of the molecules to be left out."""
    monkeypatch.setattr(qm9_archive, "verify", lambda path, remote: None)

    def write(changes=None, left_out=(), name="own.tar.bz2"):
        (tmp_path / qm9_archive.LEFT_OUT).write_text(
            "\n".join([*["header"] * 9, *(f"  {index}  C#N  [NH+]#[C-]  C=N" for index in left_out), "footer"])
        )
        with tarfile.open(tmp_path / name, "w:bz2") as files:
            for member, text in (MOLECULES | (changes or {})).items():
                entry = tarfile.TarInfo(member)
                entry.size = len(text)
                files.addfile(entry, io.BytesIO(text.encode()))
        return tmp_path / name

    return write


def test_the_archive_gives_what_the_table_gives(archive, qm9_table):
    found, expected = qm9.read(archive()), qm9.read(qm9_table())
    assert found.positions[2, 1, 1] == 5.2e-6 and found.positions[2, 3, 1] == -4e-7
    found.positions[2, [1, 3], 1] = 0
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_folder_with_the_archive_will_do_and_few_can_be_chosen(archive, tmp_path):
    archive(name=qm9_archive.ARCHIVE)
    assert qm9.read(tmp_path, lambda n: np.array([n - 1, 0])).index.tolist() == [4, 1]


def test_listed_molecules_and_what_is_no_molecule_are_left_out(archive):
    path = archive({"readme.txt": "text"}, left_out=(3, 21))
    assert qm9.read(path).index.tolist() == [1, 4]
    path.with_name(qm9_archive.LEFT_OUT).unlink()
    with pytest.raises(
        MissingFileError, match=r"uncharacterized\.txt, which lists .* https://ndownloader\.figshare\.com"
    ):
        qm9.read(path)


def test_the_published_files_are_verified(archive, monkeypatch):
    path = archive(name=qm9_archive.ARCHIVE)
    monkeypatch.undo()
    with pytest.raises(InputError, match=r"uncharacterized\.txt: wrong size: expected 486,752 bytes"):
        qm9.read(path)
    monkeypatch.setitem(qm9_archive.FILES, qm9_archive.LEFT_OUT, RemoteFile(("x",), "md5:0"))
    with pytest.raises(InputError, match=r"uncharacterized\.txt: wrong md5"):
        qm9.read(path)
    for name, remote in qm9_archive.FILES.items():
        assert name == qm9_archive.LEFT_OUT or (remote.size == 86_144_227 and len(remote.checksum) == 4 + 32)


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("", "cannot be read; expected the number of atoms, 17 properties after the tag gdb"),
        (WATER.replace("gdb 3", "gdx 3"), "cannot be read"),
        (WATER.replace("\t6.002", ""), "cannot be read"),
        (WATER.replace("3\n", "4\n", 1), "cannot be read"),
        (WATER.replace("\t 0.294853", "", 1), "cannot be read"),
        (WATER.replace("0.0647664923", "0.06x"), "cannot be read"),
        (WATER.replace("H\t", "Br\t", 1), "atom 2 is 'Br', expected H, C, N, O, F"),
        (WATER.replace("0.0647664923\t 0.0205721989", "0.8717903737\t 1.3007924048"), "atoms 2 and 3 are .* apart"),
    ],
)
def test_wrong_molecules_are_named(archive, text, match):
    with pytest.raises(InputError, match=rf"own\.tar\.bz2, dsgdb9nsd_000003\.xyz: {match}") as error:
        qm9.read(archive({"dsgdb9nsd_000003.xyz": text}))
    assert "\n" not in str(error.value)


def test_repeated_and_absent_molecules_are_refused(archive):
    with pytest.raises(InputError, match=r"own\.tar\.bz2: index 1 is there twice"):
        qm9.read(archive({"other.xyz": METHANE}))
    with pytest.raises(InputError, match=r"no molecules; expected \.xyz files"):
        qm9.read(archive(left_out=(1, 3, 4)))


@pytest.mark.parametrize("kept", [0.0, 0.3, 0.8, 0.99])
def test_a_truncated_archive_is_one_line(archive, kept):
    path = archive()
    content = path.read_bytes()
    path.write_bytes(content[: int(kept * len(content))])
    with pytest.raises(InputError, match=r"own\.tar\.bz2: truncated or damaged \(.*\); fetch it again from https://"):
        qm9.read(path)


def test_an_archive_cut_between_two_molecules_is_noticed(archive):
    """Whole for bzip2, but without the two empty blocks with which an archive ends, and at the border of a member."""
    path = archive()
    content = bz2.decompress(path.read_bytes())
    cut = content.index(b"dsgdb9nsd_000003.xyz")
    path.write_bytes(bz2.compress(content[: cut + 700]))
    with pytest.raises(InputError, match="truncated or damaged"):
        qm9.read(path)


def test_long_reading_says_how_far_it_is(archive, monkeypatch):
    many = {f"dsgdb9nsd_{i:06}.xyz": WATER.replace("gdb 3", f"gdb {i}") for i in range(10, 1100)}
    monkeypatch.setattr("ntklab.progress.SECONDS", -1.0)
    lines: list[str] = []
    assert len(qm9.read(archive(many), log=lines.append).index) == 1093
    assert len(lines) == 1 and lines[0].startswith("molecule 1,000  about ")
