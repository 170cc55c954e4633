"""The page's parts without a broker: the feed, the answers of the app, the words."""

from __future__ import annotations

import asyncio
import http.client
import shutil
import socket
import ssl
import subprocess
import time
import urllib.parse
from html.parser import HTMLParser

import httpx
import msgspec
import pytest
from web_caller import Caller, make_site

from edge.aggregator.health import RefusalView
from edge.aggregator.ingest import Refusal
from edge.aggregator.store import Decision
from edge.aggregator.store_view import StoreView
from edge.aggregator.web import feed as feed_module
from edge.aggregator.web import shelf_map, words
from edge.aggregator.web.live import Sections, changed
from edge.aggregator.web.pages.overview import SECTIONS, sections_of
from edge.aggregator.web.refusals import HEADERS
from edge.aggregator.web.server import WebServer
from edge.aggregator.web.site import Site
from edge.config import WebSection
from edge.errors import StartError
from edge.messages import (
    Cart,
    CartLine,
    EventKind,
    EvidenceTerms,
    Hypothesis,
    ItemCount,
    PlateHealth,
    SensorState,
)


@pytest.fixture
def site(store_dir, catalogue, planogram, view) -> Site:
    return make_site(store_dir, catalogue, planogram, view)


def document(site: Site, view: StoreView) -> str:
    site.feed.view = view
    return Caller(site).get("/").text


@pytest.fixture
def view(shelf) -> StoreView:
    event = shelf.event(1, quantity=2)
    line = CartLine(
        sku="0001", name="Spring water", quantity=2, probability=0.987, unit_price=1.5, unit_price_minor=150,
        events=(str(event.identity), "gone-b-9"), confidence="sure",
    )  # fmt: skip
    return StoreView(
        store="corner shop",
        utc=time.time(),
        carts=(
            Cart(
                visit="anna",
                t=1.0,
                lines=(line,),
                total=3.0,
                total_minor=300,
                currency="EUR",
                probability=0.98,
                needs_review=False,
            ),
        ),
        decisions=(
            Decision(event, EventKind.PICK, (ItemCount("0001", 2),), "anna", 0.98, needs_review=False),
        ),
        broker_connected=True,
    )


class Elements(HTMLParser):
    """Ids, inline styles and scripts, and the balance of a document's elements."""

    VOID = ("meta", "link", "img", "input")

    def __init__(self, html: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.inline: list[str] = []
        self.open: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        named = dict(attributes)
        if "id" in named:
            self.ids.append(named["id"])
        self.inline += [name for name in named if name == "style" or name.startswith("on")]
        if tag == "script" and "src" not in named:
            self.inline.append("script")
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_document_is_well_formed_and_has_nothing_inline(site, view):
    elements = Elements(document(site, view))
    assert elements.open == []
    assert elements.inline == []
    assert len(set(elements.ids)) == len(elements.ids)
    assert set(SECTIONS) <= set(elements.ids)


def test_document_says_what_the_view_holds(site, view):
    html = document(site, view)
    for words_ in ("Visit anna", "98 % sure, no question open", "2 ×", "3.00", "measured", "−1200.0 g",
                   "planned on this spot", "Event gone-b-9 is older"):  # fmt: skip
        assert words_ in html


def test_names_from_outside_are_escaped(site, view):
    evil = "<script>alert(1)</script>"
    cart = msgspec.structs.replace(view.carts[0], visit=evil)
    refusal = RefusalView(evil, Refusal.UNREADABLE, 1, evil, 1.0)
    html = document(site, msgspec.structs.replace(view, carts=(cart,), refusals=(refusal,)))
    assert evil not in html
    assert "&lt;script&gt;" in html


def test_every_answer_forbids_foreign_content(site):
    client = Caller(site)
    for path in ("/", "/api/v1/state", "/healthz", "/static/steelyard.css", "/static/live.js", "/none"):
        answer = client.get(path)
        assert answer.status_code == (404 if path == "/none" else 200), path
        for name, value in HEADERS.items():
            assert answer.headers[name] == value
    assert client.get("/static/../app.py").status_code == 404
    assert client.post("/").status_code == 405
    assert client.get("/api/v1/state").json()["carts"][0]["visit"] == "anna"


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"broker_connected": False}, "broker"),
        ({"ledger_fault": "ledger: it is locked"}, "locked"),
        ({"utc": 1.0}, "stalls"),
    ],
)
def test_healthz_names_the_fault(site, view, change, fault):
    client = Caller(site)
    assert client.get("/healthz").json() == {"status": "ok", "faults": [], "alarms": []}
    site.feed.offer(msgspec.structs.replace(view, **change))
    answer = client.get("/healthz")
    assert answer.status_code == 503
    assert fault in answer.json()["faults"][0]


def test_a_slow_stream_gets_the_latest_state_and_skips_the_rest(site, view):
    async def story() -> list[tuple[str, str]]:
        feed = site.feed
        feed.bind(asyncio.get_running_loop())
        stream = changed(feed.follow(), Sections(lambda view: sections_of(site.templates, view)))
        first = [await anext(stream) for _ in SECTIONS]
        assert [name for name, _ in first] == list(SECTIONS)
        for total in range(1, 200):
            cart = msgspec.structs.replace(view.carts[0], total_minor=100 * total)
            feed.offer(msgspec.structs.replace(view, carts=(cart,)))
        await asyncio.sleep(0.01)
        later = [await anext(stream)]
        feed.close()
        return later + [each async for each in stream]

    later = asyncio.run(story())
    assert [name for name, _ in later] == ["carts"]
    assert "199.00" in later[0][1]


