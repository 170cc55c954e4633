"""The door: who gets in, by what, and what is turned away."""

from __future__ import annotations

import http.cookies
import time

import httpx
import pytest
from starlette.routing import Route
from web_caller import Caller, form_of, make_site

from edge.aggregator.store_view import StoreView
from edge.aggregator.web.access import forms as forms_module
from edge.aggregator.web.access import sessions as sessions_module
from edge.aggregator.web.access.accounts import ACCOUNTS_FILE, Accounts, new_key
from edge.aggregator.web.access.limits import BODY_MAX_BYTES, RateLimit
from edge.aggregator.web.access.roles import RIGHTS, Right, Role
from edge.errors import StorageError

PASSWORD = "four plain words here"
PUBLIC = {"/api/v1/openapi.json", "/healthz", "/sign-in", "/sign-out", "/receipt"}
"""Everything else asks for a right; shoppers' pages, for a token."""


@pytest.fixture
def open_site(store_dir, catalogue, planogram):
    return make_site(store_dir, catalogue, planogram, StoreView(store="shop", utc=time.time()))


def test_strangers_see_nothing_but_the_door(closed_site):
    caller = Caller(closed_site)
    routes = [route for route in caller.app.routes if isinstance(route, Route)]
    guarded = [
        (route.path.replace("{", "").replace("}", ""), method)
        for route in routes if route.path not in PUBLIC and "{token}" not in route.path
        for method in (route.methods or set()) - {"HEAD"}
    ]  # fmt: skip
    assert ("/", "GET") in guarded
    for path, method in guarded:
        assert caller.send(method, path).status_code == 401, (method, path)
        to_people = caller.send(method, path, headers={"accept": "text/html"})
        assert to_people.status_code == (303 if method == "GET" else 401), (method, path)


def test_signing_in_opens_and_signing_out_closes(closed_site):
    caller = Caller(closed_site)
    answer = caller.fill("/sign-in?to=/api/v1/state", "/sign-in", {"name": "staff", "password": PASSWORD})
    assert (answer.status_code, answer.headers["location"]) == (303, "/api/v1/state")
    (cookie,) = http.cookies.SimpleCookie(answer.headers["set-cookie"]).values()
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/")
    assert "Sign out staff" in caller.get("/").text
    stolen = httpx.Cookies(caller.cookies)
    assert caller.fill("/", "/sign-out").status_code == 303
    assert caller.get("/").status_code == 401
    caller.cookies = stolen
    assert caller.get("/").status_code == 401


def test_the_secret_before_signing_in_is_not_the_one_after(closed_site):
    caller = Caller(closed_site)
    caller.get("/sign-in")
    before = caller.cookies["steelyard"]
    caller.sign_in("staff", PASSWORD)
    assert caller.cookies["steelyard"] != before


def test_cookies_are_secure_where_the_connection_is(closed_site):
    answer = Caller(closed_site, base_url="https://127.0.0.1").get("/sign-in")
    assert answer.headers["set-cookie"].endswith("; Secure")


@pytest.mark.parametrize("name", ["staff", "nobody", "program", "", "' OR 1=1 --"])
def test_a_wrong_password_says_nothing_of_the_name(closed_site, name):
    answer = Caller(closed_site).sign_in(name, "wrong wrong wrong" if name != "program" else PASSWORD)
    assert answer.status_code == 401
    assert "Name and password do not belong together." in answer.text


def test_guessing_is_slowed_down(closed_site):
    caller = Caller(closed_site)
    statuses = [caller.sign_in("staff", "wrong").status_code for _ in range(6)]
    assert statuses == [401] * 5 + [429]
    assert caller.sign_in("staff", PASSWORD).status_code == 429


def test_passwords_are_not_taken_over_an_open_connection_from_elsewhere(closed_site):
    plain = Caller(closed_site, base_url="http://192.0.2.7", address="192.0.2.9")
    assert plain.sign_in("staff", PASSWORD).status_code == 403
    safe = Caller(closed_site, base_url="https://192.0.2.7", address="192.0.2.9")
    assert safe.sign_in("staff", PASSWORD).status_code == 303


