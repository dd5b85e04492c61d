"""The loss, the metric and the couplings in PyTorch, held against `otkit.wasserstein` and finite differences."""

from __future__ import annotations

import multiprocessing
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import otkit

torch = pytest.importorskip("torch", reason="otkit.torch needs PyTorch, an extra")
loss = otkit.torch.wasserstein_loss

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:torch")  # PyTorch's, of what it uses itself


def batch(count=3, n=6, m=5, d=2, dtype=torch.double, grad=True):
    made = torch.Generator().manual_seed(0)
    x, y = torch.randn(count, n, d, generator=made), torch.randn(count, m, d, generator=made)
    a, b = torch.rand(count, n, generator=made) + 0.1, torch.rand(count, m, generator=made) + 0.1
    return [each.to(dtype).requires_grad_(grad) for each in (x, y, a, b)]


@pytest.mark.parametrize(("metric", "p"), [("euclidean", 1), ("euclidean", 2), ("cityblock", 1), ("chebyshev", 1.5)])
def test_gradcheck(metric, p):
    def distances(*parts):
        return loss(*parts, p=p, metric=metric, reduction="none")

    assert torch.autograd.gradcheck(distances, batch(), check_forward_ad=True)
    assert torch.autograd.gradcheck(distances, batch(d=1))


def test_numbers_and_gradients_are_those_of_subgradient():
    parts = batch()
    loss(*parts, p=2, reduction="sum").backward()
    for k in range(3):
        result = otkit.wasserstein(*(each[k].detach() for each in parts), p=2)
        assert loss(*(each[k].detach() for each in parts), p=2).item() == pytest.approx(result.distance, rel=1e-12)
        for part, gradient in zip(parts, otkit.subgradient(result), strict=True):
            assert np.allclose(part.grad[k], gradient, atol=1e-12)


def test_reductions_and_leading_dimensions():
    x, y, a, b = batch(count=6, grad=False)
    each = loss(x, y, a, b, reduction="none")
    assert loss(x, y, a, b).item() == pytest.approx(each.mean().item())
    assert loss(x, y, a, b, reduction="sum").item() == pytest.approx(each.sum().item())
    shaped = [part.reshape(2, 3, *part.shape[1:]) for part in (x, y, a, b)]
    assert torch.equal(loss(*shaped, reduction="none"), each.reshape(2, 3))
    assert torch.equal(loss(x, y[0], reduction="none")[3], loss(x[3], y[0]))  # broadcast
    assert loss(x[:0], y[:0], reduction="none").shape == (0,)
    assert loss(torch.tensor([0.0, 1.0]), torch.tensor([2.0, 3.0])).item() == 2.0


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
def test_types_are_kept(dtype):
    parts = batch(dtype=dtype)
    value = loss(*parts)
    value.backward()
    assert value.dtype == dtype
    assert all(part.grad.dtype == dtype for part in parts)
    exact = np.mean([otkit.wasserstein(*(part[k].detach() for part in parts)).distance for k in range(3)])
    assert value.item() == pytest.approx(exact, rel=2.0 * torch.finfo(dtype).eps)


def test_function_transforms():
    x, y, _, _ = batch(grad=False)
    plain = loss(x, y, reduction="none")
    assert torch.equal(torch.func.vmap(loss)(x, y), plain)
    assert torch.equal(torch.func.vmap(loss, in_dims=(0, None))(x, y[0]), loss(x, y[0], reduction="none"))
    gradient = torch.func.vmap(torch.func.grad(loss))(x, y)
    assert torch.equal(gradient, torch.func.grad(lambda z: loss(z, y, reduction="sum"))(x))
    assert torch.func.jacrev(lambda z: loss(z, y, reduction="none"))(x).shape == (3, 3, 6, 2)
    way = torch.ones_like(x)
    slope = torch.func.jvp(lambda z: loss(z, y, reduction="none"), (x,), (way,))[1]
    assert torch.allclose(slope, (gradient * way).sum((1, 2)))


@pytest.mark.parametrize(
    "twice",
    [
        lambda x, y: torch.func.hessian(lambda z: loss(z, y))(x),
        lambda x, y: torch.autograd.functional.hessian(lambda z: loss(z, y), x),
        lambda x, y: torch.autograd.grad(torch.autograd.grad(loss(x, y), x, create_graph=True)[0].sum(), x),
    ],
)
def test_second_derivatives_are_refused(twice):
    x, y, _, _ = batch()
    with pytest.raises(NotImplementedError, match="has no second derivative"):
        twice(x, y)


def test_no_gradient_is_lost_without_a_word():
    x, y, a, _ = batch()
    flat = torch.rand(3, requires_grad=True)
    for call in (
        lambda: otkit.wasserstein(x[0], y[0].detach()),
        lambda: otkit.wasserstein(x[0].detach(), y[0].detach(), a[0]),
        lambda: otkit.wasserstein_batch(x, y),
        lambda: otkit.wasserstein_batch(list(x), list(y)),
        lambda: otkit.wasserstein([x[0, 0], x[0, 1]], y[0].detach()),
        lambda: otkit.kl(flat, [1, 2, 3]),
    ):
        with pytest.raises(TypeError, match=r"otkit\.torch\.wasserstein_loss"):
            call()
    with torch.no_grad():
        assert not loss(x, y).requires_grad


