"""Papers whose questions have no numbers: told apart by their options and answers. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from question_bank.formats.lines import NUMERAL, Numbered, labels_in
from question_bank.formats.sections import section_at
from question_bank.questions.rules import Finding

if TYPE_CHECKING:
    from question_bank.formats.script import Script


def read(script: Script) -> None:
    """Go through all lines once more; a note tells that the numbers are ours."""
    script.begin_again()
    number = 0
    for index, line in enumerate(script.lines):
        if not line.text:
            continue
        section = section_at(line)
        if section is not None:
            script.open_section(section)
        elif _begins(script, index, line.text):
            number += 1
            words = re.sub(rf"^(?:[-*•·●]|[{NUMERAL}]{{1,3}}、)\s*", "", line.text)
            script.new(line, Numbered(number, "none", "", words))
        elif script.raw is not None:
            script.further(index, line.text)
    if script.raws:
        script.notes.append(Finding("no_numbers", "row", {"n": len(script.raws)}))


def _begins(script: Script, index: int, text: str) -> bool:
    head, _fields = labels_in(text)
    if not head or script.ahead.is_option(text):
        return False
    raw = script.raw
    if raw is not None and not script.is_whole(raw):
        return False
    if raw is not None and raw.at not in {"option", "stem"}:
        is_parted = index and not script.lines[index - 1].text
        if not is_parted and not script.is_closed(raw):
            return script.ahead.option_below(index, "A")
    return script.ahead.unnumbered_evidence(index)
