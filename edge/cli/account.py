"""``steelyard account``: who may open the pages, and what for; docs/pages.md has the table."""

from __future__ import annotations

import getpass
import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from edge.aggregator.web.access.accounts import ACCOUNTS_FILE, Accounts, new_key
from edge.aggregator.web.access.roles import Right, Role
from edge.cli.ledger import Config
from edge.clock import SystemClock
from edge.config import AggregatorConfig
from edge.durable_file import one_writer
from edge.errors import StorageError
from edge.yaml_file import load_yaml

app = typer.Typer(add_completion=False, no_args_is_help=True, help=__doc__)

Name = Annotated[str, typer.Argument(help="Letters, digits and . @ _ -")]


@app.command()
def add(
    config: Config,
    name: Name,
    role: Annotated[Role, typer.Option("--role", help="What the account is for.")],
    password_file: Annotated[
        Path | None, typer.Option("--password-file", help="Its first line is the password; - for stdin.")
    ] = None,
    generate: Annotated[bool, typer.Option("--generate", help="Make a password up and print it.")] = False,
) -> None:
    """Add an account, or give one a new role and password; its sessions end. Asks for the password.

    A program gets a key, which is printed once: it sends it as ``Authorization: Bearer KEY``.
    """
    file = _file(config)
    is_made_up = generate or role is Role.PROGRAM
    password = new_key() if is_made_up else _password(password_file)
    with one_writer(file.parent):
        Accounts(file).put(name, role, password, SystemClock().utc_s())
    print(f"{name} may sign in as {role.value}." if role is not Role.PROGRAM else f"{name} may read the API.")
    if is_made_up:
        print(f"{'key' if role is Role.PROGRAM else 'password'} {password}")


@app.command()
def key(
    config: Config,
    name: Name,
    rights: Annotated[
        list[Right] | None, typer.Option("--right", help="What the key may; those of a program if left out.")
    ] = None,
) -> None:
    """Make a program's account, or give one another key and rights; prints the key, which is kept nowhere."""
    file, secret = _file(config), new_key()
    with one_writer(file.parent):
        accounts = Accounts(file)
        known = accounts.all().get(name)
        if known is not None and known.role is not Role.PROGRAM:
            raise StorageError("this is a person's account", where=name, fix="Give the program another name.")
        made = accounts.put(name, Role.PROGRAM, secret, SystemClock().utc_s(), rights or ())
    print(f"{name} may {', '.join(sorted(made.may))}.", file=sys.stderr)
    print(secret)


@app.command()
def remove(config: Config, name: Name) -> None:
    """Take an account away; its sessions end."""
    file = _file(config)
    with one_writer(file.parent):
        accounts = Accounts(file)
        accounts.remove(name)
    print(f"{name} is gone.")
    if not accounts.all():
        print("There is no account left: the pages are open to this machine, and to no other.")


@app.command(name="list")
def list_accounts(config: Config) -> None:
    """Print all accounts with their roles."""
    for account in Accounts(_file(config)).all().values():
        since = datetime.fromtimestamp(account.since).astimezone().strftime("%Y-%m-%d %H:%M")
        rights = f", may {', '.join(account.rights)}" if account.rights else ""
        print(f"{account.name:<20} {account.role.value:<12} since {since}{rights}")


def _file(config: Path) -> Path:
    return config.parent / load_yaml(config, AggregatorConfig).state_dir / ACCOUNTS_FILE


def _password(file: Path | None) -> str:
    """Never from the command line, where others of this machine could read it."""
    if file is None:
        password = getpass.getpass("Password: ")
        if getpass.getpass("Once more: ") != password:
            raise StorageError("the two passwords differ", where="account", fix="Try again.")
        return password
    try:
        text = sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise StorageError(
            "the password file cannot be read", where=str(file), found=str(error), fix="Check its name."
        ) from error
    return text.partition("\n")[0].rstrip("\r")
