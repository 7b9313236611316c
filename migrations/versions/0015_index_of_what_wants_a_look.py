"""rows of uploads are indexed by verdict where it is not good: most are, and are read in order."""

from alembic import op
from sqlalchemy import text

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

COLUMNS = ["import_id", "verdict", "number"]
NOT_GOOD = text("verdict <> 'good'")


def upgrade() -> None:
    op.drop_index("ix_import_row_verdict", "import_row")
    op.create_index(
        "ix_import_row_noted", "import_row", COLUMNS,
        sqlite_where=NOT_GOOD, postgresql_where=NOT_GOOD,
    )  # fmt: skip


def downgrade() -> None:
    op.drop_index("ix_import_row_noted", "import_row")
    op.create_index("ix_import_row_verdict", "import_row", COLUMNS)
