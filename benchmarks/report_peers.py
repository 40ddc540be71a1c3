"""Our page beside those of shapash, explainerdashboard, evidently and ydata-profiling: one run.

569 tumours with 30 measurements and one network of two layers, which every tool is given as a
scikit-learn classifier. Each writes its page in a process of its own; time is the processor's, of
the work, imports apart. Then every page is opened in Chromium, without a network.

    python benchmarks/report_peers.py                our own page only, printed
    python benchmarks/report_peers.py --peers DIR    the tables in docs/page.md, about five minutes

The others are no dependencies of ours, and don't fit into one environment:

    python -m venv DIR/shapash && DIR/shapash/bin/pip install shapash
    python -m venv DIR/explainerdashboard && DIR/explainerdashboard/bin/pip install \\
      explainerdashboard
    python -m venv DIR/evidently && DIR/evidently/bin/pip install evidently 'pandas<3'
    python -m venv DIR/ydata-profiling && DIR/ydata-profiling/bin/pip install ydata-profiling \\
      'setuptools<81'
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

BEFORE = """\
Made by `python benchmarks/report_peers.py --peers DIR` (it says how to make environments): 142 of
569 tumours, 30 measurements, one network. Each tool wrote its default page in a process of its own;
time is the processor's, imports apart. Pages were opened in Chromium without a network. Ours
explains two models and adds arms for scale, the others look at one model or at the data alone.
"""
ANSWERS = (
    (
        "explainprune",
        "whether two models decide for the same reasons and which is clearer, with intervals and "
        "arms for scale; scores, calibration, cut-offs, flips by class and group; features, units, "
        "rows; certificate",
    ),
    ("shapash", "the data, what one model's answers rest on, contributions, performance"),
    (
        "explainerdashboard",
        "importances, confusion, precision, ROC and lift, single rows; what-if on its server",
    ),
    ("evidently", "quality of the classification, drift between both halves, summaries of columns"),
    ("ydata-profiling", "each column, missing values, correlations; no model"),
)
AFTER = """
shapash's and explainerdashboard's pages fetch scripts or styles from other addresses: without a
network the first stays empty. What each page answers; none of the other four compares the
explanations of two models:
"""


class Network:
    """The network as scikit-learn's tools take a classifier: made from its weights."""

    classes_ = np.array([0, 1])
    _estimator_type = "classifier"

    def __init__(self, folder: Path) -> None:
        with np.load(folder / "weights.npz") as weights:
            self.weights = [weights[name] for name in sorted(weights.files)]

    def fit(self, x: Any, y: Any) -> Network:
        return self

    def predict_proba(self, x: Any) -> np.ndarray:
        hidden = np.asarray(x, float)
        for place in range(0, len(self.weights) - 2, 2):
            hidden = np.maximum(hidden @ self.weights[place] + self.weights[place + 1], 0)
        logits = hidden @ self.weights[-2] + self.weights[-1]
        shares = np.exp(logits - logits.max(axis=1, keepdims=True))
        return shares / shares.sum(axis=1, keepdims=True)

    def predict(self, x: Any) -> np.ndarray:
        return self.predict_proba(x).argmax(axis=1)


