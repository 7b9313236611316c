"""The page that tells everything about one person."""

from __future__ import annotations

from flask import Blueprint, current_app, render_template, request

from accounts.people.queries import PersonView, person_in_scope
from core import clock
from core.db import reading
from core.guards import requires, viewer
from core.permissions import Permission
from reporting.records import queries, services
from reporting.records.rules import Topic, counts, timeline
from reporting.records.words import TOPIC_WORDS

bp = Blueprint("records", __name__)


def _points_are_on() -> bool:
    return bool(current_app.extensions["settings"].points)


@bp.get("/people/<int:person_id>/record")
@requires(Permission.PEOPLE_READ)
def show(person_id: int) -> str:
    """Everything about a person of the viewer's units."""
    return _page(person_in_scope(reading(), person_id, viewer(), Permission.PEOPLE_READ))


@bp.get("/record")
@requires(Permission.RESULT_OWN)
def mine() -> str:
    """Everything about oneself."""
    return _page(queries.own(reading(), viewer().person_id, clock.today()))


def _page(person: PersonView) -> str:
    now = clock.now()
    today = clock.civil_date(now)
    found = services.record_of(reading(), person, viewer(), now, points=_points_are_on())
    asked = request.args.get("only", "")
    only = Topic(asked) if asked in list(Topic) else None
    numbers = {topic: n for topic, n in counts(found.events).items() if n}
    return render_template(
        "records/show.html", person=person, record=found, topics=TOPIC_WORDS, only=only,
        figures=services.figures(found, today), counts=numbers, total=len(found.events),
        line=timeline((e for e in found.events if only in (None, e.topic)), today),
        path=request.path, has_points="points" in found.sees,
    )  # fmt: skip
