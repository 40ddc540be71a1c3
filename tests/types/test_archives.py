import io
import zipfile

import numpy as np
import pytest

from explainprune.types import archives
from explainprune.types.archives import read_array, read_arrays


def header(shape, descr="<f8"):
    file = io.BytesIO()
    said = {"descr": descr, "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(file, said)
    return file.getvalue()


def test_arrays_come_back_as_numpy_wrote_them(tmp_path):
    arrays = {
        "x": np.arange(6.0).reshape(2, 3),
        "fortran": np.asfortranarray(np.arange(6).reshape(2, 3)),
        "text": np.array(["a", "ßß"]),
        "none": np.zeros((0, 3)),
        "one": np.array(3),
        "a/b": np.array([True, False]),
    }
    for save in (np.savez, np.savez_compressed):
        save(tmp_path / "a.npz", **arrays)
        found = read_arrays(tmp_path / "a.npz")
        assert found.keys() == arrays.keys()
        for name, array in arrays.items():
            np.testing.assert_array_equal(found[name], array)
            assert found[name].dtype == array.dtype
            np.save(tmp_path / "a.npy", array)
            np.testing.assert_array_equal(read_array(tmp_path / "a.npy"), array)


@pytest.mark.parametrize(
    ("start", "said"),
    [
        (header((10**18,), "|V0"), r"declares shape \(1000000000000000000,\), but the file is too"),
        (header((-2, -4)), r"declares shape \(-2, -4\)"),
        (header((3,), "O"), "holds Python objects"),
        (header((3,)).replace(b"NUMPY\x01\x00", b"NUMPY\x09\x09"), "is not a readable array"),
        (header((3,)).replace(b"NUMPY\x01\x00", b"NUMPY\x02\x01"), "is not a readable"),
        (header((3,)).replace(b"{'descr'", b"{[]:1, ("), "is not a readable array"),
        (b"\x93NUMPY\x01\x00\xff\xff" + b"(" * 65535, "is not a readable array"),
        (b"", "is not a readable array"),
    ],
)
def test_headers_that_lie_or_are_none(tmp_path, start, said):
    (tmp_path / "a.npy").write_bytes(start + bytes(64))
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        archive.writestr("x.npy", start + bytes(24))
    for call in (lambda: read_array(tmp_path / "a.npy"), lambda: read_arrays(tmp_path / "a.npz")):
        with pytest.raises(ValueError, match=said) as caught:
            call()
        assert "\n" not in str(caught.value) and str(tmp_path) not in str(caught.value)


def bomb(path, gigabytes, *, says=None):
    """Write an archive of one array of zeros, packed as far as can be."""
    piece = bytes(1 << 20)
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("x.npy", "w", force_zip64=True) as file,
    ):
        file.write(header((int(gigabytes * (1 << 27)),)))
        for _ in range(int(gigabytes * 1024)):
            file.write(piece)
    if says is not None:  # what it says in its directory, and nowhere else
        data = path.read_bytes()
        (info,) = zipfile.ZipFile(path).infolist()
        at = data.rindex(info.file_size.to_bytes(4, "little"))
        path.write_bytes(data[:at] + says.to_bytes(4, "little") + data[at + 4 :])


def test_a_bomb_is_refused_with_the_number_and_the_limit(tmp_path, monkeypatch):
    monkeypatch.setattr(archives, "LARGE", 16e6)
    bomb(tmp_path / "a.npz", 1 / 32)
    assert (tmp_path / "a.npz").stat().st_size < 50_000
    with pytest.raises(ValueError, match=r"'a.npz' unpacks to 0.0 GB, 1,0\d\d times its size; bey"):
        read_arrays(tmp_path / "a.npz")
    monkeypatch.setattr(archives, "memory", lambda: 50e6)
    monkeypatch.setattr(archives, "LARGE", 1e9)
    text = r"'a.npz' needs 0.0 GB of memory; this machine has 0.1 GB, and one file may take half"
    with pytest.raises(ValueError, match=text):
        read_arrays(tmp_path / "a.npz")


def test_a_bomb_that_says_it_is_small_is_read_no_further(tmp_path):
    import tracemalloc

    bomb(tmp_path / "a.npz", 1 / 32, says=100_000)
    tracemalloc.start()
    with pytest.raises(ValueError, match=r"'a\.npz' "):
        read_arrays(tmp_path / "a.npz")
    assert tracemalloc.get_traced_memory()[1] < 5e6
    tracemalloc.stop()


def test_a_smaller_limit_than_the_machines_counts(tmp_path, monkeypatch):
    (tmp_path / "memory.max").write_text("1000000\n")
    monkeypatch.setattr(archives, "_LIMITS", (str(tmp_path / "memory.max"), "/nowhere"))
    assert archives.memory() == 1e6
    (tmp_path / "memory.max").write_text("max\n")
    assert archives.memory() > 1e6
