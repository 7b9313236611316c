"""questions that are alike: comparisons of the bank, the pairs they found, what was decided."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

TABLE = "duplicate_decision"  # append-only
RUNNING = sa.text("state = 'running'")
KINDS = ("contradiction", "same", "reordered", "near")


def _number() -> sa.types.TypeEngine:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _choice(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)


def _pair(table: str) -> list[sa.schema.SchemaItem]:
    """Two questions in order, with the versions that were compared."""
    parts: list[sa.schema.SchemaItem] = []
    for column, target in (
        ("first_id", "question"), ("second_id", "question"),
        ("first_version_id", "question_version"), ("second_version_id", "question_version"),
    ):  # fmt: skip
        parts.append(sa.Column(column, _number(), nullable=False))
        parts.append(
            sa.ForeignKeyConstraint(
                [column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}")
            )
        )
    parts.append(sa.CheckConstraint("first_id < second_id", name=op.f(f"ck_{table}_ordered")))
    return parts


def upgrade() -> None:
    op.create_table(
        "duplicate_run",
        sa.Column("id", _number(), nullable=False),
        sa.Column("state", _choice("runstate", "running", "done"), nullable=False),
        sa.Column("by_id", _number(), nullable=True),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("through", _number(), nullable=False),
        sa.Column("compared", _number(), nullable=False),
        sa.Column("total", _number(), nullable=False),
        sa.Column("left_out", _number(), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_duplicate_run_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_duplicate_run")),
    )
    op.create_index(
        "uq_duplicate_run_running", "duplicate_run", ["state"], unique=True,
        sqlite_where=RUNNING, postgresql_where=RUNNING,
    )  # fmt: skip
    op.create_table(
        "duplicate_pair",
        sa.Column("id", _number(), nullable=False),
        sa.Column("run_id", _number(), nullable=False),
        sa.Column("kind", _choice("kind", *KINDS), nullable=False),
        sa.Column("likeness", _number(), nullable=False),
        *_pair("duplicate_pair"),
        sa.ForeignKeyConstraint(
            ["run_id"], ["duplicate_run.id"], name=op.f("fk_duplicate_pair_run_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_duplicate_pair")),
        sa.UniqueConstraint("run_id", "first_id", "second_id", name="uq_duplicate_pair_once"),
    )
    op.create_index("ix_duplicate_pair_order", "duplicate_pair", ["run_id", "kind", "likeness"])
    op.create_table(
        TABLE,
        sa.Column("id", _number(), nullable=False),
        sa.Column("kind", _choice("kind", *KINDS), nullable=False),
        sa.Column("decision", _choice("decision", "same", "new_version", "keep"), nullable=False),
        sa.Column("by_id", _number(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        *_pair(TABLE),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f(f"fk_{TABLE}_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{TABLE}")),
        sa.UniqueConstraint(
            "first_id", "second_id", "first_version_id", "second_version_id", "kind",
            name="uq_duplicate_decision_once",
        ),
    )  # fmt: skip
    _keep()
    _uploads()


def _uploads() -> None:
    """What comparing one upload found."""
    op.create_table(
        "twin_check",
        sa.Column("import_id", _number(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("rows", _number(), nullable=False),
        sa.Column("left_out", _number(), nullable=False),
        sa.ForeignKeyConstraint(
            ["import_id"], ["question_import.id"], name=op.f("fk_twin_check_import_id")
        ),
        sa.PrimaryKeyConstraint("import_id", name=op.f("pk_twin_check")),
    )
    op.create_table(
        "twin",
        sa.Column("id", _number(), nullable=False),
        sa.Column("import_id", _number(), nullable=False),
        sa.Column("number", _number(), nullable=False),
        sa.Column("other_number", _number(), nullable=True),
        sa.Column("other_version_id", _number(), nullable=True),
        sa.Column("kind", _choice("kind", *KINDS), nullable=False),
        sa.Column("likeness", _number(), nullable=False),
        sa.Column("decision", _choice("rowdecision", "skip", "new_version", "keep"), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(other_number IS NULL) <> (other_version_id IS NULL)", name=op.f("ck_twin_one_other")
        ),
        sa.ForeignKeyConstraint(
            ["import_id"], ["question_import.id"], name=op.f("fk_twin_import_id")
        ),
        sa.ForeignKeyConstraint(
            ["other_version_id"], ["question_version.id"], name=op.f("fk_twin_other_version_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_twin")),
        sa.UniqueConstraint("import_id", "number", "other_number", name="uq_twin_row"),
        sa.UniqueConstraint("import_id", "number", "other_version_id", name="uq_twin_version"),
    )


def _keep() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER append_only_{TABLE}_{verb.lower()} BEFORE {verb} ON {TABLE} "
                f"BEGIN SELECT RAISE(ABORT, '{TABLE} is append-only'); END"
            )
        return
    for verb, each in (("UPDATE", "ROW"), ("DELETE", "ROW"), ("TRUNCATE", "STATEMENT")):
        op.execute(
            f"CREATE TRIGGER append_only_{TABLE}_{verb.lower()} BEFORE {verb} ON {TABLE} "
            f"FOR EACH {each} EXECUTE FUNCTION refuse_change()"
        )


def downgrade() -> None:
    for table in ("twin", "twin_check", TABLE, "duplicate_pair", "duplicate_run"):
        op.drop_table(table)
