"""Static files go over the wire compressed, and a changed file is never served stale."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask

from core.assets import prepared


@pytest.mark.parametrize(
    "path",
    ["/static/css/tokens.css", "/static/js/base.js", "/bootstrap/static/css/bootstrap.min.css"],
)
def test_files_are_sent_compressed(app: Flask, path: str) -> None:
    client = app.test_client()
    with client.get(path) as plain:
        size = len(plain.data)
    for coding in ("gzip", "br"):
        with client.get(path, headers={"Accept-Encoding": coding}) as packed:
            assert packed.status_code == 200
            assert packed.headers["Content-Encoding"] == coding
            assert len(packed.data) < size


def test_a_changed_file_makes_a_new_folder(tmp_path: Path) -> None:
    source, folder = tmp_path / "source", tmp_path / "instance"
    source.mkdir()
    folder.mkdir()
    (source / "a.css").write_text("body { color: red }" * 50)
    first = prepared({"static": source}, folder)
    assert prepared({"static": source}, folder) == first
    (source / "a.css").write_text("body { color: blue }" * 50)
    second = prepared({"static": source}, folder)
    assert second != first
    assert (second / "static" / "a.css").read_text().startswith("body { color: blue }")
    assert (second / "static" / "a.css.gz").exists()
