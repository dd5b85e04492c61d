"""How a command fails: one line on stderr and an exit code, whatever went wrong."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import typer
from typer.core import TyperGroup

from otkit._text import printable

BAD_INPUT, NOT_PROVED, INTERRUPTED = 2, 3, 130


class BadInputError(Exception):
    """What was given can't be used; the message says why."""


class NotProvedError(Exception):
    """A proof does not hold; the message says why."""


@contextmanager
def checking_input() -> Iterator[None]:
    """Take the errors by which otkit refuses arguments for what they are; elsewhere they would be faults of otkit."""
    try:
        yield
    except (ValueError, TypeError, ArithmeticError) as error:
        raise BadInputError(str(error)) from error


class OneLineFailures(TyperGroup):
    """The commands of otkit: errors of usage and of input end in one line, a fault of otkit itself in a traceback.

    Help texts are words: what stands in brackets, such as ``pip install ".[neural]"``, is no markup of Rich.
    """

    def __init__(self, *args: Any, **extra: Any) -> None:
        from rich.markup import escape

        super().__init__(*args, **extra)
        for command in (self, *self.commands.values()):
            command.help = escape(command.help or "")
            for parameter in command.params:
                words = getattr(parameter, "help", None)
                if words:
                    parameter.help = escape(words)  # type: ignore[attr-defined]  # of options and arguments alike

    def main(self, *args: Any, **extra: Any) -> Any:
        """Run a command and exit."""
        extra["standalone_mode"] = False  # failures come here instead of being printed by Click
        try:
            code = super().main(*args, **extra)
            if code == INTERRUPTED:  # how recent versions of Typer report Ctrl-C
                raise KeyboardInterrupt
        except (typer.Abort, KeyboardInterrupt):
            code = _fail("interrupted", INTERRUPTED)
        except MemoryError as error:
            code = _fail(str(error) or "out of memory", BAD_INPUT)
        except OSError as error:
            code = _fail(f"{error.filename}: {error.strerror}" if error.filename else str(error), BAD_INPUT)
        except BadInputError as error:
            code = _fail(str(error), BAD_INPUT)
        except NotProvedError as error:
            code = _fail(str(error), NOT_PROVED)
        except ModuleNotFoundError as error:
            if error.name is not None:  # Python missed a module; otkit itself says what to install instead
                raise
            code = _fail(str(error), BAD_INPUT)
        except Exception as error:  # what is no failure of the input is raised again, with its traceback
            code = _code_of(error)
        sys.exit(code if isinstance(code, int) else 0)


def _code_of(error: Exception) -> int:
    """Report an answer without proof or an error of usage; raise anything else again."""
    if hasattr(
        error, "format_message"
    ):  # Click's errors of usage; Typer brings its own Click, or uses the installed one
        context = getattr(error, "ctx", None)
        hint = f" Try '{context.command_path} --help'." if context is not None else ""
        return _fail(f"{error.format_message().rstrip('.')}.{hint}", BAD_INPUT)

    from otkit.optimal_transport.solve import NotConvergedError

    if not isinstance(error, NotConvergedError):
        raise error
    status = error.result.stats.status
    what = "not proved optimal" if status == "optimal" else f"stopped early, {status.replace('_', ' ')}"
    message = f"{error.result.method}: {what}: {error.certificate.verdict}"
    return _fail(message, INTERRUPTED if status == "interrupted" else NOT_PROVED)


def _fail(message: str, code: int) -> int:
    typer.echo(f"otkit: {printable(' '.join(message.split()))}", err=True)
    return code
