"""``steelyard account`` as a command."""

from __future__ import annotations

import re

import pytest
from typer.testing import CliRunner

from edge.aggregator.web.access.accounts import Accounts
from edge.aggregator.web.access.roles import Right, Role
from edge.cli.account import app
from edge.errors import StorageError

PASSWORD = "four plain words here"


@pytest.fixture
def run(tmp_path, monkeypatch):
    from argon2 import profiles

    monkeypatch.setattr(profiles, "RFC_9106_LOW_MEMORY", profiles.CHEAPEST)
    (tmp_path / "aggregator.yaml").write_text("store: shop\nstate_dir: var\n")

    def invoke(verb: str, *arguments: str, stdin: str = "") -> str:
        config = ["--config", str(tmp_path / "aggregator.yaml")]
        result = CliRunner().invoke(app, [verb, *arguments, *config], input=stdin, catch_exceptions=False)
        assert result.exit_code == 0, result.output
        return result.output

    return invoke


def test_an_account_is_made_listed_and_removed(run, tmp_path):
    assert run("add", "anna", "--role", "staff", "--password-file", "-", stdin=PASSWORD + "\n")
    accounts = Accounts(tmp_path / "var" / "accounts.json")
    account = accounts.of_person("anna", PASSWORD)
    assert account is not None
    assert account.role is Role.STAFF
    assert "anna                 staff" in run("list")
    run("add", "anna", "--role", "manager", "--generate")
    assert accounts.of_person("anna", PASSWORD) is None
    assert "no account left" in run("remove", "anna")
    assert accounts.all() == {}


def test_a_program_gets_a_key_and_a_person_may_have_a_password_made_up(run, tmp_path):
    key = run("add", "dashboard", "--role", "program").split("key ")[1].strip()
    password = run("add", "anna", "--role", "staff", "--generate").split("password ")[1].strip()
    accounts = Accounts(tmp_path / "var" / "accounts.json")
    assert accounts.of_program(key).name == "dashboard"
    assert accounts.of_person("anna", password).name == "anna"
    assert accounts.of_person("dashboard", key) is None


def made_key(output: str) -> str:
    """The line that is nothing but a key."""
    return next(line for line in output.splitlines() if re.fullmatch(r"[a-z2-7]{32}", line))


def test_a_key_has_the_rights_it_was_given_and_is_kept_nowhere(run, tmp_path):
    key = made_key(run("key", "till", "--right", "watch", "--right", "refund"))
    file = tmp_path / "var" / "accounts.json"
    assert Accounts(file).of_program(key).may == {Right.WATCH, Right.REFUND}
    assert key not in file.read_text()
    assert "may refund, watch" in run("list")
    again = made_key(run("key", "till"))
    assert Accounts(file).of_program(key) is None, "the old key opens nothing any more"
    assert Accounts(file).of_program(again).may < set(Right)


def test_no_person_becomes_a_program(run):
    run("add", "anna", "--role", "staff", "--password-file", "-", stdin=PASSWORD + "\n")
    with pytest.raises(StorageError, match="person's account"):
        run("key", "anna")


@pytest.mark.parametrize(
    ("arguments", "stdin", "said"),
    [
        (("add", "anna", "--role", "staff", "--password-file", "-"), "short\n", "too short"),
        (("add", "anna", "--role", "staff", "--password-file", "missing"), "", "cannot be read"),
        (("add", "local", "--role", "staff", "--password-file", "-"), PASSWORD, "cannot be the name"),
        (("add", "shopper", "--role", "program"), "", "cannot be the name"),
        (("remove", "nobody"), "", "no such account"),
    ],
)
def test_what_cannot_be_is_one_sentence(run, arguments, stdin, said):
    with pytest.raises(StorageError, match=said):
        run(*arguments, stdin=stdin)
