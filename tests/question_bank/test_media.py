"""Pictures: what is taken, what is kept of it, and who sees it."""

from __future__ import annotations

import contextlib
import hashlib
import io
import struct
import zlib
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from accounts.people.models import Person
from core import clock
from core.audit.models import AuditEvent
from core.db import reading, transaction
from core.errors import Invalid
from core.permissions import Role
from question_bank.media.models import Media, MediaUse
from question_bank.media.pictures import remade
from question_bank.media.services import note_uses, upload
from question_bank.questions.models import QuestionVersion
from question_bank.questions.rules import Draft, QuestionType
from question_bank.questions.services import create_draft, save_draft
from quiz.attempts.services import start
from quiz.occasions.models import MultipleRule, ReleaseRule
from quiz.occasions.services import RowSpec, open_occasion
from tests.databases import both_databases
from tests.factories import make_person, make_question, make_topic, sign_in
from tests.statements import counted

BLUE = (11, 79, 138)


def picture(kind: str = "PNG", size: tuple[int, int] = (40, 30), **options: Any) -> bytes:
    """A file of this kind, all blue."""
    out = io.BytesIO()
    Image.new("RGB", size, BLUE).save(out, kind, **options)
    return out.getvalue()


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def bomb(width: int, height: int) -> bytes:
    """A PNG of a few bytes that says it is this large."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 100)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


# --- what is taken ---------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
def test_each_kind_becomes_webp(app: Flask, kind: str) -> None:
    with app.test_request_context():
        kept = remade(picture(kind))
    image = Image.open(io.BytesIO(kept.content))
    assert (image.format, image.size, (kept.width, kept.height)) == ("WEBP", (40, 30), (40, 30))


def test_of_an_animation_the_first_picture_is_kept(app: Flask) -> None:
    frames = [Image.new("RGB", (20, 20), colour) for colour in ("red", "blue")]
    out = io.BytesIO()
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:])
    with app.test_request_context():
        image = Image.open(io.BytesIO(remade(out.getvalue()).content))
    assert getattr(image, "n_frames", 1) == 1
    pixel = image.convert("RGB").getpixel((5, 5))
    assert isinstance(pixel, tuple)
    assert pixel[0] > 200 > pixel[2]


def test_metadata_and_what_was_appended_are_gone_and_the_photo_stands_upright(app: Flask) -> None:
    exif = Image.Exif()
    exif[0x010F] = "SECRET-CAMERA"
    exif[0x0112] = 6  # lies on its side
    jpeg = picture("JPEG", (60, 20), exif=exif) + b"MZ-APPENDED-PROGRAM"
    info = PngImagePlugin.PngInfo()
    info.add_text("Comment", "SECRET-COMMENT")
    with app.test_request_context():
        photo, drawing = remade(jpeg), remade(picture("PNG", pnginfo=info))
    assert (photo.width, photo.height) == (20, 60)
    for content in (photo.content, drawing.content):
        assert b"SECRET" not in content
        assert b"APPENDED" not in content
        assert not Image.open(io.BytesIO(content)).getexif()


def test_a_wide_picture_is_made_smaller(app: Flask) -> None:
    with app.test_request_context():
        kept = remade(picture(size=(3_200, 100)))
    assert (kept.width, kept.height) == (1_600, 50)


SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "没有选择图片"),
        (SVG, "这不是能用的图片"),
        (b"MZ\x90\0" + b"\0" * 500, "这不是能用的图片"),
        (b"%PDF-1.7\n", "这不是能用的图片"),
        (picture("BMP"), "这不是能用的图片"),
        (picture("PNG")[:60], "图片打不开"),
        (picture("JPEG", (400, 400))[:700], "图片打不开"),
        (b"x" * (2 * 1024 * 1024 + 1), "最多 2 MB"),
        (bomb(4_001, 10), "4001×10"),
        (bomb(30_000, 30_000), "图片打不开"),
        (bomb(60_000, 60_000), "图片打不开"),
    ],
    ids=["empty", "svg", "program", "pdf", "bmp", "cut png", "cut jpeg", "large", "wide", "bomb",
         "larger bomb"],
)  # fmt: skip
def test_what_is_no_picture_is_refused_in_a_sentence(app: Flask, data: bytes, said: str) -> None:
    with app.test_request_context(), pytest.raises(Invalid, match=said):
        remade(data)


@settings(max_examples=60)
@given(
    st.sampled_from(["PNG", "JPEG", "WEBP", "GIF"]),
    st.lists(st.tuples(st.integers(0, 2_000), st.integers(0, 255)), min_size=1, max_size=8),
    st.integers(0, 400),
)
def test_a_damaged_file_is_made_anew_or_refused(
    kind: str, changes: list[tuple[int, int]], cut: int
) -> None:
    data = bytearray(picture(kind))
    for at, value in changes:
        data[at % len(data)] = value
    with contextlib.suppress(Invalid):
        remade(bytes(data[: len(data) - cut] if cut < len(data) else data))


def test_a_bomb_within_the_sides_is_not_more_than_its_pixels(app: Flask) -> None:
    """4,000 × 4,000 of one colour: a small file, and 64 MB while it is decoded, no more."""
    data = picture(size=(4_000, 4_000))
    assert len(data) < 200_000
    with app.test_request_context():
        assert remade(data).width == 1_600


# --- what is kept ----------------------------------------------------------------------


@both_databases
def test_the_same_picture_twice_is_one_row(door: Session) -> None:
    author = make_person(door, Role.EDITOR)
    shas = {
        upload(door, data=picture("PNG"), alt=alt, by_id=author.id, now=clock.now())
        for alt in ("蓝色", "一块蓝色")
    }
    row = door.scalars(select(Media)).one()
    assert shas == {row.sha256}
    assert row.sha256 == hashlib.sha256(row.content).hexdigest()
    assert row.alt == "蓝色"


def test_a_picture_needs_words(door: Session) -> None:
    author = make_person(door, Role.EDITOR)
    for alt in ("", "  ", "长" * 201):
        with pytest.raises(Invalid) as refused:
            upload(door, data=picture(), alt=alt, by_id=author.id, now=clock.now())
        assert refused.value.extra["field"] == "alt"


def draft(sha: str, **changes: Any) -> Draft:
    values = {
        "stem": f"见图![蓝色](media:{sha})，（　）。", "options": ("甲", "乙"), "key": [0],
        "is_rich": True, **changes,
    }  # fmt: skip
    return Draft(QuestionType.SINGLE, **values)


@both_databases
def test_uses_follow_the_draft(door: Session) -> None:
    author, topic = make_person(door, Role.EDITOR), make_topic(door)
    one, two = (
        upload(door, data=picture(size=size), alt="蓝色", by_id=author.id, now=clock.now())
        for size in ((10, 10), (20, 20))
    )
    version = create_draft(
        door, draft=draft(one, explanation=f"![同一张](media:{one})![另一张](media:{two})"),
        topic_id=topic.id, author_id=author.id, now=clock.now(),
    )  # fmt: skip
    uses = select(MediaUse.sha256).where(MediaUse.version_id == version.id)
    assert set(door.scalars(uses)) == {one, two}
    save_draft(
        door, version_id=version.id, revision=1, draft=draft(two), topic_id=topic.id,
        editor_id=author.id, now=clock.now(),
    )  # fmt: skip
    assert set(door.scalars(uses)) == {two}


def test_a_question_with_a_picture_that_is_not_there_or_says_nothing_is_refused(
    door: Session,
) -> None:
    author, topic = make_person(door, Role.EDITOR), make_topic(door)
    keep: Any = {"topic_id": topic.id, "author_id": author.id, "now": clock.now()}
    with pytest.raises(Invalid, match="不在题库里"), door.begin_nested():
        create_draft(door, draft=draft("f" * 64), **keep)
    sha = upload(door, data=picture(), alt="蓝色", by_id=author.id, now=clock.now())
    with pytest.raises(Invalid, match="没有说明"):
        create_draft(door, draft=draft(sha, explanation=f"![ ](media:{sha})"), **keep)
    # what is not rich shows no picture, and asks for none
    assert create_draft(door, draft=draft("f" * 64, is_rich=False), **keep).id


# --- who sees it -----------------------------------------------------------------------


def shown_in(session: Session, sha: str, author: Person, sitter: Person | None) -> QuestionVersion:
    """A version that shows the picture, in the pool of an exam that the sitter has begun."""
    version = make_question(
        session, author, make_topic(session), stem=f"![蓝色](media:{sha})（　）", is_rich=True
    )
    note_uses(session, {version.id: draft(sha)})
    now = clock.now()
    occasion = open_occasion(
        session, kind="trial", title="考试", opens_at=now, closes_at=now + timedelta(days=1),
        minutes=60, tries=1, pass_mark=0, multiple_rule=MultipleRule.ALL_OR_NOTHING,
        release_rule=ReleaseRule.BY_HAND, rows=[RowSpec("甲", 1, 1, [version.id])], now=now,
    )  # fmt: skip
    if sitter is not None:
        start(session, occasion_id=occasion.id, person_id=sitter.id, now=now)
    return version


def test_a_picture_is_seen_by_the_bank_and_by_who_met_its_question(app: Flask) -> None:
    with app.app_context(), transaction() as session:
        people = {role: make_person(session, role) for role in Role}
        other = make_person(session, Role.STAFF)
        author = people[Role.EDITOR]
        sha = upload(session, data=picture(), alt="蓝色", by_id=author.id, now=clock.now())
        shown_in(session, sha, author, people[Role.STAFF])
        unused = upload(
            session, data=picture(size=(9, 9)), alt="没用", by_id=author.id, now=clock.now()
        )
    readers = {Role.EDITOR, Role.REVIEWER, Role.OFFICE, Role.AUDITOR}
    for role, person in people.items():
        client = app.test_client()
        sign_in(client, person)
        seen = client.get(f"/media/{sha}.webp").status_code
        assert (seen == 200) == (role in readers | {Role.STAFF}), role
        assert (client.get(f"/media/{unused}.webp").status_code == 200) == (role in readers)
    stranger = app.test_client()
    sign_in(stranger, other)
    assert stranger.get(f"/media/{sha}.webp").status_code == 404
    assert app.test_client().get(f"/media/{sha}.webp").status_code == 302


def test_a_picture_is_served_for_ever_and_asked_for_in_one_statement(app: Flask) -> None:
    with app.app_context(), transaction() as session:
        author, sitter = make_person(session, Role.EDITOR), make_person(session, Role.STAFF)
        sha = upload(session, data=picture(), alt="蓝色", by_id=author.id, now=clock.now())
        shown_in(session, sha, author, sitter)
    client = app.test_client()
    sign_in(client, sitter)
    with counted(app) as statements:
        answer = client.get(f"/media/{sha}.webp")
    assert len([one for one in statements if "media" in one]) == 1
    assert answer.mimetype == "image/webp"
    assert answer.headers["Cache-Control"] == "private, max-age=31536000, immutable"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    again = client.get(f"/media/{sha}.webp", headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304
    for odd in ("f" * 64, "F" * 64, "..", "%00", sha[:-1]):
        assert client.get(f"/media/{odd}.webp").status_code == 404


def test_a_picture_is_uploaded_by_page_and_by_script(app: Flask) -> None:
    with app.app_context(), transaction() as session:
        editor = make_person(session, Role.EDITOR)
    client = app.test_client()
    token = sign_in(client, editor)

    def sent(data: bytes, alt: str) -> dict[str, Any]:
        return {"file": (io.BytesIO(data), "图.png"), "alt": alt, "csrf_token": token}

    page = client.post("/media/new", data=sent(picture(), "蓝色的[图]"))
    assert "![蓝色的 图](media:" in page.text
    assert "这不是能用的图片" in client.post("/media/new", data=sent(SVG, "图")).text
    assert "写一句图片上有什么" in client.post("/media/new", data=sent(picture(), "")).text
    answer = client.post("/api/v1/media", data=sent(picture(), "蓝色"))
    assert answer.status_code == 200
    assert answer.json
    assert answer.json["markup"] == f"![蓝色](media:{answer.json['sha256']})"
    assert client.get(answer.json["url"]).status_code == 200
    refused = client.post("/api/v1/media", data=sent(SVG, "图"))
    assert refused.status_code == 422
    assert refused.json
    assert "PNG" in refused.json["detail"]
    with app.app_context():
        uploads = select(func.count()).where(AuditEvent.action == "media.upload")
        assert reading().scalar(uploads) == 1
