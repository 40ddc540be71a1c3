"""Tables, labels and backgrounds in whatever form they come: the same values as of plain arrays."""

import numpy as np
import pandas as pd
import pytest

from explainprune.analysis.attribution import attribute, attribute_change, attribute_to, exact_cost
from explainprune.data import load_data
from explainprune.network.backend import keras, tf
from explainprune.types import Attribution, Rows

L = keras.layers
RNG = np.random.default_rng(0)
TABLE = pd.DataFrame(RNG.normal(size=(30, 3)) * [1, 10, 100], columns=["age", "dose", "mass"])
ROWS, BACK = TABLE[:4], TABLE[10:20]
OTHER_ORDER = ["mass", "age", "dose"]
LABELS = [0, 1, 1, 0]


@pytest.fixture(scope="module")
def model():
    keras.utils.set_random_seed(0)
    return keras.Sequential([keras.Input((3,)), L.Dense(8, "relu"), L.Dense(2)])


def values(model, x=ROWS, background=BACK, **options):
    return attribute(model, x, background=background, **{"target": 0, **options}).values


@pytest.fixture(scope="module")
def right(model):
    return values(model, ROWS.to_numpy(), BACK.to_numpy())


@pytest.mark.parametrize(
    "background",
    [
        BACK[OTHER_ORDER],
        load_data(BACK[OTHER_ORDER]),
        Rows(BACK),
        BACK.to_numpy().tolist(),
        tf.constant(BACK.to_numpy()),
        tf.data.Dataset.from_tensor_slices(BACK.to_numpy("float64")).batch(3),
        tf.data.Dataset.from_tensor_slices((BACK.to_numpy("float64"), range(10))),
        BACK.astype("Float64"),
    ],
    ids=["shuffled", "Data", "Rows", "list", "tensor", "batches", "pairs", "Float64"],
)
def test_backgrounds_of_any_form(background, model, right):
    np.testing.assert_allclose(values(model, background=background), right, atol=1e-6)


def test_a_data_that_names_its_columns_is_matched_too(model, right):
    found = values(model, load_data(ROWS), BACK[OTHER_ORDER])
    np.testing.assert_allclose(found, right, atol=1e-6)
    read = load_data(load_data(ROWS), background=BACK[OTHER_ORDER])
    np.testing.assert_array_equal(read.background, BACK.to_numpy())


def test_a_series_over_columns_is_one_row(model):
    mean = BACK.mean()
    expected = values(model, ROWS.to_numpy(), mean.to_numpy())
    np.testing.assert_allclose(values(model, background=mean[OTHER_ORDER]), expected, atol=1e-6)
    np.testing.assert_allclose(values(model, background=mean.to_numpy()), expected, atol=1e-6)
    with pytest.raises(ValueError, match="background lacks the column 'dose', which x has"):
        values(model, background=mean.drop("dose"))


@pytest.mark.parametrize(
    ("background", "message"),
    [
        (BACK.rename(columns={"age": "agee"}), "lacks the column 'age', .* Did you mean 'agee'"),
        (BACK.assign(label=1), "background has the column 'label', which x has not"),
        (BACK.mask(BACK > 0), "Column 'age' of background is NaN or missing in"),
        (BACK[:0], "background needs at least one row"),
        (BACK.assign(age="old"), r"background has columns that aren't numbers: 'age' \('old'\)"),
    ],
)
def test_backgrounds_that_do_not_fit(background, message, model):
    with pytest.raises(ValueError, match=message):
        values(model, background=background)


@pytest.mark.parametrize(
    "labels",
    [
        pd.Series(LABELS),
        pd.Series(LABELS, dtype="Int64"),
        pd.Series(LABELS).to_frame(),
        pd.Series(pd.Categorical(LABELS)),
        tf.constant(LABELS),
        np.array(LABELS)[:, None],
        np.eye(2)[LABELS],
        tf.one_hot(LABELS, 2),
        np.array(LABELS, bool),
        np.array(LABELS, float).tolist(),
    ],
)
def test_labels_of_any_form(labels, model):
    expected = values(model, target=np.array(LABELS))
    found = values(model, y=labels, target="true")
    np.testing.assert_array_equal(found, expected)


def test_labels_in_another_order_than_the_rows(model):
    labels = pd.Series([0, 1, 2, 3], index=[3, 2, 1, 0])
    with pytest.raises(ValueError, match=r"y has the index of x in another order.*y\.loc"):
        values(model, y=labels, target="true")


def test_names_of_classes_are_targets(model):
    data = load_data((ROWS.to_numpy(), ["yes", "no", "no", "yes"]), class_names=["yes", "no"])
    no = values(model, target=1)
    np.testing.assert_array_equal(values(model, data, target="no"), no)
    np.testing.assert_array_equal(values(model, data, target=["no"] * 4), no)
    by_name = values(model, data, y=["no", "yes", "no", "no"], target="true")
    np.testing.assert_array_equal(by_name, values(model, target=[1, 0, 1, 1]))
    with pytest.raises(ValueError, match=r"Unknown target 'noo'. Did you mean 'no'"):
        values(model, data, target="noo")
    with pytest.raises(ValueError, match="Unknown class in target 'maybe'"):
        values(model, data, target=["no", "maybe", "no", "no"])


