"""Protocols: what they state, that they can't be changed, and that they are held to."""

import re
from dataclasses import fields, replace

import numpy as np
import pytest

import explainprune as xp
from explainprune.analysis.comparison.compare import defaults
from explainprune.analysis.protocol import (
    Protocol,
    data_sha256,
    held_to,
    protocol_of,
    read_protocol,
)
from explainprune.cli.toml import to_toml
from explainprune.types.encoding import encode


@pytest.fixture
def data():
    rng = np.random.default_rng(0)
    return xp.load_data((rng.normal(size=(40, 3)), np.arange(40) % 2))


@pytest.fixture
def stated(data):
    options = defaults() | {"methods": ("expected_gradients",), "margin": 0.07, "rows": 30}
    return protocol_of(data, options, arms=["twin", "placebo"], seeds=[3])


@pytest.fixture
def written(stated, tmp_path):
    path = tmp_path / "P.toml"
    path.write_text(to_toml({"protocol": {**encode(stated), "sha256": stated.sha256}}, {}))
    return path


def test_it_states_what_was_asked_for_and_the_defaults_of_compare(data, stated):
    assert (stated.margin, stated.accuracy_margin) == (0.07, 0.02)
    assert (stated.rows, stated.k, stated.seeds) == (30, None, (3,))
    assert stated.arms == ("placebo", "twin")  # in whatever order they are given
    every = defaults() | {"methods": ("exact",), "rows": 5000}
    assert protocol_of(data, every).rows == 40
    assert stated.data_sha256 == data_sha256(data)


def test_its_file_gives_it_back_with_its_hash(stated, written):
    assert read_protocol(written) == (stated, stated.sha256)
    assert held_to(written, stated) == stated.sha256


OTHER = {
    "scope": "procedure", "endpoint": "cosine", "margin": 0.08, "accuracy_margin": 0.5,
    "faithfulness_margin": 0.5, "clarity_margin": 0.5, "methods": ("exact",), "target": "1",
    "background": "3 rows", "backgrounds": 99, "clusters": True, "copies": "other", "effort": 5,
    "rows": 31, "k": 2, "arms": (), "seeds": (3, 4), "data": "other", "data_sha256": "0",
}  # fmt: skip


@pytest.mark.parametrize("name", [each.name for each in fields(Protocol)])
def test_whatever_differs_is_refused_with_both_values_and_changes_the_hash(stated, written, name):
    other = replace(stated, **{name: OTHER[name]})
    assert other.sha256 != stated.sha256
    with pytest.raises(ValueError, match=f"'P.toml' states {name} = .* but {name} = .* was asked"):
        held_to(written, other)


def test_both_values_are_named(stated, written):
    with pytest.raises(ValueError, match=re.escape("margin = 0.07, but margin = 0.5 was asked")):
        held_to(written, replace(stated, margin=0.5))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("margin = 0.07", "margin = 0.2", "'P.toml' was changed after it was written: its"),
        ("margin = 0.07", "margn = 0.07", "Unknown key in [protocol] 'margn'. Did you mean 'marg"),
        ("margin = 0.07", 'margin = "much"', "Not a Protocol: "),
        ("[protocol]", "[study]", "'P.toml' is no protocol: it has no table [protocol]"),
        ("[protocol]", "[protocol", "'P.toml' is not valid TOML"),
        ("sha256 = ", "# ", "it says None"),
    ],
)
def test_a_file_that_was_changed_is_refused(written, old, new, message):
    text = written.read_text()
    assert old in text
    written.write_text(text.replace(old, new) if old != "sha256 = " else _without_hash(text))
    with pytest.raises(ValueError, match=re.escape(message)):
        read_protocol(written)


def _without_hash(text):
    return "\n".join(line for line in text.splitlines() if not line.startswith("sha256"))


def test_comments_and_order_of_the_file_decide_nothing(stated, written):
    lines = written.read_text().splitlines()
    written.write_text("\n".join([lines[0], "# a note", *reversed(lines[1:])]))
    assert read_protocol(written) == (stated, stated.sha256)


def test_a_missing_file_names_the_nearest(written):
    with pytest.raises(
        FileNotFoundError, match=r"no protocol '.*Q\.toml'\. Did you mean 'P\.toml'"
    ):
        read_protocol(written.with_name("Q.toml"))


def test_the_datas_hash_is_of_all_that_comes_with_rows(data):
    x, y = np.array(data.x), np.array(data.y)
    of = lambda *given, **options: data_sha256(xp.load_data(given, **options))  # noqa: E731
    hashes = [
        data_sha256(data),
        of(x + 1e-7, y),
        of(x, 1 - y),
        of(x, y, group=np.where(y, "a", "b")),
        of(x, y, weight=np.ones(40)),
        of(x, y, group=np.where(y, "a", "c").astype(object)),
        data_sha256(data, clusters=np.arange(40) // 2),
    ]
    assert len(set(hashes)) == len(hashes)
    assert hashes[5] == of(x, y, group=np.where(y, "a", "c"))
    assert hashes[0] == data_sha256(xp.load_data((x, y)))


def formula(w):
    from explainprune.network import FormulaNetwork

    w = np.asarray(w, float)
    return FormulaNetwork(lambda x: x @ w, 3, gradient=lambda x: np.broadcast_to(w, x.shape))


def test_compare_refuses_to_differ_and_repeats_the_hash(data, written, stated):
    models = formula([1, 2, 3]), formula([1, 2, 4])
    options = {"metrics": [], "detail": False, "rows": 30, "seed": 3}
    arms = {"twin": formula([1, 1, 1]), "placebo": formula([1, 2, 3.1])}
    found = xp.compare(*models, data, arms=arms, margin=0.07, protocol=written, **options)
    assert found.provenance["protocol"] == {"hash": stated.sha256}
    without = xp.compare(*models, data, arms=arms, margin=0.07, **options)
    assert "protocol" not in without.provenance
    for changed, message in (
        ({"margin": 0.1}, "margin = 0.07, but margin = 0.1"),
        ({"seed": 4}, r"seeds = \[3\], but seeds = \[4\]"),
        ({"rows": 31}, "rows = 30, but rows = 31"),
        ({"k": 2}, "k = null, but k = 2"),
        ({"arms": {}}, r'arms = \["placebo", "twin"\], but arms = \[\]'),
        ({"background": np.zeros((1, 3))}, "background = .* rows.*, but background = .given rows"),
    ):
        given = {"arms": arms, "margin": 0.07, "protocol": written, **options, **changed}
        with pytest.raises(ValueError, match=message):
            xp.compare(*models, data, **given)
    other = data.with_(scored=data.scored.take(np.arange(39)))
    with pytest.raises(ValueError, match="states data_sha256 = "):
        xp.compare(*models, other, arms=arms, margin=0.07, protocol=written, **options)
