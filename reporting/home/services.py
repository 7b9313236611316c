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
from quiz.errata.queries import matters_waiting
from quiz.marking import queries as marking
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
    bank = queries.bank_counts(session)
    return [*_in_doubt(bank.needs_review), *todos], {"mine": mine, "bank": bank}


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
    to_mark = marking.waiting(session, viewer.person_id)
    if to_mark.answers and to_mark.since:
        waited = (clock.civil_date(now) - clock.civil_date(to_mark.since)).days
        todos.append(
            Todo(_("评阅简答题"), _number(to_mark.answers, npgettext("数量", "份", "份", to_mark.answers)),
                 (_("开始阅卷"), url_for("marking.index")),
                 _("%(papers)s 份答卷等着出成绩，最早的等了 %(days)s 天。", papers=to_mark.papers, days=waited)
                 if waited else _("%(papers)s 份答卷等着出成绩。", papers=to_mark.papers),
                 urgency(7 - waited))
        )  # fmt: skip
    matters, oldest_report = matters_waiting(session)
    if matters and oldest_report:
        waited = (clock.civil_date(now) - clock.civil_date(oldest_report)).days
        todos.append(
            Todo(_("答复纠错"), _number(matters, npgettext("数量", "题", "题", matters)),
                 (_("去答复"), url_for("errata.index", sort="first")),
                 _("最早的一条等了 %(days)s 天。", days=waited), urgency(7 - waited))
        )  # fmt: skip
    doubtful = queries.bank_counts(session).needs_review
    told = Role.EDITOR in viewer.roles  # by the other part of this page
    return [*([] if told else _in_doubt(doubtful)), *todos], {"queue": queue}


def _in_doubt(number: int) -> list[Todo]:
    """Questions whose basis has changed or whose key is in doubt wait for somebody."""
    if not number:
        return []
    return [
        Todo(_("复核依据有变的试题"), _number(number, npgettext("数量", "题", "题", number)),
             (_("去复核"), url_for("questions.suspended")),
             _("确认以前不出现在组卷、练习和错题本里。"), "now")
    ]  # fmt: skip


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
