"""Solvers: fast and untrusted; one file each, all with the same contract (see `otkit.solvers.candidate`)."""
