"""`otkit bakery`: the notes' bakeries and cafés, with prices and proof; and as a page to play with."""

from __future__ import annotations

import errno
import ipaddress
from typing import TYPE_CHECKING, Annotated

import typer

from otkit.cli import options
from otkit.cli.failures import BadInputError
from otkit.cli.printing import (
    certificate_fields,
    certificate_rows,
    console,
    labelled,
    print_json,
    result_fields,
)

if TYPE_CHECKING:
    from rich.table import Table

    from otkit.checker.certificate import Certificate
    from otkit.datasets import Bakery
    from otkit.optimal_transport.results import TransportResult


def bakery(
    json: options.Json = False,
    serve: Annotated[
        bool, typer.Option("--serve", help="Open a page to play with, on this machine alone, until Ctrl-C.")
    ] = False,
    port: Annotated[
        int | None,
        typer.Option("--port", min=0, max=65535, help="Port of the page; 0 for any free one.", show_default=False),
    ] = None,
    host: Annotated[
        str | None,
        typer.Option(
            "--host",
            metavar="ADDRESS",
            help="Serve the page at this address of this machine, such as 192.168.1.5, to a class in one network.",
            show_default=False,
        ),
    ] = None,
    open_browser: Annotated[
        bool, typer.Option("--open/--no-open", help="Open the page in the browser, or print its address only.")
    ] = True,
) -> None:
    """Bakeries and cafés of the notes: Monge (65 printed, 64 proved) and Kantorovich (1070), with prices and proof."""
    if serve:
        _serve(port, host, open_browser)
        return
    for name, given in (("port", port), ("host", host)):
        if given is not None:
            raise BadInputError(f"--{name} needs --serve: otkit bakery --serve --{name} {name.upper()}.")
    from otkit.checker.audit import certify
    from otkit.datasets import bakery as bakery_data
    from otkit.optimal_transport.solve import transport

    bread = bakery_data()
    monge, kantorovich = transport(bread.cost), transport(bread.cost, bread.supply, bread.demand)
    printed_map = certify(
        monge.problem, plan=(range(6), bread.printed_assignment, [1.0] * 6), potentials=monge.potentials
    )
    printed_plan = certify(kantorovich.problem, plan=bread.printed_plan, potentials=kantorovich.potentials)
    if json:
        print_json(
            {
                "monge": result_fields(monge),
                "monge_printed": certificate_fields(printed_map),
                "kantorovich": result_fields(kantorovich),
                "kantorovich_printed": certificate_fields(printed_plan),
            }
        )
        return
    _print_problem("Monge: each bakery serves one café (loaves × minutes)", bread, monge, printed_map)
    console().print()
    _print_problem("Kantorovich: loaves may be split (loaves × minutes)", bread, kantorovich, printed_plan)


def _serve(port: int | None, host: str | None, open_browser: bool) -> None:
    """Serve the page until Ctrl-C."""
    try:
        from otkit.page.server import HOST, serve
    except ModuleNotFoundError as missing:
        name = (missing.name or "").partition(".")[0]
        if name not in ("starlette", "uvicorn"):
            raise
        raise BadInputError(
            f'the page needs Starlette and Uvicorn, but {name} is not installed: pip install ".[notebooks]".'
        ) from missing

    address = HOST if host is None else _address(host)
    if address != HOST:
        typer.echo(
            f"Everybody in the network can open the page at {address} and have this machine solve towns of up to 12 "
            "bakeries and 12 cafés. What they send is not encrypted, and nothing of it is kept here. Use it in a "
            "network that you trust.",
            err=True,
        )

    def report(url: str) -> None:
        typer.echo(url)
        typer.echo("Ctrl-C ends it.", err=True)

    typer.echo("Getting ready; the first time, kernels are compiled.", err=True)
    try:
        serve(port, host=address, open_browser=open_browser, report=report)
    except OSError as error:
        if error.errno == errno.EADDRNOTAVAIL:
            raise BadInputError(f"--host must be an address of this machine, but {address} is none.") from error
        raise BadInputError(
            f"port {port} can't be listened on ({error.strerror}). Leave --port out for one that is free."
        ) from error


def _address(host: str) -> str:
    """Return an address that the page may be served at."""
    try:
        address = ipaddress.IPv4Address(host)
    except ValueError:
        raise BadInputError(
            f"--host must be an address of this machine, such as 192.168.1.5, but {host!r} was given. "
            "`hostname -I`, or `ipconfig`, prints it."
        ) from None
    if address.is_unspecified:  # then the page would answer to whatever name a foreign page gives this machine
        raise BadInputError(
            "--host must be one address of this machine, but 0.0.0.0 stands for all of them. `hostname -I`, or "
            "`ipconfig`, prints it."
        )
    return str(address)


def _print_problem(title: str, bread: Bakery, result: TransportResult, printed: Certificate) -> None:
    out = console()
    out.print(title, style="bold")
    out.print(_plan_table(bread, result))
    verdict = "optimal" if printed.optimal else f"not optimal: {printed.fault}"
    out.print(
        labelled(
            [
                ("proved", f"{result.value:g} minutes"),
                ("printed", f"{printed.value:g} minutes in the notes, {verdict}"),
                ("why", "f + g is at most the minutes of any road, and equal on each road used"),
                ("prices", "a common shift is free, f + t and g − t: the lowest f is 0"),
                *certificate_rows(result.certificate, result.proof_lines()),
            ]
        )
    )


def _plan_table(bread: Bakery, result: TransportResult) -> Table:
    """Return the plan, loaves × minutes on each road it uses, with the prices along its sides."""
    from rich import box
    from rich.table import Table

    f, g = result.potentials.from_zero()
    plan = result.plan.toarray()
    table = Table(box=box.SIMPLE_HEAD, show_footer=True, pad_edge=False)
    table.add_column("", footer="price g")
    for name, price in zip(bread.cafes, g, strict=True):
        table.add_column(name, footer=f"{price:g}", justify="right")
    table.add_column("price f", justify="right")
    for name, loaves, minutes, price in zip(bread.bakeries, plan, bread.cost, f, strict=True):
        cells = [f"{k:g} × {c}" if k else "·" for k, c in zip(loaves, minutes, strict=True)]
        table.add_row(name, *cells, f"{price:g}")
    return table
