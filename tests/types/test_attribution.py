import numpy as np
import pytest

from explainprune.types import Attribution

VALUES = np.array([[1.0, -2.0, 0.5], [0.0, 3.0, 1.0]])


def small(**fields):
    fields = {"values": VALUES, "base": [0.5, 0.5], "output": [0.0, 4.75], **fields}
    return Attribution(method="gradient", **fields)


def test_gap_is_what_values_fail_to_add_up_to():
    # 0.0 − 0.5 − (1 − 2 + 0.5) = 0;  4.75 − 0.5 − (0 + 3 + 1) = 0.25
    np.testing.assert_allclose(small().gap, [0.0, 0.25])
    assert small().relative_gap == pytest.approx(0.25 / 2.375)  # of the mean change of both rows


@pytest.mark.parametrize("scale", [1e-12, 1e-4, 1.0, 1e8])
def test_the_relative_gap_knows_no_unit(scale):
    scaled = {"values": VALUES * scale, "base": [0.5 * scale] * 2}
    assert small(**scaled, output=[0.0, 4.75 * scale]).relative_gap == pytest.approx(0.25 / 2.375)
    # Nothing changes, and values say that it does: as a share of the output.
    assert small(**scaled, output=[0.5 * scale] * 2).relative_gap == pytest.approx(8.0)
    # Of several outputs each has its own scale.
    both = np.stack([VALUES, VALUES * scale], axis=-1)
    base, output = [[0.5, 0.5 * scale]] * 2, [[0.0, 0.0], [4.75, 4.75 * scale]]
    assert small(values=both, base=base, output=output).relative_gap == pytest.approx(0.25 / 2.375)
    assert small(values=0 * VALUES, base=[0, 0], output=[0, 0]).relative_gap == 0


def test_gap_adds_up_over_images_outputs_and_inputs():
    image = np.ones((2, 2, 2, 1))
    assert small(values=image, base=[0, 0], output=[4, 5]).gap.tolist() == [0, 1]
    outputs = np.stack([VALUES, 2 * VALUES], axis=-1)  # (n, d, K)
    both = small(values=outputs, base=np.zeros((2, 2)), output=[[-0.5, -1.0], [4.0, 9.0]])
    np.testing.assert_allclose(both.gap, [[0, 0], [0, 1]])
    parts = small(values={"a": VALUES, "b": np.ones((2, 1))}, base=[0, 0], output=[0.5, 5.5])
    np.testing.assert_allclose(parts.gap, [0, 0.5])


def test_gap_sums_in_float64():
    values = np.full((1, 100_000), 0.1, dtype=np.float32)
    exact = float(np.float32(0.1)) * 100_000
    found = small(values=values, base=[0.0], output=[exact])
    assert abs(found.gap[0]) < 1e-6


def test_frames_are_long():
    frame = small(feature_names=("a", "b", "c"), std_error=VALUES / 10).to_frame()
    assert list(frame.columns) == ["sample", "feature", "value", "std_error"]
    assert frame.iloc[1].tolist() == [0, "b", -2.0, -0.2]
    assert frame.iloc[5].tolist() == [1, "c", 1.0, 0.1]
    plain = small().to_frame()
    assert plain["feature"].tolist() == ["x0", "x1", "x2"] * 2 and plain["std_error"].isna().all()


def test_frames_of_all_outputs_and_several_inputs():
    outputs = np.arange(12.0).reshape(2, 3, 2)
    frame = small(values=outputs, base=np.zeros((2, 2)), output=np.zeros((2, 2))).to_frame()
    row = frame[(frame["sample"] == 1) & (frame["feature"] == "x2") & (frame["output"] == 1)]
    assert row["value"].tolist() == [11.0] and len(frame) == 12
    frame = small(values={"a": VALUES, "b": VALUES[:, :1]}).to_frame()
    assert frame.groupby("input", sort=False).size().to_dict() == {"a": 6, "b": 2}


