"""Kernels on the disk: found again, never believed when spoilt, wherever otkit is installed and whoever runs it."""

from __future__ import annotations

import errno
import os
import pickle
import platform
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import textwrap
import time
import warnings
from pathlib import Path

import llvmlite.binding as llvm
import numba
import numpy as np
import pytest

import otkit
from otkit.inputs import checks
from otkit.numerics import compiling, jit, kernel_cache

pytestmark = [
    pytest.mark.skipif(numba.config.DISABLE_JIT, reason="about the compiler"),
    pytest.mark.skipif(os.name == "nt", reason="owners and modes of files"),
]
as_root = pytest.mark.skipif(os.name != "nt" and os.getuid() != 0, reason="only root can become somebody else")
NOBODY = 65534


def forget_places():
    kernel_cache._named.cache_clear()
    kernel_cache._temporary.cache_clear()
    kernel_cache._made_temporary.cache_clear()
    kernel_cache._looked_through.clear()


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty cache for kernels that are made anew."""
    monkeypatch.setenv("OTKIT_CACHE_DIR", str(tmp_path / "kernels"))
    forget_places()
    yield tmp_path / "kernels"
    forget_places()


def compiled_by_a_new_process():
    """Call a kernel that no process has yet; return how many times it was compiled: 0 if it came from the disk."""
    kernel = jit.njit(checks._span.py_func)
    assert kernel(np.array([3.0, 1.0, 2.0])) == (True, 1.0, 3.0)
    return sum(kernel.compiled.stats.cache_misses.values())


def only_file(folder):
    (file,) = folder.iterdir()
    return file


# --- the interface to Numba -----------------------------------------------------------------------------------------


def test_this_numba_asks_the_cache_and_gets_its_kernel_back(folder):
    """What is not documented in Numba is used as `kernel_cache` says; a Numba that changed it fails here."""
    assert compiled_by_a_new_process() == 1
    assert only_file(folder).name.startswith("otkit.inputs.checks._span-")
    assert not folder.stat().st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    assert compiled_by_a_new_process() == 0


def test_with_a_numba_that_does_it_in_another_way_kernels_stay_in_memory(folder, monkeypatch):
    monkeypatch.delattr(numba.core.serialize, "dumps")
    assert compiled_by_a_new_process() == 1
    assert list(folder.iterdir()) == []


def test_a_kernel_that_calls_others_comes_back_in_another_process(folder):
    code = """
        import numba.core.event as event
        import numpy as np
        from otkit.numerics.fixed_point import _add_all

        with event.install_recorder("numba:compile") as compiled:
            total = np.zeros(9, np.int64)
            _add_all.compiled(np.array([1.0, 3.0]), -52, total)
        print(total.sum())
        print(len(compiled.buffer))
    """
    first, second = run(code), run(code)
    assert first[0] == second[0]
    assert int(first[1]) > 2  # each kernel begins and ends
    assert second[1] == "0"


def run(code, *, env=None, path=Path(otkit.__file__).parents[1], **options):
    """Run code in a new process, and return the lines that it prints."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", textwrap.dedent(code)],
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": str(path)} | (env or {}),
        timeout=300,
        check=False,
        **options,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_loading_kernels_imports_nothing_that_only_compiling_needs(folder):
    """Numba's modules for compiling NumPy's functions import SciPy's linear algebra: half of a first answer's time."""
    code = """
        import sys
        import numpy as np
        from otkit.costs.order import _kd_order

        points = np.zeros((2, 2))
        points.setflags(write=False)
        print(*_kd_order.compiled(points))
        print(*sorted({"numba.np.arrayobj", "numba.np.arraymath", "scipy.linalg"} & set(sys.modules)))
    """
    assert run(code)[2:] == ["numba.np.arraymath", "numba.np.arrayobj", "scipy.linalg"]
    assert run(code)[2:] == []


def test_a_kernel_from_the_disk_and_new_ones_work_side_by_side(folder):
    """What is loaded first must not spoil what Numba compiles afterwards, with the same functions in it."""
    code = """
        import numba
        import numpy as np
        from otkit.costs.order import _kd_order

        points = np.random.default_rng(0).normal(size=(9, 2))
        points.setflags(write=False)
        print(*_kd_order.compiled(points))

        @numba.njit
        def filled(n):
            if n < 0:
                raise ValueError("negative", n)
            return np.arange(n), np.empty(n).size, str(n)

        try:
            filled(-1)
        except ValueError as error:
            print(error.args)
        print(filled(3))
    """
    first = run(code)
    assert first[-7:] == ["('negative',", "-1)", "(array([0,", "1,", "2]),", "3,", "'3')"]
    assert run(code) == first


