"""Composition root: puts the rooms together. ``flask --app app …``."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from types import ModuleType

import flask_bootstrap
from flask import Flask, has_request_context, session, url_for
from flask_babel import Babel, lazy_pgettext
from flask_babel import lazy_gettext as _l
from flask_bootstrap import Bootstrap5
from flask_login import LoginManager
from flask_migrate import Migrate
from flask_wtf.csrf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix
from whitenoise import WhiteNoise

from accounts.roster.queries import holders
from accounts.roster.services import before_leaving_unit
from accounts.signin.queries import viewer_of
from accounts.signin.rules import LANGUAGES
from certification.certificates.services import after_revoking, issue, on_voided
from certification.registrations.queries import note_held
from certification.registrations.services import follow_revocation, refuse_leaving
from config import ROOT, Settings, SettingsError
from core import (
    addresses,
    assets,
    clock,
    formats,
    guards,
    headers,
    logs,
    navigation,
    openapi,
    operators,
    problems,
    signing,
)
from core.audit.services import provide_actor
from core.db import db, json_text, json_value, reading
from core.navigation import Item
from core.permissions import Permission
from core.viewer import Viewer
from question_bank.media.queries import add_sight
from question_bank.review.services import after_approving, before_approving
from question_bank.suspensions.confirming.services import before_confirming
from question_bank.suspensions.services import after_suspending, close_replaced, refuse_stale
from quiz.attempts import kinds
from quiz.attempts.queries import may_meet
from quiz.counting import services as counting
from quiz.keys.services import after_correcting, refuse_corrected
from quiz.notebook.services import gather
from quiz.occasions.services import exclude_suspended
from quiz.practice.services import on_released as note_unchecked
from quiz.rescoring.services import on_corrected

# Every room, lowest first. A room offers what it has under the house's file names: ``bp`` in
# views.py and api.py, ``cli`` in commands.py, ``JOBS`` in jobs.py, tables in models.py.
ROOMS = (
    "core", "core.audit", "core.jobs", "core.rulebook",
    "accounts.units", "accounts.people", "accounts.roles", "accounts.throttle", "accounts.signin",
    "accounts.roster", "accounts.approvals",
    "question_bank.laws", "question_bank.questions", "question_bank.topics", "question_bank.review",
    "question_bank.comments", "question_bank.batches",
    "question_bank.suspensions",
    "question_bank.media", "question_bank.editor",
    "question_bank.filters",
    "question_bank.imports", "question_bank.imports.preview",
    "question_bank.duplicates",
    "question_bank.twins",
    "points.periods", "points.ledger", "points.standing", "points.units", "points.adjustments",
    "quiz.occasions", "quiz.papers", "quiz.attempts", "quiz.notebook", "quiz.practice",
    "quiz.rounds", "quiz.sitters",
    "quiz.marking",
    "quiz.statistics",
    "quiz.keys", "quiz.errata", "quiz.rescoring",
    "training",
    "certification.registry", "certification.exams", "certification.blueprints", "certification.publishing",
    "certification.entry", "certification.candidates", "certification.results",
    "certification.certificates", "certification.registrations", "certification.transfers",
    "certification.steps",
    "reporting.home", "reporting.overview", "reporting.records", "reporting.demo",
)  # fmt: skip

NAVIGATION = (
    Item(_l("首页"), "home.index", Permission.ACCOUNT_OWN, "home", also=("overview",), tab=_l("首页")),
    Item(lazy_pgettext("导航", "题库"), "questions.index", Permission.BANK_READ, "book",
         also=("imports", "duplicates", "twins", "statistics", "errata")),
    Item(_l("法规"), "laws.index", Permission.LAW_WRITE, "list"),
    Item(_l("培训"), "training.mine", Permission.RESULT_OWN, "calendar"),
    Item(_l("考试"), "exams.mine", Permission.EXAM_SIT, "pen",
         also=("exams.brief", "exams.result"), tab=_l("考试")),
    Item(_l("练习"), "practice.index", Permission.EXAM_SIT, "book", also=("notebook",),
         tab=_l("练习")),
    Item(_l("积分"), "points.mine", Permission.RESULT_OWN, "chart",
         also=("rounds.brief", "rounds.result"), tab=_l("积分"), setting="points"),
    Item(_l("我的档案"), "records.mine", Permission.RESULT_OWN, "person",
         also=("certificates.mine",), tab=_l("档案")),
    Item(_l("培训管理"), "training.index", Permission.TRAINING_READ, "calendar", alone=_l("培训")),
    Item(_l("考试管理"), "exams.index", Permission.EXAM_READ, "pen", also=("marking",),
         alone=_l("考试")),
    Item(_l("发证"), "certificates.index", Permission.CERTIFICATE_READ, "certificate"),
    Item(_l("积分管理"), "points.units", Permission.POINTS_READ, "chart", setting="points", alone=_l("积分"),
         also=("points.unit", "points.behind", "points.periods", "adjustments", "rounds")),
    Item(_l("备案"), "registrations.index", Permission.REGISTRATION_READ, "certificate"),
    Item(_l("调岗"), "transfers.index", Permission.TRANSFER_READ, "next"),
    Item(_l("人员"), "roster.index", Permission.PEOPLE_READ, "people",
         also=("units", "records.show", "roles")),
    Item(lazy_pgettext("全部", "单位"), "units.index", Permission.UNIT_MANAGE, "grid"),
    Item(_l("规则"), "rulebook.index", Permission.RULE_READ, "list"),
    Item(_l("审计"), "audit.index", Permission.AUDIT_READ, "list"),
)  # fmt: skip

BOOTSTRAP_CSS = "static/bootstrap5/css/bootstrap.min.css"  # within the installed package


def create_app(settings: Settings | None = None) -> Flask:
    """The application for these settings; for the environment's where none are given."""
    settings = settings or Settings.from_env()
    app = Flask(__name__, instance_path=str(settings.instance_dir.resolve()))
    _configure(app, settings)
    logs.configure(settings.log_level)
    logs.init_app(app)
    db.init_app(app)
    Migrate(app, db, directory=str(ROOT / "migrations"), compare_type=True)
    CSRFProtect(app)
    Babel(app, default_locale="zh_Hans_CN", default_timezone="Asia/Shanghai",
          locale_selector=_locale)  # fmt: skip
    Bootstrap5(app)
    _sign_in(app, settings)
    problems.init_app(app)
    headers.init_app(app, https=settings.is_https)
    formats.init_app(app)
    navigation.init_app(app, NAVIGATION)
    addresses.init_app(app)
    _mount_rooms(app)
    openapi.init_app(app)
    _connect_rooms()
    app.context_processor(partial(_context, settings))
    _serve_static(app, settings)
    return app


