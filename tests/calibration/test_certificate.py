"""The certificate: its hash, its JSON, its page."""

from __future__ import annotations

import hashlib
import json
import re
from html.parser import HTMLParser

import msgspec
import pytest
from finished import finished

from edge.calibration.certificate import Certificate, certificate_json, content_hash
from edge.calibration.certificate_page import certificate_page
from edge.config import ChannelCalibration

EARLIER = ChannelCalibration(zero_counts=50_100.0, counts_per_gram=208.0)
VOID = {"meta", "line", "circle", "rect", "polygon", "br"}


class Balance(HTMLParser):
    """Fails on a page whose tags do not close each other."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: object) -> None:
        del attrs
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def test_anybody_can_check_the_hash_with_a_json_library_alone() -> None:
    certificate = finished(EARLIER)
    file = json.loads(certificate_json(certificate))
    assert file["sha256"] == content_hash(certificate)
    raw = certificate_json(certificate)
    content = raw[len(b'{"certificate":') : raw.rindex(b',"sha256"')]
    assert hashlib.sha256(content).hexdigest() == file["sha256"]
    assert json.loads(content) == file["certificate"]


def test_it_reads_back_as_it_was_written() -> None:
    certificate = finished()
    content = msgspec.json.encode(json.loads(certificate_json(certificate))["certificate"])
    nulls = re.sub(rb":null", b":1e999", content) if b":null" in content else content
    assert b"1e999" in nulls  # limits without an upper end
    assert json.loads(content)["fit"]["counts_per_gram"]["value"] == certificate.fit.counts_per_gram.value


@pytest.mark.parametrize("field", ["plate", "technician", "weights", "date"])
def test_any_change_changes_the_hash(field: str) -> None:
    assert content_hash(finished()) == content_hash(finished())
    assert content_hash(finished(**{field: "other"})) != content_hash(finished())


def test_a_true_plate_passes_and_a_wrong_one_before_shows_as_found() -> None:
    certificate = finished(EARLIER)
    assert certificate.passed
    assert not all(check.passed for check in certificate.as_found)
    assert certificate.zero_shift_g == pytest.approx(-100 / 208, abs=0.1)
    assert finished().zero_shift_g is None


def test_the_page_is_whole_and_says_what_counts() -> None:
    certificate = finished(EARLIER)
    page = certificate_page(certificate)
    balance = Balance()
    balance.feed(page)
    assert balance.open == []
    for words in (
        "fridge/1/1", "A. Kovács", "within all limits", content_hash(certificate), "class III, e = 2 g",
        "gain by +0.9", "1000,2000 g, class M1",
    ):  # fmt: skip
        assert words in balance.text
    assert page.count("<svg") == 2
    assert page.count('class="before"') == len(
        [c for c in certificate.as_found if c.kind in ("error", "corner")]
    )
    assert not re.search(r'(src|href)="', page)


def test_a_missed_limit_is_on_the_page() -> None:
    certificate = finished()
    missed = msgspec.structs.replace(certificate.as_left[0], found=5.0)
    bad = msgspec.structs.replace(certificate, as_left=(missed, *certificate.as_left[1:]))
    page = certificate_page(bad)
    assert "not within all limits" in page
    assert 'class="number bad">5 g' in page


def test_names_are_text_and_never_markup() -> None:
    nasty = '<script>alert("1")</script>'
    page = certificate_page(finished(technician=nasty, plate=nasty, weights=nasty, store=nasty))
    assert "<script" not in page
    assert "&lt;script&gt;" in page


def test_a_reversed_cell_is_said_so() -> None:
    certificate: Certificate = finished()
    fit = certificate.fit
    gain = msgspec.structs.replace(fit.counts_per_gram, value=-fit.counts_per_gram.value)
    page = certificate_page(
        msgspec.structs.replace(certificate, fit=msgspec.structs.replace(fit, counts_per_gram=gain))
    )
    assert "reversed" in page