@pytest.fixture
def packaged(folder, tmp_path, monkeypatch):
    """A package with a kernel for a lesser processor than this one; its folder."""
    least = next(name for name in ("x86-64-v3", "generic") if name != "x86-64-v3" or platform.machine() == "x86_64")
    place = tmp_path / "package" / least
    monkeypatch.setattr(kernel_cache, "PACKAGED", place.parent)
    code = "from otkit.inputs.checks import _span; import numpy as np; print(_span.compiled(np.arange(3.0))[2])"
    run(code, env={"OTKIT_CACHE_DIR": str(place), "NUMBA_CPU_NAME": least, "NUMBA_CPU_FEATURES": ""})
    kernel_cache.packaged_processor.cache_clear()
    yield place
    kernel_cache.packaged_processor.cache_clear()


def test_kernels_that_came_with_the_package_are_used(packaged, folder):
    assert compiled_by_a_new_process() == 0
    assert not folder.exists()


def test_a_processor_that_lacks_something_compiles_for_itself(packaged, folder, monkeypatch):
    monkeypatch.setattr(kernel_cache, "_NEEDS", {packaged.name: "what no processor has"})
    assert compiled_by_a_new_process() == 1
    assert only_file(folder)


def test_kernels_of_the_package_are_left_alone_where_a_processor_is_named(packaged, folder, monkeypatch):
    monkeypatch.setattr(numba.config, "CPU_NAME", "generic")
    assert kernel_cache.packaged_processor() is None


def test_a_spoilt_kernel_of_the_package_is_compiled_anew(packaged, folder):
    file = only_file(packaged)
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    assert compiled_by_a_new_process() == 1
    assert file.read_bytes() == content  # the package's own files are not ours to remove
    assert compiled_by_a_new_process() == 0


def test_importing_otkit_changes_no_variable_of_the_environment():
    code = "import os; before = dict(os.environ); import otkit; otkit.wasserstein; print(dict(os.environ) == before)"
    assert run(code) == ["True"]


def test_svml_is_off_for_our_kernels_and_on_again_for_those_of_others(folder, monkeypatch):
    said = []
    monkeypatch.setattr(numba.config, "USING_SVML", True)
    monkeypatch.setattr(llvm, "set_option", lambda name, option: said.append(option))
    others = numba.njit(lambda x: x + 1)
    assert compiled_by_a_new_process() == 1
    assert said == ["-vector-library=none", "-vector-library=SVML"]
    assert others(1) == 2
    assert len(said) == 2


# --- files that are not what they should be -------------------------------------------------------------------------


def spoil_first_byte(content):
    return bytes([content[0] ^ 1]) + content[1:]


def spoil_middle(content):
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 0x10]) + content[middle + 1 :]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda content: b"",
        lambda content: content[:20],
        lambda content: content[: len(content) // 2],
        lambda content: content + b"\0",
        lambda content: os.urandom(len(content)),
        spoil_first_byte,
        spoil_middle,
    ],
    ids=["empty", "head only", "half", "longer", "garbage", "first byte", "a bit in the middle"],
)
def test_what_is_spoilt_is_compiled_anew(folder, spoil):
    compiled_by_a_new_process()
    file = only_file(folder)
    sound = file.read_bytes()
    file.write_bytes(spoil(sound))
    assert compiled_by_a_new_process() == 1
    assert only_file(folder) == file
    assert compiled_by_a_new_process() == 0


def test_the_file_of_another_kernel_is_not_taken_for_this_one(folder):
    """Its digest covers the name."""
    compiled_by_a_new_process()
    file = only_file(folder)
    other = jit.njit(checks._span.py_func)
    other(np.arange(2))  # of integers
    (another,) = set(folder.iterdir()) - {file}
    shutil.copy(another, file)
    assert compiled_by_a_new_process() == 1


def test_a_sound_file_that_means_nothing_to_this_numba_is_compiled_anew(folder):
    compiled_by_a_new_process()
    file = only_file(folder)
    content = pickle.dumps(("what", "another", "Numba", "keeps"))
    file.write_bytes(kernel_cache._HEAD + kernel_cache._digest(file.name, content) + content)
    assert compiled_by_a_new_process() == 1
    assert compiled_by_a_new_process() == 0


def test_another_processor_has_kernels_of_its_own(folder):
    code = "from otkit.inputs.checks import _span; import numpy as np; print(_span.compiled(np.arange(3.0)))"
    for environment, files in (({}, 1), ({"NUMBA_CPU_NAME": "generic", "NUMBA_CPU_FEATURES": ""}, 2), ({}, 2)):
        run(code, env=environment)
        assert len(list(folder.iterdir())) == files


