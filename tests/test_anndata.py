"""The recipe for AnnData in the guide "Clouds in scikit-learn", on an object of the library read from a file."""

from __future__ import annotations

import doctest
from pathlib import Path

import numpy as np
import pytest

GUIDE = Path(__file__).parents[1] / "docs" / "how-to" / "scikit-learn.md"


def recipe() -> list[doctest.Example]:
    """Return the examples of the guide's section on AnnData."""
    section = GUIDE.read_text(encoding="utf-8").partition("## AnnData")[2].partition("\n## ")[0]
    return doctest.DocTestParser().get_examples(section.replace("```", ""))


def cells_by_the_guide() -> tuple[dict, list[doctest.Example]]:
    """Return the names once the stand-in for the cells is made, and the examples that use it."""
    examples, names = recipe(), {"np": np, "rng": np.random.default_rng(0)}
    made = next(k for k, example in enumerate(examples) if example.source.startswith("cells ="))
    for example in examples[: made + 1]:
        exec(example.source, names)
    return names, examples[made + 1 :]


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
def test_the_recipe_runs_on_an_anndata_file(tmp_path):
    anndata, pd = pytest.importorskip("anndata"), pytest.importorskip("pandas")
    names, rest = cells_by_the_guide()
    stand_in = names["cells"]
    labels = stand_in.obs.set_axis([f"cell{k}" for k in range(len(stand_in.obs))])
    path = tmp_path / "cells.h5ad"
    anndata.AnnData(X=np.zeros((len(labels), 1)), obs=labels, obsm=stand_in.obsm).write_h5ad(path)
    names["cells"] = anndata.read_h5ad(path)
    assert isinstance(names["cells"].obs["type"].dtype, pd.CategoricalDtype)  # what a file makes of words
    test = doctest.DocTest(rest, names, "AnnData", str(GUIDE), None, None)
    failed, run = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(test)
    assert run == len(rest) >= 5
    assert failed == 0
