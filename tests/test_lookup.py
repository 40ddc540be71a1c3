import sys

import pytest

from explainprune.lookup import check_keys, imported, look_up, name_of, nearest, unknown

REGISTRY = {"taylor": abs, "magnitude": len}


def test_nearest_suggests_only_what_is_near():
    assert nearest("tailor", REGISTRY) == " Did you mean 'taylor'?"
    assert nearest("xyz", REGISTRY) == "" == nearest("taylor", [])


def test_unknown_names_the_kind_the_value_and_what_is_known():
    error = unknown("criterion", "tailor", REGISTRY)
    assert isinstance(error, ValueError)
    assert str(error) == (
        "Unknown criterion 'tailor'. Did you mean 'taylor'? Known: magnitude, taylor."
    )
    assert str(unknown("layer", "a", [])) == "Unknown layer 'a'. Known: none."


def test_look_up_takes_names_and_callables():
    assert look_up("taylor", REGISTRY, "criterion") is abs
    assert look_up(max, REGISTRY, "criterion") is max


def test_look_up_refuses_the_rest():
    with pytest.raises(ValueError, match=r"Unknown criterion 'tailor'. Did you mean 'taylor'"):
        look_up("tailor", REGISTRY, "criterion")
    with pytest.raises(TypeError, match=r"is a name or a callable. Received: 3 of type int"):
        look_up(3, REGISTRY, "criterion")


def test_names_of_callables():
    class Callable:
        def __call__(self):
            """Do nothing."""

    assert name_of("taylor") == "taylor"
    assert name_of(abs) == "abs"
    assert name_of(Callable()) == "Callable"


def test_check_keys_names_the_first_unknown_one():
    assert check_keys(["a"], ["a", "b"], "[prune]") is None
    with pytest.raises(ValueError, match=r"Unknown key in \[prune\] 'sed'. Did you mean 'seed'"):
        check_keys(["a", "sed"], iter(["a", "seed"]), "[prune]")


def test_functions_are_imported_from_the_working_folder_too(tmp_path, monkeypatch):
    (tmp_path / "lookup_fixture.py").write_text("def f():\n    return 7\nvalue = 3\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    assert imported("lookup_fixture:f", "recipe")() == 7
    with pytest.raises(ValueError, match=r"Unknown function in lookup_fixture for recipe 'value'"):
        imported("lookup_fixture:value", "recipe")
    with pytest.raises(ValueError, match=r"for recipe 'ff'. Did you mean 'f'\? Known: f\.$"):
        imported("lookup_fixture:ff", "recipe")


def test_modules_that_fail_while_they_are_imported(tmp_path, monkeypatch):
    (tmp_path / "lookup_broken.py").write_text("1 / 0\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ValueError, match=r"could not be imported: ZeroDivisionError: division"):
        imported("lookup_broken:f", "recipe")


@pytest.mark.parametrize("reference", ["f", ":f", "m:", ""])
def test_references_of_another_form(reference):
    with pytest.raises(ValueError, match=r"recipe is 'module:function'. Received: "):
        imported(reference, "recipe")


def test_modules_that_are_not_there():
    with pytest.raises(
        ValueError,
        match=r"recipe 'no_such:f' could not be imported: ModuleNotFoundError: No module",
    ):
        imported("no_such:f", "recipe")