def test_leading_reasons_come_first_with_what_they_were():
    x = np.array([[10.0, 20.5, 30.0], [0.0, 1.0, 2.0]])
    raw = {"b": np.array(["red", "blue"]), "other": np.zeros(2)}
    mine = small(feature_names=("a", "b", "c"), x=x, raw=raw)
    frame = mine.to_frame(top=2)
    assert list(frame.columns) == ["sample", "place", "feature", "was", "value"]
    assert frame.to_numpy().tolist() == [
        [0, 1, "b", "red", -2.0],
        [0, 2, "a", "10", 1.0],
        [1, 1, "b", "blue", 3.0],
        [1, 2, "c", "2", 1.0],
    ]
    assert mine.to_frame(values="x")["was"].tolist()[:3] == ["20.5", "10", "30"]
    wide = mine.to_frame(top=2, values="raw", wide=True)
    assert list(wide.columns) == [
        "sample", "feature 1", "was 1", "value 1", "feature 2", "was 2", "value 2",
    ]  # fmt: skip
    assert wide.iloc[1].tolist() == [1, "b", "blue", 3.0, "c", "2", 1.0]
    assert small().to_frame(top=1)["was"].tolist() == ["", ""]
    parts = {"u": VALUES[:, :2], "v": VALUES[:, 2:]}
    several = small(values=parts, x=parts)
    assert several.to_frame(top=1)["feature"].tolist() == ["u[1]", "u[1]"]


@pytest.mark.parametrize(
    ("options", "said"), [({"top": 0}, "at least 1. Received: 0."), ({"values": "rwa"}, "'raw'")]
)
def test_leading_reasons_that_cannot_be_had(options, said):
    with pytest.raises(ValueError, match=said):
        small().to_frame(**options)
    outputs = small(values=np.zeros((2, 3, 2)), base=np.zeros((2, 2)), output=np.zeros((2, 2)))
    with pytest.raises(ValueError, match="those of one output; there are 2"):
        outputs.to_frame(wide=True)


@pytest.mark.parametrize(
    "fields",
    [
        {"raw": {"a": np.array(["x", "long"]), "b": np.array([1.0, np.nan])}},
        {"std_error": VALUES / 10, "x": VALUES + 1, "targets": [2, 0], "complete": True},
        {"interactions": np.arange(18.0).reshape(2, 3, 3) / 7},
        {
            "values": {"a": VALUES, "b/c": VALUES[:, :1]},
            "x": {"a": VALUES, "b/c": VALUES[:, :1]},
            "feature_names": ("ä", "b", "c"),
            "notes": ("raw outputs",),
            "options": {"seed": 3, "steps": [1, 2]},
            "output_kind": "centred",
        },
    ],
)
def test_round_trip_is_exact(tmp_path, fields):
    mine = small(**fields)
    mine.save(tmp_path / "a.npz")
    again = Attribution.load(tmp_path / "a.npz")
    for name in ("values", "std_error", "x", "raw", "base", "output", "targets", "interactions"):
        np.testing.assert_equal(getattr(again, name), getattr(mine, name))
    for name in ("method", "output_kind", "complete", "feature_names", "notes", "options"):
        assert getattr(again, name) == getattr(mine, name)


def test_it_cannot_change_and_says_itself_briefly():
    mine = small()
    with pytest.raises(AttributeError):
        mine.values = VALUES
    with pytest.raises(ValueError, match="read-only"):
        mine.values[0, 0] = 1
    assert len(mine) == 2
    assert repr(mine) == (
        "Attribution('gradient' of the logit, values (2, 3), relative gap 1.1e-01)"
    )


@pytest.mark.parametrize("fields", [{"base": [0.5]}, {"base": [0.5] * 3, "output": [0.0] * 3}])
def test_base_and_output_are_one_for_each_sample(fields):
    with pytest.raises(ValueError, match=r"base and output need one entry for each of the 2 samp"):
        small(**fields)
