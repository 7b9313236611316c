"""History is append-only: triggers refuse what code might forget; the first rows of the chain and the rules."""

from datetime import UTC, date, datetime

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

APPEND_ONLY = (
    "audit_event",
    "rule_version",
    "review_event",
    "evidence",
    "score",
    "certificate",
    "registry_event",
)

# Defaults of the product; the office changes them by adding newer versions.
RULES = {
    "exam.minutes": 60,
    "exam.questions": 50,
    "exam.marks": 100,
    "exam.pass_mark": 80,
    "exam.tries": 2,
    "exam.multiple_rule": "all_or_nothing",
    "certificate.months": 24,
    "certificate.remind_days": [60, 14],
    "training.months": 12,
    "hold.months": 12,
    "quiz.questions": 20,
    "quiz.opens_day": 1,
    "quiz.closes_day": 5,
    "points.per_answer": 1,
    "points.target_percent": 60,
    "points.ranking": False,
    "coverage.minimum": 1,
    "coverage.warn_below": 2,
}


def upgrade() -> None:
    dialect = op.get_bind().dialect.name
    if dialect == "postgresql":
        op.execute(
            "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$"
        )
    for table in APPEND_ONLY:
        for verb in ("UPDATE", "DELETE"):
            name = f"append_only_{table}_{verb.lower()}"
            if dialect == "sqlite":
                op.execute(
                    f"CREATE TRIGGER {name} BEFORE {verb} ON {table} "
                    f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
                )
            else:
                op.execute(
                    f"CREATE TRIGGER {name} BEFORE {verb} ON {table} "
                    "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
                )
        if dialect == "postgresql":
            op.execute(
                f"CREATE TRIGGER append_only_{table}_truncate BEFORE TRUNCATE ON {table} "
                "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
            )
    _seed()


def _seed() -> None:
    """The first rows, where they are missing: a way down and up again keeps what there is."""
    bind = op.get_bind()
    if not bind.scalar(sa.text("SELECT count(*) FROM audit_head")):
        op.execute(f"INSERT INTO audit_head (id, hash) VALUES (1, '{'0' * 64}')")
    rule_version = sa.table(
        "rule_version",
        sa.column("rule", sa.String),
        sa.column("value", sa.JSON),
        sa.column("effective_from", sa.Date),
        sa.column("why", sa.String),
        sa.column("entered_at", sa.DateTime(timezone=True)),
    )
    known = set(bind.scalars(sa.select(rule_version.c.rule)))
    op.bulk_insert(
        rule_version,
        [
            {
                "rule": rule,
                "value": value,
                "effective_from": date(2018, 8, 10),
                "why": "默认值",
                "entered_at": datetime.now(UTC),
            }
            for rule, value in RULES.items()
            if rule not in known
        ],
    )


def downgrade() -> None:
    dialect = op.get_bind().dialect.name
    for table in APPEND_ONLY:
        for verb in ("update", "delete", *(("truncate",) if dialect == "postgresql" else ())):
            name = f"append_only_{table}_{verb}"
            op.execute(
                f"DROP TRIGGER IF EXISTS {name}" + ("" if dialect == "sqlite" else f" ON {table}")
            )
    if dialect == "postgresql":
        op.execute("DROP FUNCTION IF EXISTS refuse_change()")
    # rules and the end of the chain stay: certificates and the trail rest on them
