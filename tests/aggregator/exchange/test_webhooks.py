"""Webhooks against a real HTTP server: told at least once, in order, signed; nothing lost, nothing leaked."""

from __future__ import annotations

import json
import logging
import random
import re
import sqlite3
from pathlib import Path

import msgspec
import pytest
from exchange_story import enter
from hypothesis import given
from hypothesis import strategies as st
from receiver import Receiver, endless, garbage, hang_up, status
from small_store import T0, Shelf

from edge.aggregator.entries import GateEntry
from edge.aggregator.exchange.webhooks.courier import Courier, wait_s
from edge.aggregator.exchange.webhooks.outbox import WebhookOutbox
from edge.aggregator.exchange.webhooks.pending import Pending
from edge.aggregator.exchange.webhooks.request import Requester
from edge.aggregator.exchange.webhooks.signature import keys_of, new_secret
from edge.aggregator.exchange.webhooks.webhooks import Webhooks
from edge.aggregator.ledger.erasure import erase_visit
from edge.clock import SystemClock
from edge.config import AggregatorConfig, WebhookSection
from edge.errors import StartError, StorageError

DOCS = Path(__file__).parents[3] / "docs"
NOW = T0 + 5000


@pytest.fixture
def receiver():
    receiver = Receiver()
    yield receiver
    receiver.close()


@pytest.fixture
def section(receiver, tmp_path) -> WebhookSection:
    (tmp_path / "secret").write_text(new_secret() + "\n")
    return WebhookSection(
        name="till", url=receiver.url, secret_file="secret", timeout_s=0.3, attempts_max=3, retry_max_s=60.0
    )


class Till:
    """A courier whose time stands where the test puts it."""

    def __init__(self, section: WebhookSection, ledger, folder: Path) -> None:
        self.outbox = WebhookOutbox(folder / "webhooks.sqlite")
        self.requester = Requester(section, keys_of(section, folder))
        self.courier = Courier(
            section, pending=Pending(section, "shop", ledger, self.outbox), outbox=self.outbox,
            requester=self.requester, jitter=random.Random(1),
        )  # fmt: skip
        self.mono_s = 0.0

    def run(self, steps: int = 1000) -> None:
        """Until there is nothing more to tell, or that many attempts."""
        for _ in range(steps):
            wait = self.courier.step(self.mono_s, NOW + self.mono_s)
            status = self.courier.status
            if wait and not status.failures and not any(each.again for each in self.outbox.dead("till")):
                return
            if status.paused:
                return
            self.mono_s += wait


@pytest.fixture
def till(section, ledger, tmp_path) -> Till:
    till = Till(section, ledger, tmp_path)
    till.run()  # begins at the present end
    return till


def visits(ledger, *names: str) -> None:
    enter(ledger, [GateEntry(Shelf.entered(name, T0)) for name in names])


def told(receiver) -> list[str]:
    return [json.loads(got.body)["data"]["visit"] for got in receiver.got]


# --- the recipe of the documentation ------------------------------------------------------------------


def recipe():
    """The receiver's side, as docs/webhooks.md has it."""
    code = re.search(r"```python\n(.*?)```", (DOCS / "webhooks.md").read_text(encoding="utf-8"), re.DOTALL)
    namespace: dict = {}
    exec(code[1], namespace)
    return namespace["verified"]


@pytest.fixture
def delivery(till, ledger, receiver, tmp_path):
    visits(ledger, "anna")
    till.run()
    (got,) = receiver.got
    return got, (tmp_path / "secret").read_text().strip()


def test_the_documented_recipe_accepts_a_delivery_once(delivery):
    verified, (got, secret), seen = recipe(), delivery, set()
    notice = verified(secret, got.headers, got.body, now_s=NOW, seen=seen)
    assert (notice["type"], notice["data"]["visit"]) == ("visit.entered", "anna")
    assert verified(secret, got.headers, got.body, now_s=NOW + 5, seen=seen) is None, "told again: known"


@pytest.mark.parametrize(
    ("change", "now_s"),
    [
        ({}, NOW + 301),
        ({}, NOW - 301),
        ({"body": b"{}"}, NOW),
        ({"webhook-id": "msg_other"}, NOW),
        ({"webhook-timestamp": str(int(NOW) + 1)}, NOW),
        ({"webhook-timestamp": "soon"}, NOW),
        ({"webhook-signature": "v1,AAAA v2,BBBB"}, NOW),
        ({"webhook-signature": ""}, NOW),
    ],
)
def test_the_recipe_refuses_replays_and_forgeries(delivery, change, now_s):
    verified, (got, secret) = recipe(), delivery
    body = change.pop("body", got.body)
    with pytest.raises(ValueError, match="webhook"):
        verified(secret, got.headers | change, body, now_s=now_s, seen=set())


