"""Static files as they go over the wire: copied once with their compressed forms, never stale."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from whitenoise.compress import Compressor


def prepared(sources: Mapping[str, Path], folder: Path) -> Path:
    """A folder inside ``folder`` that holds the sources, each with its .gz and .br beside it.

    ``sources``: place below the web root → file or folder. The folder's name is a digest of what
    is in it, and it appears whole by a rename: workers that start together share it, and changed
    files make a new one.
    """
    files = {
        f"{place}/{file.relative_to(source)}" if source.is_dir() else place: file
        for place, source in sources.items()
        for file in (sorted(source.rglob("*")) if source.is_dir() else [source])
        if file.is_file()
    }
    digest = hashlib.sha256()
    for place, file in files.items():
        digest.update(place.encode() + file.read_bytes())
    target = folder / f"static-{digest.hexdigest()[:16]}"
    if not target.is_dir():
        _build(files, target)
    return target


def _build(files: Mapping[str, Path], target: Path) -> None:
    work = Path(tempfile.mkdtemp(prefix="static-", dir=target.parent))
    compressor = Compressor(use_brotli=True, quiet=True)
    for place, file in files.items():
        copy = work / place
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, copy)
        if compressor.should_compress(copy.name):
            compressor.compress(str(copy))
    work.chmod(0o755)
    try:
        work.rename(target)
    except OSError:  # another worker was first with the same files
        shutil.rmtree(work)
