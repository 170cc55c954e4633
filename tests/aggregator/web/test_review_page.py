"""The review page without a browser: what it shows, who may answer, and that it gives no test away."""

from __future__ import annotations

import re
import time
from dataclasses import replace

import msgspec
import pytest
from counter_bench import CounterBench, twins
from evidence_samples import crop, evidence, jpeg
from small_store import Shelf
from web_caller import Caller, answering, form_of, make_site
from writer_bench import Bench

from edge.aggregator.entries import AccessEntry, StatementEntry
from edge.aggregator.evidence.archive import Archive
from edge.aggregator.review.cases import CaseFile
from edge.aggregator.web.access.accounts import Accounts
from edge.aggregator.web.access.roles import Role
from edge.aggregator.web.review.case_view import CaseViews
from edge.aggregator.web.review.table import HELD_S, Table
from edge.messages import (
    AuditVerdict,
    CropSide,
    EventEvidence,
    ItemCount,
    NothingSeen,
    Receipt,
    ReceiptStatus,
    Retraction,
    ReviewAnswer,
)
from edge.topics import GATE, NODE_EVENT, RECEIPT

PASSWORD = "correct horse battery"


@pytest.fixture
def desk(store_dir, catalogue, planogram):
    """A store with two doubtful receipts, its pages, and a thread that serves them."""
    bench = Bench(store_dir, catalogue, planogram)
    bench.clock.utc = time.time()
    shelf = Shelf()
    for seq, visit in ((1, "anna"), (2, "bela")):
        t = bench.clock.utc - 400 + 90 * seq
        bench.say(GATE, shelf.entered(visit, t))
        bench.say(NODE_EVENT, twins(shelf.event(seq, "0001", t=t + 10), least=0.4), node="n1")
        bench.say(GATE, shelf.left(visit, t + 20))
    for _ in range(3):
        bench.writer.settle()
    bench.archive = Archive(store_dir / "evidence.sqlite", max_bytes=10**8, keep_s=1e6)
    view = bench.writer.view(broker_connected=True)
    site = replace(make_site(store_dir, catalogue, planogram, view, bench.clock), evidence=bench.archive.of)
    bench.site = site
    with answering(site, bench):
        yield bench
    bench.archive.close()


@pytest.fixture
def caller(desk) -> Caller:
    return Caller(desk.site)


def statements(desk) -> list:
    entries = [row.entry for row in desk.writer._held.ledger.entries()]
    return [entry.statement for entry in entries if isinstance(entry, StatementEntry)]


def receipts(desk, visit: str) -> list[Receipt]:
    desk.writer.settle()
    return [each for each in desk.of(RECEIPT) if each.visit == visit]


def case_in(html: str) -> str:
    return re.search(r'data-case="(\w+)"', html)[1]


def answer(caller: Caller, html: str, choice: str, **fields: str):
    return caller.post("/review/answer", {**form_of(html, "/review/answer"), "choice": choice, **fields},
                       **{"X-Steelyard": "review"})  # fmt: skip


def test_without_scripts_a_question_is_answered_and_the_next_one_comes(desk, caller):
    html = caller.get("/review").text
    assert "What was taken?" in html
    assert "No evidence of this event is held." in html
    answered = caller.post("/review/answer", {**form_of(html, "/review/answer"), "choice": "1"})
    assert (answered.status_code, answered.headers["location"]) == (303, "/review")
    (said,) = statements(desk)
    assert isinstance(said, ReviewAnswer)
    assert said.reading == said.shown[0]
    assert 0 <= said.seconds < 60, "from handing out to answer"
    assert receipts(desk, "anna")[-1].status is ReceiptStatus.FINAL
    assert case_in(caller.get("/review").text) != case_in(html)


def test_the_next_case_is_another_one_and_then_there_is_none(caller):
    first = caller.get("/review/next")
    second = caller.get(f"/review/next?besides={case_in(first.text)}")
    both = f"{case_in(first.text)},{case_in(second.text)}"
    assert len(set(both.split(","))) == 2
    assert caller.get(f"/review/next?besides={both}").status_code == 204


