"""Compiled kernels on the disk: found by what they were made from and for, checked before they are trusted.

**One file holds one kernel** for one signature. Its name carries a hash of everything that its machine code rests on:
the sources of the kernel and of the modules that it imports, the signature, the versions of Numba, llvmlite, NumPy and
Python, the processor and its features. What was made by another version or for another processor thus has another name,
and lies there unread; many versions and processors share a folder. What was used longest ago is removed once a folder
holds more than `MOST_BYTES`.

**A file begins with a digest** of its name and content, which is checked before anything is unpickled. A file that is
truncated, garbled, or has one bit flipped is removed, and the kernel compiled anew. Files are written beside their
place and moved there, so that nobody reads half a file; where nothing can be written (a full disk, a read-only one),
the kernel just stays in memory.

**The content is a pickle**, since that is how Numba hands over what it compiled, and unpickling can run any code. A
digest does not help against somebody who means it. So a folder is used only if it belongs to the user of this process,
or to root, and nobody else may write to it; the same holds for each file.

**A wheel may bring kernels along** (`otkit.build_cache`), for the least processor of a kind. They are read where the
processor at hand has all that this one has, and belong to the package: who could change them could change otkit.

**Processes that start together share the work**: who compiles a kernel holds a lock, the others wait and load it. The
system frees the lock of a process that is killed.

What is used of Numba beyond its documented interface is here and nowhere else: the attribute `_cache` of a kernel,
where its four methods are called; the pair `_reduce` and `_rebuild` of a compiled kernel; the code generator's
`magic_tuple`; `numba.core.serialize.dumps`; its runtime's `initialize`; and how an `Environment` is kept.
`tests/test_cache.py` fails on a Numba that does not call them, or lacks them; there, kernels would stay in memory.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import pickle
import stat
import sys
import tempfile
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import llvmlite
import llvmlite.binding
import numba
import numba.core.environment
import numba.core.runtime
import numba.core.serialize
import numpy as np

try:
    import fcntl
except ImportError:  # Windows, where processes that start together compile for themselves
    fcntl = None  # type: ignore[assignment]

SUFFIX = ".kernel"
MOST_BYTES = 512 * 2**20  # some twenty versions' worth of kernels
PATIENCE = 120.0  # seconds to wait for another process that compiles the same kernel
_DAY = 86_400.0
_HEAD = b"otkit kernel 1\n"
_DIGEST = 32
_START = len(_HEAD) + _DIGEST

# Where a wheel has its kernels: PACKAGED / processor / file. What a processor must have to run those of another one.
PACKAGED = Path(__file__).parents[1] / "kernels"
_NEEDS = {
    "generic": "",
    "x86-64-v3": "avx avx2 bmi bmi2 cx16 f16c fma lzcnt movbe popcnt sse3 sse4.1 sse4.2 ssse3 xsave",
}

# What a kernel's machine code rests on beside its sources and its signature. NumPy's minor version is here because
# Numba chooses some implementations by it.
_MADE_BY = (
    numba.__version__,
    llvmlite.__version__,
    ".".join(np.__version__.split(".")[:2]),
    sys.implementation.cache_tag or "",
    getattr(sys, "abiflags", ""),
)


class KernelCache:
    """The cache of one kernel, as Numba's dispatcher wants it.

    Parameters
    ----------
    function : callable
        What is compiled.
    sources : str
        A digest of all sources that it may rest on.
    for_kernels : bool
        Whether it is compiled for other kernels, not for Python.
    """

    def __init__(self, function: Callable[..., Any], sources: str, *, for_kernels: bool = False) -> None:
        self._name = f"{function.__module__}.{function.__qualname__}".replace("<", "").replace(">", "")
        self._made_from = (self._name, sources, str(function.__code__.co_firstlineno), str(for_kernels))
        # A function that holds values of the one that made it is not known by its sources.
        self._enabled = function.__closure__ is None

    @property
    def cache_path(self) -> str:
        """The folder, as ``kernel.stats`` shows it."""
        return str(named_folder())

    def enable(self) -> None:
        """Use the disk."""
        self._enabled = True

    def disable(self) -> None:
        """Leave the disk alone."""
        self._enabled = False

    def flush(self) -> None:
        """Forget nothing: files of other sources are never read."""

    def load_overload(self, signature: Any, target: Any) -> Any:
        """Return the kernel compiled for a signature, or None, which is Numba's sign to compile it.

        If it is None, the right to compile is held until `save_overload` or `release_locks`.
        """
        # What was compiled calls the allocator, and nothing else of Numba's. Everything that Numba can compile is
        # looked up (`target.refresh`, a third of a second) by the compiler, when there is something to compile.
        numba.core.runtime.rtsys.initialize(target)
        name = self._file_name(signature, target.codegen())
        found = lock = None
        if name is not None:
            found = self._load_packaged(signature, target)
        if name is not None and found is None:
            found = self._load(name, signature, target)
            until = time.monotonic() + PATIENCE
            while found is None and (lock := _Lock.take(name)) is None and time.monotonic() < until:
                time.sleep(0.02)
                found = self._load(name, signature, target)
            if found is None and lock is not None:  # somebody may have been through between the look and the lock
                found = self._load(name, signature, target)
        if found is None:
            _locks_of_this_thread().append(lock)
        elif lock is not None:
            lock.release()
        return found

    def holds(self, signature: Any, codegen: Any) -> bool:
        """Whether there is a file for a signature, sound or not."""
        name = self._file_name(signature, codegen)
        if name is None:
            return False
        packaged = self._packaged_file(signature, codegen)
        return any((folder / name).is_file() for folder in _folders()) or (packaged is not None and packaged.is_file())

    def save_overload(self, signature: Any, compiled: Any) -> None:
        """Keep a kernel that was compiled, if possible."""
        try:
            name = self._file_name(signature, compiled.codegen)
            # Addresses of this process mean nothing to another one.
            if name is not None and not compiled.library.has_dynamic_globals:
                _write(name, numba.core.serialize.dumps(compiled._reduce()))
        except AttributeError:  # a Numba that does all this in another way: kernels stay in memory
            pass
        finally:
            lock = _locks_of_this_thread().pop()
            if lock is not None:
                lock.release()

    def _file_name(self, signature: Any, codegen: Any) -> str | None:
        """Return the name of the file, or None if the kernel has to stay in this process."""
        words = str(signature)
        if not self._enabled or " at 0x" in words:  # a function among the arguments, known by its address
            return None
        try:
            processor = codegen.magic_tuple()
        except AttributeError:  # as above
            return None
        return self._file_name_for(processor, words)

    def _file_name_for(self, processor: tuple[str, ...], words: str) -> str:
        settings = (str(numba.config.OPT), str(numba.config.BOUNDSCHECK))
        made = (*_MADE_BY, *settings, *map(str, processor), *self._made_from, words)
        return f"{self._name}-{hashlib.blake2b(chr(0).join(made).encode(), digest_size=16).hexdigest()}{SUFFIX}"

    def _packaged_file(self, signature: Any, codegen: Any) -> Path | None:
        """Return where a kernel for the least processor may lie that came with the package."""
        processor = packaged_processor()
        if processor is None:
            return None
        made_for = (codegen.magic_tuple()[0], processor, "")
        return PACKAGED / processor / self._file_name_for(made_for, str(signature))

    def _load_packaged(self, signature: Any, target: Any) -> Any:
        file = self._packaged_file(signature, target.codegen())
        return None if file is None else _rebuilt(_sound(file), signature, target)

    @staticmethod
    def _load(name: str, signature: Any, target: Any) -> Any:
        for folder in _folders():
            content = _read(folder / name)
            if content is not None:
                found = _rebuilt(content, signature, target)
                if found is not None:
                    return found
                _remove(folder / name)
        return None


def _rebuilt(content: bytes | None, signature: Any, target: Any) -> Any:
    """Return a kernel from what a file holds, or None if it is not the one."""
    if content is None:
        return None
    # The digest is right, so this can fail only if Numba means something else by the same words.
    try:
        found = numba.core.compiler.CompileResult._rebuild(target, *_Unpickler(io.BytesIO(content)).load())
        return found if tuple(found.signature.args) == tuple(getattr(signature, "args", signature)) else None
    except Exception as error:  # whatever it is, the kernel can be compiled
        if isinstance(error, OSError):
            _require_of_disk(error)
        return None


class _Unpickler(pickle.Unpickler):
    """Reads what Numba pickled, without importing the modules that hold what a kernel calls.

    For each function that is compiled into a kernel Numba keeps an environment: its constants, and its module, where
    code that is not compiled would look up names. There is no such code, and the modules of Numba's own functions
    import much of SciPy.
    """

    def find_class(self, module: str, name: str) -> Any:
        found = super().find_class(module, name)
        return _environment if found is numba.core.environment._rebuild_env else found


def _environment(module: str, constants: list[Any], name: str) -> Any:
    """Return the environment of that name, as Numba would make it, but of an empty module if it is not imported yet."""
    found = numba.core.environment.lookup_environment(name)
    if found is None:
        imported = sys.modules.get(module)
        found = numba.core.environment.Environment({"__name__": module} if imported is None else vars(imported))
        found.consts[:] = constants
        found.env_name = name
        numba.core.environment.Environment._memo[name] = found
    return found


def _read(file: Path) -> bytes | None:
    """Return what a file holds if it is sound; remove it if it is not; None if there is none, or none to be trusted."""
    try:
        with open(file, "rb") as stream:
            status = os.fstat(stream.fileno())
            if not _only_ours(status):
                return None
            content = stream.read()
    except OSError as error:
        _require_of_disk(error)
        return None
    if not _is_sound(file.name, content):
        _remove(file)
        return None
    if time.time() - status.st_mtime > _DAY:
        with _disk_may_fail():
            os.utime(file)  # used: see _make_way
    return content[_START:]


def _sound(file: Path) -> bytes | None:
    """Return what a file of the package holds, or None if there is none, or it is spoilt."""
    try:
        content = file.read_bytes()
    except OSError as error:
        _require_of_disk(error)
        return None
    return content[_START:] if _is_sound(file.name, content) else None


def _is_sound(name: str, content: bytes) -> bool:
    return content[:_START] == _HEAD + _digest(name, content[_START:])


def _write(name: str, content: bytes) -> None:
    """Write a file to its place, whole, or not at all."""
    folder = cache_folder()
    if folder is None:
        return
    draft = None
    try:
        _make_way(folder)
        descriptor, draft = tempfile.mkstemp(prefix=name, suffix=".draft", dir=folder)
        with open(descriptor, "wb") as stream:
            stream.write(_HEAD + _digest(name, content) + content)
        # Others may read what we compile, as they may read the folder; if they trust us (root), they will use it.
        os.chmod(draft, 0o644)
        os.replace(draft, folder / name)
    except OSError as error:  # full, read-only, gone: the kernel is in memory, and that is what the call needs
        if draft is not None:
            _remove(Path(draft))
        _require_of_disk(error)


def _digest(name: str, content: bytes) -> bytes:
    digest = hashlib.blake2b(name.encode(), digest_size=_DIGEST)
    digest.update(content)
    return digest.digest()


def _require_of_disk(error: OSError) -> None:
    """Raise it again unless the system has given it a number: a signal handler's TimeoutError is an OSError, too."""
    if error.errno is None:
        raise error


