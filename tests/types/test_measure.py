import pytest

from explainprune.types import Certificate, Measure, Size, Verdict


def test_a_measure_knows_its_ends():
    measure = Measure(0.5, (0.4, 0.7), n=20)
    assert (measure.low, measure.high, measure.unit) == (0.4, 0.7, "samples")
    nothing = Measure(None, None, note="no labels")
    assert nothing.low is None and nothing.high is None


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"value": float("nan"), "note": "x"}, r"finite, or None with a note. Received: \[nan\]"),
        ({"value": 1.0, "interval": (0.0, float("inf"))}, r"Received: \[1.0, 0.0, inf\]"),
        ({"value": 1.0, "interval": (2.0, 1.0)}, r"from low to high. Received: \(2.0, 1.0\)"),
        ({"value": None}, r"A measure without value needs a note"),
        ({"value": 1.0}, r"A measure without interval needs a note"),
    ],
)
def test_a_number_never_travels_without_its_uncertainty(fields, message):
    with pytest.raises(ValueError, match=message):
        Measure(**fields)


def test_verdicts_have_known_labels_and_scopes():
    for label in ("preserved", "changed", "inconclusive", "clearer", "same", "less clear"):
        assert Verdict(label, "s", "e", 0.1).scope == "pair"
    with pytest.raises(ValueError, match=r"Unknown verdict label 'fine'"):
        Verdict("fine", "s", "e", 0.1)
    with pytest.raises(ValueError, match=r"'pair' or 'procedure'. Got 'both'"):
        Verdict("preserved", "s", "e", 0.1, scope="both")


SIZES = (Size(1000, 1000, 2000, 4000, 3000), Size(250, 250, 500, 1000, 900))


def test_a_certificate_says_itself_in_a_sentence():
    text = str(Certificate("folded", "all inputs", 2e-6, 3e-7, 0, 1500, *SIZES))
    assert text == (
        "folded (constant on all inputs): largest output difference 2e-06, 0 label flips on "
        "1,500 rows; parameters 1,000 → 250"
    )
    text = str(Certificate("exact", "calibration data", None, None, None, 0, *SIZES))
    assert "outputs not compared (no rows given)" in text


def test_certificates_have_known_kinds():
    with pytest.raises(ValueError, match=r"Unknown kind of certificate 'perfect'"):
        Certificate("perfect", "all inputs", None, None, None, 0, *SIZES)
    with pytest.raises(ValueError, match=r"Unknown basis of a certificate 'hope'"):
        Certificate("exact", "hope", None, None, None, 0, *SIZES)
