"""The form on which a transfer is asked for."""

from __future__ import annotations

from collections.abc import Sequence

from wtforms import SelectField, TextAreaField
from wtforms.validators import Optional

from accounts.units.forms import unit_choices
from accounts.units.queries import UnitNode
from certification.staffing.queries import Candidate
from certification.transfers.services import Request
from core.formats import civil_date_text
from core.forms import DayField, Form, TrimmedField, at_most, required
from core.forms import lazy_gettext as _l


class PapersForm(Form):
    """What an exception rests on: the document, and who takes over."""

    document_no = TrimmedField(_l("批准文件号"), [at_most(64)])
    successor = SelectField(_l("接替人"), choices=[])
    gap_until = DayField(_l("最晚哪一天有人接替"), [Optional()])

    def offer_successors(self, found: Sequence[Candidate], chosen: int | None = None) -> None:
        """Who may be named; whoever is named already stays on the list."""
        choices = [("", _l("没有接替人"))]
        choices += [
            (str(one.person_id), _l("%(name)s（%(position)s，证书至 %(day)s）", name=one.name,
                                    position=one.position, day=civil_date_text(one.valid_through)))
            for one in found
        ]  # fmt: skip
        if chosen is not None and str(chosen) not in dict(choices):
            choices.append((str(chosen), _l("原来选定的人（现在不在可选之列）")))
        self.successor.choices = choices

    @property
    def successor_id(self) -> int | None:
        """Who was chosen, of those on offer; also before the form is found sound."""
        chosen = self.successor.data
        offered = {str(choice[0]) for choice in self.successor.choices or ()}
        return int(chosen) if chosen and chosen in offered else None


class TransferForm(PapersForm):
    """Who goes where on which day, and why; all fields in the order of the page."""

    effective_on = DayField(_l("生效日"), [required(_l("请填写日期，例如 2026-11-24"))])
    to_unit = SelectField(_l("调入单位"), choices=[])
    to_place = TrimmedField(_l("其他去向"), [at_most(100)])
    to_position = TrimmedField(_l("调入后的职务"), [at_most(64)])
    grounds = TextAreaField(_l("理由"), [at_most(500)])
    document_no = TrimmedField(_l("批准文件号"), [at_most(64)])
    successor = SelectField(_l("接替人"), choices=[])
    gap_until = DayField(_l("最晚哪一天有人接替"), [Optional()])

    def offer(self, nodes: Sequence[UnitNode], without: int) -> None:
        """The units that may be chosen; the present one is none of them."""
        self.to_unit.choices = unit_choices(
            [node for node in nodes if node.id != without], _l("不在名单里，在下面写明去向")
        )

    def request(self, nodes: Sequence[UnitNode]) -> Request:
        """What was typed, once the form was found sound."""
        chosen = int(self.to_unit.data) if self.to_unit.data else None
        unit = next((node for node in nodes if node.id == chosen), None)
        return Request(
            effective_on=self.effective_on.day, to_unit=unit,
            to_place="" if unit else self.to_place.data or "",
            to_position=self.to_position.data or "", grounds=(self.grounds.data or "").strip(),
            document_no=self.document_no.data or "", successor_id=self.successor_id,
            gap_until=self.gap_until.data,
        )  # fmt: skip
