"""An author, reviewers and questions on their way, for tests of review and of lists."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.people.models import Person
from core import clock
from core.permissions import Role
from question_bank.questions import services
from question_bank.questions.models import QuestionVersion, Topic, VersionState
from tests.factories import make_person, make_topic
from tests.question_bank.helpers import draft


@dataclass
class Bench:
    """Who works on the bank; numbers keep what is written apart."""

    session: Session
    author: Person
    reviewer: Person
    topic: Topic
    number: int = field(default=0)

    def written(self, **changes: Any) -> QuestionVersion:
        """A new draft of the author."""
        self.number += 1
        return services.create_draft(
            self.session, draft=draft(self.number, **changes), topic_id=self.topic.id,
            author_id=self.author.id, now=clock.now(),
        )  # fmt: skip

    def sent(self, **changes: Any) -> QuestionVersion:
        """One that waits for review."""
        version = self.written(**changes)
        self.submit(version)
        return version

    def submit(self, version: QuestionVersion, comment: str = "") -> None:
        services.submit_for_review(
            self.session,
            version_id=version.id,
            by_id=self.author.id,
            now=clock.now(),
            comment=comment,
        )

    def approved(self, **changes: Any) -> QuestionVersion:
        """One in use."""
        version = self.sent(**changes)
        services.approve(
            self.session, version_id=version.id, reviewer_id=self.reviewer.id, now=clock.now()
        )
        return version

    def next_of(self, base: QuestionVersion, **changes: Any) -> QuestionVersion:
        """The next version of a question, a draft; the stem is the base's unless changed."""
        said = {"stem": base.stem, "options": tuple(base.options), "key": base.key, **changes}
        return services.start_version(
            self.session, base_id=base.id, draft=draft(**said), topic_id=self.topic.id,
            author_id=self.author.id, now=clock.now(),
        )  # fmt: skip

    def state(self, version: QuestionVersion) -> VersionState:
        """As the database has it."""
        found = self.session.scalar(
            select(QuestionVersion.state).where(QuestionVersion.id == version.id)
        )
        assert found is not None
        return found


def bench_of(session: Session) -> Bench:
    """An author and a reviewer with a topic."""
    return Bench(
        session, make_person(session, Role.EDITOR), make_person(session, Role.REVIEWER),
        make_topic(session),
    )  # fmt: skip
