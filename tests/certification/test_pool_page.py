"""The office sees what became of a frozen pool, and decides about what could not be left out."""

from __future__ import annotations

from flask import Flask
from sqlalchemy import select

from core import clock
from core.db import reading, transaction
from core.permissions import Role
from question_bank.suspensions.services import suspend
from quiz.occasions.models import PoolExclusion, PoolItem, PoolRow
from tests.certification.test_office_pages import Browser
from tests.certification.world import arrange
from tests.factories import make_person


def test_what_was_left_out_by_itself_is_shown_and_can_be_put_back(app: Flask) -> None:
    _city, exam = arrange(app)
    occasion_id = exam.occasion_id or 0
    with app.app_context(), transaction() as session:
        office = make_person(session, Role.OFFICE)
        rows = session.execute(
            select(PoolItem.row, PoolItem.version_id, PoolRow.count.label("wanted"))
            .join(
                PoolRow,
                (PoolRow.occasion_id == PoolItem.occasion_id) & (PoolRow.row == PoolItem.row),
            )
            .where(PoolItem.occasion_id == occasion_id)
            .order_by(PoolItem.row, PoolItem.ordinal)
        ).all()
        first_row = [row for row in rows if row.row == 0]
        wanted = first_row[0].wanted
        for row in first_row:  # all of them: some must stay
            suspend(
                session, version_id=row.version_id, reason="reported", by_id=None, now=clock.now()
            )
    browser = Browser(app, office)
    page = browser.get(f"/exams/{exam.id}")
    assert page.count("仍会抽到") == wanted
    assert page.count("已剔除") == len(first_row) - wanted
    assert "自动，" in page
    assert "剔除就组不成卷" in page
    stuck = first_row[-1].version_id
    told = browser.post(f"/exams/{exam.id}/pool", version=stuck, do="exclude")
    assert "组不成卷" in browser.get(told)
    browser.post(f"/exams/{exam.id}/pool", version=first_row[0].version_id, do="keep")
    page = browser.get(f"/exams/{exam.id}")
    assert "已保留" in page
    browser.post(f"/exams/{exam.id}/pool", version=stuck, do="exclude")
    with app.app_context():
        out = reading().get_one(PoolExclusion, (occasion_id, stuck))
        assert (out.by_id, out.lifted_at) == (office.id, None)
    browser.post(f"/exams/{exam.id}/pool", version=10**6, do="keep", status=404)
