"""Union-find: which nodes of a growing forest hang together (R. E. Tarjan, J. ACM 22 (1975), 215-225)."""

from __future__ import annotations

from typing import Any

from otkit.numerics.jit import njit


@njit
def find_leader(leader: Any, node: int) -> int:
    """Return the representative of `node`, halving the path to it on the way."""
    while leader[node] != node:
        leader[node] = leader[leader[node]]
        node = leader[node]
    return node
