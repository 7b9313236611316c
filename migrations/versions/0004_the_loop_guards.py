"""points are append-only, what was recorded stays, one registration a person at any instant; a rule."""

from datetime import UTC, date, datetime

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

APPEND_ONLY = ("points_entry", "points_snapshot")
KEPT = ("registration", "transfer")  # rows change state, and are never deleted
RECORDED = (
    "number", "certificate_id", "recorded_by", "recorded_on", "held_through", "rule_version_id",
)  # fmt: skip
# two registrations of one person that hold on the same day
OVERLAP = """
    EXISTS (
      SELECT 1 FROM registration AS other
      WHERE other.person_id = NEW.person_id AND other.id <> NEW.id
        AND other.recorded_on IS NOT NULL
        AND other.recorded_on < COALESCE(NEW.ended_on, '9999-12-31')
        AND COALESCE(other.ended_on, '9999-12-31') > NEW.recorded_on
        AND other.recorded_on < COALESCE(other.ended_on, '9999-12-31')
    )"""


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        _sqlite()
    else:
        _postgresql()
    _seed()


def _sqlite() -> None:
    for table in APPEND_ONLY:
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER append_only_{table}_{verb.lower()} BEFORE {verb} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )
    for table in KEPT:
        op.execute(
            f"CREATE TRIGGER kept_{table} BEFORE DELETE ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} is never deleted'); END"
        )
    changed = " OR ".join(f"NEW.{column} IS NOT OLD.{column}" for column in RECORDED)
    op.execute(
        "CREATE TRIGGER recorded_registration BEFORE UPDATE ON registration "
        f"WHEN OLD.recorded_on IS NOT NULL AND ({changed}) "
        "BEGIN SELECT RAISE(ABORT, 'what was recorded never changes'); END"
    )
    for verb in ("INSERT", "UPDATE"):
        op.execute(
            f"CREATE TRIGGER one_registration_{verb.lower()} AFTER {verb} ON registration "
            "WHEN NEW.recorded_on IS NOT NULL "
            "AND NEW.recorded_on < COALESCE(NEW.ended_on, '9999-12-31') "
            f"AND {OVERLAP} "
            "BEGIN SELECT RAISE(ABORT, 'one registration a person at any instant'); END"
        )


def _postgresql() -> None:
    for table in APPEND_ONLY:
        for verb, each in (("UPDATE", "ROW"), ("DELETE", "ROW"), ("TRUNCATE", "STATEMENT")):
            op.execute(
                f"CREATE TRIGGER append_only_{table}_{verb.lower()} BEFORE {verb} ON {table} "
                f"FOR EACH {each} EXECUTE FUNCTION refuse_change()"
            )
    for table in KEPT:
        for verb, each in (("DELETE", "ROW"), ("TRUNCATE", "STATEMENT")):
            op.execute(
                f"CREATE TRIGGER kept_{table}_{verb.lower()} BEFORE {verb} ON {table} "
                f"FOR EACH {each} EXECUTE FUNCTION refuse_change()"
            )
    old = ", ".join(f"OLD.{column}" for column in RECORDED)
    new = ", ".join(f"NEW.{column}" for column in RECORDED)
    op.execute(
        "CREATE TRIGGER recorded_registration BEFORE UPDATE ON registration FOR EACH ROW "
        f"WHEN (OLD.recorded_on IS NOT NULL AND ({old}) IS DISTINCT FROM ({new})) "
        "EXECUTE FUNCTION refuse_change()"
    )
    op.execute(
        "ALTER TABLE registration ADD CONSTRAINT ex_registration_once EXCLUDE USING gist ("
        "int8range(person_id, person_id, '[]') WITH &&, "
        "daterange(recorded_on, ended_on, '[)') WITH &&) WHERE (recorded_on IS NOT NULL)"
    )


def _seed() -> None:
    """The number of tries of a round, where it is missing."""
    rule_version = sa.table(
        "rule_version",
        sa.column("rule", sa.String), sa.column("value", sa.JSON),
        sa.column("effective_from", sa.Date), sa.column("why", sa.String),
        sa.column("entered_at", sa.DateTime(timezone=True)),
    )  # fmt: skip
    known = set(op.get_bind().scalars(sa.select(rule_version.c.rule)))
    if "quiz.tries" not in known:
        op.bulk_insert(rule_version, [
            {"rule": "quiz.tries", "value": 2, "effective_from": date(2018, 8, 10),
             "why": "默认值", "entered_at": datetime.now(UTC)},
        ])  # fmt: skip


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for table in APPEND_ONLY:
            for verb in ("update", "delete"):
                op.execute(f"DROP TRIGGER IF EXISTS append_only_{table}_{verb}")
        for name in ("kept_registration", "kept_transfer", "recorded_registration",
                     "one_registration_insert", "one_registration_update"):  # fmt: skip
            op.execute(f"DROP TRIGGER IF EXISTS {name}")
        return
    op.execute("ALTER TABLE registration DROP CONSTRAINT ex_registration_once")
    op.execute("DROP TRIGGER recorded_registration ON registration")
    for table in KEPT:
        for verb in ("delete", "truncate"):
            op.execute(f"DROP TRIGGER kept_{table}_{verb} ON {table}")
    for table in APPEND_ONLY:
        for verb in ("update", "delete", "truncate"):
            op.execute(f"DROP TRIGGER append_only_{table}_{verb} ON {table}")