def test_a_session_ends_with_the_shift_and_with_the_account(closed_site, accounts, monkeypatch):
    caller = Caller(closed_site)
    caller.sign_in("stocker", PASSWORD)
    assert caller.get("/").status_code == 200
    with monkeypatch.context() as later:
        later.setattr(sessions_module, "SHIFT_S", -1.0)
        assert caller.get("/").status_code == 401
    accounts.put("stocker", Role.STOCKER, PASSWORD + "!", time.time() + 1)
    assert caller.get("/").status_code == 401
    accounts.remove("stocker")
    assert caller.get("/").status_code == 401


def test_a_session_outlives_a_restart(closed_site, store_dir, catalogue, planogram):
    caller = Caller(closed_site)
    caller.sign_in("staff", PASSWORD)
    again = Caller(make_site(store_dir, catalogue, planogram, closed_site.feed.view))
    again.cookies = caller.cookies
    assert again.get("/").status_code == 200


def test_a_program_shows_its_key(closed_site, accounts):
    key = new_key()
    accounts.put("dashboard", Role.PROGRAM, key, 1.0)
    caller = Caller(closed_site)
    assert caller.get("/api/v1/state", authorization=f"Bearer {key}").status_code == 200
    assert caller.get("/api/v1/state", authorization="Bearer wrong").status_code == 401
    answer = caller.get("/api/v1/receipts", authorization=f"Bearer {key}")
    assert (answer.status_code, answer.json()["type"]) == (403, "urn:steelyard:problem:not-allowed")


def test_without_accounts_the_pages_are_open_to_the_machine_alone(open_site):
    assert Caller(open_site).get("/").status_code == 200
    assert Caller(open_site, address="192.0.2.9").get("/").status_code == 401
    assert Caller(open_site, base_url="http://192.0.2.7").get("/").status_code == 401
    assert "steelyard account add" in Caller(open_site, address="192.0.2.9").get("/sign-in").text


def test_the_first_account_closes_the_open_door(open_site, store_dir, quick_hashes):
    caller = Caller(open_site)
    assert caller.get("/").status_code == 200
    Accounts(store_dir / ACCOUNTS_FILE).put("anna", Role.MANAGER, PASSWORD, 1.0)
    assert caller.get("/").status_code == 401


def test_foreign_names_and_foreign_pages_are_turned_away(closed_site):
    assert Caller(closed_site, base_url="http://evil.example").get("/sign-in").status_code == 400
    caller = Caller(closed_site)
    fields = {**form_of(caller.get("/sign-in").text, "/sign-in"), "name": "staff", "password": PASSWORD}
    for headers in ({"origin": "http://evil.example"}, {"sec-fetch-site": "cross-site"}, {"origin": "null"}):
        assert caller.post("/sign-in", fields, **headers).status_code == 403
    assert caller.post("/sign-in", fields, origin="http://127.0.0.1").status_code == 303


@pytest.mark.parametrize("spoil", ["no token", "rubbish", "another browser's", "another form's", "too old"])
def test_a_form_that_was_not_given_out_is_refused(closed_site, spoil, monkeypatch):
    caller = Caller(closed_site)
    fields = {**form_of(caller.get("/sign-in").text, "/sign-in"), "name": "staff", "password": PASSWORD}
    if spoil == "no token":
        del fields["form"]
    elif spoil == "rubbish":
        fields["form"] = fields["form"][:-1] + "é\0"
    elif spoil == "another browser's":
        caller.cookies = httpx.Cookies({"steelyard": "somebody"})
    elif spoil == "another form's":
        fields["form"] = closed_site.access.forms.token(caller.cookies["steelyard"], "/sign-out")
    else:
        monkeypatch.setattr(forms_module, "FORM_S", -1)
    answer = caller.post("/sign-in", fields)
    assert answer.status_code == 403
    assert "Load " in answer.text


def test_bodies_are_bounded_announced_or_not(closed_site):
    caller = Caller(closed_site)
    assert caller.post("/sign-in", {"name": "x" * BODY_MAX_BYTES}).status_code == 413

    async def endless():
        while True:
            yield b"x" * 1000

    kind = {"content-type": "application/x-www-form-urlencoded"}
    assert caller.send("POST", "/sign-in", content=endless(), headers=kind).status_code == 413
    assert caller.send("POST", "/sign-in", json={"name": "staff"}).status_code == 400
    crowd = "&".join(f"f{number}=1" for number in range(300)).encode()
    assert caller.send("POST", "/sign-in", content=crowd, headers=kind).status_code == 400
    assert caller.send("POST", "/sign-in", content=b"name=\xff", headers=kind).status_code in (400, 403)


