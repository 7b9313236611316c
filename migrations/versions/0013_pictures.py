"""pictures in questions, and which versions show them."""

import sqlalchemy as sa
from alembic import op

import core.db

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "media",
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("mime", sa.String(32), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("width", big, nullable=False),
        sa.Column("height", big, nullable=False),
        sa.Column("alt", sa.String(200), nullable=False),
        sa.Column("uploaded_by", big, nullable=False),
        sa.Column("at", core.db.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["uploaded_by"], ["person.id"], name=op.f("fk_media_uploaded_by")),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_media")),
    )  # fmt: skip
    op.create_table(
        "media_use",
        sa.Column("version_id", big, nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.ForeignKeyConstraint(["sha256"], ["media.sha256"], name=op.f("fk_media_use_sha256")),
        sa.ForeignKeyConstraint(["version_id"], ["question_version.id"], name=op.f("fk_media_use_version_id")),
        sa.PrimaryKeyConstraint("version_id", "sha256", name=op.f("pk_media_use")),
    )  # fmt: skip
    op.create_index("ix_media_use_sha256", "media_use", ["sha256"])


def downgrade() -> None:
    op.drop_table("media_use")
    op.drop_table("media")
