"""NPZ files of arrays with a header in JSON, which problems and results are kept in, and cached blocks without one.

What such a file holds is checked before anybody uses it. Who reads one says what there should be, field by field: the
type, the shape (lengths have names, which all arrays share), the range of indices, whether numbers may be negative.
Sizes come first: nothing is unpacked that is larger than what the file is long enough to hold, nor anything that is not
asked for. No array is read by anything but the few lines below: a NumPy header has one form here, the one that NumPy
writes.
"""

from __future__ import annotations

import json
import math
import os
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, Literal, NamedTuple, TypeVar

import numpy as np

from otkit.inputs.checks import require_choice, within
from otkit.io.atomic import PathLike, replacing

Built = TypeVar("Built")

# A file may unpack to `ROOM` bytes and `RATIO` times its length. DEFLATE can pack a thousand times more densely, say a
# matrix of zeros; such a file is written unpacked.
ROOM = 1 << 26
RATIO = 64

LONGEST_HEADER = 1 << 24  # characters of the header in JSON, which may hold a label for each row and column
LONGEST_WORD = 10_000
MOST_MEMBERS = 32

_ARRAY = re.compile(
    rb"\{'descr': '([<>|=]?[fiuU]\d{1,6})', 'fortran_order': (True|False), "
    rb"'shape': \(((?:\d{1,18}, ?)*(?:\d{1,18})?)\), \} *\n"
)

# What a damaged archive makes Python's own libraries raise.
DAMAGE = (
    ArithmeticError, AttributeError, EOFError, LookupError, OSError, RuntimeError, TypeError, ValueError,
    zipfile.BadZipFile, zlib.error,
)  # fmt: skip


class Field(NamedTuple):
    """What an array of a file must be.

    Attributes
    ----------
    shape : tuple
        Lengths by name, which all fields of a file share, such as ("n", "m"); "n+1" is one more than "n".
    kind : {"number", "index"}
        Finite numbers (float64), or integers from 0 (int64).
    below : str
        The length that indices are below, by its name; of numbers, nothing.
    least : float
        The smallest number.
    finite : bool
        Whether all numbers must be finite.
    wanted : bool
        Whether the file must have it.
    """

    shape: tuple[str, ...]
    kind: Literal["number", "index"] = "number"
    below: str = ""
    least: float = -math.inf
    finite: bool = True
    wanted: bool = True


def write_archive(path: PathLike, header: Mapping[str, Any] | None, arrays: Mapping[str, Any]) -> None:
    """Write an NPZ file of arrays, with a header in JSON if one is given, in place of an older file."""
    content = ({} if header is None else {"header": np.array(json.dumps(header))}) | dict(arrays)
    unpacked = sum(array.nbytes for array in content.values())
    with replacing(path) as place:
        write_npz(place, content, zipfile.ZIP_DEFLATED)
        if unpacked > _most(place.stat().st_size):
            write_npz(place, content)


def write_npz(place: Path, arrays: Mapping[str, Any], compression: int = zipfile.ZIP_STORED) -> None:
    """Write arrays as `numpy.savez` does, whatever they are called, and never as a pickle.

    Arrays called "file" or "allow_pickle" are arguments to `numpy.savez`; and before NumPy 2.2 ``allow_pickle=False``
    was one more array.
    """
    with zipfile.ZipFile(place, "w", compression) as archive:
        for name, array in arrays.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as entry:
                np.lib.format.write_array(entry, np.asanyarray(array), allow_pickle=False)


def read_archive(
    path: PathLike,
    formats: Sequence[str],
    fields: Mapping[str, Field],
    build: Callable[[dict[str, Any], dict[str, Any]], Built],
    written_by: str,
) -> Built:
    """Return what `build` makes of header and arrays of a file by `write_archive`, its format being one of `formats`.

    Raises
    ------
    FileNotFoundError
        There is no such file.
    ValueError
        The file is something else, cut off or damaged; it holds what is not among the fields, or what does not fit
        them; or `build` does not find what it needs. The message names the file and the field.
    """
    with open(path, "rb") as file:
        try:
            with _opened(file) as members:
                header = _header(members)
                require_choice(header_entry(header, "format", str), "file format", formats)
                return build(header, checked_arrays(members, fields))
        except TimeoutError:  # of a signal handler
            raise
        except DAMAGE as error:
            raise ValueError(
                f"path must be a whole file written by {written_by}, but {os.fspath(path)!r} is none: {_reason(error)}"
            ) from error


