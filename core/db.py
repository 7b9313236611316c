"""The database: base class, column types, and the one door through which writes go."""

from __future__ import annotations

import enum
import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, cast

from flask_sqlalchemy import SQLAlchemy
from flask_sqlalchemy.session import Session as FlaskSession
from sqlalchemy import (
    JSON,
    BigInteger,
    Connection,
    CursorResult,
    DateTime,
    Delete,
    Engine,
    Enum,
    Integer,
    MetaData,
    Result,
    Table,
    Update,
    event,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator

try:
    import fcntl
except ImportError:  # Windows: BEGIN IMMEDIATE and the busy timeout serialise alone
    fcntl = None  # type: ignore[assignment]

BUSY_TIMEOUT_MS = 30_000
# The last of a model's __table_args__ where rows are added and never changed: no UPDATE or DELETE
# of that table is even compiled, before triggers refuse what did not come through here.
APPEND_ONLY = {"info": {"append_only": True}}


class UtcDateTime(TypeDecorator[datetime]):
    """An aware instant; stored in UTC on both databases."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive datetime never enters the database")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _values(members: type[enum.Enum]) -> list[str]:
    return [member.value for member in members]


def enum_type(members: type[enum.Enum], name: str | None = None) -> Enum:
    """A column of a closed list, stored by value and checked by the database.

    ``name``: of the check, where a table has two columns of one list.
    """
    return Enum(
        members, name=name, values_callable=_values, native_enum=False, length=32,
        create_constraint=True,
    )  # fmt: skip


class Base(DeclarativeBase):
    """Base of every table. Constraints are named, so that migrations can name them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012 (read by SQLAlchemy)
        datetime: UtcDateTime(),
        int: BigInteger().with_variant(Integer(), "sqlite"),
        dict[str, Any]: JSON(),
        list[Any]: JSON(),
        enum.StrEnum: enum_type(enum.StrEnum),
    }


def table_of(model: type[Base]) -> Table:
    """The table of a model, for Core statements on hot paths."""
    return cast(Table, model.__table__)


def json_text(value: Any) -> str:
    """How JSON columns are written: Chinese as it is, half the bytes and findable by a search."""
    return json.dumps(value, ensure_ascii=False)


_DECODER = json.JSONDecoder()


def json_value(stored: str | bytes) -> Any:
    """How JSON columns are read: what ``json_text`` wrote, in a third of the time of ``json.loads``.

    TypeError for what is no text, which tells SQLAlchemy that SQLite kept a number as one.
    """
    return _DECODER.raw_decode(stored if isinstance(stored, str) else str(stored, "utf-8"))[0]


db = SQLAlchemy(
    metadata=Base.metadata, session_options={"expire_on_commit": False}, engine_options={}
)


