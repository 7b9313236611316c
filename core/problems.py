"""Errors as answers: a page that helps, or an RFC 9457 problem document under /api."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import structlog
from flask import (
    Flask,
    Response,
    current_app,
    g,
    jsonify,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException, SecurityError
from werkzeug.wrappers import Response as BaseResponse

from core import kept as keeping
from core.errors import AppError, Unauthenticated
from core.guards import MustChangePassword, current_viewer
from core.kept import Kept

REDIRECTS = range(300, 400)
OURS = 500  # from here on it is our failure: the page asks nothing of the database

log = structlog.get_logger()


def problem(status: int, code: str, detail: str, **extra: Any) -> Response:
    """A problem document: type, title, status, detail, code, and what else helps a program."""
    body = {"type": f"urn:shanggang:{code}", "title": code, "status": status, "code": code,
            "detail": detail, "request_id": g.get("request_id", ""), **extra}  # fmt: skip
    response = jsonify(body)
    response.status_code = status
    response.mimetype = "application/problem+json"
    return response


def is_api() -> bool:
    """Whether the request wants documents, not pages."""
    return request.path.startswith("/api/")


def page(status: int, title: str, what: str, *, kept: str = "", todo: str = "") -> BaseResponse:
    """An error page that says what happened, what was kept and what to do."""
    if status >= OURS:
        g._login_user = current_app.login_manager.anonymous_user()  # type: ignore[attr-defined]
    html = render_template(
        "_layout/error.html", status=status, title=title, what=what, kept=kept, todo=todo,
        request_id=g.get("request_id", ""), home_url=url_for("home.index"),
    )  # fmt: skip
    return make_response(html, status)


def _titles() -> dict[int, tuple[str, str]]:
    return {
        400: (_("这次请求读不懂"), _("请返回上一页重试。")),
        403: (_("没有权限"), _("如果工作需要，请联系系统管理员。")),
        404: (_("找不到这个页面"), _("请检查网址，或从首页进入。")),
        405: (_("不能这样打开"), _("请从首页进入。")),
        409: (_("情况已经变了"), _("请返回上一页，刷新后再看。")),
        413: (_("文件太大"), _("请拆分后再上传。")),
        422: (_("填写的内容不对"), _("请返回上一页修改。")),
        429: (_("操作太频繁"), _("请稍等片刻再试。")),
        503: (_("系统正在准备"), _("请稍后再试。")),
    }


def offer_sign_in(
    app: Flask,
    sign_in: Callable[[Kept | None, str, int], tuple[str, int]],
    resume: Callable[[Kept, str, int], tuple[str, int]],
) -> None:
    """Register the pages that carry along what was typed: ``sign_in`` before, ``resume`` after."""
    app.extensions["sign_in_page"], app.extensions["resume_page"] = sign_in, resume


def _ask_again(again: Kept | None, why: str, status: int) -> BaseResponse:
    return make_response(*current_app.extensions["sign_in_page"](again, why, status))


def _app_error(error: AppError) -> BaseResponse:
    response = _answer(error)
    if "retry_after" in error.extra:
        response.headers["Retry-After"] = str(error.extra["retry_after"])
    return response


def _answer(error: AppError) -> BaseResponse:
    if is_api():
        return problem(error.status, error.code, str(error.detail), **error.extra)
    if isinstance(error, MustChangePassword):
        return redirect(url_for("accounts.change_password"))
    if isinstance(error, Unauthenticated):
        if request.method in {"GET", "HEAD"}:
            return redirect(url_for("accounts.sign_in", next=request.full_path.rstrip("?")))
        return _ask_again(keeping.from_request(), str(error.detail), error.status)
    title, todo = _titles().get(error.status, (_("没有办成"), _("请返回上一页重试。")))
    return page(error.status, title, str(error.detail), todo=todo)


def _http_error(error: HTTPException) -> BaseResponse:
    status = error.code or 500
    if status in REDIRECTS:
        return make_response(error.get_response())
    title, todo = _titles().get(status, (_("没有办成"), _("请返回上一页重试。")))
    if is_api():
        return problem(status, error.name.lower().replace(" ", "_"), title)
    return page(status, title, "", todo=todo)


def _csrf_error(_error: CSRFError) -> BaseResponse:
    what = _("页面停留太久或来自别处，表单没有提交。")
    if is_api():
        return problem(400, "csrf", what)
    if request.endpoint == "accounts.sign_in" and keeping.is_own_page():
        return _ask_again(keeping.carried(), _("页面停留太久，请再登录一次"), 400)
    again = keeping.from_request()
    if again is None:
        return page(400, _("表单没有提交"), what, todo=_("请返回上一页，刷新后再提交。"))
    if current_viewer() is None:
        return _ask_again(again, _("登录已结束，请重新登录"), 401)
    return make_response(*current_app.extensions["resume_page"](again, what, 400))


def _wrong_host(_error: SecurityError) -> Response:
    """Asked under a foreign name: no page of ours, because its links would lead there."""
    return Response("400 unknown host\n", 400, mimetype="text/plain")


def _crash(error: Exception) -> BaseResponse:
    if current_app.testing:
        raise error
    log.exception("unhandled", error=type(error).__name__)
    what = _("服务器出了错，这次操作没有生效。")
    if is_api():
        return problem(500, "server_error", what)
    return page(
        500, _("服务器出错"), what, todo=_("请稍后再试；如仍不行，请把请求编号告诉系统管理员。")
    )


def init_app(app: Flask) -> None:
    """Register the answers for everything that can go wrong."""
    app.register_error_handler(AppError, _app_error)
    app.register_error_handler(CSRFError, _csrf_error)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(SecurityError, _wrong_host)
    app.register_error_handler(Exception, _crash)
