"""Opens zip packages and XML with bounds: nothing is unpacked to disk, fetched or expanded."""

from __future__ import annotations

import io
import posixpath
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeAlias
from urllib.parse import unquote

from lxml import etree  # type: ignore[import-untyped]

from question_bank.formats.tables import UnusableFile

MAX_MEMBERS = 25_000  # an item of a package each
MAX_MEMBER = 60 * 1024 * 1024
MAX_UNPACKED = 120 * 1024 * 1024
ENCRYPTED = 1

Element: TypeAlias = Any  # an element of lxml, which publishes no type hints


@contextmanager
def sound_or_unusable() -> Iterator[None]:
    """Whatever a damaged file breaks in a reader is a damaged file."""
    try:
        yield
    except UnusableFile:
        raise
    # NotImplementedError: what zipfile says of a compression or a version that it does not know
    except (etree.LxmlError, RecursionError, zipfile.BadZipFile, zlib.error, NotImplementedError,
            EOFError, OSError, RuntimeError, ValueError, LookupError):  # fmt: skip
        raise UnusableFile("broken") from None


def parse_xml(data: bytes | str) -> Element:
    """The root of an XML text; UnusableFile where it is none, or declares a document type.

    lxml looks at no file or address here, expands no entity, and refuses elements deeper than 256
    and texts over 10 MB.
    """
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False,
        huge_tree=False, remove_comments=True, remove_pis=True,
    )  # fmt: skip
    with sound_or_unusable():
        root = etree.fromstring(data.encode() if isinstance(data, str) else data, parser)
    if root.getroottree().docinfo.internalDTD is not None:
        raise UnusableFile("entities")
    return root


def local(element: Element) -> str:
    """Name of an element without its namespace."""
    return str(element.tag).rpartition("}")[2]


def attribute(element: Element, name: str) -> str:
    """Value of an attribute, in whatever namespace it is; ''."""
    end = "}" + name
    return next(
        (str(value) for key, value in element.items() if key == name or key.endswith(end)), ""
    )


class Archive:
    """A zip held in memory. ``read`` gives one member, counted against what may be unpacked."""

    def __init__(self, data: bytes) -> None:
        with sound_or_unusable():
            self._zip = zipfile.ZipFile(io.BytesIO(data))
            members = self._zip.infolist()
        if len(members) > MAX_MEMBERS:
            raise UnusableFile("too_many_members", max=MAX_MEMBERS)
        if sum(member.file_size for member in members) > MAX_UNPACKED:
            raise UnusableFile("too_large_inside", max=MAX_UNPACKED // 1024 // 1024)
        if any(member.flag_bits & ENCRYPTED for member in members):
            raise UnusableFile("protected")
        self._left = MAX_UNPACKED
        self._members = {posixpath.normpath(member.filename): member for member in members}

    def names(self) -> list[str]:
        """Names of all members, in order."""
        return list(self._members)

    def __contains__(self, name: str) -> bool:
        return posixpath.normpath(name) in self._members

    def read(self, name: str) -> bytes:
        """The bytes of a member; UnusableFile where it is missing, damaged or too large."""
        member = self._members.get(posixpath.normpath(name))
        if member is None:
            raise UnusableFile("broken")
        limit = min(MAX_MEMBER, self._left)
        with sound_or_unusable(), self._zip.open(member) as stream:
            data = stream.read(limit + 1)
        if len(data) > limit:
            raise UnusableFile("too_large_inside", max=MAX_UNPACKED // 1024 // 1024)
        self._left -= len(data)
        return data


def target(base: str, href: str) -> str:
    """The member that a reference from another member names; '' where it leads outside."""
    if "://" in href or href.startswith(("//", "data:", "file:", "\\")):
        return ""
    path = unquote(href.split("#", maxsplit=1)[0])
    joined = path[1:] if path.startswith("/") else posixpath.join(posixpath.dirname(base), path)
    clean = posixpath.normpath(joined)
    return "" if clean.startswith("..") else clean


def write_zip(members: dict[str, bytes]) -> bytes:
    """A zip of these members, the same bytes every time."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            entry = zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, data)
    return buffer.getvalue()
