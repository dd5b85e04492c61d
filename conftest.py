"""Examples that need an extra are not collected where it is not installed; tests skip themselves."""

from __future__ import annotations

from importlib.util import find_spec

NEEDED = {
    "jax": ["otkit/neural/*", "otkit/plots/neural.py", "docs/explanation/critics.md", "docs/explanation/generative.md"],
    "torch": ["otkit/torch/*"],
    "sklearn": ["otkit/sklearn/*", "docs/how-to/scikit-learn.md"],
    "ot": ["docs/how-to/audit.md", "docs/how-to/from-pot-and-scipy.md"],
}
collect_ignore_glob = [path for name, paths in NEEDED.items() if find_spec(name) is None for path in paths]
