"""Small readable twins of otkit's machinery, the lecture notes' lessons as numbers, and exercises.

`network_simplex` is to be read from top to bottom, and shows each of its pivots; `lessons` are functions that return
tables; an `Exercise` checks its answers, and a `Flipbook` holds pictures to leaf through.

>>> from otkit.teaching import network_simplex
>>> [pivot.cost for pivot in network_simplex([[4, 1], [2, 5]], [3, 3], [2, 4])]
[24, 12]
"""

from otkit.teaching import lessons
from otkit.teaching.exercise import Exercise
from otkit.teaching.flipbook import Flipbook
from otkit.teaching.pivots import Pivot, network_simplex

__all__ = ["Exercise", "Flipbook", "Pivot", "lessons", "network_simplex"]
