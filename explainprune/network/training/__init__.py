"""Training with masks held, fitting anew, and how well a model does."""