def _configure(app: Flask, settings: Settings) -> None:
    try:
        settings.instance_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        where = settings.instance_dir
        raise SettingsError(f"SHANGGANG_INSTANCE_DIR={where}: {error.strerror}") from None
    secret, key = settings.secret_key, settings.signing_key
    if settings.is_sqlite:
        secret = secret or signing.kept(settings.instance_dir / "secret_key", signing.new_secret())
        key = key or signing.kept(settings.instance_dir / "signing_key", signing.new_signing_key())
    app.extensions["settings"] = settings
    app.extensions["signer"] = signing.Signer.from_text(key)
    app.config.update(
        SECRET_KEY=secret,
        SQLALCHEMY_DATABASE_URI=settings.sqlalchemy_url,
        SQLALCHEMY_ENGINE_OPTIONS=_engine_options(settings),
        MAX_CONTENT_LENGTH=settings.upload_mb * 1024 * 1024,
        MAX_FORM_MEMORY_SIZE=2 * 1024 * 1024,
        WTF_CSRF_TIME_LIMIT=None,  # as long as the session: the default hour is one exam
        WTF_CSRF_SSL_STRICT=False,
        BOOTSTRAP_SERVE_LOCAL=True,
        BABEL_TRANSLATION_DIRECTORIES=str(ROOT / "translations"),
        TRUSTED_HOSTS=[settings.public_host] if settings.is_https else None,
        SESSION_COOKIE_NAME="__Host-shanggang" if settings.is_https else "shanggang",
        SESSION_COOKIE_SECURE=settings.is_https,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SEND_FILE_MAX_AGE_DEFAULT=timedelta(hours=1),
    )
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]


