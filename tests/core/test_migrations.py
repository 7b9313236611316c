"""Models and migrations agree on both databases."""

from __future__ import annotations

from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import text

from core import clock
from core.db import db, transaction
from core.permissions import Role
from question_bank.imports import services as imports
from question_bank.imports.preview import services as preview
from question_bank.questions.models import QuestionType, VersionState
from tests.databases import both_databases
from tests.factories import make_person, make_question, make_topic
from tests.question_bank.helpers import HEAD, row, workbook


def _check(app: Flask) -> int:
    return app.test_cli_runner().invoke(args=["db", "check"]).exit_code


@both_databases
def test_migrations_make_what_the_models_say(app: Flask) -> None:
    assert _check(app) == 0


@both_databases
def test_a_column_that_no_model_knows_is_found(app: Flask) -> None:
    with app.app_context(), db.engine.execution_options(writes=True).begin() as connection:
        connection.execute(text("ALTER TABLE unit ADD COLUMN stray VARCHAR(8)"))
    assert _check(app) != 0


@both_databases
def test_the_way_down_and_up_again_keeps_the_questions(app: Flask) -> None:
    with app.app_context():
        with transaction() as session:
            author, topic = make_person(session, Role.EDITOR), make_topic(session)
            make_question(session, author, topic, stem="甲", options=["十日", "二十日"])
            make_question(session, author, topic, stem="乙", state=VersionState.NEEDS_REVIEW)
            make_question(session, author, topic, stem="丙", type_=QuestionType.SHORT_ANSWER)
        downgrade(revision="0004")
        with db.engine.execution_options(writes=True).begin() as connection:
            connection.execute(
                text("UPDATE question_version SET options = :escaped WHERE stem = '甲'"),
                {"escaped": r'["\u5341\u65e5", "\u4e8c\u5341\u65e5"]'},
            )
        upgrade()
        with db.engine.begin() as connection:
            kept = connection.execute(
                text("SELECT stem, state, CAST(options AS TEXT) FROM question_version ORDER BY id")
            ).all()
    # what the older tables cannot say goes out of use; its words stay
    assert [(stem, state) for stem, state, _options in kept] == [
        ("甲", "approved"), ("乙", "retired"), ("丙", "retired"),
    ]  # fmt: skip
    assert kept[0][2] == '["十日", "二十日"]'
    assert _check(app) == 0


@both_databases
def test_a_row_left_out_of_an_upload_does_not_come_back_on_the_way_down(app: Flask) -> None:
    with app.app_context():
        with transaction() as session:
            editor, now = make_person(session, Role.EDITOR), clock.now()
            kept = imports.upload(
                session, filename="题.xlsx", data=workbook(HEAD, row(1), row(2)), by_id=editor.id,
                now=now,
            )  # fmt: skip
            preview.drop(session, import_id=kept.id, number=1, by_id=editor.id, now=now)
        downgrade(revision="0013")
        upgrade()
        with db.engine.begin() as connection:
            left = connection.execute(text("SELECT number, verdict FROM import_row")).all()
    assert [tuple(each) for each in left] == [(2, "good")]
    assert _check(app) == 0
