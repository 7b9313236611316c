"""What a browser may send about registrations."""

from __future__ import annotations

from wtforms import HiddenField, RadioField, TextAreaField

# the published types do not know it yet
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]

from accounts.people.services import checked_phone
from accounts.roster.forms import spelled
from certification.registrations.rules import DEPARTURES, EndKind
from core.forms import DayField, Form, TrimmedField, at_most, required
from core.forms import lazy_gettext as _l

END_WORDS = {
    EndKind.TRANSFER: _l("调岗"),
    EndKind.RETIREMENT: _l("退休"),
    EndKind.RESIGNATION: _l("辞职"),
    EndKind.DISMISSAL: _l("辞退"),
    EndKind.DEATH: _l("病亡"),
    EndKind.DISCIPLINE: _l("组织处理"),
    EndKind.REVOCATION: _l("证书撤销"),
}
SEND = "send"


class SeenForm(Form):
    """An act on what the page showed."""

    revision = HiddenField()

    @property
    def seen(self) -> int:
        """The revision that the page showed; 0 for none that exists."""
        text = self.revision.data or ""
        return int(text) if text.isdecimal() and len(text) < 9 else 0  # noqa: PLR2004


class FilingForm(SeenForm):
    """What the form of the notice asks for; without a phone number the known one is kept."""

    position = TrimmedField(_l("职务"), [required(_l("请填写职务全称")), at_most(64)])
    phone = TrimmedField(_l("联系电话"), [spelled(checked_phone)])
    remark = TrimmedField(_l("备注"), [at_most(200)])
    act = HiddenField()  # the button that was pressed

    @property
    def is_sent(self) -> bool:
        """Whether it goes to the office at once."""
        return bool(self.act.data == SEND)


class ReturnForm(SeenForm):
    """Why a filing goes back."""

    reason = TextAreaField(_l("退回原因"), [required(_l("请写明要改什么")), at_most(200)])


class EndForm(Form):
    """A departure that ends registration and post."""

    kind = RadioField(
        _l("离岗原因"),
        [required(_l("请选定离岗原因"))],
        choices=[SelectChoice(kind.value, END_WORDS[kind]) for kind in DEPARTURES],
    )
    last_day = DayField(_l("在岗最后一天"), [required(_l("请填写日期，例如 2026-11-24"))])
    grounds = TextAreaField(_l("依据"), [required(_l("请写明依据，例如批准文号")), at_most(200)])
