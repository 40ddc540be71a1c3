"""The worked examples of the page on ideas run, and print what the page shows."""

import re
from pathlib import Path

import pytest

PAGE = (Path(__file__).parents[2] / "docs" / "inside.md").read_text(encoding="utf-8")
IDEAS = re.split(r"^## ", PAGE, flags=re.MULTILINE)[1:]


def blocks(text, language):
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


def test_every_idea_has_an_example():
    assert len(IDEAS) == 5
    assert all(len(blocks(idea, "python")) == len(blocks(idea, "text")) == 1 for idea in IDEAS)


@pytest.mark.parametrize("idea", IDEAS, ids=lambda idea: idea.splitlines()[0])
def test_the_example_prints_what_the_page_shows(idea, capsys):
    (network,) = blocks(PAGE.split("\n## ")[0], "python")
    found = {}
    exec(compile(network, "inside.md", "exec"), found)
    before = [weights.copy() for weights in found["model"].get_weights()]
    (example,), (shown,) = blocks(idea, "python"), blocks(idea, "text")
    exec(compile(example, "inside.md", "exec"), found)
    assert capsys.readouterr().out == shown
    for old, new in zip(before, found["model"].get_weights(), strict=True):
        assert (old == new).all()
