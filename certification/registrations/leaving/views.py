"""The page on which a departure is entered."""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as BaseResponse

from accounts.people.queries import person_in_scope
from certification.registrations.forms import EndForm
from certification.registrations.leaving.services import depart
from certification.registrations.queries import RegistrationView, registration_of
from certification.registrations.register.views import bp
from certification.registrations.rules import EndKind, RegistrationState
from core import clock, formats
from core.db import reading, transaction
from core.errors import Conflict, Forbidden, Invalid
from core.guards import requires, viewer
from core.permissions import Permission

REFUSED = 422
Page = str | tuple[str, int] | BaseResponse


@bp.route("/<int:registration_id>/end", methods=["GET", "POST"])
@requires(Permission.REGISTRATION_END)
def end(registration_id: int) -> Page:
    """Ask how and why a person leaves, then end registration and post together."""
    one = registration_of(reading(), registration_id, viewer(), Permission.REGISTRATION_END)
    back = url_for("registrations.show", registration_id=one.id)
    if one.state is not RegistrationState.RECORDED:
        flash(_("这份备案不在册，或者刚刚已经终止，没有再次终止。"), "warning")
        return redirect(back)
    form = EndForm(data={"last_day": clock.today()})
    if not form.ask():
        return _end_page(one, form, REFUSED if form.errors else 200)
    try:
        with transaction() as session:
            now = registration_of(session, one.id, viewer(), Permission.REGISTRATION_END)
            person = person_in_scope(session, one.person_id, viewer(), Permission.REGISTRATION_END)
            depart(
                session, registration=now, person=person, kind=EndKind(form.kind.data),
                last_day=form.last_day.day, grounds=form.grounds.data or "",
                by=viewer().person_id, now=clock.now(),
            )  # fmt: skip
    except (Conflict, Forbidden, Invalid) as refusal:
        form.refuse(str(refusal.extra.get("field", "grounds")), refusal.detail)
        return _end_page(one, form, refusal.status)
    day = formats.civil_date_text(form.last_day.day)
    flash(_("已终止%(name)s的备案，在岗最后一天是 %(day)s", name=one.name, day=day), "success")
    return redirect(back)


def _end_page(one: RegistrationView, form: EndForm, status: int) -> Page:
    html = render_template("registrations/end.html", one=one, form=form, today=clock.today())
    return html, status
