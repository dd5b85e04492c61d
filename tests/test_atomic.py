"""Saving: whatever happens on the way, the older file stays whole, and nothing is left behind for ever."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from otkit.io import archives, atomic
from otkit.io.archives import Field, read_arrays, write_archive
from otkit.io.atomic import replacing

FIELDS = {"values": Field(("k",))}


def save(path, size=1000, seed=0):
    write_archive(path, None, {"values": np.random.default_rng(seed).random(size)})


def is_whole(path):
    return read_arrays(path, FIELDS)["values"].size > 0


def child(code, *arguments, **options):
    """Start Python on some lines, with what this file imports."""
    head = f"import os, sys, time, numpy as np\nsys.path.insert(0, {str(Path(__file__).parent)!r})\n"
    code = f"{head}from test_atomic import *\n{code}"
    return subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)], stdout=subprocess.PIPE, text=True, **options
    )


def test_a_disk_that_is_full_changes_nothing(tmp_path):
    """The limit of a file's size stands for the disk: writes beyond it fail as they do there, with an OSError."""
    path = tmp_path / "r.npz"
    save(path)
    before = path.read_bytes()
    code = """
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
try:
    save(sys.argv[1], 1_000_000)
except OSError as error:
    print(type(error).__name__, error.errno)
"""
    with child(code, path) as process:
        assert process.communicate(timeout=60)[0].split() == ["OSError", "27"]
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["r.npz"]


@pytest.mark.parametrize("step", ["write", "fsync", "replace", "interrupt"])
def test_what_fails_at_any_step_changes_nothing(step, tmp_path, monkeypatch):
    path = tmp_path / "r.npz"
    save(path)
    before = path.read_bytes()
    failure = KeyboardInterrupt if step == "interrupt" else OSError(28, "No space left on device")

    def fail(*_arguments, **_options):
        raise failure

    place = {"write": (archives, "write_npz"), "interrupt": (archives, "write_npz")}
    monkeypatch.setattr(*place.get(step, (os, step)), fail)
    with pytest.raises((OSError, KeyboardInterrupt)):
        save(path, seed=1)
    monkeypatch.undo()
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["r.npz"]


def test_what_is_read_only_stays(tmp_path):
    path = tmp_path / "r.npz"
    save(path)
    before = path.read_bytes()
    path.chmod(0o444)
    with pytest.raises(PermissionError, match=r"r.npz can't be written: it is read-only"):
        save(path, seed=1)
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["r.npz"]


def test_a_folder_that_is_read_only_is_said(tmp_path):
    if os.geteuid() == 0:
        pytest.skip("root writes everywhere")
    tmp_path.chmod(0o555)
    with pytest.raises(PermissionError):
        save(tmp_path / "r.npz")


def test_the_new_file_is_on_the_disk_before_it_takes_its_place(tmp_path, monkeypatch):
    order = []
    for name in ("fsync", "replace"):
        real = getattr(os, name)
        monkeypatch.setattr(os, name, lambda *a, name=name, real=real: (order.append(name), real(*a))[1])
    save(tmp_path / "r.npz")
    assert order == ["fsync", "replace", "fsync"]  # the file, its name, the folder that holds the name


def test_rights_of_a_file_stay_and_links_stay_links(tmp_path):
    path, link = tmp_path / "r.npz", tmp_path / "link.npz"
    save(path)
    path.chmod(0o640)
    link.symlink_to(path)
    save(link, seed=1)
    assert link.is_symlink()
    assert path.stat().st_mode & 0o777 == 0o640


def test_killed_at_any_moment_the_old_file_is_whole_and_the_draft_goes_with_the_next_save(tmp_path):
    path = tmp_path / "r.npz"
    save(path)
    code = """
save(sys.argv[1])
print(flush=True)
while True:
    save(sys.argv[1], 50_000)
"""
    left = 0
    for delay in np.linspace(0.0, 0.05, 12):
        with child(code, path) as process:
            process.stdout.readline()
            time.sleep(delay)
            process.kill()
        assert is_whole(path)
        left += len(list(tmp_path.iterdir())) - 1
        atomic._next_look.clear()
        save(path)
        assert [file.name for file in tmp_path.iterdir()] == ["r.npz"]
    assert left > 0  # some were killed in the middle


def test_a_killed_process_in_the_middle_leaves_the_old_file(tmp_path):
    path = tmp_path / "r.npz"
    save(path)
    before = path.read_bytes()
    code = """
with replacing(sys.argv[1]) as draft:
    draft.write_bytes(b"half")
    os.kill(os.getpid(), signal.SIGKILL)
"""
    with child(code, path) as process:
        assert process.wait(60) == -signal.SIGKILL
    assert path.read_bytes() == before
    assert len(list(tmp_path.iterdir())) == 2
    atomic._next_look.clear()
    save(path)
    assert [file.name for file in tmp_path.iterdir()] == ["r.npz"]


def test_drafts_of_others_are_left_alone(tmp_path):
    """Those of living processes, and young ones of other machines; old ones of these are removed."""
    machine = atomic._machine()
    living = tmp_path / f".otkit-draft-{machine}-{os.getppid()}-{'0' * 16}.npz"
    dead = tmp_path / f".otkit-draft-{machine}-{2**22 + 1}-{'0' * 16}.npz"  # above the largest number of a process
    young, old = (tmp_path / f".otkit-draft-{'0' * 8}-1-{k * 16}.npz" for k in "01")
    other = tmp_path / ".otkit-draft-mine.npz"
    for file in (living, dead, young, old, other):
        file.write_bytes(b"")
    os.utime(old, (0, 0))
    atomic._next_look.clear()
    save(tmp_path / "r.npz")
    assert {file.name for file in tmp_path.iterdir()} == {living.name, young.name, other.name, "r.npz"}


def test_writers_at_once_leave_one_whole_file(tmp_path):
    path = tmp_path / "r.npz"
    save(path)
    code = "for k in range(30): save(sys.argv[1], 20_000, k)"
    writers = [child(code, path) for _ in range(3)]
    ended = threading.Event()
    threads = [threading.Thread(target=lambda: [save(path, 20_000, k) for k in range(20)]) for _ in range(3)]
    for thread in threads:
        thread.start()
    while not ended.is_set():
        assert is_whole(path)
        if all(writer.poll() is not None for writer in writers) and not any(thread.is_alive() for thread in threads):
            ended.set()
    for writer in writers:
        with writer:
            assert writer.returncode == 0
    assert [file.name for file in tmp_path.iterdir()] == ["r.npz"]


def test_devices_and_pipes_are_written_to_directly(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    received = []
    reader = threading.Thread(target=lambda: received.append(pipe.read_bytes()))
    reader.start()
    with replacing(pipe) as place:
        place.write_bytes(b"otkit")
    reader.join(20)
    assert received == [b"otkit"]


assert resource  # used by the child processes, with all that is imported here
assert signal
