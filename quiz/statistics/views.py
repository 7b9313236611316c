"""Pages of statistics: questions that want a look, one question, exams, one exam."""

from __future__ import annotations

from collections.abc import Sequence
from string import ascii_uppercase
from typing import Any

from flask import Blueprint, render_template, request
from flask_babel import gettext as _

from core.db import reading
from core.errors import NotFound
from core.guards import requires, viewer
from core.listing import listing
from core.permissions import Permission
from core.richtext import plain
from question_bank.measures.queries import flag_counts
from question_bank.measures.words import FLAG_WORDS
from question_bank.questions.queries import QuestionView, VersionView, question, topics
from question_bank.questions.rules import LIVE_STATES, WITH_OPTIONS, Flag, QuestionType
from quiz.keys.queries import Corrections, in_force
from quiz.keys.rules import right_key
from quiz.statistics import queries
from quiz.statistics.models import OccasionStatistic, QuestionStatistic
from quiz.statistics.queries import Listed, WindowView
from quiz.statistics.reliability import BINS, MIN_CANDIDATES, worth
from quiz.statistics.rules import (
    EXTREME,
    MIN_ANSWERS,
    MIN_FIT,
    Drift,
    Window,
    drift,
    level_of,
    telling,
)

bp = Blueprint("statistics", __name__, url_prefix="/statistics")

ALL = "all"
MIN_TIMED = 10  # times from which a median is said
ID_DIGITS = 18


def _topic_id() -> int | None:
    text = request.args.get("topic", "")
    return int(text) if text.isdecimal() and len(text) < ID_DIGITS else None


@bp.get("")
@requires(Permission.BANK_READ)
def index() -> str:
    """Questions that their answers ask to look at; by flag and topic, or all with figures."""
    session = reading()
    asked = request.args.get("flag", "")
    flag = Flag(asked) if asked in list(Flag) else None
    narrowed = Listed(flag, asked == ALL, _topic_id())
    found = listing(
        session, queries.question_rows(narrowed), sorts=queries.SORTS, default="-answers",
        scalars=False,
    )  # fmt: skip
    return render_template(
        "statistics/index.html", listing=found, narrowed=narrowed, words=FLAG_WORDS,
        flags=queries.flags_of(session, [row.id for row in found.items]),
        counts=flag_counts(session), totals=queries.totals(session), topics=topics(session),
        chosen=asked if flag or narrowed.all_ else "", least=MIN_ANSWERS,
        sees_exams=_sees_exams(),
    )  # fmt: skip


# --- one question ----------------------------------------------------------------------


@bp.get("/questions/<int:question_id>")
@requires(Permission.BANK_READ)
def show(question_id: int) -> str:
    """What first tries say of a question as it stands now."""
    session = reading()
    found = question(session, question_id)
    current = _current(found)
    same = [one for one in found.versions if one.draft.digest == current.draft.digest]
    statistic = queries.statistic_of(session, [one.id for one in same])
    windows = queries.windows_of(session, statistic.version_id) if statistic else []
    flags = queries.flags_of(session, [current.id])
    corrections = [
        one for found in in_force(session, [one.id for one in same]).values() for one in found
    ]
    return render_template(
        "statistics/show.html", question=found, version=current, statistic=statistic,
        windows=windows, flags=flags.get(current.id, []), words=FLAG_WORDS, drift=_drift(windows),
        options=_options(current, statistic, corrections) if statistic else [],
        is_corrected=bool(corrections),
        level=level_of(statistic.shrunken) if statistic and statistic.answers else None,
        telling=_telling(statistic), least=MIN_ANSWERS, least_fit=MIN_FIT, least_timed=MIN_TIMED,
        extreme=round(EXTREME * 100), earlier=len(found.versions) - len(same),
        sees_exams=_sees_exams(),
    )  # fmt: skip


def _current(found: QuestionView) -> VersionView:
    """The version in use; without one, the newest."""
    live = [one for one in found.versions if one.state in LIVE_STATES]
    return live[0] if live else found.newest


