"""What becomes of one row of a file, given what the bank holds already."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from question_bank.formats.rows import DOUBTS, NOTES, ParsedRow
from question_bank.laws.rules import Citation, parse_citation, same_title
from question_bank.questions.rules import (
    OPEN_STATES,
    Draft,
    Finding,
    Pool,
    VersionState,
)

DEFAULT_LAW = "中华人民共和国政府信息公开条例"
NO_TOPIC = "未分类"


class Verdict(StrEnum):
    """What becomes of a row: 可导入, 存疑, 不能导入, 完全相同, 不导入 (left out by a person)."""

    GOOD = "good"
    DOUBTFUL = "doubtful"
    REFUSED = "refused"
    SAME = "same"
    DROPPED = "dropped"


class ImportState(StrEnum):
    """How far an upload is: 正在读取, 待核对, 已导入, 已放弃, 没有读完, 已撤销.

    reading → ready | failed | discarded; failed → reading | discarded; ready → imported | discarded;
    imported → undone.
    """

    READING = "reading"
    READY = "ready"
    IMPORTED = "imported"
    DISCARDED = "discarded"
    FAILED = "failed"
    UNDONE = "undone"


@dataclass(frozen=True)
class KnownVersion:
    """A version that the bank holds, as far as a comparison needs it."""

    id: int
    question_id: int
    code: str
    number: int
    state: VersionState
    topic: str
    draft: Draft
    is_undone: bool = False  # made by an import that was undone


@dataclass(frozen=True)
class Bank:
    """What the bank holds, as far as one file is concerned.

    ``by_code``: versions of each question named in the file, newest first. ``by_digest``: code of
    a question with that content. ``articles``: (title as compared, label) → article id.
    ``to_come``: articles of laws that the starter bank knows; questions find them once imported.
    ``no_topic``: where a row without a topic goes; ``pool``: what all rows of the file are for,
    whatever they say themselves, None where each row says so.
    """

    by_code: Mapping[str, Sequence[KnownVersion]] = field(default_factory=dict)
    by_digest: Mapping[str, str] = field(default_factory=dict)
    topics: frozenset[str] = frozenset()
    articles: Mapping[tuple[str, str], int] = field(default_factory=dict)
    to_come: frozenset[tuple[str, str]] = frozenset()
    no_topic: str = NO_TOPIC
    pool: Pool | None = None


@dataclass(frozen=True)
class JudgedRow:
    """A row with its verdict. ``base``: the version that it becomes the next version of."""

    parsed: ParsedRow
    verdict: Verdict
    findings: tuple[Finding, ...]
    draft: Draft | None = None
    topic: str = ""
    article_id: int | None = None
    base: KnownVersion | None = None


def is_note(finding: Finding) -> bool:
    """Whether a finding is only worth knowing."""
    return finding.code in NOTES | {"same"}


def judge(parsed: ParsedRow, bank: Bank) -> JudgedRow:
    """The verdict on one row."""
    if parsed.is_refused or parsed.draft is None:
        return JudgedRow(parsed, Verdict.REFUSED, parsed.findings)
    known = bank.by_code.get(parsed.code, ()) if parsed.code else ()
    if known:
        return _known(parsed, parsed.draft, known, bank)
    twin = bank.by_digest.get(parsed.draft.digest)
    if twin is not None:
        return JudgedRow(parsed, Verdict.SAME, (Finding("same", "row", {"code": twin}),))
    return _settle(parsed, parsed.draft, bank, parsed.topic, None)


def _known(parsed: ParsedRow, draft: Draft, known: Sequence[KnownVersion], bank: Bank) -> JudgedRow:
    """A row that names a question of the bank: the same, a new version, or not now."""
    newest = known[0]
    topic = parsed.topic or newest.topic
    draft = _completed(parsed, draft, newest.draft, bank.pool)
    law_basis, _findings, _article = _basis(draft.basis, bank)
    current = [each for each in known if each.state is not VersionState.RETIRED] or [newest]
    for each in current:
        if each.is_undone:
            continue
        if (each.draft, each.topic) in ((draft, topic), (replace(draft, basis=law_basis), topic)):
            return JudgedRow(parsed, Verdict.SAME, (Finding("same", "row", {"code": each.code}),))
    if newest.state in OPEN_STATES - {VersionState.RETURNED}:
        facts = {"code": newest.code, "number": newest.number}
        return JudgedRow(parsed, Verdict.REFUSED, (Finding("open_version", "row", facts),))
    return _settle(parsed, draft, bank, topic, newest)


def _completed(parsed: ParsedRow, draft: Draft, kept: Draft, pool: Pool | None) -> Draft:
    """The row's draft; what its optional columns leave blank stays as it is in the bank."""
    given = parsed.given
    return replace(
        draft,
        explanation=draft.explanation if "explanation" in given else kept.explanation,
        difficulty=draft.difficulty if "difficulty" in given else kept.difficulty,
        pool=pool or (draft.pool if "pool" in given else kept.pool),
        basis=draft.basis if "basis" in given else kept.basis,
        may_shuffle=draft.may_shuffle and (kept.may_shuffle or "shuffle" in given),
    )