@contextlib.contextmanager
def _disk_may_fail() -> Iterator[None]:
    """Go on where the disk fails."""
    try:
        yield
    except OSError as error:
        _require_of_disk(error)


def _remove(file: Path) -> None:
    with _disk_may_fail():
        file.unlink()


_looked_through: set[Path] = set()


def _make_way(folder: Path) -> None:
    """Remove what was used longest ago if the folder holds more than `MOST_BYTES`, and what killed processes left.

    Looked at once in the life of a process, when it first writes to the folder.
    """
    if folder in _looked_through:
        return
    _looked_through.add(folder)
    files = []
    with os.scandir(folder) as entries:
        for entry in entries:
            if not entry.name.startswith("otkit."):
                continue
            status = entry.stat(follow_symlinks=False)
            if entry.name.endswith(SUFFIX):
                files.append((status.st_mtime, status.st_size, entry.path))
            elif entry.name.endswith((".draft", ".lock")) and time.time() - status.st_mtime > _DAY:
                _remove(Path(entry.path))
    held = sum(size for _, size, _ in files)
    for _, size, path in sorted(files):
        if held <= MOST_BYTES:
            break
        _remove(Path(path))
        held -= size


class _Lock:
    """The right to compile one kernel; freed by the system if its holder is killed."""

    def __init__(self, path: Path | None = None, descriptor: int = -1) -> None:
        self._path, self._descriptor = path, descriptor

    @classmethod
    def take(cls, name: str) -> _Lock | None:
        """Return the right, or None while another process has it. Where there are no locks, everybody has it."""
        folder = cache_folder()
        if fcntl is None or folder is None:
            return cls()
        path = folder / f"{name}.lock"
        try:
            descriptor = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        except OSError as error:
            _require_of_disk(error)
            return cls()
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # Its last holder may have removed the file since it was opened; then others look for the lock elsewhere.
            if os.fstat(descriptor).st_ino == os.stat(path).st_ino:
                return cls(path, descriptor)
        except (BlockingIOError, FileNotFoundError):
            pass
        except OSError as error:  # a file system without locks
            os.close(descriptor)
            _require_of_disk(error)
            return cls()
        os.close(descriptor)
        return None

    def release(self) -> None:
        """Give the right back."""
        if self._path is not None:
            _remove(self._path)
            os.close(self._descriptor)
            self._path = None


