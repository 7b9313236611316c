"""Uploaded pictures are never served as they came: looked at by their head, decoded, written anew."""

from __future__ import annotations

import io
import struct
import warnings
import zlib
from dataclasses import dataclass

from flask_babel import gettext as _
from PIL import Image, ImageOps, UnidentifiedImageError

from core.errors import Invalid

MAX_BYTES = 2 * 1024 * 1024
MAX_SIDE = 4_000  # pixels, looked at before anything is decoded: 64 MB as pixels
KEPT_WIDTH = 1_600  # pixels
EXACT_BYTES = 400 * 1024  # drawings and scans stay exact up to so many bytes
QUALITY = 82
MIME = "image/webp"
ORIENTATION = 0x0112  # in the metadata of photos
TURNED = range(5, 9)  # left or right
KINDS = ("PNG", "JPEG", "WEBP", "GIF")

# What the library says of a broken file. It has no class of its own for that.
_BROKEN = (OSError, ValueError, SyntaxError, EOFError, IndexError, KeyError, TypeError, OverflowError,
           MemoryError, struct.error, zlib.error, Image.DecompressionBombError,
           Image.DecompressionBombWarning)  # fmt: skip


@dataclass(frozen=True)
class Picture:
    """A picture as it is kept: WebP without metadata. Width and height in pixels."""

    content: bytes
    width: int
    height: int


def remade(data: bytes) -> Picture:
    """The picture of an uploaded file, made anew from its pixels; of an animation the first.

    Whatever else the file held (place and time of a photo, comments, appended programs) is gone.
    Invalid, with a sentence for the person, where it is too large or no picture at all.
    """
    if not data:
        raise Invalid(_("没有选择图片。请选一张图片再上传。"), field="file")
    if len(data) > MAX_BYTES:
        raise Invalid(
            _("图片有 %(size)s MB，最多 2 MB。请缩小或压缩后再上传。", size=f"{len(data) / 1024 / 1024:.1f}"),
            field="file",
        )  # fmt: skip
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            warnings.filterwarnings("ignore", category=UserWarning)  # remarks on odd files
            return _made(data)
    except UnidentifiedImageError:
        raise Invalid(
            _("这不是能用的图片。请上传 PNG、JPEG、WebP 或 GIF 格式的图片。"), field="file"
        ) from None
    except _BROKEN:
        raise Invalid(
            _("图片打不开，可能已损坏。请用画图等软件另存一次再上传。"), field="file"
        ) from None


def _made(data: bytes) -> Picture:
    with Image.open(io.BytesIO(data), formats=KINDS) as head:  # reads the head, decodes nothing
        width, height = head.size
        is_photo = head.format == "JPEG"
        too_large = max(width, height) > MAX_SIDE
        if not too_large:
            head.verify()
    if too_large:
        raise Invalid(
            _(
                "图片是 %(width)s×%(height)s 像素，每边最多 4000。请缩小后再上传。",
                width=width, height=height,
            ),
            field="file",
        )  # fmt: skip
    with Image.open(io.BytesIO(data), formats=KINDS) as source:
        image = _upright(source)
    image.info.clear()
    content = b"" if is_photo else _written(image, lossless=True)
    if is_photo or len(content) > EXACT_BYTES:
        content = _written(image, lossless=False)
    return Picture(content, image.width, image.height)


def _upright(source: Image.Image) -> Image.Image:
    """The first picture of the file, no wider than it is kept, the way up that its camera noted."""
    has_gaps = source.mode in {"RGBA", "LA", "PA"} or "transparency" in source.info
    mode = "RGBA" if has_gaps else "RGB"
    image = source if source.mode == mode else source.convert(mode)
    is_turned = source.getexif().get(ORIENTATION) in TURNED
    # made smaller before anything else copies it
    image.thumbnail((MAX_SIDE, KEPT_WIDTH) if is_turned else (KEPT_WIDTH, MAX_SIDE))
    return ImageOps.exif_transpose(image)


def _written(image: Image.Image, *, lossless: bool) -> bytes:
    out = io.BytesIO()
    image.save(out, "WEBP", lossless=lossless, quality=QUALITY, method=4)
    return out.getvalue()
