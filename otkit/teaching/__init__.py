"""Small readable twins of otkit's machinery, to be read from top to bottom; `network_simplex` shows each of its pivots.

>>> from otkit.teaching import network_simplex
>>> [pivot.cost for pivot in network_simplex([[4, 1], [2, 5]], [3, 3], [2, 4])]
[24, 12]
"""

from otkit.teaching.pivots import Pivot, network_simplex

__all__ = ["Pivot", "network_simplex"]
