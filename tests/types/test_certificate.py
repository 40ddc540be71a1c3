"""Certificates are files: the same bytes for the same facts, read back exactly, damage named."""

import json
from dataclasses import replace

import numpy as np
import pytest

from explainprune.types import Certificate, OutputBound, Rows, Size, flips_of, rows_sha256

SIZES = (Size(1000, 900, 2000, 4000, 3000), Size(250, 250, 500, 1000, 900, file_bytes=1100))
BOUND = OutputBound((0.5, 0.25), (3.0, 2.0), (0.0, -1.0), (1.0, 1.0), "the range of 9 rows")
FULL = Certificate(
    "approximate",
    "calibration data",
    0.125,
    0.01,
    3,
    1500,
    *SIZES,
    removed={"a": 2},
    left_whole={"b": "it mixes units"},
    negative_flips=2,
    positive_flips=0,
    rows_sha256="ab",
    before_sha256="cd",
    after_sha256="ef",
    bound=BOUND,
)


@pytest.mark.parametrize(
    "certificate",
    [
        FULL,
        replace(FULL, bound=None, no_bound="layer 'b' is not read"),
        Certificate("exact", "all inputs", None, None, None, 0, *SIZES),
        Certificate("approximate", "rows compared", 0.0, 0.0, None, 5, None, None),
        replace(FULL, after=replace(SIZES[1], latency_ms=1.25, tflite_bytes=77)),
    ],
)
def test_a_certificate_is_read_back_as_it_was(certificate, tmp_path):
    certificate.save(tmp_path / "certificate.json")
    assert Certificate.load(tmp_path / "certificate.json") == certificate
    assert Certificate.load(tmp_path) == certificate, "of a folder"
    again = Certificate.load(tmp_path)
    again.save(tmp_path / "again.json")
    files = [tmp_path / name for name in ("certificate.json", "again.json")]
    assert files[0].read_bytes() == files[1].read_bytes()


def test_the_file_begins_with_its_schema_and_times_are_there_only_if_measured():
    plain = json.loads(FULL.to_json())
    assert next(iter(plain.items())) == ("schema", "explainprune/certificate/1")
    assert plain["before"]["latency_ms"] is None and plain["bound"]["each"] == [0.5, 0.25]


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda text: text[:40], r"certificate\.json can't be read as a certificate: Unterm|can't"),
        (lambda text: "[]", r"Expected schema 'explainprune/certificate/1'\. Received: None"),
        (lambda text: text.replace("certificate/1", "certificate/9"), r"certificate/9'"),
        (lambda text: text.replace('"kind": "approximate"', '"kind": "perfect"'), r"'perfect'"),
        (lambda text: text.replace('"flips": 3', '"flips": "few"'), r"flips"),
        (lambda text: text.replace('"rows": 1500', '"rows": NaN'), r"NaN is no number"),
        (lambda text: text.replace('"rows": 1500,', ""), r"rows"),
        (lambda text: text.replace('"rows"', '"lines"'), r"lines|rows"),
        (lambda text: text.replace("0.125", "NaN"), r"NaN is no number"),
        (lambda text: text.replace("0.5,", "5.0,"), r"no more than that of each model by itself"),
    ],
)
def test_damage_is_named_in_one_sentence(damage, said, tmp_path):
    file = tmp_path / "certificate.json"
    text = FULL.to_json()
    assert damage(text) != text
    file.write_text(damage(text), encoding="utf-8")
    with pytest.raises(ValueError, match=said) as caught:
        Certificate.load(file)
    assert "\n" not in str(caught.value) and str(caught.value).count("can't be read") == 1


def test_a_file_that_is_none_or_no_text_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"No certificate at .*Expected a certificate\.jso"):
        Certificate.load(tmp_path)
    (tmp_path / "certificate.json").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ValueError, match=r"can't be read as a certificate"):
        Certificate.load(tmp_path)


def test_its_sentence():
    assert str(FULL) == (
        "approximate (constant on calibration data): largest output difference 0.12, 3 label "
        "flips (2 negative) on 1,500 rows; parameters 1,000 → 250; bound 0.5"
    )
    assert str(replace(FULL, max_difference=0.6)).endswith("; bound 0.5 but for rounding")
    compared = Certificate("approximate", "rows compared", 0.0, 0.0, None, 5, None, None)
    assert str(compared) == (
        "approximate (outputs compared): largest output difference 0 on 5 rows"
    )


def test_flips_are_counted_by_who_was_right():
    before, after = np.array([0, 1, 2, 2, 1]), np.array([1, 1, 2, 0, 2])
    counted = {"flips": 3, "negative_flips": 1, "positive_flips": 1}
    y = np.array([0, 1, 0, 0, 0])
    assert flips_of(before, after, y) == counted
    assert flips_of(before, after, np.eye(3)[y]) == counted
    assert flips_of(before, after, y[:, None].astype(float)) == counted
    none = {"negative_flips": None, "positive_flips": None}
    for labels in (None, y + 0.5, np.array(list("abcab")), np.full((5, 3), 0.3)):
        assert flips_of(before, after, labels) == {"flips": 3} | none
    places = np.stack([before, before], axis=1), np.stack([before, after], axis=1)
    assert flips_of(*places, y) == {"flips": 3} | none
    assert flips_of(None, None, y) == {"flips": None} | none


def test_the_checksum_is_of_rows_and_labels():
    x = np.arange(6.0).reshape(3, 2)
    plain = rows_sha256(Rows(x))
    assert plain == rows_sha256(Rows(x.copy(), group=np.array([1, 2, 3])))
    others = (
        Rows(x[::-1]), Rows(x, np.array([0, 1, 0])), Rows(x.reshape(3, 2, 1)), Rows({"a": x}),
        Rows(x, {"one": np.zeros(3)}),
    )  # fmt: skip
    assert len({plain, *map(rows_sha256, others)}) == 6
