import pytest
from killing import killed_at

from explainprune.keeping import Store, signed


def opened(tmp_path, plan=None, *, resume=True):
    store = Store(tmp_path / "out.cells")
    store.begin(plan or {"data": 1, "model": 2}, resume=resume)
    return store


def write(text):
    return lambda path: path.write_text(text)


def test_a_piece_is_found_by_what_it_depends_on(tmp_path):
    store = opened(tmp_path)
    key = store.key(seed=0)
    assert store.get("seed-0", key, ".json") is None and store.empty
    kept = store.put("seed-0", key, ".json", write("result"))
    again = opened(tmp_path)
    assert again.get("seed-0", key, ".json") == kept and kept.read_text() == "result"
    assert (again.empty, again.others, again.changed) == (False, set(), ())
    assert again.get("seed-0", again.key(seed=1), ".json") is None
    assert again.others == {"seed-0"}
    assert again.get("seed-1", again.key(seed=1), ".json") is None
    assert again.others == {"seed-0"}


def test_another_plan_is_another_key_and_said(tmp_path):
    store = opened(tmp_path)
    store.put("seed-0", store.key(), ".json", write("old data"))
    other = opened(tmp_path, {"data": 7, "model": 2})
    assert other.changed == ("data",)
    assert other.get("seed-0", other.key(), ".json") is None
    assert other.why_others("of the seeds") == (
        "1 of the seeds kept in 'out.cells' came of another data, and are computed anew."
    )
    other.put("seed-0", other.key(), ".json", write("new data"))
    for plan, text in (
        ({"data": 7, "model": 2}, "new data"),
        ({"data": 1, "model": 2}, "old data"),
    ):
        back = opened(tmp_path, plan)
        assert back.get("seed-0", back.key(), ".json").read_text() == text
        assert back.why_others("of the seeds") is None


def test_without_resume_nothing_is_used_and_nothing_is_lost(tmp_path):
    store = opened(tmp_path)
    kept = store.put("a", store.key(), ".npz", write("x"))
    assert opened(tmp_path, resume=False).get("a", store.key(), ".npz") is None
    assert opened(tmp_path).get("a", store.key(), ".npz") == kept


def damages():
    def truncated(path):
        path.write_bytes(path.read_bytes()[:-1])

    def flipped(path):
        path.write_bytes(b"R" + path.read_bytes()[1:])

    def emptied(path):
        path.write_bytes(b"")

    def longer(path):
        path.write_bytes(path.read_bytes() + b"\0")

    return [truncated, flipped, emptied, longer]


@pytest.mark.parametrize("damage", damages(), ids=lambda f: f.__name__)
def test_a_damaged_piece_is_noticed(tmp_path, damage):
    store = opened(tmp_path)
    damage(store.put("a", store.key(), ".npz", write("result")))
    again = opened(tmp_path)
    with pytest.warns(UserWarning, match=r"'a-.*npz' in 'out.cells' is damaged, and is computed"):
        assert again.get("a", again.key(), ".npz") is None
    assert again.damaged == {"a"} and again.others == set()
    again.put("a", again.key(), ".npz", write("result"))
    assert opened(tmp_path).get("a", again.key(), ".npz").read_text() == "result"


def test_a_piece_under_a_foreign_name_is_none(tmp_path):
    store = opened(tmp_path)
    kept = store.put("a", store.key(n=1), ".npz", write("one"))
    other = store.put("a", store.key(n=2), ".npz", write("two"))
    kept.replace(other)  # the bytes of one under the name of the other
    again = opened(tmp_path)
    with pytest.warns(UserWarning, match="is damaged"):
        assert again.get("a", again.key(n=2), ".npz") is None


@pytest.mark.parametrize("text", ["", "{", "[1]", "[" * 100_000])
def test_a_damaged_plan_loses_no_piece(tmp_path, text):
    store = opened(tmp_path)
    kept = store.put("a", store.key(), ".npz", write("x"))
    (store.folder / "plan.json").write_text(text)
    assert Store(store.folder).before() == {}
    assert opened(tmp_path).get("a", store.key(), ".npz") == kept


def test_only_what_is_ours_is_removed(tmp_path):
    store = opened(tmp_path)
    store.put("a", store.key(), ".npz", write("x"))
    (store.folder / "b.unfinished").write_text("half")
    (store.folder / "seed-0.saved").mkdir()
    (store.folder / "notes.txt").write_text("mine")
    store.remove()
    names = sorted(path.name for path in store.folder.iterdir())
    assert names == [".explainprune", "notes.txt"]
    (store.folder / "notes.txt").unlink()
    store.remove()
    assert list(tmp_path.iterdir()) == []


def test_a_folder_of_the_users_is_not_used(tmp_path):
    (tmp_path / "out.cells").mkdir()
    (tmp_path / "out.cells" / "notes.txt").write_text("mine")
    with pytest.raises(FileExistsError, match=r"'out.cells' is in the way"):
        opened(tmp_path)
    Store(tmp_path / "out.cells").remove()
    assert [p.name for p in (tmp_path / "out.cells").iterdir()] == ["notes.txt"]


def test_killed_at_any_step_no_piece_is_wrong(tmp_path):
    def work():
        store = opened(tmp_path)
        for name in ("a", "b"):
            store.put(name, store.key(), ".npz", write(f"result {name}"))

    step = 0
    while killed_at(step, work):
        store = opened(tmp_path)
        for name in ("a", "b"):
            found = store.get(name, store.key(), ".npz")
            assert found is None or found.read_text() == f"result {name}"
        store.remove()
        assert not store.folder.exists()
        step += 1
    assert step > 4


def test_a_mark_that_says_more_is_still_one(tmp_path):
    store = opened(tmp_path)
    signed(store.folder, whole=True)
    assert opened(tmp_path).before() == {"data": 1, "model": 2}
