"""Issuing: one for a pass, consecutive numbers, succession; revoking; the signature; the PDF."""

from __future__ import annotations

import io
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta

import pypdf
import pytest
from flask import Flask
from sqlalchemy import func, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from certification.candidates.services import decide_void
from certification.certificates import services
from certification.certificates.formats.pdf import Sheet, rendered
from certification.certificates.models import Certificate
from certification.certificates.queries import certificates_of, signed_facts, verification
from certification.certificates.rules import CertificateState
from certification.certificates.services import issue_for, revoke
from certification.exams.models import Exam
from certification.registry.models import RegistryEvent
from core import clock
from core.db import reading, transaction
from core.errors import Conflict, Forbidden, Invalid
from core.signing import signer
from quiz.attempts.kinds import ScoredAttempt
from quiz.attempts.models import Attempt, AttemptState
from quiz.corrections.services import void_or_ask
from quiz.papers.models import Paper
from tests.certification.world import arrange, sit
from tests.databases import both_databases
from tests.factories import make_person
from tests.statements import counted

SHEET = Sheet(
    title="合格证书 政公证 2026-000047", number="政公证 2026-000047", holder="文知新",
    unit="城中区人民政府办公室", exam="2026年第一季度资格考试", issued="2026年1月19日",
    through="2028年1月18日", code="7F3A 90C2 41DE", office="龙城市政务公开领导小组办公室",
    site="shanggang.example.gov.cn/verify", date=(2026, 1, 19),
    address="https://shanggang.example.gov.cn/verify/7F3A90C241DE",
)  # fmt: skip


def _passes(session: Session, exam: Exam, count: int) -> list[ScoredAttempt]:
    """Scored passes of as many people, without certificates."""
    now = clock.now()
    found = []
    for _number in range(count):
        person = make_person(session)
        paper = Paper(occasion_id=exam.occasion_id, seed="s", items=[], digest="d", created_at=now)
        session.add(paper)
        session.flush()
        attempt = Attempt(
            occasion_id=exam.occasion_id, person_id=person.id, number=1,
            state=AttemptState.SCORED, paper_id=paper.id, started_at=now, deadline_at=now,
            submitted_at=now, receipt=None,
        )  # fmt: skip
        session.add(attempt)
        session.flush()
        found.append(
            ScoredAttempt(attempt.id, exam.occasion_id or 0, person.id, 9_000, 10_000, True)
        )
    return found


def _at_once(app: Flask, scored: list[ScoredAttempt]) -> list[int | str]:
    gate = threading.Barrier(len(scored))

    def one(item: ScoredAttempt) -> int | str:
        gate.wait()
        try:
            with app.app_context(), transaction() as session:
                return issue_for(session, item, clock.now()) or 0
        except IntegrityError:
            return "collision"

    with ThreadPoolExecutor(len(scored)) as pool:
        return list(pool.map(one, scored))


def _serials(app: Flask) -> list[int]:
    with app.app_context():
        return sorted(reading().scalars(select(Certificate.serial)))


@both_databases
def test_twenty_passes_at_once_get_consecutive_numbers(app: Flask) -> None:
    _city, exam = arrange(app)
    with app.app_context(), transaction() as session:
        scored = _passes(session, exam, 20)
    _at_once(app, scored)
    assert _serials(app) == list(range(1, 21))


