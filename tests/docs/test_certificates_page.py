"""The worked example of the page on certificates prints what the page shows."""

import re
from pathlib import Path

import numpy as np

import explainprune as xp

PAGE = (Path(__file__).parents[2] / "docs" / "certificates.md").read_text(encoding="utf-8")


def test_the_three_units_print_what_the_page_shows(capsys, tmp_path):
    section = PAGE.split("## The bound, on three units")[1].split("\n## ")[0]
    (code,), (shown,) = (
        re.findall(rf"```{kind}\n(.*?)```", section, re.DOTALL) for kind in ("python", "text")
    )
    found = {}
    exec(compile(code, "certificates.md", "exec"), found)
    assert capsys.readouterr().out == shown
    x = np.linspace(-1, 1, 401, dtype="float32")[:, None]
    a, b = (found["network"](*slopes)(x) for slopes in ((2, -1, 0.1), (1.9, -1, 0)))
    assert np.isclose(np.abs(a - b).max(), 0.2), "at x = 1 it is reached"
    models = [found["network"](*slopes) for slopes in ((2, -1, 0.1), (1.9, -1, 0))]
    query = xp.export_query(*models, tmp_path / "same.vnnlib", eps=0.1, box=(-1, 1))
    assert query.answer == "differ"
    lines = [line for line in query.path.read_text().splitlines() if line and line[0] != ";"]
    asked = PAGE.split("## A question for others' provers")[1]
    assert re.findall(r"```text\n(.*?)\n```", asked, re.DOTALL)[0].splitlines() == lines


def test_every_field_is_on_the_page():
    from dataclasses import fields

    from explainprune.types import Certificate

    assert all(f"`{each.name}`" in PAGE for each in fields(Certificate))


def test_every_bound_of_the_table_lies_between_what_was_found_and_each_by_itself():
    table = PAGE.split("<!-- bounds -->")[1].split("<!-- end -->")[0].strip().splitlines()[2:]
    assert len(table) == 18
    for line in table:
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        measured, found, bound, alone = map(float, cells[3:7])
        assert 0 < measured <= found <= bound < alone