def read_arrays(path: PathLike, fields: Mapping[str, Field]) -> dict[str, Any]:
    """Return the arrays of a file by `write_archive` that has no header; the errors are those of `read_archive`."""
    with open(path, "rb") as file:
        try:
            with _opened(file) as members:
                return checked_arrays(members, fields)
        except TimeoutError:  # of a signal handler
            raise
        except DAMAGE as error:
            raise ValueError(f"{os.fspath(path)!r} is damaged: {_reason(error)}") from error


def unpacked_size(path: PathLike) -> int:
    """Return how many bytes the members of an archive say they have; no more than that is ever unpacked."""
    with zipfile.ZipFile(path) as archive:
        return sum(entry.file_size for entry in archive.infolist())


def is_archive(path: PathLike) -> bool:
    """Whether a file is one by `write_archive`, whatever it is called."""
    try:
        with zipfile.ZipFile(path) as archive:
            return "header.npy" in archive.namelist()
    except TimeoutError:  # of a signal handler
        raise
    except (zipfile.BadZipFile, *DAMAGE):
        return False


def checked_arrays(members: Mapping[str, Callable[[], Any]], fields: Mapping[str, Field]) -> dict[str, Any]:
    """Return the arrays that a file must have and may have, once they are seen to be what the fields say."""
    unknown = members.keys() - fields.keys() - {"header"}
    if unknown:
        raise ValueError(f"it holds {', '.join(sorted(unknown))}, which is not known")
    arrays: dict[str, Any] = {}
    sizes: dict[str, int] = {}
    for name, field in fields.items():
        if name in members:
            arrays[name] = checked(members[name](), name, field, sizes)
        elif field.wanted:
            raise ValueError(f"{name} is not in the file")
    for name, field in fields.items():
        if name in arrays and field.below:
            base, more = _length(field.below)
            if not within(arrays[name].reshape(-1), sizes[base] + more):
                raise ValueError(f"{name} must hold integers from 0 to {sizes[base] + more - 1}, but it does not")
    return arrays


def checked(array: Any, name: str, field: Field, sizes: dict[str, int]) -> Any:
    """Return an array if it is what a field says; lengths that are named for the first time become known."""
    if array.dtype.kind not in ("f" if field.kind == "number" else "iu"):
        raise ValueError(
            f"{name} must be {'floats' if field.kind == 'number' else 'integers'}, but it is {array.dtype}"
        )
    if array.ndim != len(field.shape):
        raise ValueError(f"{name} must have {len(field.shape)} axes, but its shape is {array.shape}")
    for length, size in zip(field.shape, array.shape, strict=True):
        base, more = _length(length)
        due = sizes.setdefault(base, size - more) + more
        if size != due:
            raise ValueError(f"{name} must have {due} entries along an axis, but its shape is {array.shape}")
    if field.kind == "index":
        if array.size and array.max() > np.iinfo(np.int64).max:  # of unsigned integers
            raise ValueError(f"{name} leaves int64")
        return array.astype(np.int64, copy=False)
    array = np.ascontiguousarray(array, dtype=np.float64)  # another order would have kernels compiled for it
    if field.finite and not np.isfinite(array).all():
        raise ValueError(f"{name} must be finite, but it is not")
    if array.size and array.min() < field.least:
        raise ValueError(f"{name} must be at least {field.least:g}, but it holds {array.min()}")
    return array


def _length(name: str) -> tuple[str, int]:
    """Return the name of a length and what is added to it: "n+1" is ("n", 1)."""
    base, _, more = name.partition("+")
    return base, int(more or 0)