def test_while_a_key_is_replaced_both_sign(section, till, ledger, receiver, tmp_path):
    old, new = new_secret(), new_secret()
    (tmp_path / "secret").write_text(f"{new}\n{old}\n")
    till.courier._requester = Requester(section, keys_of(section, tmp_path))
    visits(ledger, "anna")
    till.run()
    (got,) = receiver.got
    for secret in (old, new):
        assert recipe()(secret, got.headers, got.body, now_s=NOW, seen=set())


# --- delivery -----------------------------------------------------------------------------------------


def test_a_new_endpoint_begins_at_the_end_or_at_the_start(section, ledger, receiver, tmp_path):
    visits(ledger, "anna")
    Till(section, ledger, tmp_path).run()
    assert told(receiver) == []
    late = msgspec.structs.replace(section, name="late", from_start=True)
    Till(late, ledger, tmp_path).run()
    assert told(receiver) == ["anna"]


@pytest.mark.parametrize(
    "behaviour", [status(500), status(302, Location="http://127.0.0.1:1/"), garbage, hang_up, status(404)]
)
def test_what_fails_is_tried_again_under_the_same_id_and_in_order(till, ledger, receiver, behaviour):
    receiver.behaviours += [behaviour, behaviour]
    visits(ledger, "anna", "bela")
    till.run()
    assert told(receiver) == ["anna", "anna", "anna", "bela"]
    ids = [got.id for got in receiver.got]
    assert ids[0] == ids[1] == ids[2] != ids[3]
    assert till.mono_s > 0
    assert not till.courier.status.error


def test_no_answer_in_time_is_a_failure_and_an_endless_one_is_not_read(till, ledger, receiver):
    receiver.behaviours += [receiver.say_nothing, endless]
    visits(ledger, "anna", "bela")
    till.run()
    assert told(receiver) == ["anna", "anna", "bela"]


def test_a_receiver_may_ask_for_patience(till, ledger, receiver):
    receiver.behaviours.append(status(429, Retry_After="120"))
    visits(ledger, "anna")
    till.run()
    assert till.mono_s >= 120


def test_what_cannot_be_delivered_is_laid_aside_with_an_alarm_and_told_later(till, ledger, receiver):
    receiver.behaviours += [status(500)] * 3
    visits(ledger, "anna", "bela")
    till.run()
    assert told(receiver) == ["anna", "anna", "anna", "bela"]
    assert [letter.attempts for letter in till.outbox.dead("till")] == [3]
    assert "1 notices could not be delivered" in till.courier.status.alarm
    till.outbox.ask_again("till")
    receiver.behaviours.append(status(500))
    till.run(steps=3)
    till.outbox.ask_again("till")
    till.mono_s += 100
    till.run()
    assert told(receiver)[-1] == "anna"
    assert till.outbox.dead("till") == ()
    till.run()
    assert till.courier.status.alarm == ""


def test_gone_pauses_and_resuming_loses_nothing(till, ledger, receiver):
    receiver.behaviours.append(status(410))
    visits(ledger, "anna")
    till.run()
    visits(ledger, "bela")
    till.run()
    assert told(receiver) == ["anna"]
    assert "paused" in till.courier.status.alarm
    till.outbox.pause("till", "")
    till.run()
    assert told(receiver) == ["anna", "anna", "bela"]


def test_only_wanted_kinds_are_told(section, ledger, receiver, tmp_path):
    wanting = msgspec.structs.replace(section, kinds=("visit.left",))
    till = Till(wanting, ledger, tmp_path)
    till.run()
    ledger.append([GateEntry(Shelf.entered(f"v{number}", T0)) for number in range(250)], T0)
    enter(ledger, [GateEntry(Shelf.left("anna", T0 + 9))])
    till.run()
    assert told(receiver) == ["anna"]
    assert till.outbox.progress("till").position == 251


def test_told_again_after_a_kill_between_answer_and_note(
    section, till, ledger, receiver, tmp_path, monkeypatch
):
    def killed(*_):
        raise KeyboardInterrupt

    visits(ledger, "anna", "bela")
    monkeypatch.setattr(WebhookOutbox, "advance", killed)
    with pytest.raises(KeyboardInterrupt):
        till.run()
    monkeypatch.undo()
    Till(section, ledger, tmp_path).run()
    assert told(receiver) == ["anna", "anna", "bela"]
    assert len({got.id for got in receiver.got}) == 2