def test_undo_takes_the_own_answer_back_and_shows_the_case_again(desk, caller):
    html = caller.get("/review/next").text
    made = answer(caller, html, "2", seconds="3.25").json()["statement"]
    fields = {**form_of(html, "/review/undo"), "statement": made}
    undone = caller.post("/review/undo", fields, **{"X-Steelyard": "review"})
    assert case_in(undone.text) == case_in(html)
    again = answer(caller, undone.text, "1")
    assert again.status_code == 200
    first, back, second = statements(desk)
    assert isinstance(back, Retraction)
    assert (back.statement, first.id, first.seconds <= 3.25) == (made, made, True)
    assert second.id != first.id
    assert second.reading == second.shown[0]
    assert receipts(desk, "anna")[-1].status is ReceiptStatus.FINAL


def test_an_answer_sent_twice_counts_once(desk, caller):
    html = caller.get("/review/next").text
    assert answer(caller, html, "1").json() == answer(caller, html, "1").json()
    assert len(statements(desk)) == 1


def test_an_answer_that_was_not_offered_is_refused(desk, caller):
    html = caller.get("/review/next").text
    for choice in ("", "7", "-1", "1.0", "1 OR 1=1", "²", "١"):
        assert answer(caller, html, choice).status_code == 400
    assert statements(desk) == []


def test_none_of_these_and_cannot_tell(desk, caller):
    html = caller.get("/review/next").text
    answer(caller, html, "9", seconds="nan")
    answer(caller, caller.get("/review/next").text, "0", seconds="-5")
    none, unknown = statements(desk)
    assert (none.reading, none.undecided) == (None, False)
    assert (unknown.reading, unknown.undecided, unknown.seconds) == (None, True, 0.0)


def test_a_case_that_was_not_shown_cannot_be_answered(desk, caller):
    html = caller.get("/review/next").text
    assert answer(caller, html, "1", case="0" * 16).status_code == 409
    assert answer(caller, html, "1", form="forged").status_code in (400, 403)
    stranger = caller.post("/review/undo", {**form_of(html, "/review/undo"), "statement": "somebody-elses"})
    assert stranger.status_code == 409
    assert statements(desk) == []


def test_roles_and_what_lies_before_others(desk, quick_hashes):
    accounts = desk.site.access.accounts = Accounts(desk.site.access.accounts._file)
    for name, role in (("rita", Role.STAFF), ("sam", Role.STAFF), ("tom", Role.TECHNICIAN)):
        accounts.put(name, role, PASSWORD, desk.clock.utc)
    rita, sam, tom = (Caller(desk.site) for _ in range(3))
    for name, each in (("rita", rita), ("sam", sam), ("tom", tom)):
        each.app = rita.app
        assert each.sign_in(name, PASSWORD).status_code == 303
    assert tom.get("/review").status_code == 403
    assert tom.get("/review/picture/n1-b1-1/0/0").status_code == 403
    hers, his = rita.get("/review/next").text, sam.get("/review/next").text
    assert case_in(hers) != case_in(his)
    stolen = answer(sam, his, "1", case=case_in(hers))
    assert stolen.status_code == 409, "not shown to him"
    made = answer(rita, hers, "1").json()["statement"]
    undone = sam.post("/review/undo", {**form_of(his, "/review/undo"), "statement": made})
    assert undone.status_code == 409, "not his"
    assert "How often reviewers err" not in rita.get("/review").text


def test_pictures_are_those_of_the_event(desk, caller):
    desk.archive.keep([evidence(1, revision=2)], desk.clock.utc)
    html = caller.get("/review/next").text
    paths = re.findall(r'<img src="([^"]+)"', html)
    assert paths == ["/review/picture/n1-b1-1/0/2", "/review/picture/n1-b1-1/1/2"]
    picture = caller.get(paths[0])
    assert (picture.content, picture.headers["content-type"]) == (jpeg(), "image/jpeg")
    assert "private" in picture.headers["cache-control"]
    assert caller.get("/review/picture/n1-b1-1/9/2").status_code == 404
    assert caller.get("/review/picture/n1-b1-7/0/0").status_code == 404
    assert caller.get("/review/picture/..%2f..%2fledger/0/0").status_code == 404


def test_who_saw_what_is_in_the_ledger(desk, caller):
    desk.archive.keep([evidence(1), evidence(2)], desk.clock.utc)
    html = caller.get("/review/next").text
    for path in re.findall(r'<img src="([^"]+)"', html):
        assert caller.get(path).status_code == 200
    caller.get("/review/picture/n1-b1-2/0/0")  # without a case
    entries = (row.entry for row in desk.writer._held.ledger.entries())
    seen = [(each.by, str(each.event), each.visit) for each in entries if isinstance(each, AccessEntry)]
    assert seen == [("local", "n1-b1-1", "anna"), ("local", "n1-b1-2", "")]


