"""What all results can do: a number, a dictionary for JSON, a table, a card for notebooks, a pickle."""

from __future__ import annotations

import importlib.util
import json
import pickle
import re
from html.parser import HTMLParser

import numpy as np
import pytest
from scipy.sparse import coo_array

import otkit
from otkit.io.results import Result, card, plain

X, Y = np.arange(24.0).reshape(12, 2) % 7.0, np.arange(24.0).reshape(12, 2) % 5.0
C, A, B = [[1, 2], [3, 1]], [2, 1], [1, 2]

ROAD = coo_array(([1.0, 2.0], ([0, 1], [1, 2])), shape=(3, 3))
RESULTS = {
    "TransportResult": lambda: otkit.wasserstein(X, Y, p=2),
    "UnbalancedResult": lambda: otkit.partial_transport(C, A, [2, 3], mass=2),
    "PartialTransportCurve": lambda: otkit.partial_transport_curve(C, A, [2, 3]),
    "BarycenterResult": lambda: otkit.barycenter([X[:, 0], Y[:, 0]]),
    "PairwiseResult": lambda: otkit.pairwise({"<x>": X, "y": Y}),
    "BatchResult": lambda: otkit.wasserstein_batch([X], [Y]),
    "GraphResult": lambda: otkit.wasserstein_graph(otkit.Graph(ROAD), [1, 0, 0], [0, 0, 1]),
    "BottleneckResult": lambda: otkit.bottleneck(X, Y),
    "PersistenceResult": lambda: otkit.persistence_distance([[0, 4], [1, 2]], [[0, 5]]),
    "NearestResult": lambda: otkit.nearest({"x": X, "y": Y, "z": X + 1.0}, k=1),
    "DivergenceResult": lambda: otkit.f_divergence("kl", [1, 2], [2, 1]),
    "SlicedResult": lambda: otkit.sliced_wasserstein(X, Y, projections=4, rng=0),
    "GaussianTransport": lambda: otkit.gaussian_wasserstein([0.0, 0.0], np.eye(2), [3.0, 0.0], np.eye(2)),
    "GaussianBarycenter": lambda: otkit.gaussian_barycenter([[0.0], [2.0]], [[[1.0]], [[9.0]]]),
    "LineDistances": lambda: otkit.wasserstein_1d(X[:, 0], Y[:, 0]),
    "TwoSampleTest": lambda: otkit.two_sample_test(X, Y, permutations=9, rng=0),
    "WassersteinInterval": lambda: otkit.wasserstein_interval(X, Y, subsamples=4, rng=0),
    "Inequalities": lambda: otkit.divergence_inequalities([1, 1], [9, 1], points=[0.0, 3.0]),
    "Comparison": lambda: otkit.compare(otkit.TransportProblem(C, A, B)),
    "DualityReport": lambda: otkit.verify_duality(otkit.TransportProblem(C, A, B)),
    "Sensitivity": lambda: otkit.transport(C, A, B).sensitivity(),
    "ResourceEstimate": lambda: otkit.estimate_resources(otkit.TransportProblem(C, A, B)),
    "DriftReport": lambda: otkit.drift({"x": [1.0, 2, 3, 4]}, {"x": [2.0, 3, 4, 9], "y": [1, 2, 3, 4]}, rng=0),
    "CriticBounds": lambda: otkit.neural.critic_bounds(lambda z: -z[:, 0], X, Y),
}
TABLES = {
    "GraphResult",
    "DriftReport",
    "TransportResult",
    "UnbalancedResult",
    "PartialTransportCurve",
    "BarycenterResult",
    "PairwiseResult",
    "NearestResult",
    "Inequalities",
    "Comparison",
    "DualityReport",
    "Sensitivity",
}
MADE = {}


@pytest.fixture(params=RESULTS)
def made(request):
    """One result of each type, with the name of the type."""
    if request.param not in MADE:
        MADE[request.param] = RESULTS[request.param]()
    return request.param, MADE[request.param]


