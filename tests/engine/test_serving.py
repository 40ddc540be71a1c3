"""What a worker does before it computes, without a cluster."""

import threading
from types import SimpleNamespace

import pytest

from explainprune.engine import serving
from explainprune.keeping import code_mark, file_mark, versions


@pytest.fixture
def needs(tmp_path):
    """Two files that cells read, one of them on a disk that the worker sees."""
    (tmp_path / "seen").write_text("seen")
    (tmp_path / "unseen").write_text("unseen" * 10)
    marks = {name: file_mark(tmp_path / name) for name in ("seen", "unseen")}
    return [
        ("a/seen.txt", marks["seen"], str(tmp_path / "seen")),
        ("unseen.txt", marks["unseen"], "/no/such/disk/unseen"),
    ]


def worker(tmp_path):
    return SimpleNamespace(local_directory=str(tmp_path / "local"), address="tcp://w:1")


def asked(needs):
    return {"versions": versions(), "code": code_mark(), "needs": needs}


def test_files_are_laid_out_once_all_are_there_as_they_were_sent(tmp_path, needs):
    here, (_, checksum, _) = worker(tmp_path), needs[1]
    assert serving.greet(here, asked(needs)) == {"lacks": [checksum], "at": "tcp://w:1"}
    serving.receive(here, checksum, 0, b"unseen" * 9, True)  # cut short on its way
    assert serving.greet(here, asked(needs))["lacks"] == [checksum]
    serving.receive(here, checksum, 0, b"unseen" * 3, False)
    assert serving.greet(here, asked(needs))["lacks"] == [checksum]  # only half of it is here
    serving.receive(here, checksum, 18, b"unseen" * 7, True)
    assert serving.greet(here, asked(needs))["lacks"] == []
    folder = serving._laid_out(serving._base(here), needs)[0]
    assert (folder / "a" / "seen.txt").read_text() == "seen"
    assert (folder / "unseen.txt").read_text() == "unseen" * 10


def test_a_file_of_the_same_place_with_other_bytes_is_not_taken(tmp_path, needs):
    (tmp_path / "seen").write_text("another")
    said = serving.greet(worker(tmp_path), asked(needs))
    assert said["lacks"] == sorted(checksum for _, checksum, _ in needs)


def test_what_lies_there_does_not_follow_the_clients_file(tmp_path, needs):
    here = worker(tmp_path)
    assert serving.greet(here, asked(needs[:1]))["lacks"] == []
    with (tmp_path / "seen").open("a") as file:
        file.write(" and changed")
    folder = serving._laid_out(serving._base(here), needs[:1])[0]
    assert (folder / "a" / "seen.txt").read_text() == "seen"


def test_what_differs_is_named_on_both_sides():
    theirs = versions() | {"explainprune": "9.9", "numpy": ""}
    found = serving._unlike(theirs, code_mark())
    mine = versions()
    assert found == (
        f"has explainprune {mine['explainprune']} (there 9.9), "
        f"numpy {mine['numpy']} (there not at all)"
    )
    assert serving._unlike(versions(), code_mark()) == ""
    assert serving._unlike(versions(), "other").startswith("has explainprune of another source")


def test_a_child_that_nothing_comes_for_ends(monkeypatch):
    ended = threading.Event()

    class Seat:
        def __init__(self, *arguments):
            self.arguments = arguments

        def end(self):
            ended.set()

    monkeypatch.setattr(serving, "Seat", Seat)
    monkeypatch.setattr(serving, "IDLE", 0.05)
    key = ("run", "module:function", 1, "folder", None)
    seat = serving._taken(key)
    serving._given_back(key, seat)
    assert serving._taken(key) is seat and not ended.wait(0.2)  # it is at work again
    serving._given_back(key, seat)
    assert ended.wait(5)
    other = serving._taken(key)
    assert other is not seat
    serving.end(None, "run")
    serving._given_back(key, other)  # its cell was under way: it doesn't come back
    assert serving._taken(key) is not other
    serving.end(None, "run")
