"""The recipes of docs/how-to/deploying.md, as far as a test can follow them."""

from __future__ import annotations

import base64
import hashlib
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import textwrap
import zipfile
from pathlib import Path

import numba
import pytest

import otkit
from otkit import build_cache

ROOT = Path(otkit.__file__).parents[1]
PAGE = ROOT / "docs" / "how-to" / "deploying.md"

pytestmark = [
    pytest.mark.skipif(numba.config.DISABLE_JIT, reason="about the compiler"),
    pytest.mark.skipif(not PAGE.exists(), reason="an install without documentation"),
]

COUNT = """
import numpy as np
import numba.core.event as event

from otkit.inputs.checks import span
from otkit.numerics.kernel import always_compiled

with event.install_recorder("numba:compile") as compiled, always_compiled():
    assert span(np.arange(3.0)) is not None
print(len(compiled.buffer) // 2)
"""


def run(*command, **environment):
    environment = os.environ | {"PYTHONPATH": str(ROOT)} | environment
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False, timeout=3000)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def block(language, containing):
    (found,) = [
        text for text in re.findall(rf"```{language}\n(.*?)```", PAGE.read_text(), re.DOTALL) if containing in text
    ]
    return found


@pytest.mark.parametrize("name", ["x86-64-v3", "generic"])
def test_kernels_for_a_named_processor_can_be_packed_and_unpacked_elsewhere(name, tmp_path):
    if name.startswith("x86") and "avx2" not in str(numba.core.codegen.get_host_cpu_features()):
        pytest.skip("another processor")
    processor = {"NUMBA_CPU_NAME": name, "NUMBA_CPU_FEATURES": ""}
    assert run(sys.executable, "-c", COUNT, OTKIT_CACHE_DIR=str(tmp_path / "made"), **processor) == ["1"]
    packed = shutil.make_archive(str(tmp_path / "kernels"), "gztar", tmp_path / "made")
    shutil.unpack_archive(packed, tmp_path / "elsewhere", filter="data")
    assert run(sys.executable, "-c", COUNT, OTKIT_CACHE_DIR=str(tmp_path / "elsewhere"), **processor) == ["0"]


