"""The trusted part: what an answer proves, recomputed from the problem alone. It imports no solver."""
