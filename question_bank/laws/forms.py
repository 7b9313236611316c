"""The form of a law's text, and what changes of articles are called."""

from __future__ import annotations

from flask_wtf.file import FileField, FileRequired
from wtforms import DateField

from core.forms import Form, required
from core.forms import lazy_gettext as _l
from question_bank.laws.comparison import Kind

# What became of an article.
KINDS = {
    Kind.CHANGED: _l("修改"),
    Kind.MOVED: _l("只换条号"),
    Kind.NEW: _l("新增"),
    Kind.DELETED: _l("删去"),
    Kind.SAME: _l("没有变化"),
}


class LawForm(Form):
    """A text and the day from which it is in force."""

    file = FileField(_l("法规文本"), validators=[FileRequired(_l("选一个 .md 或 .txt 文件"))])
    in_force_on = DateField(_l("施行日期"), validators=[required(_l("填施行日期"))])
