"""Inference from samples: two-sample tests, intervals, drift between tables, inequalities."""
