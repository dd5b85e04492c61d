"""The bakery page without a browser: what the server answers, what it refuses, and the command that starts it."""

from __future__ import annotations

import asyncio
import copy
import json
import re
import signal
import socket
import struct
import subprocess
import sys
import time
import urllib.error
import urllib.request
from importlib import resources

import numpy as np
import pytest
from page_server import COMMAND, serving
from typer.testing import CliRunner

import otkit
from otkit.cli import app
from otkit.datasets import bakery, manhattan
from otkit.optimal_transport.duality import proves_infeasible
from otkit.page.answers import answer
from otkit.page.examples import examples
from otkit.page.server import BURST, make_app
from otkit.page.town import LARGEST_SIDE, read_town

BREAD = bakery()


def town(example="notes", **changes):
    return examples()[example] | changes


def found(example="notes", **changes):
    """What the page is told; through JSON, as it gets it."""
    return json.loads(json.dumps(answer(read_town(town(example, **changes))), allow_nan=False))


# --- numbers ----------------------------------------------------------------------------------------------------------


def library_answer(example, mode):
    if example == "notes":
        return otkit.transport(BREAD.cost, *([BREAD.supply, BREAD.demand] if mode == "kantorovich" else []))
    places = examples()[example]
    x, y = ([[p["x"], p["y"]] for p in places[side]] for side in ("bakeries", "cafes"))
    masses = [[p["loaves"] for p in places[side]] for side in ("bakeries", "cafes")]
    return otkit.transport(otkit.Euclidean().between(x, y), *(masses if mode == "kantorovich" else []))


@pytest.mark.parametrize(
    ("example", "mode"),
    [
        ("notes", "kantorovich"),
        ("notes", "monge"),
        ("manhattan", "kantorovich"),
        ("free", "kantorovich"),
        ("free", "monge"),
    ],
)
def test_numbers_are_those_of_the_library(example, mode):
    shown, expected = found(example, mode=mode), library_answer(example, mode)
    best, problem = shown["optimum"], expected.problem
    assert shown["infeasible"] is shown["explanation"] is None
    assert best["value"] == expected.value
    assert expected.certificate.unique
    assert best["plan"] == expected.plan.toarray().tolist()
    assert (best["certificate"]["lower"], best["certificate"]["upper"]) == (
        expected.certificate.lower,
        expected.certificate.upper,
    )
    assert best["certificate"]["proof"] == "exact"
    f, g, slack = (np.array(best[name]) for name in ("f", "g", "slack"))
    scale = np.abs(shown["cost"]).max()
    assert f.min() == 0.0
    assert np.array(shown["cost"]) - f[:, None] - g == pytest.approx(slack, abs=1e-9 * scale)
    assert (slack >= 0.0).all()
    assert (slack[np.array(best["plan"]) > 0.0] == 0.0).all()
    identity = best["identity"]
    assert identity["total"] == pytest.approx(expected.value, rel=1e-13)
    assert sum(identity["f_terms"]) == pytest.approx(identity["f_sum"], rel=1e-13)
    assert sum(identity["g_terms"]) == pytest.approx(identity["g_sum"], rel=1e-13)
    assert identity["f_sum"] + identity["g_sum"] == pytest.approx(expected.value, rel=1e-13)
    assert shown["supply"] == problem.a.tolist()


def test_the_manhattan_of_the_page_is_that_of_the_datasets():
    streets = manhattan()
    expected = otkit.transport(
        otkit.Euclidean().between(streets.bakeries, streets.cafes), streets.supply, streets.demand
    )
    assert found("manhattan")["optimum"]["value"] == expected.value


def test_monge_is_64_and_the_printed_65_loses_one_on_a_road_that_is_named():
    shown = found(mode="monge", own="printed")
    assert shown["optimum"]["value"] == 64
    own = shown["own"]
    assert (own["value"], own["loss"], own["feasible"]) == (65, 1, True)
    assert own["roads"] == [{"from": 1, "to": 1, "loaves": 1, "slack": 1, "loss": 1}]
    assert own["certificate"]["lower"] == 64


def test_the_printed_plan_of_kantorovich_is_a_best_one():
    own = found(own="printed")["own"]
    assert own["plan"] == BREAD.printed_plan.tolist()
    assert (own["value"], own["loss"], own["roads"]) == (1070, 0, [])


