"""`rng=`: what it takes, and the seed by which a result can be had again."""

from __future__ import annotations

import re

import numpy as np
import pytest

import otkit
from otkit.inputs.randomness import as_generator, seeded

X = np.random.default_rng(1).normal(size=(120, 2))
Y = np.random.default_rng(2).normal(size=(110, 2)) + 0.3

DRAWN = {
    "two_sample_test": lambda rng: otkit.two_sample_test(X, Y, permutations=19, rng=rng),
    "wasserstein_interval": lambda rng: otkit.wasserstein_interval(X[:40], Y[:40], subsamples=4, rng=rng),
    "sliced_wasserstein": lambda rng: otkit.sliced_wasserstein(X, Y, projections=5, rng=rng),
    "max_sliced_wasserstein": lambda rng: otkit.max_sliced_wasserstein(X, Y, starts=2, max_iterations=1, rng=rng),
    "estimate_divergence": lambda rng: otkit.estimate_divergence("kl", X, Y, rng=rng),
}


@pytest.mark.parametrize("name", DRAWN)
def test_a_result_is_had_again_by_its_seed(name):
    first, other = DRAWN[name](None), DRAWN[name](None)
    again = DRAWN[name](first.seed)
    assert str(again) == str(first)
    assert first.seed != other.seed
    assert re.search(rf"\bseed {first.seed}\b", str(first))
    given = DRAWN[name](np.random.default_rng(first.seed))
    assert given.seed is None
    assert "seed" not in str(given)
    assert str(given) == str(first).replace(f", seed {first.seed}", "").replace(f"; seed {first.seed}", "")


@pytest.mark.parametrize(
    "call",
    [
        lambda: otkit.sliced_wasserstein(X, Y, projections=[[1.0, 0.0], [0.0, 1.0]]),
        lambda: otkit.sliced_wasserstein(X[:, 0], Y[:, 0]),
        lambda: otkit.estimate_divergence("kl", X, Y, estimator="knn"),
        lambda: otkit.f_divergence("kl", [1, 2], [2, 1]),
    ],
    ids=["directions given", "on the line", "no random numbers", "histograms"],
)
def test_where_nothing_is_drawn_there_is_no_seed(call):
    assert call().seed is None


@pytest.mark.parametrize("seed", [0, 7, np.int32(7), np.uint64(2**63), 2**100])
def test_numbers_are_seeds_of_any_size_and_type(seed):
    generator, told = seeded(seed)
    assert told == int(seed)
    assert isinstance(told, int)
    assert generator.random() == np.random.default_rng(seed).random()


@pytest.mark.parametrize(
    "rng",
    [np.random.default_rng(3), np.random.PCG64(3), np.random.SeedSequence(3), [3, 4]],
    ids=["Generator", "BitGenerator", "SeedSequence", "list"],
)
def test_what_numpy_takes_is_taken(rng):
    generator, told = seeded(rng)
    assert told is None
    assert 0.0 <= generator.random() < 1.0


def test_a_generator_goes_on_where_it_is():
    rng = np.random.default_rng(3)
    assert as_generator(rng) is rng


@pytest.mark.parametrize(
    ("rng", "error"), [(-1, ValueError), (0.5, TypeError), ("0", TypeError), (object(), TypeError)]
)
@pytest.mark.parametrize("call", [*DRAWN.values(), lambda rng: otkit.datasets.gaussians(3, rng=rng)])
def test_what_is_no_source_of_randomness_is_refused(call, rng, error):
    with pytest.raises(error, match=r"rng must be None, an integer of at least 0 or a numpy\.random\.Generator"):
        call(rng)


@pytest.mark.parametrize("old", ["seed", "random_state"])
def test_other_names_of_it_are_refused_by_python(old):
    with pytest.raises(TypeError, match=f"unexpected keyword argument '{old}'"):
        otkit.two_sample_test(X, Y, **{old: 0})
