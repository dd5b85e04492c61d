"""All pairs, cut into blocks: the portions that other processes get, and that are kept on disk.

The cut depends on the measures alone, and a pair's number on nothing but the pair: so threads, processes and clusters
give the same bits.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np

from otkit._typing import IntArray
from otkit.many.cache import Cache
from otkit.many.pair_kinds import Found, PairError, PairKind, Trees
from otkit.numerics.threads import threads

# Measures of a block, at most. Where they are large, blocks are smaller.
LARGEST_SIDE = 64


class Block(NamedTuple):
    """Rows and columns of the table of all pairs, as ranges of numbers of measures.

    Of a symmetric table, a block on the diagonal is the part above it.
    """

    rows: range
    cols: range
    upper: bool

    def pairs(self) -> tuple[IntArray, IntArray]:
        """Return the pairs of the block, numbered within `measures`."""
        n, m = len(self.rows), len(self.cols)
        if self.upper:
            first, second = np.triu_indices(n, 1)
            return first.astype(np.int64), second.astype(np.int64)
        first, second = np.divmod(np.arange(n * m), m)
        return first, second + n

    @property
    def measures(self) -> IntArray:
        """The measures that the block needs: those of the rows, then those of the columns if they are others."""
        return np.array(self.rows if self.upper else [*self.rows, *self.cols], dtype=np.int64)

    def __len__(self) -> int:
        return len(self.rows) * (len(self.rows) - 1) // 2 if self.upper else len(self.rows) * len(self.cols)


def cut(comparison: PairKind, left: int) -> Iterator[Block]:
    """Cut the table of the first `left` measures against the others, or against each other where there are none."""
    size = len(comparison)
    side = min(LARGEST_SIDE, max(1, int(comparison.atoms_of_block / float(comparison.sizes().mean()))))
    own = size == left
    for low in range(0, left, side):
        rows = range(low, min(left, low + side))
        start = low if own and comparison.symmetric else 0 if own else left
        for first in range(start, size, side):
            block = Block(rows, range(first, min(size, first + side)), own and comparison.symmetric and first == low)
            if len(block):
                yield block


def solve_blocks(
    comparison: PairKind, blocks: list[Block], n_jobs: int | None, cache: Cache | None, *, verify: bool
) -> Iterator[tuple[Block, Found]]:
    """Yield the blocks with what was found, in any order: first those on disk, then the others as they are done.

    What is on disk is judged anew; unless `verify`, it is taken as it is stored.
    """
    open_blocks = []
    for block in blocks:
        kept = cache.read(comparison.restrict(block.measures), block) if cache else None
        if kept is not None and not verify:
            yield block, kept[0]
        elif kept is not None and kept[1] is not None:
            first, second = block.pairs()
            which = block.measures
            yield block, comparison.judge(which[first], which[second], kept[1])
        else:
            open_blocks.append(block)
    runner = _runner(n_jobs)
    solved = _here if runner is None else runner
    for block, found, trees in solved(comparison, open_blocks, cache is not None):
        if cache:
            cache.write(comparison.restrict(block.measures), block, found, trees)
        yield block, found


Solved = Iterator[tuple[Block, Found, Trees | None]]
Runner = Callable[[PairKind, list[Block], bool], Solved]


def _here(comparison: PairKind, blocks: list[Block], keep: bool) -> Solved:
    """Solve block after block in this process, each by all threads; keep the trees, if they are wanted."""
    for block in blocks:
        first, second = block.pairs()
        which = block.measures
        yield block, *_solved(comparison, which[first], which[second], keep)


def _solved(comparison: PairKind, first: IntArray, second: IntArray, keep: bool) -> tuple[Found, Trees | None]:
    trees = comparison.trees(first, second) if keep else None
    return comparison.solve(first, second, trees), trees


def _runner(n_jobs: int | None) -> Runner | None:
    """Return what hands blocks to joblib, if that was asked for, by `n_jobs` or by `joblib.parallel_config`."""
    if n_jobs is None and "joblib" not in sys.modules:
        return None
    try:
        from joblib import Parallel, delayed
    except ImportError:
        raise ImportError('n_jobs needs joblib: pip install ".[parallel]".') from None
    if n_jobs == 1 or (n_jobs is None and Parallel().n_jobs == 1):
        return None

    def run(comparison: PairKind, blocks: list[Block], keep: bool) -> Solved:
        tasks = (
            delayed(_solve_alone)(number, comparison.restrict(block.measures), block, keep)
            for number, block in enumerate(blocks)
        )
        with _closing(Parallel(n_jobs=n_jobs, return_as="generator_unordered")(tasks)) as results:
            for number, found in results:
                if isinstance(found, PairError):
                    i, j = found.pair
                    which = blocks[number].measures
                    raise PairError((int(which[i]), int(which[j])), found.error) from found.error
                yield blocks[number], *found

    return run


@contextmanager
def _closing(results: Any) -> Iterator[Any]:
    """Cancel what is not done at the end; joblib would warn that work is lost, which the error says that ends it."""
    try:
        yield results
    finally:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            results.close()


def _solve_alone(number: int, part: PairKind, block: Block, keep: bool) -> tuple[int, Any]:
    """Solve a block in a process of its own, by one thread: its neighbours use the other cores."""
    with threads(1):
        try:
            return number, _solved(part, *block.pairs(), keep)
        except PairError as error:
            return number, error
