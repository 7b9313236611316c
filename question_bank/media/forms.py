"""The form of a picture."""

from __future__ import annotations

from flask_wtf.file import FileField

from core.forms import Form, TrimmedField
from core.forms import lazy_gettext as _l


class PictureForm(Form):
    """A picture and what it shows; the service says what is wrong with either."""

    file = FileField(_l("图片文件"))
    alt = TrimmedField(_l("图片上有什么"))

    @property
    def bytes(self) -> bytes:
        """What was sent; empty where nothing was."""
        return self.file.data.read() if self.file.data else b""
