"""Functions that know their coordinates by name, and moments with labels: matched by name, or refused."""

import numpy as np
import pandas as pd
import polars as pl
import pytest

import otkit

NAMES = ["a", "b", "c"]
MEANS = np.array([1.0, 2.0, 3.0]), np.array([4.0, 0.0, 1.0])
COVARIANCES = np.array([[2.0, 0.5, 0], [0.5, 1, 0], [0, 0, 3]]), np.array([[1.0, 0, 0.25], [0, 4, 0], [0.25, 0, 2]])
POINTS = np.array([[0.0, 1, 2], [5, 4, 3]])
PERMUTATIONS = [[0, 1, 2], [2, 0, 1], [1, 0, 2]]


def labelled(order):
    """Return both moments of the second law with their coordinates in another order."""
    names = [NAMES[k] for k in order]
    return pd.Series(MEANS[1][order], names), pd.DataFrame(COVARIANCES[1][np.ix_(order, order)], names, names)


@pytest.mark.parametrize("order", PERMUTATIONS)
def test_moments_are_matched_by_label(order):
    first = pd.Series(MEANS[0], NAMES), pd.DataFrame(COVARIANCES[0], NAMES, NAMES)
    plain = otkit.gaussian_wasserstein(MEANS[0], COVARIANCES[0], MEANS[1], COVARIANCES[1])
    found = otkit.gaussian_wasserstein(*first, *labelled(order))
    assert found.distance == plain.distance
    names = [NAMES[k] for k in order]
    for frame in (pd.DataFrame, lambda values, columns: pl.DataFrame(values, schema=columns)):
        assert np.array_equal(found.map(frame(POINTS[:, order], columns=names)), plain.map(POINTS))
    assert np.array_equal(found.map(pd.Series(POINTS[0, order], names)), plain.map(POINTS[0]))


def test_rows_and_columns_of_a_covariance_have_labels_of_their_own():
    first = pd.Series(MEANS[0], NAMES), pd.DataFrame(COVARIANCES[0], NAMES, NAMES)
    mean, covariance = labelled([0, 1, 2])
    crossed = covariance[["c", "a", "b"]]
    assert (
        otkit.gaussian_wasserstein(*first, mean, crossed).distance
        == otkit.gaussian_wasserstein(*first, mean, covariance).distance
    )


def test_other_labels_are_refused():
    first = pd.Series(MEANS[0], NAMES), pd.DataFrame(COVARIANCES[0], NAMES, NAMES)
    mean, covariance = labelled([0, 1, 2])
    with pytest.raises(ValueError, match=r"mean1 and mean0 must have the same labels, but there are 'z' only in mean1"):
        otkit.gaussian_wasserstein(*first, mean.rename({"a": "z"}), covariance)
    found = otkit.gaussian_wasserstein(*first, mean, covariance)
    with pytest.raises(ValueError, match="x must have the columns a, b, c, but it has a, b, z"):
        found.map(pd.DataFrame(POINTS, columns=["a", "b", "z"]))


def test_a_critic_reads_columns_by_name():
    from otkit.neural import CriticFunction

    weights, biases = (np.array([[1.0, -2.0, 0.5]]), np.array([[1.0]])), (np.zeros(1), np.zeros(1))
    phi = CriticFunction(weights, biases, "relu", columns=tuple(NAMES))
    frame = pd.DataFrame(POINTS, columns=NAMES)
    for order in PERMUTATIONS:
        turned = frame[[NAMES[k] for k in order]]
        assert np.array_equal(phi(turned), phi(POINTS))
        assert np.array_equal(phi.gradient(turned), phi.gradient(POINTS))
    with pytest.raises(ValueError, match="z must have the columns a, b, c, but it has a, b, z"):
        phi(frame.rename(columns={"c": "z"}))
