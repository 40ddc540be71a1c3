"""Fixtures over `factory.py`, which is loaded by path: test folders are not packages."""

import importlib.util
import os
import shutil
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from explainprune.reporting import render


def _load(name):
    """Import a file beside this one as ``reporting_<name>``."""
    full = f"reporting_{name}"
    if full not in sys.modules:
        path = Path(__file__).with_name(f"{name}.py")
        spec = importlib.util.spec_from_file_location(full, path)
        sys.modules[full] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[full])
    return sys.modules[full]


for each in (
    "page_reading",
    "factory_parts",
    "factory_rows",
    "factory_where",
    "factory",
):  # now: whoever collects imports the factory
    _load(each)


@pytest.fixture(scope="session")
def factory():
    return _load("factory")


@pytest.fixture(scope="session")
def comparison(factory):
    return factory.comparison()


@pytest.fixture(scope="session")
def study(factory):
    return factory.study()


@pytest.fixture(scope="session")
def table(factory):
    return factory.table_comparison()


@pytest.fixture(scope="session")
def small(factory):
    """A pair with little in it, for what needs no realistic size."""
    return factory.small_comparison()


@pytest.fixture(scope="session")
def small_study(study, small):
    """A study of that pair."""
    return replace(study, pair=small, models=small.models)


@pytest.fixture(scope="session")
def big_comparison():
    return _load("factory_big").big_comparison()


@pytest.fixture(scope="session")
def big_table():
    return _load("factory_big").big_table()


@pytest.fixture(scope="session")
def big_study(big_comparison):
    return _load("factory_big").big_study(big_comparison)


@pytest.fixture(scope="session")
def big_table_study(big_table):
    return _load("factory_big").big_study(big_table)


@pytest.fixture(scope="session")
def chromium():
    """A headless Chromium: without one tests are skipped, but fail in CI."""
    api = pytest.importorskip("playwright.sync_api")
    names = ("chromium", "chromium-browser", "google-chrome", "chrome")
    found = next((path for name in names if (path := shutil.which(name))), None)
    arguments = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]
    arguments += ["--disable-background-networking", "--disable-component-update", "--disable-sync"]
    with api.sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(executable_path=found, args=arguments)
        except api.Error as error:
            if os.environ.get("CI") == "true":
                pytest.fail(f"CI needs Chromium: {error}")
            pytest.skip(f"no Chromium: {error}")
        yield browser
        browser.close()


@pytest.fixture(scope="module", params=["comparison", "study", "table"])
def results(request):
    return request.getfixturevalue(request.param)


@pytest.fixture(scope="module")
def html(results):
    return render(results, {"command": "explainprune run", "versions": {"numpy": "2.4"}})


@pytest.fixture(scope="module")
def page(html):
    return _load("page_reading").Page(html)


@pytest.fixture(scope="session")
def files(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("pages")
    for which in ("comparison", "study", "table", "small_study"):
        html = render(request.getfixturevalue(which), {"command": "explainprune demo"})
        (folder / f"{which}.html").write_text(html, encoding="utf-8")
    return folder


@pytest.fixture
def open_page(chromium, files):
    """Open a page and gather everything it asks for and says."""
    contexts = []

    def opened(which, **options):
        context = chromium.new_context(**{"viewport": {"width": 1280, "height": 900}, **options})
        contexts.append(context)
        page = context.new_page()
        page.heard = []
        page.on("console", lambda message: page.heard.append(message.text))
        page.on("pageerror", lambda error: page.heard.append(str(error)))
        page.on("request", lambda request: page.heard.append(request.url))
        page.goto((files / f"{which}.html").as_uri())
        return page

    yield opened
    for context in contexts:
        context.close()
