"""Questions whose answers are checked where they are given: the exercises of the notebooks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Exercise:
    """A question that checks its answer: called with one, it prints a verdict and returns whether the answer is right.

    The answer `...` stands for none. An answer that makes the check raise is refused, with the error's own words: so a
    check may raise ValueError to say more than the hint does.

    Attributes
    ----------
    question : str
    check : callable
        Takes an answer and returns whether it is right.
    hint : str
        What a wrong answer is told.

    Examples
    --------
    >>> exercise = Exercise("Which café pays most, (2, 5, 3)?", lambda answer: answer == "y2", hint="Its price is 5.")
    >>> exercise(...)
    Not answered yet: Which café pays most, (2, 5, 3)?
    False
    >>> exercise("y1")
    Not yet. Its price is 5.
    False
    >>> exercise("y2")
    Right.
    True
    """

    question: str
    check: Callable[[Any], Any]
    hint: str

    def __call__(self, answer: Any) -> bool:
        """Print a verdict and return whether the answer is right."""
        if answer is ...:
            print(f"Not answered yet: {self.question}")
            return False
        try:
            right, why = bool(self.check(answer)), f". {self.hint}"
        except ValueError as error:
            right, why = False, f": {error}"
        except Exception as error:  # whatever an answer brings about, the reader sees why rather than a traceback
            right, why = False, f": {type(error).__name__}, {error}"
        print("Right." if right else f"Not yet{why}")
        return right
