"""What each role can do now, and the figures beside it. Every part costs a few statements."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from flask_babel import npgettext
from sqlalchemy.orm import Session

from certification.certificates.queries import certificates_of
from certification.entry.queries import Entry, entries_of
from certification.entry.rules import Refusal, months_before
from certification.exams.rules import Phase
from core import clock, formats
from core.permissions import Permission, Role
from core.rulebook.queries import values_on
from core.viewer import Viewer
from reporting.home import queries
from reporting.home.rules import Todo, urgency

Part = tuple[list[Todo], dict[str, Any]]


def _number(figure: int, unit: str) -> tuple[str, str, str]:
    return ("", str(figure), unit)


def _staff(session: Session, viewer: Viewer, now: datetime) -> Part:
    entries = entries_of(session, viewer, now)
    todos = [
        _exam_todo(entry, now)
        for entry in entries
        if entry.facts.open_attempt is not None
        or (entry.phase in (Phase.OPEN, Phase.COMING) and entry.verdict.refusal in _SHOWN)
    ]
    mine = certificates_of(session, viewer.person_id, clock.civil_date(now))
    return todos, {
        "certificate": mine[0] if mine else None,
        "results": [entry for entry in reversed(entries) if entry.last_attempt is not None][:3],
    }


# A refusal that time or a training will lift is shown; a final one is not something to do.
_SHOWN = frozenset({None, Refusal.NOT_OPEN, Refusal.NO_TRAINING})


def _exam_todo(entry: Entry, now: datetime) -> Todo:
    exam = entry.exam
    brief = url_for("exams.brief", exam_id=exam.id)
    if entry.facts.open_attempt is not None and entry.open_until is not None:
        minutes = max(0, int((entry.open_until - now).total_seconds() // 60))
        page = url_for("sitting.page", attempt_id=entry.facts.open_attempt)
        return Todo(
            exam.title, (_("还剩"), str(minutes), npgettext("时长", "分", "分", minutes)), (_("继续作答"), page),
            _("试卷已经打开，计时照常进行，到时自动交卷。"), "soon",
            [("clock", _("%(when)s 自动交卷", when=formats.civil_time_text(entry.open_until)))],
        )  # fmt: skip
    facts: list[tuple[str | None, str]] = [
        ("calendar", _("%(start)s 至 %(end)s", start=formats.civil_moment_text(exam.opens_at),
                       end=formats.deadline_text(exam.closes_at))),
        (None, _("%(minutes)s 分钟，%(mark)s 分合格", minutes=exam.minutes, mark=exam.pass_mark)),
    ]  # fmt: skip
    if entry.verdict.refusal is Refusal.NO_TRAINING:
        text = _("先参加培训：最近 %(n)s 个月内没有培训记录。", n=entry.training_months)
    else:
        left = exam.tries - entry.facts.tries_used
        text = _("共可考 %(tries)s 次，还剩 %(left)s 次。", tries=exam.tries, left=left)
    if entry.phase is Phase.COMING:
        days = formats.days_until(exam.opens_at)
        return Todo(
            exam.title,
            (_("还有"), str(days), npgettext("数量", "天", "天", days)),
            (_("考前说明"), brief),
            text,
            "",
            facts,
        )
    days = formats.days_until(exam.closes_at)
    if entry.verdict.refusal is Refusal.NO_TRAINING:
        return Todo(exam.title, (_("还剩"), str(days), npgettext("数量", "天", "天", days)), (_("看培训"), url_for("training.mine")),
                    text, urgency(days), facts)  # fmt: skip
    return Todo(
        exam.title,
        (_("还剩"), str(days), npgettext("数量", "天", "天", days)),
        (_("去考试"), brief),
        text,
        urgency(days),
        facts,
    )


def _coordinator(session: Session, viewer: Viewer, now: datetime) -> Part:
    today = clock.civil_date(now)
    months = values_on(session, today)["training.months"]
    units = queries.progress_by_unit(
        session, viewer.scope_of(Permission.PEOPLE_MANAGE), today, months_before(today, months)
    )
    untrained = sum(unit.on_post - unit.trained for unit in units)
    todos = []
    if not units:
        todos.append(
            Todo(_("名册还是空的"), _number(0, npgettext("数量", "人", "人", 0)), (_("导入名册"), url_for("roster.imports.create")),
                 _("先把本单位的政务公开人员导入名册，才能培训和考试。"), "now")
        )  # fmt: skip
    if untrained:
        todos.append(
            Todo(_("登记培训"), _number(untrained, npgettext("数量", "人", "人", untrained)), (_("登记培训"), url_for("training.create")),
                 _("这些人最近 %(months)s 个月内没有参加过培训，不能参加要求培训的考试。", months=months),
                 "now")
        )  # fmt: skip
    return todos, {"units": units, "exams": queries.running_exams(session, now)}


def _office(session: Session, viewer: Viewer, now: datetime) -> Part:
    today = clock.civil_date(now)
    rules = values_on(session, today)
    units = queries.progress_by_unit(
        session, None, today, months_before(today, rules["training.months"])
    )
    todos = [
        Todo(_("继续起草：%(title)s", title=title), _number(1, npgettext("数量", "场", "场", 1)),
             (_("继续起草"), url_for("exams.show", exam_id=exam_id)), _("考试还没有发布。"), "now")
        for exam_id, title in queries.draft_exams(session)
    ]  # fmt: skip
    waiting = queries.acts_waiting_for(session, viewer.person_id)
    if waiting:
        todos.append(
            Todo(_("作废待第二人决定"), _number(waiting, npgettext("数量", "件", "件", waiting)),
                 (_("去决定"), url_for("exams.index")), _("提出的人不能自己决定。"), "now")
        )  # fmt: skip
    return todos, {
        "units": units,
        "exams": queries.running_exams(session, now),
        "totals": {
            "on_post": sum(unit.on_post for unit in units),
            "trained": sum(unit.trained for unit in units),
            "certified": sum(unit.certified for unit in units),
            "bare": sum(unit.certified < rules["coverage.minimum"] for unit in units),
        },
    }


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
            Todo(_("核对后导入：%(name)s", name=upload.filename), _number(len(upload.rows), npgettext("数量", "行", "行", len(upload.rows))),
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
    Role.STAFF: _staff,
    Role.COORDINATOR: _coordinator,
    Role.EDITOR: _editor,
    Role.REVIEWER: _reviewer,
    Role.OFFICE: _office,
    Role.AUDITOR: _auditor,
    Role.ADMIN: _admin,
}
