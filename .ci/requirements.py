"""Print what pip is to install, as pyproject.toml has it: `requirements.py GROUP…`, or with --lowest its floors.

python .ci/requirements.py dev                      the requirements of a dependency group, for pip without --group
python .ci/requirements.py --lowest tables peers    otkit's own and these extras, each at the lowest version allowed
"""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path
from typing import Any

PROJECT = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text("utf-8"))


def of_group(name: str) -> list[str]:
    """Return the requirements of a dependency group, and of those that it includes (PEP 735)."""
    lines = []
    for entry in PROJECT["dependency-groups"][name]:
        lines += of_group(entry["include-group"]) if isinstance(entry, dict) else [entry]
    return lines


def lowest(extras: list[str]) -> list[str]:
    """Return otkit's requirements and those of some extras, each pinned to its floor."""
    project: dict[str, Any] = PROJECT["project"]
    optional = project["optional-dependencies"]
    floors = {}
    for line in [*project["dependencies"], *(line for extra in extras for line in optional[extra])]:
        found = re.fullmatch(r"([\w.-]+)>=([\d.]+)(,.*)?", line)
        if found is None:
            raise SystemExit(f"{line!r} in pyproject.toml has no floor of the form name>=version")
        floors[found[1]] = found[2]
    return [f"{name}=={version}" for name, version in floors.items()]


if __name__ == "__main__":
    arguments = sys.argv[1:]
    pinned = arguments[:1] == ["--lowest"]
    print("\n".join(lowest(arguments[1:]) if pinned else [line for name in arguments for line in of_group(name)]))
