"""The exact Wasserstein distance as a differentiable function of tensors."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from otkit._typing import FloatArray
from otkit.costs import Cost, as_cost
from otkit.inputs.checks import as_power, require_choice
from otkit.many.batch import wasserstein_batch
from otkit.many.packed import flattened
from otkit.torch._torch import torch

Reduction = Literal["mean", "sum", "none"]

_NO_SECOND = (
    "otkit.torch.wasserstein_loss has no second derivative: its gradient comes from one optimal plan, and jumps where "
    "that changes. Detach the gradient, or leave out what differentiates it (create_graph=True, "
    "torch.func.hessian, a gradient penalty)."
)


def wasserstein_loss(
    x: torch.Tensor,
    y: torch.Tensor,
    a: torch.Tensor | None = None,
    b: torch.Tensor | None = None,
    *,
    p: float = 1.0,
    metric: str | Cost = "euclidean",
    reduction: Reduction = "mean",
) -> torch.Tensor:
    """Return the exact W_p between sample sets, with its exact gradient in points and weights.

    All pairs of a batch are solved in one compiled call, on the CPU, in float64, each proved optimal; tensors of other
    devices travel there and back. No n × m matrix is kept, and none is made of large pairs.

    Parameters
    ----------
    x, y : tensor, shapes (..., n, d) and (..., m, d)
        The sample sets, of any floating-point type; (n,) for one pair on the line. Leading dimensions are those of a
        batch, and are broadcast.
    a, b : tensor, shapes (..., n) and (..., m), optional
        Weights, which count relative to their total; equal by default.
    p : float
        The Wasserstein power, at least 1.
    metric : str or Cost
        A norm of x − y: "euclidean", "sqeuclidean", "cityblock", "chebyshev" or `otkit.Minkowski`.
    reduction : {"mean", "sum", "none"}
        What is made of the distances of a batch.

    Returns
    -------
    tensor
        Of one entry, or of the shape of the batch without reduction; in the type of x and on its device.

    Raises
    ------
    ValueError, TypeError
        Shapes that do not fit, p < 1, a metric that is no norm, entries that are not finite, negative weights.
    NotConvergedError
        A pair was not proved optimal.

    See Also
    --------
    otkit.wasserstein_batch : The same numbers of arrays, with bounds and plans.
    otkit.neural.wasserstein_loss : The same in JAX.

    Notes
    -----
    The gradients are those of the envelope theorem: in the points from the plan, in the weights from the potentials.
    Where the plan is unique and no matched points coincide, they are the derivatives; elsewhere a choice, as
    `otkit.subgradient` says. Weights count relative to their total, so Σ a ∂W/∂a = 0: potentials are centred by their
    mean weighted by a. POT centres by the plain mean, a difference that no change of a normalised a can see. There is a
    first derivative, backward and forward, and no second one.

    Examples
    --------
    >>> import otkit, torch
    >>> x = torch.tensor([[0.0, 0.0]], requires_grad=True)
    >>> loss = otkit.torch.wasserstein_loss(x, torch.tensor([[3.0, 4.0]]))
    >>> loss.backward()
    >>> loss.item(), x.grad
    (5.0, tensor([[-0.6000, -0.8000]]))
    """
    require_choice(reduction, "reduction", ("mean", "sum", "none"))
    cost, power = as_cost(metric), as_power(p)
    if cost.norm is None:
        raise ValueError(
            "metric must be a norm of x − y to have gradients (euclidean, sqeuclidean, cityblock, chebyshev or "
            f"minkowski), but it is {cost.name}."
        )
    distances = _untraced(*brought_together(x, y, a, b), power, cost)
    return distances if reduction == "none" else distances.mean() if reduction == "mean" else distances.sum()


class WassersteinLoss(torch.nn.Module):
    """`wasserstein_loss` as a module.

    Parameters
    ----------
    p, metric, reduction
        As in `wasserstein_loss`.

    Examples
    --------
    >>> import otkit, torch
    >>> loss = otkit.torch.WassersteinLoss(p=2)
    >>> loss(torch.zeros(8, 5, 2), torch.ones(8, 5, 2))
    tensor(1.4142)
    """

    def __init__(self, *, p: float = 1.0, metric: str | Cost = "euclidean", reduction: Reduction = "mean") -> None:
        super().__init__()
        require_choice(reduction, "reduction", ("mean", "sum", "none"))
        self.p, self.metric, self.reduction = as_power(p), as_cost(metric), reduction

    def forward(
        self,
        x: torch.Tensor,
        y: torch.Tensor,
        a: torch.Tensor | None = None,
        b: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """Return the loss between sample sets."""
        return wasserstein_loss(x, y, a, b, p=self.p, metric=self.metric, reduction=self.reduction)

    def extra_repr(self) -> str:
        """Return what the module was made with."""
        return f"p={self.p:g}, metric={self.metric!r}, reduction={self.reduction!r}"


def brought_together(
    x: torch.Tensor, y: torch.Tensor, a: torch.Tensor | None, b: torch.Tensor | None
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return points and weights with one shape of batch in front; weights left out are ones."""
    x, y = _points(x, "x"), _points(y, "y")
    if x.shape[-1] != y.shape[-1]:
        raise ValueError(
            f"x and y must have points of the same dimension, but x has {x.shape[-1]} coordinates and y has "
            f"{y.shape[-1]}."
        )
    weights = []
    for points, given, name in ((x, a, "a"), (y, b, "b")):
        size = points.shape[-2]
        masses = torch.ones(size, dtype=points.dtype, device=points.device) if given is None else given
        if not isinstance(masses, torch.Tensor) or masses.ndim == 0 or masses.shape[-1] != size:
            shape = tuple(masses.shape) if isinstance(masses, torch.Tensor) else type(masses).__name__
            raise ValueError(f"{name} must be a tensor of shape (..., {size}), a weight a point, but it is {shape}.")
        weights.append(masses)
    parts = [x, y, *weights]
    own = [2, 2, 1, 1]  # dimensions of one pair
    try:
        batch = torch.broadcast_shapes(*(part.shape[: part.ndim - k] for part, k in zip(parts, own, strict=True)))
    except RuntimeError as error:
        shapes = ", ".join(f"{name}: {tuple(part.shape)}" for name, part in zip("xyab", parts, strict=True))
        raise ValueError(f"x, y, a and b must have leading dimensions that can be broadcast, but {shapes}.") from error
    x, y, a, b = (part.expand(*batch, *part.shape[part.ndim - k :]) for part, k in zip(parts, own, strict=True))
    return x, y, a, b


