"""Whether there is anything in the database yet."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.people.models import Person
from accounts.units.models import Unit
from question_bank.questions.models import Question


def is_empty(session: Session) -> bool:
    """Nobody, no unit and no question."""
    return all(
        session.execute(select(table.id).limit(1)).first() is None
        for table in (Person, Unit, Question)
    )
