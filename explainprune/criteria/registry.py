"""All criteria by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from explainprune.criteria.ablation import ablation
from explainprune.criteria.ablation_mean import ablation_mean
from explainprune.criteria.activation import activation
from explainprune.criteria.activation_std import activation_std
from explainprune.criteria.activation_taylor import activation_taylor
from explainprune.criteria.apoz import apoz
from explainprune.criteria.batchnorm import batchnorm
from explainprune.criteria.batchnorm_taylor import batchnorm_taylor
from explainprune.criteria.conductance import conductance
from explainprune.criteria.fisher import fisher
from explainprune.criteria.fpgm import fpgm
from explainprune.criteria.gradient import gradient
from explainprune.criteria.grasp import grasp
from explainprune.criteria.internal_influence import internal_influence
from explainprune.criteria.lrp import lrp
from explainprune.criteria.lrp_epsilon import lrp_epsilon
from explainprune.criteria.magnitude import magnitude
from explainprune.criteria.magnitude_l2 import magnitude_l2
from explainprune.criteria.movement import movement
from explainprune.criteria.obs import obs
from explainprune.criteria.random import random
from explainprune.criteria.shap import shap
from explainprune.criteria.shapley import shapley
from explainprune.criteria.snip import snip
from explainprune.criteria.synflow import synflow
from explainprune.criteria.taylor import taylor
from explainprune.criteria.wanda import wanda

CRITERIA: dict[str, Callable[..., Any]] = {
    "ablation": ablation,
    "ablation_mean": ablation_mean,
    "activation": activation,
    "activation_std": activation_std,
    "activation_taylor": activation_taylor,
    "apoz": apoz,
    "batchnorm": batchnorm,
    "batchnorm_taylor": batchnorm_taylor,
    "conductance": conductance,
    "fisher": fisher,
    "fpgm": fpgm,
    "gradient": gradient,
    "grasp": grasp,
    "internal_influence": internal_influence,
    "lrp": lrp,
    "lrp_epsilon": lrp_epsilon,
    "magnitude": magnitude,
    "magnitude_l2": magnitude_l2,
    "movement": movement,
    "obs": obs,
    "random": random,
    "shap": shap,
    "shapley": shapley,
    "snip": snip,
    "synflow": synflow,
    "taylor": taylor,
    "wanda": wanda,
}
"""Every criterion by name. Its parameters' names say what it needs of a model: see
``explainprune.network.STATISTICS``."""
