"""Large papers for measuring."""

from __future__ import annotations

from tests.question_bank.formats.documents import document, paragraphs

STEM = "{n}、第{n}道题：行政机关收到政府信息公开申请，应当自收到申请之日起多少个工作日内予以答复（ {key} ）。"


def paper(count: int) -> str:
    """A text of single-choice questions, each with four options, explanation and basis."""
    lines = ["一、单项选择题（每题2分）"]
    for n in range(1, count + 1):
        lines.append(STEM.format(n=n, key="ABCD"[n % 4]))
        lines += [f"{letter}、{n + at}个工作日" for at, letter in enumerate("ABCD")]
        lines += [
            "【解析】答复期限见条例，从收到之日起算。",
            "【依据】《中华人民共和国政府信息公开条例》第三十三条",
        ]
    return "\n".join(lines)


def word_paper(count: int) -> bytes:
    """The same as a Word document."""
    return document(paragraphs(paper(count)))
