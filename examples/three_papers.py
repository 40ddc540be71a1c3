"""Does pruning make explanations better, worse, or neither? Three papers, three answers.

Weber et al. 2023 (arXiv:2302.08878): people find mildly pruned networks easier to explain, strongly
pruned ones harder. Park et al. 2020 (arXiv:2010.15054): compression deforms attributions although
predictions stay. Von Rad & Seuffert 2024 (arXiv:2409.19727): a score of interpretability doesn't
follow the pruning rate, and networks that hardly work can score high. Here all of it is asked of
the same small networks for handwritten digits, beside the arms that tell pruning from training.

    python examples/three_papers.py            # eight seeds; goes on where it was cut off
    python examples/three_papers.py --quick    # one seed, short training, no file
"""

import argparse
from pathlib import Path

import pandas as pd

import explainprune as xp
from explainprune.network import fit, perceptron

COMPRESSION = (2, 4, 8, 32)
"""Weber et al.'s rates: of 2, 4, 8 or 32 weights one is kept."""
TWIN = 1000
FIGURES = {
    "accuracy": "accuracy",
    "moved_weight": "moved weight",
    "cosine": "cosine",
    "effective_features_ratio": "effective features, ratio",
    "naopc_drop": "NAOPC, fall",
}


def trained(data, seed, epochs):
    """Train a network of 64 and 32 units."""
    start = perceptron(data.x.shape[1], len(data.class_names), hidden=(64, 32), seed=seed)
    model, _ = fit(
        start, data.learnable, epochs=epochs, seed=seed, batch_size=64, learning_rate=2e-3
    )
    return model


def arms_of(data, seed, epochs, rates):
    """Return the dense network and all that it is read beside, each fine-tuned for as long."""
    dense, twin = trained(data, seed, epochs), trained(data, seed + TWIN, epochs)

    def pruned(model, **options):
        options = {"criterion": "magnitude", "finetune_epochs": epochs // 3} | options
        return xp.prune(model, data, seed=seed, **options).model

    arms = {"placebo": pruned(dense, sparsity=0.0), "retrained": pruned(twin, sparsity=0.0)}
    for rate in rates:
        arms[f"pruned {rate}×"] = pruned(dense, sparsity=1 - 1 / rate)
    for rate in rates:
        sparsity = 1 - 1 / rate
        arms[f"at random {rate}×"] = pruned(dense, sparsity=sparsity, criterion="random")
    return dense, arms


def figures_of(seed, *, epochs, rates=COMPRESSION, rows=None):
    """Compare every arm of one seed with its dense network; a line for each."""
    data = xp.load_data("digits", seed=seed)
    dense, arms = arms_of(data, seed, epochs, rates)
    first = next(iter(arms))
    found = xp.compare(
        dense,
        arms.pop(first),
        data,
        arms=arms,
        names=("dense", first),
        metrics=["accuracy", "cosine"],
        rows=rows,
        detail=False,
        seed=seed,
    )
    lines = [{"seed": seed, "arm": "dense", "accuracy": found.models["dense"].accuracy}]
    for arm in (first, *arms, "random_weights"):
        pair = found.comparisons[f"dense|{arm}"]
        line = {"seed": seed, "arm": arm.replace("_", " "), "accuracy": found.models[arm].accuracy}
        lines.append(line | {name: pair[name].value for name in FIGURES if name != "accuracy"})
    return pd.DataFrame(lines)


def table(lines):
    """Average over seeds, with Student's 95 % intervals; one line for each arm."""
    rows = []
    for arm, runs in lines.groupby("arm", sort=False):
        row = {"network": arm}
        for name, words in FIGURES.items():
            row[words] = shown(runs[name].dropna(), 3 if name != "effective_features_ratio" else 2)
        rows.append(row)
    return pd.DataFrame(rows)


def shown(values, digits):
    """Write a mean with its interval over seeds."""
    from scipy.stats import t

    if values.empty:
        return "–"
    if len(values) == 1:
        return f"{values.iloc[0]:.{digits}f}"
    half = t.ppf(0.975, len(values) - 1) * values.std() / len(values) ** 0.5
    return f"{values.mean():.{digits}f} ± {half:.{digits}f}"


def markdown(frame):
    """Write a table as a page has it."""
    rows = [frame.columns, ["---"] * len(frame.columns), *frame.itertuples(index=False)]
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def beyond_training(lines):
    """Take off, seed by seed, what the same training without a mask moves."""
    wide = lines.pivot(index="seed", columns="arm", values="moved_weight")
    gaps = wide.sub(wide["placebo"], axis=0).drop(columns=["placebo", "dense"])
    arms = [arm for arm in lines["arm"].unique() if arm in gaps]
    words = [shown(gaps[arm], 3) for arm in arms]
    return pd.DataFrame({"network": arms, "moved weight, beyond the placebo's": words})


def main():
    """Run each seed that isn't in the file yet, then print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=8)
    parser.add_argument("--out", type=Path, default=Path("three_papers.csv"))
    parser.add_argument("--quick", action="store_true", help="one seed, one rate, 40 rows, no file")
    options = parser.parse_args()
    if options.quick:
        lines = figures_of(0, epochs=6, rates=COMPRESSION[-1:], rows=40)
    else:
        done = set(pd.read_csv(options.out)["seed"]) if options.out.exists() else set()
        for seed in [seed for seed in range(options.seeds) if seed not in done]:
            found = figures_of(seed, epochs=30)
            found.to_csv(options.out, mode="a", header=not options.out.exists(), index=False)
            print(f"seed {seed} done", flush=True)
        lines = pd.read_csv(options.out)
    print(f"{markdown(table(lines))}\n\n{markdown(beyond_training(lines))}")


if __name__ == "__main__":
    main()
