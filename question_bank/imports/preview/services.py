"""What people do with the rows of an upload before they go in: mend, leave out, map, say once."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import update
from sqlalchemy.orm import Session

from core.audit.services import record
from core.clock import civil_date
from core.db import rows_of
from core.errors import Conflict, Invalid
from question_bank.formats.lean import MAX_TOPIC
from question_bank.formats.rows import ParsedRow, refused
from question_bank.imports import queries, staging
from question_bank.imports.bank import queries as holding
from question_bank.imports.models import ImportRow, QuestionImport
from question_bank.imports.preview import queries as found
from question_bank.imports.preview.rules import TWIN_CODES, reread, without
from question_bank.imports.rules import ImportState, Verdict
from question_bank.imports.staging import parsed_of
from question_bank.laws.rules import parse_article_input, same_title
from question_bank.questions.rules import MAX_BASIS, Pool
from question_bank.topics.queries import topic_ids
from question_bank.twins import services as twins

_JSON = ("judged", "findings", "options", "key")


def _hold(session: Session, import_id: int, by_id: int) -> QuestionImport:
    """Keep an upload from going in, or being given up, until this transaction ends.

    NotFound for a stranger's; Conflict where it went in or was given up already.
    """
    kept = queries.own_upload(session, import_id, by_id)
    held = session.execute(
        update(QuestionImport)
        .where(QuestionImport.id == import_id, QuestionImport.state == ImportState.READY)
        .values(state=ImportState.READY)
    )
    if rows_of(held) != 1:
        raise Conflict(_("这个文件已经导入或放弃了。没有改动。"))
    session.refresh(kept)
    return kept


def _comparer(session: Session, kept: QuestionImport, now: datetime) -> staging.Comparer:
    return staging.Comparer(holding.bank_of(session, kept, civil_date(now)))


# --- one row --------------------------------------------------------------------------


def mend(
    session: Session, *, import_id: int, number: int, by_id: int, cells: Mapping[str, str],
    now: datetime,
) -> Verdict:  # fmt: skip
    """Read a row anew from these cells, as a row of a table, and keep what comes out.

    ``cells``: by the names of ``rules.FIELDS``. Invalid where all are blank; Conflict where the
    upload waits no more.
    """
    kept = _hold(session, import_id, by_id)
    before = found.staged_row(session, import_id, number, by_id)
    read = reread(before.parsed, cells)
    if read is None:
        raise Invalid(_("这一行全空了。写上题目，或者选“不导入这一行”。"), field="stem")
    comparer = _comparer(session, kept, now)
    _put(session, kept, number, read, comparer, mended_at=now)
    _release(session, kept, before.parsed, comparer)
    staging.count(session, kept)
    after = found.staged_row(session, import_id, number, by_id)
    if _digest(after.parsed) != _digest(before.parsed):
        twins.forget(session, import_id=import_id, number=number)
    record(session, "import.mend", ("question_import", import_id),
           facts={"row": number, "verdict": after.verdict.value})  # fmt: skip
    return after.verdict


def _digest(row: ParsedRow) -> str | None:
    return row.draft.digest if row.draft else None


def drop(session: Session, *, import_id: int, number: int, by_id: int, now: datetime) -> None:
    """Leave a row out. Conflict where the upload waits no more or the bank has the row anyway."""
    kept = _hold(session, import_id, by_id)
    before = found.staged_row(session, import_id, number, by_id)
    dropped = session.execute(
        update(ImportRow)
        .where(
            ImportRow.import_id == import_id, ImportRow.number == number,
            ImportRow.verdict.not_in({Verdict.DROPPED, Verdict.SAME}),
        )
        .values(verdict=Verdict.DROPPED)
    )  # fmt: skip
    if rows_of(dropped) != 1:
        raise Conflict(_("这一行本来就不会导入。没有改动。"))
    twins.forget(session, import_id=import_id, number=number)
    _release(session, kept, before.parsed, _comparer(session, kept, now))
    staging.count(session, kept)
    record(session, "import.drop", ("question_import", import_id), facts={"row": number})


def take_back(session: Session, *, import_id: int, number: int, by_id: int, now: datetime) -> None:
    """Take a row in again that was left out; it is judged anew. Conflict where it was not left out."""
    kept = _hold(session, import_id, by_id)
    before = found.staged_row(session, import_id, number, by_id)
    if before.verdict is not Verdict.DROPPED:
        raise Conflict(_("这一行没有被去掉。没有改动。"))
    _put(session, kept, number, before.parsed, _comparer(session, kept, now))
    staging.count(session, kept)
    record(session, "import.take_back", ("question_import", import_id), facts={"row": number})


def _put(
    session: Session, kept: QuestionImport, number: int, row: ParsedRow,
    comparer: staging.Comparer, **more: Any,
) -> None:  # fmt: skip
    """Keep a row in place of what it was, judged by the rest of its file and by the bank."""
    row = without(row, TWIN_CODES)
    twin = found.twin_place(session, kept.id, number, row)
    if twin is not None:
        row = refused(row, *twin)
    values = staging.values_of(row, comparer)
    values |= {name: json.loads(values[name]) for name in _JSON}
    session.execute(
        update(ImportRow)
        .where(ImportRow.import_id == kept.id, ImportRow.number == number)
        .values(**values, **more)
    )
    staging.compare(session, kept.id, comparer, only=[number])


def _release(
    session: Session, kept: QuestionImport, left: ParsedRow, comparer: staging.Comparer
) -> None:
    """Judge the rows anew that were refused because they repeat what a row was before."""
    for row in found.rows_that_repeat(session, kept.id, left.place):
        _put(session, kept, row.number, parsed_of(row), comparer)


# --- all rows that say the same -------------------------------------------------------


def map_topics(
    session: Session, *, import_id: int, by_id: int, chosen: Mapping[str, int], now: datetime
) -> int:
    """Give all rows with a topic text another topic: text → id. How many rows changed.

    Invalid where there is no such topic any more.
    """
    kept = _hold(session, import_id, by_id)
    names = {id_: name for name, id_ in topic_ids(session).items()}
    if unknown := set(chosen.values()) - names.keys():
        wrong = {text: _("这个知识点已经没有了。") for text in chosen if chosen[text] in unknown}
        raise Invalid(_("有知识点已经没有了，没有改动。"), wrong=wrong)
    texts = {text: names[id_] for text, id_ in chosen.items()}
    return _map(session, kept, "topic", texts, MAX_TOPIC, now)


def map_bases(
    session: Session, *, import_id: int, by_id: int, chosen: Mapping[str, tuple[str, str]],
    now: datetime,
) -> int:  # fmt: skip
    """Give all rows with a citation another: text → (title of a law, article). How many rows changed.

    Invalid, with a sentence by text in ``wrong``, where a law in force has no such article.
    """
    kept = _hold(session, import_id, by_id)
    articles = holding.bank_of(session, kept, civil_date(now)).articles
    wrong, texts = {}, {}
    for text, (title, article) in chosen.items():
        label = parse_article_input(article)
        if not label:
            wrong[text] = _("写上是哪一条，例如 26 或 第二十六条。")
        elif (same_title(title), label) not in articles:
            wrong[text] = _("《%(title)s》里没有“%(label)s”。", title=title, label=label)
        else:
            texts[text] = f"《{title}》{label}"  # untranslated
    if wrong:
        raise Invalid(_("有条文没有找到，没有改动。"), wrong=wrong)
    return _map(session, kept, "basis", texts, MAX_BASIS, now)


def _map(
    session: Session, kept: QuestionImport, column: str, texts: Mapping[str, str], longest: int,
    now: datetime,
) -> int:  # fmt: skip
    """Put other words into a column, one statement for each text, and judge all rows anew."""
    comparer = _comparer(session, kept, now)
    changed = 0
    for text, other in texts.items():
        # of these, reading has said that the text is too long
        long = found.rows_with(session, kept.id, column, text) if len(text) > longest else []
        result = session.execute(
            update(ImportRow)
            .where(ImportRow.import_id == kept.id, getattr(ImportRow, column) == text)
            .values(**{column: other})
        )
        changed += rows_of(result)
        _shortened(session, kept, column, [row.number for row in long], comparer)
    staging.compare(session, kept.id, comparer, anew=True)
    staging.count(session, kept)
    record(session, "import.map", ("question_import", kept.id),
           facts={"column": column, "texts": len(texts), "rows": changed})  # fmt: skip
    return changed


def _shortened(
    session: Session, kept: QuestionImport, column: str, numbers: Collection[int],
    comparer: staging.Comparer,
) -> None:  # fmt: skip
    """These rows need not be refused any more for the length of a text."""
    if not numbers:
        return
    for row in queries.staged(session, kept.id, list(numbers)):
        parsed = parsed_of(row)
        left = tuple(
            each
            for each in parsed.findings
            if not (each.at == column and each.code in {"too_long", "topic_long"})
        )
        if row.verdict is not Verdict.DROPPED:
            _put(session, kept, row.number, replace(parsed, findings=left), comparer)


def say_of_whole(
    session: Session, *, import_id: int, by_id: int, source: str, pool: Pool | None,
    pool_is_for_all: bool, topic_id: int, now: datetime,
) -> None:  # fmt: skip
    """Say once for a file where it comes from, what it is for, and where rows without a topic go.

    ``topic_id``: 0 for the usual topic. Invalid where there is no such topic any more.
    """
    kept = _hold(session, import_id, by_id)
    names = {id_: name for name, id_ in topic_ids(session).items()}
    if topic_id and topic_id not in names:
        raise Invalid(_("这个知识点已经没有了。"), field="topic")
    kept.source, kept.pool = source, pool
    kept.pool_is_for_all = pool_is_for_all and pool is not None
    kept.topic = names.get(topic_id, "")
    session.flush()
    staging.compare(session, import_id, _comparer(session, kept, now), anew=True)
    staging.count(session, kept)
    record(
        session, "import.whole", ("question_import", import_id),
        facts={"source": source, "pool": pool.value if pool else "",
               "for_all": kept.pool_is_for_all, "topic": kept.topic},
    )  # fmt: skip
