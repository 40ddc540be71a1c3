"""What a study would run, and about how long it would take."""

from __future__ import annotations

from typing import Any


def plan(config: Any) -> dict[str, Any]:
    """Load the data, count what would be trained and explained, and estimate the time."""
    from explainprune.study.cell import study_data
    from explainprune.study.foreseen import study_seconds

    data = study_data(config)
    seeds, arms = len(config.study.seeds), config.study.arms
    trained = _trainings(config)
    rows = min(len(data), config.explain.rows or len(data))
    background = config.explain.background * config.explain.backgrounds
    return {
        "data": repr(data),
        "seeds": list(config.study.seeds),
        "models_trained": trained * seeds,
        "arms": ["dense", "pruned", *arms],
        "levels": list(config.study.levels),
        "rows_explained": rows,
        "background": background,
        "workers": min(config.study.workers, seeds),
        "seconds": round(study_seconds(config, data)["seconds"]),
    }


def _trainings(config: Any) -> int:
    """Count the models each seed trains; one that comes in a file is trained already."""
    dense = 0 if config.model.path else 1
    arms = [arm for arm in config.study.arms if arm != "matched_churn"]
    swept = 1 + ("random_pruned" in arms)
    return dense + 1 + len(arms) + swept * len(config.study.levels)


def plan_text(found: dict[str, Any]) -> str:
    """Say a plan in a few lines."""
    return "\n".join(
        [
            f"data       {found['data']}",
            f"seeds      {found['seeds']}, {found['workers']} at a time",
            f"models     {found['models_trained']} to train: {', '.join(found['arms'])}"
            + (f"; pruned to {found['levels']}" if found["levels"] else ""),
            f"explained  {found['rows_explained']:,} rows against {found['background']}",
            f"time       about {duration(found['seconds'])}, within a factor of two or so",
        ]
    )


def duration(seconds: float) -> str:
    """Say a time in round words.

    >>> duration(8), duration(95), duration(7300)
    ('8 seconds', '2 minutes', '2.0 hours')
    """
    if seconds < 90:
        return f"{max(2, round(seconds))} seconds"
    return f"{round(seconds / 60)} minutes" if seconds < 3600 else f"{seconds / 3600:.1f} hours"
