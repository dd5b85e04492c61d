"""The map from one sample to another that an optimal plan makes, for new points, too."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, OneToOneFeatureMixin, TransformerMixin
from sklearn.metrics import pairwise_distances_argmin
from sklearn.utils.validation import check_array, check_is_fitted, validate_data

from otkit._typing import ArrayLike, FloatArray
from otkit.costs import Cost
from otkit.optimal_transport.solve import wasserstein


class OptimalTransportMap(OneToOneFeatureMixin, TransformerMixin, BaseEstimator):
    """Move points from where one sample lies to where another one does, by an exact optimal plan Γ between them.

    A point x_i that was fitted goes to Σ_j Γ_ij y_j / Σ_j Γ_ij, the mean of where its mass goes (the barycentric map).
    A new point goes as its nearest fitted one does, x ↦ T(x_i) + (x − x_i).

    Parameters
    ----------
    target : array-like, shape (m, d)
        The other sample: what `fit` maps onto.
    p : float, default 2
        The cost of a pair is distance^p.
    metric : str or cost, default "euclidean"
        As in `otkit.wasserstein`.
    max_seconds : float, optional
        A limit for the solve.

    Attributes
    ----------
    result_ : TransportResult
        The plan, with its certificate.
    source_, target_ : ndarray, shapes (n, d) and (m, d)
        The points fitted.
    mapped_, mapped_back_ : ndarray
        Where either go.
    n_features_in_, feature_names_in_
        As everywhere in scikit-learn.

    References
    ----------
    S. Ferradans, N. Papadakis, G. Peyré, J.-F. Aujol, Regularized discrete optimal transport, SIAM J. Imaging Sci. 7
    (2014); N. Courty, R. Flamary, D. Tuia, A. Rakotomamonjy, Optimal transport for domain adaptation, IEEE TPAMI 39
    (2017).

    Examples
    --------
    A classifier that was trained on one instrument, on the data of another:

    >>> import numpy as np
    >>> from otkit.sklearn import OptimalTransportMap
    >>> old = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    >>> new = old + [5.0, -2.0]
    >>> adapt = OptimalTransportMap(target=old).fit(new)
    >>> adapt.transform([[5.0, -2.0], [6.1, -2.0]])
    array([[0. , 0. ],
           [1.1, 0. ]])
    """

    def __init__(
        self,
        target: ArrayLike | None = None,
        p: float = 2,
        metric: str | Cost = "euclidean",
        max_seconds: float | None = None,
    ) -> None:
        self.target = target
        self.p = p
        self.metric = metric
        self.max_seconds = max_seconds

    def fit(self, X: Any, y: Any = None) -> OptimalTransportMap:
        """Solve the transport from X to the target.

        Parameters
        ----------
        X : array-like, shape (n, d)
        y : None
            Not used.

        Returns
        -------
        OptimalTransportMap
            This one.
        """
        source = validate_data(self, X, dtype=np.float64)
        if self.target is None:
            raise ValueError("target must be given, the points that X is to be mapped onto, but it is None.")
        names = getattr(self, "feature_names_in_", None)
        target = self.target
        if names is not None and hasattr(target, "columns"):
            absent = [name for name in names if name not in list(target.columns)]
            if absent or len(names) != len(target.columns):
                raise ValueError(f"target must have the columns {list(names)}, but it has {list(target.columns)}.")
            target = target[list(names)]
        target = check_array(target, dtype=np.float64, input_name="target")
        if target.shape[1] != source.shape[1]:
            raise ValueError(f"target must have {source.shape[1]} features, as X has, but it has {target.shape[1]}.")
        self.result_ = wasserstein(source, target, p=self.p, metric=self.metric, max_seconds=self.max_seconds)
        self.source_, self.target_ = source, target
        plan = self.result_.plan.tocsr()
        self.mapped_ = (plan @ target) / plan.sum(axis=1).reshape(-1, 1)
        self.mapped_back_ = (plan.T @ source) / plan.sum(axis=0).reshape(-1, 1)
        return self

    def transform(self, X: Any) -> FloatArray:
        """Return where points go.

        Parameters
        ----------
        X : array-like, shape (k, d)

        Returns
        -------
        ndarray, shape (k, d)
        """
        check_is_fitted(self, "result_")
        return _moved(validate_data(self, X, dtype=np.float64, reset=False), self.source_, self.mapped_)

    def inverse_transform(self, X: Any) -> FloatArray:
        """Return where points of the target's side come from, by the same plan.

        Parameters
        ----------
        X : array-like, shape (k, d)

        Returns
        -------
        ndarray, shape (k, d)
        """
        check_is_fitted(self, "result_")
        points = check_array(X, dtype=np.float64, input_name="X")
        return _moved(points, self.target_, self.mapped_back_)


def _moved(points: FloatArray, known: FloatArray, goes_to: FloatArray) -> FloatArray:
    """Return where points go, each as the nearest of those that are known."""
    nearest = pairwise_distances_argmin(points, known)
    moved: FloatArray = goes_to[nearest] + (points - known[nearest])
    return moved
