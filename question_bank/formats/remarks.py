"""What is said about questions read from papers and exchange files: sentence and remedy by code.

They go beside those of ``sentences``; codes that both rooms use are there.
"""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from question_bank.formats.reading import Place, PlaceKind

# code → (what, what to do)
QUESTION: dict[str, tuple[Any, Any]] = {
    # where the answer was found
    "key_from_brackets": (_l("答案“%(text)s”取自题干的括号。"), ""),
    "key_from_list": (_l("答案取自答案表，在第 %(line)s 行或段。"), ""),
    "key_by_order": (_l("题号有重复，答案按次序取自第 %(n)s 组答案。"), _l("核对答案是不是这道题的。")),
    "key_shared": (_l("答案取自几个小题合写的答案的第 %(n)s 部分。"), _l("核对答案是不是这道题的。")),
    "key_from_text": (_l("答案写的是选项文字“%(text)s”，已换成选项字母。"), _l("核对答案。")),
    "key_from_marks": (_l("答案 %(text)s 取自各选项旁的“是否正确”。"), ""),
    "keys_differ": (_l("两处答案不同：“%(first)s”和“%(second)s”。"), _l("只留正确的一个。")),
    "brackets_many": (_l("题干里有几处像答案的括号（%(text)s），取了最后一处。"), _l("核对答案。")),
    "blanks_split": (_l("各空的答案按“%(by)s”分成 %(n)s 个。"), _l("核对每一空的答案。")),
    "accepted_split": (_l("“%(text)s”按 %(n)s 种都算对的写法处理。"), _l("核对；若是一种写法，改写答案。")),
    "blanks_from_brackets": (_l("各空的答案取自题干（%(text)s）。"), _l("核对题干和每一空的答案。")),
    "no_model_answer": (_l("简答题没有参考答案。"), _l("在答案处写上参考答案，评分时要对照。")),
    # what kind of question it is
    "type_guessed": (_l("没有写题型，按“%(taken)s”处理。"), _l("核对题型。")),
    "type_from_key": (_l("没有写题型，从答案看是“%(taken)s”。"), ""),
    "type_from_options": (_l("选项只有“%(text)s”，按判断题处理。"), ""),
    "type_foreign": (_l("题库没有这种题型（%(text)s）。"), _l("改为其他题型，或从文件里去掉。")),
    "indefinite": (_l("不定项选择，按多选处理。"), ""),
    "options_in_other_type": (_l("这种题型不该有选项，却有 %(n)s 个。"), _l("核对题型，或把选项写进题干。")),
    "options_split": (_l("一格里的选项按“%(by)s”分成 %(n)s 个。"), _l("核对各选项。")),
    # what else was read
    "marks_from_stem": (_l("分值取自题干。"), ""),
    "marks_from_total": (_l("分值由总分除以题数得出。"), ""),
    "marks_unreadable": (_l("看不懂分值“%(text)s”。"), _l("没有取分值。")),
    "topic_from_heading": (_l("知识点取自标题“%(text)s”。"), ""),
    "number_jumps": (_l("题号应是 %(expected)s，文件里是 %(number)s。"), _l("核对前面是不是少了题。")),
    "number_again": (_l("题号 %(number)s 出现了两次。"), _l("核对是不是同一道题。")),
    "field_again": (_l("同一项写了两次，没有取“%(text)s”。"), _l("只留一处。")),
    "text_between": (_l("“%(text)s”不知属于哪里，没有取。"), _l("核对题目是否完整。")),
    # what was left behind
    "picture_lost": (_l("题目里有图片，没有取。"), _l("导入后在题目里补上图片，或改写题目。")),
    "partial_marks": (_l("原题有部分得分的答案，只取了完全正确的。"), _l("核对答案。")),
    "answer_feedback_lost": (_l("原题各选项的反馈没有取。"), _l("需要的话写进解析。")),
    "tolerance_lost": (_l("原题的数值误差 %(text)s 没有取。"), _l("把都算对的写法补进答案。")),
    "case_matters_lost": (_l("原题区分大小写，这里不区分。"), _l("核对答案。")),
    # our JSON
    "not_a_question": (_l("这一项不是题目。"), _l("从文件里去掉。")),
    "field_unknown": (_l("不认识字段“%(text)s”。"), _l("从文件里去掉这个字段。")),
    "field_wrong": (_l("字段“%(name)s”的内容不合规定。"), _l("按格式说明改正。")),
}  # fmt: skip