def test_streams_are_limited(site, monkeypatch):
    monkeypatch.setattr(feed_module, "STREAMS_MAX", 0)
    answer = Caller(site).get("/live")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "10")


def test_a_dead_page_never_holds_up_the_writer_or_the_others(site, view):
    """A client that reads nothing, over real sockets, while another follows."""
    feed = site.feed
    server = WebServer(WebSection(port=0), site)
    server.start()
    try:
        dead = socket.create_connection(("127.0.0.1", server.port))
        dead.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
        dead.sendall(b"GET /live HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        living = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
        living.request("GET", "/live")
        stream = living.getresponse()
        longest_s = 0.0
        for total in range(300):
            cart = msgspec.structs.replace(view.carts[0], total_minor=100 * total)
            began = time.monotonic()
            feed.offer(msgspec.structs.replace(view, carts=(cart,)))
            longest_s = max(longest_s, time.monotonic() - began)
            time.sleep(0.002)
        while b"299.00" not in stream.readline():
            pass
        assert longest_s < 1.0
        dead.close()
        living.close()
    finally:
        began = time.monotonic()
        server.stop()
    assert time.monotonic() - began < 10.0
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.1", server.port), timeout=2)


def test_taken_port_is_one_sentence(site):
    server = WebServer(WebSection(port=0), site)
    assert urllib.parse.urlsplit(server.url).port == server.port
    with pytest.raises(StartError, match="the page cannot listen"):
        WebServer(WebSection(port=server.port), site)
    server.stop()


def test_map_has_every_plate_once_and_the_top_shelf_first(catalogue, planogram):
    (gondola,) = shelf_map.lay_out(planogram, catalogue)
    assert [row.shelf for row in gondola.shelves] == ["2", "1"]
    cells = [cell for row in gondola.shelves for cell in row.cells]
    assert sorted(plate for cell in cells for plate in cell.plates) == sorted(planogram.plates)
    assert [len(cell.plates) for cell in gondola.shelves[1].cells] == [2, 1, 1]
    assert cells[-1].skus == ()


def test_cell_knows_states_and_latest_event(catalogue, planogram, view):
    (gondola,) = shelf_map.lay_out(planogram, catalogue)
    cell = gondola.shelves[1].cells[0]
    plates = {"wall/1/1": PlateHealth("wall/1/1", SensorState.STUCK)}
    state = shelf_map.state_of(cell, plates, shelf_map.latest_by_plate(view.decisions))
    assert state.states == ("stuck", "unheard")
    assert (state.event, state.kind) == (str(view.decisions[0].event.identity), EventKind.PICK)


@pytest.mark.parametrize(
    ("probability", "said"),
    [(0.0, "under 1 %"), (0.009, "under 1 %"), (0.01, "1 %"), (0.29, "29 %"), (0.9799, "97 %"),
     (0.98, "98 %"), (0.99, "99 %"), (0.9901, "over 99 %"), (1.0, "over 99 %")],
)  # fmt: skip
def test_percent_is_never_surer_than_the_figure(probability, said):
    assert words.percent(probability) == said


def test_words():
    assert words.grams(-621.84, signed=True) == "−621.8 g"
    assert words.grams(12_500) == "12.5 kg"
    assert words.money(None, "EUR") == "–"
    assert words.money(-150, "EUR") == "−1.50"
    assert words.money(2**60 + 1, "JPY") == "1152921504606846977"
    assert words.visit_name("3325379692103139202") == "visit …139202"
    assert words.plate_names(("1/5/10", "1/5/11", "fridge/2/1")) == (
        "gondola 1, shelf 5, plates 10 and 11; fridge, shelf 2, plate 1"
    )
    assert words.plate_names(()) == "no plate"


def test_reasons_in_words(catalogue, planogram, shelf):
    explainer = words.Explainer(catalogue, planogram)
    hypotheses = (
        Hypothesis((ItemCount("0001", 1),), 0.9, EvidenceTerms(vision=-0.1), -600.4),
        Hypothesis((ItemCount("0002", 6),), 0.09, EvidenceTerms(vision=-5.0, stock=-4.0), -603.0),
        Hypothesis((), 0.01, EvidenceTerms()),
    )
    event = msgspec.structs.replace(shelf.event(1), hypotheses=hypotheses)
    reasons = [explainer.reasons(event, hypothesis) for hypothesis in hypotheses]
    assert reasons[0] == (
        "weight fits: 0.4 g from what was expected", "planned on this spot", "the camera agrees",
    )  # fmt: skip
    assert reasons[1] == (
        "weight is a little off: 3.0 g from what was expected", "not planned here",
        "an unusual number of units", "the camera speaks against it",
    )  # fmt: skip
    assert explainer.items(()) == "nothing of the catalogue"


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl to make a certificate")
def test_pages_over_tls_and_a_certificate_that_cannot_be_used(site, tmp_path):
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
         "-addext", "subjectAltName=DNS:localhost", "-keyout", "key.pem", "-out", "cert.pem"],
        cwd=tmp_path, check=True, capture_output=True,
    )  # fmt: skip
    with pytest.raises(StartError, match="certificate cannot be used"):
        WebServer(WebSection(port=0, certificate="key.pem", key="key.pem"), site, tmp_path)
    server = WebServer(WebSection(port=0, certificate="cert.pem", key="key.pem"), site, tmp_path)
    assert server.url.startswith("https://")
    server.start()
    try:
        trust = ssl.create_default_context(cafile=tmp_path / "cert.pem")
        answer = httpx.get(f"https://localhost:{server.port}/sign-in", verify=trust, timeout=30)
        assert answer.status_code == 200
    finally:
        server.stop()
