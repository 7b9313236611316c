"""what a law's new version changed, questions whose basis is in doubt, what a frozen pool leaves out."""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
FORMER = "CONSTRAINT fk_law_version_former_id REFERENCES law_version (id)"
KEPT = ("suspension", "pool_exclusion")  # rows are ended, and never deleted


def _list(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)


def upgrade() -> None:
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    if is_sqlite:
        op.execute(f"ALTER TABLE law_version ADD COLUMN former_id INTEGER {FORMER}")
    else:
        op.add_column("law_version", sa.Column("former_id", sa.BigInteger(), nullable=True))
        op.create_foreign_key(
            "fk_law_version_former_id", "law_version", "law_version", ["former_id"], ["id"]
        )
    # versions that are here already are compared by the job laws.take_force
    op.add_column("law_version", sa.Column("compared_at", MOMENT, nullable=True))
    op.add_column("law_version", sa.Column("taken_at", MOMENT, nullable=True))
    op.add_column("article", sa.Column("line_id", NUMBER, nullable=True))
    op.execute("UPDATE article SET line_id = id")
    op.create_index("ix_article_line", "article", ["line_id", "law_version_id"])
    op.add_column(
        "occasion", sa.Column("pool_revision", NUMBER, nullable=False, server_default="0")
    )
    if not is_sqlite:
        op.alter_column("occasion", "pool_revision", server_default=None)
    _may_be_nobody(True)
    _tables()
    for table in KEPT:
        _keep(table, is_sqlite)
    _waiting()


def _waiting() -> None:
    """Questions that are in doubt already, after a way down and up, wait in the list again."""
    version = sa.table("question_version", sa.column("id"), sa.column("article_id"), sa.column("state"))
    columns = ("version_id", "article_id", "reason", "comment", "opened_at")
    suspension = sa.table("suspension", *(sa.column(name) for name in columns))
    reason = sa.case((version.c.article_id.is_(None), "reported"), else_="law_changed")
    op.execute(
        sa.insert(suspension).from_select(
            columns,
            sa.select(
                version.c.id, version.c.article_id, reason, sa.literal(""),
                sa.literal(datetime.now(UTC), MOMENT),
            ).where(version.c.state == "needs_review"),
        )
    )  # fmt: skip