def test_what_was_used_longest_ago_makes_way(folder, monkeypatch):
    compiled_by_a_new_process()
    file = only_file(folder)
    old, strange = folder / "otkit.old-0.kernel", folder / "theirs.kernel"
    for place in (old, strange):
        place.write_bytes(b"0" * 1000)
        os.utime(place, (0, 0))
    left_behind = folder / "otkit.killed.draft"
    left_behind.touch()
    os.utime(left_behind, (0, 0))
    monkeypatch.setattr(kernel_cache, "MOST_BYTES", file.stat().st_size + 500)
    forget_places()
    file.unlink()
    compiled_by_a_new_process()
    assert set(folder.iterdir()) == {file, old, strange}  # nothing but the draft had to go
    monkeypatch.setattr(kernel_cache, "MOST_BYTES", 500)
    forget_places()
    file.unlink()
    compiled_by_a_new_process()
    assert set(folder.iterdir()) == {file, strange}


# --- places that are not what they should be ------------------------------------------------------------------------


def test_a_folder_that_others_can_write_to_is_not_used(folder, monkeypatch, tmp_path):
    compiled_by_a_new_process()
    folder.chmod(0o777)
    forget_places()
    monkeypatch.setattr(tempfile, "gettempdir", lambda: str(tmp_path / "nowhere"))
    with pytest.warns(RuntimeWarning) as told:
        assert compiled_by_a_new_process() == 1
    assert "a kernel that they put there would run as you" in str(told[0].message)
    assert "stay in this process" in str(told[1].message)
    assert len(told) == 2


@as_root
def test_what_another_user_has_put_there_is_not_unpickled(folder, monkeypatch, tmp_path):
    compiled_by_a_new_process()
    file = only_file(folder)
    content = pickle.dumps(Trap(tmp_path / "sprung"))
    file.write_bytes(kernel_cache._HEAD + kernel_cache._digest(file.name, content) + content)
    os.chown(file, NOBODY, NOBODY)
    assert compiled_by_a_new_process() == 1
    assert not (tmp_path / "sprung").exists()
    file.write_bytes(kernel_cache._HEAD + kernel_cache._digest(file.name, content) + content)
    os.chown(file, 0, 0)  # as a check of this test: from root it is taken
    compiled_by_a_new_process()
    assert (tmp_path / "sprung").exists()


class Trap:
    def __init__(self, place):
        self.place = place

    def __reduce__(self):
        return (os.mkdir, (str(self.place),))


@as_root
@pytest.mark.parametrize("owner", [NOBODY, 0])
def test_a_user_reads_what_root_has_made_and_nobody_else(folder, owner, monkeypatch):
    """An image is warmed as root and runs as somebody else."""
    compiled_by_a_new_process()
    folder.chmod(0o755)
    os.chown(folder, owner + (owner == NOBODY), 0)
    file = only_file(folder)
    os.chown(file, owner + (owner == NOBODY), 0)
    monkeypatch.setattr(os, "getuid", lambda: NOBODY)
    forget_places()
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        found = kernel_cache._named()
    assert (found == folder) == (owner == 0)
    assert bool(told) == (owner != 0)
    assert (kernel_cache._read(file) is None) == (owner != 0)


def readable_by_everybody(*files):
    files = [Path(file).resolve() for file in files]
    return all(place.stat().st_mode & stat.S_IROTH for file in files for place in (file, *file.parents))


@as_root
def test_without_a_home_kernels_go_to_a_private_temporary_folder_with_one_warning():
    """As user nobody, with HOME=/nonexistent; the second process finds them there."""
    with tempfile.TemporaryDirectory() as place:
        os.chmod(place, 0o1777)
        environment = {"HOME": "/nonexistent", "XDG_CACHE_HOME": "", "OTKIT_CACHE_DIR": "", "TMPDIR": place}
        code = """
            import warnings
            with warnings.catch_warnings(record=True) as told:
                warnings.simplefilter("always")
                import numpy as np
                from otkit.inputs import checks
                checks._span.compiled(np.arange(3.0)), checks._span.compiled(np.arange(3))
            print(len(told), sum(checks._span.compiled.stats.cache_misses.values()))
        """
        if not readable_by_everybody(sys.executable, numba.__file__, otkit.__file__):
            pytest.skip("user nobody can't read this Python's files")
        first = run(code, env=environment, user=NOBODY, group=NOBODY, extra_groups=[], cwd="/")
        assert first == ["1", "2"]
        private = Path(place) / f"otkit-{NOBODY}"
        assert stat.S_IMODE(private.stat().st_mode) == 0o700
        assert run(code, env=environment, user=NOBODY, group=NOBODY, extra_groups=[], cwd="/") == ["0", "0"]


