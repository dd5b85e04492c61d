"""Connections that end: a client that sends half a request, or none, does not hold one for ever."""

from __future__ import annotations

import asyncio
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

# Seconds from a connection, or from the first byte of a later request, until the whole request must be there.
PATIENCE = 10.0

# Seconds for what is under way when the server ends; later than that, Uvicorn would cancel it and print a traceback.
LAST_WORDS = 0.5


class Connection(H11Protocol):
    """A connection that is closed where a request is not complete in time; Uvicorn has no such limit.

    The time runs from the first byte of a request to its last, however slowly bytes drip in between. Idle connections
    between two requests are closed by Uvicorn (`timeout_keep_alive`).
    """

    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        """Wait for the first request."""
        super().connection_made(transport)
        self._wait()

    def data_received(self, data: bytes) -> None:
        """Read on; stop waiting where the request is complete."""
        super().data_received(data)
        if self.conn.their_state in (h11.IDLE, h11.SEND_BODY):
            self._wait()
        else:
            self._stop_waiting()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop waiting."""
        self._stop_waiting()
        super().connection_lost(exc)

    def shutdown(self) -> None:
        """End: at once between two requests, after `LAST_WORDS` within one, as if its client had left."""
        super().shutdown()
        self.loop.call_later(LAST_WORDS, self.transport.abort)

    def _wait(self) -> None:
        if self._deadline is None:
            self._deadline = self.loop.call_later(PATIENCE, self._give_up)

    def _stop_waiting(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _give_up(self) -> None:
        self.transport.close()
