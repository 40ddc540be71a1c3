"""The certificate on the page: what was measured, what is bound, and what that is worth."""

from dataclasses import replace

from explainprune.reporting import render
from explainprune.reporting.subject import subject_of
from explainprune.reporting.views.certificate import certified


def said(comparison, **changes):
    """What the section says of a certificate with some fields replaced."""
    certificate = replace(comparison.certificate, **changes)
    found = certified(subject_of(replace(comparison, certificate=certificate)))
    return " ".join(found.sentences).replace("\xa0", " "), found


def test_measured_and_bound_are_told_apart(comparison):
    text, found = said(comparison)
    assert text == (
        "On 360 rows no centred logit moved by more than 3.06 (12.5 % of the largest); 12 "
        "predictions changed, 8 of which were right before. For any input within the range of 360 "
        "rows none can move by more than 118: a bound on the centred logits by interval arithmetic "
        "on both networks and their difference (from each network by itself: 240). It says little: "
        "on these rows outputs span 31.5 as it is."
    )
    assert [(what, value) for what, _, value, _ in found.moved] == [
        ("largest measured difference", 3.0625),
        ("bound", 118.5),
        ("bound of each by itself", 240.0),
        ("predictions changed", 12),
        ("negative flips", 8),
        ("positive flips", 3),
    ]
    assert ("bytes of the weights in float32", 17896, 17896, "count") in found.sizes
    assert "milliseconds for a batch" not in [what for what, *_ in found.sizes]
    assert dict(found.checksums)["SHA-256 of the model after"] == "b1" * 32


def test_a_bound_that_says_something_stands_alone(comparison):
    bound = replace(comparison.certificate.bound, each=(5.0, 4.0))
    assert "It says little" not in said(comparison, bound=bound)[0]
    text, _ = said(comparison, bound=replace(bound, note="their layers don't correspond"))
    assert text.endswith("240). Their layers don't correspond.")


def test_what_rounding_adds_is_said(comparison):
    bound = replace(comparison.certificate.bound, each=(1e-9, 1e-9))
    assert "is rounding in float32" in said(comparison, bound=bound)[0]
    assert "rounding" not in said(comparison)[0]


def test_what_is_missing_is_said_or_left_out(comparison):
    text, found = said(comparison, bound=None, no_bound="layer 'x' is not read", flips=None)
    assert text.endswith("No bound for other inputs: layer 'x' is not read.")
    assert "predictions" not in text and "bound" not in [what for what, *_ in found.moved]
    text, _ = said(comparison, negative_flips=None)
    assert "12 predictions changed. For" in text
    text, found = said(comparison, max_difference=None, before=None, after=None)
    assert text.startswith("Outputs were not compared") and found.sizes == ()
    assert certified(subject_of(replace(comparison, certificate=None))) is None
    assert 'id="certificate"' not in render(replace(comparison, certificate=None))


def test_a_studys_certificate_is_that_of_its_first_seed(study):
    assert certified(subject_of(study)).sentences[0].startswith("Of the first seed. On 360 rows")
