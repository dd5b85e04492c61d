"""Partners for the points of a minibatch, drawn from an optimal plan."""

from __future__ import annotations

import numpy as np

from otkit.costs import Cost, as_cost
from otkit.inputs.checks import as_power
from otkit.inputs.randomness import Rng, as_generator
from otkit.many.batch import wasserstein_batch
from otkit.torch._torch import torch
from otkit.torch.loss import brought_together, on_the_host


def sample_coupling(
    x: torch.Tensor,
    y: torch.Tensor,
    rng: Rng | torch.Generator = None,
    *,
    p: float = 2.0,
    metric: str | Cost = "euclidean",
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return each point of x with a partner in y, drawn from the optimal plan between both.

    What minibatch flow matching pairs noise and data by (A. Tong et al., *Improving and generalizing flow-based
    generative models with minibatch optimal transport*, 2024), from exact plans, a whole batch in one call. Each point
    of x comes once; where x and y have equally many, so does each point of y, and nothing is left to chance.

    Parameters
    ----------
    x, y : tensor, shapes (..., n, d) and (..., m, d)
        Samples of both sides; leading dimensions are those of a batch.
    rng : None, int, numpy.random.Generator or torch.Generator
        Where partners are drawn from, if plans split mass.
    p : float
        The plan is optimal for the p-th power of the distance.
    metric : str or Cost
        As in `otkit.wasserstein`.

    Returns
    -------
    x, y : tensors, shapes (..., n, d)
        The points of x, and their partners. Gradients flow to both.

    Raises
    ------
    ValueError, TypeError
        As `wasserstein_loss`.

    Examples
    --------
    >>> import otkit, torch
    >>> x, y = torch.tensor([[0.0], [5.0]]), torch.tensor([[6.0], [1.0]])
    >>> otkit.torch.sample_coupling(x, y)[1]
    tensor([[1.],
            [6.]])
    """
    cost, power = as_cost(metric), as_power(p)
    x, y, a, b = brought_together(x, y, None, None)
    return x, _partners(x, y, a, b, rng, power, cost)


@torch.compiler.disable
def _partners(
    x: torch.Tensor,
    y: torch.Tensor,
    a: torch.Tensor,
    b: torch.Tensor,
    rng: Rng | torch.Generator,
    p: float,
    cost: Cost,
) -> torch.Tensor:
    batch, (n, d) = x.shape[:-2], x.shape[-2:]
    if 0 in batch:
        return y.new_zeros(x.shape)
    result = wasserstein_batch(*on_the_host(x, y, a, b), p=p, metric=cost)
    if isinstance(rng, torch.Generator):
        drawn = torch.rand(len(result), n, generator=rng, device=rng.device, dtype=torch.float64).cpu().numpy()
    else:
        drawn = as_generator(rng).random((len(result), n))
    chosen = np.empty((len(result), n), np.int64)
    for k, plan in enumerate(result.plans):
        table = plan.tocsr()
        reached = np.cumsum(table.data)
        ends = np.concatenate([[0.0], reached])[table.indptr]
        wanted = ends[:-1] + drawn[k] * np.diff(ends)
        place = np.searchsorted(reached, wanted, side="right")
        chosen[k] = table.indices[np.clip(place, table.indptr[:-1], table.indptr[1:] - 1)]
    index = torch.from_numpy(chosen).to(y.device).reshape(*batch, n, 1).expand(*batch, n, d)
    return torch.gather(y, -2, index)
