"""The form of a file of questions."""

from __future__ import annotations

from flask_babel import gettext as _
from flask_wtf.file import FileField
from wtforms import TextAreaField
from wtforms.validators import ValidationError

from core.forms import Form, at_most
from core.forms import lazy_gettext as _l

MAX_PASTED = 500_000  # characters; with all forms' 2 MB in bytes far enough


class UploadForm(Form):
    """A file or a pasted text, and perhaps a second file with the answers."""

    file = FileField(_l("题目文件"))
    text = TextAreaField(_l("或者粘贴题目"), [at_most(MAX_PASTED)])
    key = FileField(_l("答案文件"))

    @property
    def is_pasted(self) -> bool:
        """Whether the questions are in the text field."""
        return not self.file.data

    def validate_file(self, field: FileField) -> None:
        """One of the two is needed, and no more than one."""
        has_text = bool((self.text.data or "").strip())
        if not field.data and not has_text:
            raise ValidationError(_("选一个文件，或者粘贴题目"))
        if field.data and has_text:
            raise ValidationError(_("文件和粘贴的题目只能用一样"))
