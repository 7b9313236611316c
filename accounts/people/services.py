"""What is typed for a person, in its stored spelling or refused with a sentence."""

from __future__ import annotations

from flask_babel import gettext as _

from accounts.people.rules import (
    MOBILE_DIGITS,
    NAME_LENGTH,
    PhoneFault,
    normal_name,
    normal_phone,
    phone_fault,
)
from accounts.signin.rules import is_staff_no, normal_staff_no
from core.errors import Invalid


def checked_staff_no(text: str) -> str:
    """A staff number as stored; Invalid with the reason."""
    number = normal_staff_no(text)
    if not number:
        raise Invalid(_("没有工号"), field="staff_no")
    if not is_staff_no(number):
        raise Invalid(
            _("工号只用字母、数字和短横线，2 至 32 位，现在是“%(text)s”", text=number[:40]),
            field="staff_no",
        )
    return number


def checked_name(text: str) -> str:
    """A name as stored; Invalid with the reason."""
    name = normal_name(text)
    if not name:
        raise Invalid(_("没有姓名"), field="name")
    if len(name) > NAME_LENGTH:
        raise Invalid(_("姓名最多 %(n)s 个字", n=NAME_LENGTH), field="name")
    if any(character.isdigit() for character in name):
        raise Invalid(_("姓名里有数字：“%(name)s”", name=name), field="name")
    return name


def checked_phone(text: str) -> str:
    """A phone number as stored, '' where there is none; Invalid with the reason."""
    phone = normal_phone(text)
    fault = phone_fault(phone)
    if fault is PhoneFault.LENGTH:
        raise Invalid(
            _("联系电话应为 %(want)s 位，现在是 %(got)s 位", want=MOBILE_DIGITS, got=len(phone)),
            field="phone",
        )
    if fault is PhoneFault.CHARACTERS:
        raise Invalid(_("联系电话里有数字以外的字"), field="phone")
    if fault is PhoneFault.NUMBER:
        raise Invalid(_("联系电话不是手机号，也不是带区号的固定电话"), field="phone")
    return phone
