"""Files of a hundred thousand questions in and out, against the bare libraries in the same run.

Each measure runs in a process of its own: CPU seconds, and the most memory it ever held. What is
compared with each other runs in turns, and the best of each counts: another program on the machine
slows a run, and nothing makes one faster.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import xlsxwriter
from flask import Flask
from python_calamine import CalamineWorkbook
from sqlalchemy import select

from accounts.people.models import Person
from app import create_app
from config import Settings
from core import clock
from core.db import db, reading, transaction
from core.permissions import Role
from question_bank.formats import word, xlsx
from question_bank.imports import services
from question_bank.imports.exporting import queries as exporting
from question_bank.imports.models import QuestionImport
from question_bank.questions.queries import Filters

ROWS = 100_000
PAPER = 2_000  # questions of a Word file
HEAD = ("题型", "题干", "选项A", "选项B", "选项C", "选项D", "答案", "解析", "难度", "知识点")
TIMES_CALAMINE, TIMES_OPENPYXL, TIMES_WRITER = 3.0, 0.4, 1.3
MB_READING, MB_WRITING = 300, 150
WORD_SECONDS = 10.0


def cells(number: int) -> list[str]:
    """One question: of four, two are single choice, one is multiple, one is true or false."""
    kind = number % 4
    said = [f"见条例关于答复期限的第{number}点说明。", "易中难"[number % 3], f"知识点{number % 30}"]
    if kind == 3:
        stem = f"第{number}题：行政机关应当自收到政府信息公开申请之日起二十个工作日内答复。"
        return ["判断", stem, "", "", "", "", "正确" if number % 8 == 3 else "错误", *said]
    stem = f"第{number}题：行政机关收到政府信息公开申请，能够当场答复的，应当（　）。"
    options = [
        f"{text}{number}"
        for text in ("当场予以答复", "十日内予以答复", "二十日内予以答复", "不予答复")
    ]
    answer = "ABD" if kind == 2 else "ABCD"[number % 4]
    return ["多选" if kind == 2 else "单选", stem, *options, answer, *said]


# --- what is measured, each in a process of its own -----------------------------------


@contextmanager
def _application(folder: Path) -> Iterator[Flask]:
    app = create_app(Settings(instance_dir=folder, log_level="ERROR"))
    try:
        yield app
    finally:
        with app.app_context():
            db.session.remove()
            db.engine.dispose()


def _calamine(folder: Path) -> None:
    sheet = CalamineWorkbook.from_path(str(folder / "big.xlsx")).get_sheet_by_index(0)
    for _row in sheet.iter_rows():
        pass


def _openpyxl(folder: Path) -> None:
    import openpyxl  # each process loads only what it measures: its memory counts

    book = openpyxl.load_workbook(folder / "big.xlsx", read_only=True)
    for _row in book.worksheets[0].iter_rows(values_only=True):
        pass


def _read(folder: Path) -> None:
    """Check, read, judge and keep the rows of the file."""
    with _application(folder) as app, app.app_context():
        by_id = reading().scalars(select(Person.id)).first()
        data = (folder / "big.xlsx").read_bytes()
        with _measured(), transaction() as session:
            kept = services.upload(
                session, filename="big.xlsx", data=data, by_id=by_id or 0, now=clock.now()
            )
            if (kept.good, kept.rows_done) != (ROWS, ROWS):
                raise RuntimeError(f"{kept.good} of {kept.rows_done} rows are good")


def _import(folder: Path) -> None:
    """The rows that were kept become questions."""
    with _application(folder) as app, app.app_context():
        import_id, by_id = reading().execute(select(QuestionImport.id, QuestionImport.by_id)).one()
        with _measured(), transaction() as session:
            done = services.import_rows(
                session, import_id=import_id, by_id=by_id, with_doubtful=False, now=clock.now()
            )
        if done.total != ROWS:
            raise RuntimeError(f"{done.total} went in")


def _export(folder: Path) -> None:
    """All questions into a workbook."""
    with (
        _application(folder) as app, app.app_context(), (folder / "out.xlsx").open("wb") as file,
        _measured(),
    ):  # fmt: skip
        xlsx.write_bank(file, exporting.export_cells(reading(), Filters()))


def _writer(folder: Path) -> None:
    """The cells of the export by the bare library, in the same formats."""
    sheet = CalamineWorkbook.from_path(str(folder / "out.xlsx")).get_sheet_by_index(0)
    rows = [[str(cell) for cell in row] for row in sheet.iter_rows()]
    with _measured():
        book = xlsxwriter.Workbook(str(folder / "bare.xlsx"), {"constant_memory": True})
        page = book.add_worksheet()
        text = book.add_format({"text_wrap": True, "valign": "top", "num_format": "@"})
        for number, row in enumerate(rows):
            for column, value in enumerate(row):
                if value:
                    page.write_string(number, column, value, text)
        book.close()


def _word(folder: Path) -> None:
    data = (folder / "paper.docx").read_bytes()
    with _measured():
        found = len(word.read(data).questions)
    if found != PAPER:
        raise RuntimeError(f"{found} questions were read")


MEASURES: dict[str, Callable[[Path], None]] = {
    "calamine": _calamine, "openpyxl": _openpyxl, "read": _read, "import": _import,
    "export": _export, "writer": _writer, "word": _word,
}  # fmt: skip
# together, and how often
ROUNDS = ((("calamine", "read"), 5), (("openpyxl",), 1), (("import",), 1), (("export", "writer"), 5),
          (("word",), 1))  # fmt: skip
_seconds: dict[str, float] = {}


@contextmanager
def _measured() -> Iterator[None]:
    """What is inside is measured, and not what comes before it in the same process."""
    cpu, wall = time.process_time(), time.perf_counter()
    yield
    _seconds.update(cpu=time.process_time() - cpu, wall=time.perf_counter() - wall)


def _child(name: str, folder: Path, answer: IO[str]) -> None:
    cpu, wall = time.process_time(), time.perf_counter()
    MEASURES[name](folder)
    whole = {"cpu": time.process_time() - cpu, "wall": time.perf_counter() - wall}
    # of this program alone: getrusage counts what the one that started it held, too
    status = Path("/proc/self/status").read_text(encoding="ascii")
    peak = int(status.split("VmHWM:")[1].split()[0]) / 1024
    print(json.dumps({**whole, **_seconds, "mb": peak}), file=answer)


# --- the report ------------------------------------------------------------------------


def _made(folder: Path) -> None:
    from tests.databases import migrate
    from tests.factories import make_person
    from tests.question_bank.formats.papers import word_paper

    with xlsxwriter.Workbook(str(folder / "big.xlsx"), {"constant_memory": True}) as book:
        page = book.add_worksheet("试题")
        page.write_row(0, 0, HEAD)
        for number in range(1, ROWS + 1):
            page.write_row(number, 0, cells(number))
    (folder / "paper.docx").write_bytes(word_paper(PAPER))
    app = create_app(Settings(instance_dir=folder, log_level="ERROR"))
    migrate(app)
    with app.app_context(), transaction() as session:
        make_person(session, Role.EDITOR)


def report_files() -> bool:
    """Print seconds, memory and ratios; False where one of them is over what was promised."""
    with tempfile.TemporaryDirectory(prefix="shanggang-bench-") as name:
        folder = Path(name)
        _made(folder)
        found: dict[str, dict[str, float]] = {}
        print(f"files: {ROWS:,} questions", flush=True)
        for measures, times in ROUNDS:
            for left in reversed(range(times)):
                _round(measures, folder, found, is_last=not left)
            for measure in measures:
                print(
                    f"  {measure:<9} {found[measure]['cpu']:7.2f} s CPU"
                    f" {found[measure]['wall']:7.2f} s {found[measure]['mb']:6.0f} MB",
                    flush=True,
                )
    return _kept(found)


def _round(
    measures: Sequence[str], folder: Path, found: dict[str, dict[str, float]], *, is_last: bool
) -> None:
    """Measure each once; only the last round changes the folder, for the measures that follow."""
    with tempfile.TemporaryDirectory(prefix="shanggang-bench-") as spare:
        place = folder if is_last else Path(shutil.copytree(folder, spare, dirs_exist_ok=True))
        for measure in measures:
            command = [sys.executable, "-m", "benchmarks.files", measure, str(place)]
            said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
            now = json.loads(said.splitlines()[-1])
            best = found.setdefault(measure, now)
            best["mb"] = max(best["mb"], now["mb"])
            for name in ("cpu", "wall"):
                best[name] = min(best[name], now[name])


def _kept(found: dict[str, Any]) -> bool:
    cpu = {name: each["cpu"] for name, each in found.items()}
    promises = (
        ("read / calamine", cpu["read"] / cpu["calamine"], TIMES_CALAMINE),
        ("read / openpyxl", cpu["read"] / cpu["openpyxl"], TIMES_OPENPYXL),
        ("read, MB", found["read"]["mb"], MB_READING),
        ("export / XlsxWriter", cpu["export"] / cpu["writer"], TIMES_WRITER),
        ("export, MB", found["export"]["mb"], MB_WRITING),
        ("Word, seconds", cpu["word"], WORD_SECONDS),
    )
    for what, value, most in promises:
        print(
            f"  {what:<20} {value:7.2f}  of {most}{'' if value <= most else '  OVER'}", flush=True
        )
    return all(value <= most for _what, value, most in promises)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m benchmarks.files", description=__doc__)
    parser.add_argument("measure", choices=MEASURES)
    parser.add_argument("folder", type=Path)
    chosen = parser.parse_args()
    _child(chosen.measure, chosen.folder, sys.stdout)
