"""What each role can do now, and the figures beside it. Every part costs a few statements."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from flask import url_for
from flask_babel import gettext as _
from flask_babel import npgettext
from sqlalchemy.orm import Session

from core import clock
from core.permissions import Role
from core.viewer import Viewer
from reporting.home import queries
from reporting.home.city import services as city
from reporting.home.coordinator import services as coordinator
from reporting.home.rules import Part, Todo, urgency
from reporting.home.staff import services as staff


def _number(figure: int, unit: str) -> tuple[str, str, str]:
    return ("", str(figure), unit)


def _editor(session: Session, viewer: Viewer, _now: datetime) -> Part:
    mine = queries.bank_counts(session, author_id=viewer.person_id)
    todos = []
    if mine.returned:
        todos.append(
            Todo(_("修改退回的试题"), _number(mine.returned, npgettext("数量", "题", "题", mine.returned)),
                 (_("去修改"), url_for("questions.index", state="returned")),
                 _("审核人写明了退回的原因。"), "now")
        )  # fmt: skip
    for upload in queries.waiting_imports(session, viewer.person_id):
        todos.append(
            Todo(_("核对后导入：%(name)s", name=upload.filename), _number(upload.rows_done, npgettext("数量", "行", "行", upload.rows_done)),
                 (_("继续核对"), url_for("imports.preview", import_id=upload.id)),
                 _("文件已经读好，还没有写入题库。"), "now")
        )  # fmt: skip
    if mine.drafts:
        todos.append(
            Todo(_("把草稿送审"), _number(mine.drafts, npgettext("数量", "题", "题", mine.drafts)),
                 (_("看草稿"), url_for("questions.index", state="draft")),
                 _("草稿送审、通过以后才能用来组卷。"), "now")
        )  # fmt: skip
    return todos, {"mine": mine, "bank": queries.bank_counts(session)}


def _reviewer(session: Session, viewer: Viewer, now: datetime) -> Part:
    queue = queries.bank_counts(session, not_author=viewer.person_id)
    todos = []
    if queue.in_review:
        oldest = queue.oldest_in_review or now
        waited = (clock.civil_date(now) - clock.civil_date(oldest)).days
        todos.append(
            Todo(_("审核试题"), _number(queue.in_review, npgettext("数量", "题", "题", queue.in_review)),
                 (_("开始审核"), url_for("questions.review")),
                 _("最早的一题等了 %(days)s 天。", days=waited),
                 urgency(7 - waited))
        )  # fmt: skip
    return todos, {"queue": queue}


def _auditor(session: Session, _viewer: Viewer, now: datetime) -> Part:
    since = queries.recent(now)
    return [], {"latest": queries.latest_acts(session), "kinds": queries.acts_since(session, since)}


def _admin(session: Session, _viewer: Viewer, now: datetime) -> Part:
    counts = queries.account_counts(session, now)
    todos = []
    if counts.without_post:
        todos.append(
            Todo(_("给没有岗位的人安排单位"), _number(counts.without_post, npgettext("数量", "人", "人", counts.without_post)),
                 (_("看名单"), url_for("roster.index", on_post="none")),
                 _("没有单位的人不在任何联络员的名册里。"), "now")
        )  # fmt: skip
    return todos, {"accounts": counts}


PARTS: dict[Role, Callable[[Session, Viewer, datetime], Part]] = {
    Role.STAFF: staff.part,
    Role.COORDINATOR: coordinator.part,
    Role.EDITOR: _editor,
    Role.REVIEWER: _reviewer,
    Role.OFFICE: city.queue,
    Role.AUDITOR: _auditor,
    Role.ADMIN: _admin,
}
# who sees the whole city at a glance
GLANCE = frozenset({Role.OFFICE, Role.AUDITOR})
glance = city.glance
