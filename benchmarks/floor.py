"""The server that is measured: the application, the lean route beside it, and a bare start."""

from __future__ import annotations

from flask import Blueprint, Flask, Response, jsonify, request
from sqlalchemy import bindparam, text

from accounts.signin.queries import token_digest
from app import create_app
from core import clock
from core.db import UtcDateTime, db, transaction, writer_turn
from core.errors import Conflict
from core.guards import requires, session_token, viewer
from core.permissions import Permission
from quiz.attempts.services import start

bp = Blueprint("bench", __name__, url_prefix="/bench")

_now = bindparam("now", type_=UtcDateTime())
CHECK = text(
    """SELECT a.epoch, a.deadline_at FROM login_session s
    JOIN attempt a ON a.person_id = s.person_id
    WHERE s.token_digest = :digest AND s.revoked_at IS NULL AND s.expires_at > :now
    AND a.id = :attempt AND a.state = 'in_progress' AND a.deadline_at > :now"""
).bindparams(_now).columns(deadline_at=UtcDateTime())  # fmt: skip
UPSERT = text(
    """INSERT INTO answer (attempt_id, position, value, epoch, seq, saved_at)
    VALUES (:attempt, :position, :value, :epoch, :seq, :now)
    ON CONFLICT (attempt_id, position) DO UPDATE SET value = excluded.value,
    epoch = excluded.epoch, seq = excluded.seq, saved_at = excluded.saved_at"""
).bindparams(_now)


@bp.post("/<int:attempt_id>/floor")
@requires(Permission.EXAM_SIT, in_query=True)
def floor(attempt_id: int) -> Response:
    """The least that a save can be."""
    sent, now = request.get_json(), clock.now()
    with (
        writer_turn(db.engine),
        db.engine.connect().execution_options(writes=True) as connection,
        connection.begin(),
    ):
        found = connection.execute(
            CHECK, {"digest": token_digest(session_token()), "attempt": attempt_id, "now": now}
        ).first()
        if found is None:
            raise Conflict("closed")
        op = sent["ops"][0]
        connection.execute(
            UPSERT,
            {"attempt": attempt_id, "position": op["position"], "value": f'"{op["value"]}"',
             "epoch": sent["epoch"], "seq": op["seq"], "now": now},
        )  # fmt: skip
    return jsonify(
        acked=[{"position": op["position"], "seq": op["seq"]}],
        server_now=now.isoformat(),
        deadline_at=found.deadline_at.isoformat(),
    )


@bp.post("/start/<int:occasion_id>")
@requires(Permission.EXAM_SIT)
def begin(occasion_id: int) -> Response:
    """A start without what an exam asks before it."""
    with transaction() as session:
        attempt, _new = start(
            session, occasion_id=occasion_id, person_id=viewer().person_id, now=clock.now()
        )
    return jsonify(id=attempt.id)


def server() -> Flask:
    """What gunicorn loads."""
    app = create_app()
    app.register_blueprint(bp)
    return app
