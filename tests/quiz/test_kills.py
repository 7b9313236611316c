"""A worker, and the database itself, killed while they save: nothing acknowledged is lost."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import pytest
from flask import Flask

from benchmarks.servers import free_port, wait_for
from config import ROOT, Settings
from core.db import db, reading
from quiz.sitting.queries import answers_of
from tests import databases
from tests.databases import SECRETS, migrate
from tests.postgres import Postgres
from tests.quiz.candidates import Candidate, sit

pytestmark = pytest.mark.slow
SAVING = 1.5  # seconds between kills
KILLS = 2


@contextmanager
def served(settings: Settings) -> Iterator[tuple[int, psutil.Process]]:
    """A gunicorn with one worker on these settings; its port and its master."""
    port = free_port()
    environment = os.environ | {
        "SHANGGANG_INSTANCE_DIR": str(settings.instance_dir),
        "SHANGGANG_DATABASE_URL": settings.database_url,
        "SHANGGANG_SECRET_KEY": SECRETS["secret_key"],
        "SHANGGANG_SIGNING_KEY": SECRETS["signing_key"],
        "SHANGGANG_LOG_LEVEL": "ERROR", "PORT": str(port), "WORKERS": "1",
    }  # fmt: skip
    process = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "--config", "gunicorn.conf.py", "app:create_app()"],
        env=environment, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        wait_for(port, process)
        yield port, psutil.Process(process.pid)
    finally:
        # A worker that is just being born does not hear the signal; then the master waits 30 s.
        wait_for(port, process)
        process.terminate()
        process.wait(60)


@dataclass
class Page:
    """A page that saves without pause and keeps what was acknowledged, whatever happens."""

    port: int
    candidate: Candidate
    acked: dict[int, tuple[int, str]] = field(default_factory=dict)
    saved: int = 0
    stop: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        cookie = self.candidate.client.get_cookie("shanggang")
        assert cookie is not None
        headers = {
            "Content-Type": "application/json", "Cookie": f"shanggang={cookie.value}",
            "X-CSRFToken": self.candidate.csrf,
        }  # fmt: skip
        seq = 0
        while not self.stop.is_set():
            seq += 1
            position, letter = seq % 3 + 1, "ABCD"[seq % 4]
            operation = {"position": position, "seq": seq, "value": letter}
            body = json.dumps({"epoch": 1, "ops": [operation]})
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
            with closing(connection), suppress(OSError, http.client.HTTPException, ValueError):
                path = f"/api/v1/attempts/{self.candidate.attempt_id}/answers"
                connection.request("POST", path, body=body, headers=headers)
                answer = connection.getresponse()
                if json.loads(answer.read()).get("acked") and answer.status == 200:
                    self.acked[position] = (seq, letter)
                    self.saved += 1


def _save_through(app: Flask, settings: Settings, disturb: Any) -> None:
    candidate = sit(app)
    with app.app_context():
        db.session.remove()
        db.engine.dispose()
    with served(settings) as (port, master):
        page = Page(port, candidate)
        thread = threading.Thread(target=page.run)
        thread.start()
        try:
            for _kill in range(KILLS):
                before, until = page.saved, time.monotonic() + 20
                time.sleep(SAVING)
                while page.saved < before + 5 and time.monotonic() < until:
                    time.sleep(0.1)
                assert page.saved > before, "nothing is saved any more"
                disturb(master)
        finally:
            page.stop.set()
            thread.join()
    with app.app_context():
        stored = answers_of(db.session(), candidate.attempt_id)[candidate.attempt_id]
        reading().rollback()
        db.session.remove()
        db.engine.dispose()
    assert page.acked
    for position, (seq, letter) in page.acked.items():
        held = stored[position]
        assert held.seq >= seq, f"position {position}: {seq} was acknowledged, {held.seq} is there"
        if held.seq == seq:
            assert json.loads(held.value) == letter


def _kill_the_worker(master: psutil.Process) -> None:
    for worker in master.children():
        with suppress(psutil.NoSuchProcess):
            os.kill(worker.pid, signal.SIGKILL)


def test_a_killed_worker_loses_nothing_acknowledged_on_sqlite(tmp_path: Path) -> None:
    settings = Settings(instance_dir=tmp_path, log_level="ERROR", **SECRETS)
    app = databases.testing_app(settings)
    migrate(app)
    _save_through(app, settings, _kill_the_worker)


def _on_postgres(server: Postgres, folder: Path) -> tuple[Flask, Settings]:
    settings = Settings(instance_dir=folder, database_url=server.url, log_level="ERROR", **SECRETS)
    app = databases.testing_app(settings)
    migrate(app)
    return app, settings


def test_a_killed_worker_loses_nothing_acknowledged_on_postgres(
    postgres_server: Postgres, tmp_path: Path
) -> None:
    app, settings = _on_postgres(postgres_server, tmp_path)
    _save_through(app, settings, _kill_the_worker)


def test_a_killed_database_loses_nothing_acknowledged(
    postgres_server: Postgres, tmp_path: Path
) -> None:
    app, settings = _on_postgres(postgres_server, tmp_path)

    def power_cut(_master: psutil.Process) -> None:
        postgres_server.kill()
        postgres_server.restart()

    _save_through(app, settings, power_cut)
