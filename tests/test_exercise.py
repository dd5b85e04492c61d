"""An exercise says whether an answer is right, and why not, whatever the answer is."""

from __future__ import annotations

import numpy as np
import pytest

from otkit.teaching import Exercise


def largest_share(shares):
    """Accept shares that add up to one, the first of them the largest."""
    if sum(shares) != 1:
        raise ValueError(f"the shares add up to {sum(shares)}")
    return np.argmax(shares) == 0


EXERCISE = Exercise("Which shares?", largest_share, hint="The first must be the largest.")


@pytest.mark.parametrize(
    ("answer", "right", "said"),
    [
        ([0.75, 0.25], True, "Right.\n"),
        ([0.25, 0.75], False, "Not yet. The first must be the largest.\n"),
        ([1, 1], False, "Not yet: the shares add up to 2\n"),
        (7, False, "Not yet: TypeError, 'int' object is not iterable\n"),
        (None, False, "Not yet: TypeError, 'NoneType' object is not iterable\n"),
        (..., False, "Not answered yet: Which shares?\n"),
    ],
)
def test_verdicts(answer, right, said, capsys):
    assert EXERCISE(answer) is right  # NumPy's True would print itself differently
    assert capsys.readouterr().out == said


def test_ctrl_c_is_no_wrong_answer():
    def interrupted(answer):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Exercise("How long?", interrupted, hint="")(1)