def _settle(
    parsed: ParsedRow, draft: Draft, bank: Bank, topic: str, base: KnownVersion | None
) -> JudgedRow:
    basis, said, article_id = compared(topic, draft.basis, bank)
    found = [*parsed.findings, *said]
    if base is not None:
        facts = {"code": base.code, "number": base.number + 1}
        found.append(Finding("after_undone" if base.is_undone else "new_version", "row", facts))
    doubtful = any(finding.code in DOUBTS for finding in found)
    return JudgedRow(
        parsed, Verdict.DOUBTFUL if doubtful else Verdict.GOOD, tuple(found),
        replace(draft, basis=basis), topic or bank.no_topic, article_id, base,
    )  # fmt: skip


def compared(topic: str, basis: str, bank: Bank) -> tuple[str, list[Finding], int | None]:
    """The citation as it is kept, what is to be said of topic and basis, the article they name."""
    taken, said, article_id = _basis(basis, bank)
    if not topic:
        said.append(Finding("topic_none", "topic", {"name": bank.no_topic}))
    elif topic not in bank.topics:
        said.append(Finding("topic_new", "topic", {"name": topic}))
    return taken, said, article_id


def _basis(text: str, bank: Bank) -> tuple[str, list[Finding], int | None]:
    """The citation as it is kept, what is to be said about it, and the article it names."""
    cited = parse_citation(text)
    if cited is None:
        return "", [], None
    if not cited.title and cited.label:
        article_id = bank.articles.get((same_title(DEFAULT_LAW), cited.label))
        if article_id is None:
            return text, [Finding("basis_no_law", "basis", {"text": text})], None
        taken = f"《{DEFAULT_LAW}》{cited.label}"
        said = Finding("basis_only_label", "basis", {"text": text, "taken": taken})
        return taken, [said], article_id
    if not cited.label:
        return text, [Finding("basis_no_article", "basis", {"text": text})], None
    article_id = bank.articles.get((same_title(cited.title), cited.label))
    if article_id is None and _is_to_come(cited, bank):
        return text, [Finding("basis_later", "basis", {"title": cited.title})], None
    if article_id is None:
        facts = {"title": cited.title, "label": cited.label}
        return text, [Finding("basis_not_found", "basis", facts)], None
    return text, [], article_id


def _is_to_come(cited: Citation, bank: Bank) -> bool:
    title = same_title(cited.title)
    is_here = any(known == title for known, _label in bank.articles)
    return not is_here and (title, cited.label) in bank.to_come


def goes_in(row: JudgedRow, *, with_doubtful: bool) -> bool:
    """Whether a row is imported."""
    return row.verdict is Verdict.GOOD or (with_doubtful and row.verdict is Verdict.DOUBTFUL)