def test_errors():
    x, y, a, b = batch(grad=False)
    for parts, message in (
        ((x * np.nan, y), r"x must be finite, but x\[0, 0, 0\] = nan"),
        ((x, y, -a, b), r"a must be non-negative, but a\[0, 2\]"),
        ((x, y, a * 0.0), r"a\[0\] must have a positive entry"),
        ((x, y[..., :1]), "same dimension"),
        ((x[:2], y), "can be broadcast"),
        ((x, y, a[:, :2]), r"a must be a tensor of shape \(\.\.\., 6\)"),
        ((x[:, :0], y), r"x must have shape"),
    ):
        with pytest.raises(ValueError, match=message):
            loss(*parts)
    with pytest.raises(TypeError, match=r"torch\.as_tensor"):
        loss(x.numpy(), y)
    with pytest.raises(ValueError, match="metric must be a norm"):
        loss(x, y, metric="cosine")
    with pytest.raises(ValueError, match="reduction must be"):
        otkit.torch.WassersteinLoss(reduction="max")


def test_module():
    module = otkit.torch.WassersteinLoss(p=2, metric="cityblock", reduction="none")
    parts = batch(grad=False)
    assert torch.equal(module(*parts), loss(*parts, p=2, metric="cityblock", reduction="none"))
    assert "cityblock" in repr(module).lower()


def test_training_reaches_the_target():
    target = torch.tensor([[0.0, 0.0], [3.0, 1.0], [1.0, 4.0]])
    x = torch.zeros(3, 2, requires_grad=True)
    with torch.no_grad():
        x += torch.randn(3, 2, generator=torch.Generator().manual_seed(0))
    for _ in range(60):
        x.grad = None
        loss(x, target, p=2).square().backward()
        with torch.no_grad():
            x -= 0.5 * x.grad
    assert loss(x.detach(), target).item() < 1e-3


def test_metric():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(2, 40, 2))
    metric = otkit.torch.wasserstein_distance(p=2)
    with pytest.raises(ValueError, match="update must be called"):
        metric.compute()
    for part in range(4):
        chosen = slice(10 * part, 10 * part + 10)
        metric.update(torch.tensor(x[chosen]), torch.tensor(y[chosen]))
    assert metric.compute().item() == otkit.wasserstein(x, y, p=2).distance
    assert metric.solve().certificate.proof == "exact"
    with pytest.raises(ValueError, match=r"must have shape \(n, 2\)"):
        metric.update(torch.zeros(3, 1), torch.zeros(3, 1))
    with pytest.raises(ValueError, match="must be finite"):
        metric.update(torch.full((3, 2), torch.nan), torch.zeros(3, 2))
    metric.reset()
    metric.update(torch.zeros(1, 2), torch.ones(1, 2))
    assert metric.compute() == torch.tensor(2.0).sqrt()
    assert isinstance(metric, otkit.torch.WassersteinDistance)


def test_couplings():
    x, y, _, _ = batch(n=6, m=6, grad=False)
    own, partner = otkit.torch.sample_coupling(x, y, 0)
    assert torch.equal(own, x)
    for k in range(3):
        assert sorted(map(tuple, partner[k].tolist())) == sorted(map(tuple, y[k].tolist()))
        cost = (own[k] - partner[k]).square().sum(-1).mean().item()
        assert cost == pytest.approx(otkit.wasserstein(x[k], y[k], p=2).value, rel=1e-12)
    # Where mass is split, partners are drawn by the plan: of 2 points each to 3, a point takes 2/3 and 1/3.
    few, many = torch.tensor([[0.0], [1.0]]), torch.tensor([[0.0], [0.5], [1.0]])
    drawn = [otkit.torch.sample_coupling(few, many, seed)[1].flatten().tolist() for seed in range(300)]
    assert {pair[0] for pair in drawn} == {0.0, 0.5}
    assert np.mean([pair[0] == 0.0 for pair in drawn]) == pytest.approx(2 / 3, abs=0.1)
    made = [otkit.torch.sample_coupling(few, many, torch.Generator().manual_seed(1))[1] for _ in range(2)]
    assert torch.equal(*made)


def _loss_of(x):
    return loss(x, x.flip(0) + 1.0).item()


class _Losses(torch.utils.data.Dataset):
    def __len__(self):
        return 4

    def __getitem__(self, k):
        return _loss_of(torch.arange(6.0).reshape(3, 2) * (k + 1))


@pytest.mark.skipif(sys.platform == "win32", reason="no fork")
def test_processes_that_are_forked_after_use():
    """In a process of its own: JAX, which other tests load, has threads, and must not be forked."""
    code = "from tests.test_torch import forked; forked()"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parent.parent)


def forked():
    """Compute the losses of a data set in processes that are forked, and compare."""
    x = torch.arange(6.0).reshape(3, 2)
    here = [_loss_of(x * (k + 1)) for k in range(4)]
    loader = torch.utils.data.DataLoader(
        _Losses(), num_workers=2, batch_size=None, multiprocessing_context=multiprocessing.get_context("fork")
    )
    assert [float(each) for each in loader] == pytest.approx(here)


@pytest.mark.slow  # Dynamo and the C++ compiler take a minute
def test_compiled_by_torch():
    weight = torch.eye(2, requires_grad=True)
    x, y, _, _ = batch(dtype=torch.float32, grad=False)

    def program(z):
        return 2.0 * loss(z @ weight, y, p=2)

    torch.compile(program)(x).backward()
    found, weight.grad = weight.grad, None
    program(x).backward()
    assert torch.allclose(found, weight.grad, rtol=1e-5)


def test_importing_otkit_does_not_import_torch():
    code = "import sys, otkit, otkit.torch; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
