"""Fingerprints of matrices, by which a change of a matrix is noticed that is read where it lies.

A word of 64 bits is mixed from all entries, column by column where these lie together in memory, else row by row: by
multiplications with an odd constant, each followed by a shift that brings the leading bits down. Four words run side by
side, so that the processor does not wait for each multiplication. It tells accidents, not attacks.
"""

from __future__ import annotations

import numpy as np

from otkit._typing import FloatArray
from otkit.numerics.jit import njit, read_only
from otkit.numerics.threads import calling, share

_FACTOR = np.uint64(0x9E3779B97F4A7C15)  # 2⁶⁴ over the golden ratio, odd (Knuth, *Sorting and Searching*, 6.4)
_DOWN = np.uint64(29)

_AT_ONCE = 1 << 17  # entries that one thread takes at a time


def fingerprint(matrix: FloatArray) -> int:
    """Return 64 bits that tell a matrix from one that was changed."""
    if matrix.flags.f_contiguous:
        matrix = matrix.T
    n, m = matrix.shape
    height = max(1, _AT_ONCE // m)
    words = np.empty(-(-n // height), np.int64)

    def work(start: int, stop: int) -> None:
        for top in range(start, stop, height):
            part = np.ascontiguousarray(matrix[top : min(stop, top + height)], dtype=np.float64)
            words[top // height] = _mixed(read_only(part.reshape(-1).view(np.uint64)))

    with calling(None):  # a look at a matrix is over in a moment, and what comes of half of one says nothing
        share(work, n, height, 1 + matrix.size // (4 * _AT_ONCE))
    return int(_mixed(read_only(words.view(np.uint64))))


@njit
def _mixed(words: np.ndarray) -> int:
    """Return a word that depends on each of some words, and on their order."""
    a, b, c, d = np.uint64(1), np.uint64(2), np.uint64(3), np.uint64(4)
    k = 0
    while k + 4 <= words.size:
        a, b = (a ^ words[k]) * _FACTOR, (b ^ words[k + 1]) * _FACTOR
        c, d = (c ^ words[k + 2]) * _FACTOR, (d ^ words[k + 3]) * _FACTOR
        a, b, c, d = a ^ (a >> _DOWN), b ^ (b >> _DOWN), c ^ (c >> _DOWN), d ^ (d >> _DOWN)
        k += 4
    while k < words.size:
        a = (a ^ words[k]) * _FACTOR
        a = a ^ (a >> _DOWN)
        k += 1
    for lane in (b, c, d):  # one more round before each: what the last signs leave behind is alike in all four
        word = lane * _FACTOR
        a = (a * _FACTOR) ^ ((word ^ (word >> _DOWN)) * _FACTOR)
        a = a ^ (a >> _DOWN)
    return int(np.int64(a))
