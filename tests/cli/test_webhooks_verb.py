"""``steelyard webhooks``: how far, what was given up, and one sentence for what cannot be."""

from __future__ import annotations

import json
import sys

import pytest

from edge.aggregator.exchange.webhooks.outbox import DeadLetter, WebhookOutbox
from edge.aggregator.exchange.webhooks.signature import keys_of
from edge.aggregator.ledger import Ledger
from edge.aggregator.ledger.lookup import head_at
from edge.cli.main import main
from edge.config import WebhookSection


@pytest.fixture
def outbox(tmp_path):
    (tmp_path / "aggregator.yaml").write_text(
        "store: shop\nwebhooks: [{name: till, url: 'http://till/', secret_env: HOOK}]\n"
    )
    ledger = Ledger(tmp_path / "var" / "ledger.sqlite")
    outbox = WebhookOutbox(tmp_path / "var" / "webhooks.sqlite")
    outbox.begin("till", *head_at(ledger, 0))
    ledger.close()
    yield outbox
    outbox.close()


@pytest.fixture
def run(outbox, tmp_path, capsys, monkeypatch):
    def run(*arguments: str, with_config: bool = True) -> tuple[int, str, str]:
        config = ["--config", str(tmp_path / "aggregator.yaml")] if with_config else []
        monkeypatch.setattr(sys, "argv", ["steelyard", "webhooks", *arguments, *config])
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capsys.readouterr()
        return int(ended.value.code or 0), out, err

    return run


def test_a_secret_serves(run, tmp_path, monkeypatch):
    monkeypatch.setenv("HOOK", run("secret", with_config=False)[1])
    section = WebhookSection(name="till", url="http://till/", secret_env="HOOK")
    assert len(keys_of(section, tmp_path)[0]) == 32


def test_list_and_redeliver(run, outbox):
    outbox.give_up(DeadLetter("till", 1, 12, "it answers 500", 1.0), b"")
    assert run("list")[1].splitlines() == [
        "till: 0 entries behind, 1 given up, 0 attempts at the next one",
        "  position 1: it answers 500 (12 attempts)",
    ]
    assert json.loads(run("list", "--json")[1])["dead"][0]["error"] == "it answers 500"
    assert run("redeliver", "till")[1] == "1 notices will be told once more.\n"
    assert outbox.dead("till")[0].again


def test_pause_resume_rewind(run, outbox):
    assert run("pause", "till")[0] == 0
    assert "paused by hand" in run("list")[1]
    assert run("resume", "till")[0] == 0
    assert outbox.progress("till").paused == ""
    assert run("rewind", "till", "--to", "0")[0] == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [(("pause", "tall"), "no such endpoint"), (("rewind", "till", "--to", "7"), "no such position")],
)
def test_what_cannot_be_is_one_sentence(run, arguments, said):
    code, _, err = run(*arguments)
    assert (code, said in err, "Traceback" in err) == (1, True, False)