def test_where_nothing_can_be_written_at_all_kernels_stay_in_memory(monkeypatch, tmp_path):
    """Not even a temporary file: ``tempfile`` raises FileNotFoundError then."""

    def nowhere():
        raise FileNotFoundError(errno.ENOENT, "No usable temporary directory found")

    (tmp_path / "file").touch()
    monkeypatch.setenv("OTKIT_CACHE_DIR", str(tmp_path / "file" / "below"))
    monkeypatch.setattr(tempfile, "gettempdir", nowhere)
    forget_places()
    with pytest.warns(RuntimeWarning, match="stay in this process. Set OTKIT_CACHE_DIR"):
        assert compiled_by_a_new_process() == 1
    forget_places()


def test_a_full_disk_fails_no_call(folder):
    """Writing fails for real: no file may grow beyond a hundred bytes."""
    resource = pytest.importorskip("resource")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, limits[1]))
    try:
        assert compiled_by_a_new_process() == 1
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert list(folder.iterdir()) == []
    assert compiled_by_a_new_process() == 1


def test_the_folder_is_the_users_own_for_caches(monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("OTKIT_CACHE_DIR", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    assert kernel_cache.named_folder() == tmp_path / ".cache" / "otkit"
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")  # which the standard says to ignore
    assert kernel_cache.named_folder() == tmp_path / ".cache" / "otkit"
    monkeypatch.setenv("XDG_CACHE_HOME", "/xdg")
    assert kernel_cache.named_folder() == Path("/xdg/otkit")
    monkeypatch.setattr(sys, "platform", "darwin")
    assert kernel_cache.named_folder() == tmp_path / "Library" / "Caches" / "otkit"
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setenv("LOCALAPPDATA", "/local")
    assert kernel_cache.named_folder() == Path("/local/otkit/Cache")
    monkeypatch.setenv("OTKIT_CACHE_DIR", "/chosen")
    assert kernel_cache.named_folder() == Path("/chosen")


# --- several processes ----------------------------------------------------------------------------------------------

SPAN = """
    import numpy as np
    from otkit.inputs import checks
    assert checks._span.compiled(np.arange(3.0)) is not None
    print(sum(checks._span.compiled.stats.cache_misses.values()))
"""


def start(code):
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code)],
        stdout=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": str(Path(otkit.__file__).parents[1])},
        text=True,
    )


def test_of_four_processes_that_start_together_one_compiles(folder):
    processes = [start(SPAN) for _ in range(4)]
    counts = [int(process.communicate(timeout=300)[0]) for process in processes]
    assert [process.returncode for process in processes] == [0] * 4
    assert sum(counts) == 1
    assert only_file(folder).suffix == ".kernel"  # no locks are left


def test_a_process_that_is_killed_while_it_compiles_stops_nobody(folder):
    waiting = """
        import time
        from otkit.numerics import kernel_cache
        kernel_cache._write = lambda name, content: time.sleep(600)  # killed on the brink
    """
    killed = start(textwrap.dedent(waiting) + textwrap.dedent(SPAN))
    while not list(folder.glob("*.lock")):
        time.sleep(0.02)
        assert killed.poll() is None
    other = start(SPAN)
    time.sleep(0.2)
    killed.send_signal(signal.SIGKILL)
    killed.communicate(timeout=60)
    assert other.communicate(timeout=300)[0].strip() == "1"
    assert only_file(folder).suffix == ".kernel"


def test_a_kernel_that_fails_to_compile_holds_nobody_up(folder, monkeypatch):
    with monkeypatch.context() as changed:
        changed.setattr(kernel_cache, "_write", interrupted)
        with pytest.raises(KeyboardInterrupt):
            compiled_by_a_new_process()
    kernel = jit.njit(checks._span.py_func)
    with pytest.raises(numba.TypingError):
        kernel("no array")
    assert list(folder.iterdir()) == []
    assert kernel_cache._locks_of_this_thread() == []


def interrupted(name, content):
    raise KeyboardInterrupt


