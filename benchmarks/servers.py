"""Databases and servers to measure, and candidates with their cookies."""

from __future__ import annotations

import http.client
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import psutil
from flask import Flask

from app import create_app
from config import ROOT, Settings
from core import clock
from core.db import db, transaction
from question_bank.questions.models import QuestionType
from tests.databases import SECRETS, migrate
from tests.factories import make_login, make_person, sign_in_with
from tests.postgres import Postgres
from tests.quiz.candidates import make_occasion

QUESTIONS = {
    QuestionType.SINGLE: 25,
    QuestionType.MULTIPLE: 12,
    QuestionType.TRUE_FALSE: 12,
    QuestionType.FILL_IN: 1,
}


@dataclass
class Candidate:
    """Someone who sits: the cookie and token to send, and the attempt once started."""

    cookie: str
    csrf: str
    attempt_id: int = 0
    epoch: int = 0


@dataclass
class Bench:
    """A running server and what to ask of it."""

    port: int
    processes: list[psutil.Process]
    occasion_id: int
    candidates: list[Candidate]

    def cpu(self) -> float:
        """CPU seconds that the server and its database have used so far."""
        total = 0.0
        for process in self.processes:
            for one in (process, *process.children(recursive=True)):
                try:
                    used = one.cpu_times()
                except psutil.NoSuchProcess:
                    continue
                total += used.user + used.system
        return total


class Client:
    """One kept connection to the server."""

    def __init__(self, port: int) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self.connection.connect()
        assert self.connection.sock is not None
        self.connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def post(self, who: Candidate, path: str, document: Any) -> Any:
        """The JSON of the answer; an error where it is not 2xx."""
        self.connection.request(
            "POST", path, body=json.dumps(document),
            headers={"Content-Type": "application/json", "Cookie": who.cookie,
                     "X-CSRFToken": who.csrf},
        )  # fmt: skip
        answer = self.connection.getresponse()
        text = answer.read()
        if answer.status >= 300:
            raise RuntimeError(f"{path}: {answer.status} {text.decode()[:500]}")
        return json.loads(text)


def _candidates(app: Flask, number: int) -> tuple[int, list[Candidate]]:
    with app.app_context(), transaction() as session:
        occasion = make_occasion(
            session, counts=QUESTIONS, spare=50, marks=2, minutes=600, tries=2,
            closes_at=clock.now() + timedelta(days=1),
        )  # fmt: skip
        tokens = [make_login(session, make_person(session)) for _ in range(number)]
    candidates = []
    for token in tokens:
        client = app.test_client()
        csrf = sign_in_with(client, token)
        cookie = client.get_cookie("shanggang")
        assert cookie is not None
        candidates.append(Candidate(f"shanggang={cookie.value}", csrf))
    return occasion.id, candidates


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    """Until the server answers; an error where it dies first."""
    until = time.monotonic() + 30
    while time.monotonic() < until:
        if process.poll() is not None:
            raise RuntimeError("the server ended at once")
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
        with closing(connection), suppress(OSError, http.client.HTTPException):
            connection.request("GET", "/healthz")
            answer = connection.getresponse()
            answer.read()
            if answer.status == 200:
                return
        time.sleep(0.1)
    raise RuntimeError("the server does not answer")


@contextmanager
def running(database: str, people: int) -> Iterator[Bench]:
    """A server with one worker on a fresh database (sqlite, postgres), and so many candidates."""
    with tempfile.TemporaryDirectory(prefix="shanggang-bench-") as folder:
        postgres = Postgres() if database == "postgres" else None
        url = postgres.start() if postgres else ""
        settings = Settings(
            instance_dir=Path(folder), database_url=url, log_level="INFO", **SECRETS
        )
        app = create_app(settings)
        migrate(app)
        occasion_id, candidates = _candidates(app, people)
        with app.app_context():
            db.session.remove()
            db.engine.dispose()
        port = free_port()
        environment = os.environ | {
            "SHANGGANG_INSTANCE_DIR": folder, "SHANGGANG_DATABASE_URL": url,
            "SHANGGANG_SECRET_KEY": SECRETS["secret_key"],
            "SHANGGANG_SIGNING_KEY": SECRETS["signing_key"],
            "PORT": str(port), "WORKERS": "1",
        }  # fmt: skip
        with (Path(folder) / "log").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "gunicorn", "--config", "gunicorn.conf.py",
                 "benchmarks.floor:server()"],
                env=environment, stdout=log, stderr=log, cwd=ROOT,
            )  # fmt: skip
        try:
            wait_for(port, process)
            processes = [psutil.Process(process.pid)]
            if postgres:
                pid = int((postgres.folder / "data" / "postmaster.pid").read_text().split()[0])
                processes.append(psutil.Process(pid))
            yield Bench(port, processes, occasion_id, candidates)
        finally:
            process.terminate()
            process.wait(20)
            if postgres:
                postgres.stop()
