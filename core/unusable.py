"""What is wrong with an uploaded file, as sentences for the person who sent it."""

from __future__ import annotations

from flask_babel import gettext as _

from core.errors import Invalid


def not_what_it_says() -> Invalid:
    """Its content is not what its name says."""
    return Invalid(
        _("文件内容和扩展名不符，没有读取。请用原来的软件重新保存后再上传。"), field="file"
    )


def broken() -> Invalid:
    """It cannot be opened."""
    return Invalid(_("文件已损坏，打不开。请用原来的软件打开并重新保存后再上传。"), field="file")


def protected() -> Invalid:
    """It asks for a password."""
    return Invalid(_("文件加了密码。请去掉密码后再上传。"), field="file")


def too_far_apart() -> Invalid:
    """Its cells span more than a reader should hold."""
    return Invalid(
        _("表格里有内容的单元格相隔太远，没有读取。请删去表格外的内容后再上传。"), field="file"
    )


def too_large_inside(limit: int) -> Invalid:
    """It unpacks to more than ``limit`` bytes."""
    return Invalid(
        _(
            "文件解开后超过 %(limit)s MB，没有读取。请删去多余的工作表和图片后再上传。",
            limit=limit // (1024 * 1024),
        ),
        field="file",
    )


def too_many_marks() -> Invalid:
    """It holds more elements than a reader should keep."""
    return Invalid(_("文件的内容太多，没有读取。请拆分后再上传。"), field="file")


def too_many_members() -> Invalid:
    """It is a zip of more files than a reader should open."""
    return Invalid(_("文件里的部件太多，没有读取。"), field="file")
