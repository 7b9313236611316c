"""Keeping pictures, and noting which versions show them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, delete, insert, select
from sqlalchemy.orm import Session

from core.audit.services import record
from core.db import upsert
from core.errors import Invalid
from question_bank.media import queries
from question_bank.media.models import Media, MediaUse
from question_bank.media.pictures import MIME, remade
from question_bank.questions.models import QuestionVersion
from question_bank.questions.rules import Draft, pictures_of

MAX_ALT = 200


def upload(session: Session, *, data: bytes, alt: str, by_id: int, now: datetime) -> str:
    """Keep a picture; its SHA-256. The same picture twice is one row. Invalid where it is none."""
    said = alt.strip()
    if not said:
        raise Invalid(_("写一句图片上有什么，看不见图的人靠它作答。"), field="alt")
    if len(said) > MAX_ALT:
        raise Invalid(_("说明最多 %(max)s 个字。", max=MAX_ALT), field="alt")
    picture = remade(data)
    sha = hashlib.sha256(picture.content).hexdigest()
    kept = session.execute(
        upsert(session, Media)
        .values(
            sha256=sha, mime=MIME, content=picture.content, width=picture.width,
            height=picture.height, alt=said, uploaded_by=by_id, at=now,
        )
        .on_conflict_do_nothing()
        .returning(Media.sha256)
    ).first()  # fmt: skip
    if kept is not None:
        record(session, "media.upload", ("media", sha), facts={"bytes": len(picture.content)})
    return sha


def note_uses(session: Session, drafts: Mapping[int, Draft]) -> None:
    """Note which pictures these versions show, by version id, in place of what was noted before.

    Whoever puts versions into the bank calls it: who may see a version sees its pictures by this.
    Invalid where one of the pictures is not in the bank.
    """
    shown = {version_id: pictures_of(draft) for version_id, draft in drafts.items()}
    wanted = {sha for shas in shown.values() for sha in shas}
    if wanted - queries.known(session, wanted):
        raise Invalid(_("有一张图片不在题库里。请重新上传后再插入。"), field="stem")
    session.execute(delete(MediaUse).where(MediaUse.version_id.in_(list(drafts))))
    rows = [
        {"version_id": version_id, "sha256": sha}
        for version_id, shas in shown.items()
        for sha in shas
    ]
    if rows:
        session.execute(insert(MediaUse), rows)


def carry_uses(session: Session, *which: ColumnElement[bool]) -> None:
    """Let these versions, which say what those that they replace say, show the same pictures."""
    session.execute(
        insert(MediaUse).from_select(
            ["version_id", "sha256"],
            select(QuestionVersion.id, MediaUse.sha256)
            .join(MediaUse, MediaUse.version_id == QuestionVersion.replaces_id)
            .where(*which),
        )
    )
