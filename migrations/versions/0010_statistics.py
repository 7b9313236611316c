"""figures of questions and exams; measured difficulty and flags of versions."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

INTEGER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
FLAGS = ("key_suspect", "too_hard", "too_easy", "dead_distractor", "drifted")
MEASURED = "CONSTRAINT ck_question_version_measured_difficulty CHECK (measured_difficulty IN ('easy', 'medium', 'hard'))"


def _number(name: str) -> sa.Column:
    return sa.Column(name, INTEGER, nullable=False)


def _figure(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.Double(), nullable=nullable)


def _instant(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _reference(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=f"fk_{table}_{column}")


def upgrade() -> None:
    op.execute(f"ALTER TABLE question_version ADD COLUMN measured_difficulty VARCHAR(32) {MEASURED}")
    op.create_table(
        "version_flag",
        _number("version_id"),
        sa.Column(
            "flag",
            sa.Enum(*FLAGS, name="flag", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        _instant("raised_at"),
        _reference("version_flag", "version_id", "question_version"),
        sa.PrimaryKeyConstraint("version_id", "flag", name="pk_version_flag"),
    )
    op.create_index("ix_version_flag_flag", "version_flag", ["flag"])
    op.create_table(
        "question_statistic",
        *(_number(name) for name in ("version_id", "question_id", "answers")),
        _figure("facility", nullable=True),
        _figure("discrimination", nullable=True),
        _figure("shrunken"),
        sa.Column("options", sa.JSON(), nullable=False),
        _figure("unanswered"),
        _number("upper"),
        _number("lower"),
        _figure("slope", nullable=True),
        _figure("location", nullable=True),
        _number("fitted"),
        _figure("seconds", nullable=True),
        *(_number(name) for name in ("timed", "papers", "papers_year", "candidates")),
        _instant("last_seen_at", nullable=True),
        _instant("computed_at"),
        _reference("question_statistic", "question_id", "question"),
        _reference("question_statistic", "version_id", "question_version"),
        sa.PrimaryKeyConstraint("version_id", name="pk_question_statistic"),
    )
    op.create_index("ix_question_statistic_question", "question_statistic", ["question_id"])
    op.create_table(
        "question_window",
        *(_number(name) for name in ("version_id", "occasion_id", "answers")),
        _figure("facility"),
        _figure("discrimination", nullable=True),
        _instant("computed_at"),
        _reference("question_window", "occasion_id", "occasion"),
        _reference("question_window", "version_id", "question_version"),
        sa.PrimaryKeyConstraint("version_id", "occasion_id", name="pk_question_window"),
    )
    op.create_index("ix_question_window_occasion", "question_window", ["occasion_id"])
    op.create_table(
        "occasion_statistic",
        *(_number(name) for name in (
            "occasion_id", "candidates", "passed", "questions", "forms", "max_marks",
        )),
        _figure("mean"),
        _figure("spread"),
        sa.Column(
            "method",
            sa.Enum("kr20", "alpha", "random_forms", name="method", native_enum=False,
                    create_constraint=True, length=32),
            nullable=True,
        ),
        _figure("reliability", nullable=True),
        _figure("sem", nullable=True),
        sa.Column("bins", sa.JSON(), nullable=False),
        _instant("computed_at"),
        _reference("occasion_statistic", "occasion_id", "occasion"),
        sa.PrimaryKeyConstraint("occasion_id", name="pk_occasion_statistic"),
    )  # fmt: skip


def downgrade() -> None:
    for table in ("occasion_statistic", "question_window", "question_statistic", "version_flag"):
        op.drop_table(table)
    op.execute("ALTER TABLE question_version DROP COLUMN measured_difficulty")
