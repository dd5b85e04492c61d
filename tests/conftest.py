"""What all tests share: how Hypothesis searches, and where randomness comes from."""

from __future__ import annotations

import os
import signal

import numpy as np
import pytest
from hypothesis import settings

# No deadline: the first call of a kernel compiles it. On a build server the search repeats itself, so that a failure
# there is a failure here, and takes half as many examples; at home it looks somewhere else each time.
settings.register_profile("home", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True, max_examples=50)
settings.load_profile("ci" if os.environ.get("CI") else "home")


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(20240229)


# A shell that starts tests in the background has Ctrl-C ignored, by them and by what they start.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
