"""rows of an uploaded question file in a table of their own; how far each upload is."""

import json

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

STATES = ("reading", "ready", "imported", "discarded", "failed", "undone")
VERDICTS = ("good", "doubtful", "refused", "same")
POOLS = ("practice", "exam", "both")
COLUMNS = (
    ("kind", "VARCHAR(8) DEFAULT '' NOT NULL"),
    ("rows_total", "{int}"),
    ("rows_done", "{int} DEFAULT 0 NOT NULL"),
    ("beat_at", "{moment}"),
    ("trouble", "VARCHAR(300) DEFAULT '' NOT NULL"),
    ("notes", "JSON DEFAULT '[]' NOT NULL"),
    ("is_table", "BOOLEAN DEFAULT true NOT NULL"),
    ("sheets", "{int} DEFAULT 1 NOT NULL"),
    *((name, "{int} DEFAULT 0 NOT NULL") for name in VERDICTS),
    ("source", "VARCHAR(100) DEFAULT '' NOT NULL"),
    ("undone_at", "{moment}"),
)


def _check(name: str, column: str, values: tuple[str, ...]) -> str:
    listed = ", ".join(f"'{value}'" for value in values)
    return f"CONSTRAINT {name} CHECK ({column} IN ({listed}))"


GUARDED = (
    ("state", "VARCHAR(32) DEFAULT 'ready' NOT NULL",
     _check("ck_question_import_importstate", "state", STATES)),
    ("pool", "VARCHAR(32)", _check("ck_question_import_pool", "pool", POOLS)),
    ("undone_by", "{int}", "CONSTRAINT fk_question_import_undone_by REFERENCES person (id)"),
)  # fmt: skip


def _id() -> sa.types.TypeEngine:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _one_of(values: tuple[str, ...], name: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, length=32, create_constraint=True)


def upgrade() -> None:
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    words = {
        "int": "INTEGER" if is_sqlite else "BIGINT",
        "moment": "DATETIME" if is_sqlite else "TIMESTAMP WITH TIME ZONE",
    }
    _tables()
    add = "ALTER TABLE question_import ADD COLUMN"
    for name, type_ in COLUMNS:
        op.execute(f"{add} {name} {type_.format(**words)}")
    for name, type_, rule in GUARDED:
        op.execute(f"{add} {name} {type_.format(**words)} {rule}")
    _move_rows_out()
    op.execute("ALTER TABLE question_import DROP COLUMN rows")
    if not is_sqlite:
        for name in (*(name for name, type_ in COLUMNS if "DEFAULT" in type_), "state"):
            op.alter_column("question_import", name, server_default=None)