@pytest.mark.parametrize("to", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:1"])
def test_signing_in_leads_to_own_pages_alone(closed_site, to):
    caller = Caller(closed_site)
    answer = caller.fill("/sign-in", "/sign-in", {"name": "staff", "password": PASSWORD, "to": to})
    assert answer.headers["location"] == "/"


@pytest.mark.parametrize("path", ["/static/../app.py", "/static/%2e%2e/app.py", "/static/..%2fapp.py",
                                  "/static//etc/passwd", "/%00", "/api/v1/../../etc/passwd"])  # fmt: skip
def test_path_tricks_find_nothing(closed_site, path):
    answer = Caller(closed_site).get(path)
    assert answer.status_code == 404
    assert "Traceback" not in answer.text


def test_a_bug_of_ours_tells_nothing(closed_site, monkeypatch, caplog):
    monkeypatch.setattr(type(closed_site.access.accounts), "all", lambda _: 1 / 0)
    answer = Caller(closed_site).get("/sign-in")
    assert answer.status_code == 500
    assert "division" not in answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "ZeroDivisionError" in caplog.text


def test_a_damaged_account_file_lets_nobody_in(closed_site, store_dir):
    caller = Caller(closed_site)
    caller.sign_in("manager", PASSWORD)
    (store_dir / ACCOUNTS_FILE).write_text("{")
    assert caller.get("/").status_code == 503
    with pytest.raises(StorageError, match="accounts cannot be read"):
        Accounts(store_dir / ACCOUNTS_FILE)


@pytest.mark.parametrize(("name", "password"), [("anna", "short"), ("a b", PASSWORD), ("", PASSWORD)])
def test_unusable_accounts_are_refused(accounts, name, password):
    before = dict(accounts.all())
    with pytest.raises(StorageError):
        accounts.put(name, Role.STAFF, password, 1.0)
    assert accounts.all() == before


def test_the_account_file_is_for_its_user_alone(accounts, store_dir):
    assert (store_dir / ACCOUNTS_FILE).stat().st_mode & 0o777 == 0o600
    assert PASSWORD not in (store_dir / ACCOUNTS_FILE).read_text()
    with pytest.raises(StorageError, match="no such account"):
        accounts.remove("nobody")


def test_managers_may_everything_and_every_right_has_somebody():
    assert RIGHTS[Role.MANAGER] == set(Right)
    assert set(RIGHTS) == set(Role)


def test_tries_come_back_with_time():
    limit = RateLimit(tries=2, per_s=60.0)
    for _ in range(2):
        assert limit.wait_s("x", 0.0) == 0.0
        limit.count("x", 0.0)
    assert limit.wait_s("x", 0.0) == pytest.approx(30.0)
    assert limit.wait_s("x", 30.0) == 0.0
    assert limit.wait_s("y", 0.0) == 0.0
    limit.forgive("x")
    assert limit.wait_s("x", 0.0) == 0.0


def test_the_ledger_knows_who_came_in_and_who_was_locked_out(closed_site, bench):
    caller = Caller(closed_site)
    caller.sign_in("staff", PASSWORD)
    for _ in range(6):
        caller.sign_in("manager", "wrong wrong wrong")
    trail = [(entry.by, entry.kind.value) for entry in bench.writer.store.trail]
    assert trail == [("staff", "signed_in"), ("manager", "locked_out")]
    bench.restart()
    assert [(entry.by, entry.kind.value) for entry in bench.writer.store.trail] == trail


def test_who_comes_to_mend_the_ledger_is_let_in(closed_site, bench, monkeypatch, caplog):
    def refuse(entries):
        raise StorageError("the disk is full")

    monkeypatch.setattr(bench.writer, "note", refuse)
    assert Caller(closed_site).sign_in("technician", PASSWORD).status_code == 303
    assert "the disk is full" in caplog.text
