"""What is imported is declared, and what users must install is imported."""

import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

from source import FILES, imports

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
OURS = ("test", "check", "docs")
"""Extras that nobody needs who only uses the package."""


def canonical(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def named(*lists):
    """The packages that requirements name."""
    return {canonical(re.match(r"[\w.-]+", each)[0]) for part in lists for each in part}


def imported(files, local=("explainprune",)):
    """The packages that files import, by the names that they are installed by."""
    known = packages_distributions()
    found = {module.split(".")[0] for path in files for module in imports(path)}
    outside = found - set(sys.stdlib_module_names) - set(local)
    return {canonical(known.get(name, [name])[0]) for name in outside}


def test_what_the_package_imports_is_declared():
    users = named(PROJECT["dependencies"], *(EXTRAS[name] for name in EXTRAS if name not in OURS))
    assert imported(FILES) - users == set()


def test_what_users_must_install_is_imported():
    assert named(PROJECT["dependencies"]) - imported(FILES) == set()


def test_what_tests_and_examples_import_is_declared():
    files = [path for folder in ("tests", "examples") for path in (ROOT / folder).rglob("*.py")]
    installed = {canonical(name) for names in packages_distributions().values() for name in names}
    declared = named(PROJECT["dependencies"], *EXTRAS.values())
    assert (imported(files) & installed) - declared == set()
