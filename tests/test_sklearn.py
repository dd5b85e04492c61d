"""The estimators: scikit-learn's own checks, pipelines and searches, and the numbers of the library."""

from __future__ import annotations

import numpy as np
import ot
import pytest

import otkit

pytest.importorskip("sklearn")

from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.utils.estimator_checks import parametrize_with_checks
from sklearn.utils.validation import validate_data

from otkit.sklearn import OptimalTransportMap, WassersteinDistances


class Moved(OptimalTransportMap):
    """Maps onto what it is given, one further: scikit-learn's checks have no second sample."""

    def fit(self, X, y=None):
        mapped = OptimalTransportMap(validate_data(self, X, dtype=float) + 1.0)
        mapped.fit(X)
        for name, value in vars(mapped).items():
            if name.endswith("_"):
                setattr(self, name, value)
        return self


@parametrize_with_checks([WassersteinDistances(), Moved()])
def test_scikit_learns_own_checks(estimator, check):
    """On plain tables, in which each row is a sample on the line."""
    check(estimator)


@pytest.mark.parametrize("d", [1, 2])
def test_distances_are_those_of_the_library(rng, d):
    clouds = [rng.normal(size=(5 + k, d)) for k in range(4)]
    model = WassersteinDistances(p=2).fit(clouds[:3])
    expected = [[otkit.wasserstein(x, y, p=2).distance for y in clouds[:3]] for x in clouds]
    np.testing.assert_allclose(model.transform(clouds), expected, rtol=1e-12, atol=1e-14)
    square = WassersteinDistances(p=2).set_output(transform="pandas").fit_transform(clouds[:3])
    np.testing.assert_allclose(square, np.array(expected[:3]), rtol=1e-12, atol=1e-14)
    assert square.columns.tolist() == ["distance to 0", "distance to 1", "distance to 2"]
    assert model.n_features_in_ == d
    with pytest.raises(ValueError, match="clouds of one dimension"):
        model.transform([rng.normal(size=(4, d + 1))])


def test_long_tables_with_groups(rng):
    pd = pytest.importorskip("pandas")
    table = pd.DataFrame(rng.normal(size=(12, 2)), columns=["u", "v"]).assign(who=["b", "a", "b", "c"] * 3)
    model = WassersteinDistances(groups="who").fit(table)
    assert model.groups_.tolist() == ["b", "a", "c"]
    assert model.feature_names_in_.tolist() == ["u", "v"]
    assert model.get_feature_names_out().tolist() == ["distance to b", "distance to a", "distance to c"]
    one = otkit.wasserstein(table.loc[table.who == "b", ["u", "v"]], table.loc[table.who == "c", ["u", "v"]]).distance
    assert model.transform(table)[0, 2] == pytest.approx(one)
    with pytest.raises(ValueError, match="feature names"):
        model.transform(table.rename(columns={"u": "w"}))
    with pytest.raises(ValueError, match="groups must name a column"):
        WassersteinDistances(groups="whom").fit(table)
    numbered = np.column_stack([table[["u", "v"]], [0, 1, 0, 2] * 3])
    assert np.array_equal(WassersteinDistances(groups=2).fit(numbered).transform(numbered), model.transform(table))


def test_neighbours_in_a_pipeline_and_a_search(rng):
    labels = np.arange(24) % 2
    clouds = [rng.normal(size=(15, 2)) + 1.5 * label for label in labels]
    model = make_pipeline(WassersteinDistances(), KNeighborsClassifier(metric="precomputed"))
    search = GridSearchCV(model, {"wassersteindistances__p": [1, 2], "kneighborsclassifier__n_neighbors": [1, 3]}, cv=3)
    assert search.fit(clouds, labels).best_score_ > 0.9
    assert search.predict([clouds[0], clouds[1]]).tolist() == [0, 1]


def test_map_agrees_with_pot(rng):
    x, y, new = rng.normal(size=(30, 2)), rng.normal(size=(40, 2)) * 2.0 + 3.0, rng.normal(size=(7, 2))
    theirs = ot.da.EMDTransport().fit(Xs=x, Xt=y)
    ours = OptimalTransportMap(target=y).fit(x)
    assert ours.result_.certificate.optimal
    np.testing.assert_allclose(ours.transform(x), theirs.transform(Xs=x), rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(ours.transform(new), theirs.transform(Xs=new), rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(ours.inverse_transform(y), theirs.inverse_transform(Xt=y), rtol=1e-9, atol=1e-9)


def test_domain_adaptation_in_a_pipeline(rng):
    labels = np.arange(80) % 2
    old = rng.normal(size=(80, 2)) * 0.3 + np.stack([2.0 * labels, labels], axis=1)
    turned = old @ np.array([[0.8, -0.6], [0.6, 0.8]]) + 4.0
    classifier = LogisticRegression().fit(old, labels)
    adapted = make_pipeline(OptimalTransportMap(target=old), classifier)
    adapted.named_steps["optimaltransportmap"].fit(turned)
    assert classifier.score(turned, labels) < 0.7
    assert adapted.score(turned, labels) > 0.9


def test_map_is_a_citizen(rng):
    pd = pytest.importorskip("pandas")
    x = pd.DataFrame(rng.normal(size=(6, 2)), columns=["u", "v"])
    target = pd.DataFrame(rng.normal(size=(6, 2)), columns=["v", "u"])
    fitted = OptimalTransportMap(target=target).set_output(transform="pandas").fit(x)
    assert fitted.feature_names_in_.tolist() == ["u", "v"]
    swapped = OptimalTransportMap(target=target[["u", "v"]].to_numpy()).fit(x.to_numpy())
    np.testing.assert_array_equal(fitted.transform(x).to_numpy(), swapped.transform(x.to_numpy()))
    assert fitted.transform(x).columns.tolist() == ["u", "v"]
    for bad, message in ((None, "target must be given"), (np.zeros((3, 5)), "target must have 2 features")):
        with pytest.raises(ValueError, match=message):
            OptimalTransportMap(target=bad).fit(x)
    with pytest.raises(ValueError, match="target must have the columns"):
        OptimalTransportMap(target=target.rename(columns={"u": "w"})).fit(x)
    with pytest.raises(ValueError, match="features"):
        swapped.transform(np.zeros((2, 3)))


def test_colours_are_moved_to_those_of_another_picture(rng):
    """Colours of one picture become those of another, in the order of their brightness where all lie on one line."""
    grey, warm = rng.random((50, 1)) * np.ones(3), rng.random((50, 1)) * np.array([1.0, 0.5, 0.2])
    moved = OptimalTransportMap(target=warm).fit(grey).transform(grey)
    np.testing.assert_allclose(np.sort(moved[:, 0]), np.sort(warm[:, 0]), atol=1e-12)
    assert (np.argsort(moved[:, 0]) == np.argsort(grey[:, 0])).all()
