"""Texts of questions on a page: plain, or in a small markup that can hold nothing dangerous.

Rich text is a few rules of Markdown and nothing else: **bold**, *emphasis*, lists, tables, line
breaks, and pictures of our own, ``![what it shows](media:SHA-256)``. No links, no headings, no HTML.
Stars work beside Chinese punctuation too, where CommonMark would leave them; ``2*3*4`` and ``____``
stay as they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any

import nh3
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from markupsafe import Markup, escape

MEDIA_PATH = "/media"
MEDIA_KIND = "webp"  # all pictures are kept in one form

SHA = re.compile(r"[0-9a-f]{64}")
PICTURE = re.compile(rf"!\[([^\[\]\n]*)\]\(media:({SHA.pattern})\)")
# what stands between stars; a backslash takes the meaning from what follows it
_STRONG = re.compile(r"\*\*(?![\s*])((?:[^*\\]|\\.|\*(?!\*))+?)(?<!\s)\*\*", re.DOTALL)
_EMPHASIS = re.compile(r"\*(?![\s*])((?:[^*\\]|\\.|\*\*[^*]+\*\*)+?)(?<!\s)\*(?!\*)", re.DOTALL)
_WORD = re.compile(r"[0-9A-Za-z]")
_ALIGNED = {"text-align:right": "text-end", "text-align:center": "text-center"}

BLOCK_TAGS = {"p", "ul", "ol", "li", "table", "thead", "tbody", "tr", "th", "td"}
INLINE_TAGS = {"br", "strong", "em", "img"}
ATTRIBUTES = {"img": {"src", "alt"}, "ol": {"start"}, "th": {"class"}, "td": {"class"}}
_OWN_PICTURE = re.compile(rf"{MEDIA_PATH}/{SHA.pattern}\.{MEDIA_KIND}")


def media_url(sha: str) -> str:
    """Where the picture with this digest is served."""
    return f"{MEDIA_PATH}/{sha}.{MEDIA_KIND}"


def picture_markup(alt: str, sha: str) -> str:
    """The markup that shows a picture; what would end it early is taken out of ``alt``."""
    said = " ".join(re.sub(r"[\[\]]", " ", alt).split())
    return f"![{said}](media:{sha})"


def pictures_in(*texts: str) -> list[tuple[str, str]]:
    """(alt, SHA-256) of every picture that rich texts show, in their order."""
    return [(alt.strip(), sha) for text in texts for alt, sha in PICTURE.findall(text)]


# --- the rules that Markdown does not have as we want them ---------------------------


def _stars(state: StateInline, silent: bool) -> bool:
    """Bold and emphasis; a single star inside a word or a calculation is a star."""
    source, at = state.src, state.pos
    if source[at] != "*":
        return False
    found = _STRONG.match(source, at, state.posMax)
    tag = "strong"
    if found is None and not source.startswith("**", at):
        found, tag = _EMPHASIS.match(source, at, state.posMax), "em"
        if found and (_WORD.match(source[at - 1 : at]) or _WORD.match(source, found.end())):
            found = None
    if found is None:
        return False
    if not silent:
        end = state.posMax
        state.push(f"{tag}_open", tag, 1)
        state.pos, state.posMax = found.span(1)
        state.md.inline.tokenize(state)
        state.push(f"{tag}_close", tag, -1)
        state.posMax = end
    state.pos = found.end()
    return True


def _picture(state: StateInline, silent: bool) -> bool:
    """A picture of our own; any other address stays the text that it is."""
    found = PICTURE.match(state.src, state.pos, state.posMax)
    if found is None:
        return False
    if not silent:
        token = state.push("picture", "img", 0)
        token.content = found[1].strip()
        token.meta = {"sha": found[2]}
    state.pos = found.end()
    return True


def _show_picture(
    _self: RendererHTML, tokens: Sequence[Token], at: int, _options: Any, _env: Any
) -> str:
    token = tokens[at]
    return f'<img src="{media_url(token.meta["sha"])}" alt="{escape(token.content)}">'


def _show_break(
    _self: RendererHTML, _tokens: Sequence[Token], _at: int, _options: Any, _env: Any
) -> str:
    return "<br>"


def _show_cell(self: RendererHTML, tokens: Sequence[Token], at: int, options: Any, env: Any) -> str:
    """A cell of a table; its alignment is a class, because nothing here has a style."""
    token = tokens[at]
    aligned = _ALIGNED.get(str(token.attrs.pop("style", "")))
    if aligned:
        token.attrSet("class", aligned)
    return self.renderToken(tokens, at, options, env)


def _markdown() -> MarkdownIt:
    made = MarkdownIt("zero", {"html": False, "breaks": True})
    made.enable(["list", "table", "newline", "escape"])
    made.inline.ruler.after("escape", "stars", _stars)
    made.inline.ruler.after("stars", "picture", _picture)
    made.add_render_rule("picture", _show_picture)
    for name in ("softbreak", "hardbreak"):
        made.add_render_rule(name, _show_break)
    for name in ("th_open", "td_open"):
        made.add_render_rule(name, _show_cell)
    return made


def _attribute(tag: str, name: str, value: str) -> str | None:
    if tag == "img" and name == "src":
        return value if _OWN_PICTURE.fullmatch(value) else None
    if name == "class":
        return value if value in _ALIGNED.values() else None
    return value


def _cleaner(tags: set[str]) -> nh3.Cleaner:
    return nh3.Cleaner(
        tags=tags,
        attributes={tag: names for tag, names in ATTRIBUTES.items() if tag in tags},
        attribute_filter=_attribute,
        url_schemes=set(),
        link_rel=None,
    )


_MARKDOWN = _markdown()
_BLOCKS, _INLINE = _cleaner(BLOCK_TAGS | INLINE_TAGS), _cleaner(INLINE_TAGS)


# --- what others call ------------------------------------------------------------------


@lru_cache(maxsize=4096)
def render(text: str, *, is_rich: bool, inline: bool = False) -> Markup:
    """The text as HTML, safe on any page.

    ``inline``: for places that hold words only, such as a label: no paragraphs, lists or tables.
    A plain text is what was typed, with its line breaks.
    """
    if not is_rich:
        return Markup("<br>").join(text.split("\n"))
    if inline:
        return Markup(_INLINE.clean(_MARKDOWN.renderInline(text)))  # nosec B704 (cleaned)
    # breaks are <br> by now; the lines between blocks would be seen where lines are kept
    return Markup(_BLOCKS.clean(_MARKDOWN.render(text)).replace("\n", ""))  # nosec B704 (cleaned)


def plain(text: str, is_rich: bool) -> str:
    """The text as words alone: for lists, searches and files that carry no markup.

    A row of a table and an item of a list is a line; a picture is what it shows, in brackets.
    """
    if not is_rich:
        return text
    return "\n".join(_lines(_MARKDOWN.parse(text))).strip()


def _lines(tokens: Sequence[Token]) -> Iterator[str]:
    counters: list[int | None] = []  # of the lists around: the next number, None where bullets
    mark, cells = "", []
    for token in tokens:
        if token.type == "ordered_list_open":
            counters.append(int(token.attrs.get("start", 1)))
        elif token.type == "bullet_list_open":
            counters.append(None)
        elif token.type in {"ordered_list_close", "bullet_list_close"}:
            counters.pop()
        elif token.type == "list_item_open":
            number = counters[-1]
            mark = "· " if number is None else f"{number}. "
            counters[-1] = None if number is None else number + 1
        elif token.type in {"th_open", "td_open"}:
            cells.append("")
        elif token.type == "tr_close":
            yield " | ".join(cells)
            cells = []
        elif token.type == "inline" and cells:
            cells[-1] = _words(token)
        elif token.type == "inline":
            yield mark + _words(token)
            mark = ""


def _words(token: Token) -> str:
    said = {"softbreak": "\n", "hardbreak": "\n"}
    return "".join(
        f"[{child.content}]" if child.type == "picture" else said.get(child.type, child.content)
        for child in token.children or ()
    )