@pytest.mark.parametrize("example", ["notes", "manhattan"])
def test_a_plan_of_ones_own_loses_what_its_roads_cost_beyond_the_prices(example, rng):
    content = town(example)
    best = found(example)["optimum"]
    for _ in range(5):
        shuffled = copy.deepcopy(content)  # the corner rule on shuffled places gives all sorts of plans
        order = rng.permutation(len(content["bakeries"]))
        shuffled["bakeries"] = [content["bakeries"][k] for k in order]
        if shuffled["table"] is not None:
            shuffled["table"] = [content["table"][k] for k in order]
        corner = np.array(answer(read_town(shuffled | {"own": "corner"}))["own"]["plan"])
        plan = corner[np.argsort(order)]
        shown = found(example, own=plan.tolist())
        own = shown["own"]
        assert own["feasible"]
        assert own["value"] == pytest.approx((plan * shown["cost"]).sum(), rel=1e-13)
        assert own["loss"] == pytest.approx(own["value"] - best["value"], rel=1e-9)
        assert sum(road["loss"] for road in own["roads"]) == pytest.approx(own["loss"], rel=1e-13)
        for road in own["roads"]:
            assert road["slack"] == best["slack"][road["from"]][road["to"]] > 0
            assert road["loaves"] == plan[road["from"], road["to"]]


def test_a_plan_that_is_none_is_told_where():
    plan = BREAD.printed_plan.copy()
    plan[0, 0], plan[5, 5] = 0, 4
    own = found(own=plan.tolist())["own"]
    assert not own["feasible"]
    assert own["loss"] is None
    assert own["row_missing"] == [1, 0, 0, 0, 0, -2]
    assert own["col_missing"] == [1, 0, 0, 0, 0, -2]


def test_half_a_bakery_serves_no_cafe_in_monge_s_problem():
    own = found(mode="monge", own=np.full((6, 6), 1 / 6).tolist())["own"]
    assert own["split"]
    assert not own["feasible"]
    assert own["row_missing"] == [0] * 6


@pytest.mark.parametrize(("loaves", "sign"), [(30, 1), (20, -1)])
def test_unequal_loaves_give_a_farkas_certificate_and_a_way_to_mend_them(loaves, sign):
    content = town()
    content["bakeries"][0]["loaves"] = loaves
    shown = answer(read_town(content | {"own": "corner"}))
    assert shown["optimum"] is None
    proof = shown["infeasible"]
    assert proof["y"] == [[sign] * 6, [-sign] * 6]
    assert proof["product"] == abs(loaves - 24)
    assert proof["largest"] == 0
    assert proof["checked"]
    assert proves_infeasible(np.ravel(proof["y"]), shown["supply"], shown["demand"])
    assert shown["own"]["loss"] is None
    for cafe, orders in zip(content["cafes"], proof["scaled_demand"], strict=True):
        cafe["loaves"] = orders
    assert answer(read_town(content))["optimum"]["certificate"]["optimal"]


def test_monge_needs_as_many_cafes_as_bakeries():
    shown = found("manhattan", mode="monge")
    assert shown["optimum"] is shown["infeasible"] is None
    assert "8 bakeries and 5 cafés" in shown["explanation"]


def test_of_several_best_plans_the_first_is_shown_and_said_not_to_be_the_only_one():
    level = town(costs="table", table=[[1.0] * 6] * 6)
    best = answer(read_town(level))["optimum"]
    assert best["value"] == 100
    assert best["certificate"]["unique"] is False
    expected = otkit.transport(np.ones((6, 6)), BREAD.supply, BREAD.demand, canonical=True)
    assert best["plan"] == expected.plan.toarray().tolist()


def test_places_without_loaves_have_prices_too():
    content = town("free")
    content["bakeries"].append({"x": 300.0, "y": 300.0, "loaves": 0})
    best = answer(read_town(content))["optimum"]
    assert best["plan"][3] == [0, 0, 0]
    assert best["value"] == found("free")["optimum"]["value"]
    assert min(best["slack"][3]) == 0


@pytest.mark.parametrize(("bakery_k", "cafe_k", "rate", "last"), [(3, 0, 8, 7), (2, 2, -1, 1)])
def test_what_the_lecture_says_of_prices(bakery_k, cafe_k, rate, last):
    content = town()
    best = found()["optimum"]
    assert best["f"][bakery_k] + best["g"][cafe_k] == rate
    for more in range(1, last + 2):
        content["bakeries"][bakery_k]["loaves"] += 1
        content["cafes"][cafe_k]["loaves"] += 1
        risen = answer(read_town(content))["optimum"]["value"] - 1070
        assert (risen == rate * more) == (more <= last)


# --- what is refused --------------------------------------------------------------------------------------------------


def without(name):
    return {key: value for key, value in town().items() if key != name}


