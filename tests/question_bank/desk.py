"""An editor at the pages of the import, and a paper to upload."""

from __future__ import annotations

import html
import io
import re
import zipfile
from typing import Any

from flask import Flask
from flask.testing import FlaskClient

from accounts.people.models import Person
from tests.factories import sign_in

PAPER = """政务公开测试题
一、单项选择题（每题2分）
1、答复的期限是（ B ）。
A.十日  B.二十日  C.三十日
2. 由谁负责（　）？
A、甲局
B、乙局
答案：E
二、判断题
3、公开是原则。（√）
三、填空题
4、收到之日起（　）个工作日内答复。
答案：20
四、简答题
5、简述公开的程序。
答案：略
五、单选题
1、答复的期限是（ B ）。
A.十日  B.二十日  C.三十日
"""


def zip_of(members: dict[str, bytes]) -> bytes:
    """A zip with these members."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return buffer.getvalue()


class Desk:
    """An editor at the pages of the import."""

    def __init__(self, app: Flask, person: Person) -> None:
        self.client: FlaskClient = app.test_client()
        self.token = sign_in(self.client, person)

    def send(self, name: str = "", data: bytes = b"", **more: Any) -> Any:
        form = {"csrf_token": self.token, **more}
        if name:
            form["file"] = (io.BytesIO(data), name)
        answer = self.client.post("/questions/imports", data=form)
        answer.request.environ["wsgi.input"].close()  # a large one lies in a file of the client's
        return answer

    def preview(self, name: str = "", data: bytes = b"", **more: Any) -> tuple[str, str]:
        """Address and text of the preview."""
        sent = self.send(name, data, **more)
        assert sent.status_code == 302, html.unescape(re.sub(r"<[^>]+>", "", sent.text))
        return sent.location, html.unescape(self.client.get(sent.location).text)

    def confirm(self, address: str) -> str:
        done = self.client.post(address, data={"csrf_token": self.token, "with_doubtful": "1"})
        return str(self.client.get(done.location).text)