def test_a_visit_erased_while_its_notice_waits_is_never_named(till, ledger, receiver, counter):
    counter.sure_visit("anna")
    enter(ledger, counter.entries)
    receiver.behaviours += [status(500)]
    till.run(steps=1)
    erase_visit(ledger, "anna", reason="asked", by="desk", utc_s=T0)
    till.run()
    assert b"anna" in receiver.got[0].body
    assert not any(b"anna" in got.body for got in receiver.got[1:])
    assert json.loads(receiver.got[-1].body)["type"] == "visit.erased"


def test_rewinding_tells_again(till, ledger, receiver):
    visits(ledger, "anna", "bela")
    till.run()
    till.outbox.begin("till", 0, bytes(32))
    till.run()
    assert told(receiver) == ["anna", "bela", "anna", "bela"]


def test_a_ledger_that_was_replaced_goes_on_with_what_is_new(
    section, till, ledger, receiver, tmp_path, caplog
):
    from edge.aggregator.ledger import Ledger

    visits(ledger, "anna", "bela", "carl")
    till.run()
    other = Ledger(tmp_path / "restored.sqlite")
    visits(other, "anna")
    again = Till(section, other, tmp_path)
    with caplog.at_level(logging.ERROR):
        again.run()
    assert "the ledger was replaced" in caplog.text
    visits(other, "dora")
    again.run()
    assert told(receiver)[3:] == ["dora"]
    other.close()


# --- bounds and bad input -----------------------------------------------------------------------------


@given(failures=st.integers(0, 10_000), jitter=st.floats(0, 1))
def test_waits_double_within_bounds(failures, jitter):
    section = WebhookSection(name="a", url="http://x/", secret_env="S", retry_min_s=2.0, retry_max_s=600.0)
    wait = wait_s(section, failures, jitter)
    assert min(600, 2.0 * 2 ** min(failures, 40)) / 2 <= wait <= 600


@pytest.mark.parametrize("text", ["", "secret", "whsec_", "whsec_abc", "whsec_" + "A" * 400, "whsec_€€€€"])
def test_a_bad_secret_is_refused_and_never_printed(section, tmp_path, text):
    (tmp_path / "secret").write_text(text)
    with pytest.raises(StartError) as refused:
        keys_of(section, tmp_path)
    assert len(text) < 7 or text not in str(refused.value)


def test_secrets_are_in_no_log_no_database_and_no_body(delivery, tmp_path, caplog):
    got, secret = delivery
    with caplog.at_level(logging.DEBUG):
        assert secret not in caplog.text
    assert secret.encode() not in got.body
    assert all(secret.removeprefix("whsec_") not in value for value in got.headers.values())
    files = [file.read_bytes() for file in tmp_path.glob("webhooks.sqlite*")]
    assert not any(secret.encode() in content for content in files)


def test_a_damaged_state_is_one_sentence(tmp_path):
    (tmp_path / "webhooks.sqlite").write_bytes(b"no database" * 1000)
    with pytest.raises(StorageError, match="state of the webhooks"):
        WebhookOutbox(tmp_path / "webhooks.sqlite")


def test_an_unknown_kind_is_refused_at_start(section, tmp_path):
    config = AggregatorConfig(
        store="shop", webhooks=(msgspec.structs.replace(section, kinds=("visit.lost",)),)
    )
    with pytest.raises(StartError, match="no such notice"):
        Webhooks(config, tmp_path, tmp_path / "ledger.sqlite", SystemClock())


def test_threads_deliver_until_they_are_stopped(section, ledger, receiver, tmp_path, monkeypatch):
    from aggregator_process import wait_for

    monkeypatch.setattr("edge.aggregator.exchange.webhooks.webhooks.LOOK_S", 0.02)
    slow = msgspec.structs.replace(section, name="slow", url="http://127.0.0.1:9/")
    config = AggregatorConfig(store="shop", state_dir=".", webhooks=(section, slow))
    hooks = Webhooks(config, tmp_path, tmp_path / "ledger.sqlite", SystemClock())
    hooks.start()
    state = sqlite3.connect(tmp_path / "webhooks.sqlite", check_same_thread=False)
    wait_for(lambda: (tmp_path / "webhooks.sqlite").exists() and _begun(state) == 2)
    visits(ledger, "anna")
    wait_for(lambda: told(receiver) == ["anna"])
    wait_for(lambda: hooks.status[1].failures)
    assert hooks.alarms == ()
    hooks.stop()
    state.close()


def _begun(state: sqlite3.Connection) -> int:
    try:
        return state.execute("SELECT count(*) FROM endpoints").fetchone()[0]
    except sqlite3.Error:
        return 0
