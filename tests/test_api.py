"""The public interface as a whole: one word for one thing, options by keyword, results that behave alike."""

from __future__ import annotations

import dataclasses
import importlib.util
import inspect

import pytest

import otkit
from tests import doors

# What a thing is called here, and what else it is called in other libraries or was called in this one.
ONE_WORD = {
    "rng": {"seed", "random_state", "random_seed", "generator"},
    "divergence": {"f_divergence", "div"},
    "warm_start": {"init", "initial", "start", "warmstart", "potentials_init"},
    "threads": {"num_threads", "n_threads", "nthreads", "thread_count"},
    "n_jobs": {"jobs", "workers", "processes", "num_workers"},
    "progress": {"verbose", "callback", "disp", "log"},
    "max_iterations": {"iterations", "max_iter", "maxiter", "n_iter", "numItermax"},
    "max_seconds": {"timeout", "time_limit", "deadline"},
    "batch_size": {"batch"},
    "missing": {"nan_policy", "dropna", "na"},
    "level": {"confidence", "confidence_level", "alpha_level"},
    "C": {"M", "costs", "cost"},
}
OTHERS = {other: word for word, others in ONE_WORD.items() for other in others}

# Data: what may be given by its place, and be left out there. All else that can be left out is given by its name.
DATA = {"a", "b", "y", "d", "others", "weights", "discriminator"}


def public_modules():
    yield "", otkit
    yield "datasets.", otkit.datasets
    yield "teaching.", otkit.teaching
    if importlib.util.find_spec("equinox"):  # an extra, which the wheel is tested without
        yield "neural.", otkit.neural


def public_callables():
    """Return every public function, constructor and method with its name, results' constructors left out."""
    found = {}
    for prefix, module in public_modules():
        for name in module.__all__:
            value = getattr(module, name)
            if inspect.isfunction(value):
                found[prefix + name] = value
            elif inspect.isclass(value) and not issubclass(value, BaseException):
                if not dataclasses.is_dataclass(value) or ("__init__" in vars(value) and name == "TransportProblem"):
                    found[prefix + name] = value
                for method, static in inspect.getmembers_static(value):
                    bound = getattr(value, method)
                    callable_here = inspect.isfunction(static) or isinstance(static, classmethod | staticmethod)
                    if not method.startswith("_") and callable_here and bound.__module__.startswith("otkit"):
                        found[f"{prefix}{name}.{method}"] = bound
    return found


CALLABLES = public_callables()
# What otkit calls itself, of costs, problems and reports: public for those who read, not to be called by users.
INNER = {
    "bound",
    "with_labels",
    "ordered",
    "in_own_unit",
    "in_unit",
    "in_larger_costs",
    "distance_matrix",
    "distances",
    "accuracy",
}
CALLABLES = {name: call for name, call in CALLABLES.items() if name.rpartition(".")[2] not in INNER}


def parameters(name):
    return [each for each in inspect.signature(CALLABLES[name]).parameters.values() if each.name not in ("self", "cls")]


def test_there_is_much_to_look_at():
    assert {"wasserstein", "TransportProblem", "TransportProblem.load", "Euclidean.between"} <= set(CALLABLES)
    assert len(CALLABLES) > 90


@pytest.mark.parametrize("name", CALLABLES)
def test_one_word_for_one_thing(name):
    for parameter in parameters(name):
        assert parameter.name not in OTHERS, f"{parameter.name} is called {OTHERS[parameter.name]} here"


@pytest.mark.parametrize("name", CALLABLES)
def test_what_is_no_data_is_given_by_its_name(name):
    given = parameters(name)
    for parameter in given:
        assert parameter.kind not in (parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL)
        if parameter.default is not parameter.empty and len(given) > 1:
            assert parameter.kind is parameter.KEYWORD_ONLY or parameter.name in DATA, parameter


@pytest.mark.parametrize("name", CALLABLES)
def test_the_same_words_have_the_same_types_and_defaults(name):
    for parameter in parameters(name):
        kind = str(parameter.annotation)
        if parameter.name == "rng" or kind == "Rng":
            assert (parameter.name, kind, parameter.default) == ("rng", "Rng", None)
        if parameter.name in ("threads", "n_jobs"):
            assert (kind, parameter.default) == ("int | None", None)
        if parameter.name == "progress":
            assert kind in ("bool | Callable[[Progress], None]", "Report")  # an alias of the other
            assert parameter.default is False
        if parameter.name == "missing":
            assert (kind, parameter.default) == ("Missing", "raise")
        if parameter.name == "max_seconds":
            assert (kind, parameter.default) == ("float | None", None)
        if "FDivergence" in kind:  # pairwise and nearest take other distances, too
            expected = "distance" if name in ("pairwise", "nearest") else "divergence"
            assert parameter.name == expected


def test_all_divergences_are_given_first():
    first = {name for name in CALLABLES if parameters(name) and parameters(name)[0].name == "divergence"}
    assert {name for name in CALLABLES if "divergence" in {each.name for each in parameters(name)}} == first
    assert {"f_divergence", "density_divergence", "estimate_divergence", "variational_bound"} <= first


@pytest.mark.parametrize(
    "call",
    [
        lambda: otkit.wasserstein([0.0], [1.0], potentials=None),
        lambda: otkit.pairwise([[0.0], [1.0]], jobs=2),
        lambda: otkit.estimate_divergence(name="kl", x=[0.0], y=[1.0]),
        lambda: otkit.two_sample_test([0.0], [1.0], seed=0),
    ],
)
def test_an_unknown_word_is_refused_by_python(call):
    with pytest.raises(TypeError, match="unexpected keyword argument"):
        call()


DISTANCES = [
    "wasserstein",
    "wasserstein_grid",
    "transport",
    "partial_transport",
    "unbalanced_transport",
    "sliced_wasserstein",
    "max_sliced_wasserstein",
    "energy_distance",
    "cramer_distance",
    "mmd",
    "total_variation",
    "gaussian_wasserstein",
    "f_divergence",
    "estimate_divergence",
    "variational_bound",
    "wasserstein_interval",
    "barycenter",
]
NUMBERS = [
    "kl",
    "reverse_kl",
    "jeffreys",
    "js",
    "tv",
    "hellinger",
    "hellinger_distance",
    "chi2",
    "neyman",
    "lipschitz_constant",
    "discriminator_value",
]


def test_distances_are_results_that_are_numbers_and_short_names_are_numbers():
    met = {*DISTANCES, *NUMBERS} - {"wasserstein_interval"}
    for door in doors.DOORS:
        if door.function in met and door.case != "batch":
            result = door.result()
            if door.function in NUMBERS:
                assert type(result) is float, door
            else:
                assert not isinstance(result, float), door
                assert float(result) == door.number(result), door
                met.discard(door.function)
    assert met == set(NUMBERS)  # all others were met


def test_the_number_of_a_result_is_what_was_asked_for():
    x, y = [[0.0, 0.0], [1.0, 0.0]], [[0.0, 3.0], [1.0, 5.0]]
    distance = otkit.wasserstein(x, y, p=2)
    assert float(distance) == distance.distance == pytest.approx(17.0**0.5)
    cost = otkit.transport(otkit.SqEuclidean().between(x, y))  # two loaves, not two halves
    assert float(cost) == cost.value == 34.0
    on_line = [float(k) for k in range(8)]
    found = otkit.wasserstein_interval(on_line, [k + 1.0 for k in on_line], population=True, subsamples=4, rng=0)
    assert float(found) == found.estimate != found.distance
