"""Do the verdicts tell what was done to a model? Scenarios whose truth is known, over seeds.

    python benchmarks/known_truth.py                 20 seeds of each, then the page
    python benchmarks/known_truth.py --only trojan   scenarios whose name holds a word
    python benchmarks/known_truth.py --seeds 3       so many seeds of each
    python benchmarks/known_truth.py --page          the page, from docs/known_truth.csv

Runs are kept as they come in reports/known_truth.csv, and what is in docs/known_truth.csv isn't run
again: an interrupted command goes on where it was, and --seeds 40 adds to 20. To run anew, remove
both. The scenarios are those of ``explainprune doctor --sabotage``.
"""

from __future__ import annotations

import argparse

from _page import fill
from known import page, store

from explainprune.study.sabotage.scenarios import SCENARIOS
from explainprune.study.sabotage.trying import tried


def main() -> None:
    """Run what is missing, seed by seed, then write the lines and the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", default="", help="scenarios whose name holds this")
    parser.add_argument("--seeds", type=int, default=20, help="seeds of each scenario")
    parser.add_argument("--page", action="store_true", help="only write the page")
    asked = parser.parse_args()
    if not asked.page:
        done = store.done()
        for seed in range(asked.seeds):  # seed by seed: scenarios of one share its dense model
            for name in (name for name in SCENARIOS if asked.only in name):
                if (name, seed) not in done:
                    found = tried(SCENARIOS[name], seed)
                    store.keep(name, seed, found)
                    print(f"{name}, seed {seed}: {found.label} ({found.seconds:.1f} s)", flush=True)
        store.publish(list(SCENARIOS))
    fill(page.PAGE, page.TABLES)


if __name__ == "__main__":
    main()
