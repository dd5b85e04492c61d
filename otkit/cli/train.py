"""`otkit train`: a generative model fitted to a toy set or to a file of points, and samples from it."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from otkit.cli import options
from otkit.cli.failures import BadInputError, checking_input
from otkit.cli.printing import console, duration, labelled, print_json, read_fields, read_rows
from otkit.io.options import FileOptions
from otkit.solvers.waiting import waiting

if TYPE_CHECKING:
    from otkit._typing import FloatArray
    from otkit.io.tables import Table

SETS = {
    "swiss-roll": "swiss_roll",
    "8-gaussians": "eight_gaussians",
    "25-gaussians": "twenty_five_gaussians",
}
MODELS = {
    "wgan-gp": "WGANGP",
    "wgan": "WGAN",
    "gan": "GAN",
    "spectral": "SpectralGAN",
    "f-gan": "FGAN",
    "flow": "Flow",
}
DRAWN = 50_000  # points of a toy set to train on


@options.reads_files(
    refused={"standardize": "--standardize has no place here: the samples that are drawn are in the units of the data."}
)
def train(
    data: Annotated[
        str, typer.Argument(metavar="DATA", help=f"{', '.join(SETS)}, or a file of points.", show_default=False)
    ],
    *,
    model: Annotated[str, typer.Option("--model", help=f"{', '.join(MODELS)}.")] = "wgan-gp",
    divergence: Annotated[
        str | None, typer.Option("--divergence", help="Of --model f-gan, such as kl or hellinger.", show_default=False)
    ] = None,
    rounds: Annotated[
        int | None, typer.Option("--rounds", min=1, help="Steps of the generator, or of the flow.", show_default=False)
    ] = None,
    seed: Annotated[int, typer.Option("--seed", min=0, help="The same number gives the same samples.")] = 0,
    samples: Annotated[int, typer.Option("--samples", min=1, help="How many points to write.")] = 1000,
    out: Annotated[
        Path | None, typer.Option("--out", help="Write samples of the trained model.", show_default=False)
    ] = None,
    plot: Annotated[
        Path | None, typer.Option("--plot", help="Draw samples and training: PNG, PDF or SVG.", show_default=False)
    ] = None,
    files: FileOptions,
    json: options.Json = False,
) -> None:
    """Train a generative model, judged by exact W_1 between its samples and held-out data.

    Needs JAX: pip install ".[neural]".
    """
    with checking_input():
        options.check_places((out, None), (plot, options.PICTURES))
        chosen = _model(model, divergence, rounds)
        points, tables = _points(data, seed, files)
    with checking_input(), waiting("training") as report:
        trained = chosen.fit(points, rng=seed, progress=report or False)
    history, last = trained.history, float(trained.history.wasserstein[-1])
    if json:
        figures = {"rounds": history.rounds, "wasserstein": history.wasserstein, **history.losses}
        answer = {"data": data, "model": model, "n": len(points), "seconds": trained.seconds, "distance": last}
        answer |= {"history": {name: values.tolist() for name, values in figures.items()}}
        print_json(answer | {"files": read_fields(tables)} if tables else answer)
    else:
        rows = [("W_1", f"{last:.6g}, exact, between fresh samples and held-out data")]
        rows += [(name, f"{values[-1]:.6g}, mean over the last rounds") for name, values in history.losses.items()]
        rows += [("training", f"{model}, {history.rounds[-1]} rounds, {duration(trained.seconds)}")]
        console().print(labelled([*rows, *read_rows(tables)]))
    drawn = trained.sample(samples, rng=seed)
    if out is not None:
        from otkit.io.writing import write_matrix

        write_matrix(out, drawn)
    if plot is not None:
        _draw(points, {model: drawn}, history, plot)
    for path in (out, plot):
        if path is not None:
            typer.echo(f"otkit: wrote {path}", err=True)


def _model(name: str, divergence: str | None, rounds: int | None) -> Any:
    """Return the model with its options."""
    from otkit import neural
    from otkit.inputs.checks import require_choice

    chosen = getattr(neural, MODELS[require_choice(name, "--model", MODELS)])()
    if divergence is not None:
        if name != "f-gan":
            raise BadInputError("--divergence is for --model f-gan: the other models have no choice of one.")
        chosen = dataclasses.replace(chosen, divergence=divergence)
    return chosen if rounds is None else dataclasses.replace(chosen, rounds=rounds)


def _points(data: str, seed: int, files: FileOptions) -> tuple[FloatArray, list[Table]]:
    """Return the points to train on, with the table that they come from if it is one."""
    from otkit import datasets
    from otkit.inputs.checks import require_choice
    from otkit.io.tables import read_table

    if data in SETS:
        return getattr(datasets, SETS[data])(DRAWN, rng=seed), []
    if data != "-" and not Path(data).exists() and not Path(data).suffix:
        require_choice(data, "DATA", SETS)
    table = read_table(data, files)
    return table.values, [table]


def _draw(points: FloatArray, samples: dict[str, FloatArray], history: Any, path: Path) -> None:
    from matplotlib.figure import Figure

    from otkit.io.atomic import replacing
    from otkit.plots import plot_samples, plot_training

    figure = Figure(figsize=(11.0, 5.0), layout="constrained")
    left, right = figure.subplots(1, 2)
    plot_samples(points, samples, axes=[left])
    plot_training(history, ax=right)
    with replacing(path) as place:
        figure.savefig(place, dpi=150)