def test_a_wheel_brings_its_kernels_to_an_empty_cache(tmp_path, monkeypatch):
    """As pip installs it: every file is in the record, the tag is this Python's, and nothing is compiled."""
    plain, information = tmp_path / "otkit-9.9-py3-none-any.whl", "otkit-9.9.dist-info/"
    with zipfile.ZipFile(plain, "w") as wheel:
        for file in (ROOT / "otkit").rglob("*.py"):
            wheel.write(file, file.relative_to(ROOT))
        wheel.writestr(information + "METADATA", "Metadata-Version: 2.1\nName: otkit\nVersion: 9.9\n")
        wheel.writestr(information + "WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(information + "RECORD", "")
    monkeypatch.setattr(build_cache, "WARMUP", COUNT)
    made = build_cache.build_cache(plain)
    tag = f"cp{sys.version_info.major}{sys.version_info.minor}-none-{sysconfig.get_platform()}".replace("-", "_")
    assert made.name.replace("-", "_") == f"otkit_9.9_{tag}.whl"
    installed = tmp_path / "installed"
    with zipfile.ZipFile(made) as wheel:
        names, record = wheel.namelist(), wheel.read(information + "RECORD").decode().splitlines()
        assert f"Tag: {made.stem.removeprefix('otkit-9.9-')}\n" in wheel.read(information + "WHEEL").decode()
        wheel.extractall(installed)
    assert [line.split(",")[0] for line in record] == names
    for line in record[:-1]:
        name, digest, size = line.rsplit(",", 2)
        content = (installed / name).read_bytes()
        assert int(size) == len(content)
        padded = digest.removeprefix("sha256=") + "="
        assert base64.urlsafe_b64decode(padded) == hashlib.sha256(content).digest()
    assert sum(name.endswith(".kernel") for name in names) == 1
    counted = run(sys.executable, "-P", "-c", COUNT, PYTHONPATH=str(installed), OTKIT_CACHE_DIR=str(tmp_path / "empty"))
    assert counted == ["0"]


def test_a_wheel_whose_kernels_do_not_compile_is_not_written(tmp_path, monkeypatch):
    plain = tmp_path / "otkit-9.9-py3-none-any.whl"
    with zipfile.ZipFile(plain, "w") as wheel:
        wheel.writestr("otkit/__init__.py", "")
    with pytest.raises(RuntimeError, match=r"could not be compiled:\n(.|\n)*no attribute 'warmup'"):
        build_cache.build_cache(plain)
    assert list(tmp_path.iterdir()) == [plain]


def test_workers_that_are_forked_have_the_kernels_of_their_parent(tmp_path):
    code = f"""
        import os
        import numpy as np
        from otkit.inputs.checks import span
        from otkit.numerics.kernel import always_compiled
        with always_compiled():  # as otkit.warmup does
            span(np.arange(3.0))
        if os.fork() == 0:
            os.environ["OTKIT_CACHE_DIR"] = {str(tmp_path)!r}
            exec({COUNT!r})
            os._exit(0)
        print(os.wait()[1])
    """
    code = "import sys; sys.stdout.reconfigure(line_buffering=True)\n" + textwrap.dedent(code)
    assert run(sys.executable, "-c", code) == ["0", "0"]


def test_the_settings_of_the_server_are_python_that_does_what_it_says():
    settings = {}
    exec(block("python", "preload_app"), settings)
    assert settings["preload_app"] is True
    called = []
    warmup, otkit.warmup = otkit.warmup, lambda **options: called.append(options)
    try:
        settings["on_starting"](None)
    finally:
        otkit.warmup = warmup
    assert called == [{"quick": True}]


# --- the image ------------------------------------------------------------------------------------------------------


def instructions(text):
    """Return (word, rest) of each instruction of a Dockerfile."""
    lines = text.replace("\\\n", " ").splitlines()
    return [tuple(line.split(maxsplit=1)) for line in lines if line.strip()]


def test_both_stages_of_the_image_agree_on_their_settings():
    """Else the kernels that the first has made are not found by the second."""
    settings = [rest.split() for word, rest in instructions(block("dockerfile", "FROM")) if word == "ENV"]
    assert len(settings) == 2
    assert settings[0] == settings[1]


@pytest.mark.slow  # makes an environment and compiles
def test_the_commands_of_the_image_make_one_that_compiles_nothing(tmp_path):
    """Its commands run here, /opt and /src being folders of this test, and packages those of this environment."""
    places = {"/opt/": f"{tmp_path}/opt/", "/src": f"{tmp_path}/src"}
    environment, stage = {}, 0

    def here(text):
        for place, folder in places.items():
            text = text.replace(place, folder)
        return text

    shutil.copytree(ROOT, tmp_path / "src", ignore=shutil.ignore_patterns(".*", "__pycache__", "_build", "dist"))
    for word, rest in instructions(block("dockerfile", "FROM")):
        if word == "FROM":
            stage += 1
        elif word == "ENV":
            pairs = dict(pair.split("=", 1) for pair in here(rest).split())
            environment = pairs | {"PATH": pairs["PATH"].replace("$PATH", os.environ["PATH"])}
        elif word == "RUN":
            command = here(rest).replace("python -m venv", f"{sys.executable} -m venv")
            command = command.replace("pip install", "python -m pip install --no-deps --no-build-isolation -q")
            subprocess.run(command, shell=True, check=True, env=environment, cwd=tmp_path)
            if "venv" in command:  # what pip would download
                (site,) = (tmp_path / "opt" / "venv").glob("lib/python*/site-packages")
                (site / "here.pth").write_text(sysconfig.get_path("purelib"))
        elif word == "COPY" and "--from=build" in rest:
            assert (tmp_path / here(rest).split()[1]).exists()
        elif word == "CMD":
            break
    assert stage == 2
    kept = sorted((tmp_path / "opt" / "otkit-cache").iterdir())
    first_answer = """
import numpy as np
import numba.core.event as event
with event.install_recorder("numba:compile") as compiled:
    import otkit
    x, y = np.random.default_rng(0).normal(size=(2, 100, 2))
    otkit.wasserstein(x, y), otkit.kl([1, 2], [2, 1]), otkit.wasserstein(x[:, 0], y[:, 0])
print(otkit.__file__, len(compiled.buffer))
"""
    python = tmp_path / "opt" / "venv" / "bin" / "python"
    done = subprocess.run(
        [python, "-c", first_answer], env=environment, cwd=tmp_path, check=True, capture_output=True, text=True
    )
    file, count = done.stdout.split()
    assert file.startswith(str(tmp_path / "opt"))
    assert count == "0"
    assert sorted((tmp_path / "opt" / "otkit-cache").iterdir()) == kept
