"""Confirming questions in doubt, many at once, or taking them out of use; all or nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, func, insert, literal, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, aliased

from core.audit.services import record
from core.db import UtcDateTime, table_of
from core.errors import Conflict, Forbidden, Invalid
from core.followers import Followers
from question_bank.media.services import carry_uses
from question_bank.questions.models import QuestionVersion, ReviewEvent
from question_bank.questions.rules import VersionState
from question_bank.review.queries import is_foreign_to
from question_bank.review.services import MAX_COMMENT, execute
from question_bank.suspensions import queries
from question_bank.suspensions.models import Suspension
from question_bank.suspensions.rules import MAX_AT_ONCE, SuspensionOutcome
from question_bank.suspensions.services import close, refuse_stale

# Called with the session and the ids of versions before they are confirmed; one that must not be
# used again as it is raises Conflict with the code ``not_as_it_is``.
before_confirming: Followers[[Session, Sequence[int]]] = Followers()

# What a confirmed question takes over from the version that it replaces.
_CONTENT = (
    "question_id", "type", "stem", "options", "key", "passage", "is_rich", "explanation",
    "topic_id", "difficulty", "pool", "may_shuffle", "digest", "author_id", "measured_difficulty",
)  # fmt: skip


def confirm(
    session: Session,
    *,
    version_ids: Sequence[int],
    article_id: int | None,
    by_id: int,
    now: datetime,
    comment: str = "",
) -> int:
    """Say that these questions still hold, resting on an article in force; how many.

    Where the article is another than the one cited, each becomes a new version with the same words
    and the new basis, approved at once, and the former one retires; else it is approved again.
    ``article_id`` None: what they cite stays. Invalid where there is nothing to confirm or the
    article is not in force, Forbidden for one's own work, Conflict where somebody was first, or a
    next version is being written. All or nothing.
    """
    ids = _chosen(version_ids)
    before_confirming(session, ids)
    article = queries.in_force(session, article_id, now) if article_id is not None else None
    if article_id is not None and article is None:
        raise Invalid(_("这一条不是现行条文，请另选一条。"), field="article")
    busy = queries.codes_being_changed(session, ids)
    if busy:
        raise Conflict(
            _("%(codes)s 正在改写新的一版，审完那一版就算处理完。没有改动。",
              codes=_("、").join(busy[:5]))
        )  # fmt: skip
    kept = queries.resting_on(session, ids, article_id, now)
    if article is None and len(kept) < len(ids):
        raise Invalid(_("选一条现行的条文作依据。"), field="article")
    refuse_stale(session, sorted(kept), now)
    renewed = [id_ for id_ in ids if id_ not in kept]
    _claim(session, sorted(kept), VersionState.APPROVED, by_id, now, comment, foreign=True)
    _claim(session, renewed, VersionState.RETIRED, by_id, now, comment, foreign=True)
    if renewed and article is not None:
        basis = f"《{article.title}》{article.label}"  # untranslated
        _renew(session, renewed, article.id, basis, by_id, now, comment)
    close(session, Suspension.version_id.in_(ids), SuspensionOutcome.CONFIRMED, by_id, now)
    record(
        session, "question.confirm", ("article", article_id or 0),
        facts={"versions": len(ids), "renewed": len(renewed),
               "codes": queries.codes_of(session, ids)},
        reason=comment[:MAX_COMMENT],
    )  # fmt: skip
    return len(ids)


def retire_suspended(
    session: Session, *, version_ids: Sequence[int], by_id: int, now: datetime, comment: str = ""
) -> int:
    """Take suspended questions out of use; how many. Conflict where somebody was first."""
    ids = _chosen(version_ids)
    _claim(session, ids, VersionState.RETIRED, by_id, now, comment)
    close(session, Suspension.version_id.in_(ids), SuspensionOutcome.RETIRED, by_id, now)
    record(
        session, "question.retire_suspended", ("question", "*"),
        facts={"versions": len(ids), "codes": queries.codes_of(session, ids)},
        reason=comment[:MAX_COMMENT],
    )  # fmt: skip
    return len(ids)


def _chosen(version_ids: Sequence[int]) -> list[int]:
    ids = sorted(set(version_ids))
    if not ids:
        raise Invalid(_("先勾选要处理的题。"), field="version")
    if len(ids) > MAX_AT_ONCE:
        raise Invalid(_("一次最多处理 %(max)s 题，请分几次。", max=MAX_AT_ONCE), field="version")
    return ids


def _claim(
    session: Session, ids: Sequence[int], to: VersionState, by_id: int, now: datetime,
    comment: str, *, foreign: bool = False,
) -> None:  # fmt: skip
    """Move all of these out of NEEDS_REVIEW, or none: of two people at once one finds nothing left."""
    if not ids:
        return
    own_work = is_foreign_to(by_id) if foreign else []
    done = execute(
        session,
        update(QuestionVersion)
        .where(
            QuestionVersion.id.in_(ids), QuestionVersion.state == VersionState.NEEDS_REVIEW,
            *own_work,
        )
        .values(state=to),
    )  # fmt: skip
    if done != len(ids):
        own = queries.own_codes(session, ids, by_id) if foreign else []
        if own:
            raise Forbidden(
                _("%(codes)s 是您自己起草、修改或送审的，要由另一位同志确认。没有改动。",
                  codes=_("、").join(own[:5]))
            )  # fmt: skip
        raise Conflict(_("这些题里有的刚被别人处理。没有改动，请看最新状态。"))
    step = {"from_state": VersionState.NEEDS_REVIEW, "to_state": to, "by_id": by_id, "at": now,
            "comment": comment[:MAX_COMMENT]}  # fmt: skip
    session.execute(insert(ReviewEvent), [{"version_id": id_, **step} for id_ in ids])


def _renew(
    session: Session, ids: Sequence[int], article_id: int, basis: str, by_id: int, now: datetime,
    comment: str,
) -> None:  # fmt: skip
    """The next version of each: the same words, another basis, approved by this reviewer."""
    earlier = aliased(QuestionVersion)
    number = (
        select(func.max(earlier.number) + 1)
        .where(earlier.question_id == QuestionVersion.question_id)
        .scalar_subquery()
    )
    fresh_values: dict[str, ColumnElement[Any]] = {
        "number": number, "state": literal(VersionState.APPROVED.value),
        "article_id": literal(article_id), "basis": literal(basis),
        "created_at": literal(now, UtcDateTime()), "revision": literal(1),
        "replaces_id": QuestionVersion.id.expression, "key_changed": literal(False),
    }  # fmt: skip
    columns = table_of(QuestionVersion).c
    try:
        with session.begin_nested():
            session.execute(
                insert(QuestionVersion).from_select(
                    [*_CONTENT, *fresh_values],
                    select(*(columns[name] for name in _CONTENT), *fresh_values.values()).where(
                        QuestionVersion.id.in_(ids)
                    ),
                    include_defaults=False,
                )
            )
    except IntegrityError:  # somebody began a next version a moment ago
        raise Conflict(_("这些题里有的刚被别人改写。没有改动，请看最新状态。")) from None
    renewed = (
        QuestionVersion.replaces_id.in_(ids), QuestionVersion.state == VersionState.APPROVED,
    )  # fmt: skip
    carry_uses(session, *renewed)
    session.execute(
        insert(ReviewEvent).from_select(
            ["version_id", "from_state", "to_state", "by_id", "at", "comment"],
            select(
                QuestionVersion.id, literal(VersionState.NEEDS_REVIEW.value),
                literal(VersionState.APPROVED.value), literal(by_id),
                literal(now, UtcDateTime()), literal(comment[:MAX_COMMENT]),
            ).where(*renewed),
        )
    )  # fmt: skip
