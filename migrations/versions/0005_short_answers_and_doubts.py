"""short answers, passages, rich text; versions whose basis or key is in doubt, and what they replace."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

TYPES = "'single', 'multiple', 'true_false', 'fill_in'"
STATES = "'draft', 'in_review', 'approved', 'returned', 'retired'"
MORE_TYPES = f"{TYPES}, 'short_answer'"
MORE_STATES = "'draft', 'in_review', 'approved', 'needs_review', 'returned', 'retired'"
# table, column, name of its check, values before, values from now on
CHECKS = (
    ("question_version", "state", "versionstate", STATES, MORE_STATES),
    ("question_version", "type", "questiontype", TYPES, MORE_TYPES),
    ("review_event", "from_state", "from_state", STATES, MORE_STATES),
    ("review_event", "to_state", "versionstate", STATES, MORE_STATES),
    ("blueprint_row", "type", "questiontype", TYPES, MORE_TYPES),
)
LIVE = "state IN ('approved', 'needs_review')"
APPROVED = "state = 'approved'"


def upgrade() -> None:
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    for table, column, name, before, after in CHECKS:
        _allow(table, column, name, before, after)
    op.add_column(
        "question_version", sa.Column("passage", sa.Text(), nullable=False, server_default="")
    )
    op.add_column(
        "question_version",
        sa.Column("is_rich", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
    op.add_column("question_version", sa.Column("key_changed", sa.Boolean(), nullable=True))
    if is_sqlite:
        op.execute(
            "ALTER TABLE question_version ADD COLUMN replaces_id INTEGER "
            "CONSTRAINT fk_question_version_replaces_id REFERENCES question_version (id)"
        )
    else:
        op.add_column("question_version", sa.Column("replaces_id", sa.BigInteger(), nullable=True))
        op.create_foreign_key(
            "fk_question_version_replaces_id", "question_version", "question_version",
            ["replaces_id"], ["id"],
        )  # fmt: skip
        op.alter_column("question_version", "passage", server_default=None)
        op.alter_column("question_version", "is_rich", server_default=None)
    op.execute("DROP INDEX uq_question_version_approved")
    op.create_index(
        "uq_question_version_live", "question_version", ["question_id"], unique=True,
        sqlite_where=sa.text(LIVE), postgresql_where=sa.text(LIVE),
    )  # fmt: skip


def downgrade() -> None:
    op.execute("UPDATE question_version SET state = 'retired' WHERE state = 'needs_review'")
    # nobody could mark them any more; their words stay, as drafts nobody can draw
    op.execute(
        "UPDATE question_version SET type = 'fill_in', state = 'retired', key = '[[\"?\"]]' "
        "WHERE type = 'short_answer'"
    )
    op.execute("DELETE FROM blueprint_row WHERE type = 'short_answer'")
    op.execute("DROP INDEX uq_question_version_live")
    op.create_index(
        "uq_question_version_approved", "question_version", ["question_id"], unique=True,
        sqlite_where=sa.text(APPROVED), postgresql_where=sa.text(APPROVED),
    )  # fmt: skip
    if op.get_bind().dialect.name == "sqlite":
        _without_reference()
    else:
        op.drop_column("question_version", "replaces_id")
    for column in ("key_changed", "is_rich", "passage"):
        op.execute(f"ALTER TABLE question_version DROP COLUMN {column}")
    for table, column, name, before, after in CHECKS:
        # history keeps values that a way down no longer knows: only new rows are held to it
        _allow(table, column, name, after, before, suffix=" NOT VALID")


def _without_reference() -> None:
    """SQLite drops no column that refers to a table; the reference goes first."""
    _rewrite(
        "question_version",
        " CONSTRAINT fk_question_version_replaces_id REFERENCES question_version (id)", "",
    )  # fmt: skip
    op.execute("ALTER TABLE question_version DROP COLUMN replaces_id")


def _allow(
    table: str, column: str, name: str, before: str, after: str, *, suffix: str = ""
) -> None:
    """Let a closed list hold other values."""
    if op.get_bind().dialect.name == "sqlite":
        _rewrite(table, f"CHECK ({column} IN ({before}))", f"CHECK ({column} IN ({after}))")
        return
    constraint = f"ck_{table}_{name}"
    op.execute(f"ALTER TABLE {table} DROP CONSTRAINT {constraint}")
    op.execute(
        f"ALTER TABLE {table} ADD CONSTRAINT {constraint} CHECK ({column} IN ({after})){suffix}"
    )


def _rewrite(table: str, before: str, after: str) -> None:
    """Change the words of a table's definition that say nothing of how its rows are stored.

    As sqlite.org/lang_altertable.html describes it: a copy of the table would lose its triggers,
    and could not be dropped while others refer to it.
    """
    bind = op.get_bind()
    sql = bind.scalar(sa.text("SELECT sql FROM sqlite_master WHERE name = :name"), {"name": table})
    if sql is None or before not in sql:
        raise RuntimeError(f"{table} is not as expected: {before}")
    bind.exec_driver_sql("PRAGMA writable_schema=ON")
    bind.exec_driver_sql(
        "UPDATE sqlite_master SET sql = ? WHERE type = 'table' AND name = ?",
        (sql.replace(before, after), table),
    )
    bind.exec_driver_sql("PRAGMA writable_schema=RESET")