@pytest.mark.postgres
@pytest.mark.parametrize("app", ["postgres"], indirect=True)
def test_without_the_counter_numbers_collide(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """The twin: it shows that the race above really happens."""
    _city, exam = arrange(app)
    with app.app_context(), transaction() as session:
        scored = _passes(session, exam, 5)

    def naive(session: Session, _counter: object, series: int) -> int:
        last = session.scalar(
            select(func.max(Certificate.serial)).where(Certificate.series == series)
        )
        time.sleep(0.1)
        return (last or 0) + 1

    monkeypatch.setattr(services, "next_serial", naive)
    assert "collision" in _at_once(app, scored)


@both_databases
def test_one_pass_gives_one_certificate_and_no_gap(app: Flask) -> None:
    _city, exam = arrange(app)
    with app.app_context(), transaction() as session:
        first, second = _passes(session, exam, 2)
    assert len(set(_at_once(app, [first] * 10))) == 1
    _at_once(app, [second])
    assert _serials(app) == [1, 2]


def test_a_fail_gives_none(app: Flask) -> None:
    _city, exam = arrange(app)
    with app.app_context(), transaction() as session:
        (scored,) = _passes(session, exam, 1)
        with counted(app) as log:
            assert issue_for(session, replace(scored, is_pass=False), clock.now()) is None
        assert log == []
        with counted(app) as log:
            issue_for(session, scored, clock.now())
        assert len(log) == 4


@both_databases
def test_a_renewal_supersedes_and_the_old_one_still_verifies(app: Flask) -> None:
    city, exam = arrange(app)
    sit(app, exam, city.staff)
    with app.app_context(), transaction() as session:
        (again,) = _passes(session, exam, 1)
        attempt = session.get_one(Attempt, again.attempt_id)
        attempt.person_id, attempt.number = city.staff.id, 2
        session.flush()
        issue_for(session, replace(again, person_id=city.staff.id), clock.now())
    with app.app_context():
        new, old = certificates_of(reading(), city.staff.id, clock.today())
        assert (new.state, old.state) == (CertificateState.VALID, CertificateState.SUPERSEDED)
        assert old.superseded_by == new.number
        found = verification(reading(), old.code, clock.today())
        assert found is not None
        assert found.state is CertificateState.SUPERSEDED
        kinds = reading().scalars(select(RegistryEvent.kind).order_by(RegistryEvent.id)).all()
        assert kinds == ["issued", "issued", "superseded"]


def test_the_signature_covers_every_fact(app: Flask) -> None:
    city, exam = arrange(app)
    sit(app, exam, city.staff)
    with app.app_context():
        certificate = reading().scalars(select(Certificate)).one()
        facts = signed_facts(certificate)
        assert signer().is_genuine(facts.content(), certificate.signature)
        changes = {"holder": "张三", "marks": 1, "valid_through": date(2099, 1, 1), "number": "x"}
        for name, value in changes.items():
            altered = replace(facts, **{name: value})  # type: ignore[arg-type]
            assert not signer().is_genuine(altered.content(), certificate.signature)


@both_databases
def test_revoking_is_done_once_from_a_day_within_validity(app: Flask) -> None:
    city, exam = arrange(app)
    sit(app, exam, city.staff)
    today = clock.today()

    def act(by: int, day: date) -> None:
        with app.app_context(), transaction() as session:
            revoke(session, certificate_id=1, reason="替考", effective_on=day, by_id=by,
                   now=clock.now())  # fmt: skip

    with pytest.raises(Forbidden):
        act(city.staff.id, today)
    with pytest.raises(Invalid):
        act(city.office.id, today - timedelta(days=1))
    act(city.office.id, today)
    with pytest.raises(Conflict):
        act(city.second.id, today)
    with app.app_context():
        (found,) = certificates_of(reading(), city.staff.id, today)
        assert (found.state, found.revoked_reason) == (CertificateState.REVOKED, "替考")


@both_databases
def test_voiding_takes_two_and_the_certificate_falls_in_the_same_act(app: Flask) -> None:
    city, exam = arrange(app)
    attempt_id = sit(app, exam, city.staff)
    now = clock.now()
    with app.app_context(), transaction() as session:
        assert not void_or_ask(session, attempt_id, reason="替考", by=city.office.id, now=now)

    def decide(by: int) -> None:
        with app.app_context(), transaction() as session:
            decide_void(session, act_id=1, approve=True, reason="属实", by_id=by, now=now)

    with pytest.raises(Forbidden):
        decide(city.office.id)
    with app.app_context():
        assert certificates_of(reading(), city.staff.id, clock.today())[0].revoked_on is None
    decide(city.second.id)
    with app.app_context():
        assert reading().get_one(Attempt, attempt_id).state is AttemptState.VOIDED
        (found,) = certificates_of(reading(), city.staff.id, clock.today())
        assert (found.state, found.revoked_reason) == (CertificateState.REVOKED, "替考")


def test_an_attempt_without_a_score_is_voided_alone(app: Flask) -> None:
    from quiz.attempts.services import start

    city, exam = arrange(app)
    with app.app_context(), transaction() as session:
        attempt, _new = start(
            session, occasion_id=exam.occasion_id or 0, person_id=city.staff.id, now=clock.now()
        )
        attempt_id = attempt.id
    with app.app_context(), transaction() as session:
        assert void_or_ask(session, attempt_id, reason="停电", by=city.office.id, now=clock.now())


def test_certificates_are_append_only(app: Flask) -> None:
    city, exam = arrange(app)
    sit(app, exam, city.staff)
    with app.app_context(), pytest.raises(IntegrityError, match="append-only"), transaction() as s:
        s.execute(Certificate.__table__.update().values(holder="张三"))  # type: ignore[attr-defined]
    with app.app_context():
        row = dict(reading().execute(select(RegistryEvent.__table__)).mappings().one())
    with app.app_context(), pytest.raises(IntegrityError), transaction() as s:
        s.execute(insert(RegistryEvent), [{**row, "id": 99}])


def test_the_pdf_embeds_its_fonts_and_says_what_it_must() -> None:
    rendered(SHEET)  # the first one reads the fonts
    started = time.perf_counter()
    data = rendered(SHEET)
    assert time.perf_counter() - started < 0.5
    document = pypdf.PdfReader(io.BytesIO(data))
    page = document.pages[0]
    text = "".join(page.extract_text().split())
    for words in ("政公证2026-000047", "合格证书", "文知新", "2028年1月18日", "7F3A90C241DE"):
        assert words in text
    assert (round(page.mediabox.width), round(page.mediabox.height)) == (842, 595)
    for reference in page["/Resources"]["/Font"].values():  # type: ignore[index]
        font = reference.get_object()["/DescendantFonts"][0].get_object()
        assert "/FontFile3" in font["/FontDescriptor"]
        assert "Noto" in font["/BaseFont"]


def test_the_pdf_says_when_it_is_void_and_never_runs_what_it_prints() -> None:
    data = rendered(replace(SHEET, across="已撤销", holder='#panic("x") $1$ *粗* \\'))
    text = "".join(pypdf.PdfReader(io.BytesIO(data)).pages[0].extract_text().split())
    assert "已撤销" in text
    assert '#panic("x")$1$*粗*\\' in text
