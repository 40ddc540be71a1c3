"""Dossiers and cards: what results say, as Markdown in which nobody's words are read as code."""

import re
from dataclasses import replace

import pytest
from reporting_factory import HOSTILE, comparison, study

from explainprune.reporting.dossier import SECTIONS, card, dossier
from explainprune.reporting.markdown import plain, table


@pytest.mark.parametrize("make", [comparison, study])
def test_a_dossier_has_every_section_with_the_clauses_that_ask_for_it(make):
    found = make()
    text = dossier(found, {"command": "explainprune run"})
    for number, (title, clauses, _) in enumerate(SECTIONS, start=1):
        assert f"## {number}. {title}\n\n*Asked for by: {clauses}.*\n" in text
    assert f"**Same reasons? {found.verdict.label}.**" in text
    assert plain(found.verdict.sentence) in text
    assert "| command | explainprune run |" in text
    assert "| Approved by |  |  |  |" in text
    dense = next(iter(found.models.values()))
    assert f"{100 * dense.accuracy:.1f}" in text


def test_what_is_not_known_is_said():
    text = dossier(replace(comparison(), codes=None, certificate=None, notes=()))
    assert "no adverse class and cut-off were stated" in text
    assert "There is none: outputs of the two were not held against each other." in text
    assert "No note was made." in text


@pytest.mark.parametrize("write", [dossier, card])
def test_nobodys_words_are_read_as_code(write):
    found = comparison()
    models = list(found.models.items())
    names = dict(zip(HOSTILE, models, strict=False))
    found = replace(found, notes=HOSTILE, provenance={word: word for word in HOSTILE})
    text = write(found, dict.fromkeys(names, "x"))
    assert "<" not in text.replace("<br>", "") and "{{" in text
    for line in text.splitlines():
        if line.startswith("|") and not set(line) <= set("|-"):
            cells = re.split(r"(?<!\\)\|", line)
            assert cells[0] == cells[-1] == ""


def test_a_card_begins_with_the_hubs_header():
    text = card(comparison())
    head, body = text.split("---\n")[1:3]
    assert "library_name: keras\n" in head and "- accuracy\n" in head
    assert re.fullmatch(r"([a-z_]+:( [a-z-]+)?\n(- [a-z0-9_]+\n)*)+", head)
    assert "## Does it decide for the same reasons?" in body


def test_tables_have_a_line_for_each_row():
    assert table(("a", "b"), [(1, "x|y")]) == ["| a | b |", "|---|---|", "| 1 | x\\|y |"]