def test_a_disk_that_refuses_costs_the_pictures_alone(desk, caller, store_dir):
    (store_dir / "evidence.sqlite").mkdir()
    html = caller.get("/review").text
    assert "What was taken?" in html


def test_an_audit_says_what_was_really_taken_and_can_be_taken_back(desk, caller):
    store = desk.writer.store
    (doubt, *_) = store.cases()
    receipt = receipts(desk, "anna")[0]
    audit = CaseFile(desk.site.catalogue, desk.site.planogram).audit(receipt)
    store._cases = (audit,)
    desk.archive.keep([evidence(1)], desk.clock.utc)
    html = caller.get("/review/next").text
    assert "Is this receipt right?" in html
    assert "/review/picture/n1-b1-1/0/0" in html
    assert 'class="level of-1"' in html
    assert "of-2" not in html, "only what it is taken for: keys mean something else here"
    sku = receipt.lines[0].sku
    for units in ("", "-1", "1.5", "100", "²"):
        assert answer(caller, html, "2", **{f"units-{sku}": units}).status_code == 400
    assert answer(caller, html, "9").status_code == 400
    made = answer(caller, html, "2", **{f"units-{sku}": "0"}, seconds="4").json()["statement"]
    (said,) = statements(desk)
    assert isinstance(said, AuditVerdict)
    assert (said.id, said.receipt, said.items, said.undecided) == (made, receipt.receipt, (), False)
    undone = caller.post("/review/undo", {**form_of(html, "/review/undo"), "statement": made},
                         **{"X-Steelyard": "review"})  # fmt: skip
    assert answer(caller, undone.text, "1").status_code == 200
    last = statements(desk)[-1]
    assert last.items == tuple(ItemCount(line.sku, line.quantity) for line in receipt.lines)
    assert doubt.case != audit.case


# --- what is shown ------------------------------------------------------------------------------------


@pytest.fixture
def views(catalogue, planogram):
    return CaseViews(catalogue, planogram)


@pytest.fixture
def case(catalogue, planogram):
    bench = CounterBench(catalogue, planogram)
    bench.doubtful_visit()
    return bench.store.cases()[0]


def test_answers_have_keys_people_letters_and_fits(views, case):
    view = views.of(case, None)
    assert [each.key for each in view.answers] == [str(n) for n in range(1, len(case.candidates) + 1)]
    assert view.answers[0].what == "1 × Spring water"
    assert (view.answers[0].fit, view.answers[0].expected) == ("good", "−600.0 g")
    assert "anna" not in "".join(each.who for each in view.answers)
    assert [each.moved for each in view.neighbours].count(True) == 1


def test_pictures_are_paired_by_camera_and_side(views, case):
    crops = (crop(CropSide.AFTER, camera="left"), crop(CropSide.BEFORE, camera="right"), crop(camera="left"))
    view = views.of(case, evidence(crops=crops))
    assert [(each.camera, each.before[-3:], each.after[-3:]) for each in view.sights] == [
        ("left", "2/0", "0/0"), ("right", "1/0", ""),
    ]  # fmt: skip


def test_every_reason_for_no_picture_has_words(views, case):
    for reason in NothingSeen:
        empty = EventEvidence(node="n1", boot="b1", seq=1, nothing_seen=reason)
        assert views.of(case, empty).no_sight.endswith(".")


def test_html_in_names_and_comments_is_text(closed_site, views, case):
    hostile = msgspec.structs.replace(case, plates=("<i>/<script>alert(1)/1",), comment="<b onload=x>")
    view = views.of(hostile, None)
    html = closed_site.templates.html("review/case.html", view=view, form=lambda path: "", visitor=None)
    assert "<script>alert" not in html
    assert "<b onload" not in html


# --- the table ----------------------------------------------------------------------------------------


def test_a_case_lies_before_one_person_for_a_while(case):
    table = Table()
    table.hand_out("rita", case, 10.0)
    assert table.taken("sam", 11.0) == {case.case}
    assert table.taken("rita", 11.0) == frozenset()
    assert table.taken("sam", 11.0 + HELD_S) == frozenset()
    table.answered("rita", case.case, "statement-1")
    assert table.taken("sam", 12.0) == frozenset()
    assert table.case_of("rita", "statement-1") == case
    assert table.case_of("sam", "statement-1") is None
    assert table.case_of("rita", "") is None
