"""short answers that people mark, and the marks that they gave: both append-only."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

APPEND_ONLY = ("answer_to_mark", "answer_mark")
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "answer_to_mark",
        sa.Column("id", ID, nullable=False),
        sa.Column("attempt_id", ID, nullable=False),
        sa.Column("position", ID, nullable=False),
        sa.Column("occasion_id", ID, nullable=False),
        sa.Column("version_id", ID, nullable=False),
        sa.Column("most", ID, nullable=False),
        sa.ForeignKeyConstraint(["attempt_id"], ["attempt.id"], name="fk_answer_to_mark_attempt_id"),
        sa.ForeignKeyConstraint(
            ["occasion_id"], ["occasion.id"], name="fk_answer_to_mark_occasion_id"
        ),
        sa.ForeignKeyConstraint(
            ["version_id"], ["question_version.id"], name="fk_answer_to_mark_version_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_answer_to_mark"),
        sa.UniqueConstraint("attempt_id", "position", name="uq_answer_to_mark_position"),
    )
    op.create_index(
        "ix_answer_to_mark_question", "answer_to_mark", ["occasion_id", "version_id"]
    )
    op.create_table(
        "answer_mark",
        sa.Column("id", ID, nullable=False),
        sa.Column("attempt_id", ID, nullable=False),
        sa.Column("position", ID, nullable=False),
        sa.Column("number", ID, nullable=False),
        sa.Column("marks", ID, nullable=False),
        sa.Column("comment", sa.String(500), nullable=False),
        sa.Column("reason", sa.String(200), nullable=False),
        sa.Column("by_id", ID, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["attempt_id"], ["attempt.id"], name="fk_answer_mark_attempt_id"),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name="fk_answer_mark_by_id"),
        sa.PrimaryKeyConstraint("id", name="pk_answer_mark"),
        sa.UniqueConstraint("attempt_id", "position", "number", name="uq_answer_mark_number"),
    )
    for table in APPEND_ONLY:
        _guard(table)


def _guard(table: str) -> None:
    """Rows never change and never go."""
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER append_only_{table}_{verb.lower()} BEFORE {verb} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )
        return
    for verb, each in (("UPDATE", "ROW"), ("DELETE", "ROW"), ("TRUNCATE", "STATEMENT")):
        op.execute(
            f"CREATE TRIGGER append_only_{table}_{verb.lower()} BEFORE {verb} ON {table} "
            f"FOR EACH {each} EXECUTE FUNCTION refuse_change()"
        )


def downgrade() -> None:
    # an attempt that still waits for its marks stays submitted: nobody can score it any more
    op.drop_table("answer_mark")
    op.drop_index("ix_answer_to_mark_question", "answer_to_mark")
    op.drop_table("answer_to_mark")
