"""A report put in place of another, killed at every step: the next run finds all of one of them."""

import pytest
from killing import killed_at

from explainprune.keeping import signed
from explainprune.reporting.folder import check_free, reserved, whole_folder

RESULTS = '{\n "schema": "explainprune/results/2", "text": "'


def written(folder, text):
    (folder / "results.json").write_text(f"{RESULTS}{text}")
    (folder / "report.html").write_text(text)
    (folder / "figures").mkdir(exist_ok=True)
    (folder / "figures" / "a.svg").write_text(text)


def read(folder):
    """What each of a report's files says: one word, if all are of one report."""
    texts = {
        (folder / "results.json").read_text().removeprefix(RESULTS),
        (folder / "report.html").read_text(),
        (folder / "figures" / "a.svg").read_text(),
    }
    assert len(texts) == 1, texts
    return texts.pop()


def report(out, text):
    with whole_folder(out, force=True) as folder:
        written(folder, text)


@pytest.mark.parametrize("exists", [True, False])
def test_killed_at_any_step_one_report_is_whole_and_notes_stay(tmp_path, exists):
    seen, step = [], 0
    while True:
        out = tmp_path / str(step) / "out"
        out.parent.mkdir()
        if exists:
            out.mkdir()
            written(out, "old")
            (out / "notes.txt").write_text("mine")
            (out / "models").mkdir()
            (out / "models" / "a.keras").write_text("weights")
        if not killed_at(step, lambda out=out: report(out, "new")):
            break
        between = exists and not out.exists()  # the old one is aside: the new one isn't lost
        check_free(out, force=True)  # what any next run does first
        seen.append(read(out) if out.exists() else "none")
        assert not between or seen[-1] == "new"
        assert seen[-1] in (("old", "new") if exists else ("none", "new"))
        if exists:
            assert (out / "notes.txt").read_text() == "mine"
            assert (out / "models" / "a.keras").read_text() == "weights"
        report(out, "newer")
        assert read(out) == "newer"
        assert [path.name for path in out.parent.iterdir()] == ["out"], step
        assert not (out / ".explainprune").exists()
        step += 1
    assert seen == sorted(seen, key=["none", "old", "new"].index)  # never back
    assert set(seen) == ({"old", "new"} if exists else {"none", "new"}) and step > 6


def test_a_kill_between_the_renames_is_healed_without_force_too(tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    written(out, "old")
    signed(out)
    out.rename(tmp_path / "out.previous")
    (tmp_path / "out.partial").mkdir()
    written(tmp_path / "out.partial", "new")
    signed(tmp_path / "out.partial", whole=True)
    with pytest.raises(FileExistsError, match="exists already"):
        check_free(out)
    assert read(out) == "new"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


@pytest.mark.parametrize("name", ["out.partial", "out.previous"])
@pytest.mark.parametrize("kind", ["folder", "file"])
def test_a_users_own_of_a_temporary_name_is_in_the_way_before_any_work(tmp_path, name, kind):
    path = tmp_path / name
    if kind == "file":
        path.write_text("mine")
    else:
        path.mkdir()
        (path / "report.html").write_text("mine")
    with (
        pytest.raises(FileExistsError, match=rf"'{name}' is in the way"),
        whole_folder(tmp_path / "out", force=True),
    ):
        pytest.fail("the block must not run")
    assert [p.name for p in tmp_path.iterdir()] == [name]
    assert (path if kind == "file" else path / "report.html").read_text() == "mine"


@pytest.mark.parametrize(
    "files",
    [
        {"report.html": "a page of another tool's"},
        {"results.json": '{"accuracy": 1}'},
        {"results.json": "", "thesis.tex": "years"},
    ],
)
def test_force_replaces_reports_of_ours_only(tmp_path, files):
    out = tmp_path / "out"
    out.mkdir()
    for name, text in files.items():
        (out / name).write_text(text)
    with pytest.raises(ValueError, match=r"isn't replaced: it holds \d entries but no report"):
        check_free(out, force=True)
    assert {path.name: path.read_text() for path in out.iterdir()} == files


def test_a_second_writer_is_refused_before_any_work(tmp_path):
    out = tmp_path / "deep" / "out"
    found = []

    def second():
        try:
            report(out, "second")
        except BlockingIOError as error:
            found.append(str(error))

    from threading import Thread

    with reserved(out), whole_folder(out) as folder:
        written(folder, "first")
        for work in (second, lambda: check_free(out)):
            thread = Thread(target=work)
            if work is second:
                thread.start()
                thread.join()
    assert read(out) == "first" and "is being written by process" in found[0]
