"""What a browser may send about certificates."""

from __future__ import annotations

from wtforms import DateField

from core.forms import Form, TrimmedField, at_most, required
from core.forms import lazy_gettext as _l


class VerifyForm(Form):
    """The public check: what is printed on the certificate."""

    number = TrimmedField(_l("证书编号"), [required(_l("请填证书编号")), at_most(64)])
    code = TrimmedField(_l("校验码"), [required(_l("请填校验码")), at_most(32)])


class RevokeForm(Form):
    """From when a certificate has no force, and why."""

    effective_on = DateField(_l("从哪一天起无效"), [required(_l("请选日期"))])
    reason = TrimmedField(_l("理由"), [required(_l("请写明理由")), at_most(200)])
