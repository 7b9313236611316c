"""Measure a sitting against the floor; see the package for how to read the table."""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable, Iterator

from benchmarks.bank_list import report_bank_list
from benchmarks.files import report_files
from benchmarks.items import report_items
from benchmarks.likeness import report_likeness
from benchmarks.lists import report_lists
from benchmarks.servers import Bench, Candidate, Client, running
from benchmarks.standings import report_standings
from benchmarks.writers import report_writers

ACTS = ("save", "start", "open", "submit")
REPORTS = ("writers", "standings", "lists", "bank", "items", "likeness", "files")
Act = Callable[[Candidate], None]


def _seconds(bench: Bench, act: Act, whom: list[Candidate]) -> tuple[float, float]:
    """CPU and wall seconds for one request of each of these candidates."""
    cpu, wall = bench.cpu(), time.perf_counter()
    for candidate in whom:
        act(candidate)
    return bench.cpu() - cpu, time.perf_counter() - wall


class Acts:
    """The requests that are measured."""

    def __init__(self, bench: Bench) -> None:
        self.bench, self.client, self.seq = bench, Client(bench.port), 0

    def start(self, who: Candidate) -> None:
        path = f"/bench/start/{self.bench.occasion_id}"
        who.attempt_id = self.client.post(who, path, {})["id"]

    def open(self, who: Candidate) -> None:
        self.seq += 1
        path = f"/api/v1/attempts/{who.attempt_id}/open"
        who.epoch = self.client.post(who, path, {"open_id": f"bench-{self.seq:08d}"})["epoch"]

    def _one(self, who: Candidate) -> dict[str, object]:
        self.seq += 1
        op = {"position": self.seq % 25 + 1, "seq": self.seq, "value": "ABCD"[self.seq % 4]}
        return {"epoch": who.epoch, "ops": [op]}

    def save(self, who: Candidate) -> None:
        self.client.post(who, f"/api/v1/attempts/{who.attempt_id}/answers", self._one(who))

    def floor(self, who: Candidate) -> None:
        self.client.post(who, f"/bench/{who.attempt_id}/floor", self._one(who))

    def submit(self, who: Candidate) -> None:
        document = self._one(who) | {"seqs": {}}
        self.client.post(who, f"/api/v1/attempts/{who.attempt_id}/submit", document)


def _turns(candidates: list[Candidate], requests: int) -> Iterator[list[Candidate]]:
    """Endless lists of so many candidates, going round."""
    place = 0
    while True:
        yield [candidates[(place + n) % len(candidates)] for n in range(requests)]
        place += requests


def measure(database: str, only: list[str], rounds: int, requests: int) -> None:
    """Print one line for each act on one database."""
    once = requests // 3  # a candidate starts and submits once, so each round needs new ones
    needed = once * rounds
    with running(database, needed + 50) as bench:
        acts = Acts(bench)
        settled = bench.candidates[needed:]  # they have started before anything is measured
        for who in settled:
            acts.start(who)
            acts.open(who)
        _seconds(bench, acts.save, settled * 4)
        _seconds(bench, acts.floor, settled * 4)
        fresh = [bench.candidates[n * once : (n + 1) * once] for n in range(rounds)]
        print(f"{database}: CPU ms a request (median of {rounds} rounds)", flush=True)
        for name in ACTS:
            act: Act = getattr(acts, name)
            if name not in only:
                if name in {"start", "open"} and "submit" in only:
                    for group in fresh:
                        _seconds(bench, act, group)
                continue
            _compare(bench, acts, name, act, settled, fresh, requests)


def _compare(
    bench: Bench,
    acts: Acts,
    name: str,
    act: Act,
    settled: list[Candidate],
    fresh: list[list[Candidate]],
    requests: int,
) -> None:
    turns = _turns(settled, requests)
    costs, floors, ratios, walls = [], [], [], []
    for group in fresh:
        whom = next(turns) if name == "save" else group
        if name == "open" and not group[0].attempt_id:
            whom = next(turns)
        floor_cpu, _wall = _seconds(bench, acts.floor, next(turns))
        cpu, wall = _seconds(bench, act, whom)
        after_cpu, _wall = _seconds(bench, acts.floor, next(turns))
        floors.append((floor_cpu + after_cpu) / 2 / requests)
        costs.append(cpu / len(whom))
        walls.append(wall / len(whom))
        ratios.append(costs[-1] / floors[-1])
    print(
        f"  {name:<8} {statistics.median(costs) * 1000:7.3f}"
        f"   floor {statistics.median(floors) * 1000:6.3f}"
        f"   ratio {statistics.median(ratios):5.2f}  ({min(ratios):.2f}–{max(ratios):.2f})"
        f"   {statistics.median(walls) * 1000:6.2f} ms on the wire",
        flush=True,
    )


def main() -> None:
    """Read the options and measure."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--only", action="append", choices=[*ACTS, *REPORTS])
    parser.add_argument("--db", choices=["sqlite", "postgres", "both"], default="both")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--requests", type=int, default=600)
    chosen = parser.parse_args()
    only = chosen.only or [*ACTS, *REPORTS]
    for database in ("sqlite", "postgres"):
        if chosen.db in {database, "both"} and set(only) & set(ACTS):
            measure(database, only, chosen.rounds, chosen.requests)
    if "writers" in only and chosen.db != "postgres":
        report_writers()
    for database in ("sqlite", "postgres"):
        if "lists" in only and chosen.db in {database, "both"}:
            report_lists(database)
    if "items" in only and chosen.db != "postgres":
        report_items()
    kept = [
        report_standings(database)
        for database in ("sqlite", "postgres")
        if "standings" in only and chosen.db in {database, "both"}
    ]
    quick = [
        report_bank_list(database)
        for database in ("sqlite", "postgres")
        if "bank" in only and chosen.db in {database, "both"}
    ]
    if "files" in only and chosen.db != "postgres" and not report_files():
        sys.exit("files cost more than they may")
    if not all(quick):
        sys.exit("a page of the list of questions takes longer than it may")
    if not all(kept):
        sys.exit("standings cost more with a million entries than they may")
    if "likeness" in only and not report_likeness():
        sys.exit("finding questions that are alike costs more than it may")


if __name__ == "__main__":
    main()
