"""Generative models: losses against closed forms, gradients against the plan, the flow against its Jacobian."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
from scipy.optimize import linprog

import otkit
from otkit import datasets

pytest.importorskip("jax")

from otkit import neural
from otkit.divergences.generators import GENERATORS
from otkit.neural import flow as flows
from otkit.neural._jax import double_precision, jax, jnp
from otkit.neural.tabulated import looked_up, tables

SMALL = {"rounds": 40, "critic_steps": 1, "batch_size": 32, "latent": 4, "width": 16, "depth": 2, "looks": 2}
X = datasets.swiss_roll(400, rng=0)
HALF_SUM = otkit.FDivergence.from_generator(lambda u: (u - 1) ** 2 / (u + 1), name="triangular")


@pytest.fixture(scope="module")
def wgan_gp():
    return neural.WGANGP(**SMALL).fit(X, rng=0)


@pytest.fixture(scope="module")
def gan():
    return neural.GAN(**SMALL).fit(X, rng=0)


@pytest.fixture(scope="module")
def flow():
    small = neural.Flow(couplings=4, width=16, depth=1, rounds=60, batch_size=64, looks=2)
    return small.fit(datasets.eight_gaussians(2000, sigma=0.3, rng=0), rng=0)


# --- the loop and its judge -------------------------------------------------------------------------------------------


def test_training_comes_nearer_to_the_data(wgan_gp):
    history = wgan_gp.history
    assert history.rounds.tolist() == [20, 40]
    assert set(history.losses) == {"critic", "estimate", "generator"}
    assert history.wasserstein[1] < history.wasserstein[0]
    assert str(history).splitlines()[0].split() == ["rounds", "W_1", "critic", "estimate", "generator"]
    assert repr(wgan_gp).startswith("WGANGP: W_1 to held-out data")


@pytest.mark.slow
def test_the_judge_is_the_exact_distance_to_held_out_points():
    """Of one held-out point, W_1 is the mean distance to it."""
    tiny = neural.WGANGP(**SMALL | {"rounds": 1, "looks": 1})
    seen = []
    trained = tiny.fit(X, held_out=[[100.0, 0.0]], rng=0, progress=seen.append)
    assert trained.history.wasserstein[0] == pytest.approx(100.0, abs=5.0)
    assert [report.text for report in seen] == [f"round 1 of 1, W_1 {trained.history.wasserstein[0]:.4g}"]


@pytest.mark.slow
def test_a_seed_decides_everything_and_looking_changes_nothing(wgan_gp):
    again = neural.WGANGP(**SMALL | {"looks": 1}).fit(X, rng=0)
    other = neural.WGANGP(**SMALL).fit(X, rng=1)
    assert np.array_equal(again.sample(50, rng=3), wgan_gp.sample(50, rng=3))
    assert not np.array_equal(again.sample(50, rng=3), wgan_gp.sample(50, rng=4))
    assert not np.array_equal(again.sample(50, rng=3), other.sample(50, rng=3))


@pytest.mark.slow
def test_units_of_the_data_do_not_matter(wgan_gp):
    moved = neural.WGANGP(**SMALL).fit(1024.0 * X + 512.0, rng=0)
    assert np.allclose((moved.sample(20, rng=0) - 512.0) / 1024.0, wgan_gp.sample(20, rng=0), atol=0.02)
    assert moved.history.losses["estimate"] == pytest.approx(1024.0 * wgan_gp.history.losses["estimate"], rel=0.05)


def test_modes_are_covered_by_their_share_of_points():
    centres = datasets.ring_centres()
    seven = np.repeat(centres[:7], 100, axis=0)
    assert neural.modes_covered(centres, centres, sigma=0.02) == 8
    assert neural.modes_covered(seven, centres, sigma=0.02) == 7
    assert neural.modes_covered(np.vstack([seven, centres[7:]]), centres, sigma=0.02) == 7  # one point is too few
    assert neural.modes_covered(np.vstack([seven, centres[7:]]), centres, sigma=0.02, share=0.001) == 8
    assert neural.modes_covered(centres + [0.061, 0.0], centres, sigma=0.02) == 0  # beyond 3 σ


# --- the losses -------------------------------------------------------------------------------------------------------

P, Q = np.array([3, 1, 2]), np.array([1, 3, 2])  # counts of three atoms
LOG_RATIO = np.log(P / Q)


def at_atoms(values):
    """Return outputs at the points of both samples, each atom as often as it occurs."""
    values = np.asarray(values, dtype=np.float32)
    return jnp.asarray(np.repeat(values, P)), jnp.asarray(np.repeat(values, Q))


def test_the_best_discriminator_reports_the_jensen_shannon_divergence():
    assert neural.GAN().estimate(*at_atoms(LOG_RATIO)) == pytest.approx(otkit.js(P, Q), rel=1e-5)
    assert neural.GAN().critic_loss(*at_atoms([0.0] * 3)) == pytest.approx(math.log(4.0), rel=1e-6)
    value = otkit.discriminator_value(P, Q, 1.0 / (1.0 + np.exp(-np.array([0.3, -1.0, 2.0]))))
    assert neural.GAN().critic_loss(*at_atoms([0.3, -1.0, 2.0])) == pytest.approx(-value, rel=1e-5)


@pytest.mark.parametrize("divergence", [*GENERATORS.values(), HALF_SUM, otkit.alpha_divergence(0.5)], ids=str)
def test_every_f_gan_critic_stays_below_its_divergence(divergence, rng):
    model = neural.FGAN(divergence=divergence)
    limit = float(otkit.f_divergence(divergence, P, Q))
    for outputs in rng.normal(size=(20, 3)):
        t = divergence.activation(outputs)
        exact = P / P.sum() @ t - Q / Q.sum() @ divergence.conjugate(t)
        assert exact <= limit + 1e-12
        assert model.estimate(*at_atoms(outputs)) == pytest.approx(exact, rel=1e-4, abs=1e-4)


def test_tables_have_the_slopes_of_their_functions():
    hellinger = GENERATORS["hellinger"]
    first, second = tables(hellinger)
    for v in (-1.3, 0.2, 2.7):
        for table, function in ((first, hellinger.activation), (second, lambda v: hellinger.conjugate(1 - np.exp(-v)))):
            slope = (function(v + 1e-6) - function(v - 1e-6)) / 2e-6
            assert jax.grad(lambda u, table=table: looked_up(table, u))(v) == pytest.approx(float(slope), rel=1e-2)


def test_hinge_and_wasserstein_losses():
    real, fake = jnp.array([2.0, 0.0]), jnp.array([-2.0, 0.5])
    assert neural.SpectralGAN().critic_loss(real, fake) == 0.5 * (0.0 + 1.0) + 0.5 * (0.0 + 1.5)
    assert neural.SpectralGAN().generator_loss(fake) == 0.75
    for model in (neural.WGAN(), neural.WGANGP()):
        assert model.estimate(real, fake) == 1.75 == -model.critic_loss(real, fake)
        assert model.generator_loss(fake) == 0.75
    assert neural.GAN(saturates=True).generator_loss(jnp.zeros(3)) == pytest.approx(-math.log(2.0))
    assert neural.GAN().generator_loss(jnp.zeros(3)) == pytest.approx(math.log(2.0))


def test_papers_defaults():
    wgan, penalised = neural.WGAN.paper(), neural.WGANGP.paper()
    assert (wgan.learning_rate, wgan.clip, wgan.batch_size, wgan.critic_steps) == (5e-5, 0.01, 64, 5)
    assert (penalised.learning_rate, penalised.penalty, penalised.batch_size, penalised.critic_steps) == (
        1e-4,
        10,
        64,
        5,
    )
    assert {(paper.decay, paper.averaging) for paper in (wgan, penalised)} == {(False, 0.0)}
    assert penalised.constraint == neural.GradientPenalty(10.0, 1.0, False)
    assert neural.WGANGP(one_sided=True, target=0.0).constraint == neural.GradientPenalty(1.0, 0.0, True)


@pytest.mark.slow
def test_clipped_weights_stay_within_their_bound():
    trained = neural.WGAN(**SMALL | {"looks": 1}, clip=0.0625).fit(X, rng=0)
    parts = [*trained.critic.weights, *trained.critic.biases]
    assert max(np.abs(part).max() for part in parts) == 0.0625


@pytest.mark.slow
def test_a_spectral_critic_has_slopes_of_at_most_one():
    trained = neural.SpectralGAN(**SMALL | {"looks": 1}).fit(X, rng=0)
    assert trained.critic.global_constant < 1.05
    assert otkit.lipschitz_constant(trained.critic(X), X) <= trained.critic.global_constant


# --- the discriminator against the best one ---------------------------------------------------------------------------


def test_no_discriminator_beats_the_best(gan):
    check = neural.check_discriminator(gan, X, bins=10, rng=0)
    assert check.data.sum() == check.generated.sum() == len(X)
    assert np.allclose(check.optimum, check.data / (check.data + check.generated), rtol=1e-14)
    assert check.value <= check.optimal_value <= 0.0
    assert check.discriminator == pytest.approx(1.0 / (1.0 + np.exp(-gan.critic(check.centres))))
    assert 0.0 <= check.error <= 1.0


def test_a_discriminator_is_asked_for(wgan_gp, gan):
    with pytest.raises(TypeError, match="trained must be a GAN, but it is a WGANGP"):
        neural.check_discriminator(wgan_gp, X)
    with pytest.raises(ValueError, match="same dimension"):
        neural.check_discriminator(gan, X[:, :1])


# --- the generator's gradient -----------------------------------------------------------------------------------------


def generated(trained, weights, z):
    """Return what a ReLU generator makes, in float64 and without JAX."""
    h = z
    layers = list(zip(weights[: len(weights) // 2], weights[len(weights) // 2 :], strict=True))
    for k, (weight, bias) in enumerate(layers):
        h = h @ weight.T + bias
        h = np.maximum(h, 0.0) if k < len(layers) - 1 else h
    return trained.centre + trained.scale * h


def test_the_exact_gradient_is_that_of_finite_differences(wgan_gp, rng):
    n = 60
    found = neural.generator_gradients(wgan_gp, X[:n], n=n, rng=5)
    z = np.asarray(jax.random.normal(neural._jax.as_key(5), (n, wgan_gp.model.latent)), dtype=np.float64)
    parts = [np.asarray(part, dtype=np.float64) for part in (*wgan_gp.generator.weights, *wgan_gp.generator.biases)]
    assert otkit.wasserstein(X[:n], generated(wgan_gp, parts, z)).distance == pytest.approx(found.distance, rel=1e-5)
    ends = np.cumsum([0, *(part.size for part in parts)])
    for direction in rng.normal(size=(3, ends[-1])) / math.sqrt(ends[-1]):
        steps = [direction[a:b].reshape(part.shape) for a, b, part in zip(ends[:-1], ends[1:], parts, strict=True)]
        sides = []
        for h in (1e-5, -1e-5):
            moved = [part + h * step for part, step in zip(parts, steps, strict=True)]
            sides.append(otkit.wasserstein(X[:n], generated(wgan_gp, moved, z)).distance)
        assert (sides[0] - sides[1]) / 2e-5 == pytest.approx(found.exact @ direction, rel=1e-3, abs=1e-5)


def interior_potential(cost, partner):
    """Return potentials f of an assignment that leave as much slack as they can wherever it sends nothing."""
    n = len(cost)
    rows, cols = np.indices((n, n)).reshape(2, -1)
    apart = partner[rows] != cols
    sums = np.zeros((n * n, 2 * n + 1))  # f_i + g_j, and the least slack
    sums[np.arange(n * n), rows] = sums[np.arange(n * n), n + cols] = 1.0
    sums[:, -1] = apart
    best = linprog(
        -np.eye(2 * n + 1)[-1],
        A_ub=sums[apart],
        b_ub=cost.ravel()[apart],
        A_eq=sums[~apart],
        b_eq=cost.ravel()[~apart],
        bounds=[(None, None)] * (2 * n) + [(0.0, None)],
    )
    assert best.x[-1] > 1e-6
    return best.x[:n]


def test_the_envelope_theorem_gives_the_gradient_of_the_plan(wgan_gp):
    """φ(z) = max_i f_i − |x_i − z| is a Kantorovich potential, smooth where all but one x_i have slack to y_j."""
    n = 20
    x = X[:n]
    z = jax.random.normal(neural._jax.as_key(7), (n, wgan_gp.model.latent))
    made = wgan_gp.centre + wgan_gp.scale * np.asarray(wgan_gp.generator(z), dtype=np.float64)
    f = interior_potential(otkit.cost_matrix(x, made), otkit.wasserstein(x, made).monge_map())

    def slopes(points):
        with double_precision():
            phi = jax.grad(lambda point: jnp.max(jnp.asarray(f) - jnp.linalg.norm(jnp.asarray(x) - point, axis=1)))
            return np.asarray(jax.vmap(phi)(jnp.asarray(points)))

    found = neural.generator_gradients(wgan_gp, x, n=n, slopes=slopes, rng=7)
    assert found.cosine > 1.0 - 1e-6
    assert np.allclose(found.critic, found.exact, rtol=1e-3, atol=1e-5)

    def distance(generator):
        points = wgan_gp.scale * generator(z) + jnp.asarray(wgan_gp.centre, jnp.float32)
        return neural.wasserstein_loss(jnp.asarray(x, jnp.float32), points)

    slope = jax.grad(distance)(wgan_gp.generator)
    by_loss = np.concatenate([np.ravel(part) for part in jax.tree.leaves(slope)])
    assert np.allclose(by_loss, found.exact, rtol=1e-3, atol=1e-5)


def test_a_trained_critic_shows_nearly_the_right_way(wgan_gp):
    made = wgan_gp.sample(300, rng=0)
    critic = neural.fit_critic(X[:300], made, constraint="one-sided", rng=0).critic
    found = neural.generator_gradients(wgan_gp, X[:300], n=300, slopes=critic.gradient, rng=0)
    assert found.cosine > 0.9


# --- the flow ---------------------------------------------------------------------------------------------------------


def test_the_inverse_of_the_flow_is_exact(flow, rng):
    z = rng.standard_normal((500, 2))
    x = flow.forward(z)
    assert np.abs(flow.inverse(x) - z).max() < 1e-5
    assert np.abs(flow.forward(flow.inverse(x)) - x).max() < 1e-5
    assert np.array_equal(flow.sample(20, rng=1), flow.sample(20, rng=1))


def jacobians(layers, z, scale):
    with double_precision():
        exact = jax.tree.map(lambda weight: jnp.asarray(np.asarray(weight), jnp.float64), layers)
        jacobian = jax.vmap(jax.jacfwd(lambda point: flows.forward(exact, point)[0]))(jnp.asarray(z))
        return scale * np.asarray(jacobian)


def test_the_log_determinant_is_that_of_the_jacobian(flow, rng):
    z = rng.standard_normal((200, 2))
    exact = np.linalg.slogdet(jacobians(flow.layers, z, flow.scale))[1]
    assert np.abs(flow.log_determinant(z) - exact).max() < 1e-5
    change = flows.log_normal(z) - flow.log_determinant(z)
    assert np.abs(flow.log_density(flow.forward(z)) - change).max() < 1e-9


@pytest.mark.slow
def test_flows_of_three_coordinates_and_in_single_precision(rng):
    layers = tuple(flows.Coupling(neural.mlp([3, 8, 6], jax.random.key(k)), keeps_even=k % 2 == 0) for k in range(3))
    z = rng.standard_normal((50, 3)).astype(np.float32)
    x, change = flows.forward(layers, jnp.asarray(z))
    back, undone = flows.inverse(layers, x)
    assert np.abs(back - z).max() < 1e-4
    assert np.abs(change + undone).max() < 1e-4
    assert np.abs(change - np.linalg.slogdet(jacobians(layers, z.astype(float), 1.0))[1]).max() < 1e-4


def test_the_density_of_the_flow_integrates_to_one(flow):
    ticks = np.linspace(-12.0, 12.0, 400)
    points = np.stack(np.meshgrid(ticks, ticks), axis=-1).reshape(-1, 2)
    assert np.exp(flow.log_density(points)).sum() * (ticks[1] - ticks[0]) ** 2 == pytest.approx(1.0, abs=1e-3)


def test_a_flow_begins_as_the_normal_distribution_of_the_data_and_gains_likelihood(flow):
    x = datasets.gaussians(500, rng=3)
    start = neural.Flow(couplings=2, width=8, depth=1, rounds=1, learning_rate=1e-12, averaging=0.0, looks=1)
    trained = start.fit(x, held_out=x, rng=0)
    standard = (x - trained.centre) / trained.scale
    assert trained.log_density(x) == pytest.approx(flows.log_normal(standard) - 2.0 * math.log(trained.scale), abs=1e-6)
    likelihood = flow.history.losses["negative log-likelihood"]
    assert likelihood[1] < likelihood[0]
    assert repr(flow).startswith("Flow: W_1 to held-out data")


# --- what is refused --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "error", "match"),
    [
        (lambda: neural.WGANGP(rounds=0), ValueError, "rounds must be an integer of at least 1"),
        (lambda: neural.WGANGP(width=2.5), TypeError, "width must be an integer"),
        (lambda: neural.WGANGP(target=0.5), ValueError, r"target must be 0 or 1, but target = 0\.5"),
        (lambda: neural.WGANGP(penalty=-1), ValueError, "penalty must be positive and finite, but penalty = -1"),
        (lambda: neural.WGAN(clip=float("nan")), ValueError, "clip must be positive and finite"),
        (lambda: neural.GAN(learning_rate="fast"), TypeError, "learning_rate must be a positive number"),
        (lambda: neural.GAN(averaging=1.0), ValueError, r"averaging must lie in \[0, 1\)"),
        (lambda: neural.FGAN(divergence="kll"), ValueError, "Did you mean 'kl'"),
        (lambda: neural.Flow(couplings=0), ValueError, "couplings must be an integer of at least 1"),
        (lambda: neural.Flow().fit([1.0, 2.0, 3.0]), ValueError, "x must have at least 2 coordinates"),
        (lambda: neural.Flow().fit([[0.0, np.nan], [1.0, 1.0]]), ValueError, r"x must be finite, but x\[0, 1\] = nan"),
        (lambda: neural.GAN().fit([[0.0, 1.0]]), ValueError, "x must hold at least 2 points"),
        (lambda: neural.GAN().fit(X, held_out=[[0.0]]), ValueError, "same dimension"),
        (lambda: neural.modes_covered(X, X[:2], sigma=0.0), ValueError, "sigma must be positive"),
        (lambda: neural.modes_covered(X, X[:2], sigma=1.0, share=0.0), ValueError, r"share must lie in \(0, 1\]"),
    ],
)
def test_bad_input_is_refused(make, error, match):
    with pytest.raises(error, match=match):
        make()


def test_what_diverges_is_stopped(flow):
    wild = dataclasses.replace(flow.model, learning_rate=1e30, rounds=5, looks=1)
    with pytest.raises(FloatingPointError, match="The training diverged between rounds 0 and 5"):
        wild.fit(X, rng=0)


# --- the real thing ---------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_all_modes_and_a_density_within_a_tenth_of_a_nat():
    held_out, others = (datasets.eight_gaussians(1000, rng=seed) for seed in (1, 2))
    x = datasets.eight_gaussians(20_000, rng=0)
    trained = neural.WGANGP(rounds=5000, looks=5).fit(x, held_out=held_out, rng=0)
    assert neural.modes_covered(trained.sample(5000, rng=0), datasets.ring_centres(), sigma=0.02) == 8
    fresh = [datasets.eight_gaussians(1000, rng=seed) for seed in range(10, 15)]
    real = np.mean([otkit.wasserstein(others, data).distance for data in fresh])
    made = np.mean([otkit.wasserstein(trained.sample(1000, rng=9), data).distance for data in fresh])
    assert made < 1.5 * real

    sigma, centres = 0.3, datasets.ring_centres()
    fitted = neural.Flow().fit(datasets.eight_gaussians(20_000, sigma=sigma, rng=0), rng=0)
    points = datasets.eight_gaussians(20_000, sigma=sigma, rng=1)
    squares = ((points[:, None] - centres) ** 2).sum(axis=2)
    density = np.exp(-0.5 * squares / sigma**2).mean(axis=1) / (2.0 * np.pi * sigma**2)
    assert 0.0 < np.mean(np.log(density) - fitted.log_density(points)) < 0.1
