"""What can go wrong, as the person sees it: each error has a status, a stable code and a sentence."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _


class AppError(Exception):
    """An expected refusal. ``detail`` is shown to the person; ``code`` never changes."""

    status = 400
    code = "bad_request"

    def __init__(self, detail: str, *, code: str | None = None, **extra: Any) -> None:
        super().__init__(detail)
        self.detail = detail
        self.code = code or type(self).code
        self.extra = extra


class Invalid(AppError):
    """What was sent breaks a rule; ``field`` in extra names the place where known."""

    status = 422
    code = "invalid"


class NotFound(AppError):
    """There is no such thing, or it is not this viewer's to see."""

    status = 404
    code = "not_found"

    def __init__(self, detail: str = "", **extra: Any) -> None:
        super().__init__(detail or _("找不到这项内容"), **extra)


class Forbidden(AppError):
    """The viewer is known, and may not do this."""

    status = 403
    code = "forbidden"


class Unauthenticated(AppError):
    """Nobody is signed in, or the sign-in has ended."""

    status = 401
    code = "signed_out"


class Conflict(AppError):
    """The state of things does not allow this now."""

    status = 409
    code = "conflict"


class TooMany(AppError):
    """Asked too often; ``retry_after`` in extra says seconds."""

    status = 429
    code = "too_many"
