"""Large papers read in the time that people wait without asking."""

from __future__ import annotations

import time

from question_bank.formats import word
from tests.question_bank.formats.papers import word_paper

COUNT = 2000
SECONDS = 10.0  # the promise for a Word file; it takes about a tenth of that


def test_a_word_file_of_two_thousand_questions_reads_in_time() -> None:
    data = word_paper(COUNT)
    begun = time.process_time()
    reading = word.read(data)
    assert time.process_time() - begun < SECONDS
    assert len(reading.questions) == COUNT
    assert all(len(question.options) == 4 for question in reading.questions)
    assert not any(question.is_refused for question in reading.questions)
