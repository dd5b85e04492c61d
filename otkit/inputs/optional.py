"""Packages that a small installation leaves out: their absence is told in one way, where they are needed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def needed(why: str, packages: str) -> Iterator[None]:
    """Say what to install where an import in this block fails.

    Parameters
    ----------
    why : str
        What needs them, as the beginning of a sentence.
    packages : str
        What to hand to pip.

    Raises
    ------
    ModuleNotFoundError
        A module is absent.

    Examples
    --------
    >>> with needed("Weather maps need Cloud", "cloud"):
    ...     import no_such_cloud
    Traceback (most recent call last):
    ModuleNotFoundError: Weather maps need Cloud, but no_such_cloud is not installed: pip install cloud.
    """
    try:
        yield
    except ModuleNotFoundError as missing:
        raise ModuleNotFoundError(f"{why}, but {missing.name} is not installed: pip install {packages}.") from missing
