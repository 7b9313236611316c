"""What people do with topics: make them and rename them."""

from __future__ import annotations

from flask_babel import gettext as _
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core.audit.services import record
from core.errors import Invalid, NotFound
from question_bank.questions.models import Topic

MAX_TOPIC = 64


def create_topic(session: Session, *, name: str) -> Topic:
    """A new topic at the end. Invalid where the name is blank, too long or taken."""
    name = _topic_name(name)
    topic = Topic(name=name, ordinal=_last_ordinal(session) + 1)
    _keep_topic(session, topic, name)
    record(session, "topic.create", ("topic", topic.id), facts={"name": topic.name})
    return topic


def rename_topic(session: Session, *, topic_id: int, name: str) -> Topic:
    """Give a topic another name; its questions follow. Invalid as for ``create_topic``."""
    topic = session.get(Topic, topic_id)
    if topic is None:
        raise NotFound
    before, name = topic.name, _topic_name(name)
    _keep_topic(session, topic, name)
    record(session, "topic.rename", ("topic", topic.id),
           facts={"before": before, "after": topic.name})  # fmt: skip
    return topic


def _topic_name(name: str) -> str:
    plain = name.strip()
    if not plain or len(plain) > MAX_TOPIC:
        raise Invalid(_("知识点名称要填，最多 %(max)s 个字。", max=MAX_TOPIC), field="name")
    return plain


def _keep_topic(session: Session, topic: Topic, name: str) -> None:
    try:
        with session.begin_nested():
            topic.name = name  # in here: entering flushes what was changed before
            session.add(topic)
            session.flush()
    except IntegrityError:
        raise Invalid(_("已经有知识点“%(name)s”了。", name=name), field="name") from None


def _last_ordinal(session: Session) -> int:
    return session.scalar(select(func.max(Topic.ordinal))) or 0
