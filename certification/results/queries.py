"""A result with its exam, its certificate and, after release, its reviewed questions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from accounts.people.models import Person
from accounts.people.queries import posted_in
from certification.certificates.models import Certificate
from certification.exams.models import Exam, ExamPerson
from core import clock
from core.errors import NotFound
from core.permissions import Permission
from core.viewer import Viewer
from quiz.attempts.models import Attempt, AttemptState
from quiz.attempts.queries import ResultView, attempts_of, result_of
from quiz.results.queries import ReviewedQuestion, reviewed


@dataclass(frozen=True)
class ExamResult:
    """Everything that the result page shows."""

    result: ResultView
    exam: Exam
    holder: str
    is_own: bool
    certificate_id: int | None
    certificate_number: str
    admission_reason: str
    tries_used: int
    questions: tuple[ReviewedQuestion, ...]

    @property
    def tries_left(self) -> int:
        return max(0, self.exam.tries - self.tries_used)

    @property
    def wrong(self) -> tuple[ReviewedQuestion, ...]:
        return tuple(one for one in self.questions if not one.question.is_right)

    def can_retry(self, now: datetime) -> bool:
        """Whether a further try is open now."""
        return (
            self.is_own
            and self.result.is_pass is False
            and self.result.state is not AttemptState.VOIDED
            and self.tries_left > 0
            and now < self.exam.closes_at
        )


def exam_result(session: Session, attempt_id: int, viewer: Viewer) -> ExamResult:
    """A result for its owner or a reader in scope; NotFound for everyone else."""
    query = (
        select(
            Attempt.person_id, Person.name, Exam, Certificate.id, Certificate.number,
            ExamPerson.reason,
        )
        .join(Exam, Exam.occasion_id == Attempt.occasion_id)
        .join(Person, Person.id == Attempt.person_id)
        .outerjoin(Certificate, Certificate.attempt_id == Attempt.id)
        .outerjoin(
            ExamPerson,
            and_(ExamPerson.exam_id == Exam.id, ExamPerson.person_id == Attempt.person_id),
        )
        .where(Attempt.id == attempt_id)
    )  # fmt: skip
    scope = viewer.scope_of(Permission.RESULT_READ)
    if scope is not None:
        query = query.where(
            (Attempt.person_id == viewer.person_id)
            | Attempt.person_id.in_(posted_in(scope, clock.today()))
        )
    row = session.execute(query).first()
    if row is None:
        raise NotFound(_("找不到这份成绩"))
    person_id, holder, exam, certificate_id, number, reason = row
    result = result_of(session, attempt_id, None)
    tries = attempts_of(session, [result.occasion_id], person_id)
    return ExamResult(
        result=result, exam=exam, holder=holder, is_own=person_id == viewer.person_id,
        certificate_id=certificate_id, certificate_number=number or "",
        admission_reason=reason or "",
        tries_used=sum(one.state is not AttemptState.VOIDED for one in tries),
        questions=reviewed(session, result.questions),
    )  # fmt: skip
