"""How much memory is left, in containers of both versions of control groups, which folders stand for here."""

from __future__ import annotations

import pytest

from otkit.inputs import checks
from otkit.numerics import memory

GIB = 1 << 30


def group(folder, version, limit, used, files=0):
    """Write the files of a control group."""
    folder.mkdir(parents=True, exist_ok=True)
    names = {
        2: ("memory.max", "memory.current", "inactive_file"),
        1: ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
    }
    most, current, inactive = names[version]
    (folder / most).write_text(f"{limit}\n")
    (folder / current).write_text(f"{used}\n")
    (folder / "memory.stat").write_text(f"anon 1\n{inactive} {files}\nactive_file 5\n")


@pytest.fixture
def left(tmp_path):
    """Return a function that says what all groups leave to a process that is in the given ones."""

    def found(lines):
        own = tmp_path / "own"
        own.write_text(lines)
        return sorted(memory._left_in_groups(tmp_path / "cgroup", own))

    return found


def test_version_two_and_the_groups_around_it(tmp_path, left):
    root = tmp_path / "cgroup"
    group(root / "a" / "b", 2, 4 * GIB, 1 * GIB, files=GIB // 2)
    group(root / "a", 2, 3 * GIB, 2 * GIB)
    assert left("0::/a/b\n") == [1 * GIB, 3.5 * GIB]
    group(root / "a", 2, "max", 2 * GIB)
    assert left("0::/a/b\n") == [3.5 * GIB]


def test_version_one(tmp_path, left):
    root = tmp_path / "cgroup" / "memory"
    group(root / "docker" / "x", 1, 2 * GIB, 1 * GIB)
    group(root, 1, 2**63 - 4096, 0)
    assert left("5:cpu,cpuacct:/docker/x\n4:memory:/docker/x\n")[0] == 1 * GIB


def test_in_a_container_the_group_is_mounted_at_the_top(tmp_path, left):
    group(tmp_path / "cgroup", 2, 1 * GIB, GIB // 4)
    assert left("0::/system.slice/docker-123.scope\n") == [0.75 * GIB]
    assert left("0::/\n") == [0.75 * GIB]


def test_what_uses_more_than_it_may_has_nothing_left(tmp_path, left):
    group(tmp_path / "cgroup", 2, 1 * GIB, 2 * GIB)
    assert left("0::/\n") == [0]


@pytest.mark.parametrize("lines", ["", "nonsense", "0:", "::::", "1:memory:/nowhere\n0::/nowhere\n", "\x00\n"])
def test_where_nothing_is_known_nothing_is_said(lines, left):
    assert left(lines) == []


def test_damaged_files_are_passed_over(tmp_path, left):
    root = tmp_path / "cgroup"
    group(root, 2, "much", "1")
    assert left("0::/\n") == []
    (root / "memory.max").write_bytes(b"\xff\xfe")
    assert left("0::/\n") == []
    assert list(memory._left_in_groups(root, tmp_path / "no such file")) == []


def test_the_least_of_all_limits_counts(monkeypatch):
    monkeypatch.setattr(memory, "_left_in_machine", lambda: 8 * GIB)
    monkeypatch.setattr(memory, "_left_in_groups", lambda: iter([2 * GIB, 3 * GIB]))
    assert memory.available_memory() == 2 * GIB
    with pytest.raises(MemoryError, match=r"A table needs 2.5 GiB, but 2.0 GiB of memory are available. Take less."):
        checks.require_memory(5 * GIB // 2, "A table", "Take less.")
    checks.require_memory(GIB, "A table", "Take less.")
    monkeypatch.setattr(memory, "_left_in_groups", lambda: iter([]))
    assert memory.available_memory() == 8 * GIB
    monkeypatch.setattr(memory, "_left_in_machine", lambda: None)
    assert memory.available_memory() is None
