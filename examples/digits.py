"""Handwritten digits by their nearest neighbours: how far ink must move, against how much of it differs.

    python examples/digits.py [FOLDER] [COUNT]

takes the digits that ship with scikit-learn, 1797 images of 8 × 8 pixels (or the first COUNT of them), and finds the
nearest other image of each: by exact W_1, ink moving over the grid, and by the Euclidean distance between lists of
pixels. It prints how many neighbours show the same digit, and draws those that W_1 alone gets right into
FOLDER/digits.png.
"""

from __future__ import annotations

import sys
from pathlib import Path

import matplotlib as mpl
import numpy as np
from scipy.spatial.distance import cdist
from sklearn.datasets import load_digits

import otkit

mpl.use("Agg")
import matplotlib.pyplot as plt


def main(folder: Path, count: int) -> tuple[float, float]:
    """Return the shares of images whose neighbour shows the same digit, by W_1 and by the Euclidean distance."""
    ink, digit = load_digits(return_X_y=True)
    ink, digit = ink[:count] / ink[:count].sum(axis=1, keepdims=True), digit[:count]
    pixels = np.stack(np.divmod(np.arange(64), 8), axis=1)
    near = otkit.nearest(ink, k=1, ground_cost=otkit.cost_matrix(pixels, pixels))
    by_transport = near.indices[:, 0]

    apart = cdist(ink, ink)
    np.fill_diagonal(apart, np.inf)
    by_pixels = apart.argmin(axis=1)

    right, right_by_pixels = digit[by_transport] == digit, digit[by_pixels] == digit
    print(f"{len(digit)} digits, the nearest other image of each")
    print(f"  exact W_1:  {right.mean():.2%} show the same digit; {near.solved:,} of {near.pairs:,} pairs were solved,")
    print(f"              in {near.seconds:.3g} s, the others ruled out by lower bounds")
    print(f"  Euclidean:  {right_by_pixels.mean():.2%}")
    draw(folder, ink, [(i, by_transport[i], by_pixels[i]) for i in np.flatnonzero(right & ~right_by_pixels)])
    return float(right.mean()), float(right_by_pixels.mean())


def draw(folder: Path, ink: np.ndarray, triples: list[tuple[int, int, int]]) -> None:
    """Draw images that only W_1 gets right, each with its two neighbours."""
    if not triples:
        return
    folder.mkdir(parents=True, exist_ok=True)
    shown = triples[:8]
    figure, axes = plt.subplots(
        3, len(shown), figsize=(1.1 * len(shown) + 1.2, 3.6), layout="constrained", squeeze=False
    )
    for column, triple in enumerate(shown):
        for row, image in enumerate(triple):
            axes[row, column].imshow(ink[image].reshape(8, 8), cmap="Greys")
            axes[row, column].set(xticks=[], yticks=[])
    for row, name in enumerate(("image", "nearest by W₁", "nearest by pixels")):
        axes[row, 0].set_ylabel(name)
    figure.savefig(folder / "digits.png", dpi=150)
    plt.close(figure)


if __name__ == "__main__":
    where, how_many = [*sys.argv[1:], *["demo-output", "1797"][len(sys.argv) - 1 :]]
    main(Path(where), int(how_many))
