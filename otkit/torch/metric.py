"""The Wasserstein distance between all that a model has made and all that it was to match."""

from __future__ import annotations

from otkit.costs import Cost, as_cost
from otkit.inputs.checks import as_power
from otkit.optimal_transport.results import TransportResult
from otkit.optimal_transport.solve import wasserstein
from otkit.torch._torch import torch


class WassersteinDistance(torch.nn.Module):
    """W_p between samples that come batch by batch, with the methods of a metric of torchmetrics.

    Samples are kept, on the CPU, until `reset`: the distance is that between all of them, which is not the mean of the
    distances between minibatches (that mean is larger).

    Parameters
    ----------
    p : float
        The Wasserstein power, at least 1.
    metric : str or Cost
        As in `otkit.wasserstein`.

    Examples
    --------
    >>> import otkit, torch
    >>> metric = otkit.torch.wasserstein_distance()
    >>> metric.update(torch.tensor([[0.0]]), torch.tensor([[2.0]]))
    >>> metric.update(torch.tensor([[2.0]]), torch.tensor([[0.0]]))
    >>> metric.compute()
    tensor(0.)
    """

    higher_is_better = False
    is_differentiable = False

    def __init__(self, *, p: float = 1.0, metric: str | Cost = "euclidean") -> None:
        super().__init__()
        self.p, self.metric = as_power(p), as_cost(metric)
        self.reset()

    def update(self, x: torch.Tensor, y: torch.Tensor) -> None:
        """Take samples of both sides, shapes (n, d) and (m, d); n and m may differ.

        Raises
        ------
        ValueError
            Points of another dimension, or that are not finite.
        """
        for kept, points, name in ((self._x, x, "x"), (self._y, y, "y")):
            if points.ndim != 2 or (self._x and points.shape[1] != self._x[0].shape[1]):
                wanted = "d" if not self._x else str(self._x[0].shape[1])
                raise ValueError(f"{name} must have shape (n, {wanted}), but its shape is {tuple(points.shape)}.")
            if not torch.isfinite(points).all():
                raise ValueError(f"{name} must be finite, but it has entries that are not.")
            kept.append(points.detach().cpu())
        self._like = x.detach()[:0]

    def compute(self) -> torch.Tensor:
        """Return the distance between all samples so far, in the type of the last batch and on its device."""
        return torch.tensor(self.solve().distance, dtype=self._like.dtype, device=self._like.device)

    def solve(self) -> TransportResult:
        """Return the whole result: the distance with its certificate.

        Raises
        ------
        ValueError
            There are no samples yet.
        """
        if not self._x:
            raise ValueError("update must be called before compute: there are no samples yet.")
        x, y = (torch.cat(kept).double().numpy() for kept in (self._x, self._y))
        return wasserstein(x, y, p=self.p, metric=self.metric)

    def reset(self) -> None:
        """Forget all samples."""
        self._x: list[torch.Tensor] = []
        self._y: list[torch.Tensor] = []

    def forward(self, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        """Take samples, and return the distance between these alone."""
        self.update(x, y)
        alone = type(self)(p=self.p, metric=self.metric)
        alone.update(x, y)
        return alone.compute()


def wasserstein_distance(*, p: float = 1.0, metric: str | Cost = "euclidean") -> WassersteinDistance:
    """Return a metric with `update`, `compute` and `reset`: see `WassersteinDistance`.

    Examples
    --------
    >>> import otkit
    >>> otkit.torch.wasserstein_distance(p=2)
    WassersteinDistance()
    """
    return WassersteinDistance(p=p, metric=metric)
