import pytest

from explainprune.keeping import temporary
from explainprune.reporting import folder as module
from explainprune.reporting.folder import check_free, whole_folder


def listed(path):
    return sorted(str(p.relative_to(path)) for p in path.rglob("*"))


def a_report(path, text="old"):
    path.mkdir()
    (path / "results.json").write_text('{\n "schema": "explainprune/results/2"}')
    (path / "report.html").write_text(text)
    (path / "figures").mkdir()
    (path / "figures" / "old.svg").write_text(text)
    (path / "models").mkdir()
    (path / "models" / "a.keras").write_text("weights")


def test_the_folder_appears_when_the_block_ends(tmp_path):
    out = tmp_path / "deep" / "out"
    with whole_folder(out) as work:
        (work / "a").write_text("x")
        assert not out.exists()
        assert work == tmp_path / "deep" / "out.partial"
    assert listed(tmp_path) == ["deep", "deep/out", "deep/out/a"]


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
@pytest.mark.parametrize("exists", [False, True])
def test_whatever_stops_the_work_leaves_everything_as_it_was(tmp_path, error, exists):
    out = tmp_path / "out"
    if exists:
        a_report(out)
    before = listed(tmp_path)
    with pytest.raises(type(error)), whole_folder(out, force=True) as work:
        (work / "report.html").write_text("half")
        raise error
    assert listed(tmp_path) == before
    assert not exists or (out / "report.html").read_text() == "old"


def test_a_rename_that_fails_puts_the_old_report_back(tmp_path, monkeypatch):
    out = tmp_path / "out"
    a_report(out)
    before = listed(tmp_path)
    rename = module.Path.rename

    def failing(self, target):
        if self.name == "out.partial":
            raise KeyboardInterrupt
        return rename(self, target)

    monkeypatch.setattr(module.Path, "rename", failing)
    with pytest.raises(KeyboardInterrupt), whole_folder(out, force=True) as work:
        (work / "report.html").write_text("new")
    assert listed(tmp_path) == before
    assert (out / "report.html").read_text() == "old"


def test_what_is_there_is_not_overwritten(tmp_path):
    a_report(tmp_path / "out")
    with (
        pytest.raises(FileExistsError, match=r"exists already.*force=True \(--force\)"),
        whole_folder(tmp_path / "out"),
    ):
        pytest.fail("the block must not run")
    (tmp_path / "file").write_text("x")
    for force in (False, True):
        with pytest.raises(FileExistsError, match=r"is a file\. Expected the name of a folder"):
            check_free(tmp_path / "file", force=force)


def test_a_folder_that_is_no_report_is_never_replaced(tmp_path):
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter.tex").write_text("years")
    with pytest.raises(ValueError, match=r"it holds 1 entries but no report.*Choose another"):
        check_free(tmp_path / "thesis", force=True)
    (tmp_path / "empty").mkdir()
    check_free(tmp_path / "empty")


def test_force_replaces_the_report_and_keeps_everything_else(tmp_path):
    out = tmp_path / "out"
    a_report(out)
    with whole_folder(out, force=True) as work:
        (work / "report.html").write_text("new")
        (work / "figures").mkdir()
        (work / "figures" / "new.svg").write_text("new")
    assert listed(tmp_path) == [
        "out", "out/figures", "out/figures/new.svg", "out/models", "out/models/a.keras",
        "out/report.html", "out/results.json",
    ]  # fmt: skip
    assert (out / "report.html").read_text() == "new"


def test_leftovers_of_a_killed_run_are_cleared(tmp_path):
    temporary(tmp_path / "out.partial")
    (tmp_path / "out.partial" / "junk").write_text("x")
    with whole_folder(tmp_path / "out") as work:
        assert listed(work) == [".explainprune"]
    assert listed(tmp_path) == ["out"]


def test_a_link_to_a_folder_stays_a_link(tmp_path):
    a_report(tmp_path / "real")
    (tmp_path / "out").symlink_to(tmp_path / "real")
    with whole_folder(tmp_path / "out", force=True) as work:
        (work / "report.html").write_text("new")
    assert (tmp_path / "out").is_symlink()
    assert (tmp_path / "real" / "report.html").read_text() == "new"
