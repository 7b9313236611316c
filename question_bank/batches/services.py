"""One change to many questions, in one transaction."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from core.audit.services import record
from core.db import upsert
from core.errors import Invalid
from question_bank.batches import queries
from question_bank.batches.rules import MAX_AT_ONCE, Fate, Wanted
from question_bank.media.services import carry_uses
from question_bank.questions.models import QuestionVersion, ReviewEvent
from question_bank.questions.rules import VersionState

# what a next version takes over from the one in use, unless the change says otherwise
CARRIED = (
    "question_id", "type", "stem", "options", "key", "passage", "is_rich", "explanation",
    "topic_id", "difficulty", "pool", "may_shuffle", "article_id", "basis", "digest",
)  # fmt: skip
BATCH = 100  # rows of one INSERT: databases bound the values of a statement


@dataclass(frozen=True)
class Changed:
    """What a change did. ``left``: codes of what was not touched because somebody is at it."""

    in_place: int
    sent: int
    same: int
    left: Sequence[str]


def change_many(
    session: Session,
    *,
    question_ids: Collection[int],
    wanted: Wanted,
    comment: str,
    by_id: int,
    now: datetime,
) -> Changed:
    """Give many questions another topic, difficulty or pool.

    Drafts are changed in place; a question in use gets a next version that goes to review at once
    (``comment`` says there what changed); what is in review, returned, doubted or out of use is
    left. Invalid where nothing is to change or there are too many.
    """
    if not wanted.values:
        raise Invalid(_("选好要改成什么：知识点、难度或用途。"), field="wanted")
    if len(question_ids) > MAX_AT_ONCE:
        raise Invalid(_("一次最多改 %(max)s 题，请分几次。", max=MAX_AT_ONCE), field="questions")
    found = queries.targets(session, question_ids, locked=True)
    plan = queries.planned(found, wanted)
    left = [target.code for target in plan.by_fate[Fate.LEFT]]
    left += queries.codes_without(session, question_ids, found)
    drafts = {target.version_id: target.code for target in plan.by_fate[Fate.IN_PLACE]}
    live = {target.version_id: target.code for target in plan.by_fate[Fate.NEXT]}
    _change_drafts(session, list(drafts), wanted, comment, by_id, now)
    begun = _next_versions(session, list(live), wanted, comment, by_id, now)
    left += [code for id_, code in live.items() if id_ not in begun]
    done = Changed(len(drafts), len(begun), plan.count(Fate.SAME), left)
    record(
        session, "question.change_many", ("question", "*"),
        facts={**wanted.values, "drafts": done.in_place, "sent": done.sent, "same": done.same,
               "left": len(left)},
        reason=comment[:500],
    )  # fmt: skip
    return done


def _change_drafts(
    session: Session, ids: Sequence[int], wanted: Wanted, comment: str, by_id: int, now: datetime
) -> None:
    """Drafts, whose rows are locked: another revision, and who made it."""
    if not ids:
        return
    session.execute(
        update(QuestionVersion)
        .where(QuestionVersion.id.in_(ids), QuestionVersion.state == VersionState.DRAFT)
        .values(revision=QuestionVersion.revision + 1, **wanted.values),
        execution_options={"synchronize_session": False},
    )
    _note(session, ids, VersionState.DRAFT, VersionState.DRAFT, by_id, now, comment)


def _next_versions(
    session: Session, ids: Sequence[int], wanted: Wanted, comment: str, by_id: int, now: datetime
) -> set[int]:
    """Next versions in review; ids of those that got one.

    Where somebody has begun a version in this moment, the unique index lets theirs stand.
    """
    table = QuestionVersion.__table__
    rows = session.execute(
        select(*(table.c[name] for name in CARRIED), table.c.id, table.c.number)
        .where(table.c.id.in_(ids))
        .order_by(table.c.id)
    ).mappings()  # fmt: skip
    values: list[dict[str, Any]] = [
        {
            **{name: row[name] for name in CARRIED}, **wanted.values, "number": row["number"] + 1,
            "state": VersionState.IN_REVIEW, "author_id": by_id, "created_at": now,
            "replaces_id": row["id"], "key_changed": False, "revision": 1,
        }
        for row in rows
    ]  # fmt: skip
    made: dict[int, int] = {}  # id of the new version → id of the one it replaces
    for start in range(0, len(values), BATCH):
        inserted = session.execute(
            upsert(session, QuestionVersion)
            .values(values[start : start + BATCH])
            .on_conflict_do_nothing()
            .returning(QuestionVersion.id, QuestionVersion.replaces_id)
        )
        made.update((row[0], row[1] or 0) for row in inserted)
    carry_uses(session, QuestionVersion.id.in_(made))
    _note(session, list(made), None, VersionState.DRAFT, by_id, now)
    _note(session, list(made), VersionState.DRAFT, VersionState.IN_REVIEW, by_id, now, comment)
    return set(made.values())


def _note(
    session: Session, ids: Sequence[int], before: VersionState | None, after: VersionState,
    by_id: int, at: datetime, comment: str = "",
) -> None:  # fmt: skip
    if ids:
        session.execute(
            insert(ReviewEvent),
            [{"version_id": id_, "from_state": before, "to_state": after, "by_id": by_id,
              "at": at, "comment": comment[:500]} for id_ in ids],
        )  # fmt: skip
