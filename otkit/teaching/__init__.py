"""Small readable twins of otkit's machinery, and the lecture notes' lessons as numbers.

`network_simplex` is to be read from top to bottom, and shows each of its pivots; `lessons` are functions that return
tables.

>>> from otkit.teaching import network_simplex
>>> [pivot.cost for pivot in network_simplex([[4, 1], [2, 5]], [3, 3], [2, 4])]
[24, 12]
"""

from otkit.teaching import lessons
from otkit.teaching.pivots import Pivot, network_simplex

__all__ = ["Pivot", "lessons", "network_simplex"]
