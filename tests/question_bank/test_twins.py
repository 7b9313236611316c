"""Rows of an upload that are like others: compared, decided on, and imported as decided."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import func, select

from core import clock
from core.db import reading, transaction
from core.errors import Invalid, NotFound
from core.permissions import Role
from question_bank.duplicates import queries as duplicates
from question_bank.duplicates.models import DuplicateDecision
from question_bank.duplicates.rules import Kind
from question_bank.duplicates.services import compare_all
from question_bank.questions.models import Question, QuestionVersion, VersionState
from question_bank.twins import queries, services
from question_bank.twins.models import Twin
from question_bank.twins.rules import Outcome, RowDecision, outcome
from tests.factories import make_person, make_question, make_topic
from tests.question_bank.desk import Desk
from tests.question_bank.helpers import HEAD, row, workbook
from tests.statements import counted

STEM = "行政机关收到政府信息公开申请后，不能当场答复的，应当在（　）内答复。"
OPTIONS = {"选项A": "十日", "选项B": "二十日", "选项C": "三十日", "选项D": "六十日"}
D = RowDecision


@pytest.mark.parametrize(
    ("decided", "becomes"),
    [
        ([], Outcome()),
        ([(D.KEEP, 1), (D.KEEP, None)], Outcome()),
        ([(D.KEEP, 1), (D.NEW_VERSION, 2)], Outcome(question_id=2)),
        ([(D.NEW_VERSION, 2), (D.NEW_VERSION, 3)], Outcome(question_id=2)),
        ([(D.NEW_VERSION, 2), (D.SKIP, None)], Outcome(skip=True)),
    ],
)
def test_decisions_on_one_row_are_taken_together(
    decided: list[tuple[RowDecision, int | None]], becomes: Outcome
) -> None:
    assert outcome(decided) == becomes


def same(answer: str = "B", **changes: str) -> list[str]:
    return row(1, **{**OPTIONS, "题干": STEM, "答案": answer, **changes})


class Upload:
    """A bank with one question in use, and an uploaded file of rows like it."""

    def __init__(self, app: Flask, *rows: list[str], state: VersionState = VersionState.APPROVED):
        self.app = app
        with app.app_context(), transaction() as session:
            self.editor = make_person(session, Role.EDITOR)
            self.other = make_person(session, Role.EDITOR)
            version = make_question(
                session, self.editor, make_topic(session), stem=STEM, state=state,
                options=list(OPTIONS.values()), key=[1],
            )  # fmt: skip
            self.known = version.question_id
        self.desk = Desk(app, self.editor)
        self.address, _page = self.desk.preview("题.xlsx", workbook(HEAD, *rows))
        self.id = int(self.address.rsplit("/", 1)[1])

    @property
    def page(self) -> str:
        return f"{self.address}/duplicates"

    def compare(self) -> str:
        sent = self.desk.client.post(f"{self.page}/compare", data={"csrf_token": self.desk.token})
        assert sent.location == self.page
        return str(self.desk.client.get(self.page).text)

    def pairs(self) -> list[Twin]:
        with self.app.app_context():
            return list(reading().scalars(queries.twins(self.id)))

    def decide(self, *decisions: RowDecision) -> str:
        form = {
            f"twin-{pair.id}": each.value
            for pair, each in zip(self.pairs(), decisions, strict=False)
        }
        sent = self.desk.client.post(self.page, data={"csrf_token": self.desk.token, **form})
        return str(self.desk.client.get(sent.location).text)

    def versions(self) -> list[tuple[int, int]]:
        """(question id, number) of every version."""
        with self.app.app_context():
            rows = reading().execute(
                select(QuestionVersion.question_id, QuestionVersion.number).order_by(
                    QuestionVersion.id
                )
            )
            return [(row[0], row[1]) for row in rows]


def test_pairs_in_the_file_and_with_the_bank_contradictions_first(app: Flask) -> None:
    upload = Upload(
        app,
        same(题干=STEM.replace("应当", "应")),
        same("C"),
        row(7),
        same(选项A="三十日", 选项C="十日"),
    )
    page = upload.compare()
    pairs = [(each.number, each.other_number, each.kind) for each in upload.pairs()]
    assert pairs[:2] == [(2, None, Kind.CONTRADICTION), (4, 2, Kind.CONTRADICTION)]
    assert (4, None, Kind.REORDERED) in pairs
    assert (1, None, Kind.NEAR) in pairs
    assert not any(number == 3 for number, _other, _kind in pairs)
    assert page.index("答案矛盾</span>") < page.index("相近</span>")
    assert "比对了 4 题" in page
    preview = upload.desk.client.get(upload.address).text
    assert f"有 {len(pairs)} 对相同或相近的题等您决定" in preview
    assert "其中 2 对答案矛盾" in preview


def test_a_skipped_row_stays_out_and_a_kept_one_is_not_asked_about_again(app: Flask) -> None:
    upload = Upload(app, same("C"), same(题干=STEM.replace("应当", "应")), row(7))
    upload.compare()
    with app.app_context():
        known = {(each.number, each.other_version_id is None) for each in upload.pairs()}
    assert known == {(1, False), (2, False), (2, True)}
    by_pair = [D.SKIP if each.number == 1 else D.KEEP for each in upload.pairs()]
    assert "已记下 3 对的处理办法" in upload.decide(*by_pair)
    preview = upload.desk.client.get(upload.address).text
    assert "3 对相同或相近的题都已决定" in preview
    assert "决定跳过的 1 题不会导入" in preview
    assert "将导入 2 题为草稿" in preview
    upload.desk.confirm(upload.address)
    assert [number for _question, number in upload.versions()] == [1, 1, 1]
    with app.app_context():
        assert reading().scalar(select(func.count()).select_from(DuplicateDecision)) == 1
        done = compare_all()
        assert list(reading().scalars(duplicates.waiting(done.id))) == []
    assert "只供查看" in upload.desk.client.get(upload.page).text


def test_a_row_becomes_the_next_version_of_a_question(app: Flask) -> None:
    upload = Upload(app, row(7), same("C"))
    upload.compare()
    upload.decide(D.NEW_VERSION)
    upload.desk.confirm(upload.address)
    assert upload.versions()[0] == (upload.known, 1)
    assert (upload.known, 2) in upload.versions()
    assert len(upload.versions()) == 3
    with app.app_context():
        new = reading().scalar(
            select(QuestionVersion).where(
                QuestionVersion.question_id == upload.known, QuestionVersion.number == 2
            )
        )
        assert new is not None
        assert (new.state, new.key) == (VersionState.DRAFT, [2])
        assert reading().scalar(select(func.count()).select_from(Question)) == 2


def test_a_question_gets_one_next_version(app: Flask) -> None:
    upload = Upload(app, same("C"), same("D"))
    upload.compare()
    assert "两行不能都作为同一题的新版本" in upload.decide(D.NEW_VERSION, D.NEW_VERSION)
    assert all(each.decision is None for each in upload.pairs())


def test_a_question_in_work_takes_no_next_version(app: Flask) -> None:
    upload = Upload(app, same("C"), state=VersionState.DRAFT)
    page = upload.compare()
    assert "有没审完的版本，不能再加新版本" in page
    assert 'value="new_version"' not in page
    assert "有一题还有没审完的版本" in upload.decide(D.NEW_VERSION)


def test_a_version_begun_meanwhile_stops_the_import_and_nothing_goes_in(app: Flask) -> None:
    upload = Upload(app, row(7), same("C"))
    upload.compare()
    upload.decide(D.NEW_VERSION)
    with app.app_context(), transaction() as session:
        first = session.scalar(select(QuestionVersion))
        assert first is not None
        session.add(
            QuestionVersion(
                question_id=upload.known, number=2, state=VersionState.DRAFT, type=first.type,
                stem="另一版", options=first.options, key=first.key, topic_id=first.topic_id,
                difficulty=first.difficulty, pool=first.pool, digest="0" * 64,
                author_id=upload.other.id, created_at=clock.now(),
            )
        )  # fmt: skip
    before = upload.versions()
    assert "没审完的版本。请改这一题的决定后再导入" in upload.desk.confirm(upload.address)
    assert upload.versions() == before
    upload.decide(D.KEEP)
    upload.desk.confirm(upload.address)
    assert len(upload.versions()) == len(before) + 2


def test_comparing_again_keeps_what_was_decided(app: Flask) -> None:
    upload = Upload(app, same("C"), same(题干=STEM.replace("应当", "应")))
    upload.compare()
    upload.decide(D.SKIP)
    upload.compare()
    assert [each.decision for each in upload.pairs()][:1] == [D.SKIP]


def test_only_the_owner_decides_and_only_on_pairs_of_the_upload(app: Flask) -> None:
    upload = Upload(app, same("C"))
    upload.compare()
    stranger = Desk(app, upload.other)
    for address in (upload.page, f"{upload.page}/compare"):
        sent = stranger.client.post(address, data={"csrf_token": stranger.token, "twin-1": "skip"})
        assert sent.status_code == 404
    assert stranger.client.get(upload.page).status_code == 404
    with app.app_context(), transaction() as session, pytest.raises(NotFound):
        services.decide(session, import_id=upload.id, by_id=upload.editor.id,
                        decisions={9999: D.SKIP}, now=clock.now())  # fmt: skip
    for form, said in (
        ({}, "选好一对的处理办法再保存"),
        ({"twin-1": "burn"}, "选一种处理办法"),
        ({"twin-x": "skip"}, "选好一对的处理办法再保存"),
    ):
        sent = upload.desk.client.post(upload.page, data={"csrf_token": upload.desk.token, **form})
        assert said in upload.desk.client.get(sent.location).text


def test_after_the_import_it_is_too_late(app: Flask) -> None:
    upload = Upload(app, same("C"))
    upload.compare()
    upload.desk.confirm(upload.address)
    assert "已经导入或放弃了，不能再改" in upload.decide(D.SKIP)
    assert "已经导入或放弃了，不能再改" in upload.compare()


def test_within_a_file_there_is_no_version_to_replace(app: Flask) -> None:
    upload = Upload(app, row(7), row(7, 答案="C"))
    upload.compare()
    (pair,) = upload.pairs()
    assert (pair.number, pair.other_number, pair.kind) == (2, 1, Kind.CONTRADICTION)
    with app.app_context(), transaction() as session, pytest.raises(Invalid):
        services.decide(session, import_id=upload.id, by_id=upload.editor.id,
                        decisions={pair.id: D.NEW_VERSION}, now=clock.now())  # fmt: skip


def test_a_very_large_file_is_compared_in_the_bank(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "MOST_ROWS", 1)
    upload = Upload(app, same("C"), row(7))
    assert "这个文件有 2 题，一次最多比对 1 题" in upload.compare()


def test_the_page_is_a_fixed_number_of_statements(app: Flask) -> None:
    taken = []
    for rows in (2, 8):
        upload = Upload(app, *[same("ACD"[n % 3], 选项D=f"{n}年") for n in range(rows)])
        upload.compare()
        upload.desk.client.get(upload.page)
        with counted(app) as log:
            page = upload.desk.client.get(upload.page).text
        taken.append(len(log))
    assert page.count('aria-labelledby="pair-') == 10
    assert taken[0] == taken[1] <= 12