def with_place(**changes):
    content = town()
    content["cafes"][2] |= changes
    return content


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ([], "town must be a JSON object, but list was given."),
        ({}, "town must have 'mode', but it has nothing."),
        (without("cafes"), "town must have 'cafes', but it has 'example'"),
        (town(mode="mongee"), "mode must be one of kantorovich, monge, but 'mongee' was given. Did you mean 'monge'?"),
        (town(costs=None), "costs must be one of table, distance, but None was given."),
        (town(bakeries=[]), "bakeries must be 1 to 12 places, but 0 were given."),
        (town(cafes=[{"x": 0, "y": 0, "loaves": 1}] * (LARGEST_SIDE + 1)), "cafes must be 1 to 12 places, but 13"),
        (town(cafes=[1]), "cafes must be a list of objects with x, y and loaves."),
        (town(cafes=[{"x": 0}]), "cafes[0] must have 'y', but it has none."),
        (with_place(loaves=-2), "demand must be non-negative, but demand[2] = -2.0."),
        (with_place(loaves="3"), "demand must be numeric, but it holds '"),
        (with_place(x=None), "cafes must hold no missing values, but cafes[2, 0] is missing (1 of 12)."),
        (with_place(x=float("inf")), "cafes must be finite, but cafes[2, 0] = inf."),
        (with_place(loaves=1e300), "demand must be at most 1e+09 in size, but demand[2] = 1e+300."),
        (town(table=[[1.0]]), "table must have shape (6, 6), a row for each bakery and a column for each café"),
        (town(table=[[1.0], [1.0, 2.0]]), "table must be a rectangular array of numbers"),
        (town(own="worst"), "own must be one of best, corner, nothing, printed, but 'worst' was given."),
        (town(own=[[0.0]]), "own must have shape (6, 6)"),
        (town(own=[[-1.0] + [0.0] * 5] + [[0.0] * 6] * 5), "own must be non-negative, but own[0, 0] = -1.0."),
        (town("free", own="printed"), "own may be 'printed' for the 6 bakeries and 6 cafés of the notes, but"),
        (town("manhattan", mode="monge", own="best"), "own must be a plan, or 'corner' or 'nothing', but 'best' was"),
    ],
)
def test_a_town_that_is_none_is_refused_in_one_sentence(content, message):
    with pytest.raises((ValueError, TypeError)) as refusal:
        answer(read_town(content))
    assert str(refusal.value).startswith(message)


# --- the server -------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def url():
    with serving() as (address, _):
        yield address


def ask(url, path="answer", body=None, **headers):
    """Status, headers and text of an answer."""
    request = urllib.request.Request(url + path, data=body, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=20) as response:
            return response.status, response.headers, response.read().decode()
    except urllib.error.HTTPError as refusal:
        with refusal:
            return refusal.code, refusal.headers, refusal.read().decode()


def test_the_server_answers_what_the_browser_asks(url):
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/", url)
    status, headers, text = ask(url, "")
    assert (status, headers.get_content_type()) == (200, "text/html")
    assert "Bakeries and cafés" in text
    assert headers["Content-Security-Policy"].startswith("default-src 'self';")
    assert headers["X-Content-Type-Options"] == "nosniff"
    shown = json.loads(ask(url, "examples")[2])
    assert shown == examples()
    status, _, text = ask(url, body=json.dumps(shown["notes"]).encode())
    assert (status, json.loads(text)["optimum"]["value"]) == (200, 1070)


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        (b"{", 400, "town must be a JSON object, but what was sent is no JSON."),
        (b"\xff\xfe", 400, "town must be a JSON object, but what was sent is no JSON."),
        (b"[" * 60_000, 400, "town must be a JSON object, but what was sent is no JSON."),
        (b"[]", 400, "town must be a JSON object, but list was given."),
        (b"9" * 5000, 400, "town must be a JSON object, but"),
        (json.dumps(with_place(y=10**300)).encode(), 400, "cafes must be at most 1e+09 in size, but"),
        (json.dumps(with_place(y=10**400)).encode(), 400, "cafes must be finite, but cafes[2, 1] = inf."),
        (b" " * 70_000, 413, "town must be at most 65536 bytes long, but it is longer."),
    ],
)
def test_the_server_says_what_is_wrong_and_goes_on(url, body, status, message):
    code, _, text = ask(url, body=body)
    assert code == status
    assert json.loads(text)["error"].startswith(message)
    assert ask(url, "examples")[0] == 200


def test_the_server_answers_to_its_own_names_alone(url):
    assert ask(url, "examples", Host="localhost:1")[0] == 200
    assert ask(url, "examples", Host="bakery.example")[0] == 400
    assert ask(url, "%2e%2e/server.py")[0] == 404
    assert ask(url, "answer")[0] in (404, 405)


