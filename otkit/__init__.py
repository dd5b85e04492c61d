"""Exact optimal transport and divergences, every number with its certificate."""
