"""Security headers on every answer."""

from __future__ import annotations

from collections.abc import Callable
from wsgiref.headers import Headers

from flask import Flask, Response, request

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; manifest-src 'self'; worker-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)


def security_headers(*, https: bool) -> dict[str, str]:
    """What every answer carries; HSTS only where people reach the site by https."""
    headers = {
        "Content-Security-Policy": CSP,
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    }
    return headers | ({"Strict-Transport-Security": "max-age=31536000"} if https else {})


def for_files(*, https: bool) -> Callable[[Headers, str, str], None]:
    """The same for files that are served before the application is asked."""

    def add(headers: Headers, _path: str, _url: str) -> None:
        for name, value in security_headers(https=https).items():
            headers[name] = value

    return add


def init_app(app: Flask, *, https: bool) -> None:
    """Add the headers; pages are never stored."""

    @app.after_request
    def add(response: Response) -> Response:
        for name, value in security_headers(https=https).items():
            response.headers.setdefault(name, value)
        if request.endpoint not in {"static", "bootstrap.static"}:
            response.headers.setdefault("Cache-Control", "no-store")
        return response