def test_nothing_is_left_to_compile_once_the_page_is_warm():
    program = """
import gc, json, sys
from numba.core.dispatcher import Dispatcher
from otkit.page.answers import answer
from otkit.page.server import warm
from otkit.page.town import read_town

def kernels():
    return sum(len(kernel.overloads) for kernel in gc.get_objects() if isinstance(kernel, Dispatcher))

cold = kernels()
warm()
ready = kernels()
for town in json.load(sys.stdin):
    answer(read_town(town))
print(ready > cold, kernels() - ready)
"""
    row = [{"x": 1, "y": k % 3, "loaves": k} for k in range(12)]
    towns = [town(example, own=own) for example in examples() for own in ("corner", "nothing", "best")]
    towns += [town(mode="monge", own="printed"), town("free", mode="monge")]
    towns += [with_place(loaves=0), with_place(loaves=99)]
    towns += [town("free", costs="table", table=[[0.5] * 3] * 3), town("free", bakeries=row[3:4])]
    towns += [town("free", bakeries=row, cafes=row)]
    done = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True, input=json.dumps(towns)
    )
    assert done.stdout.split() == ["True", "0"]


# --- clients that leave, or never come to an end ---------------------------------------------------------------------


HALVES = {
    "nothing": b"",
    "half a line": b"GET / HT",
    "half of the headers": b"GET / HTTP/1.1\r\nHost: localhost\r\nAccept: ",
    "half of a body": b"POST /answer HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{",
    "half of a chunk": b"POST /answer HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n9\r\n{",
    "a second request": b"GET /examples HTTP/1.1\r\nHost: localhost\r\n\r\nGET / HT",
    "none of the web's": b"\x16\x03\x01\x00\xee\x01" * 20,
}
# The command, with less patience than it has, so that nobody waits for it here.
IMPATIENT = [
    sys.executable,
    "-c",
    "from otkit.page import connections; connections.PATIENCE = 0.5; from otkit.cli import main; main()",
    *COMMAND[3:],
]


@pytest.fixture(scope="module")
def impatient():
    with serving(command=IMPATIENT) as (address, process):
        yield address, process


@pytest.mark.parametrize("name", HALVES)
def test_half_a_request_is_not_waited_for(impatient, name):
    url, _ = impatient
    port = int(url.rstrip("/").rsplit(":", 1)[1])
    with socket.create_connection(("127.0.0.1", port), timeout=30) as client:
        client.sendall(HALVES[name])
        received = b""
        while part := client.recv(65536):  # until the server closes, which a timeout would turn into an error
            received += part
    assert (b"200 OK" in received) == (name == "a second request")
    assert ask(url, "examples")[0] == 200