def on_the_host(*tensors: torch.Tensor) -> list[FloatArray]:
    """Return x, y, a and b as checked float64 arrays with one leading dimension, that of the batch."""
    return flattened(*(tensor.detach().cpu().double().numpy() for tensor in tensors))


def _points(value: Any, name: str) -> torch.Tensor:
    if not isinstance(value, torch.Tensor):
        raise TypeError(f"{name} must be a tensor, but {type(value).__name__} was given: torch.as_tensor({name}).")
    if value.is_complex():
        raise TypeError(f"{name} must be real, but its type is {value.dtype}.")
    points = value if value.is_floating_point() else value.to(torch.get_default_dtype())
    if points.ndim == 1:
        points = points[:, None]
    if points.ndim < 2 or 0 in points.shape[-2:]:
        raise ValueError(
            f"{name} must have shape (..., n, d), or (n,) for points on the line, with n and d at least 1, but its "
            f"shape is {tuple(value.shape)}."
        )
    return points


class _Distance(torch.autograd.Function):
    """W_p of a batch, and with it all derivatives, which the backward pass multiplies."""

    @staticmethod
    def forward(
        x: torch.Tensor, y: torch.Tensor, a: torch.Tensor, b: torch.Tensor, p: float, cost: Cost, derivatives: bool
    ) -> tuple[torch.Tensor, ...]:
        parts = (x, y, a, b)
        batch = x.shape[:-2]
        if 0 in batch:
            return (x.new_zeros(batch), *(torch.zeros_like(part) for part in parts))
        result = wasserstein_batch(*on_the_host(*parts), p=p, metric=cost)
        found = [result.distances.reshape(batch)]
        if derivatives:
            found += [each.reshape(part.shape) for each, part in zip(result.gradients(), parts, strict=True)]
        else:
            found += [np.zeros(0)] * 4
        likes = (x, *parts)
        return tuple(
            torch.from_numpy(each).to(dtype=like.dtype, device=like.device)
            for each, like in zip(found, likes, strict=True)
        )

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: tuple[torch.Tensor, ...]) -> None:
        ctx.mark_non_differentiable(*output[1:])
        ctx.set_materialize_grads(False)
        ctx.save_for_backward(*output[1:], *inputs[:4])
        ctx.save_for_forward(*output[1:], *inputs[:4])

    @staticmethod
    def backward(ctx: Any, grad: torch.Tensor | None, *_: Any) -> tuple[Any, ...]:
        if grad is None:
            return (None,) * 7
        saved = ctx.saved_tensors
        found: list[Any] = []
        for k, derivative in enumerate(saved[:4]):
            wanted = ctx.needs_input_grad[k]
            factor = grad.reshape(*grad.shape, *(1,) * (derivative.ndim - grad.ndim))
            found.append(factor * _Constant.apply(derivative, *saved[4:]) if wanted else None)
        return (*found, None, None, None)

    @staticmethod
    def jvp(ctx: Any, *tangents: Any) -> tuple[Any, ...]:
        saved = ctx.saved_tensors
        total: Any = None
        for derivative, tangent, dims in zip(saved[:4], tangents[:4], ((-2, -1), (-2, -1), (-1,), (-1,)), strict=True):
            if tangent is not None:
                part = (_Constant.apply(derivative, *saved[4:]) * tangent).sum(dims)
                total = part if total is None else total + part
        return (total, None, None, None, None)

    @staticmethod
    def vmap(info: Any, in_dims: tuple[int | None, ...], *args: Any) -> tuple[Any, Any]:
        parts = [
            part.expand(info.batch_size, *part.shape) if dim is None else part.movedim(dim, 0)
            for part, dim in zip(args[:4], in_dims[:4], strict=True)
        ]
        return _Distance.apply(*parts, *args[4:]), (0,) * 5


class _Constant(torch.autograd.Function):
    """A derivative that depends on points and weights in a way that has no derivative: asked for it, it says so."""

    generate_vmap_rule = True

    @staticmethod
    def forward(derivative: torch.Tensor, *points_and_weights: torch.Tensor) -> torch.Tensor:
        return derivative.clone()

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
        pass

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:
        raise NotImplementedError(_NO_SECOND)

    @staticmethod
    def jvp(ctx: Any, *tangents: Any) -> Any:
        raise NotImplementedError(_NO_SECOND)


@torch.compiler.disable  # solved on the host: torch.compile goes on behind it
def _untraced(x: torch.Tensor, y: torch.Tensor, a: torch.Tensor, b: torch.Tensor, p: float, cost: Cost) -> torch.Tensor:
    distances: torch.Tensor = _Distance.apply(x, y, a, b, p, cost, torch.is_grad_enabled())[0]
    return distances