def _telling(statistic: QuestionStatistic | None) -> str | None:
    value = statistic.discrimination if statistic else None
    return None if value is None else telling(value).value


def _drift(windows: Sequence[WindowView]) -> Drift | None:
    return drift(
        [
            Window(one.occasion_id, one.answers, one.facility, kind=one.kind)
            for one in reversed(windows)
        ]
    )


def _options(
    version: VersionView, statistic: QuestionStatistic, corrections: Corrections
) -> list[dict[str, Any]]:
    """Options in the author's order, with shares in per cent; the key is the one that is right now."""
    draft = version.draft
    right = right_key(draft.key, corrections)
    if draft.type in WITH_OPTIONS:
        texts, keys = [plain(text, draft.is_rich) for text in draft.options], set(right)
    elif draft.type is QuestionType.TRUE_FALSE:
        texts, keys = [_("正确"), _("错误")], {0 if right else 1}
    else:
        return []
    return [
        {"letter": ascii_uppercase[n], "text": text, "is_key": n in keys,
         "overall": round(shares[0] * 100), "upper": round(shares[1] * 100),
         "lower": round(shares[2] * 100)}
        for n, (text, shares) in enumerate(zip(texts, statistic.options, strict=True))
    ]  # fmt: skip


# --- exams and rounds ---------------------------------------------------------------------


def _sees_exams() -> bool:
    """Quality of an exam is for those who answer for the whole city."""
    return viewer().scope_of(Permission.EXAM_READ) is None


def _for_the_city() -> None:
    if not _sees_exams():
        raise NotFound(_("只有看全市考试的人能看考试质量"))


@bp.get("/exams")
@requires(Permission.EXAM_READ)
def exams() -> str:
    """Exams and rounds with how far their marks can be trusted."""
    _for_the_city()
    found = listing(
        reading(), queries.occasion_rows(), sorts=queries.OCCASION_SORTS, default="-opens",
        scalars=False,
    )  # fmt: skip
    rows = [(title, kind, opens_at, one, _worth(one)) for title, kind, opens_at, one in found.items]
    return render_template(
        "statistics/exams.html", listing=found, rows=rows, least=MIN_CANDIDATES,
        sees_bank=viewer().may(Permission.BANK_READ),
    )  # fmt: skip


def _worth(statistic: OccasionStatistic | None) -> str | None:
    if statistic is None or statistic.reliability is None:
        return None
    return worth(statistic.reliability).value


@bp.get("/exams/<int:occasion_id>")
@requires(Permission.EXAM_READ)
def exam(occasion_id: int) -> str:
    """Reliability, spread of the marks, and the questions of one exam or round."""
    _for_the_city()
    session = reading()
    occasion, statistic = queries.occasion_figures(session, occasion_id)
    found = listing(
        session, queries.items_at(occasion_id), sorts=queries.ITEM_SORTS, default="facility",
        scalars=False,
    )  # fmt: skip
    most = statistic.max_marks if statistic else 0
    return render_template(
        "statistics/exam.html", occasion=occasion, statistic=statistic, worth=_worth(statistic),
        bins=_bins(statistic, occasion.pass_mark * 100) if statistic else [],
        pass_at=occasion.pass_mark * 100 / most * BINS if most else None,
        listing=found, flags=queries.flags_of(session, [row.version_id for row in found.items]),
        words=FLAG_WORDS, least=MIN_CANDIDATES, sees_bank=viewer().may(Permission.BANK_READ),
    )  # fmt: skip


def _bins(statistic: OccasionStatistic, pass_mark: int) -> list[tuple[str, int, str]]:
    """(share of the marks, people, colour): tenths of the marks, those above the mark in blue."""
    return [
        (f"{n * 10}–{n * 10 + 10}%", number,
         "blue" if n * statistic.max_marks >= pass_mark * BINS else "soft")
        for n, number in enumerate(statistic.bins)
    ]  # fmt: skip
