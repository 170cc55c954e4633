"""A site with accounts, and browsers of people who have them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest
from web_caller import Caller, answering, make_site

from edge.aggregator.store_view import StoreView
from edge.aggregator.web.access.accounts import ACCOUNTS_FILE, Accounts
from edge.aggregator.web.access.roles import Role
from edge.aggregator.web.site import Site

PASSWORD = "four plain words here"


@pytest.fixture
def quick_hashes(monkeypatch) -> None:
    """Argon2 with the least memory: what is tested is not its cost."""
    from argon2 import profiles

    monkeypatch.setattr(profiles, "RFC_9106_LOW_MEMORY", profiles.CHEAPEST)


@pytest.fixture
def accounts(store_dir, quick_hashes) -> Accounts:
    """One account of each role of people, named after it."""
    made = Accounts(store_dir / ACCOUNTS_FILE)
    for role in Role:
        made.put(role.value, role, PASSWORD, 1.0)
    return made


@pytest.fixture
def closed_site(store_dir, catalogue, planogram, accounts, bench) -> Iterator[Site]:
    """A site that knows accounts, with the writer of ``bench`` behind it."""
    site = make_site(store_dir, catalogue, planogram, StoreView(store="shop", utc=time.time()))
    with answering(site, bench):
        yield site


@pytest.fixture
def signed_in(closed_site) -> Callable[[str], Caller]:
    """``signed_in(role)``: a browser of somebody with that role."""

    def sign_in(role: str) -> Caller:
        caller = Caller(closed_site)
        assert caller.sign_in(role, PASSWORD).status_code == 303
        return caller

    return sign_in
