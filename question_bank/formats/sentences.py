"""What is said about questions and files: each finding's sentence, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from question_bank.formats import remarks
from question_bank.formats.law import UnreadableLaw
from question_bank.formats.reading import Place, PlaceKind
from question_bank.formats.tables import UnusableFile
from question_bank.questions.rules import Finding

# code → (what, what to do)
_SENTENCES: dict[str, tuple[Any, Any]] = {
    # a question that cannot be kept
    "stem_empty": (_l("题干是空的。"), _l("写上题干。")),
    "picture_unknown": (
        _l("题目里的图片不在题库里。"),
        _l("先在题库里上传这张图片，或者去掉它再导入。"),
    ),
    "too_long": (_l("文字太长，最多 %(max)s 个字。"), _l("缩短后再试。")),
    "few_options": (_l("选择题至少要有两个选项，现在有 %(n)s 个。"), _l("补上选项。")),
    "many_options": (_l("选项最多 %(max)s 个。"), _l("减少选项。")),
    "option_empty": (_l("选项 %(letter)s 是空的。"), _l("补上选项，或删去空的一项。")),
    "option_twice": (_l("选项 %(first)s 和 %(second)s 相同。"), _l("改写其中一个。")),
    "no_key": (_l("没有答案。"), _l("填上答案。")),
    "key_beyond": (
        _l("答案是 %(letters)s，但只有 A–%(last)s %(count)s个选项。"),
        _l("改答案，或补上选项。"),
    ),
    "two_keys": (_l("单选题写了%(count)s个答案。"), _l("改为多选，或只留一个答案。")),
    "many_blanks": (_l("填空最多 %(max)s 个空。"), _l("拆成几道题。")),
    "blank_count": (
        _l("题干有 %(shown)s 个空，答案有 %(n)s 个。"),
        _l("让空和答案一一对应，答案之间用 | 隔开。"),
    ),
    "picture_unsaid": (
        _l("有一张图片没有说明。"),
        _l("在 ![ ] 的方括号里写一句图上有什么。"),
    ),
    # a row that cannot be read
    "type_missing": (_l("没有写题型。"), _l("在题型列写单选、多选、判断、填空或简答。")),
    "type_unknown": (_l("不认识题型“%(text)s”。"), _l("改为单选、多选、判断、填空或简答。")),
    "key_unreadable": (_l("看不懂答案“%(text)s”。"), _l("改为选项字母、正确或错误。")),
    "topic_long": (_l("知识点超过 %(max)s 个字。"), _l("缩短知识点。")),
    "code_long": (_l("编号超过 %(max)s 个字。"), _l("缩短编号。")),
    "code_twice": (_l("编号和%(other)s相同。"), _l("同一个编号只留一行。")),
    "twin_skipped": (_l("查重时决定跳过，用题库的 %(code)s。"), ""),
    "twin_in_file": (_l("查重时决定跳过，只留前一题。"), ""),
    "same_in_file": (_l("和%(other)s是同一道题。"), _l("只留一行。")),
    "open_version": (
        _l("题库里 %(code)s 的第 %(number)s 版还没有审完。"),
        _l("等审完，或在题库里修改那一版。"),
    ),
    # a row that wants a look
    "letters": (
        _l("文字里提到了选项的位置（%(words)s）。"),
        _l("按选项不乱序导入。最好改写，不提字母和“以上”。"),
    ),
    "one_of_many": (_l("多选题只有一个答案。"), _l("确认不是漏写；照原样导入。")),
    "difficulty_near": (
        _l("难度“%(text)s”不在“易、中、难”之中。"),
        _l("按“%(taken)s”处理。"),
    ),
    "difficulty_unknown": (_l("不认识难度“%(text)s”。"), _l("按“中”处理。")),
    "pool_unknown": (_l("不认识用途“%(text)s”。"), _l("按“皆可”处理。")),
    "shuffle_unknown": (_l("看不懂可否乱序“%(text)s”。"), _l("按不乱序处理。")),
    "basis_no_law": (
        _l("法规依据只写了“%(text)s”，没有写是哪一部法规。"),
        _l("照原文记下，导入后补上法规名称。"),
    ),
    "basis_only_label": (
        _l("法规依据只写了“%(text)s”。"),
        _l("按%(taken)s处理。"),
    ),
    "basis_no_article": (
        _l("法规依据“%(text)s”没有写到哪一条。"),
        _l("照原文记下，导入后补上条文。"),
    ),
    "basis_not_found": (
        _l("题库里没有《%(title)s》%(label)s。"),
        _l("照原文记下；先导入这部法规，或改正条文。"),
    ),
    # worth knowing
    "basis_later": (_l("题库里还没有《%(title)s》，导入这部法规后自动关联条文。"), ""),
    "topic_new": (_l("知识点“%(name)s”是新的，导入时建立。"), ""),
    "topic_none": (_l("没有写知识点，归入“%(name)s”。"), ""),
    "new_version": (_l("与题库 %(code)s 内容不同，将成为它的第 %(number)s 版草稿。"), ""),
    "after_undone": (
        _l("题库 %(code)s 的上一版随导入一起撤销了，这一行将成为它的第 %(number)s 版草稿。"),
        "",
    ),
    "same": (_l("与题库 %(code)s 完全相同，跳过。"), ""),
    # a file that cannot be used
    "broken": (_l("文件打不开，可能已损坏。没有读取任何内容。请重新保存后再上传。"), ""),
    "too_many_rows": (_l("文件超过 %(max)s 行，没有读取。请拆分后再上传。"), ""),
    "no_rows": (_l("文件里没有试题。请对照模板检查。"), ""),
    "no_headings": (
        _l(
            "没有找到表头。前 20 行里要有一行写着“题干”和“答案”（或“题目”“正确答案”等）。请对照模板检查。"
        ),
        "",
    ),
    # a law that cannot be read
    "no_title": (_l("没有找到标题。法规以“# 标题”开头，通知要有“关于……的通知”。"), ""),
    "no_articles": (_l("没有找到条文。每一条应当另起一行，以“第一条 ”开头。"), ""),
    "no_date": (_l("没有找到公布日期。请在文件名里写上，例如 条例(2019-04-03).md。"), ""),
}


_SPLITTERS = {"line": _l("换行"), "space": _l("空格")}  # signs that nobody sees
_QUESTION = {**remarks.QUESTION, **_SENTENCES}
_FILE = {**{code: said for code, (said, _remedy) in _SENTENCES.items()}, **remarks.FILE}


def what(finding: Finding) -> str:
    """What is the matter, as a sentence."""
    return str(_QUESTION[finding.code][0]) % _said(finding)


def note(finding: Finding) -> str:
    """What is to be said about a file as a whole."""
    return str(remarks.FILE_NOTES[finding.code]) % finding.facts


def remedy(finding: Finding) -> str:
    """What to do about it, as a sentence; '' where there is nothing to do."""
    return str(_QUESTION[finding.code][1]) % _said(finding)


def law_trouble(error: UnreadableLaw) -> str:
    """Why a law's text could not be read."""
    return str(_SENTENCES[error.code][0])


def file_trouble(error: UnusableFile) -> str:
    """Why a file could not be used."""
    return str(_FILE[error.code]) % error.facts


def _said(finding: Finding) -> dict[str, Any]:
    facts = dict(finding.facts)
    if "other_place" in facts:
        facts["other"] = remarks.where(Place.from_json(facts["other_place"]))
    elif "other_row" in facts:  # of an upload from before there were places
        facts["other"] = place(facts.get("other_sheet", ""), facts["other_row"])
    if "count" in facts:  # in words, as in 只有两个选项
        facts["count"] = _("零 一 两 三 四 五 六 七 八").split()[min(facts["n"], 8)]
    if facts.get("by") in _SPLITTERS:
        facts["by"] = str(_SPLITTERS[facts["by"]])
    for name in ("letters", "words"):
        if name in facts:
            facts[name] = str(facts[name]).replace("、", _("、"))
    return facts


def place(sheet: str, row: int) -> str:
    """第 17 行; with the sheet where a workbook has several."""
    return remarks.where(Place(PlaceKind.ROW, row, sheet=sheet))


def joined(found: Iterable[Finding]) -> str:
    """Several findings as one text."""
    return "".join(what(finding) for finding in found)
