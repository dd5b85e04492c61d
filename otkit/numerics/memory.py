"""How much memory is left: that of the machine, or of the container that this process is in."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

# What a Linux control group may use, what it uses, and what of that are files that would make room: versions 2 and 1.
_GROUP_FILES = (
    ("", "memory.max", "memory.current", "inactive_file"),
    ("memory", "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
)

# What these files raise where there are none. Not every OSError: a TimeoutError of a signal handler is one, too.
_UNREADABLE = (FileNotFoundError, NotADirectoryError, PermissionError)


def available_memory() -> int | None:
    """Bytes that can be allocated now: what the machine has left, or its container if that is less; None if unknown."""
    known = [left for left in (_left_in_machine(), *_left_in_groups()) if left is not None]
    return min(known, default=None)


def _left_in_machine() -> int | None:
    """MemAvailable on Linux, physical memory elsewhere."""
    try:
        with open("/proc/meminfo", encoding="ascii") as lines:
            for line in lines:
                if line.startswith("MemAvailable:"):
                    return int(line.split()[1]) * 1024
    except (*_UNREADABLE, ValueError):
        pass
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError):
        return None


def _left_in_groups(root: Path = Path("/sys/fs/cgroup"), own: Path = Path("/proc/self/cgroup")) -> Iterator[int]:
    """Yield what each control group leaves to this process: its own, which containers have, and those around it."""
    try:
        lines = own.read_text(encoding="utf-8").splitlines()
    except (*_UNREADABLE, UnicodeDecodeError):
        return
    for line in lines:
        _, controllers, path = (line.split(":", 2) + ["", ""])[:3]
        for folder, limit, usage, files in _GROUP_FILES:
            if folder not in controllers.split(","):  # version 2 has a line without controllers
                continue
            group = root / folder / path.lstrip("/")
            # In a container the path is often that of the host, and its group is mounted at the top.
            for place in (group, *(parent for parent in group.parents if parent.is_relative_to(root / folder))):
                try:
                    most, used = (int((place / name).read_text(encoding="ascii")) for name in (limit, usage))
                    stat = (place / "memory.stat").read_text(encoding="ascii").splitlines()
                except (*_UNREADABLE, ValueError):  # "max" is no limit
                    continue
                freed = sum(int(entry.split()[1]) for entry in stat if entry.startswith(f"{files} "))
                yield max(0, most - used + min(freed, used))
