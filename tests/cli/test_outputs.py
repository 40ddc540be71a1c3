import pytest

from explainprune.cli.outputs import check_file, whole_files


def test_files_appear_whole_and_together(tmp_path):
    finals = {"a": tmp_path / "a.npz", "b": tmp_path / "b.npz"}
    finals["a"].write_text("old")
    with whole_files(finals) as files:
        files["a"].write_text("new")
        assert finals["a"].read_text() == "old" and not finals["b"].exists()
        files["b"].write_text("b")
    assert (finals["a"].read_text(), finals["b"].read_text()) == ("new", "b")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.npz", "b.npz"]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_what_stops_it_leaves_nothing(tmp_path, error):
    with pytest.raises(error), whole_files({"a": tmp_path / "a", "b": tmp_path / "b"}) as files:
        files["a"].write_text("half")
        raise error
    assert list(tmp_path.iterdir()) == []


def test_outputs_that_are_refused(tmp_path):
    (tmp_path / "there.npz").write_text("")
    (tmp_path / "folder.npz").mkdir()
    for name, message in {
        "a.txt": r"ends in .npz or .csv. Received: ",
        "gone/a.npz": r"There is no folder '.*gone' to write 'a.npz' in",
        "folder.npz": r"is a folder. Expected the name of a file",
    }.items():
        for force in (False, True):
            with pytest.raises(ValueError, match=message):
                check_file(tmp_path / name, (".npz", ".csv"), force=force)
    with pytest.raises(FileExistsError, match=r"there.npz' exists already. Pass --force"):
        check_file(tmp_path / "there.npz", (".npz",), force=False)
    check_file(tmp_path / "there.npz", (".npz",), force=True)
    check_file(tmp_path / "new.npz", (".npz",), force=False)
