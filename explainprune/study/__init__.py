"""A way of pruning, over arms, seeds and levels."""

from explainprune.study.config import StudyConfig, study_config
from explainprune.study.run import run_study

__all__ = ["StudyConfig", "run_study", "study_config"]