@event.listens_for(Engine, "connect")
def _prepare_sqlite(dbapi_connection: Any, _record: Any) -> None:
    """SQLite as operators expect it: WAL, durable, foreign keys, REPLACE fires triggers."""
    if type(dbapi_connection).__module__.split(".")[0] != "sqlite3":
        return
    dbapi_connection.isolation_level = None  # we say BEGIN ourselves
    cursor = dbapi_connection.cursor()
    for pragma in (
        f"busy_timeout={BUSY_TIMEOUT_MS}",
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "recursive_triggers=ON",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


@event.listens_for(Engine, "begin")
def _begin_sqlite(connection: Connection) -> None:
    """A writing transaction takes the write lock at its start: nothing it read can be stale."""
    if connection.dialect.name == "sqlite":
        writes = connection.get_execution_options().get("writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


class _TurnFile:
    """An open lock file; closed with the thread that opened it."""

    def __init__(self, path: str) -> None:
        self._handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o640)

    def fileno(self) -> int:
        """For ``flock``."""
        return self._handle

    def __del__(self) -> None:
        os.close(self._handle)


class _Turns(threading.local):
    """One open lock file per thread and path: threads and processes queue alike."""

    def __init__(self) -> None:
        self.files: dict[str, _TurnFile] = {}

    def file(self, path: str) -> _TurnFile:
        handle = self.files.get(path)
        if handle is None:
            handle = self.files[path] = _TurnFile(path)
        return handle


_turns = _Turns()


@contextmanager
def writer_turn(engine: Engine) -> Iterator[None]:
    """Queue for the write lock of an SQLite file in the kernel, so that nobody polls or starves."""
    database = engine.url.database
    if engine.dialect.name != "sqlite" or not database or database == ":memory:" or fcntl is None:
        yield
        return
    handle = _turns.file(database + ".turn")
    fcntl.flock(handle, fcntl.LOCK_EX)
    try:
        yield
    finally:
        fcntl.flock(handle, fcntl.LOCK_UN)


@contextmanager
def transaction() -> Iterator[Session]:
    """The door of every change: all that happens inside is committed together or not at all.

    Rows read before the door are detached, so that no decision rests on an older snapshot.
    """
    session = cast(Session, db.session())
    if session.info.get("door"):
        raise RuntimeError("transaction() inside transaction(): services take the session instead")
    session.close()
    with writer_turn(db.engine):
        session.info["door"] = True
        try:
            session.connection(execution_options={"writes": True})
            yield session
            session.commit()
        except BaseException:
            session.rollback()
            raise
        finally:
            session.info.clear()
            session.close()


def reading() -> Session:
    """The session for a page that only looks. Flushing it is an error."""
    return cast(Session, db.session())


@event.listens_for(Session, "before_flush")
def _refuse_writes_outside_the_door(session: Session, _context: Any, _instances: Any) -> None:
    if isinstance(session, FlaskSession) and not session.info.get("door"):
        raise RuntimeError("a write outside transaction()")


def upsert(session: Session, table: type[Base]) -> postgresql.Insert:
    """An INSERT of this database's kind, for ``on_conflict_do_nothing`` and ``…_do_update``."""
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    return cast(postgresql.Insert, insert(table))


@compiles(Update)
@compiles(Delete)
def _refuse_change(element: Update | Delete, compiler: SQLCompiler, **kw: Any) -> str:
    """Compilation of every UPDATE and DELETE, whether flushed, sent by the ORM or by Core."""
    table = element.table
    if isinstance(table, Table) and table.info.get("append_only"):
        raise RuntimeError(f"{table.name} is append-only: add a row that corrects another")
    visit: Any = compiler.visit_update if isinstance(element, Update) else compiler.visit_delete
    return cast(str, visit(element, **kw))


class greatest(FunctionElement[Any]):  # noqa: N801 (an SQL function)
    """The later, or larger, of two values."""

    inherit_cache = True


class least(FunctionElement[Any]):  # noqa: N801
    """The earlier, or smaller, of two values."""

    inherit_cache = True


class days_between(FunctionElement[int]):  # noqa: N801
    """How many days the second of two civil dates lies after the first."""

    type = Integer()
    inherit_cache = True


@compiles(greatest)
@compiles(least)
def _extreme(element: FunctionElement[Any], compiler: SQLCompiler, **kw: Any) -> str:
    return f"{type(element).__name__}({compiler.process(element.clauses, **kw)})"


@compiles(greatest, "sqlite")
@compiles(least, "sqlite")
def _extreme_sqlite(element: FunctionElement[Any], compiler: SQLCompiler, **kw: Any) -> str:
    name = "max" if isinstance(element, greatest) else "min"
    return f"{name}({compiler.process(element.clauses, **kw)})"


@compiles(days_between)
def _days(element: days_between, compiler: SQLCompiler, **kw: Any) -> str:
    first, second = (compiler.process(part, **kw) for part in element.clauses)
    return f"({second} - {first})"


@compiles(days_between, "sqlite")
def _days_sqlite(element: days_between, compiler: SQLCompiler, **kw: Any) -> str:
    first, second = (compiler.process(part, **kw) for part in element.clauses)
    return f"CAST(julianday({second}) - julianday({first}) AS INTEGER)"


def rows_of(result: Result[Any]) -> int:
    """How many rows an UPDATE or DELETE changed: what decides a claim."""
    return cast(CursorResult[Any], result).rowcount
