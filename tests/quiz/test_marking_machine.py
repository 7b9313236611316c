"""The invariants of a sitting where people mark one of the answers, under any order of things."""

from __future__ import annotations

import hypothesis.strategies as st
import pytest
from flask import Flask
from hypothesis.stateful import initialize, precondition, rule

from core.db import transaction
from core.permissions import Role
from question_bank.questions.rules import QuestionType
from quiz.attempts.models import AttemptState
from quiz.closing import services as closing
from quiz.grading.rules import mark
from tests.factories import make_person
from tests.quiz.marking import answers_of, give
from tests.quiz.test_state_machine import Sitting, run

ESSAY = 3  # its position


class SittingForPeople(Sitting):
    """Two choices and a short answer, which a marker gives its marks once it waits."""

    counts = {QuestionType.SINGLE: 2, QuestionType.SHORT_ANSWER: 1}  # noqa: RUF012
    marked = False

    @initialize()
    def a_marker_signs_in(self) -> None:
        with self.app.app_context(), transaction() as session:
            self.marker = make_person(session, Role.REVIEWER).id

    def awaits_people(self) -> bool:
        written = self.held.get(ESSAY, ((0, 0), None))[1] is not None
        return written and not self.marked

    @precondition(lambda self: self.attempt.state is AttemptState.SUBMITTED)
    @rule(marks=st.sampled_from([0, 50, 1000]))
    def somebody_marks_it(self, marks: int) -> None:
        waiting = answers_of(self.app, self.candidate.attempt_id)
        assert list(waiting) == [ESSAY]
        assert give(self.app, waiting[ESSAY], marks, self.marker) is True
        self.marked = True


def test_the_invariants_hold_where_people_mark(app: Flask) -> None:
    run(app, 5, kind=SittingForPeople)


@pytest.mark.slow
def test_a_paper_that_is_scored_before_it_is_marked_is_found(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The twin: an end that asks nobody does not get past the machine."""
    monkeypatch.setattr(closing, "_for_people", lambda *_: [])
    monkeypatch.setattr(
        closing, "mark", lambda *args, **more: mark(*args, **{**more, "given": {ESSAY: 0}})
    )
    with pytest.raises((AssertionError, ExceptionGroup)):
        run(app, 400, steps=60, derandomize=True, kind=SittingForPeople)
