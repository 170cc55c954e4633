"""The pages over a real writer, without broker, browser or socket."""

from __future__ import annotations

import asyncio
import queue
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from writer_bench import Bench

from edge.aggregator.exchange.records import LedgerRecords
from edge.aggregator.store_view import StoreView
from edge.aggregator.web.access.access import Access
from edge.aggregator.web.app import create_app
from edge.aggregator.web.clerk import Clerk
from edge.aggregator.web.feed import Feed
from edge.aggregator.web.rendering import Templates
from edge.aggregator.web.site import Site
from edge.clock import Clock, SystemClock
from edge.config import ExportsSection
from edge.planogram import Catalogue, Planogram

KEY = b"k" * 32
HERE = "http://127.0.0.1"


def make_site(
    state_dir: Path, catalogue: Catalogue, planogram: Planogram, view: StoreView, clock: Clock | None = None
) -> Site:
    clock = clock or SystemClock()
    access = Access(state_dir, KEY, clock)
    templates = Templates(catalogue, planogram, access.forms, view.store)
    records = LedgerRecords(state_dir / "ledger.sqlite", view.store, ExportsSection())
    return Site(Feed(view), Clerk(queue.Queue()), templates, access, clock, catalogue, planogram, records)


class Caller:
    """A browser with its cookies that asks the app directly."""

    def __init__(self, site: Site, *, base_url: str = HERE, address: str = "127.0.0.1") -> None:
        self.app = create_app(site)
        self.cookies = httpx.Cookies()
        self._base_url, self._address = base_url, address

    def get(self, path: str, **headers: str) -> httpx.Response:
        return self.send("GET", path, headers=headers)

    def post(self, path: str, fields: dict[str, str] | None = None, **headers: str) -> httpx.Response:
        return self.send("POST", path, data=fields or {}, headers=headers)

    def send(self, method: str, path: str, **parts) -> httpx.Response:
        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(app=self.app, client=(self._address, 1))
            async with httpx.AsyncClient(
                transport=transport, base_url=self._base_url, cookies=self.cookies
            ) as client:
                answer = await client.request(method, path, **parts)
                self.cookies = client.cookies
                return answer

        return asyncio.run(ask())

    def fill(self, page: str, action: str, fields: dict[str, str] | None = None) -> httpx.Response:
        """Load a page and send one of its forms, with all that stands in it."""
        return self.post(action, {**form_of(self.get(page).text, action), **(fields or {})})

    def sign_in(self, name: str, password: str) -> httpx.Response:
        return self.fill("/sign-in", "/sign-in", {"name": name, "password": password})


def form_of(html: str, action: str) -> dict[str, str]:
    """Hidden fields of a form by the path that it is sent to."""
    found = re.search(rf'<form[^>]*action="{re.escape(action)}"[^>]*>(.*?)</form>', html, re.DOTALL)
    assert found, f"no form for {action}"
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', found[1]))


@contextmanager
def answering(site: Site, bench: Bench) -> Iterator[None]:
    """A thread that serves the clerk from a writer, as the daemon's loop does."""
    inbox, is_over = site.clerk._inbox, threading.Event()

    def serve() -> None:
        while not is_over.is_set():
            inbox.get()
            site.clerk.answer(bench.writer)

    thread = threading.Thread(target=serve)
    thread.start()
    yield
    is_over.set()
    site.clerk._knock()
    thread.join()
