import pytest
from killing import killed_at

from explainprune.keeping import check_way, is_ours, remove, said, signed, temporary


def test_a_folder_of_ours_is_made_again_and_removed(tmp_path):
    path = temporary(tmp_path / "out.partial")
    (path / "junk").write_text("x")
    signed(path, whole=True)
    assert is_ours(path) and said(path) == {"whole": True}
    temporary(path)
    assert [p.name for p in path.iterdir()] == [".explainprune"] and said(path) == {}
    remove(path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", ["folder", "empty folder", "file", "link", "dead link"])
def test_what_is_the_users_is_never_touched(tmp_path, kind):
    path, real = tmp_path / "out.partial", tmp_path / "real"
    if kind == "file":
        path.write_text("mine")
    elif kind == "dead link":
        path.symlink_to(real)
    else:
        signed_elsewhere = real if kind == "link" else path
        signed_elsewhere.mkdir()
        if kind == "link":
            signed(real)
            path.symlink_to(real)
        elif kind == "folder":
            (path / "thesis.tex").write_text("years")
    before = sorted((p.name, p.is_symlink()) for p in tmp_path.rglob("*"))
    for call in (check_way, temporary):
        with pytest.raises(FileExistsError, match=r"'out.partial' is in the way: .* no mark"):
            call(path)
    assert sorted((p.name, p.is_symlink()) for p in tmp_path.rglob("*")) == before


def test_killed_at_any_step_it_is_made_and_removed_by_the_next(tmp_path):
    path = tmp_path / "out.partial"

    def work():
        temporary(path)
        (path / "figures").mkdir()
        (path / "figures" / "a").write_text("x")
        remove(path)

    step = 0
    while killed_at(step, work):
        temporary(path)
        remove(path)
        assert list(tmp_path.iterdir()) == [], f"step {step}"
        step += 1
    assert step > 8