def _tables() -> None:
    op.create_table(
        "article_change",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("law_version_id", NUMBER, nullable=False),
        sa.Column("old_article_id", NUMBER, nullable=True),
        sa.Column("new_article_id", NUMBER, nullable=True),
        sa.Column("kind", _list("kind", "same", "changed", "moved", "new", "deleted"), nullable=False),
        sa.Column("likeness", NUMBER, nullable=False),
        _refers("article_change", "law_version_id", "law_version"),
        _refers("article_change", "old_article_id", "article"),
        _refers("article_change", "new_article_id", "article"),
        sa.PrimaryKeyConstraint("id", name="pk_article_change"),
    )
    op.create_index("ix_article_change_version", "article_change", ["law_version_id"])
    op.create_index("ix_article_change_old", "article_change", ["old_article_id"])
    op.create_table(
        "suspension",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("version_id", NUMBER, nullable=False),
        sa.Column("article_id", NUMBER, nullable=True),
        sa.Column("law_version_id", NUMBER, nullable=True),
        sa.Column("reason", _list("reason", "law_changed", "law_deleted", "reported"), nullable=False),
        sa.Column("comment", sa.String(length=500), nullable=False),
        sa.Column("opened_at", MOMENT, nullable=False),
        sa.Column("opened_by", NUMBER, nullable=True),
        sa.Column("closed_at", MOMENT, nullable=True),
        sa.Column("closed_by", NUMBER, nullable=True),
        sa.Column("outcome", _list("suspensionoutcome", "confirmed", "replaced", "retired"), nullable=True),
        sa.Column("new_version_id", NUMBER, nullable=True),
        _refers("suspension", "version_id", "question_version"),
        _refers("suspension", "article_id", "article"),
        _refers("suspension", "law_version_id", "law_version"),
        _refers("suspension", "opened_by", "person"),
        _refers("suspension", "closed_by", "person"),
        _refers("suspension", "new_version_id", "question_version"),
        sa.PrimaryKeyConstraint("id", name="pk_suspension"),
    )
    op.create_index(
        "uq_suspension_open", "suspension", ["version_id"], unique=True,
        sqlite_where=sa.text("closed_at IS NULL"), postgresql_where=sa.text("closed_at IS NULL"),
    )  # fmt: skip
    op.create_index("ix_suspension_law", "suspension", ["law_version_id"])
    op.create_table(
        "pool_exclusion",
        sa.Column("occasion_id", NUMBER, nullable=False),
        sa.Column("version_id", NUMBER, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("by_id", NUMBER, nullable=True),
        sa.Column("lifted_at", MOMENT, nullable=True),
        sa.Column("lifted_by", NUMBER, nullable=True),
        _refers("pool_exclusion", "occasion_id", "occasion"),
        _refers("pool_exclusion", "version_id", "question_version"),
        _refers("pool_exclusion", "by_id", "person"),
        _refers("pool_exclusion", "lifted_by", "person"),
        sa.PrimaryKeyConstraint("occasion_id", "version_id", name="pk_pool_exclusion"),
    )


def _refers(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=f"fk_{table}_{column}")


def _keep(table: str, is_sqlite: bool) -> None:
    if is_sqlite:
        op.execute(
            f"CREATE TRIGGER kept_{table} BEFORE DELETE ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} is never deleted'); END"
        )
        return
    for verb, each in (("DELETE", "ROW"), ("TRUNCATE", "STATEMENT")):
        op.execute(
            f"CREATE TRIGGER kept_{table}_{verb.lower()} BEFORE {verb} ON {table} "
            f"FOR EACH {each} EXECUTE FUNCTION refuse_change()"
        )


def downgrade() -> None:
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    for table in ("pool_exclusion", "suspension", "article_change"):
        op.drop_table(table)
    _may_be_nobody(False)
    op.drop_index("ix_article_line", "article")
    op.execute("ALTER TABLE occasion DROP COLUMN pool_revision")
    op.execute("ALTER TABLE article DROP COLUMN line_id")
    for column in ("taken_at", "compared_at"):
        op.execute(f"ALTER TABLE law_version DROP COLUMN {column}")
    if is_sqlite:
        _rewrite("law_version", f" {FORMER}", "")
        op.execute("ALTER TABLE law_version DROP COLUMN former_id")
    else:
        op.drop_column("law_version", "former_id")


def _may_be_nobody(allowed: bool) -> None:
    """Whether a step of review may have followed by itself; on the way down the author did it."""
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    if not allowed:
        trigger = "append_only_review_event_update"
        op.execute(f"DROP TRIGGER {trigger}" + ("" if is_sqlite else " ON review_event"))
        op.execute(
            "UPDATE review_event SET by_id = (SELECT author_id FROM question_version "
            "WHERE question_version.id = review_event.version_id) WHERE by_id IS NULL"
        )
        op.execute(
            f"CREATE TRIGGER {trigger} BEFORE UPDATE ON review_event "
            + ("BEGIN SELECT RAISE(ABORT, 'review_event is append-only'); END" if is_sqlite
               else "FOR EACH ROW EXECUTE FUNCTION refuse_change()")
        )  # fmt: skip
    if is_sqlite:
        before, after = "by_id INTEGER NOT NULL", "by_id INTEGER"
        _rewrite("review_event", *((f"{before},", f"{after},") if allowed else (f"{after},", f"{before},")))
        return
    op.execute(f"ALTER TABLE review_event ALTER COLUMN by_id {'DROP' if allowed else 'SET'} NOT NULL")


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
