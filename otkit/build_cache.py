"""A wheel with compiled kernels: ``python -m otkit.build_cache dist/otkit-1.0-py3-none-any.whl``.

Beside the wheel it writes one for this Python and platform, which holds what `otkit.warmup` compiles for the least
processor that is likely to run it. Where another Numba, llvmlite, NumPy or processor is found, the kernels are not, and
are compiled as if they were not there: see `otkit.numerics.kernel_cache`.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import os
import platform
import subprocess
import sys
import sysconfig
import tempfile
import zipfile
from pathlib import Path

from otkit.numerics.kernel_cache import PACKAGED, SUFFIX

WARMUP = "import otkit; otkit.warmup(quick={quick})"
LEAST = {"x86_64": "x86-64-v3", "AMD64": "x86-64-v3"}  # by the name of the architecture


def build_cache(wheel: Path, *, quick: bool = False) -> Path:
    """Write a wheel with kernels beside one without, and return its path.

    Parameters
    ----------
    wheel : Path
        What ``python -m build`` has made of the sources that the kernels are compiled from.
    quick : bool, default False
        Compile only what most people call first.

    Raises
    ------
    RuntimeError
        Compiling failed.
    """
    processor = LEAST.get(platform.machine(), "generic")
    with tempfile.TemporaryDirectory() as place:
        root = Path(place).resolve() / "wheel"
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(root)
        kernels = root / "otkit" / PACKAGED.name / processor
        _compile_into(kernels, root, processor, quick)
        for rest in kernels.iterdir():
            if rest.suffix != SUFFIX:
                rest.unlink()
        tag = f"cp{sys.version_info.major}{sys.version_info.minor}-none-" + sysconfig.get_platform().translate(
            str.maketrans("-.", "__")
        )
        target = wheel.with_name("-".join([*wheel.name.split("-")[:2], tag]) + ".whl")
        _pack(root, target, tag)
    return target


def _compile_into(kernels: Path, root: Path, processor: str, quick: bool) -> None:
    """Compile the kernels of an unpacked wheel, in a new process, as it is set up."""
    program = f"import sys; sys.path.insert(0, {str(root)!r})\n" + WARMUP.format(quick=quick)
    settings = {"OTKIT_CACHE_DIR": str(kernels), "NUMBA_CPU_NAME": processor, "NUMBA_CPU_FEATURES": ""}
    run = subprocess.run(
        [sys.executable, "-P", "-c", program],
        check=False,
        stderr=subprocess.PIPE,
        text=True,
        cwd=root,
        env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"} | settings,
    )
    if run.returncode != 0:
        raise RuntimeError(f"the kernels of {root} could not be compiled:\n{run.stderr}")


def _pack(root: Path, target: Path, tag: str) -> None:
    """Write a wheel of the files below a folder, with a tag and a record of them."""
    (information,) = root.glob("*.dist-info")
    described = (information / "WHEEL").read_text().splitlines()
    kept = [line for line in described if line and not line.startswith(("Tag:", "Root-Is-Purelib:"))]
    (information / "WHEEL").write_text("\n".join([*kept, "Root-Is-Purelib: false", f"Tag: {tag}"]) + "\n")
    record = information / "RECORD"
    record.unlink()
    lines = []
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(path for path in root.rglob("*") if path.is_file() and path.suffix != ".pyc"):
            content, name = file.read_bytes(), file.relative_to(root).as_posix()
            digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).decode().rstrip("=")
            lines.append(f"{name},sha256={digest},{len(content)}\n")
            archive.writestr(name, content)
        name = record.relative_to(root).as_posix()
        archive.writestr(name, "".join([*lines, f"{name},,\n"]))


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(
        prog="python -m otkit.build_cache", description="Write a wheel with compiled kernels beside one without."
    )
    parser.add_argument("wheel", type=Path)
    parser.add_argument("--quick", action="store_true", help="only what most people call first")
    given = parser.parse_args()
    print(build_cache(given.wheel, quick=given.quick))


if __name__ == "__main__":
    main()
