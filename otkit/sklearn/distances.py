"""W_p from each cloud of points to those that were fitted, as features or as a matrix of distances."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from otkit._typing import FloatArray
from otkit.costs import Cost
from otkit.many.all_pairs import pairwise


class WassersteinDistances(TransformerMixin, BaseEstimator):
    """Distances W_p between clouds of points: fit on some, and each cloud becomes its distances to them.

    What `transform` returns are features, one for each cloud fitted, and just as well the matrix that estimators with
    ``metric="precomputed"`` take.

    Parameters
    ----------
    p : float, default 1
        The Wasserstein power.
    metric : str or cost, default "euclidean"
        As in `otkit.wasserstein`.
    groups : column name or number, optional
        X is one long table then, and this column says which cloud a row belongs to.

    Attributes
    ----------
    clouds_ : list of ndarray
        The clouds fitted.
    groups_ : ndarray
        What they are called: the entries of the column of groups in the order in which they first come, or numbers.
    n_features_in_ : int
    feature_names_in_ : ndarray of str
        Where X is a data frame: its columns, but for that of groups.

    Notes
    -----
    X is a sequence of clouds, arrays of shape (n_k, d); or an array of shape (clouds, points, d); or an array of shape
    (clouds, points), each row a sample on the line; or with `groups` a table with one point a row, whose index is not
    that of the result: ``set_output(transform="pandas")`` is for the other forms.

    See Also
    --------
    otkit.pairwise : the same distances, with bounds.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.neighbors import KNeighborsClassifier
    >>> from sklearn.pipeline import make_pipeline
    >>> from otkit.sklearn import WassersteinDistances
    >>> rng = np.random.default_rng(0)
    >>> clouds = [rng.normal(k % 2, 1.0, (20 + k, 3)) for k in range(10)]
    >>> model = make_pipeline(WassersteinDistances(), KNeighborsClassifier(3, metric="precomputed"))
    >>> model.fit(clouds[:8], [0, 1] * 4).predict(clouds[8:])
    array([0, 1])
    """

    def __init__(self, p: float = 1, metric: str | Cost = "euclidean", groups: Hashable = None) -> None:
        self.p = p
        self.metric = metric
        self.groups = groups

    def fit(self, X: Any, y: Any = None) -> WassersteinDistances:
        """Keep the clouds of X.

        Parameters
        ----------
        X : clouds
            See the notes of the class.
        y : None
            Not used.

        Returns
        -------
        WassersteinDistances
            This one.
        """
        self.clouds_, self.groups_ = self._clouds(X, reset=True)
        return self

    def transform(self, X: Any) -> FloatArray:
        """Return the distances of the clouds of X, one a row, to the fitted ones.

        Parameters
        ----------
        X : clouds

        Returns
        -------
        ndarray, shape (clouds of X, clouds fitted)
        """
        check_is_fitted(self, "clouds_")
        clouds, _ = self._clouds(X, reset=False)
        return pairwise(clouds, self.clouds_, p=self.p, metric=self.metric).distances

    def fit_transform(self, X: Any, y: Any = None, **fit_params: Any) -> FloatArray:
        """Fit, and return all distances among the clouds of X, each pair solved once.

        Parameters
        ----------
        X : clouds
        y : None
            Not used.
        **fit_params : dict
            There are none.

        Returns
        -------
        ndarray, shape (clouds, clouds)
        """
        self.fit(X, y, **fit_params)
        return pairwise(self.clouds_, p=self.p, metric=self.metric).distances

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:
        """Return what the columns of `transform` are called: by the cloud that they are the distance to."""
        check_is_fitted(self, "clouds_")
        return np.array([f"distance to {group}" for group in self.groups_], dtype=object)

    def _clouds(self, X: Any, *, reset: bool) -> tuple[list[FloatArray], np.ndarray]:
        """Return the clouds that X holds, and what they are called."""
        if self.groups is not None:
            labels, points = _apart(X, self.groups)
            points = validate_data(self, points, dtype=np.float64, reset=reset)
            groups, first, inverse = np.unique(labels, return_index=True, return_inverse=True)
            order = np.argsort(first, kind="stable")
            return [points[inverse == k] for k in order], groups[order]
        if isinstance(X, list | tuple) and any(np.ndim(cloud) == 2 for cloud in X):
            clouds = [np.asarray(cloud, dtype=np.float64) for cloud in X]
        elif isinstance(X, list | tuple | np.ndarray) and np.ndim(X) == 3:
            clouds = list(np.asarray(X, dtype=np.float64))
        else:
            rows = validate_data(self, X, dtype=np.float64, reset=reset)
            return [row[:, None] for row in rows], np.arange(len(rows))
        dimensions = {cloud.shape[1] if cloud.ndim == 2 else 1 for cloud in clouds}
        known: set[int] = dimensions if reset else {int(vars(self)["n_features_in_"])}
        if len(dimensions | known) > 1:
            raise ValueError(
                f"X must hold clouds of one dimension, {next(iter(known))} as those fitted, but it has points in "
                f"{', '.join(map(str, sorted(dimensions)))} dimensions."
            )
        self.n_features_in_ = dimensions.pop()
        return clouds, np.arange(len(clouds))


def _apart(X: Any, groups: Hashable) -> tuple[np.ndarray, Any]:
    """Return the column of groups, and the table without it."""
    if hasattr(X, "columns"):
        if groups not in list(X.columns):
            raise ValueError(f"groups must name a column of X, but {groups!r} is none of {list(map(str, X.columns))}.")
        return np.asarray(X[groups]), X.drop(columns=[groups]) if hasattr(X, "iloc") else X.drop(groups)
    table = np.asarray(X)
    if table.ndim != 2 or not isinstance(groups, int) or not 0 <= groups < table.shape[1]:
        raise ValueError(f"groups must be the number of a column of X, but groups = {groups!r} and X is {table.shape}.")
    return table[:, groups], np.delete(table, groups, axis=1)
