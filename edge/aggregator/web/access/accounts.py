"""Who has an account: a file beside the ledger, written by ``steelyard account`` and read by the pages.

Passwords are kept as Argon2id hashes (RFC 9106, the library's low-memory profile). A program's key is 160 bit
of randomness, for which a plain digest does. The file is read again when it has changed.
"""

from __future__ import annotations

import hmac
import secrets
from base64 import b32encode
from collections.abc import Collection
from hashlib import sha256
from pathlib import Path
from typing import Annotated

import msgspec
from argon2 import PasswordHasher, profiles
from argon2.exceptions import InvalidHashError, VerificationError

from edge.aggregator.web.access.roles import RIGHTS, Right, Role
from edge.durable_file import write_atomically
from edge.errors import StorageError
from edge.payload import encode

ACCOUNTS_FILE = "accounts.json"
"""In ``state_dir``."""

PASSWORD_MIN = 10
"""[characters] of a password that somebody chose."""

KEY_BYTES = 20

RESERVED = frozenset({"local", "shopper"})
"""Names of people without an account: who sits at the machine before there is any, and who shops."""

AccountName = Annotated[str, msgspec.Meta(pattern=r"^[\w.@-]{1,64}\Z")]


class Account(msgspec.Struct, frozen=True):
    """One person, or one program."""

    name: AccountName
    role: Role
    secret: str  # Argon2id hash of the password; of a program the SHA-256 of its key, in hex
    since: float  # [s] when the secret or the role was set: sessions that began before are over
    rights: tuple[Right, ...] = ()  # of a program: what its key may; empty: what its role may

    @property
    def may(self) -> frozenset[Right]:
        """What it may."""
        return frozenset(self.rights) or RIGHTS[self.role]


class _File(msgspec.Struct, frozen=True):
    accounts: tuple[Account, ...] = ()


class Accounts:
    """The file, as it is now.

    Args:
        file: need not exist.

    Raises:
        StorageError: it exists and cannot be read; so does every method.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._hasher = PasswordHasher.from_parameters(profiles.RFC_9106_LOW_MEMORY)
        self._nobody = self._hasher.hash(secrets.token_hex())  # costs as much as a wrong password
        self._read_at: tuple[int, int] | None = None
        self._accounts: dict[str, Account] = {}
        self.all()

    def all(self) -> dict[str, Account]:
        """All accounts by name."""
        try:
            status = self._file.stat()
        except FileNotFoundError:
            self._read_at, self._accounts = None, {}
            return self._accounts
        except OSError as error:
            raise self._unusable(error.strerror or str(error)) from error
        version = status.st_mtime_ns, status.st_ino
        if version != self._read_at:
            try:
                found = msgspec.json.decode(self._file.read_bytes(), type=_File)
            except (OSError, msgspec.DecodeError) as error:
                raise self._unusable(str(error)) from error
            self._accounts = {account.name: account for account in found.accounts}
            self._read_at = version
        return self._accounts

    def of_person(self, name: str, password: str) -> Account | None:
        """The account that a name and a password open. Takes about 50 ms and 64 MiB, whatever the outcome."""
        account = self.all().get(name)
        is_person = account is not None and account.role is not Role.PROGRAM
        try:
            self._hasher.verify(account.secret if account and is_person else self._nobody, password)
        except (VerificationError, InvalidHashError):
            return None
        return account if is_person else None

    def of_program(self, key: str) -> Account | None:
        """The account that a key opens."""
        digest = sha256(key.encode()).hexdigest()
        for account in self.all().values():
            if account.role is Role.PROGRAM and hmac.compare_digest(account.secret, digest):
                return account
        return None

    def put(
        self, name: str, role: Role, password: str, utc_s: float, rights: Collection[Right] = ()
    ) -> Account:
        """Add an account or replace it.

        Args:
            name: letters, digits and ``. @ _ -``.
            role: what it is for.
            password: of a program: its key.
            utc_s: [s] now.
            rights: of a program, other ones than its role's.

        Raises:
            StorageError: unusable name or password, or the file cannot be written.
        """
        if role is not Role.PROGRAM and len(password) < PASSWORD_MIN:
            raise StorageError(
                "the password is too short", where=name, found=f"{len(password)} characters",
                expected=f"at least {PASSWORD_MIN}", fix="A few words in a row are easy to remember.",
            )  # fmt: skip
        is_program = role is Role.PROGRAM
        secret = sha256(password.encode()).hexdigest() if is_program else self._hasher.hash(password)
        try:
            usable = msgspec.convert(name, AccountName)
        except msgspec.ValidationError:
            usable = ""
        if not usable or usable in RESERVED:
            raise StorageError(
                "this cannot be the name of an account", where="account", found=repr(name),
                expected=f"up to 64 letters, digits and . @ _ -, and none of {', '.join(sorted(RESERVED))}",
            )  # fmt: skip
        account = Account(usable, role, secret, utc_s, tuple(sorted(set(rights))))
        self._write({**self.all(), name: account})
        return account

    def remove(self, name: str) -> None:
        """Take an account away; its sessions are over. Raises ``StorageError`` when there is none."""
        accounts = dict(self.all())
        if accounts.pop(name, None) is None:
            raise StorageError(
                "there is no such account", where=str(self._file), found=name, fix="List them first."
            )
        self._write(accounts)

    def _write(self, accounts: dict[str, Account]) -> None:
        content = encode(_File(tuple(accounts[name] for name in sorted(accounts))))
        write_atomically(self._file, content, mode=0o600)
        self.all()

    def _unusable(self, why: str) -> StorageError:
        return StorageError(
            "the accounts cannot be read", where=str(self._file), found=why,
            fix="Restore the file from its copy, or remove it and make the accounts again.",
        )  # fmt: skip


def new_key() -> str:
    """A key for a program."""
    return b32encode(secrets.token_bytes(KEY_BYTES)).decode().lower()
