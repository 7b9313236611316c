"""Check that every Chinese text can be read in English: exit 1 and name each place that cannot.

Texts are Chinese in the source and marked with ``_()`` and its relatives. Checked are

* the English catalogue: nothing missing, empty, fuzzy, or with other placeholders;
* templates: no Chinese outside ``_()`` and ``{% trans %}``;
* views.py, api.py, forms.py: no Chinese string outside ``_()`` but in docstrings.

A text that is the same in every language says so on its line: ``untranslated``, in a comment.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.frontend import parse_keywords, parse_mapping_cfg
from babel.messages.pofile import read_po
from jinja2 import Environment, TemplateSyntaxError, nodes

CATALOGUE = "translations/en/LC_MESSAGES/messages.po"
# `make po` passes the same names to pybabel.
KEYWORDS = ("_l", "lazy_gettext", "lazy_ngettext:1,2", "lazy_pgettext:1c,2")
MARKERS = {"_", *(name.partition(":")[0] for name in (*DEFAULT_KEYWORDS, *KEYWORDS))}
PYTHON_FILES = {"views.py", "api.py", "forms.py"}
ELSEWHERE = {".venv", "benchmarks", "instance", "migrations", "tests", "tools"}
EXCEPTION = "untranslated"
# Chinese characters and the punctuation that belongs to them.
CHINESE = re.compile(r"[\u3001-\u303f\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff01-\uff65]")
PLACEHOLDER = re.compile(r"%\((\w+)\)[#0 +-]*\d*(?:\.\d+)?[a-zA-Z]")


def main() -> int:
    """Print what is wrong, one place a line; 1 if anything is."""
    root = Path.cwd()
    try:
        problems = [
            *catalogue_problems(root),
            *template_problems(root),
            *python_problems(root),
        ]
    except (TemplateSyntaxError, SyntaxError) as error:
        problems = [f"{error.filename}:{error.lineno}: {error}"]
    for problem in problems:
        print(problem)
    if problems:
        print(f"{len(problems)} texts cannot be read in English. `make po` collects new ones.")
    return 1 if problems else 0


# --- the catalogue --------------------------------------------------------------


def catalogue_problems(root: Path) -> Iterator[str]:
    """What the English catalogue lacks of the texts marked in the source."""
    file = root / CATALOGUE
    english = Catalog(locale="en")
    if file.exists():
        with file.open("rb") as stream:
            english = read_po(stream, locale="en")
    for place, text, context in marked_texts(root):
        entry = english.get(text, context)
        where = f"{place}: {first(text)!r}"
        if entry is None:
            yield f"{where} is not in {CATALOGUE}"
        elif fault := entry_fault(entry):
            yield f"{where} {fault} ({CATALOGUE}:{entry.lineno})"


def marked_texts(root: Path) -> Iterator[tuple[str, str | tuple[str, ...], str | None]]:
    """Every text in ``_()`` and its relatives, once, with the first place where it stands."""
    with (root / "babel.cfg").open(encoding="utf-8") as stream:
        methods, options = parse_mapping_cfg(stream)
    keywords = {**DEFAULT_KEYWORDS, **parse_keywords(KEYWORDS)}
    seen = set()
    found = extract_from_dir(root, methods, options, keywords, directory_filter=is_ours)
    for name, line, text, _comments, context in found:
        key = (first(text), context)
        if first(text) and key not in seen:
            seen.add(key)
            yield f"{name}:{line}", text, context


def is_ours(folder: str) -> bool:
    """Whether a folder may hold texts of the product."""
    return Path(folder).name not in ELSEWHERE and not Path(folder).name.startswith(".")


def entry_fault(entry: Message) -> str | None:
    """What is wrong with one translated text, if anything."""
    sources, targets = forms(entry.id), forms(entry.string)
    if not all(targets):
        return "has no English text"
    if entry.fuzzy:
        return "is only guessed (fuzzy)"
    wanted = {name for source in sources for name in PLACEHOLDER.findall(source)}
    for target in targets:
        # A singular may leave the number out: "one question".
        may_lack = {"num"} if entry.pluralizable else set()
        names = set(PLACEHOLDER.findall(target))
        if not wanted - may_lack <= names <= wanted | may_lack:
            return f"has other placeholders in English: {', '.join(sorted(names)) or 'none'}"
        if has_lone_percent(target) and not any(map(has_lone_percent, sources)):
            return "has a lone % in English; write %%"
    return None


def has_lone_percent(text: str) -> bool:
    """Whether formatting the text with its placeholders would stumble over a ``%``."""
    return "%" in PLACEHOLDER.sub("", text.replace("%%", ""))


def forms(text: str | Iterable[str] | None) -> list[str]:
    """A text as a list of its singular and plural forms."""
    return [text] if isinstance(text, str) else list(text or [""])


def first(text: str | tuple[str, ...]) -> str:
    """The text itself, or its singular."""
    return text if isinstance(text, str) else text[0]


# --- Chinese outside _() --------------------------------------------------------


def template_problems(root: Path) -> Iterator[str]:
    """Chinese in templates that no translation reaches."""
    environment = Environment(extensions=["jinja2.ext.i18n", "jinja2.ext.do"], autoescape=True)
    for file in sorted((root / "templates").rglob("*")):
        if file.suffix not in {".html", ".txt", ".xml", ".svg", ".jinja", ".j2"}:
            continue
        source = file.read_text(encoding="utf-8")
        name = str(file.relative_to(root))
        tree = environment.parse(source, name=name, filename=name)
        lines = source.splitlines()
        for line, text in unmarked_in_template(tree):
            if EXCEPTION not in lines[line - 1]:
                yield f"{name}:{line}: {text!r} is outside _()"


def unmarked_in_template(node: nodes.Node) -> Iterator[tuple[int, str]]:
    """Chinese text and string constants below a node, those inside ``_()`` apart."""
    if isinstance(node, nodes.TemplateData):
        for offset, line in enumerate(node.data.split("\n")):
            if CHINESE.search(line):
                yield node.lineno + offset, line.strip()
    elif isinstance(node, nodes.Const):
        if isinstance(node.value, str) and CHINESE.search(node.value):
            yield node.lineno, node.value
    else:
        for child in node.iter_child_nodes():
            if not (is_template_marker(node) and isinstance(child, nodes.Const)):
                yield from unmarked_in_template(child)


def is_template_marker(node: nodes.Node) -> bool:
    """Whether a node is ``_("...")``."""
    return (
        isinstance(node, nodes.Call)
        and isinstance(node.node, nodes.Name)
        and node.node.name in MARKERS
    )


def python_problems(root: Path) -> Iterator[str]:
    """Chinese in what a browser is shown from Python that no translation reaches."""
    for file in sorted(root.rglob("*.py")):
        parts = file.relative_to(root).parts
        if file.name not in PYTHON_FILES or not all(map(is_ours, parts[:-1])):
            continue
        source = file.read_text(encoding="utf-8")
        name = str(file.relative_to(root))
        lines = source.splitlines()
        for node in unmarked_in_python(ast.parse(source, filename=name)):
            if not any(EXCEPTION in line for line in lines[node.lineno - 1 : node.end_lineno]):
                yield f"{name}:{node.lineno}: {node.value!r} is outside _()"


def unmarked_in_python(node: ast.AST) -> Iterator[ast.Constant]:
    """String constants with Chinese below a node; docstrings and those inside ``_()`` apart."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Constant):
            if (
                isinstance(child.value, str)
                and CHINESE.search(child.value)
                and not isinstance(node, ast.Expr)  # a docstring
                and not is_python_marker(node)
            ):
                yield child
        else:
            yield from unmarked_in_python(child)


def is_python_marker(node: ast.AST) -> bool:
    """Whether a node is ``_("...")`` or ``flask_babel.gettext("...")``."""
    if not isinstance(node, ast.Call):
        return False
    function = node.func
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    return name in MARKERS


if __name__ == "__main__":
    sys.exit(main())
