import pytest

from explainprune.types.plain import read_json, read_toml


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "Expecting property name"),
        ("[" * 100_000, "nested too deeply"),
        ('{"a":' * 100_000, "nested too deeply"),
        ("[NaN]", "NaN is no number"),
        ("[-Infinity]", "-Infinity is no number"),
        ("1e999", "1e999 is no number"),
        ("9" * 5000, "Exceeds the limit"),
    ],
)
def test_json_that_is_none(text, said):
    with pytest.raises(ValueError, match=f"^Not valid JSON: .*{said}"):
        read_json(text)


def test_json_is_read_to_the_bit():
    assert read_json('[1, 0.1, -1e-300, "a", null, true]') == [1, 0.1, -1e-300, "a", None, True]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"a = ", "Invalid value"),
        (b"a = " + b"[" * 100_000, "nested too deeply"),
        (b"a = nan", "nan is no number here"),
        (b"a = [{b = -inf}]", "-inf is no number here"),
        (b"a = " + b"9" * 5000, "Exceeds the limit"),
        (b"a = '\xff'", "codec can't decode"),
    ],
)
def test_toml_that_is_none(tmp_path, text, said):
    (tmp_path / "c.toml").write_bytes(text)
    with pytest.raises(ValueError, match=rf"^'c.toml' is not valid TOML: .*{said}[^\n]*$"):
        read_toml(tmp_path / "c.toml", "'c.toml'")
