"""The formats in which questions go out, and what each cannot carry."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from question_bank.formats import aiken, gift, lossless, moodle_write, qti_write, xlsx
from question_bank.formats.qti_nodes import Version
from question_bank.formats.reading import Lost, ReadQuestion, Written, of_draft
from question_bank.formats.xlsx import ExportedQuestion
from question_bank.questions.rules import in_words

EXAMPLES = 3  # codes that are named for each thing that is lost


@dataclass(frozen=True)
class Format:
    """One format. ``label``: its name, as people who use it know it; '' for the workbook."""

    label: str
    extension: str
    mimetype: str
    write: Callable[[Sequence[ReadQuestion]], Written]


@dataclass(frozen=True)
class LossReport:
    """What a file lacks. ``fields``: (what, in how many questions, some of their codes)."""

    fields: Sequence[tuple[str, int, Sequence[str]]] = ()
    left_out: Sequence[Lost] = ()


# by the names that stand in addresses and commands
FORMATS: dict[str, Format] = {
    "json": Format("JSON", "json", "application/json", lossless.write),
    "gift": Format("GIFT", "gift", "text/plain", gift.write),
    "aiken": Format("Aiken", "txt", "text/plain", aiken.write),
    "moodle": Format("Moodle XML", "xml", "application/xml", moodle_write.write),
    "qti21": Format("QTI 2.1", "zip", "application/zip", partial(qti_write.write, version=Version.V2_1)),
    "qti30": Format("QTI 3.0", "zip", "application/zip", partial(qti_write.write, version=Version.V3_0)),
}  # fmt: skip
WORKBOOK = "xlsx"
LOSSLESS = "json"


def write(name: str, questions: Sequence[ExportedQuestion]) -> Written:
    """The file in a format of ``FORMATS``, or the workbook, which carries everything but markup.

    Only our own JSON carries rich text; elsewhere its words go out, and that is reported.
    """
    if name != LOSSLESS:
        rich = [
            Lost(number, each.code, ("rich",))
            for number, each in enumerate(questions, start=1)
            if each.draft.is_rich
        ]
        if rich:
            in_plain = [replace(each, draft=in_words(each.draft)) for each in questions]
            written = write(name, in_plain)
            return replace(written, lost=(*written.lost, *rich))
    if name == WORKBOOK:
        return Written(xlsx.bank(questions))
    return FORMATS[name].write(
        [
            of_draft(number, each.draft, code=each.code, topic=each.topic)
            for number, each in enumerate(questions, start=1)
        ]
    )


def workbook_losses(rich: Sequence[str]) -> Written:
    """What the workbook cannot carry: markup. ``rich``: codes of the questions that have some."""
    return Written(
        b"", tuple(Lost(number, code, ("rich",)) for number, code in enumerate(rich, start=1))
    )


def report(written: Written) -> LossReport:
    """What is lost, summed up by what it is; the most frequent first."""
    codes: dict[str, list[str]] = {}
    for lost in written.lost:
        if not lost.left_out:
            for what in lost.what:
                codes.setdefault(what, []).append(lost.code)
    ordered = sorted(codes.items(), key=lambda item: -len(item[1]))
    return LossReport(
        [(what, len(found), found[:EXAMPLES]) for what, found in ordered],
        [lost for lost in written.lost if lost.left_out],
    )