def tables(folder: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    return pd.read_csv(folder / "train.csv"), pd.read_csv(folder / "test.csv")


def ours(folder: Path) -> Path:
    import explainprune as xp

    found = xp.compare(
        str(folder / "dense.keras"), str(folder / "pruned.keras"), str(folder / "test.csv"),
        background=tables(folder)[0].drop(columns="target"), names=("dense", "pruned"),
    )  # fmt: skip
    return xp.report(found, folder / "ours")


def shapash(folder: Path) -> Path:
    from shapash import SmartExplainer

    train, test = tables(folder)
    x = test.drop(columns="target")
    explainer = SmartExplainer(model=Network(folder))
    explainer.compile(x=x, y_target=test[["target"]])
    explainer.generate_report(
        output_file=str(folder / "shapash.html"),
        x_train=train.drop(columns="target"), y_train=train["target"], y_test=test["target"],
    )  # fmt: skip
    return folder / "shapash.html"


def explainerdashboard(folder: Path) -> Path:
    from explainerdashboard import ClassifierExplainer, ExplainerDashboard

    train, test = tables(folder)
    explainer = ClassifierExplainer(
        Network(folder), test.drop(columns="target"), test["target"], shap="kernel",
        X_background=train.drop(columns="target").sample(20, random_state=0),
        model_output="probability",
    )  # fmt: skip
    ExplainerDashboard(explainer, shap_interaction=False).save_html(folder / "dashboard.html")
    return folder / "dashboard.html"


def evidently(folder: Path) -> Path:
    from evidently import BinaryClassification, DataDefinition, Dataset, Report
    from evidently.presets import ClassificationPreset, DataDriftPreset, DataSummaryPreset

    sets = []
    for table in tables(folder):
        table = table.assign(
            chance=Network(folder).predict_proba(table.drop(columns="target"))[:, 1]
        )
        known = DataDefinition(classification=[
            BinaryClassification(target="target", prediction_probas="chance")])  # fmt: skip
        sets.append(Dataset.from_pandas(table, data_definition=known))
    report = Report([ClassificationPreset(), DataDriftPreset(), DataSummaryPreset()])
    report.run(sets[1], sets[0]).save_html(str(folder / "evidently.html"))
    return folder / "evidently.html"


def ydata_profiling(folder: Path) -> Path:
    from ydata_profiling import ProfileReport

    table = tables(folder)[1]
    chance = Network(folder).predict_proba(table.drop(columns="target"))[:, 1]
    report = ProfileReport(table.assign(chance=chance), title="tumours", progress_bar=False)
    report.to_file(folder / "profile.html")
    return folder / "profile.html"


TOOLS: dict[str, Callable[[Path], Path]] = {
    "explainprune": ours,
    "shapash": shapash,
    "explainerdashboard": explainerdashboard,
    "evidently": evidently,
    "ydata-profiling": ydata_profiling,
}


def case(folder: Path) -> None:
    """Write the data, the network, and a pruned one for us to compare it with."""
    import keras

    import explainprune as xp
    from explainprune.network import fit, perceptron, save_model

    data = xp.load_data("breast_cancer")
    for name, rows in (("train", data.train), ("test", data.scored)):
        frame = pd.DataFrame(rows.x, columns=data.feature_names)
        frame.assign(target=rows.y).to_csv(folder / f"{name}.csv", index=False)
    model, _ = fit(perceptron(30, 2, hidden=(32, 16), seed=0), data.train, epochs=30, seed=0)
    weights = {f"{i:02}": w for i, w in enumerate(model.get_weights())}
    np.savez(folder / "weights.npz", **weights)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile("adam", loss)
    save_model(model, folder / "dense.keras")
    pruned = xp.prune(model, data, criterion="magnitude", sparsity=0.8, finetune_epochs=0)
    save_model(pruned.model, folder / "pruned.keras")


def worked() -> float:
    """Return the processor time of this process and of those that it started and ended."""
    own, others = (
        resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    return own.ru_utime + own.ru_stime + others.ru_utime + others.ru_stime


def child(name: str, folder: Path) -> None:
    """Write one tool's page; print what it took."""
    __import__(name.replace("-", "_"))
    begin = worked()
    page = TOOLS[name](folder)
    seconds = worked() - begin
    print("\n" + json.dumps({"page": str(page), "seconds": seconds, "version": version(name)}))


def made(name: str, python: str, folder: Path) -> dict[str, Any]:
    done = subprocess.run([python, __file__, "--child", name, str(folder)],
                          capture_output=True, text=True, check=False)  # fmt: skip
    if done.returncode:
        raise SystemExit(f"{name}: {done.stderr[-3000:]}")
    found: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return found


def opened(pages: dict[str, Path]) -> dict[str, dict[str, Any]]:
    """Open each page in Chromium, offline: elements, time until it is drawn, what it asks for."""
    from playwright.sync_api import sync_playwright

    found = {}
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        for name, path in pages.items():
            page = browser.new_context(offline=True).new_page()
            asked: list[str] = []
            page.on("request", lambda request, asked=asked: asked.append(request.url))
            begin = time.perf_counter()
            page.goto(path.as_uri(), wait_until="load", timeout=300_000)
            page.wait_for_function("document.readyState === 'complete'")
            page.evaluate("new Promise(f => requestAnimationFrame(() => requestAnimationFrame(f)))")
            seconds = time.perf_counter() - begin
            page.wait_for_timeout(2000)
            found[name] = {
                "elements": page.evaluate("document.getElementsByTagName('*').length"),
                "load": seconds,
                "asked": len({url for url in asked if url.startswith("http")}),
            }
        browser.close()
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--peers", type=Path, help="folder of an environment for each")
    parser.add_argument("--child", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        child(options.child[0], Path(options.child[1]))
        return
    names = list(TOOLS) if options.peers else ["explainprune"]
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        case(folder)
        found = {}
        for name in names:
            own = name == "explainprune"
            python = sys.executable if own else str(options.peers / name / "bin" / "python")
            found[name] = made(name, python, folder)
            print(name, found[name], flush=True)
        looked = opened({name: Path(each["page"]) for name, each in found.items()})
        rows = [
            (
                f"{name} {found[name]['version']}",
                f"{found[name]['seconds']:.0f} s",
                f"{Path(found[name]['page']).stat().st_size / 1e6:.2f} MB",
                f"{looked[name]['elements']:,}",
                f"{looked[name]['load']:.1f} s",
                str(looked[name]["asked"]),
            )
            for name in names
        ]
    from _page import DOCS, put, table

    head = ("page of", "made in", "size", "elements", "drawn after", "addresses asked")
    text = table(head, rows)
    print(text)
    if options.peers:
        answers = table(("page of", "on it"), ANSWERS)
        put(DOCS / "page.md", "Beside other pages", "\n".join((BEFORE, text, AFTER, answers)))


if __name__ == "__main__":
    main()
