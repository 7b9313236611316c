"""Rich text: what its marks become, and that nothing else ever comes out."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from core.richtext import (
    ATTRIBUTES,
    BLOCK_TAGS,
    INLINE_TAGS,
    picture_markup,
    pictures_in,
    plain,
    render,
)

SHA = "0a1b" * 16
IMG = f'<img src="/media/{SHA}.webp" alt="{{}}">'


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("2*3*4", "<p>2*3*4</p>"),
        ("a*b*c", "<p>a*b*c</p>"),
        ("**应当**公开", "<p><strong>应当</strong>公开</p>"),
        # CommonMark leaves these stars, because 《 and ） are punctuation beside a letter
        ("依照**《条例》**公开", "<p>依照<strong>《条例》</strong>公开</p>"),
        ("属于**（二）**的", "<p>属于<strong>（二）</strong>的</p>"),
        ("*不予*公开", "<p><em>不予</em>公开</p>"),
        ("*甲**乙**丙*", "<p><em>甲<strong>乙</strong>丙</em></p>"),
        ("**未完", "<p>**未完</p>"),
        ("** 空格 **", "<p>** 空格 **</p>"),
        (r"\*\*不粗\*\*", "<p>**不粗**</p>"),
        ("应当（　）个工作日", "<p>应当（　）个工作日</p>"),
        ("应当____个工作日，__不是__强调", "<p>应当____个工作日，__不是__强调</p>"),
        ("甲\n乙", "<p>甲<br>乙</p>"),
        ("甲\n\n乙", "<p>甲</p><p>乙</p>"),
        ("- 甲\n- 乙", "<ul><li>甲</li><li>乙</li></ul>"),
        ("3. 丙\n4. 丁", '<ol start="3"><li>丙</li><li>丁</li></ol>'),
        ("1.甲没有空格", "<p>1.甲没有空格</p>"),
        (
            "| 事项 | 期限 |\n|---|--:|\n| 答复 | 20 |",
            "<table><thead><tr><th>事项</th>"
            '<th class="text-end">期限</th></tr></thead><tbody><tr><td>答复</td>'
            '<td class="text-end">20</td></tr></tbody></table>',
        ),
        (f"![流程图](media:{SHA})", f"<p>{IMG.format('流程图')}</p>"),
        # no address but our own, no links, no headings, no code, no HTML
        ("![x](https://evil.example/a.png)", "<p>![x](https://evil.example/a.png)</p>"),
        (f"![x](media:{SHA[:-1]})", f"<p>![x](media:{SHA[:-1]})</p>"),
        ("[条例](javascript:alert(1))", "<p>[条例](javascript:alert(1))</p>"),
        ("<https://evil.example>", "<p>&lt;https://evil.example&gt;</p>"),
        ("# 不是标题", "<p># 不是标题</p>"),
        ("> 不是引文", "<p>&gt; 不是引文</p>"),
        ("    不是代码", "<p>不是代码</p>"),
        ("<b>粗</b>", "<p>&lt;b&gt;粗&lt;/b&gt;</p>"),
        ("&lt;b&gt;", "<p>&amp;lt;b&amp;gt;</p>"),
        (f'![" onerror="x](media:{SHA})', f"<p>{IMG.format('&quot; onerror=&quot;x')}</p>"),
    ],
)
def test_what_the_marks_become(text: str, html: str) -> None:
    assert render(text, is_rich=True) == html


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("2*3*4", "2*3*4"),
        ("**不是粗体**", "**不是粗体**"),
        ("<b>粗</b> & 细", "&lt;b&gt;粗&lt;/b&gt; &amp; 细"),
        ("甲\n乙", "甲<br>乙"),
        (f"![图](media:{SHA})", f"![图](media:{SHA})"),
    ],
)
def test_a_plain_text_is_shown_as_it_was_typed(text: str, html: str) -> None:
    assert render(text, is_rich=False) == html


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("**甲**和*乙*", "<strong>甲</strong>和<em>乙</em>"),
        ("- 甲\n- 乙", "- 甲<br>- 乙"),
        ("| 甲 |\n|---|", "| 甲 |<br>|---|"),
        (f"![图](media:{SHA})", IMG.format("图")),
    ],
)
def test_inline_holds_words_and_pictures_only(text: str, html: str) -> None:
    assert render(text, is_rich=True, inline=True) == html


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("**应当**公开*吗*（　）？", "应当公开吗（　）？"),
        ("甲\n乙\n\n丙", "甲\n乙\n丙"),
        ("1. 甲\n2. 乙\n   - 丙", "1. 甲\n2. 乙\n· 丙"),
        ("| 事项 | 期限 |\n|---|---|\n| 答复 | **20** |", "事项 | 期限\n答复 | 20"),
        (f"见![流程图](media:{SHA})。", "见[流程图]。"),
        (r"2\*3 <b>", "2*3 <b>"),
    ],
)
def test_the_words_of_a_rich_text(text: str, words: str) -> None:
    assert plain(text, True) == words
    assert plain(text, False) == text


def test_pictures_are_found_with_what_they_show() -> None:
    markup = picture_markup("图[一]：\n流程", SHA)
    assert pictures_in("甲", f"乙{markup}", f"![ ](media:{SHA})") == [
        ("图 一 ： 流程", SHA),
        ("", SHA),
    ]
    assert "<img" in render(markup, is_rich=True)


# --- whatever is typed -----------------------------------------------------------------


class Reader(HTMLParser):
    """Fails on any tag or attribute that is not on the list."""

    def __init__(self, tags: set[str]) -> None:
        super().__init__()
        self.tags = tags
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in self.tags, tag
        assert {name for name, _value in attrs} <= ATTRIBUTES.get(tag, set())
        for name, value in attrs:
            if name == "src":
                assert re.fullmatch(r"/media/[0-9a-f]{64}\.webp", value or "")
            if name == "class":
                assert value in {"text-end", "text-center"}

    def handle_decl(self, decl: str) -> None:
        raise AssertionError(decl)

    def handle_comment(self, data: str) -> None:
        raise AssertionError(data)

    def handle_data(self, data: str) -> None:
        self.words.append(data)


pieces = st.sampled_from([
    "*", "**", "|", "\n", "\n\n", "- ", "1. ", "|---|", "![", "](", ")", "]", "(", f"media:{SHA}",
    "media:", "https://evil.example/x.png", "javascript:alert(1)", "<script>", "</script>", "<img src=x onerror=alert(1)>",
    "<style>", "<svg onload=x>", "&lt;", "&#x3c;", "\\", "`", "~~~", "# ", "> ", "    ", "\t", "\x00", "《", "（　）", "____",
    '" onerror="', "'", "甲", "a", "2", "style=", "[x]: javascript:x", "<!--", "-->", "]]>",
])  # fmt: skip
texts = st.lists(st.one_of(pieces, st.text(max_size=4)), max_size=24).map("".join)


@settings(max_examples=300)
@given(texts)
@example("**" * 4000)
@example("*a **b" * 1200)
@example("- " * 4000)
@example("![" * 4000)
@example("| a " * 2000 + "\n" + "|-" * 2000)
def test_nothing_but_the_allowed_ever_comes_out(text: str) -> None:
    for inline, tags in ((False, BLOCK_TAGS | INLINE_TAGS), (True, INLINE_TAGS)):
        reader = Reader(tags)
        reader.feed(render(text, is_rich=True, inline=inline))
        reader.close()
    plain(text, True)


@settings(max_examples=100)
@given(texts)
def test_a_plain_text_has_no_tag_but_its_line_breaks(text: str) -> None:
    reader = Reader({"br"})
    reader.feed(render(text, is_rich=False))
    reader.close()
    assert "".join("".join(reader.words).split()) == "".join(text.split())
