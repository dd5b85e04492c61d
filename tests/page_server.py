"""The command `otkit bakery --serve`, running: for the tests of the page with and without a browser."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

COMMAND = [sys.executable, "-c", "from otkit.cli import main; main()", "bakery", "--serve", "--no-open"]


@contextmanager
def serving(*options: str, command: Sequence[str] = COMMAND) -> Iterator[tuple[str, subprocess.Popen]]:
    """Start the command and yield the address that it prints, and its process; end it by Ctrl-C."""
    with subprocess.Popen(
        [*command, *(options or ("--port", "0"))], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            url = process.stdout.readline().strip()
            assert url, process.stderr.read()
            yield url, process
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGINT)
