"""What people do with questions: write them, change them; and what review and topics add."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core.errors import Conflict, Invalid
from question_bank.formats.sentences import what
from question_bank.media.services import note_uses
from question_bank.questions.models import Question, QuestionVersion
from question_bank.questions.queries import QuestionView, draft_of, same_content
from question_bank.questions.rules import LIVE_STATES, Draft, VersionState, findings
from question_bank.questions.shuffling import settled
from question_bank.review.rules import key_changed
from question_bank.review.services import (
    approve,
    execute,
    fresh,
    move,
    note,
    record_step,
    retire,
    return_,
    submit_for_review,
    took_part,
)
from question_bank.topics.services import create_topic, rename_topic

__all__ = [
    "approve", "create_draft", "create_topic", "keep", "new_codes", "note_replaced",
    "rename_topic", "retire", "return_", "save_draft", "start_version", "submit_for_review",
]  # fmt: skip


def _sound(session: Session, draft: Draft, question_id: int | None = None) -> Draft:
    """The draft as it is kept; Invalid where it is not sound or the bank has it already."""
    wrong = findings(draft)
    if wrong:
        raise Invalid(what(wrong[0]), field=wrong[0].at)
    twin = same_content(session, draft.digest, question_id)
    if twin is not None:
        raise Invalid(_("题库里已经有完全相同的题 %(code)s。", code=twin), field="stem")
    return settled(draft)


def _content(draft: Draft, topic_id: int, article_id: int | None) -> dict[str, Any]:
    return {
        "type": draft.type,
        "stem": draft.stem,
        "options": list(draft.options),
        "key": draft.key,
        "explanation": draft.explanation,
        "passage": draft.passage,
        "is_rich": draft.is_rich,
        "difficulty": draft.difficulty,
        "pool": draft.pool,
        "may_shuffle": draft.may_shuffle,
        "basis": draft.basis,
        "digest": draft.digest,
        "topic_id": topic_id,
        "article_id": article_id,
    }


def new_codes(session: Session, question_ids: Sequence[int]) -> list[str]:
    """A code for each new question, made of its id; a letter more where somebody took that one."""
    wanted = [f"Q-{question_id:06d}" for question_id in question_ids]
    taken: set[str] = set()
    for start in range(0, len(wanted), 500):
        piece = wanted[start : start + 500]
        taken.update(session.scalars(select(Question.code).where(Question.code.in_(piece))))
    return [f"{code}-X{id_}" if code in taken else code
            for code, id_ in zip(wanted, question_ids, strict=True)]  # fmt: skip


def create_draft(
    session: Session,
    *,
    draft: Draft,
    topic_id: int,
    author_id: int,
    now: datetime,
    article_id: int | None = None,
) -> QuestionVersion:
    """Keep a new question as a draft. Invalid where it is not sound."""
    draft = _sound(session, draft)
    question = Question(code=f"new-{secrets.token_hex(8)}", created_at=now)
    session.add(question)
    session.flush()
    question.code = new_codes(session, [question.id])[0]
    version = QuestionVersion(
        question_id=question.id, number=1, state=VersionState.DRAFT, author_id=author_id,
        created_at=now, **_content(draft, topic_id, article_id),
    )  # fmt: skip
    session.add(version)
    session.flush()
    note_uses(session, {version.id: draft})
    note(session, version.id, None, VersionState.DRAFT, author_id, now)
    record_step(session, "question.create", version, code=question.code)
    return version


def start_version(
    session: Session,
    *,
    base_id: int,
    draft: Draft,
    topic_id: int,
    author_id: int,
    now: datetime,
    article_id: int | None = None,
) -> QuestionVersion:
    """Keep a changed question as the next version, a draft; what was said before stays as it is.

    ``base_id``: the newest version, approved, returned or retired. A returned one retires. The
    new version records which one was in use when it was begun, and whether the key is another.
    Conflict where somebody else has begun another version meanwhile.
    """
    # locked before the next one is inserted, which marks it as no longer the newest: whoever wants
    # both takes them in this order
    base = fresh(session, base_id, locked=True)
    draft = _sound(session, draft, base.question_id)
    if base.state is VersionState.RETURNED:
        move(session, base, VersionState.RETURNED, VersionState.RETIRED, author_id, now)
    live = _live(session, base.question_id)
    version = QuestionVersion(
        question_id=base.question_id, number=base.number + 1, state=VersionState.DRAFT,
        author_id=author_id, created_at=now, replaces_id=live.id if live else None,
        key_changed=_key_changed(live, draft), **_content(draft, topic_id, article_id),
    )  # fmt: skip
    try:
        with session.begin_nested():
            session.add(version)
            session.flush()
    except IntegrityError:
        raise _changed() from None
    note_uses(session, {version.id: draft})
    note(session, version.id, None, VersionState.DRAFT, author_id, now)
    record_step(
        session, "question.new_version", version, base=base.number, key_changed=version.key_changed
    )
    return version


def _live(session: Session, question_id: int) -> QuestionVersion | None:
    """The version of a question that is in use, or was until somebody doubted it."""
    return session.scalar(
        select(QuestionVersion).where(
            QuestionVersion.question_id == question_id, QuestionVersion.state.in_(LIVE_STATES)
        )
    )


def _key_changed(former: QuestionVersion | None, draft: Draft) -> bool | None:
    return key_changed(draft_of(former), draft) if former is not None else None


def save_draft(
    session: Session,
    *,
    version_id: int,
    revision: int,
    draft: Draft,
    topic_id: int,
    editor_id: int,
    now: datetime,
    article_id: int | None = None,
) -> None:
    """Change a draft in place. Conflict where it was changed or sent to review meanwhile.

    ``revision``: the one that the editor saw.
    """
    version = fresh(session, version_id)
    draft = _sound(session, draft, version.question_id)
    former = session.get(QuestionVersion, version.replaces_id) if version.replaces_id else None
    done = execute(
        session,
        update(QuestionVersion)
        .where(
            QuestionVersion.id == version_id,
            QuestionVersion.state == VersionState.DRAFT,
            QuestionVersion.revision == revision,
        )
        .values(
            revision=revision + 1,
            key_changed=_key_changed(former, draft),
            **_content(draft, topic_id, article_id),
        ),
    )
    if done != 1:
        raise _changed()
    session.refresh(version)
    note_uses(session, {version_id: draft})
    if version.author_id != editor_id and not took_part(session, version_id, editor_id):
        note(session, version_id, VersionState.DRAFT, VersionState.DRAFT, editor_id, now)
    record_step(session, "question.edit", version, revision=revision + 1)


def keep(
    session: Session,
    *,
    question: QuestionView | None,
    base_id: int,
    revision: int,
    draft: Draft,
    topic_id: int,
    by_id: int,
    now: datetime,
    article_id: int | None = None,
) -> tuple[int, int]:
    """Keep what an editor typed: a new question, a draft changed in place, or the next version.

    ``base_id`` and ``revision``: what the editor saw. (question id, version id) of what was kept;
    Conflict where the question was changed meanwhile.
    """
    content: dict[str, Any] = {
        "draft": draft, "topic_id": topic_id, "article_id": article_id, "now": now,
    }  # fmt: skip
    if question is None:
        version = create_draft(session, author_id=by_id, **content)
        return version.question_id, version.id
    seen = next((each for each in question.versions if each.id == base_id), None)
    if seen is None or seen.id != question.newest.id:
        raise _changed()
    if seen.state is VersionState.DRAFT:
        save_draft(session, version_id=base_id, revision=revision, editor_id=by_id, **content)
        return question.id, base_id
    return question.id, start_version(session, base_id=base_id, author_id=by_id, **content).id


def note_replaced(session: Session, version_ids: Sequence[int]) -> None:
    """Record on drafts that were inserted many at once what they replace, and whether the key changed.

    Two statements, and one UPDATE for all that replace something.
    """
    drafts = list(
        session.scalars(select(QuestionVersion).where(QuestionVersion.id.in_(version_ids)))
    )
    live = {
        version.question_id: version
        for version in session.scalars(
            select(QuestionVersion).where(
                QuestionVersion.question_id.in_([each.question_id for each in drafts]),
                QuestionVersion.state.in_(LIVE_STATES),
            )
        )
    }
    changes = [
        {"id": each.id, "replaces_id": former.id,
         "key_changed": key_changed(draft_of(former), draft_of(each))}
        for each in drafts
        if (former := live.get(each.question_id)) is not None and former.id != each.id
    ]  # fmt: skip
    if changes:
        session.execute(update(QuestionVersion), changes)


def _changed() -> Conflict:
    return Conflict(_("这道题刚被别人改过。您填的内容还在，请对照后再保存。"), code="changed")
