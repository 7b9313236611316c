"""Forms of the import."""

from __future__ import annotations

from flask_wtf.file import FileField
from wtforms import BooleanField, HiddenField

from core.forms import Form, required
from core.forms import lazy_gettext as _l


class UploadForm(Form):
    """A workbook to read."""

    file = FileField(_l("名册文件"), [required(_l("请选择文件"))])


class ConfirmForm(Form):
    """What was looked at, and whether doubtful rows are meant."""

    seen = HiddenField()
    with_doubtful = BooleanField(_l("存疑的行我都核对过，一并导入"))
