"""The question workbook of a made-up office, as such workbooks are: a title above the headings,
answers spelled in many ways, a few rows that cannot be taken."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import xlsxwriter

from config import ROOT

LAW_FILE = (
    Path(os.environ.get("SHANGGANG_LAW_DIR", ROOT.parent / "shared" / "law"))
    / "政府信息公开条例(2019-04-03).md"
)
LAW = "《中华人民共和国政府信息公开条例》"
HEADINGS = (
    "序号", "题型", "题干", "选项A", "选项B", "选项C", "选项D", "选项E", "正确答案", "答案解析",
    "分值", "难度", "章节", "法规依据",
)  # fmt: skip
FIRST_ROW = 4  # rows 1–2 are title and note, row 3 the headings

REQUEST, DISCLOSURE, SCOPE, OVERSIGHT = "依申请公开", "主动公开", "公开的主体和范围", "监督和保障"
DAYS = ("7个工作日", "10个工作日", "15个工作日", "20个工作日")


@dataclass(frozen=True)
class Row:
    """One row: what the office wrote, and ``right``, what a person who knows would answer.

    ``right``: texts of the right options; True or False; the words for the blanks; None where the
    row cannot be taken.
    """

    type: str
    stem: str
    options: tuple[str, ...]
    answer: str | int
    right: tuple[str, ...] | bool | None
    explanation: str
    topic: str
    article: str
    difficulty: str = "中"


def _single(
    stem: str, options: tuple[str, ...], place: int, answer: str, explanation: str, topic: str,
    article: str,
) -> Row:  # fmt: skip
    return Row("单选题", stem, options, answer, (options[place],), explanation, topic, article)


def _true_false(
    stem: str, answer: str, right: bool, explanation: str, topic: str, article: str
) -> Row:
    return Row("判断题", stem, (), answer, right, explanation, topic, article, "易")


SINGLE = (
    _single("属于主动公开范围的政府信息，应当自形成或者变更之日起（　）内公开。", DAYS, 3, "D",
            "期限从形成或者变更之日算起，不从审签之日算起。", DISCLOSURE, "第二十六条"),
    _single("某区民政局收到的公开申请内容不明确，应当自收到之日起（　）内一次性告知补正。",
            DAYS, 0, "A", "告知补正要一次说清事项和期限。", REQUEST, "第三十条"),
    _single("征求第三方意见时，第三方应当自收到征求意见书之日起（　）内提出意见。", DAYS, 2, "Ｃ",
            "逾期没有提出意见的，由行政机关自行决定。", REQUEST, "第三十二条"),
    _single("不能当场答复公开申请的，行政机关应当自收到申请之日起（　）内答复。", DAYS, 3, "d",
            "确需延长的，延长的期限另有上限。", REQUEST, "第三十三条"),
    _single("信息由两个以上行政机关共同制作，被征求意见的机关应当在（　）内提出意见。", DAYS, 2,
            " C ", "逾期没有提出意见的，视为同意公开。", REQUEST, "第三十四条"),
    _single("某局两年前已向张某答复，张某又就同一信息提出申请，该局应当怎样处理？",
            ("告知不予重复处理", "重新作出一次答复", "要求申请人缴纳费用", "转给上级机关答复"), 0, "A",
            "已经答复过的相同申请，告知不予重复处理。", REQUEST, "第三十六条"),
    _single("申请人到窗口当面递交公开申请的，以哪一天为收到申请之日？",
            ("登记编号之日", "递交申请之日", "负责人批办之日", "告知受理之日"), 1, "B",
            "当面提交以提交之日为准。", REQUEST, "第三十一条"),
    _single("经检索没有申请人所要的信息，行政机关应当告知什么？",
            ("该信息不予公开", "该信息尚在办理", "该信息并不存在", "该信息已经销毁"), 2, "C",
            "没有检索到和不予公开是两种答复，不能混用。", REQUEST, "第三十六条"),
    _single("行政机关依申请提供政府信息，原则上怎样收费？",
            ("按件收取检索费", "按页收取复制费", "只收取邮寄费用", "不向申请人收费"), 3, "D",
            "数量、频次明显超过合理范围的，才可以收取信息处理费。", REQUEST, "第四十二条"),
    _single("县级以上人民政府部门应当在每年什么时候前提交上一年度的工作年度报告？",
            ("1月31日", "2月28日", "3月31日", "4月30日"), 0, "A",
            "部门在前，政府在后，两个日子容易记混。", OVERSIGHT, "第四十九条"),
    _single("行政机关制作的政府信息，一般由谁负责公开？",
            ("保存该信息的机关", "制作该信息的机关", "上一级行政机关", "同级档案管理部门"), 1, "B",
            "谁制作、谁公开；获取自他人的另有规则。", SCOPE, "第十条"),
)  # fmt: skip

# The explanation names an option by its letter: taken, but the options keep their order.
DOUBTFUL = _single(
    "人事管理、后勤管理方面的内部事务信息，行政机关应当怎样对待？",
    ("应当主动公开", "可以不予公开", "一律依申请公开", "报上级后公开"), 1, "B",
    "内部事务信息可以不予公开，所以A项不对。", SCOPE, "第十六条",
)  # fmt: skip

MULTIPLE = (
    Row("多选题", "下列哪些信息不予公开？",
        ("依法确定的国家秘密", "法律禁止公开的信息", "财政预算和决算", "公开后可能危及公共安全的信息"),
        "A、B、D", ("依法确定的国家秘密", "法律禁止公开的信息", "公开后可能危及公共安全的信息"),
        "财政预算和决算属于主动公开的内容。", SCOPE, "第十四条", "难"),
    Row("多项选择", "公开申请应当包括哪些内容？",
        ("申请人的姓名或者名称", "申请公开的信息的特征", "获取信息的方式", "申请人的工作经历"),
        "ABC", ("申请人的姓名或者名称", "申请公开的信息的特征", "获取信息的方式"),
        "工作经历不是申请的内容。", REQUEST, "第二十九条"),
    Row("多选", "下列哪些属于可以不予公开的内部事务信息？",
        ("人事管理", "行政处罚决定", "后勤管理", "内部工作流程", "行政许可结果"),
        "A,C,D", ("人事管理", "后勤管理", "内部工作流程"),
        "处罚决定和许可结果对外产生效力，不是内部事务。", SCOPE, "第十六条"),
    Row("多选题", "认为行政机关侵犯其合法权益的，申请人可以怎样做？",
        ("向上一级行政机关投诉", "依法申请行政复议", "依法提起行政诉讼", "要求停办其他公务"),
        "A B C", ("向上一级行政机关投诉", "依法申请行政复议", "依法提起行政诉讼"),
        "投诉、复议、诉讼三条路都通。", OVERSIGHT, "第五十一条", "难"),
    Row("不定项选择题", "部门的工作年度报告应当包括哪些内容？",
        ("主动公开信息的情况", "处理公开申请的情况", "复议和诉讼的情况", "工作人员的考勤情况"),
        "ＡＢＣ", ("主动公开信息的情况", "处理公开申请的情况", "复议和诉讼的情况"),
        "考勤不在年度报告之列。", OVERSIGHT, "第五十条"),
)  # fmt: skip

TRUE_FALSE = (
    _true_false("公开申请一律要用书面形式，口头提出的不受理。", "错误", False,
                "书面确有困难的，可以口头提出，由工作机构代为填写。", REQUEST, "第二十九条"),
    _true_false("公开指南和公开目录应当及时更新。", "√", True,
                "编好以后还要跟着变化更新。", DISCLOSURE, "第十二条"),
    _true_false("行政机关应当为申请人加工、分析现有信息后再提供。", "F", False,
                "需要加工、分析的，可以不予提供。", REQUEST, "第三十八条"),
    _true_false("能够作区分处理的，应当提供可以公开的部分并说明理由。", "对", True,
                "能分开的不能整件不给。", REQUEST, "第三十七条"),
    _true_false("多人申请同一信息且该信息可以公开的，可以纳入主动公开的范围。", "A", True,
                "这样可以免去逐件答复。", REQUEST, "第四十四条"),
)  # fmt: skip

FILL_IN = (
    Row("填空题", "公开申请内容不明确的，应当自收到之日起（　）个工作日内一次性告知补正。",
        (), 7, ("7",), "七个工作日。", REQUEST, "第三十条"),
    Row("填空", "答复期限为（　）个工作日；延长的期限最长不超过（　）个工作日。",
        (), "20=二十|20=二十", ("二十", "20"), "延长要经负责人同意并告知申请人。", REQUEST,
        "第三十三条"),
    Row("填空题", "第三方应当自收到征求意见书之日起（　）个工作日内提出意见。",
        (), "15=十五", ("15",), "十五个工作日。", REQUEST, "第三十二条"),
)  # fmt: skip

REFUSED = (
    Row("单选题", "政府信息公开工作年度报告由谁公布统一格式？",
        ("国务院办公厅", "省级人民政府", "市级人民政府", "县级人民政府"), "E", None,
        "", OVERSIGHT, "第五十条"),
    Row("单选题", "公开申请应当向谁提出？",
        ("信息公开工作机构", "信访工作机构", "档案管理机构", "政务服务中心"), "A、C", None,
        "", REQUEST, "第二十九条"),
    Row("简答题", "说说收到公开申请以后的办理步骤。", (), "", None, "", REQUEST,
        "第三十三条"),
)  # fmt: skip

GOOD = (*SINGLE, *MULTIPLE, *TRUE_FALSE, *FILL_IN)
ROWS = (*SINGLE[:5], REFUSED[0], DOUBTFUL, *SINGLE[5:], *MULTIPLE, REFUSED[1], *TRUE_FALSE,
        REFUSED[2], *FILL_IN)  # fmt: skip
TAKEN = {row.stem: row for row in (*GOOD, DOUBTFUL)}


def line_of(row: Row) -> int:
    """The number of this row as the spreadsheet shows it."""
    return FIRST_ROW + ROWS.index(row)


def write_workbook(file: Path) -> Path:
    """Write the workbook as an office would hold it."""
    with xlsxwriter.Workbook(file) as book:
        sheet = book.add_worksheet("题库")
        title = book.add_format({"bold": True, "font_size": 18, "align": "center"})
        sheet.merge_range(0, 0, 0, len(HEADINGS) - 1, "云湖区政务公开知识题库（2026年）", title)
        sheet.write_string(1, 0, "说明：供内部学习使用，答案以条例为准。")
        for column, heading in enumerate(HEADINGS):
            sheet.write_string(2, column, heading)
        for serial, row in enumerate(ROWS, start=1):
            options = (*row.options, *[""] * (5 - len(row.options)))
            cells = (serial, row.type, row.stem, *options, row.answer, row.explanation, 2,
                     row.difficulty, row.topic, f"{LAW}{row.article}")  # fmt: skip
            for column, cell in enumerate(cells):
                sheet.write(FIRST_ROW - 2 + serial, column, cell)
    return file
