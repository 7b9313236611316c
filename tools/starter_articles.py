"""Writes question_bank/starter/articles.csv from the law texts: python -m tools.starter_articles [LAW_DIR]."""

from __future__ import annotations

import csv
import sys
from pathlib import Path

from question_bank.formats.law import parse_law
from question_bank.starter import ARTICLES

# file → day from which it is in force; the versions that the starter questions rest on
CITED = {
    "law/政府信息公开条例(2019-04-03).md": "2019-05-15",
    "law/个人信息保护法(2021-08-20).md": "2021-11-01",
    "law/保守国家秘密法(2024-02-27).md": "2024-05-01",
    "law/行政复议法(2023-09-01).md": "2024-01-01",
    "law/重大行政决策程序暂行条例(2019-04-20).md": "2019-09-01",
    "law/优化营商环境条例(2019-10-22).md": "2020-01-01",
    "law/档案法(2020-06-20).md": "2021-01-01",
    "notice/notice-2018-142.txt": "2018-08-10",
}


def rows(shared: Path) -> list[list[str]]:
    """law, version, label, ordinal, in_force, sha256 of every article of the cited versions."""
    found = []
    for name, in_force in CITED.items():
        path = shared / name
        law = parse_law(path.read_text(encoding="utf-8"), path.name)
        found += [
            [
                law.title,
                str(law.promulgated_on),
                item.label,
                str(item.ordinal),
                in_force,
                item.digest,
            ]
            for item in law.articles
        ]
    return found


def main() -> None:
    """Write the file."""
    shared = Path(sys.argv[1]) if len(sys.argv) > 1 else Path("../shared")
    with ARTICLES.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["law", "version", "label", "ordinal", "in_force", "sha256"])
        writer.writerows(rows(shared))


if __name__ == "__main__":
    main()
