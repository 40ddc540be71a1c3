"""A lender's job by the command line alone: a smaller model, and what its reviewer is handed.

The mortgage applications of mortgage_reasons.py as a bank has them: a table with words, numbers
and blanks, split in two files; a Keras model that reads numbers; a function between the two. What
follows is what the README's table says: prune, compare by group and by adverse decisions, check,
write the dossier and the reasons. Race is in no input; it only groups the results.

    python examples/walk_mortgages.py -o reports/mortgage_walk     # a minute
    python examples/walk_mortgages.py --quick
"""

import argparse
import os
import tempfile
from pathlib import Path

import keras
import pandas as pd
from mortgage_reasons import CUT_OFF, LATE, applications, prepared, trained

import explainprune as xp
from explainprune.cli import run

SCHEMA = f"""\
[data]
target = "decision"
group = "race"
class_names = ["approve", "deny"]
preprocess = "walk_mortgages:ready"
players = "{LATE}="
labels = "words.toml"
"""
WORDS = """\
[features]
"accounts 60 days overdue" = "Accounts overdue"
"term, months" = "Term, months"
[classes]
approve = "approved"
deny = "denied"
"""


def ready(table):
    """Turn such a table into what the network reads; medians are those of the training rows."""
    known = pd.read_csv("train.csv").drop(columns=["race", "decision"])
    return prepared(known)(table.drop(columns="race", errors="ignore"))


def files(rows, epochs):
    """Write what the bank has: two tables, how they are read, and the model in use."""
    table = applications().sample(frac=1, random_state=0)
    half = len(table) // 2
    table.iloc[:half].to_csv("train.csv", index=False)
    table.iloc[half : half + (rows or half)].to_csv("test.csv", index=False)
    Path("rows.toml").write_text(SCHEMA, encoding="utf-8")
    Path("words.toml").write_text(WORDS, encoding="utf-8")
    data = xp.load_data("train.csv", target="decision", group="race", preprocess=ready,
                        class_names=["approve", "deny"])  # fmt: skip
    trained(data.with_(train=data.scored), 0, epochs).save("champion.keras")


def command(text, passes=(0,)):
    """Run a line as it is typed; say it first."""
    words = text.split()
    print(f"\n$ explainprune {text}", flush=True)
    if run(words) not in passes:
        raise SystemExit(f"failed: {text}")


def main():
    """Write the files, then type what the README says."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("-o", "--out", help="folder for all of it; none is kept without")
    parser.add_argument("--quick", action="store_true", help="few epochs and rows")
    options = parser.parse_args()
    before = Path.cwd()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(options.out or scratch)
        folder.mkdir(parents=True, exist_ok=True)
        os.chdir(folder)
        try:
            walk(options.quick)
        finally:
            os.chdir(before)
            keras.backend.clear_session()


def walk(quick):
    """Type every command of the job."""
    files(*((120, 6) if quick else (None, 25)))
    few = " --backgrounds 2 -q" if quick else ""
    data = "--data test.csv --schema rows.toml --background train.csv"
    command("prune champion.keras --data train.csv --schema rows.toml --sparsity 0.8 --shrink"
            f" --finetune-epochs {2 if quick else 10} -o challenger.keras --force")  # fmt: skip
    command(f"compare champion.keras challenger.keras {data} --names Champion,Challenger"
            f" --adverse denied --threshold {CUT_OFF} -o report --force{few}")  # fmt: skip
    command("check report --require preserved --max group:accuracy_drop=0.05", passes=(0, 1))
    command("report report --dossier change.md --card card.md --force")
    command(f"attribute challenger.keras {data} --explain denied --top 4 -o reasons.csv --force")
    print(pd.read_csv("reasons.csv").head(3).to_string())


if __name__ == "__main__":
    main()
