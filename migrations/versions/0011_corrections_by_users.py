"""reports about questions, corrections of keys, and attempts that were marked anew."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

APPEND_ONLY = ("key_correction", "rescored_attempt", "rescoring_done")
INT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
KINDS = ("key", "text", "explanation", "basis", "other")
STATES = ("open", "rejected", "accepted", "key_wrong")
OPEN = "state = 'open'"


def _enum(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)


def upgrade() -> None:
    _tables()
    if op.get_bind().dialect.name == "sqlite":
        for table in APPEND_ONLY:
            for verb in ("UPDATE", "DELETE"):
                op.execute(
                    f"CREATE TRIGGER append_only_{table}_{verb.lower()} BEFORE {verb} ON {table} "
                    f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
                )
        return
    for table in APPEND_ONLY:
        for verb, each in (("UPDATE", "ROW"), ("DELETE", "ROW"), ("TRUNCATE", "STATEMENT")):
            op.execute(
                f"CREATE TRIGGER append_only_{table}_{verb.lower()} BEFORE {verb} ON {table} "
                f"FOR EACH {each} EXECUTE FUNCTION refuse_change()"
            )


def _tables() -> None:
    op.create_table(
        "erratum",
        sa.Column("id", INT, nullable=False),
        sa.Column("version_id", INT, nullable=False),
        sa.Column("attempt_id", INT, nullable=False),
        sa.Column("position", INT, nullable=False),
        sa.Column("person_id", INT, nullable=False),
        sa.Column("kind", _enum("erratumkind", *KINDS), nullable=False),
        sa.Column("text", sa.String(length=500), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", _enum("erratumstate", *STATES), nullable=False),
        sa.Column("handled_by", INT, nullable=True),
        sa.Column("handled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answer", sa.String(length=500), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(state = 'open') = (handled_at IS NULL)", name=op.f("ck_erratum_handled_once_decided")
        ),
        sa.ForeignKeyConstraint(["attempt_id"], ["attempt.id"], name=op.f("fk_erratum_attempt_id")),
        sa.ForeignKeyConstraint(["handled_by"], ["person.id"], name=op.f("fk_erratum_handled_by")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_erratum_person_id")),
        sa.ForeignKeyConstraint(
            ["version_id"], ["question_version.id"], name=op.f("fk_erratum_version_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erratum")),
    )
    op.create_index("ix_erratum_person", "erratum", ["person_id", "id"])
    op.create_index("ix_erratum_version", "erratum", ["version_id", "state"])
    op.create_index(
        "uq_erratum_open", "erratum", ["person_id", "version_id"], unique=True,
        sqlite_where=sa.text(OPEN), postgresql_where=sa.text(OPEN),
    )  # fmt: skip
    op.create_table(
        "key_correction",
        sa.Column("id", INT, nullable=False),
        sa.Column("version_id", INT, nullable=False),
        sa.Column("act_id", INT, nullable=False),
        sa.Column("verdict", _enum("verdict", "key", "void"), nullable=False),
        sa.Column("key", sa.JSON(), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("asked_by", INT, nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["act_id"], ["two_person_act.id"], name=op.f("fk_key_correction_act_id")
        ),
        sa.ForeignKeyConstraint(
            ["asked_by"], ["person.id"], name=op.f("fk_key_correction_asked_by")
        ),
        sa.ForeignKeyConstraint(
            ["version_id"], ["question_version.id"], name=op.f("fk_key_correction_version_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_key_correction")),
        sa.UniqueConstraint("act_id", name=op.f("uq_key_correction_act_id")),
    )
    op.create_index("ix_key_correction_version", "key_correction", ["version_id"])
    op.create_table(
        "rescored_attempt",
        sa.Column("correction_id", INT, nullable=False),
        sa.Column("attempt_id", INT, nullable=False),
        sa.Column("was", INT, nullable=False),
        sa.Column("was_pass", sa.Boolean(), nullable=False),
        sa.Column("marks", INT, nullable=False),
        sa.Column("is_pass", sa.Boolean(), nullable=False),
        sa.Column("strict", INT, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["attempt_id"], ["attempt.id"], name=op.f("fk_rescored_attempt_attempt_id")
        ),
        sa.ForeignKeyConstraint(
            ["correction_id"], ["key_correction.id"],
            name=op.f("fk_rescored_attempt_correction_id"),
        ),
        sa.PrimaryKeyConstraint(
            "correction_id", "attempt_id", name=op.f("pk_rescored_attempt")
        ),
    )  # fmt: skip
    op.create_index("ix_rescored_attempt_attempt", "rescored_attempt", ["attempt_id"])
    op.create_table(
        "rescoring_done",
        sa.Column("correction_id", INT, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["correction_id"], ["key_correction.id"], name=op.f("fk_rescoring_done_correction_id")
        ),
        sa.PrimaryKeyConstraint("correction_id", name=op.f("pk_rescoring_done")),
    )


def downgrade() -> None:
    for table in ("rescoring_done", "rescored_attempt", "key_correction", "erratum"):
        op.drop_table(table)