@contextmanager
def _opened(file: BinaryIO) -> Iterator[dict[str, Callable[[], Any]]]:
    """Give the arrays of an archive by their names, each unpacked when it is asked for."""
    most = _most(os.fstat(file.fileno()).st_size)
    with zipfile.ZipFile(file) as archive:
        entries = archive.infolist()
        if len(entries) > MOST_MEMBERS:
            raise ValueError(f"it has {len(entries)} members, and {MOST_MEMBERS} are the most")
        if sum(entry.file_size for entry in entries) > most:
            raise ValueError(f"it would unpack to more than {most} bytes")
        members: dict[str, Callable[[], Any]] = {}
        for entry in entries:
            name = entry.filename.removesuffix(".npy")
            if name == entry.filename or name in members:
                raise ValueError(f"it has a member {entry.filename!r}, which is a second one or no array")
            members[name] = partial(_array, archive, entry, name)
        yield members


def _most(size: int) -> int:
    """Return how many bytes a file of some size may unpack to."""
    return ROOM + RATIO * size


def _array(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, name: str) -> Any:
    """Unpack an array."""
    if entry.flag_bits & 1 or entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise ValueError(f"{name} is packed in a way that is not known")
    content = bytearray(entry.file_size)
    with archive.open(entry) as member:
        if member.readinto(content) != len(content) or member.read(1):  # type: ignore[attr-defined]  # of BufferedIOBase
            raise ValueError(f"{name} is shorter or longer than the file says")
    start = 10 + int.from_bytes(content[8:10], "little")
    form = _ARRAY.fullmatch(bytes(content[10:start]))
    if content[:8] != b"\x93NUMPY\x01\x00" or form is None:
        raise ValueError(f"{name} does not begin as an array does")
    dtype, shape = np.dtype(form[1].decode()), tuple(int(size) for size in form[3].split(b",") if size.strip())
    if math.prod(shape) * dtype.itemsize != len(content) - start:
        raise ValueError(f"{name} is to have the shape {shape}, but it has {len(content) - start} bytes")
    values = np.frombuffer(content, dtype, offset=start)
    return values.reshape(shape, order="F" if form[2] == b"True" else "C").astype(dtype.newbyteorder("="), copy=False)


def _header(members: Mapping[str, Callable[[], Any]]) -> dict[str, Any]:
    """Return the header, in which each key is given once."""
    if "header" not in members:
        raise ValueError("header is not a file in the archive")
    array = members["header"]()
    if array.dtype.kind != "U" or array.shape != () or array.dtype.itemsize > 4 * LONGEST_HEADER:
        raise ValueError("header must be one text")
    header = json.loads(str(array), object_pairs_hook=each_once)
    if not isinstance(header, dict):
        raise ValueError("header must be a JSON object")
    return header


def each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return a JSON object; raise ValueError where a key is given twice."""
    content = dict(pairs)
    if len(content) < len(pairs):
        raise ValueError("a key is given twice")
    return content


def header_entry(header: Mapping[str, Any], name: str, *kinds: type) -> Any:
    """Return an entry of a header if it is of one of the types; a whole number is a float, too, and True is none."""
    if name not in header:
        raise ValueError(f"header must have {name!r}")
    value = header[name]
    if float in kinds and type(value) is int:
        value = float(value)
    if type(value) not in kinds:
        raise ValueError(
            f"{name} in the header is {value!r}, which is no {' or '.join(kind.__name__ for kind in kinds)}"
        )
    return value


def printable(word: Any) -> str:
    """Return a word of a header that is printed as it is, to a terminal maybe."""
    if type(word) is not str or len(word) > LONGEST_WORD or not word.isprintable():
        raise ValueError(f"{str(word)[:LONGEST_WORD]!r} in the header can't be printed")
    return word


def _reason(error: BaseException) -> str:
    """Say what is wrong in one line."""
    text = str(error) or type(error).__name__
    return (repr(error) if isinstance(error, KeyError) else text)[:300]
