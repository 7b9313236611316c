"""what is said once for a whole question file; rows that a person leaves out."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

VERDICTS = "'good', 'doubtful', 'refused', 'same'"
MORE_VERDICTS = f"{VERDICTS}, 'dropped'"


def upgrade() -> None:
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    columns = (
        ("topic", "VARCHAR(64) DEFAULT '' NOT NULL"),
        ("pool_is_for_all", "BOOLEAN DEFAULT false NOT NULL"),
        ("dropped", f"{'INTEGER' if is_sqlite else 'BIGINT'} DEFAULT 0 NOT NULL"),
    )
    for name, type_ in columns:
        op.execute(f"ALTER TABLE question_import ADD COLUMN {name} {type_}")
        if not is_sqlite:
            op.alter_column("question_import", name, server_default=None)
    _allow(VERDICTS, MORE_VERDICTS)


def downgrade() -> None:
    # what somebody left out must not go in because the way down forgets it
    op.execute("DELETE FROM import_row WHERE verdict = 'dropped'")
    for name in ("dropped", "pool_is_for_all", "topic"):
        op.execute(f"ALTER TABLE question_import DROP COLUMN {name}")
    _allow(MORE_VERDICTS, VERDICTS)


def _allow(before: str, after: str) -> None:
    """Let the verdict of a row be another; on SQLite as in 0005."""
    bind = op.get_bind()
    if bind.dialect.name != "sqlite":
        op.execute("ALTER TABLE import_row DROP CONSTRAINT ck_import_row_verdict")
        op.execute(
            f"ALTER TABLE import_row ADD CONSTRAINT ck_import_row_verdict CHECK (verdict IN ({after}))"
        )
        return
    old, new = f"CHECK (verdict IN ({before}))", f"CHECK (verdict IN ({after}))"
    where = "type = 'table' AND name = 'import_row'"
    sql = bind.scalar(sa.text(f"SELECT sql FROM sqlite_master WHERE {where}"))
    if sql is None or old not in sql:
        raise RuntimeError(f"import_row is not as expected: {old}")
    bind.exec_driver_sql("PRAGMA writable_schema=ON")
    bind.exec_driver_sql(
        f"UPDATE sqlite_master SET sql = ? WHERE {where}", (sql.replace(old, new),)
    )
    bind.exec_driver_sql("PRAGMA writable_schema=RESET")
