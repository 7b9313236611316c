"""What a page of the list of questions costs at 1,000, 10,000 and 50,000 questions."""

from __future__ import annotations

import hashlib
import math
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import insert, text
from sqlalchemy.orm import Session

from accounts.people.models import Person
from app import create_app
from config import Settings
from core import clock
from core.db import db, transaction
from core.permissions import Role
from question_bank.questions.models import Question, QuestionVersion
from question_bank.questions.rules import Difficulty, Pool, QuestionType, VersionState
from tests.databases import SECRETS, migrate
from tests.factories import make_article, make_person, make_topic, sign_in
from tests.postgres import Postgres, create_database
from tests.statements import counted

SIZES = (1_000, 10_000, 50_000)
ROUNDS = 30
MOST_MS = 150.0  # server time of a page at the 95th percentile
TOPICS, LABELS = 24, 80
SECOND = 10  # every tenth question has a former version
PIECE = 2_000
STEMS = (
    "公民、法人或者其他组织申请公开政府信息，行政机关应当自收到申请之日起（　）内予以答复。",
    "下列属于行政机关应当主动公开的政府信息的是（　）。",
    "行政机关公开政府信息，应当坚持以公开为常态、不公开为例外，遵循（　）的原则。",
    "申请人以政府信息公开申请的形式进行信访、投诉、举报等活动，行政机关应当（　）。",
)
OPTIONS = (
    "15个工作日，经负责人同意的可以延长", "20个工作日，需要延长的告知申请人",
    "30日，情况复杂的可以适当延长", "由行政机关根据申请的内容自行确定",
)  # fmt: skip
EXPLANATION = "行政机关收到政府信息公开申请，能够当场答复的，应当当场予以答复；不能当场答复的，应当在期限内答复。"
# what the address says → what people would call it
PAGES = {
    "": "all, newest first",
    "page=100000": "the last page",
    "sort=code": "by code",
    "sort=topic": "by topic",
    "topic=7": "one topic",
    "type=single&difficulty=hard&pool=exam": "type, difficulty and pool",
    "state=approved": "one state",
    "author=1": "one author",
    "q=答复": "a word in most",
    "q=信访+延长": "two words",
    "q=第777号": "a word in few",
    "q=GDPR": "a word in none, with case",
    "basis=政府信息公开条例第二十条": "law and article",
    "q=答复&type=multiple&topic=7&sort=-code": "all together",
}


def _fill(session: Session, size: int) -> Person:
    """A bank of this size; who looks at it, an editor."""
    author = make_person(session, Role.EDITOR)
    topics = [make_topic(session, f"知识点第{number}").id for number in range(TOPICS)]
    articles = [
        make_article(session, f"第{number}条", title="中华人民共和国政府信息公开条例").id
        for number in range(LABELS)
    ]
    now = clock.now()
    for start in range(1, size + 1, PIECE):
        ids = range(start, min(start + PIECE, size + 1))
        session.execute(
            insert(Question),
            [{"id": id_, "code": f"Q-{id_:06d}", "created_at": now} for id_ in ids],
        )
        session.execute(
            insert(QuestionVersion),
            [
                _version(id_, number, author.id, topics, articles) | {"created_at": now}
                for id_ in ids
                for number in ((1, 2) if id_ % SECOND == 0 else (1,))
            ],
        )
    return author


def _version(
    id_: int, number: int, author_id: int, topics: list[int], articles: list[int]
) -> dict[str, Any]:
    types = (QuestionType.SINGLE, QuestionType.SINGLE, QuestionType.MULTIPLE)
    is_former = number == 1 and id_ % SECOND == 0
    return {
        "question_id": id_, "number": number, "type": types[id_ % 3],
        "state": VersionState.RETIRED if is_former else VersionState.APPROVED,
        "stem": f"（第{id_}号）{STEMS[id_ % 4]}", "options": [f"{text}{id_}" for text in OPTIONS],
        "key": [1], "explanation": f"{EXPLANATION}见第{id_ % LABELS}条。", "topic_id": topics[id_ % TOPICS],
        "difficulty": list(Difficulty)[id_ % 3], "pool": list(Pool)[id_ // 3 % 3],
        "article_id": articles[id_ % LABELS], "basis": f"《政府信息公开条例》第{id_ % LABELS}条",
        "author_id": author_id, "digest": hashlib.sha256(f"{id_} {number}".encode()).hexdigest(),
    }  # fmt: skip


@contextmanager
def _bank(database: str, size: int) -> Iterator[tuple[Flask, Person]]:
    """An application on a fresh database with a bank of this size."""
    with tempfile.TemporaryDirectory(prefix="shanggang-bench-") as folder:
        server = Postgres() if database == "postgres" else None
        url = create_database(server.start()) if server else ""
        app = create_app(
            Settings(instance_dir=Path(folder), database_url=url, log_level="ERROR", **SECRETS)
        )
        try:
            migrate(app)
            with app.app_context(), transaction() as session:
                person = _fill(session, size)
            with app.app_context(), db.engine.execution_options(writes=True).begin() as connection:
                connection.execute(text("ANALYZE"))  # as a database does by itself in time
            yield app, person
        finally:
            with app.app_context():
                db.session.remove()
                db.engine.dispose()
            if server:
                server.stop()


def report_bank_list(database: str) -> bool:
    """Print statements and milliseconds of each page at each size; whether all are quick enough.

    Server time: from the request to the whole answer, within this process.
    """
    print(f"{database}: list of questions; ms a page, median and 95th percentile of {ROUNDS}")
    print(f"  {'':<28}" + "".join(f"{size:>24,}" for size in SIZES), flush=True)
    rows: dict[str, list[str]] = {address: [] for address in PAGES}
    is_quick = True
    for size in SIZES:
        with _bank(database, size) as (app, person):
            client = app.test_client()
            sign_in(client, person)
            for address, cells in rows.items():
                statements, took = _measured(app, client, f"/questions?{address}")
                median, high = took[len(took) // 2], took[math.ceil(len(took) * 0.95) - 1]
                is_quick = is_quick and high <= MOST_MS
                cells.append(f"{statements:3} st {median:6.1f} {high:6.1f}")
    for address, cells in rows.items():
        print(f"  {PAGES[address]:<28}" + "".join(f"{cell:>24}" for cell in cells), flush=True)
    return is_quick


def _measured(app: Flask, client: Any, address: str) -> tuple[int, list[float]]:
    """(statements a page, milliseconds of each round in order of size)."""
    client.get(address)  # what is compiled once is not measured
    took = []
    with counted(app) as log:
        for _round in range(ROUNDS):
            begun = time.perf_counter()
            answer = client.get(address)
            took.append((time.perf_counter() - begun) * 1000)
            if answer.status_code != 200:
                raise RuntimeError(f"{address}: {answer.status_code}")
    return len(log) // ROUNDS, sorted(took)