_here = threading.local()


def _locks_of_this_thread() -> list[_Lock | None]:
    """Return what this thread holds, in the order in which kernels were begun; None for one without a lock."""
    if not hasattr(_here, "locks"):
        _here.locks = []
    return _here.locks


def release_locks() -> None:
    """Let others compile what this thread has begun, but did not come to the end of."""
    locks = _locks_of_this_thread()
    while locks:
        lock = locks.pop()
        if lock is not None:
            lock.release()


# --- where kernels are kept ------------------------------------------------------------------------------------------


def named_folder() -> Path | None:
    """Return ``OTKIT_CACHE_DIR``, else the user's folder for caches as the system has it; None if there is no home."""
    chosen = os.environ.get("OTKIT_CACHE_DIR")
    if chosen:
        return Path(chosen).absolute()
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA")
        return Path(base) / "otkit" / "Cache" if base else None
    base = os.environ.get("XDG_CACHE_HOME", "")
    if sys.platform != "darwin" and os.path.isabs(base):
        return Path(base) / "otkit"
    try:
        home = Path.home()
    except RuntimeError:  # no HOME, and a user without an entry in the system's list
        return None
    return home / ("Library/Caches" if sys.platform == "darwin" else ".cache") / "otkit"


def _temporary_folder() -> Path | None:
    """Return the place of last resort, which no other user can have made; None if nothing temporary can be written."""
    try:
        return Path(tempfile.gettempdir()) / (f"otkit-{os.getuid()}" if hasattr(os, "getuid") else "otkit")
    except OSError as error:
        _require_of_disk(error)
        return None


