"""comments of reviewers, saved filters, the newest version of a question; content stays once it left draft."""

import json

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

# what never changes once a version has left draft; article_id is told apart
CONTENT = (
    "question_id", "number", "type", "stem", "options", "key", "passage", "is_rich", "explanation",
    "topic_id", "difficulty", "pool", "may_shuffle", "basis", "digest", "author_id", "created_at",
    "replaces_id", "key_changed",
)  # fmt: skip
JSON = frozenset({"options", "key"})  # PostgreSQL compares them as text
LISTED = ["is_newest", "topic_id", "type", "difficulty", "pool", "state", "author_id", "import_id",
          "id"]
BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _unescape()
    _tables()
    op.add_column(
        "question_version",
        sa.Column("is_newest", sa.Boolean(), nullable=False, server_default=sa.true()),
    )
    op.execute(
        "UPDATE question_version SET is_newest = (1 = 0) WHERE number < (SELECT max(other.number) "
        "FROM question_version AS other WHERE other.question_id = question_version.question_id)"
    )
    op.create_index("ix_question_version_newest", "question_version", LISTED)
    op.create_index("ix_question_version_import", "question_version", ["import_id"])
    if op.get_bind().dialect.name == "sqlite":
        _sqlite()
    else:
        _postgresql()


def _unescape() -> None:
    """Options written with \\u escapes, so that a search finds their words."""
    version = sa.table("question_version", sa.column("id"), sa.column("options", sa.Text))
    bind = op.get_bind()
    found = bind.execute(
        sa.select(version.c.id, sa.cast(version.c.options, sa.Text)).where(
            sa.cast(version.c.options, sa.Text).contains("\\u", autoescape=True)
        )
    ).all()
    is_json = bind.dialect.name == "postgresql"
    for id_, options in found:
        text = json.dumps(json.loads(options), ensure_ascii=False)
        value = sa.cast(sa.literal(text, sa.Text()), sa.JSON()) if is_json else text
        bind.execute(sa.update(version).where(version.c.id == id_).values(options=value))


def _tables() -> None:
    op.create_table(
        "review_comment",
        sa.Column("id", BIG, nullable=False),
        sa.Column("version_id", BIG, nullable=False),
        sa.Column("line", sa.String(16), nullable=False),
        sa.Column("by_id", BIG, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("text", sa.String(1000), nullable=False),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("resolved_by", BIG, nullable=True),
        sa.CheckConstraint("(resolved_at IS NULL) = (resolved_by IS NULL)",
                           name=op.f("ck_review_comment_resolved")),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_review_comment_by_id")),
        sa.ForeignKeyConstraint(["resolved_by"], ["person.id"],
                                name=op.f("fk_review_comment_resolved_by")),
        sa.ForeignKeyConstraint(["version_id"], ["question_version.id"],
                                name=op.f("fk_review_comment_version_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_comment")),
    )  # fmt: skip
    op.create_index("ix_review_comment_version", "review_comment", ["version_id", "id"])
    op.create_table(
        "saved_filter",
        sa.Column("id", BIG, nullable=False),
        sa.Column("person_id", BIG, nullable=False),
        sa.Column("name", sa.String(32), nullable=False),
        sa.Column("address", sa.String(500), nullable=False),
        sa.Column("is_shared", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"],
                                name=op.f("fk_saved_filter_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_filter")),
        sa.UniqueConstraint("person_id", "name", name="uq_saved_filter_name"),
    )  # fmt: skip


def _sqlite() -> None:
    changed = " OR ".join(f"NEW.{column} IS NOT OLD.{column}" for column in CONTENT)
    moved = "OLD.article_id IS NOT NULL AND NEW.article_id IS NOT OLD.article_id"
    op.execute(
        f"CREATE TRIGGER kept_content BEFORE UPDATE OF {', '.join(CONTENT)}, article_id "
        f"ON question_version WHEN OLD.state <> 'draft' AND ({changed} OR ({moved})) "
        "BEGIN SELECT RAISE(ABORT, 'a version never changes once it has left draft'); END"
    )
    op.execute(
        "CREATE TRIGGER newest_version_insert AFTER INSERT ON question_version "
        "WHEN NEW.number > 1 BEGIN "
        "UPDATE question_version SET is_newest = 0 "
        "WHERE question_id = NEW.question_id AND number < NEW.number AND is_newest = 1; END"
    )
    op.execute(
        "CREATE TRIGGER newest_version_delete AFTER DELETE ON question_version "
        "WHEN OLD.number > 1 BEGIN "
        "UPDATE question_version SET is_newest = 1 WHERE question_id = OLD.question_id AND number = "
        "(SELECT max(number) FROM question_version WHERE question_id = OLD.question_id); END"
    )


def _postgresql() -> None:
    columns = [f"{column}::text" if column in JSON else column for column in CONTENT]
    old, new = (", ".join(f"{row}.{column}" for column in columns) for row in ("OLD", "NEW"))
    moved = "OLD.article_id IS NOT NULL AND NEW.article_id IS DISTINCT FROM OLD.article_id"
    op.execute(
        f"CREATE TRIGGER kept_content BEFORE UPDATE OF {', '.join(CONTENT)}, article_id "
        "ON question_version FOR EACH ROW "
        f"WHEN (OLD.state <> 'draft' AND (({old}) IS DISTINCT FROM ({new}) OR ({moved}))) "
        "EXECUTE FUNCTION refuse_change()"
    )
    op.execute(
        "CREATE FUNCTION newest_version() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "IF TG_OP = 'INSERT' THEN "
        "UPDATE question_version SET is_newest = false "
        "WHERE question_id = NEW.question_id AND number < NEW.number AND is_newest; "
        "ELSE "
        "UPDATE question_version SET is_newest = true WHERE question_id = OLD.question_id "
        "AND number = (SELECT max(number) FROM question_version "
        "WHERE question_id = OLD.question_id); "
        "END IF; RETURN NULL; END $$"
    )
    for verb, row in (("INSERT", "NEW"), ("DELETE", "OLD")):
        op.execute(
            f"CREATE TRIGGER newest_version_{verb.lower()} AFTER {verb} ON question_version "
            f"FOR EACH ROW WHEN ({row}.number > 1) EXECUTE FUNCTION newest_version()"
        )


def downgrade() -> None:
    on = "" if op.get_bind().dialect.name == "sqlite" else " ON question_version"
    for name in ("kept_content", "newest_version_insert", "newest_version_delete"):
        op.execute(f"DROP TRIGGER {name}{on}")
    if on:
        op.execute("DROP FUNCTION newest_version()")
    op.drop_index("ix_question_version_import", "question_version")
    op.drop_index("ix_question_version_newest", "question_version")
    op.execute("ALTER TABLE question_version DROP COLUMN is_newest")
    op.drop_table("saved_filter")
    op.drop_table("review_comment")
