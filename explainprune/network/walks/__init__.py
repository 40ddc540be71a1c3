"""Contributions walked back through a traced graph: `rescale` (deep_shap), `relevance` (lrp)."""