def drip(port):
    """Send a header after the other, for half a minute."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n")
        for k in range(600):
            client.sendall(b"X-%d: 1\r\n" % k)
            time.sleep(0.05)


def test_bytes_that_drip_are_not_waited_for_either(impatient):
    with pytest.raises((BrokenPipeError, ConnectionResetError)):
        drip(int(impatient[0].rstrip("/").rsplit(":", 1)[1]))


def test_clients_that_leave_are_nothing_to_talk_about():
    with serving() as (url, process):
        port = int(url.rstrip("/").rsplit(":", 1)[1])
        whole = json.dumps(town()).encode()
        head = b"POST /answer HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n" % len(whole)
        for sent in (*HALVES.values(), head + whole, head + whole[:50], b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"):
            for hard in (False, True):
                with socket.create_connection(("127.0.0.1", port), timeout=30) as client:
                    if hard:  # closed by a reset
                        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    client.sendall(sent)
        assert ask(url, "examples")[0] == 200
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0
        assert process.stderr.read().splitlines()[1:] == ["Ctrl-C ends it."]


def test_requests_under_way_when_the_page_ends_are_nothing_to_talk_about_either():
    with serving() as (url, process):
        port = int(url.rstrip("/").rsplit(":", 1)[1])
        clients = [socket.create_connection(("127.0.0.1", port), timeout=30) for _ in HALVES]
        for client, half in zip(clients, HALVES.values(), strict=True):
            client.sendall(half)
        assert ask(url, "examples")[0] == 200  # after which the halves have arrived
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0
        assert process.stderr.read().splitlines()[1:] == ["Ctrl-C ends it."]
        for client in clients:
            client.close()


# --- the command ------------------------------------------------------------------------------------------------------


def refused(*arguments):
    outcome = CliRunner().invoke(app, ["bakery", *arguments], prog_name="otkit")
    assert outcome.exit_code == 2, outcome.output
    assert outcome.stdout == ""
    return outcome.stderr.splitlines()[-1]


@pytest.mark.parametrize("missing", ["starlette", "uvicorn"])
def test_without_its_libraries_the_command_says_what_to_install(missing):
    program = (
        f"import sys; sys.modules[{missing!r}] = None\n"  # as Python marks a module that is not there
        "sys.argv = ['otkit', 'bakery', '--serve', '--no-open']\n"
        "from otkit.cli import main; main()"
    )
    done = subprocess.run([sys.executable, "-c", program], check=False, capture_output=True, text=True, timeout=60)
    expected = f'the page needs Starlette and Uvicorn, but {missing} is not installed: pip install ".[notebooks]".'
    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"otkit: {expected}\n")


def test_a_port_that_is_taken_and_one_without_a_page_are_refused():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        message = refused("--serve", "--no-open", "--port", str(port))
    assert message.startswith(f"otkit: port {port} can't be listened on (")
    assert refused("--port", "1") == "otkit: --port needs --serve: otkit bakery --serve --port PORT."


@pytest.mark.parametrize(
    ("host", "message"),
    [
        ("0.0.0.0", "--host must be one address of this machine, but 0.0.0.0 stands for all of them."),
        (
            "bakery.example",
            "--host must be an address of this machine, such as 192.168.1.5, but 'bakery.example' was given.",
        ),
        ("203.0.113.7", "--host must be an address of this machine, but 203.0.113.7 is none."),
    ],
)
def test_an_address_that_is_not_this_machine_s_is_refused(host, message):
    assert message in refused("--serve", "--no-open", "--host", host)
    assert refused("--host", "127.0.0.1").endswith("--host needs --serve: otkit bakery --serve --host HOST.")


def test_a_class_is_served_at_one_address_with_a_warning():
    with serving("--port", "0", "--host", "127.0.0.2") as (url, process):
        assert re.fullmatch(r"http://127\.0\.0\.2:\d+/", url)
        assert ask(url, "examples")[0] == 200
        assert ask(url, "examples", Host="bakery.example")[0] == 400
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0
        warning = process.stderr.read()
    assert "Everybody in the network can open the page at 127.0.0.2" in warning
    assert "not encrypted" in warning


def sent(page, method, path, address):
    """Return status and body of what the page answers to a machine at an address."""
    headers = [(b"host", b"127.0.0.1")]
    scope = {"type": "http", "method": method, "path": path, "raw_path": path.encode(), "headers": headers}
    scope |= {"query_string": b"", "root_path": "", "scheme": "http", "client": (address, 5), "http_version": "1.1"}
    messages = []

    async def receive():
        return {"type": "http.request", "body": b"{", "more_body": False}

    async def send(message):
        messages.append(message)

    asyncio.run(page(scope, receive, send))
    return messages[0]["status"], b"".join(message.get("body", b"") for message in messages[1:])


def test_a_machine_that_asks_without_end_is_told_to_wait():
    page = make_app()
    answers = [sent(page, "POST", "/answer", "10.0.0.8") for _ in range(int(BURST) + 200)]
    assert {status for status, _ in answers[: int(BURST)]} == {400}
    refusals = [body for status, body in answers if status == 429]
    assert refusals
    assert json.loads(refusals[0])["error"].startswith("The page answers 30 questions a second to each machine")
    assert sent(page, "GET", "/examples", "10.0.0.8")[0] == 200
    assert sent(page, "POST", "/answer", "10.0.0.9")[0] == 400  # which has asked nothing yet


def test_ctrl_c_ends_the_page_without_a_word():
    with serving() as (url, process):
        assert ask(url, "examples")[0] == 200
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0
        assert process.stdout.read() == ""
        assert process.stderr.read().splitlines()[1:] == ["Ctrl-C ends it."]


# --- the files --------------------------------------------------------------------------------------------------------


def test_the_page_is_whole_and_names_no_other_machine():
    folder = resources.files("otkit.page") / "static"
    files = {file.name: file.read_text(encoding="utf-8") for file in folder.iterdir()}
    named = set(re.findall(r'(?:src|href)="([\w.]+)"', files["index.html"]))
    named |= {name for text in files.values() for name in re.findall(r'from "\./([\w.]+)"', text)}
    assert named | {"index.html"} == files.keys()
    for name, text in files.items():
        assert len(text.splitlines()) < 500, name
        addresses = set(re.findall(r"https?://[^\s\"']+", text))
        assert addresses <= {"http://www.w3.org/2000/svg"}, name
        for markup in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("):
            assert markup not in text, name
