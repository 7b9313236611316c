"""The words in which offices write headings, types, answers and difficulties. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from question_bank.questions.rules import (
    LETTERS,
    Difficulty,
    Pool,
    QuestionType,
    tidy,
)

# column → headings as they are compared (see ``heading``)
COLUMNS: dict[str, tuple[str, ...]] = {
    "code": ("编号", "试题编号", "题目编号"),
    "serial": ("序号", "题号"),
    "type": ("题型", "类型", "题目类型", "试题类型"),
    "stem": ("题干", "题目", "问题", "试题内容", "题目内容", "试题"),
    "answer": ("答案", "正确答案", "标准答案", "参考答案"),
    "explanation": ("解析", "答案解析", "说明", "试题解析"),
    "marks": ("分值", "分数"),
    "difficulty": ("难度", "难易度", "难易程度"),
    "topic": ("知识点", "章节", "分类", "标签", "科目"),
    "pool": ("用途",),
    "basis": ("法规依据", "依据", "出处"),
    "shuffle": ("可否乱序", "选项可否乱序"),
    "passage": (
        "材料",
        "案例",
        "背景材料",
        "案例材料",
        "题干材料",
        "共用题干",
        "共用材料",
        "案例描述",
        "背景资料",
    ),
}
NUMERALS = "一二三四五六七八"
OPTION_HEADING = re.compile(rf"(?:选项)?\(?([A-H])\)?|选项([{NUMERALS}1-8])")

TYPES: dict[str, QuestionType] = {
    "单选": QuestionType.SINGLE,
    "单项选择": QuestionType.SINGLE,
    "多选": QuestionType.MULTIPLE,
    "多项选择": QuestionType.MULTIPLE,
    "不定项": QuestionType.MULTIPLE,
    "不定项选择": QuestionType.MULTIPLE,
    "判断": QuestionType.TRUE_FALSE,
    "是非": QuestionType.TRUE_FALSE,
    "对错": QuestionType.TRUE_FALSE,
    "判断对错": QuestionType.TRUE_FALSE,
    "填空": QuestionType.FILL_IN,
    "简答": QuestionType.SHORT_ANSWER,
    "问答": QuestionType.SHORT_ANSWER,
    "论述": QuestionType.SHORT_ANSWER,
    "名词解释": QuestionType.SHORT_ANSWER,
    "案例分析": QuestionType.SHORT_ANSWER,
}

TRUE = frozenset({"正确", "对", "√", "✓", "✔", "☑", "T", "TRUE", "是", "Y", "YES"})
FALSE = frozenset(
    {"错误", "错", "×", "✗", "✘", "X", "F", "FALSE", "否", "N", "NO", "不对", "不正确"}
)

DIFFICULTIES = {
    "易": Difficulty.EASY, "容易": Difficulty.EASY, "简单": Difficulty.EASY, "低": Difficulty.EASY,
    "中": Difficulty.MEDIUM, "中等": Difficulty.MEDIUM, "一般": Difficulty.MEDIUM,
    "适中": Difficulty.MEDIUM,
    "难": Difficulty.HARD, "困难": Difficulty.HARD, "高": Difficulty.HARD,
}  # fmt: skip
NEAR_DIFFICULTIES = {
    "较易": Difficulty.EASY, "较容易": Difficulty.EASY, "偏易": Difficulty.EASY,
    "较难": Difficulty.HARD, "偏难": Difficulty.HARD, "很难": Difficulty.HARD,
    "较低": Difficulty.EASY, "较高": Difficulty.HARD,
}  # fmt: skip
POOLS = {
    "练习": Pool.PRACTICE,
    "考试": Pool.EXAM,
    "皆可": Pool.BOTH,
    "均可": Pool.BOTH,
    "通用": Pool.BOTH,
}
# The word that is written for each; what is read first in the tables above.
TYPE_WORDS = {
    QuestionType.SINGLE: "单选", QuestionType.MULTIPLE: "多选",
    QuestionType.TRUE_FALSE: "判断", QuestionType.FILL_IN: "填空",
    QuestionType.SHORT_ANSWER: "简答",
}  # fmt: skip
DIFFICULTY_WORDS = {Difficulty.EASY: "易", Difficulty.MEDIUM: "中", Difficulty.HARD: "难"}
POOL_WORDS = {Pool.PRACTICE: "练习", Pool.EXAM: "考试", Pool.BOTH: "皆可"}
YES, NO = "可", "否"
# a shuffle column is also filled in with 是 and 不可
CAN, CANNOT = frozenset({YES, *TRUE, "可以"}), frozenset({NO, *FALSE, "不可", "不可以"})

_SEPARATORS = re.compile(r"[\s、,，;；.。/和及]+")
_BLANK_SIGNS, _SPELLING_SIGN = "|｜；;", "="
_TOKENS = re.compile(r"\\.|.", re.DOTALL)
_ESCAPED = re.compile(r"([\\|｜；;=])")


def heading(text: str) -> str:
    """A heading as it is compared: no blanks, stars or remarks in brackets; upper case."""
    plain = re.sub(r"[\s*＊：:]", "", tidy(text)).upper()
    option = re.fullmatch(r"(选项)?[（(]([A-H])[)）]", plain)
    return option[2] if option else re.sub(r"[（(【].*?[)）】]", "", plain)


def column(text: str) -> str:
    """Name of the column under a heading (``option:0`` … for options); '' where unknown."""
    plain = heading(text)
    if not plain:
        return ""
    for name, aliases in COLUMNS.items():
        if plain in aliases:
            return name
    if found := OPTION_HEADING.fullmatch(plain):
        return f"option:{_option_index(found[1] or found[2])}"
    return ""


def _option_index(mark: str) -> int:
    if mark in LETTERS:
        return LETTERS.index(mark)
    return NUMERALS.index(mark) if mark in NUMERALS else int(mark) - 1


def type_word(text: str) -> str:
    """单项选择题（每题2分） → 单项选择."""
    plain = re.sub(r"[（(【].*", "", re.sub(r"[\s/]", "", tidy(text)))
    return plain.removesuffix("题")


def type_in(text: str) -> QuestionType | None:
    """The type that the name of a sheet tells: 一、单项选择题 → single."""
    words = sorted(TYPES, key=len, reverse=True)
    return next((TYPES[word] for word in words if word in tidy(text)), None)


def chosen(text: str) -> list[int] | None:
    """ABD; A、B、D; A,B; A B → sorted indexes; None where it holds anything else."""
    plain = _SEPARATORS.sub("", tidy(text).upper().strip("()（）【】[]"))
    if not plain or any(letter not in LETTERS for letter in plain):
        return None
    return sorted({LETTERS.index(letter) for letter in plain})


def truth(text: str) -> bool | None:
    """正确, 对, √, T, 是 and their opposites; None where it is something else."""
    plain = tidy(text).upper().strip("()（）。")
    return True if plain in TRUE else (False if plain in FALSE else None)


def judged(text: str, options: Sequence[str]) -> bool | None:
    """A and B under 判断 stand for what the options say, or for 正确 and 错误."""
    said = truth(text)
    if said is not None:
        return said
    letters = chosen(text)
    if letters is None or len(letters) != 1 or letters[0] > 1:
        return None
    meaning = [truth(option) for option in options[:2]]
    if len(meaning) == 2 and None not in meaning and meaning[0] != meaning[1]:  # noqa: PLR2004
        return meaning[letters[0]]
    return letters[0] == 0


def blanks(text: str) -> list[list[str]]:
    """二十=20|工作日 → [[二十, 20], [工作日]]: blanks split by | or ；, spellings by =."""
    return [
        [_plain(spelling) for spelling in cut(part, _SPELLING_SIGN)]
        for part in cut(tidy(text), _BLANK_SIGNS)
    ]


def cut(text: str, signs: str) -> list[str]:
    """Pieces between signs that no backslash protects; the backslashes stay."""
    pieces = [""]
    for token in _TOKENS.findall(text):
        if token in signs:
            pieces.append("")
        else:
            pieces[-1] += token
    return pieces


def _plain(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text, flags=re.DOTALL).strip()


def blanks_text(key: list[list[str]]) -> str:
    """The other way round."""
    return "|".join("=".join(_ESCAPED.sub(r"\\\1", word) for word in accepted) for accepted in key)
