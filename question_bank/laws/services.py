"""What people do with laws: bring in a version, compare it, and let questions find their articles."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from flask_babel import gettext as _
from sqlalchemy import bindparam, insert, update
from sqlalchemy.orm import Session

from core.audit.services import record
from core.clock import civil_date
from core.errors import Conflict, Invalid
from core.uploads import check_upload, decoded
from question_bank.formats.law import ParsedLaw, UnreadableLaw, parse_law
from question_bank.formats.sentences import law_trouble
from question_bank.laws import queries
from question_bank.laws.comparison import Kind
from question_bank.laws.models import Article, LawSource, LawVersion
from question_bank.laws.revisions.services import compare_versions
from question_bank.laws.rules import parse_citation, same_title
from question_bank.questions.models import QuestionVersion
from question_bank.starter import PREFIX, cited_digests
from question_bank.suspensions.queries import will_be_suspended
from question_bank.suspensions.services import take_force

KINDS = frozenset({"md", "txt"})


@dataclass(frozen=True)
class ImportedLaw:
    """What an import did. ``is_new`` False: exactly this version was there already.

    ``kinds``: what became of the articles since the version before, by ``Kind``; empty where there
    is none. ``suspended``: questions that left the draws at once; ``waiting``: those that will on
    the day the version takes force.
    """

    version_id: int
    title: str
    promulgated_on: date
    in_force_on: date
    articles: int
    digest: str
    linked: int  # questions that found their article
    is_new: bool
    kinds: Mapping[str, int] = field(default_factory=dict)
    suspended: int = 0
    waiting: int = 0


def read_law(filename: str, data: bytes) -> ParsedLaw:
    """The law in a file; Invalid with a sentence where it cannot be read."""
    check_upload(filename, data, allowed=KINDS)
    try:
        return parse_law(decoded(data), filename)
    except UnreadableLaw as error:
        raise Invalid(law_trouble(error), field="file") from None


def import_law(
    session: Session,
    *,
    law: ParsedLaw,
    in_force_on: date,
    by_id: int | None,
    now: datetime,
) -> ImportedLaw:
    """Keep a version of a law with its articles; older versions stay as they are.

    The same version twice changes nothing. Conflict where the text of a version that is known
    already differs, Invalid where it would be in force before it was promulgated.
    """
    if in_force_on < law.promulgated_on:
        raise Invalid(
            _("施行日期早于公布日期 %(day)s。", day=law.promulgated_on), field="in_force_on"
        )
    source = queries.source_by_title(session, law.title)
    if source is None:
        source = LawSource(title=law.title)
        session.add(source)
        session.flush()
    known = queries.version_of(session, source.id, law.promulgated_on)
    if known is not None:
        return _unchanged(law, known, in_force_on)
    version = LawVersion(
        source_id=source.id, promulgated_on=law.promulgated_on, in_force_on=in_force_on,
        digest=law.digest, imported_at=now, imported_by=by_id,
    )  # fmt: skip
    session.add(version)
    session.flush()
    session.execute(
        insert(Article),
        [{"law_version_id": version.id, "label": item.label, "ordinal": item.ordinal,
          "text": item.text, "digest": item.digest} for item in law.articles],
    )  # fmt: skip
    record(
        session, "law.import", ("law_version", version.id),
        facts={"title": law.title, "promulgated_on": str(law.promulgated_on),
               "in_force_on": str(in_force_on), "articles": len(law.articles),
               "digest": law.digest},
    )  # fmt: skip
    kinds = compare_versions(session, source_id=source.id, now=now)[version.id]
    linked = relink(session, today=civil_date(now))
    suspended = take_force(session, law_version_id=version.id, by_id=by_id, now=now)
    waiting = will_be_suspended(session, version.id) if suspended is None else 0
    return ImportedLaw(
        version.id, law.title, law.promulgated_on, in_force_on, len(law.articles), law.digest,
        linked, True, {kind.value: kinds[kind] for kind in Kind if kinds[kind]}, suspended or 0,
        waiting,
    )  # fmt: skip


def _unchanged(law: ParsedLaw, known: LawVersion, in_force_on: date) -> ImportedLaw:
    if known.digest != law.digest:
        raise Conflict(
            _("《%(title)s》%(day)s 公布的版本已经在库里，文字不同。没有改动；如果是新的修订，请改公布日期。",
              title=law.title, day=law.promulgated_on)
        )  # fmt: skip
    if known.in_force_on != in_force_on:
        raise Conflict(
            _("《%(title)s》的这一版已经在库里，施行日期是 %(day)s。没有改动。",
              title=law.title, day=known.in_force_on)
        )  # fmt: skip
    return ImportedLaw(known.id, law.title, law.promulgated_on, known.in_force_on,
                       len(law.articles), law.digest, 0, False)  # fmt: skip


def relink(session: Session, *, today: date) -> int:
    """Give questions that cite an article by name, and had none to point at, that article.

    Nothing else of them changes. A starter question takes an article only where its text is the
    one that the question was written on. How many found theirs.
    """
    index = queries.citation_index(session, today)
    waiting = queries.unlinked(session)
    if not index or not waiting:
        return 0
    written_on = cited_digests()
    found: list[tuple[int, str, int, tuple[str, str]]] = []
    for version_id, code, basis in waiting:
        cited = parse_citation(basis)
        key = (same_title(cited.title), cited.label) if cited else ("", "")
        if key in index:
            found.append((version_id, code, index[key], key))
    texts = queries.digests(session, {article_id for _id, _code, article_id, _key in found})
    changes = [
        {"b_id": version_id, "article_id": article_id}
        for version_id, code, article_id, key in found
        if _may_rest(code, texts[article_id], written_on, key)
    ]
    if changes:
        _link(session, changes)
        record(session, "question.link_articles", ("question", "*"),
               facts={"versions": len(changes)})  # fmt: skip
    return len(changes)


def _may_rest(
    code: str, digest: str, written_on: Mapping[tuple[str, str], str], key: tuple[str, str]
) -> bool:
    return not code.startswith(PREFIX) or written_on.get(key, digest) == digest


def _link(session: Session, changes: list[dict[str, int]]) -> None:
    table = QuestionVersion.__table__
    session.connection().execute(
        update(table)  # type: ignore[arg-type]
        .where(table.c.id == bindparam("b_id"), table.c.article_id.is_(None))
        .values(article_id=bindparam("article_id")),
        changes,
    )