def _tables() -> None:
    op.create_table(
        "import_row",
        sa.Column("import_id", _id(), autoincrement=False, nullable=False),
        sa.Column("number", _id(), autoincrement=False, nullable=False),
        sa.Column("verdict", _one_of(VERDICTS, "verdict"), nullable=False),
        sa.Column("place_kind", sa.String(length=32), nullable=False),
        sa.Column("place_number", _id(), nullable=False),
        sa.Column("place_id", sa.Text(), nullable=False),
        sa.Column("sheet", sa.Text(), nullable=False),
        sa.Column("type_text", sa.Text(), nullable=False),
        sa.Column("stem", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("given", sa.String(length=64), nullable=False),
        sa.Column("findings", sa.JSON(), nullable=False),
        sa.Column("type", sa.String(length=32), nullable=True),
        sa.Column("options", sa.JSON(), nullable=False),
        sa.Column("key", sa.JSON(), nullable=False),
        sa.Column("passage", sa.Text(), nullable=False),
        sa.Column("is_rich", sa.Boolean(), nullable=False),
        sa.Column("explanation", sa.Text(), nullable=False),
        sa.Column("difficulty", sa.String(length=32), nullable=False),
        sa.Column("pool", sa.String(length=32), nullable=False),
        sa.Column("may_shuffle", sa.Boolean(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=True),
        sa.Column("judged", sa.JSON(), nullable=False),
        sa.Column("basis_taken", sa.Text(), nullable=True),
        sa.Column("article_id", _id(), nullable=True),
        sa.Column("mended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["article_id"], ["article.id"], name="fk_import_row_article_id"),
        sa.ForeignKeyConstraint(
            ["import_id"], ["question_import.id"], name="fk_import_row_import_id"
        ),
        sa.PrimaryKeyConstraint("import_id", "number", name="pk_import_row"),
    )
    op.create_index("ix_import_row_verdict", "import_row", ["import_id", "verdict", "number"])
    op.create_table(
        "import_file",
        sa.Column("import_id", _id(), autoincrement=False, nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("key_name", sa.String(length=200), nullable=False),
        sa.Column("key_data", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["import_id"], ["question_import.id"], name="fk_import_file_import_id"
        ),
        sa.PrimaryKeyConstraint("import_id", name="pk_import_file"),
    )


# --- rows that wait for their preview ---------------------------------------------------

_IMPORT = sa.table(
    "question_import", sa.column("id", sa.Integer), sa.column("rows", sa.JSON),
    sa.column("notes", sa.JSON), sa.column("state", sa.String), sa.column("filename", sa.String),
    sa.column("kind", sa.String), sa.column("rows_done", sa.Integer),
    sa.column("is_table", sa.Boolean), sa.column("sheets", sa.Integer),
    *(sa.column(name, sa.Integer) for name in VERDICTS),
    sa.column("imported_at", sa.DateTime(timezone=True)),
    sa.column("discarded_at", sa.DateTime(timezone=True)),
)  # fmt: skip
_JSON = {"findings", "options", "key", "judged"}
_FLAGS = {"is_rich", "may_shuffle"}
_NAMES = (
    "import_id", "number", "verdict", "place_kind", "place_number", "place_id", "sheet",
    "type_text", "stem", "answer", "code", "topic", "basis", "given", "findings", "type",
    "options", "key", "passage", "is_rich", "explanation", "difficulty", "pool", "may_shuffle",
    "digest", "judged",
)  # fmt: skip
_ROW = sa.table(
    "import_row",
    *(
        sa.column(name, sa.JSON if name in _JSON else sa.Boolean if name in _FLAGS else sa.String)
        for name in _NAMES
        if name not in {"import_id", "number", "place_number"}
    ),
    *(sa.column(name, sa.Integer) for name in ("import_id", "number", "place_number")),
)


def _move_rows_out() -> None:
    bind = op.get_bind()
    for kept in bind.execute(sa.select(_IMPORT)).mappings().all():
        listed = kept["rows"] if isinstance(kept["rows"], list) else json.loads(kept["rows"])
        rows = [
            _row(kept["id"], number, entry)
            for number, entry in enumerate((each for each in listed if "parsed" in each), 1)
        ]
        state = "imported" if kept["imported_at"] else "discarded" if kept["discarded_at"] else "ready"
        if rows and state == "ready":
            bind.execute(sa.insert(_ROW), rows)
        bind.execute(
            sa.update(_IMPORT)
            .where(_IMPORT.c.id == kept["id"])
            .values(
                state=state, kind=kept["filename"].rpartition(".")[2].lower()[:8],
                notes=[each["note"] for each in listed if "note" in each], rows_done=len(rows),
                is_table=all(row["place_kind"] == "row" for row in rows),
                sheets=max(len({row["sheet"] for row in rows}), 1),
                **{name: sum(row["verdict"] == name for row in rows) for name in VERDICTS},
            )
        )  # fmt: skip


def _row(import_id: int, number: int, entry: dict) -> dict:
    parsed, verdict = entry["parsed"], entry["verdict"]
    draft = parsed["draft"] or {}
    place = parsed.get("at") or {
        "kind": "row", "number": parsed["row"], "id": "", "sheet": parsed["sheet"],
    }  # fmt: skip
    own = parsed["findings"]
    said = entry["findings"]
    begins_alike = said[: len(own)] == own
    is_refused = verdict == "refused" and begins_alike
    return {
        "import_id": import_id, "number": number, "verdict": verdict,
        "place_kind": place["kind"], "place_number": place["number"], "place_id": place["id"],
        "sheet": place["sheet"], "type_text": parsed["type_text"], "stem": parsed["stem"],
        "answer": parsed["answer"], "code": parsed["code"], "topic": parsed["topic"],
        "basis": draft.get("basis", ""), "given": ",".join(parsed["given"]),
        # of a row that reading refuses, what is shown is what reading said
        "findings": said if is_refused else own,
        "judged": [] if is_refused else said[len(own) :] if begins_alike else said,
        "type": draft.get("type"), "options": draft.get("options", []), "key": draft.get("key"),
        "passage": draft.get("passage", ""), "is_rich": draft.get("is_rich", False),
        "explanation": draft.get("explanation", ""),
        "difficulty": draft.get("difficulty", "medium"), "pool": draft.get("pool", "both"),
        "may_shuffle": draft.get("may_shuffle", True),
        "digest": None if is_refused or not draft else _digest(draft),
    }  # fmt: skip


def _digest(draft: dict) -> str:
    import hashlib

    parts = [draft["type"], draft["stem"], list(draft["options"]), draft["key"]]
    if draft.get("passage"):
        parts.append(draft["passage"])
    text = json.dumps(parts, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def downgrade() -> None:
    bind = op.get_bind()
    op.execute("ALTER TABLE question_import ADD COLUMN rows JSON DEFAULT '[]' NOT NULL")
    for kept in bind.execute(sa.select(_IMPORT)).mappings().all():
        found = bind.execute(
            sa.select(_ROW).where(_ROW.c.import_id == kept["id"]).order_by(_ROW.c.number)
        ).mappings()
        notes = kept["notes"] if isinstance(kept["notes"], list) else json.loads(kept["notes"])
        rows = [*map(_entry, found), *({"note": note} for note in notes)]
        bind.execute(sa.update(_IMPORT).where(_IMPORT.c.id == kept["id"]).values(rows=rows))
    # an upload that was never read to its end has nothing to show: it counts as given up
    op.execute(
        "UPDATE question_import SET discarded_at = at WHERE state IN ('reading', 'failed')"
    )
    op.drop_table("import_file")
    op.drop_index("ix_import_row_verdict", "import_row")
    op.drop_table("import_row")
    for name, _type in reversed(COLUMNS):
        op.execute(f"ALTER TABLE question_import DROP COLUMN {name}")
    is_sqlite = bind.dialect.name == "sqlite"
    if is_sqlite:
        _forget_rules()
    for name, _type, _rule in GUARDED:
        op.execute(f"ALTER TABLE question_import DROP COLUMN {name}")
    if not is_sqlite:
        op.alter_column("question_import", "rows", server_default=None)


def _forget_rules() -> None:
    """SQLite drops no column that refers to a table: the rules go first, as in 0005."""
    bind = op.get_bind()
    where = "type = 'table' AND name = 'question_import'"
    sql = bind.scalar(sa.text(f"SELECT sql FROM sqlite_master WHERE {where}"))
    for _name, _type, rule in GUARDED:
        if rule not in sql:
            raise RuntimeError(f"question_import is not as expected: {rule}")
        sql = sql.replace(rule, "")
    bind.exec_driver_sql("PRAGMA writable_schema=ON")
    bind.exec_driver_sql(f"UPDATE sqlite_master SET sql = ? WHERE {where}", (sql,))
    bind.exec_driver_sql("PRAGMA writable_schema=RESET")


def _entry(row: dict) -> dict:
    place = {
        "kind": row["place_kind"], "number": row["place_number"], "id": row["place_id"],
        "sheet": row["sheet"],
    }  # fmt: skip
    names = ("type", "stem", "options", "key", "explanation", "difficulty", "pool", "may_shuffle",
             "basis", "passage", "is_rich")  # fmt: skip
    draft = {name: row[name] for name in names} if row["type"] else None
    is_settled = row["judged"] and row["verdict"] in {"same", "refused"}
    return {
        "parsed": {
            "sheet": row["sheet"], "row": row["place_number"], "type_text": row["type_text"],
            "stem": row["stem"], "answer": row["answer"], "code": row["code"],
            "topic": row["topic"], "draft": draft,
            "given": sorted(filter(None, row["given"].split(","))),
            "findings": row["findings"], "at": place,
        },
        "verdict": row["verdict"],
        "findings": row["judged"] if is_settled else [*row["findings"], *row["judged"]],
    }  # fmt: skip
