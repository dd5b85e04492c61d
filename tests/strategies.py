"""Hypothesis strategies: clouds, weights, costs and whole problems, with ties, duplicates, zeros and every scale."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import otkit

SCALES = st.sampled_from([1.0, 1.0, 1.0, 1e-14, 1e14, 1e-100, 1e100, 3.0])

# Few distinct values, so that ties and duplicates are the rule; or anything of moderate size.
tied = st.integers(-3, 3).map(float)
generic = st.floats(-10.0, 10.0, allow_subnormal=False).map(lambda value: round(value, 6))
tame = st.one_of(tied, generic)

sizes = st.integers(1, 6)
dimensions = st.integers(1, 3)
powers = st.sampled_from([1.0, 1.5, 2.0, 3.0])


@st.composite
def clouds(draw, size=sizes, dimension=dimensions):
    """Points with ties and duplicates, shape (n, d)."""
    shape = (draw(size), draw(dimension))
    return draw(arrays(np.float64, shape, elements=draw(st.sampled_from([tied, generic]))))


@st.composite
def weights(draw, size, extreme=True):
    """Non-negative weights, not all zero: integers with zeros, shares, or anything from 5e-324 to 1."""
    kinds = [st.integers(0, 3).map(float), st.floats(0.0, 1.0, allow_subnormal=False).map(lambda w: round(w, 4))]
    if extreme:
        kinds.append(st.sampled_from([0.0, 5e-324, 1e-300, 1e-160, 1e-17, 1e-9, 0.1, 1.0]))
    values = draw(arrays(np.float64, size, elements=draw(st.sampled_from(kinds))))
    if not values.any():
        values[draw(st.integers(0, size - 1))] = 1.0
    return values


@st.composite
def cost_matrices(draw, scale=SCALES):
    """Costs of either sign, with ties, of any scale, sometimes of two scales in one matrix."""
    shape = (draw(sizes), draw(sizes))
    costs = draw(arrays(np.float64, shape, elements=draw(st.sampled_from([tied, generic])))) * draw(scale)
    if draw(st.booleans()) and draw(st.booleans()):
        costs[draw(st.integers(0, shape[0] - 1))] *= 1e-12
    return costs


@st.composite
def matrix_problems(draw, extreme=True):
    """Problems with a given matrix: integer masses that balance, or probability weights."""
    costs = draw(cost_matrices())
    n, m = costs.shape
    if draw(st.booleans()):
        return otkit.TransportProblem(costs, draw(weights(n, extreme)), draw(weights(m, extreme)), probability=True)
    plan = draw(arrays(np.int64, (n, m), elements=st.integers(0, 4)))
    plan[0, 0] += not plan.any()
    return otkit.TransportProblem(costs, plan.sum(axis=1), plan.sum(axis=0))


# Numbers from one end of float64 to the other, with neighbours and opposites.
ENDS = [0.0, 5e-324, 1e-310, 1e-300, 1e-160, 1e-17, 2.0**-53, 0.1, 1.0, 1.0 + 2.0**-52, 3.0, 1e16, 1e16 + 2.0, 1e160]


@st.composite
def extreme_problems(draw):
    """Costs and weights of any size, few different ones at a time."""
    shape = (draw(sizes), draw(sizes))
    signed = st.sampled_from([sign * cost for cost in (*ENDS, 1e300) for sign in (1.0, -1.0)])
    cost = draw(arrays(np.float64, shape, elements=st.sampled_from(draw(st.lists(signed, min_size=1, max_size=5)))))
    a, b = (
        draw(arrays(np.float64, size, elements=st.sampled_from(draw(st.lists(st.sampled_from(ENDS), min_size=1)))))
        for size in shape
    )
    a[0] += not a.any()
    b[-1] += not b.any()
    return otkit.TransportProblem(cost, a, b, probability=True)


@st.composite
def point_problems(draw, extreme=False):
    """Problems between two clouds in one space, Euclidean or cityblock, with any power."""
    dimension = draw(dimensions)
    x, y = draw(clouds(dimension=st.just(dimension))), draw(clouds(dimension=st.just(dimension)))
    metric = draw(st.sampled_from([otkit.Euclidean(), otkit.Cityblock()]))
    a, b = draw(weights(len(x), extreme)), draw(weights(len(y), extreme))
    return otkit.TransportProblem(metric.between(x, y, p=draw(powers)), a, b, probability=True)


problems = st.one_of(matrix_problems(), point_problems(extreme=True))

# What an untrusted solver might hand over.
wild = st.one_of(tame, st.floats(allow_nan=False, allow_infinity=False), st.sampled_from([1e-300, 1e16, -1e300, 0.0]))
garbage = st.one_of(wild, st.sampled_from([np.nan, np.inf, -np.inf]))
