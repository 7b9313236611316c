"""Asking for a correction of a key, and deciding it: always two people."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import insert
from sqlalchemy.orm import Session

from accounts.approvals import services as approvals
from core.audit.services import record
from core.errors import Conflict, Invalid
from core.followers import Followers
from question_bank.questions.models import QuestionVersion
from question_bank.questions.rules import QuestionType, VersionState
from question_bank.review.services import fresh
from quiz.keys.models import KeyCorrection
from quiz.keys.queries import CorrectionView, correction_of, held_corrections, in_force
from quiz.keys.rules import CORRECT, Verdict, right_key

UNUSED = frozenset({VersionState.DRAFT, VersionState.IN_REVIEW, VersionState.RETURNED})

# (session, correction id, now): a correction has come into force
after_correcting: Followers[Session, int, datetime] = Followers()


def ask(
    session: Session,
    *,
    version_id: int,
    verdict: Verdict,
    key: Any,
    reason: str,
    by: int,
    now: datetime,
) -> int:
    """Ask for a correction of a version's key; its id. ``key``: None where the question is void.

    Raises NotFound, Invalid (key, reason) and Conflict (one waits already).
    """
    version = fresh(session, version_id)
    _may_ask(session, version, verdict, key, reason)
    act_id = approvals.ask(
        session, kind=CORRECT, subject_id=version_id, reason=reason.strip(), by=by, now=now
    )
    return session.execute(
        insert(KeyCorrection)
        .values(version_id=version_id, act_id=act_id, verdict=verdict, key=key,
                reason=reason.strip(), asked_by=by, asked_at=now)
        .returning(KeyCorrection.id)
    ).scalar_one()  # fmt: skip


def _may_ask(
    session: Session, version: QuestionVersion, verdict: Verdict, key: Any, reason: str
) -> None:
    if not reason.strip():
        raise Invalid(_("更正答案要写明理由"), field="reason")
    if version.state in UNUSED:
        raise Invalid(_("这一版还没有用过，直接修改就可以。"), field="verdict")
    if verdict is Verdict.VOID:
        return
    if version.type is QuestionType.SHORT_ANSWER:
        raise Invalid(_("简答题由人评分，没有可以更正的答案，只能作废。"), field="verdict")
    if key is None:
        raise Invalid(_("新答案没有选好，或者不是这道题的选项。"), field="key")
    if key == right_key(version.key, in_force(session, [version.id]).get(version.id, [])):
        raise Invalid(_("新答案和现在的答案一样。"), field="key")


def refuse_corrected(session: Session, version_ids: Sequence[int]) -> None:
    """Conflict where the key of one of these was corrected, or may be: a copy would bring it back."""
    doubted = held_corrections(session, version_ids)
    corrected = [code for code, is_in_force in doubted if is_in_force]
    if corrected:
        raise Conflict(
            _("%(codes)s 的答案已经更正，不能照原样确认。没有改动；请修改成新的一版，或者停用。",
              codes=_("、").join(list(dict.fromkeys(corrected))[:5])),
            code="not_as_it_is",
        )  # fmt: skip
    if doubted:
        raise Conflict(
            _("%(codes)s 的答案有人提出更正，还没有决定。没有改动；等决定以后再确认，或者停用。",
              codes=_("、").join([code for code, _is_in_force in doubted][:5])),
            code="not_as_it_is",
        )  # fmt: skip


def decide(
    session: Session, *, correction_id: int, approve: bool, reason: str, by: int, now: datetime
) -> CorrectionView:
    """Decide a correction; agreed, it is in force from this commit on. As it was asked for.

    Raises NotFound, Forbidden (one's own request), Invalid and Conflict (decided).
    """
    asked = correction_of(session, correction_id)
    if not approve and not reason.strip():
        raise Invalid(_("不同意的，请写明理由"), field="reason")
    approvals.decide(session, act_id=asked.act_id, approved=approve, reason=reason.strip(), by=by,
                     now=now)  # fmt: skip
    if approve:
        record(
            session, "question.correct_key", ("question", asked.question_id),
            facts={"version": asked.number, "correction": asked.id, "verdict": asked.verdict.value,
                   "key": asked.key},
            reason=asked.reason,
        )  # fmt: skip
        after_correcting(session, asked.id, now)
    return asked
