"""Divergences from samples: one file per estimator, each with ``estimate(divergence, x, y, options, rng)``."""
