"""The Word paper of a made-up office, as such papers are: no two questions written alike."""

from __future__ import annotations

from pathlib import Path

from docx import Document

# Questions that the bank has already, before the paper comes: stem, options, key.
KNOWN = {
    "near": (
        "行政机关收到政府信息公开申请，不能当场答复的，应当自收到申请之日起（　）内予以答复。",
        ["10个工作日", "15个工作日", "20个工作日", "30个工作日"],
        [2],
    ),
    "contradicted": (
        "行政机关依申请提供政府信息，原则上（　）。",
        ["收取检索费", "收取复制费", "收取邮寄费", "不收取费用"],
        [3],
    ),
}

MATERIAL = (
    "材料：王某向区民政局当面递交申请，要求公开去年社会救助资金的使用情况，工作人员当场登记。"
)
REFUSED = "区民政局的工作年度报告应当在每年什么时候以前提交？"
NEAR = "行政机关收到政府信息公开申请，不能够当场答复的，应当自收到申请之日起（　）内予以答复。"
CONTRADICTING = "行政机关依申请提供政府信息，原则上（　）。"
DOUBTFUL = "行政机关制作的政府信息，一般由"
WITHOUT_KEY = "公开申请内容不明确的，行政机关应当（　）。"
RETURNED = "下列哪些属于可以不予公开的内部事务信息？"
CASE = ("王某的申请以哪一天为收到申请之日？", "区民政局应当自收到申请之日起多少个工作日内答复？")
SHORT = "简述收到公开申请以后的办理步骤。"

# As the paragraphs of the file stand, numbering and brackets as different hands wrote them.
PARAGRAPHS = (
    "云湖区政务公开知识测试题（Ａ卷）",
    "一、单项选择题（共5题，每题2分）",
    f"1、{NEAR}",
    "A.10个工作日  B.15个工作日  C.20个工作日  D.30个工作日",
    "答案：C",
    f"2．{CONTRADICTING}",
    "Ａ、收取检索费　　Ｂ、收取复制费",
    "Ｃ、收取邮寄费　　Ｄ、不收取费用",
    "【答案】Ｂ",
    f"（3）{REFUSED}",
    "A、1月31日 B、2月28日 C、3月31日 D、4月30日",
    "【答案】E",
    f"4、{DOUBTFUL}（　B　）负责公开。",
    "A.保存机关 B.制作机关 C.上级机关 D.档案部门",
    "解析：A项只管保存，不管公开。",
    f"5、{WITHOUT_KEY}",
    "A. 不予受理　B. 一次性告知补正　C. 退回申请　D. 转交信访",
    "二、多项选择题（每题3分）",
    f"1、{RETURNED}",
    "A．人事管理；B．行政处罚；C．后勤管理；D．内部工作流程",
    "正确答案：ACD",
    "三、判断题（每题1分）",
    "1. 公开是原则，不公开是例外。（ √ ）",
    "2. 公开申请一律要用书面形式。（ × ）",
    "四、填空题",
    "1、属于主动公开范围的政府信息，应当自形成或者变更之日起____个工作日内公开。",
    "答案：20",
    "五、案例分析题",
    MATERIAL,
    f"（1）{CASE[0]}",
    "A、登记之日 B、递交申请之日 C、批办之日 D、告知之日",
    f"（2）{CASE[1]}",
    "A、7 B、10 C、15 D、20",
    "六、简答题",
    f"1、{SHORT}",
    "参考答案：登记、审查、答复、送达。",
    "参考答案",
    "五、案例分析题",
    "1.B 2.D",
)


def write_paper(file: Path) -> Path:
    """Write the paper."""
    document = Document()
    for text in PARAGRAPHS:
        document.add_paragraph(text)
    document.save(str(file))
    return file


QUESTIONS = 12
GOOD = (
    10  # rows that go in without a further word: one mended of the two refused, the other left out
)
TAKEN = 10  # that are in afterwards: one doubtful more, the contradicting one skipped
BY_PEOPLE = 1  # of them, marked by people and so not for practice