def test_a_fork_while_another_thread_compiles_can_compile_too(folder):
    code = """
        import os, threading
        import numpy as np
        import numba.core.event as event
        from otkit.inputs import checks

        class Begun(event.Listener):
            begun = threading.Event()
            def on_start(self, event):
                self.begun.set()
            def on_end(self, event):
                pass

        event.register("numba:compile", Begun())
        thread = threading.Thread(target=checks._span.compiled, args=(np.arange(3.0),))
        thread.start()
        Begun.begun.wait()
        child = os.fork()
        if child == 0:
            checks._span.compiled(np.arange(3))
            os._exit(0)
        thread.join()
        print(os.waitpid(child, 0)[1])
    """
    assert run(code.replace("import os", "import os, warnings; warnings.simplefilter('ignore'); import os", 1)) == ["0"]


def test_an_install_without_sources_keeps_kernels_and_sees_changes(tmp_path):
    """Of ``.pyc`` files alone, as some images ship them."""
    source, package = tmp_path / "source" / "otkit", tmp_path / "installed" / "otkit"
    (source / "numerics").mkdir(parents=True)
    for place in (source, source / "numerics"):
        (place / "__init__.py").touch()
    for name in ("jit.py", "kernel.py", "kernel_cache.py", "compiling.py"):
        shutil.copy(Path(otkit.__file__).parent / "numerics" / name, source / "numerics")
    (source / "outer.py").write_text(
        "from otkit.numerics.jit import njit\nfrom otkit.inner import inner\n"
        "@njit\ndef outer(x):\n    return inner(x) + 1\n"
    )
    answers = []
    for factor in (10, 10, 20):
        (source / "inner.py").write_text(
            f"from otkit.numerics.jit import njit\n@njit\ndef inner(x):\n    return {factor} * x\n"
        )
        shutil.rmtree(package, ignore_errors=True)
        shutil.copytree(source, package)
        subprocess.run([sys.executable, "-m", "compileall", "-q", "-b", package], check=True)
        for file in package.rglob("*.py"):
            file.unlink()
        code = "from otkit.outer import outer; print(outer(1), sum(outer.compiled.stats.cache_misses.values()))"
        answers.append(run(code, path=package.parent, env={"OTKIT_CACHE_DIR": str(tmp_path / "cache")}, cwd=tmp_path))
    assert answers == [["11", "1"], ["11", "0"], ["21", "1"]]


# --- the compiler's time --------------------------------------------------------------------------------------------


def test_the_compilers_time_is_not_the_solvers(folder, monkeypatch):
    """On a clock that stands still except while a kernel is written, and then outside the compiler."""

    class Clock:
        now = 0.0

        def perf_counter(self):
            return self.now

    hands = Clock()

    def write(name, content):
        hands.now += 100.0

    monkeypatch.setattr(compiling, "time", hands)
    monkeypatch.setattr(kernel_cache, "_write", write)
    began = compiling.clock()
    compiled_by_a_new_process()
    assert hands.now == 100.0
    assert compiling.clock() == began
    hands.now += 1.0
    assert compiling.clock() == began + 1.0


def test_a_terminal_is_told_what_takes_so_long(folder):
    pty = pytest.importorskip("pty")
    master, slave = pty.openpty()
    at_once = "from otkit.numerics import compiling; compiling._Line.silence = 0.0"
    process = subprocess.run(
        [sys.executable, "-c", at_once + textwrap.dedent(SPAN)],
        stdout=subprocess.PIPE,
        stderr=slave,
        env=os.environ | {"PYTHONPATH": str(Path(otkit.__file__).parents[1])},
        check=True,
    )
    os.close(slave)
    said = os.read(master, 65536).decode()
    os.close(master)
    assert process.stdout.strip() == b"1"
    assert "otkit: compiling for this machine, once: kernel 1, 0 s" in said
    assert said.endswith("\r")  # and the line is free again
    assert said.split("\r")[-2].strip() == ""


@pytest.mark.parametrize("place", ["_read", "_write", "_remove"])
def test_a_timeout_of_a_signal_handler_is_no_failure_of_the_disk(place, folder, monkeypatch):
    """TimeoutError is an OSError, but the system gives its own errors a number."""
    compiled_by_a_new_process()
    file = only_file(folder)

    def interrupted(*_arguments, **_options):
        raise TimeoutError("time is up")

    calls = {
        "_read": (kernel_cache.os, "fstat", lambda: kernel_cache._read(file)),
        "_write": (kernel_cache.os, "replace", lambda: kernel_cache._write(file.name, b"")),
        "_remove": (kernel_cache.Path, "unlink", lambda: kernel_cache._remove(file)),
    }
    owner, name, call = calls[place]
    with monkeypatch.context() as changed:
        changed.setattr(owner, name, interrupted)
        with pytest.raises(TimeoutError, match="time is up"):
            call()
