"""The ledger's database: opened, brought to this release's layout, read and written in transactions.

A commit that returned survives kill -9 and a power cut, because nodes forget what we acknowledge: SQLite runs
with WAL and ``synchronous = FULL``, PostgreSQL with ``synchronous_commit = on``. A writing transaction holds
the write lock from its beginning, so that what it read before writing still holds.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, Insert, create_engine, event, inspect, text
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from edge.aggregator.ledger.faults import named
from edge.config import AggregatorConfig
from edge.errors import StorageError

Place = Path | URL
"""Where a ledger is: an SQLite file, or a PostgreSQL database."""

LEDGER_FILE = "ledger.sqlite"
"""In ``state_dir``, where no option says otherwise."""

LOCK_WAIT_S = 2.0
"""[s] how long to wait for another program (a backup, an auditor) that holds the write lock."""

CONNECT_WAIT_S = 5.0
"""[s] how long to wait for a PostgreSQL server to answer."""

LAYOUT = "v2"
"""The newest of ``migrations/versions``. A newer one is refused: only its own release can keep its rules."""

_LAYOUTS = ("v1", LAYOUT)


def place_of_ledger(config: AggregatorConfig, base_dir: Path) -> Place:
    """Where an aggregator's ledger is, by its options; relative paths start from ``base_dir``.

    Raises:
        StorageError: a URL that cannot be used, or a password file that cannot be read.
    """
    setting = config.database
    if "://" not in setting:
        return base_dir / (setting or Path(config.state_dir) / LEDGER_FILE)
    try:
        url = make_url(setting)
    except ArgumentError:
        url = URL.create("unreadable")
    if url.get_backend_name() != "postgresql" or not url.database:
        raise StorageError(
            "this is no database of ours", where="database", found=url.get_backend_name(),
            expected="a file, or postgresql://user@host:port/name",
        )  # fmt: skip
    if url.password is not None:
        raise StorageError(
            "a password stands in the option", where="database",
            fix="Put it into a file that only we can read, and name that in database_password_file.",
        )  # fmt: skip
    url = url.set(drivername="postgresql+psycopg")
    if not config.database_password_file:
        return url
    file = base_dir / config.database_password_file
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise StorageError(
            "the password file cannot be read", where=str(file), found=str(error),
            fix="Check database_password_file.",
        ) from error  # fmt: skip
    return url.set(password=lines[0].strip() if lines else "")


class Database:
    """One open database.

    Args:
        place: a file is created with its directory when absent; a PostgreSQL database must exist.

    Attributes:
        where: its name for people; without a password.

    Raises:
        StorageError: cannot be opened, is not a ledger, or belongs to a newer release.
    """

    def __init__(self, place: Place) -> None:
        self.place = place
        self.where = str(place) if isinstance(place, Path) else place.render_as_string(hide_password=True)
        if isinstance(place, Path):
            make_directory(place.parent)
        self.engine = _engine(place)
        try:
            self._prepare()
        except BaseException:
            self.engine.dispose()
            raise

    @contextmanager
    def transaction(self, verb: str) -> Iterator[Connection]:
        """All or nothing, alone among writers, on disk when the block has ended.

        Raises:
            StorageError: as :func:`~edge.aggregator.ledger.faults.named` says.
        """
        with named(verb, self.where), self.engine.begin() as connection:
            if connection.dialect.name == "postgresql":
                connection.exec_driver_sql("LOCK TABLE entries IN SHARE ROW EXCLUSIVE MODE")
            yield connection

    @contextmanager
    def reading(self, verb: str) -> Iterator[Connection]:
        """One state of the database for as long as the block lasts; writers go on. Raises as above."""
        with named(verb, self.where), self.engine.connect() as connection:
            connection.execution_options(reading=True, stream_results=True, yield_per=500)
            if connection.dialect.name == "postgresql":
                connection.execution_options(isolation_level="REPEATABLE READ")
            yield connection

    def as_driven(self, statement: Insert) -> str:
        """A statement for the driver itself, with parameters by name: nothing is looked at in between."""
        dialect = self.engine.dialect
        if dialect.name == "sqlite":
            dialect = SQLiteDialect_pysqlite(paramstyle="named")
        return str(statement.compile(dialect=dialect))

    def close(self) -> None:
        """Close all connections; what was committed is on disk already."""
        self.engine.dispose()

    def _prepare(self) -> None:
        with named("open", self.where), self.engine.connect() as connection:
            connection.execution_options(reading=True)
            found = _layout_of(connection, self.where)
        if found == LAYOUT:
            return
        from edge.aggregator.ledger.migrations import bring_up  # noqa: PLC0415 - Alembic loads slowly

        with named("bring up", self.where), self.engine.begin() as connection:
            if connection.dialect.name == "postgresql":  # two programs may start at once
                connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('steelyard ledger'))"))
            if (found := _layout_of(connection, self.where)) != LAYOUT:
                bring_up(connection, found)


def _layout_of(connection: Connection, where: str) -> str:
    """The layout's name; "" when the database is empty.

    Raises:
        StorageError: somebody else's database, or one of a newer release.
    """
    tables = set(inspect(connection).get_table_names())
    if "ledger_layout" in tables:
        found = connection.execute(text("SELECT version_num FROM ledger_layout")).scalar_one_or_none()
        if found not in _LAYOUTS:
            raise StorageError(
                "ledger of a newer release", where=where, found=f"layout {found}",
                expected=f"layout {LAYOUT}", fix="Update Steelyard on this machine.",
            )  # fmt: skip
        return str(found)
    if connection.dialect.name == "sqlite":
        version: int = connection.execute(text("PRAGMA user_version")).scalar_one()
        if version > 1:
            raise StorageError(
                "ledger of a newer release", where=where, found=f"version {version}",
                expected=f"layout {LAYOUT}", fix="Update Steelyard on this machine.",
            )  # fmt: skip
        if version == 1 and "entries" in tables:
            return "v1"  # the first release kept no such table
        if tables:
            raise StorageError(
                "this database is no ledger", where=where, found=f"the table {min(tables)}",
                fix="Check the setting `database`.",
            )  # fmt: skip
    return ""


def make_directory(directory: Path) -> None:
    """With all above it. Raises ``StorageError`` when that cannot be done."""
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(
            f"cannot make the ledger's directory: {error.strerror}", where=str(directory),
            fix="Check path and rights of state_dir.",
        ) from error  # fmt: skip


def _engine(place: Place) -> Engine:
    if isinstance(place, Path):
        url = URL.create("sqlite", database=str(place))
        engine = create_engine(url, connect_args={"timeout": LOCK_WAIT_S}, pool_size=2, max_overflow=4)
        event.listen(engine, "connect", _set_pragmas)
        event.listen(engine, "begin", _begin)
        return engine
    options = (
        f"-c synchronous_commit=on -c lock_timeout={int(LOCK_WAIT_S * 1000)} -c client_encoding=UTF8"
        " -c default_transaction_isolation=read\\ committed"
    )
    try:
        return create_engine(
            place,
            connect_args={"options": options, "connect_timeout": int(CONNECT_WAIT_S), "prepare_threshold": 2},
            pool_size=2, max_overflow=4, pool_pre_ping=True,
        )  # fmt: skip
    except ModuleNotFoundError as error:
        raise StorageError(
            "a PostgreSQL ledger needs a part that is not installed", where="database",
            found=f"no module {error.name}", fix='Install it with pip install "steelyard[postgres]".',
        ) from error  # fmt: skip


def _set_pragmas(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # the transaction begins where `_begin` says
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA secure_delete = ON")  # what an erasure takes away is overwritten


def _begin(connection: Connection) -> None:
    reading = connection.get_execution_options().get("reading", False)
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")
