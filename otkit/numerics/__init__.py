"""Arithmetic and machinery: the settings of the compiler, exact sums, long integers, threads, memory, pickles."""