def _folders() -> Iterator[Path]:
    """Yield the folders that may hold kernels."""
    for folder in (_named(), _temporary()):
        if folder is not None:
            yield folder


def cache_folder() -> Path | None:
    """Return the folder that new kernels go to, making it if need be; None if there is no such place."""
    named = _named()
    if named is not None and os.access(named, os.W_OK | os.X_OK):
        return named
    return _made_temporary()


@cache
def packaged_processor() -> str | None:
    """Return the processor of the package's kernels that run here; None if there are none, or another one is named."""
    if numba.config.CPU_NAME is not None or numba.config.CPU_FEATURES is not None:
        return None
    try:
        has = llvmlite.binding.get_host_cpu_features()
    except RuntimeError:  # unknown to LLVM
        return None
    for processor, needs in _NEEDS.items():
        if (PACKAGED / processor).is_dir() and all(has.get(feature) for feature in needs.split()):
            return processor
    return None


@cache
def _named() -> Path | None:
    """Return the folder of choice, making it if need be; None if that fails, or if it is not to be trusted."""
    folder = named_folder()
    if folder is None:
        return None
    with _disk_may_fail():
        folder.mkdir(mode=0o755, parents=True, exist_ok=True)  # others may read
    return _trusted(folder)


@cache
def _temporary() -> Path | None:
    folder = _temporary_folder()
    return None if folder is None else _trusted(folder)


@cache
def _made_temporary() -> Path | None:
    """Return the place of last resort, and warn that it is one."""
    folder = _temporary_folder()
    if folder is not None:
        with _disk_may_fail():
            folder.mkdir(mode=0o700)
        folder = _trusted(folder)
        _temporary.cache_clear()
    kept = "stay in this process" if folder is None else f"are kept in {folder}"
    warnings.warn(
        f"compiled kernels can't be kept in {named_folder() or 'the home directory'}, so they {kept}. "
        "Set OTKIT_CACHE_DIR to a directory of yours that only you can write to.",
        RuntimeWarning,
        stacklevel=2,
    )
    return folder


def _trusted(folder: Path) -> Path | None:
    """Return the folder if nobody else can have put anything into it, and None if there is none."""
    try:
        status = os.stat(folder)
    except OSError as error:
        _require_of_disk(error)
        return None
    if not stat.S_ISDIR(status.st_mode):
        return None
    if not _only_ours(status):
        warnings.warn(
            f"compiled kernels are not looked for in {folder}, since other users own it or can write to it, and a "
            f"kernel that they put there would run as you. Run chmod go-w {folder}, or set OTKIT_CACHE_DIR to a "
            "directory of yours or of root's that only its owner can write to.",
            RuntimeWarning,
            stacklevel=2,
        )
        return None
    return folder


def _only_ours(status: os.stat_result) -> bool:
    """Whether only this user or root can write to it. Windows keeps a user's folder from others by other means."""
    if not hasattr(os, "getuid"):
        return True
    return status.st_uid in (os.getuid(), 0) and not status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
