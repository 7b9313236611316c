"""What the pages for signing in may send."""

from __future__ import annotations

from wtforms import HiddenField, PasswordField, StringField

from core.forms import Form, at_most, required
from core.forms import lazy_gettext as _l


class SignInForm(Form):
    """Staff number and password; ``next`` is where the person wanted to go."""

    staff_no = StringField(_l("工号"), [required(_l("工号要填")), at_most(64)])
    password = PasswordField(_l("密码"), [required(_l("密码要填"))])
    next = HiddenField()


class NewPasswordForm(Form):
    """A new password, typed twice."""

    password = PasswordField(_l("新密码"), [required(_l("新密码要填"))])
    again = PasswordField(_l("再输一遍新密码"), [required(_l("新密码要输两遍"))])

    def is_same_twice(self) -> bool:
        """Whether both fields agree; says so beside the second where they do not."""
        if self.password.data == self.again.data:
            return True
        self.refuse("again", str(_l("两遍输的不一样")))
        return False


class ChangePasswordForm(NewPasswordForm):
    """One's own password: the present one first."""

    current = PasswordField(_l("现在的密码"), [required(_l("现在的密码要填"))])


class FirstPasswordForm(NewPasswordForm):
    """Instead of a first password, which was typed a moment ago."""
