"""A live server for browser tests: the application on a fresh database, on a free port."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from flask import Flask
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from config import ROOT, Settings
from core.db import db
from tests.databases import SECRETS

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

HOST = "127.0.0.1"  # a secure context, so that service workers work


def free_port() -> int:
    """A port that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


class _Quiet(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log(self, type: str, message: str, *args: object) -> None:
        """The application writes its own line for each request."""


def _closing(app: WSGIApplication) -> WSGIApplication:
    """The same application, whose files are closed also when a browser hangs up in the middle.

    The development server forgets them then (a reset while it drains the connection comes before
    ``close``); a generator that nobody holds any more ends here. The server for production does not.
    """

    def closing(environ: WSGIEnvironment, start_response: StartResponse) -> Iterator[bytes]:
        body = app(environ, start_response)
        try:
            yield from body
        finally:
            if isinstance(body, _Closable):
                body.close()

    return closing


@runtime_checkable
class _Closable(Protocol):
    def close(self) -> None: ...


class Server(Protocol):
    """Something that serves the application at ``url`` and can go away and come back."""

    url: str

    def start(self) -> None: ...
    def stop(self) -> None: ...


class ThreadServer:
    """Serves out of this process: quick, for all tests but those that kill."""

    def __init__(self, app: Flask, port: int) -> None:
        self.app, self.port = app, port
        self.url = f"http://{HOST}:{port}"
        self._server: BaseWSGIServer | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Listen; answers come from threads."""
        self._server = make_server(
            HOST, self.port, _closing(self.app), threaded=True, request_handler=_Quiet
        )
        self._server.daemon_threads = True  # type: ignore[attr-defined]
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Nobody listens any more."""
        if self._server is not None and self._thread is not None:
            self._server.shutdown()
            self._thread.join()
            self._server.server_close()
            self._server = None


class ProcessServer:
    """gunicorn with one worker, for tests that kill it."""

    def __init__(self, settings: Settings, port: int) -> None:
        self.settings, self.port = settings, port
        self.url = f"http://{HOST}:{port}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start, and wait until it answers."""
        environment = {
            **os.environ,
            "PORT": str(self.port), "WORKERS": "1", "SHANGGANG_LOG_LEVEL": "ERROR",
            "SHANGGANG_INSTANCE_DIR": str(self.settings.instance_dir),
            "SHANGGANG_SECRET_KEY": self.settings.secret_key,
            "SHANGGANG_SIGNING_KEY": self.settings.signing_key,
        }  # fmt: skip
        self._process = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", "--config", "gunicorn.conf.py", "--log-level",
             "error", "app:create_app()"],
            cwd=ROOT, env=environment, start_new_session=True,
        )  # fmt: skip
        for _attempt in range(300):
            with socket.socket() as probe:
                if probe.connect_ex((HOST, self.port)) == 0:
                    return
            time.sleep(0.1)
        raise RuntimeError("gunicorn did not start")

    def kill(self) -> None:
        """kill -9 of master and worker, whatever they are doing."""
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None

    def stop(self) -> None:
        """End it in good order."""
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                self.kill()
            self._process = None


@contextmanager
def closing(app: Flask) -> Iterator[Flask]:
    """Let go of the database when the test is over."""
    try:
        yield app
    finally:
        with app.app_context():
            db.session.remove()
            db.engine.dispose()


def settings_in(folder: Path) -> Settings:
    """Settings of an installation in this folder."""
    return Settings(instance_dir=folder, log_level="ERROR", **SECRETS)