# What functions return that is no result: types of others, the user's own kind of data, functions, a few words.
NO_RESULTS = {
    "Any",
    "Axes",
    "Proved",
    "FloatArray",
    "IntArray",
    "DiscreteMeasure",
    "KantorovichPotential",
    "FDivergence",
}
NO_RESULTS |= {"Subgradient", "Selection", "Certificate"}


def test_whatever_a_public_function_returns_is_a_result():
    """As its annotation says; a class that is none must be excused."""
    annotations = [getattr(getattr(otkit, name), "__annotations__", {}).get("return", "") for name in otkit.__all__]
    returned = {word for text in annotations if text is not None for word in re.findall(r"[A-Z]\w+", text)}
    assert returned - set(RESULTS) - NO_RESULTS == set()
    assert len(returned & set(RESULTS)) > 12


def test_all_public_results_are_here():
    for module in (otkit, otkit.neural) if importlib.util.find_spec("equinox") else (otkit,):  # an extra
        for name in module.__all__:
            getattr(module, name)  # loads it, so that its classes are there to be found

    def heirs(kind):
        return {kind.__name__}.union(*map(heirs, kind.__subclasses__()))

    # trained in tests of their own; a part of Inequalities, and of Comparison
    elsewhere = {"Result", "CriticResult", "VariationalResult", "CrossCheck", "Inequality", "Contender"}
    assert heirs(Result) - elsewhere == set(RESULTS)
    public = {name for name in otkit.__all__ if name.endswith("Result")}
    assert public <= set(RESULTS)


class _Text(HTMLParser):
    """The text of HTML whose tags are closed in order."""

    def __init__(self):
        super().__init__()
        self.open, self.text = [], ""

    def handle_starttag(self, tag, attributes):
        assert not any(key.startswith("on") or key == "src" for key, _ in attributes)
        self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += f"{data}\n"


def test_a_card_says_what_is_printed(made):
    name, result = made
    reader = _Text()
    reader.feed(result._repr_html_())
    reader.close()
    assert reader.open == []
    if name == "DriftReport":  # has pictures instead, and tests of its own
        assert "standard deviation" in reader.text
        return
    assert name.lower() == reader.text.partition("\n")[0].replace(" ", "").lower()
    shown, printed = ("".join(c for c in text if c.isalnum()) for text in (reader.text, name + str(result)))
    assert shown.lower() == printed.lower()  # every word and number, in the order printed
    assert "#" not in result._repr_html_().replace("&#", "")  # no colours but the page's


def test_dictionaries_are_json_and_hold_the_number(made):
    _, result = made
    found = result.to_dict()
    again = json.loads(json.dumps(found))
    assert set(again) == set(found) != set()
    if hasattr(type(result), "__float__"):
        assert float(result) in [value for value in again.values() if isinstance(value, float)]


def test_tables_are_data_frames(made):
    pandas = pytest.importorskip("pandas")
    name, result = made
    frame = result.to_frame()
    assert isinstance(frame, pandas.DataFrame)
    assert len(frame) > 1 or name not in TABLES
    if name not in TABLES:
        assert len(frame) == 1
        assert not hasattr(type(result), "__float__") or float(result) in frame.iloc[0].tolist()


def test_results_survive_pickling(made):
    _, result = made
    again = pickle.loads(pickle.dumps(result))
    assert (str(again), again.to_dict()) == (str(result), result.to_dict())


def test_names_are_text_not_markup():
    assert "<x>" not in MADE.setdefault("PairwiseResult", RESULTS["PairwiseResult"]())._repr_html_()
    assert "<b>" not in card("<b>", "<b>\n  <b>  <b>")


def test_labels_and_numbers_become_plain():
    result = otkit.pairwise({"rye": [0.0, 1.0], "oats": [1.0, 2.0]})
    assert result.to_dict()["names"] == {"left": 2, "measures": ["rye", "oats"], "others": None}
    assert plain((np.float64(1.5), [np.array([[1]])], None)) == [1.5, [[[1]]], None]
