"""Verdicts tried on models whose truth is known: ``explainprune doctor --sabotage``."""

from __future__ import annotations

from typing import Any

from explainprune.cli.console import Console

NOMINAL = 0.025
"""How often a verdict may be wrong (`docs/calibration.md`)."""


def sabotage(console: Console, seed: int) -> bool:
    """Try every scenario, say what was expected and found, and whether none fails."""
    from explainprune.study.sabotage.scenarios import SCENARIOS
    from explainprune.study.sabotage.trying import chance_of_failing, fails, settled

    entries: list[dict[str, Any]] = []
    with console.working("Trying models whose truth is known") as progress:
        for done, (name, scenario) in enumerate(SCENARIOS.items()):
            progress(done, len(SCENARIOS), name)
            found = settled(scenario, seed)
            entries.append(
                {
                    "scenario": name,
                    "done": scenario.done,
                    "expected": scenario.expected,
                    "found": [each.label for each in found],
                    "moved_weight": [each.moved for each in found],
                    "seconds": round(sum(each.seconds for each in found), 1),
                    "fails": fails(found),
                }
            )
    failed = [entry["scenario"] for entry in entries if entry["fails"]]
    chance = 1 - (1 - chance_of_failing(NOMINAL)) ** len(entries)
    console.show(_text(entries, failed, chance), {"scenarios": entries, "failed": failed})
    return not failed


def _text(entries: list[dict[str, Any]], failed: list[str], chance: float) -> str:
    """Lay the scenarios out, and say what they come to."""
    columns = ("", "scenario", "expected", "found", "moved", "seconds")
    rows = [columns, *(_row(entry) for entry in entries)]
    widths = [max(len(row[place]) for row in rows) for place in range(len(columns))]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
    total = sum(entry["seconds"] for entry in entries)
    outcome = f"wrong beyond chance: {', '.join(failed)}" if failed else "none wrong beyond chance"
    return "\n".join(
        [
            *lines,
            f"{len(entries)} scenarios in {total:.0f} seconds: {outcome}. One that isn't as "
            "expected is tried on two more seeds,",
            f"and fails if two of three aren't: verdicts that err in {100 * NOMINAL:g} % of runs "
            f"fail one in {100 * chance:.1f} % of calls.",
        ]
    )


def _row(entry: dict[str, Any]) -> tuple[str, ...]:
    """Write one scenario; of several tries, all labels and the mean moved weight."""
    moved = sum(entry["moved_weight"]) / len(entry["moved_weight"])
    labels = entry["found"]
    found = labels[0] if len(labels) == 1 else ", ".join(labels)
    mark = "WRONG" if entry["fails"] else "ok"
    seconds = f"{entry['seconds']:.1f}"
    return mark, entry["scenario"], entry["expected"], found, f"{100 * moved:.0f} %", seconds
