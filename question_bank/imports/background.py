"""Reads a large upload beside the requests: batch by batch, with a sign of life, until stopped."""

from __future__ import annotations

import logging
import threading
from datetime import datetime, timedelta

from flask import Flask
from flask_babel import gettext as _
from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from core import clock
from core.audit.services import Actor, acting_as, record
from core.clock import civil_date
from core.db import reading, rows_of, transaction
from core.errors import Conflict, Invalid
from question_bank.formats import streams
from question_bank.imports import queries, services, staging
from question_bank.imports.bank import queries as holding
from question_bank.imports.models import ImportFile, ImportRow, QuestionImport
from question_bank.imports.rules import ImportState
from question_bank.imports.services import SentFile

LARGE = 2 * 1024 * 1024  # bytes; smaller files are read while their sender waits
LEASE = timedelta(seconds=60)  # without a sign of life a reader counts as gone
log = logging.getLogger(__name__)


class _Stopped(Exception):
    """Somebody stopped the reading, or another reader has taken it over."""


def begin(
    session: Session, *, file: SentFile, key: SentFile | None, by_id: int, now: datetime
) -> QuestionImport:
    """Keep a checked file to be read by ``start``; nothing of it is read yet."""
    upload, _answers = services.checked(file, key)
    kept = services.keep(session, file, key, upload.kind, ImportState.READING, by_id, now)
    kept.beat_at = now
    session.add(
        ImportFile(
            import_id=kept.id, data=file.data, key_name=key.name[-200:] if key else "",
            key_data=key.data if key else None,
        )
    )  # fmt: skip
    return kept


def begin_again(session: Session, *, import_id: int, by_id: int, now: datetime) -> None:
    """Take over from a reader that gave no sign of life. Conflict where it still does."""
    taken = session.execute(
        update(QuestionImport)
        .where(
            QuestionImport.id == import_id,
            QuestionImport.by_id == by_id,
            QuestionImport.state == ImportState.READING,
            QuestionImport.beat_at < now - LEASE,
        )
        .values(beat_at=now, rows_done=0)
    )
    if rows_of(taken) != 1:
        raise Conflict(_("这个文件正在读取，或者已经读完了。"))
    session.execute(delete(ImportRow).where(ImportRow.import_id == import_id))
    record(session, "import.read_again", ("question_import", import_id))


def start(app: Flask, import_id: int) -> threading.Thread:
    """Read in a thread of this process; it ends with the process, and then another may take over."""
    thread = threading.Thread(
        target=read, args=(app, import_id), name=f"import-{import_id}", daemon=True
    )
    thread.start()
    return thread


def read(app: Flask, import_id: int) -> None:
    """Read an upload that ``begin`` kept, to its end or until somebody stops it."""
    with app.app_context():
        try:
            _Reader(import_id).run()
        except _Stopped:
            log.info("reading of upload %s was stopped", import_id)
        except Invalid as error:
            _fail(import_id, error.detail)
        except Exception:
            log.exception("reading of upload %s failed", import_id)
            _fail(import_id, _("读取时出了故障。文件没有问题的话，请再上传一次。"))


def _fail(import_id: int, trouble: str) -> None:
    with transaction() as session:
        failed = session.execute(
            update(QuestionImport)
            .where(QuestionImport.id == import_id, QuestionImport.state == ImportState.READING)
            .values(state=ImportState.FAILED, trouble=trouble[:300])
        )
        if rows_of(failed) == 1:
            session.execute(delete(ImportRow).where(ImportRow.import_id == import_id))
            session.execute(delete(ImportFile).where(ImportFile.import_id == import_id))


class _Reader:
    """One reading. ``beat``: when it last gave a sign of life; who changes that takes over."""

    def __init__(self, import_id: int) -> None:
        self.import_id = import_id
        kept, file = queries.to_read(reading(), import_id)
        if kept is None or file is None or kept.beat_at is None:
            raise _Stopped
        self.beat, self.by_id = kept.beat_at, kept.by_id
        self.file = SentFile(kept.filename, file.data)
        self.key = SentFile(file.key_name, file.key_data) if file.key_data is not None else None
        reading().close()

    def run(self) -> None:
        """All of it."""
        upload, answers = services.checked(self.file, self.key)
        with services.told():
            stream = streams.opened(upload, answers)
            comparer = staging.Comparer(holding.bank_on(reading(), civil_date(clock.now())))
            reading().close()
            stager = staging.Stager(self.import_id, comparer, stream.items)
            is_first = True
            while batch := stager.next_batch():
                with transaction() as session:
                    more = {"rows_total": stream.total} if is_first else {}
                    self._sign(session, stager.number, **more)
                    stager.put(session, batch)
                is_first = False
        with transaction() as session, acting_as(Actor("import", self.by_id)):
            self._sign(session, stager.number, state=ImportState.READY,
                       notes=services.notes_of(stream))  # fmt: skip
            kept = session.get_one(QuestionImport, self.import_id)
            staging.finish(session, kept, stager, comparer)
            session.execute(delete(ImportFile).where(ImportFile.import_id == self.import_id))
            record(session, "import.read", ("question_import", self.import_id),
                   facts={"rows": stager.number})  # fmt: skip

    def _sign(self, session: Session, done: int, **values: object) -> None:
        """A sign of life, in the same transaction as the rows it speaks of."""
        now = clock.now()
        signed = session.execute(
            update(QuestionImport)
            .where(
                QuestionImport.id == self.import_id,
                QuestionImport.state == ImportState.READING,
                QuestionImport.beat_at == self.beat,
            )
            .values(beat_at=now, rows_done=done, **values)
        )
        if rows_of(signed) != 1:
            raise _Stopped
        self.beat = now
