"""The dossier as PDF: the words of the Markdown, on pages that hold nothing but text."""

import html
import re
import sys

import pytest
from reporting_factory import HOSTILE, comparison

from explainprune.cli import run
from explainprune.reporting import report
from explainprune.reporting.dossier import SECTIONS, dossier
from explainprune.reporting.pdf import blocks, pdf


def words(text):
    return re.findall(r"\w+", text)


def test_no_word_is_lost_or_added():
    text = dossier(comparison(), dict.fromkeys(HOSTILE, "x"))
    read = [
        piece
        for block in blocks(text)
        for piece in (*(words for _, words in block.runs), *(c for row in block.rows for c in row))
    ]
    shown = re.sub(r"\\(.)", r"\1", html.unescape(re.sub(r"^\|[-|]+\|$", "", text, flags=re.M)))
    assert words(" ".join(read)) == words(shown)


def test_a_page_holds_text_and_nothing_that_acts():
    text = dossier(comparison(), dict.fromkeys(HOSTILE, "[a](http://b) ![c](d) <http://e>"))
    found = pdf(text)
    assert found == pdf(text)
    for action in (
        b"/URI",
        b"/JavaScript",
        b"/JS",
        b"/Launch",
        b"/EmbeddedFile",
        b"/Subtype /Image",
    ):
        assert action not in found
    assert found.count(b"/Type /Page\n") > 2
    assert found.count(b"/Title") == len(SECTIONS) + 3  # the document, provenance, signatures


def test_letters_that_the_font_lacks_are_written_as_codes():
    assert pdf("a 中 b") == pdf("a U+4E2D b")


def test_the_command_writes_it_or_says_what_is_missing(tmp_path, monkeypatch, capfd):
    report(comparison(), tmp_path / "r")
    command = ["report", str(tmp_path / "r"), "--dossier", str(tmp_path / "d.pdf")]
    assert run(command) == 0
    assert (tmp_path / "d.pdf").read_bytes().startswith(b"%PDF-")
    monkeypatch.delitem(sys.modules, "explainprune.reporting.pdf")
    monkeypatch.setitem(sys.modules, "fpdf", None)
    assert run([*command, "--force"]) == 2
    assert "pip install 'explainprune[pdf]', or write .md." in capfd.readouterr().err


@pytest.mark.parametrize("name", ["d.txt", "d.html"])
def test_other_endings_are_refused(tmp_path, name, capfd):
    report(comparison(), tmp_path / "r")
    assert run(["report", str(tmp_path / "r"), "--dossier", str(tmp_path / name)]) == 2
    assert "ends in .md or .pdf" in capfd.readouterr().err
