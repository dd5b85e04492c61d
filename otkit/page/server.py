"""Serves the page, to this machine alone or to a class in one network, and answers what it asks."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
import time
import webbrowser
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from importlib import resources
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from otkit.numerics.kernel import always_compiled
from otkit.page.answers import answer
from otkit.page.connections import Connection
from otkit.page.examples import examples
from otkit.page.town import read_town

HOST = "127.0.0.1"
USUAL_PORT = 6465  # the printed 65 and the true 64; a port that stays lets the browser remember the town
MOST_CONNECTIONS = 128  # at once; a browser takes six
LARGEST_REQUEST = 65_536  # bytes; twelve bakeries and twelve cafés take ten thousand

# Questions that one machine may put in a second, and how many at once: a place that is dragged puts some twenty.
RATE, BURST = 30.0, 90.0
MOST_CLIENTS = 4096  # whose questions are counted; the oldest are forgotten

# The page needs nothing but its own files, and the browser is told so. A page that an upgrade has changed is asked for
# again, since the address is the same.
HEADERS = {
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data:; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}


def make_app(host: str = HOST) -> Starlette:
    """Return the page as an ASGI application: GET /, its files, GET /examples, and POST /answer.

    Parameters
    ----------
    host : str
        The address that it is served at, beside this machine's own.
    """
    files = str(resources.files("otkit.page") / "static")
    return Starlette(
        routes=[
            Route("/examples", _examples),
            Route("/answer", _answer, methods=["POST"]),
            Mount("/", StaticFiles(directory=files, html=True)),
        ],
        middleware=[
            # A page elsewhere can't reach this one by a name that it lets point to 127.0.0.1 (DNS rebinding).
            Middleware(TrustedHostMiddleware, allowed_hosts=[HOST, "localhost", host]),
            Middleware(_WithHeaders),
            Middleware(_WithRate),
        ],
    )


class _WithHeaders:
    """Adds `HEADERS` to every answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        await self._app(scope, receive, send_with_headers)


class _WithRate:
    """Refuses questions of a machine that puts more than `RATE` a second, after `BURST` at once (a token bucket)."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._left: dict[str, tuple[float, float]] = {}  # by address: questions left, and when that was so

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] == "POST" and not self._allows(scope):
            message = (
                f"The page answers {RATE:.0f} questions a second to each machine, and these were more. Wait a moment."
            )
            await _refusal(message, 429)(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _allows(self, scope: Scope) -> bool:
        client, now = (scope.get("client") or ("",))[0], time.monotonic()
        left, since = self._left.pop(client, (BURST, now))
        left = min(BURST, left + RATE * (now - since))
        if len(self._left) >= MOST_CLIENTS:
            del self._left[next(iter(self._left))]
        self._left[client] = (max(left - 1.0, 0.0), now)
        return left >= 1.0


async def _examples(request: Request) -> Response:
    return JSONResponse(examples())


async def _answer(request: Request) -> Response:
    body = bytearray()
    try:
        async for part in request.stream():
            body += part
            if len(body) > LARGEST_REQUEST:
                return _refusal(f"town must be at most {LARGEST_REQUEST} bytes long, but it is longer.", 413)
    except ClientDisconnect:
        return Response(status_code=400)  # which nobody is there to read
    try:
        content = json.loads(body, parse_int=float)  # no integer is too large to be refused as such
    except (ValueError, RecursionError):  # UnicodeDecodeError is a ValueError
        return _refusal("town must be a JSON object, but what was sent is no JSON.", 400)
    try:
        return JSONResponse(answer(read_town(content)))
    except (ValueError, TypeError) as error:
        return _refusal(str(error), 400)


def _refusal(message: str, status: int) -> Response:
    return JSONResponse({"error": message}, status)


def listen(port: int | None, host: str = HOST) -> socket.socket:
    """Return a socket at an address of this machine, on the usual port or any free one if none is asked for.

    Raises
    ------
    OSError
        The port that was asked for is taken, or the address is none of this machine's.
    """
    if port is not None:
        return socket.create_server((host, port))
    try:
        return socket.create_server((host, USUAL_PORT))
    except OSError:
        return socket.create_server((host, 0))


def warm() -> None:
    """Compile what answers need, and keep it on the disk.

    Beside the examples: roads that cost the same, places without loaves, unequal loaves, and cafés that take what the
    bakery beside them bakes, so that a tree has idle arcs, take ways of their own.
    """
    alike, idle, unequal = (examples()["notes"] for _ in range(3))
    alike["table"] = [[1.0] * 6] * 6
    idle["bakeries"][2]["loaves"] = idle["cafes"][0]["loaves"] = 0.0
    unequal["bakeries"][0]["loaves"] = 0.0
    paired = examples()["free"]
    paired["bakeries"] = paired["cafes"] = [{"x": 1.0, "y": float(k % 3), "loaves": k} for k in range(12)]
    with always_compiled():
        for town in (*examples().values(), alike, idle, unequal, paired):
            answer(read_town(town | {"own": "corner"}))
        answer(read_town(examples()["notes"] | {"mode": "monge", "own": "printed"}))


@contextmanager
def warming() -> Iterator[None]:
    """Compile in another process, which leaves kernels on the disk; Python answers until they are there."""
    compiler = subprocess.Popen([sys.executable, "-c", "from otkit.page.server import warm; warm()"])
    try:
        yield
    finally:
        compiler.terminate()
        compiler.wait()


def serve(port: int | None, *, host: str = HOST, open_browser: bool, report: Callable[[str], Any]) -> None:
    """Serve the page until Ctrl-C.

    Parameters
    ----------
    port : int or None
        None takes the usual one, or any free one.
    host : str
        An address of this machine; at another than 127.0.0.1, others in the network can open the page.
    open_browser : bool
    report : callable
        Called with the address once the page can be opened.
    """
    with listen(port, host) as listener, warming():
        for town in examples().values():  # so that modules are loaded when somebody waits
            answer(read_town(town | {"own": "corner"}))
        url = f"http://{host}:{listener.getsockname()[1]}/"
        report(url)
        if open_browser:  # in a thread, since a browser in the terminal comes back only when it is closed
            threading.Thread(target=webbrowser.open, args=(url,), daemon=True).start()
        settings = uvicorn.Config(
            make_app(host),
            http=Connection,
            limit_concurrency=MOST_CONNECTIONS,
            log_level="error",  # what a client does wrong it is told itself
            lifespan="off",
            ws="none",
            timeout_graceful_shutdown=1,
        )
        with suppress(KeyboardInterrupt):  # which Uvicorn passes on once it has closed all connections
            uvicorn.Server(settings).run(sockets=[listener])