FILE_NOTES: dict[str, Any] = {
    "no_numbers": _l("题目没有题号，按选项和答案分出了 %(n)s 题。"),
    "key_left_over": _l("答案表里有 %(n)s 个答案没有对应的题（%(numbers)s）。"),
    "keys_unmatched": _l("答案表有 %(lists)s 组，题目有 %(sections)s 组，对不上，没有取。"),
    "key_range": _l("第 %(line)s 行的答案 %(first)s-%(last)s 只数出 %(n)s 个，没有取。"),
    "no_keys": _l("第二个文件里没有找到答案。"),
    "text_left": _l("第 %(line)s 行起的文字“%(text)s”不是题目，没有取。"),
    "item_broken": _l("文件包里的 %(name)s 打不开，没有取。"),
    "part_left": _l("文档里嵌入的内容 %(name)s 读不了，没有取。"),
    "sheet_skipped": _l("工作表“%(name)s”没有表头，没有取。"),
}

FILE: dict[str, Any] = {
    "no_questions": _l("文件里没有认出试题。请对照样例检查题号、选项和答案的写法。"),
    "too_many_questions": _l("文件超过 %(max)s 题，没有读取。请拆分后再上传。"),
    "too_many_lines": _l("文件超过 %(max)s 行，没有读取。请拆分后再上传。"),
    "line_too_long": _l("文件有一行超过 %(max)s 个字，不像试题，没有读取。"),
    "too_many_members": _l("文件包里的文件超过 %(max)s 个，没有读取。"),
    "too_large_inside": _l("文件解开后超过 %(max)s MB，没有读取。"),
    "protected": _l("文件加了密码。请去掉密码后再上传。"),
    "entities": _l("文件声明了文档类型（DTD），为安全起见没有读取。请去掉后再上传。"),
    "not_text": _l("文件的文字编码读不懂。请另存为 UTF-8 编码后再上传。"),
    "not_our_json": _l("这不是从本系统导出的 JSON 文件。"),
    "later_version": _l("文件的格式版本是 %(version)s，这里只认识第 1 版和第 2 版。"),
    "not_moodle": _l("这不是 Moodle 的 XML 文件。"),
    "not_qti": _l("这不是 QTI 的题目文件。"),
    "key_not_here": _l("只有 Word 和文本试卷可以另附答案文件。"),
    "unknown_kind": _l("不能读取 .%(kind)s 文件。"),
}

# What a format cannot carry, as ``reading.Lost`` names it.
LOST: dict[str, Any] = {
    "rich": _l("富文本的格式和图片"), "explanation": _l("解析"), "difficulty": _l("难度"), "topic": _l("知识点"),
    "basis": _l("法规依据"), "pool": _l("用途"), "marks": _l("分值"), "code": _l("编号"),
    "passage": _l("共用材料（写进了题干）"), "shuffle": _l("可否乱序"),
    "model_answer": _l("参考答案"), "line_breaks": _l("换行"), "blank_marks": _l("空的写法"),
    "tabs": _l("制表符"), "type": _l("题型"), "stem": _l("题干"), "options": _l("选项"),
    "key": _l("答案"), "blanks": _l("几个空"), "words": _l("与格式符号相混的文字"),
}  # fmt: skip


def where(place: Place) -> str:
    """第 3 行, “单选”第 3 行, 第 3 段, 第 3 题（Q-1）: where a question stands in its file."""
    if place.kind is PlaceKind.PARAGRAPH:
        return _("第 %(n)s 段", n=place.number)
    if place.kind is PlaceKind.ITEM:
        named = _("第 %(n)s 题（%(id)s）", n=place.number, id=place.id)
        return named if place.id else _("第 %(n)s 题", n=place.number)
    if place.sheet:
        return _("“%(sheet)s”第 %(row)s 行", sheet=place.sheet, row=place.number)
    return _("第 %(row)s 行", row=place.number)
