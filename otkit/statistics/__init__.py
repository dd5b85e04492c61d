"""Inference from samples: two-sample tests, intervals, inequalities."""
