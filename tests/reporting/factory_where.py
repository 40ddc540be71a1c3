"""Synthetic findings of where two models differ, and of reasons for adverse decisions."""

from __future__ import annotations

from reporting_factory_parts import measure

from explainprune.types import (
    Band,
    CodeChanges,
    CodeUse,
    Condition,
    Exemplar,
    Exemplars,
    Reason,
    ReasonRow,
    Rule,
    Where,
)


def rule(conditions, inside, outside, *, confirmed=True, share=0.21):
    apart = measure(inside - outside, 0.07 if confirmed else 0.2, n=180)
    return Rule(
        conditions,
        share,
        measure(inside, 0.05, n=38),
        measure(outside, 0.01, n=142),
        apart,
        confirmed,
    )


def where(names=("age", "duration", "job")):
    """Two rules that hold, and one that doesn't."""
    age, duration, job = names
    rules = (
        rule((Condition(age, most=30.0), Condition(duration, above=24.0)), 0.41, 0.09),
        rule((Condition(job, among=("cook", "driver")),), 0.22, 0.12, share=0.33),
        rule((Condition("confidence in it", most=0.7),), 0.16, 0.13, confirmed=False),
    )
    return Where(
        f"More moved where {rules[0]}: 41 % of the reasons' weight (interval 36–46 %) against 9 % "
        "elsewhere (interval 8–10 %), on rows that had no part in finding the rule. One further "
        "rule holds as well.",
        rules,
        (*names, "true class", "predicted class", "confidence in it"),
        180,
        180,
        0.062,
    )


def exemplars(samples, twins=("retrained",)):
    """Two rows beyond other backgrounds and a twin."""
    return Exemplars(
        "Seventeen rows of 348 with the same prediction have other reasons: more moved than other "
        "background rows or a copy trained from another start would move. At most 5 % of those "
        "are expected to be chance.",
        348,
        17,
        0.31,
        tuple(Exemplar(each, 0.062, dict.fromkeys(twins, 0.18)) for each in samples[:2]),
    )


def codes(
    names=("debt to income", "history", "requests", "value", "age of account"), adverse="deny"
):
    """Sixty adverse rows, a quarter with another set."""
    n = {"n": 60}
    dense = tuple(Reason(each, "0.62", "0.36", 1.4 - 0.2 * i) for i, each in enumerate(names[:4]))
    other = (dense[1], dense[0], Reason(names[4], "missing", "", 0.6))
    return CodeChanges(
        f"Of 60 rows with a chance of {adverse} of 50 % or more in both models, 25 % (interval "
        "15–37 %) get another set of four leading reasons, and 58 % (interval 45–70 %) another set "
        "or order. For scale, the set changes by other causes: another draw of the rows that just "
        "pass 8 %, training from another start 32 %.",
        adverse,
        0.5,
        4,
        60,
        7,
        9,
        {
            "set": measure(0.25, 0.11, **n),
            "order": measure(0.58, 0.12, **n),
            "first": measure(0.13, 0.08, **n),
        },
        {
            f"group {group}": {key: measure(0.3, 0.2, n=20) for key in ("set", "order", "first")}
            for group in ("east", "west")
        },
        {"reference_redrawn": measure(0.08, 0.06, **n), "retrained": measure(0.32, 0.12, **n)},
        tuple(
            CodeUse(each, measure(0.8 - 0.1 * i, 0.1, **n), measure(0.3 + 0.1 * i, 0.1, **n))
            for i, each in enumerate(names)
        ),
        (
            ReasonRow(17, adverse, "east", (0.71, 0.66), dense, other),
            ReasonRow(203, "", "", (0.52, 0.93), dense[:1], ()),
        ),
        {"dense": Band(50, 0.41, 0.498, 301), "pruned": Band(50, 0.388, 0.4991, 297)},
    )
