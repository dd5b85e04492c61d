"""Optimal transport as scikit-learn's estimators: distances between clouds as features, and maps between samples.

They need the extra ``sklearn``, and load it when they are imported: ``from otkit.sklearn import WassersteinDistances``.
"""

from __future__ import annotations

from otkit.inputs.optional import needed

with needed("otkit.sklearn", "sklearn"):
    from otkit.sklearn.distances import WassersteinDistances
    from otkit.sklearn.maps import OptimalTransportMap

__all__ = ["OptimalTransportMap", "WassersteinDistances"]
