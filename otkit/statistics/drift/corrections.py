"""p-values of many tests at once."""

from __future__ import annotations

import numpy as np

from otkit._typing import FloatArray


def holm(pvalues: FloatArray) -> FloatArray:
    """Return p-values corrected by Holm's method: below α among them, no true hypothesis but with probability α.

    Reference: S. Holm, *A simple sequentially rejective multiple test procedure*, Scand. J. Statist. 6 (1979).

    >>> import numpy as np
    >>> holm(np.array([0.01, 0.04, 0.03])).round(2).tolist()
    [0.03, 0.06, 0.06]
    """
    order = np.argsort(pvalues, kind="stable")
    stepped = np.maximum.accumulate(pvalues[order] * np.arange(pvalues.size, 0, -1))
    corrected = np.empty(pvalues.size)
    corrected[order] = np.minimum(stepped, 1.0)
    return corrected


def benjamini_hochberg(pvalues: FloatArray) -> FloatArray:
    """Return p-values corrected so that of those below α a share α, on average, are false discoveries.

    Reference: Y. Benjamini & Y. Hochberg, *Controlling the false discovery rate*, J. R. Stat. Soc. B 57 (1995).
    """
    from scipy.stats import false_discovery_control

    return np.asarray(false_discovery_control(pvalues)) if pvalues.size else pvalues
