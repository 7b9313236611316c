"""How the record names what it shows; sentences for the facts in the registry's ledger."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import lazy_pgettext

from certification.certificates.queries import CertificateView
from certification.certificates.rules import CertificateState
from certification.registrations.forms import END_WORDS
from certification.registrations.queries import RegistrationView
from certification.registrations.rules import EndKind, RegistrationState, is_inside_hold
from certification.transfers.queries import TransferView
from core import clock, formats
from points.standing.rules import Standing
from reporting.records.queries import RegistryRow
from reporting.records.rules import Event, Mark, Topic, day_of

TOPIC_WORDS: dict[Topic, Any] = {
    Topic.EXAMS: _l("考试和证书"),
    Topic.POSTS: _l("备案和调岗"),
    Topic.TRAINING: _l("培训"),
    Topic.POINTS: _l("积分"),
}
# standing → (kind of the chip, word)
STANDING_WORDS: dict[Standing, tuple[str, Any]] = {
    Standing.ON_TARGET: ("good", _l("达标")),
    Standing.SHORT: ("warn", _l("未达标")),
    Standing.PENDING: ("run", _l("本期进行中")),
    Standing.NOT_COUNTED: ("off", lazy_pgettext("积分", "不计")),
}
# state of a certificate → (kind of the chip, word)
CERTIFICATE_WORDS: dict[CertificateState, tuple[str, Any]] = {
    CertificateState.VALID: ("good", _l("有效")),
    CertificateState.EXPIRING: ("warn", _l("即将到期")),
    CertificateState.EXPIRED: ("bad", _l("已过期")),
    CertificateState.SUPERSEDED: ("off", _l("已被接替")),
    CertificateState.REVOKED: ("bad", _l("已撤销")),
}
# state of a filing under way → (kind of the chip, word)
FILING_WORDS: dict[RegistrationState, tuple[str, Any]] = {
    RegistrationState.DRAFT: ("wait", _l("还没有提交")),
    RegistrationState.SUBMITTED: ("wait", _l("待审")),
    RegistrationState.RETURNED: ("bad", _l("已退回")),
}


@dataclass(frozen=True)
class Words:
    """Sentences for the events of the registry's ledger, with what they are about."""

    certificates: dict[int, CertificateView]
    registrations: dict[int, RegistrationView]
    transfers: dict[int, TransferView]
    links: frozenset[str]  # certificate, registration, transfer: whose pages the viewer may open

    def event(self, row: RegistryRow) -> Event | None:
        """The event of a row; None for what says nothing of its own."""
        said = {
            "certificate": self._certificate,
            "registration": self._registration,
            "transfer": self._transfer,
        }[row.subject](row)
        if said is None:
            return None
        title, text, mark = said
        entered_on = clock.civil_date(row.entered_at)
        day = day_of(row.subject, row.kind, row.effective_on, entered_on)
        topic = Topic.EXAMS if row.subject == "certificate" else Topic.POSTS
        return Event(day, row.entered_at, topic, title, text, mark, link=self._link(row))

    def _link(self, row: RegistryRow) -> tuple[str, str] | None:
        if row.subject not in self.links:
            return None
        if (row.subject, row.kind) == ("certificate", "issued"):
            return _("查看证书"), url_for("certificates.show", certificate_id=row.subject_id)
        if (row.subject, row.kind) == ("registration", "recorded"):
            return _("看备案"), url_for("registrations.show", registration_id=row.subject_id)
        if (row.subject, row.kind) in {("transfer", "requested"), ("transfer", "approved")}:
            return _("看调岗"), url_for("transfers.show", transfer_id=row.subject_id)
        return None

    def _certificate(self, row: RegistryRow) -> tuple[str, str, Mark] | None:
        one = self.certificates[row.subject_id]
        if row.kind == "issued":
            through = formats.civil_date_text(one.valid_through)
            return (
                _("取得合格证书，%(number)s", number=one.number),
                _("有效至 %(date)s", date=through), Mark.KEY,
            )  # fmt: skip
        if row.kind == "superseded":
            return _("旧证书 %(number)s 由新证书接替", number=one.number), "", Mark.PLAIN
        text = _("%(reason)s。%(by)s 撤销", reason=row.reason, by=row.by) if row.by else row.reason
        return _("证书 %(number)s 被撤销", number=one.number), text, Mark.BAD

    def _registration(self, row: RegistryRow) -> tuple[str, str, Mark]:
        one = self.registrations[row.subject_id]
        if row.kind == "submitted":
            text = _("岗位：%(unit)s %(position)s。%(by)s 提交。", unit=one.unit_name,
                     position=one.position, by=row.by)  # fmt: skip
            return _("提交备案"), text, Mark.PLAIN
        if row.kind == "returned":
            text = _("%(by)s 退回。", by=row.by)
            return _("备案退回：%(reason)s", reason=row.reason), text, Mark.BAD
        if row.kind == "recorded":
            through = formats.civil_date_text(one.held_through)
            text = _("岗位：%(position)s。锁定至 %(date)s。%(by)s 审核。", position=one.position,
                     date=through, by=row.by or one.recorded_by_name)  # fmt: skip
            return _("准予备案，%(number)s", number=one.number), text, Mark.KEY
        if row.kind == "withdrawn":
            return _("撤回备案"), _("%(by)s 撤回。", by=row.by), Mark.PLAIN
        title = _("备案终止，%(number)s", number=one.number)
        word = _("因%(kind)s终止。", kind=END_WORDS[one.end_kind]) if one.end_kind else ""
        if one.end_kind is EndKind.TRANSFER:  # the transfer itself stands beside it
            return title, word, Mark.PLAIN
        return title, word + row.reason, Mark.KEY

    def _transfer(self, row: RegistryRow) -> tuple[str, str, Mark]:
        one = self.transfers[row.subject_id]
        facts = {
            "place": one.destination, "by": row.by, "day": formats.civil_date_text(row.effective_on),
            "document": one.document_no, "reason": row.reason or one.decision_reason,
        }  # fmt: skip
        if row.kind == "requested":
            text = _("%(day)s起到%(place)s。%(by)s 提出。", **facts)
            title = (
                _("申请锁定期内调岗")
                if is_inside_hold(row.effective_on, one.held_through)
                else _("申请调岗")
            )
            return title, text, Mark.PLAIN
        if row.kind == "refused":
            return _("不同意调岗：%(reason)s", **facts), _("%(by)s 决定。", **facts), Mark.BAD
        if row.kind == "approved":
            if one.is_exception:
                text = _("批准文件 %(document)s。%(by)s 决定。", **facts)
                return _("准予锁定期内调岗，%(day)s起到%(place)s", **facts), text, Mark.KEY
            return _("可以调岗，%(day)s起到%(place)s", **facts), "", Mark.PLAIN
        if row.kind == "carried_out":
            return _("已调岗，到%(place)s", **facts), "", Mark.KEY
        if row.kind == "moved":
            return _("调岗日期改为 %(day)s", **facts), row.reason, Mark.PLAIN
        return _("撤回调岗申请"), _("%(by)s 撤回。", **facts), Mark.PLAIN
