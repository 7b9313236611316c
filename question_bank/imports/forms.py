"""The form of a file of questions."""

from __future__ import annotations

from flask_wtf.file import FileField, FileRequired

from core.forms import Form
from core.forms import lazy_gettext as _l


class UploadForm(Form):
    """A workbook or .csv file."""

    file = FileField(_l("题目文件"), validators=[FileRequired(_l("选一个 .xlsx 或 .csv 文件"))])
