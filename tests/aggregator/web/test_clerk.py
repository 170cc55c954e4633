"""How pages reach the writer's thread, and what they hear when it does not answer."""

from __future__ import annotations

import asyncio
import queue
import threading

import pytest
from web_caller import Caller, make_site

from edge.aggregator.store_view import StoreView
from edge.aggregator.web import clerk as clerk_module
from edge.aggregator.web.clerk import Clerk, WriterBusyError
from edge.errors import StorageError
from edge.messages import Dispute


class Desk:
    """A writer that remembers what was said, or refuses."""

    store = "the store"

    def __init__(self, fault: Exception | None = None) -> None:
        self.said: list[object] = []
        self._fault = fault

    def say(self, fact):
        if self._fault:
            raise self._fault
        self.said.append(fact)

    note = say


def met(clerk: Clerk, inbox: queue.Queue, desk: Desk, ask):
    """Ask in a loop of its own while this thread is the writer's."""
    answers: list[object] = []

    def visit() -> None:
        try:
            answers.append(asyncio.run(ask(clerk)))
        except Exception as error:
            answers.append(error)

    page = threading.Thread(target=visit)
    page.start()
    while page.is_alive():
        try:
            inbox.get(timeout=0.05)
        except queue.Empty:
            continue
        clerk.answer(desk)
    page.join()
    return answers[0]


@pytest.fixture
def inbox() -> queue.Queue:
    return queue.Queue(maxsize=1)


DISPUTE = Dispute(id="dispute-1", t=1.0, by="shopper", receipt="r1")


def test_a_question_is_answered_in_the_writers_thread(inbox):
    thread = met(Clerk(inbox), inbox, Desk(), lambda clerk: clerk.ask(lambda _: threading.current_thread()))
    assert thread is threading.current_thread()


def test_what_is_said_is_entered_and_what_cannot_be_is_told(inbox):
    desk = Desk()
    assert met(Clerk(inbox), inbox, desk, lambda clerk: clerk.say(DISPUTE)) is None
    assert desk.said == [DISPUTE]
    fault = StorageError("the disk is full")
    assert met(Clerk(inbox), inbox, Desk(fault), lambda clerk: clerk.say(DISPUTE)) is fault


def test_a_page_that_fails_fails_alone(inbox):
    clerk = Clerk(inbox)
    assert isinstance(met(clerk, inbox, Desk(), lambda clerk: clerk.ask(lambda _: 1 / 0)), ZeroDivisionError)
    assert met(clerk, inbox, Desk(), lambda clerk: clerk.ask(lambda store: store)) == "the store"


def test_a_writer_that_stalls_is_a_page_that_says_so(store_dir, catalogue, planogram, monkeypatch):
    monkeypatch.setattr(clerk_module, "ANSWER_S", 0.01)
    site = make_site(store_dir, catalogue, planogram, StoreView(store="shop", utc=1.0))
    answer = Caller(site).get("/disputes")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert "The store cannot answer at the moment" in answer.text
    assert site.clerk.answer(Desk()) is False  # who asked has gone


def test_waiting_questions_are_bounded(inbox, monkeypatch):
    monkeypatch.setattr(clerk_module, "WAITING_MAX", 2)
    clerk, inbox_full = Clerk(inbox), inbox
    inbox_full.put_nowait(None)  # a full inbox keeps nobody from asking

    async def crowd():
        asking = [asyncio.create_task(clerk.ask(lambda store: store)) for _ in range(3)]
        done, _ = await asyncio.wait(asking, timeout=30, return_when=asyncio.FIRST_EXCEPTION)
        refused = [task.exception() for task in done]
        await asyncio.get_running_loop().run_in_executor(None, clerk.answer, Desk())
        return refused, [await task for task in asking[:2]]

    refused, answered = asyncio.run(crowd())
    assert [type(error) for error in refused] == [WriterBusyError]
    assert answered == ["the store", "the store"]