def test_other_types_of_numbers(model, right):
    for dtype in ("object", "float64[pyarrow]", pd.SparseDtype("float")):
        found = values(model, ROWS.astype(dtype), BACK.astype(dtype))
        np.testing.assert_allclose(found, right, atol=1e-6)
    half, back = ROWS.to_numpy("float16"), BACK.to_numpy("float16")
    expected = values(model, half.astype("float32"), back.astype("float32"))
    np.testing.assert_array_equal(values(model, half, back), expected)
    signs = values(model, ROWS.to_numpy() > 0, BACK.to_numpy() > 0)
    expected = values(model, 1.0 * (ROWS.to_numpy() > 0), 1.0 * (BACK.to_numpy() > 0))
    np.testing.assert_allclose(signs, expected, atol=1e-6)


@pytest.fixture(scope="module")
def by_column():
    """A model of one input for each column, linear but for one product."""
    inputs = {name: keras.Input((1,), name=name) for name in ("dose", "mass", "age")}
    product = L.Multiply()([inputs["age"], inputs["dose"]])
    return keras.Model(inputs, L.Dense(2)(L.Concatenate()([product, *inputs.values()])))


def test_columns_that_are_inputs_of_their_own(by_column, tmp_path):
    as_dict = {name: TABLE[name].to_numpy()[:, None] for name in TABLE}
    rows, back = ({k: v[at] for k, v in as_dict.items()} for at in (slice(4), slice(10, 20)))
    how = {"method": "exact", "target": 1}
    right = attribute(by_column, rows, background=back, **how).values
    given = [
        (ROWS, BACK),
        (ROWS[OTHER_ORDER], BACK),
        (load_data(ROWS), BACK[OTHER_ORDER]),
        (load_data(ROWS[OTHER_ORDER]), load_data(BACK)),
        ({name: ROWS[name] for name in ROWS}, dict(BACK)),
        (tf.data.Dataset.from_tensor_slices(rows), tf.data.Dataset.from_tensor_slices(back)),
    ]
    for x, background in given:
        found = attribute(by_column, x, background=background, **how).values
        assert list(found) == ["age", "dose", "mass"]
        for name in found:
            np.testing.assert_allclose(found[name], right[name], atol=1e-6)
    attribute_to(tmp_path / "a.npz", by_column, ROWS, background=BACK, rows_at_once=3, **how)
    kept = Attribution.load(tmp_path / "a.npz")
    np.testing.assert_allclose(kept.values["age"], right["age"], atol=1e-6)


def test_every_verb_of_attributions_matches_columns(model, by_column):
    flat = exact_cost(model, ROWS, BACK[OTHER_ORDER])
    assert flat.total == exact_cost(model, ROWS.to_numpy(), BACK.to_numpy()).total
    assert exact_cost(by_column, ROWS, BACK[OTHER_ORDER]).players == 3
    other = keras.models.clone_model(model)
    expected = attribute_change(model, other, ROWS.to_numpy(), background=BACK.to_numpy()).values
    found = attribute_change(model, other, ROWS, background=BACK[OTHER_ORDER]).values
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_columns_that_are_no_inputs(by_column):
    with pytest.raises(ValueError, match="x lacks the column 'age', which the model has"):
        attribute(by_column, ROWS.drop(columns="age"), background=BACK)
    with pytest.raises(ValueError, match="x has the column 'label', which the model has not"):
        attribute(by_column, ROWS.assign(label=1), background=BACK)
    with pytest.raises(ValueError, match=r"expected a dict with .* or a table with these columns"):
        attribute(by_column, ROWS.to_numpy(), background=BACK)


SIZES = ["small", "middle", "large"]
SIZED = TABLE.assign(mass=pd.Categorical(RNG.choice(SIZES, 30), SIZES, ordered=True))


@pytest.mark.parametrize("theirs", [SIZES[::-1], SIZES[1:]], ids=["reversed", "one unused"])
def test_categories_that_the_background_numbers_otherwise(theirs, model):
    x = SIZED[SIZED["mass"] != "small"]
    other = x.assign(mass=x["mass"].astype(pd.CategoricalDtype(theirs, ordered=True)))
    sentence = (
        rf"'mass' of background has the categories \['{theirs[0]}', .*: one category would be"
    )
    with pytest.raises(ValueError, match=sentence):
        values(model, x, other)
    with pytest.raises(ValueError, match=sentence):
        load_data(x, background=other)
    codes = x.assign(mass=x["mass"].cat.codes).to_numpy()
    again = other.assign(mass=other["mass"].astype(x["mass"].dtype))
    np.testing.assert_array_equal(values(model, x, again), values(model, codes, codes))
