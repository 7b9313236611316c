"""What it costs to find the questions alike: 10,000 new ones against a bank of 50,000."""

from __future__ import annotations

import random
import resource
import time
from collections.abc import Sequence

from rapidfuzz import process
from rapidfuzz.distance import Indel

from question_bank.duplicates.likeness import find
from question_bank.duplicates.rules import ALIKE, Asked
from question_bank.questions.rules import Draft, QuestionType

NEW, BANK = 10_000, 50_000
SAMPLE = 200  # of the new ones, for the floor
MOST_SECONDS = 60.0
MOST_MEGABYTES = 500
# clauses that stems about government openness are put together of
CLAUSES = (
    "行政机关收到政府信息公开申请后", "申请内容不明确的", "应当给予指导和释明", "自收到申请之日起",
    "七个工作日内一次性告知申请人", "十五个工作日内", "二十个工作日内予以答复", "需要延长答复期限的",
    "经政府信息公开工作机构负责人同意", "延长的期限最长不得超过二十个工作日", "依申请公开的政府信息",
    "涉及商业秘密和个人隐私", "公开会损害第三方合法权益的", "应当书面征求第三方的意见",
    "第三方逾期未提出意见的", "由行政机关依照本条例的规定决定是否公开", "不公开可能对公共利益造成重大影响的",
    "县级以上地方人民政府", "政府信息公开工作主管部门", "负责推进指导协调监督本行政区域的工作",
    "公共企事业单位", "在提供社会公共服务过程中制作获取的信息", "参照本条例执行", "每年一月三十一日前",
    "向社会公布上一年度工作报告", "国家档案馆和公共图书馆", "设置政府信息查阅场所",
    "配备相应的设施设备", "为公民法人和其他组织获取政府信息提供便利", "属于主动公开范围的",
    "自该政府信息形成或者变更之日起", "法律法规对公开期限另有规定的", "从其规定", "依法确定为国家秘密的",
    "可能危及国家安全公共安全经济安全社会稳定的", "不予公开", "行政机关内部事务信息",
    "过程性信息以及行政执法案卷信息", "可以不予公开", "申请人有证据证明信息不准确的", "可以要求更正",
    "经审核属实的", "应当予以更正并告知申请人", "拒绝改正的", "由上一级行政机关责令改正",
    "对负有责任的领导人员依法给予处分", "构成犯罪的", "依法追究刑事责任",
)  # fmt: skip
SUBJECTS = "市区县乡镇省部厅局委办处科所站队馆院校会社企银税海关公检法司民财人"


def _stem(chance: random.Random) -> str:
    clauses = chance.sample(CLAUSES, chance.randint(2, 5))
    who = "".join(chance.choices(SUBJECTS, k=chance.randint(4, 14)))
    at = chance.randrange(len(clauses))
    clauses.insert(at, f"{who}{chance.randint(1, 400)}号")
    return "，".join(clauses)


def _edited(stem: str, chance: random.Random) -> str:
    text = list(stem)
    for _ in range(chance.randint(0, 4)):
        text[chance.randrange(len(text))] = chance.choice("不应当可以日月年级")
    return "".join(text)


def _questions(chance: random.Random, first: int, stems: Sequence[str]) -> list[Asked]:
    return [
        Asked(
            first + place,
            Draft(QuestionType.SINGLE, f"{stem}（　）。", ("七日", "十五日", "二十日", "三十日"),
                  [chance.randrange(4)]),
        )
        for place, stem in enumerate(stems)
    ]  # fmt: skip


def report_likeness() -> bool:
    """Print seconds, memory and the ratio to weighing every pair; whether it keeps what it may cost."""
    chance = random.Random(20240101)
    stems = [_stem(chance) for _ in range(BANK)]
    bank = _questions(chance, 0, stems)
    # one in five says what the bank says already, more or less
    new = _questions(
        chance, BANK,
        [_edited(chance.choice(stems), chance) if place % 5 == 0 else _stem(chance)
         for place in range(NEW)],
    )  # fmt: skip
    before = _megabytes()
    begun = time.perf_counter()
    found = find(new, [*bank, *new])
    took = time.perf_counter() - begun
    grown = _megabytes() - before
    floor = _floor(new, bank)
    print(
        f"likeness: {NEW:,} new against {BANK:,} and among themselves: {took:.1f} s"
        f" (may take {MOST_SECONDS:.0f}), {len(found):,} pairs, {grown:.0f} MB more"
        f" (may be {MOST_MEGABYTES}); weighing every pair: {floor:.0f} s, ratio {took / floor:.3f}",
        flush=True,
    )
    return took < MOST_SECONDS and grown < MOST_MEGABYTES


def _floor(new: Sequence[Asked], bank: Sequence[Asked]) -> float:
    """Seconds that rapidfuzz alone would take for every pair, extrapolated from a sample."""
    texts = [each.body for each in bank]
    begun = time.perf_counter()
    process.cdist(
        [each.body for each in new[:SAMPLE]], texts, scorer=Indel.normalized_similarity,
        score_cutoff=ALIKE / 100, workers=1,
    )  # fmt: skip
    return (time.perf_counter() - begun) * len(new) / SAMPLE


def _megabytes() -> float:
    """The most memory that this process has held so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
