"""Files that appear complete or not at all: built beside their place and moved there at the end.

Whatever happens on the way, be it a full disk, a signal that nobody can handle or a loss of power, the older file stays
whole: the new one is on the disk before it takes its place. What a killed process leaves behind is removed by the next
one that writes to the same folder.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import secrets
import shutil
import socket
import time
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

PARQUET_SUFFIXES = (".parquet", ".pq")
TEXT_SUFFIXES = ("", ".csv", ".tsv", ".txt", ".dat")

PathLike = str | os.PathLike[str]

# A draft tells whose it is: `.otkit-draft-<machine>-<process>-<random><suffix>`. It is left behind if no process of
# this machine has that number, or after a day, if the machine is another one, whose processes nobody sees from here.
_DRAFT = re.compile(r"\.otkit-draft-(?P<machine>[0-9a-f]{8})-(?P<process>\d+)-[0-9a-f]{16}.*", re.DOTALL)
OLD = 86_400.0  # seconds

# Folders may hold many files: looking for drafts is to take no more than a hundredth of the time. When to look next.
_next_look: dict[Path, float] = {}


def require_place(path: PathLike, suffixes: Sequence[str] | None = None) -> None:
    """Raise an error if a file could not be written to `path`, before the work whose outcome it is to hold is done.

    `suffixes` are those allowed, by default those of tables.
    """
    place = Path(path)
    allowed = (*TEXT_SUFFIXES, ".npy", ".npz", *PARQUET_SUFFIXES) if suffixes is None else suffixes
    if place.suffix.lower() not in allowed:
        known = ", ".join(suffix for suffix in allowed if suffix)
        raise ValueError(f"{path} must end in one of {known}, but it ends in {place.suffix!r}.")
    if place.is_dir():
        raise IsADirectoryError(f"{path} must be a file to write to, but it is a folder.")
    if not place.parent.is_dir():
        raise FileNotFoundError(f"{path} can't be written: there is no folder {place.parent}.")


@contextlib.contextmanager
def replacing(path: PathLike) -> Iterator[Path]:
    """Give a place to write to, in the same folder, that becomes `path` when the block ends well.

    If the block fails, `path` is as it was before. A device or a pipe is written to directly. Of several that write to
    one path at once, the last to end stays, whole.

    Raises
    ------
    OSError
        Nothing can be written to the folder, or `path` is there and read-only.
    """
    require_place(path, [Path(path).suffix.lower()])
    target = Path(path).resolve()  # a symbolic link stays, and what it points to is replaced
    if target.exists() and not target.is_file():
        yield Path(path)
        return
    if target.exists() and not (target.stat().st_mode & 0o222 and os.access(target, os.W_OK)):
        raise PermissionError(f"{path} can't be written: it is read-only.")
    remove_old_drafts(target.parent)
    draft = target.with_name(f".otkit-draft-{_machine()}-{os.getpid()}-{secrets.token_hex(8)}{target.suffix}")
    os.close(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))  # the umask applies, as to any new file
    try:
        yield draft
        if target.exists():
            shutil.copymode(target, draft)
        _to_disk(draft)
        os.replace(draft, target)
        _to_disk(target.parent)
    finally:
        draft.unlink(missing_ok=True)


def remove_old_drafts(folder: Path) -> None:
    """Remove drafts in a folder whose process has ended without doing so."""
    start = time.monotonic()
    if start < _next_look.get(folder, 0.0):
        return
    with _passing_over_os_errors(), os.scandir(folder) as entries:
        for entry in entries:
            found = _DRAFT.fullmatch(entry.name)
            if found and _is_left(entry, found["machine"], int(found["process"])):
                with _passing_over_os_errors():  # somebody else was faster
                    os.unlink(entry.path)
    now = time.monotonic()
    _next_look[folder] = now + 100.0 * (now - start)


@contextlib.contextmanager
def _passing_over_os_errors() -> Iterator[None]:
    """Go on after an OSError, unless it is the TimeoutError of a signal handler."""
    try:
        yield
    except TimeoutError:
        raise
    except OSError:
        pass


def _is_left(entry: os.DirEntry[str], machine: str, process: int) -> bool:
    """Whether the process that a draft belongs to has ended."""
    if machine == _machine() and os.name == "posix":
        try:
            os.kill(process, 0)
        except (ProcessLookupError, OverflowError):
            return True
        except PermissionError:  # it is somebody else's
            pass
    with _passing_over_os_errors():
        return time.time() - entry.stat(follow_symlinks=False).st_mtime > OLD
    return False


@cache
def _machine() -> str:
    """Return eight hexadecimal digits that tell this machine, or container, from those that share its folders."""
    known = [socket.gethostname()]
    for tell in (Path("/proc/sys/kernel/random/boot_id").read_text, lambda: str(os.stat("/proc/self/ns/pid").st_ino)):
        with _passing_over_os_errors():
            known.append(tell())
    return hashlib.blake2b(" ".join(known).encode(), digest_size=4).hexdigest()


def _to_disk(path: Path) -> None:
    """Wait until a file, or the names in a folder, are on the disk and would survive a loss of power."""
    if path.is_dir() and os.name != "posix":
        return  # only files can be opened
    handle = os.open(path, os.O_RDONLY if os.name == "posix" else os.O_RDWR)
    try:
        os.fsync(handle)
    except TimeoutError:  # of a signal handler
        raise
    except OSError:
        if not path.is_dir():  # some file systems can't do it for folders
            raise
    finally:
        os.close(handle)
