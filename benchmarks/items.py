"""What a night's statistics cost: 4,000 drawn papers of 50 questions out of 400, 200,000 answers."""

from __future__ import annotations

import random
import resource
import tempfile
import time
from datetime import timedelta
from pathlib import Path

from app import create_app
from config import Settings
from core import clock
from core.db import reading, transaction
from core.permissions import Role
from quiz.statistics.jobs import refresh
from quiz.statistics.services import compute
from tests.databases import SECRETS, migrate
from tests.factories import make_person, make_question, make_topic
from tests.quiz.answered import Nature, hold, people_of

QUESTIONS, PER_PAPER, PEOPLE, OCCASIONS = 400, 50, 500, 8


def _fill() -> None:
    with transaction() as session:
        author, topic = make_person(session, Role.EDITOR), make_topic(session)
        versions = [make_question(session, author, topic) for _ in range(QUESTIONS)]
        dice = random.Random(1)
        natures = {one.id: Nature(hard=dice.gauss(-0.5, 1)) for one in versions}
        people = people_of(session, PEOPLE)
        for number in range(OCCASIONS):
            hold(session, versions, people, natures=natures, count=PER_PAPER, seed=number,
                 opens_at=clock.now() - timedelta(days=300 - 30 * number))  # fmt: skip


def report_items() -> None:
    """Print seconds and peak memory of reading and working out, and of a whole refresh."""
    with tempfile.TemporaryDirectory(prefix="shanggang-bench-") as folder:
        app = create_app(Settings(instance_dir=Path(folder), log_level="ERROR", **SECRETS))
        migrate(app)
        with app.app_context():
            _fill()
            began = time.perf_counter()
            found = compute(reading(), clock.now())
            computed = time.perf_counter() - began
            answers = sum(one.figures.answers for one in found.questions)
            fitted = len(found.parameters)
            del found
            began = time.perf_counter()
            refresh(clock.now())
            refreshed = time.perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(
        f"statistics, sqlite: {answers} answers, {fitted} questions fitted: "
        f"worked out in {computed:.1f} s, refreshed in {refreshed:.1f} s, peak {peak} MB",
        flush=True,
    )
