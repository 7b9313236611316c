"""The made-up city as pure data: units and evidently invented names, the same every time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

CITY = "龙城市"


@dataclass(frozen=True)
class DemoUnit:
    """A unit of the made-up city; ``parent`` is the code of the unit above, '' at the top."""

    code: str
    name: str
    kind: str
    parent: str = ""


UNITS = (
    DemoUnit("LC00", "龙城市政务公开领导小组办公室", "department"),
    DemoUnit("LC01", "城中区人民政府", "county"),
    DemoUnit("LC02", "河东区人民政府", "county"),
    DemoUnit("LC03", "河西区人民政府", "county"),
    DemoUnit("LC04", "江南区人民政府", "county"),
    DemoUnit("LC05", "云岭县人民政府", "county"),
    DemoUnit("LC06", "东城新区管理委员会", "zone"),
    DemoUnit("LC07", "北部生态新区管理委员会", "zone"),
    DemoUnit("LC08", "市发展和改革委员会", "department"),
    DemoUnit("LC09", "市自然资源局", "department"),
    DemoUnit("LC10", "市教育局", "department"),
    DemoUnit("LC11", "市卫生健康委员会", "department"),
    DemoUnit("LC12", "市住房和城乡建设局", "department"),
    DemoUnit("LC13", "市民政局", "department"),
    DemoUnit("LC14", "城中区教育局", "subordinate", "LC01"),
    DemoUnit("LC15", "城中区民政局", "subordinate", "LC01"),
    DemoUnit("LC16", "河东区自然资源局", "subordinate", "LC02"),
    DemoUnit("LC17", "市不动产登记中心", "subordinate", "LC09"),
    DemoUnit("LC18", "市第一人民医院", "public_institution", "LC11"),
    DemoUnit("LC19", "市供水集团公司", "public_institution", "LC12"),
)

_SURNAMES = (
    "文章方明简易严安平和高常温良谢梁江石林白金叶钟时段云雷龙骆马毛梅孟苗莫牟"
    "穆倪宁欧潘裴彭齐钱乔秦邱曲任阮沙邵沈盛施史舒宋苏孙谭汤唐陶田童万汪王韦卫"
    "魏吴武夏向萧邢徐许薛颜杨姚尹应尤于余俞袁岳曾詹张赵郑周朱祝庄邹左"
)
_VIRTUES = (
    "知新", "有法", "有据", "明白", "守正", "求实", "务本", "致远", "思齐", "笃行",
    "博文", "约礼", "持衡", "秉公", "克勤", "克俭", "惟新", "允中", "敬事", "慎言",
    "敏行", "乐群", "好问", "审问", "明辨", "温故", "尚贤", "从善", "若水", "怀瑾",
    "清源", "正本", "见微", "知著", "开诚", "布公", "言信", "行果", "日新", "自强",
    "厚德", "载物", "居安", "思危", "集思", "广益", "兼听", "博采", "举纲", "张目",
)  # fmt: skip


def name_of(number: int) -> str:
    """The invented name of the n-th person (from 0); a figure is added once all pairs are used."""
    round_, pair = divmod(number, len(_SURNAMES) * len(_VIRTUES))
    step, first = divmod(pair * 7919 % (len(_SURNAMES) * len(_VIRTUES)), len(_SURNAMES))
    virtue = _VIRTUES[(step + first * 11) % len(_VIRTUES)]
    return _SURNAMES[first] + virtue + (str(round_ + 1) if round_ else "")


def units_for(people: int) -> Iterator[DemoUnit]:
    """The units of a city with so many people: the 20 above, then 街道 of some 300 people each."""
    yield from UNITS
    counties = [unit for unit in UNITS if unit.kind == "county"]
    for number in range(max(0, people // 300 - len(UNITS))):
        above = counties[number % len(counties)]
        yield DemoUnit(
            f"LC{100 + number}", f"{above.name[:3]}第{number // len(counties) + 1}街道办事处",
            "subordinate", above.code,
        )  # fmt: skip


def stage_of(number: int, candidates: int) -> str:
    """In which stage of the story the n-th person (from 0) is.

    The first are the candidates of the open exam; the others are spread over the stages.
    """
    if number < candidates:
        return "candidate"
    return ("certified", "certified", "trained", "failed", "untrained", "certified", "absent")[
        (number - candidates) % 7
    ]


def chosen(stage: str, people: int, candidates: int, at_most: int) -> list[int]:
    """Numbers (from 0) of the first people in a stage, not more than ``at_most``."""
    return list(islice((n for n in range(people) if stage_of(n, candidates) == stage), at_most))