def _engine_options(settings: Settings) -> dict[str, object]:
    # errors are logged; people are not
    options: dict[str, object] = {
        "hide_parameters": True,
        "json_serializer": json_text,
        "json_deserializer": json_value,
    }
    if settings.is_sqlite:
        return options
    return options | {"pool_pre_ping": True, "connect_args": {"prepare_threshold": None}}


def _sign_in(app: Flask, settings: Settings) -> None:
    login = LoginManager(app)
    login.session_protection = None  # type: ignore[assignment]  # sessions are server-side and revocable; addresses change
    idle = timedelta(hours=settings.session_idle_hours)

    @login.user_loader  # type: ignore[untyped-decorator]
    def load(token: str) -> Viewer | None:
        now = clock.now()
        return viewer_of(reading(), token, now, now - idle)

    app.before_request(guards.enforce)
    provide_actor(guards.request_actor)


def _locale() -> str:
    if not has_request_context():
        return LANGUAGES[0]  # commands and jobs
    person = guards.current_viewer()
    chosen = (person.locale if person else "") or session.get("language", "")
    return chosen if chosen in LANGUAGES else LANGUAGES[0]


def _context(settings: Settings) -> dict[str, object]:
    """What every template may use."""
    return {
        "org": settings,
        "viewer": guards.current_viewer(),
        "language": "en" if _locale() == "en" else "zh-CN",
        "home_url": url_for("home.index"),
        "sign_in_url": url_for("accounts.sign_in"),
    }


def _parts(name: str) -> Iterator[ModuleType]:
    for room in ROOMS:
        full = f"{room}.{name}"
        if importlib.util.find_spec(room) and importlib.util.find_spec(full):
            yield importlib.import_module(full)


def _mount_rooms(app: Flask) -> None:
    for _models in _parts("models"):
        pass  # importing a room's models is what makes its tables known
    # neighbouring rooms may share one blueprint
    for bp in dict.fromkeys(module.bp for module in (*_parts("views"), *_parts("api"))):
        app.register_blueprint(bp)
    for module in _parts("commands"):
        app.cli.add_command(operators.speak_plainly(module.cli))
    app.extensions["jobs"] = {
        job.name: job for module in _parts("jobs") for job in getattr(module, "JOBS", ())
    }


def _connect_rooms() -> None:
    """What must happen above when something happens below."""
    before_leaving_unit.add(refuse_leaving)
    holders.add(note_held)
    after_revoking.add(follow_revocation)
    add_sight(may_meet)
    after_correcting.add(on_corrected)
    before_approving.add(refuse_stale)
    after_approving.add(close_replaced)
    after_suspending.add(exclude_suspended)
    before_confirming.add(refuse_corrected)
    kinds.register("exam", kinds.Kind(issue, on_voided, "exams.result", on_released=gather))
    kinds.register(
        "practice", kinds.Kind(result_endpoint="practice.result", on_released=note_unchecked)
    )
    kinds.register(
        "round",
        kinds.Kind(
            counting.on_scored, counting.on_voided, "rounds.result", counting.on_rescored, gather
        ),
    )


def _serve_static(app: Flask, settings: Settings) -> None:
    """Our files and Bootstrap's, compressed and cached; Flask serves them in development."""
    if app.debug:
        return
    bootstrap = Path(flask_bootstrap.__file__)
    files = {
        "static": ROOT / "static",
        "bootstrap/static/css/bootstrap.min.css": bootstrap.parent / BOOTSTRAP_CSS,
    }
    app.wsgi_app = WhiteNoise(  # type: ignore[method-assign]
        app.wsgi_app, root=str(assets.prepared(files, settings.instance_dir)), max_age=3600,
        add_headers_function=headers.for_files(https=settings.is_https),
    )  # fmt: skip
