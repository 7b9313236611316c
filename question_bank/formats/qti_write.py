"""Writes QTI 2.1 and 3.0: a package with a manifest, or a single item. Pure.

Sources: 1EdTech, Question and Test Interoperability 2.1 and 3.0, information model and bindings.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from question_bank.formats.archives import write_zip
from question_bank.formats.exchange import BLANK, Losses, blanks_fit, unwritable, xml_text
from question_bank.formats.qti_nodes import (
    MANIFESTS,
    NAMESPACES,
    TEMPLATES,
    Node,
    Version,
    lines_of,
    node,
)
from question_bank.formats.reading import ReadQuestion, ReadType, Written
from question_bank.questions.rules import LETTERS, blanks_in

LOM = "http://ltsc.ieee.org/xsd/LOM"
ITEM_FIELDS = frozenset({"explanation", "marks", "code", "passage", "shuffle"})
PACKAGE_FIELDS = ITEM_FIELDS | {"difficulty", "topic", "basis"}
_BLANK_MARK = re.compile(r"[（(][\s\u3000]*[）)]|[_＿]{2,}")
_TRUTHS = ("正确", "错误")


# --- items ---------------------------------------------------------------------------


def write_item(question: ReadQuestion, version: Version = Version.V2_1) -> Written:
    """One question as an item; topic, difficulty and basis stand in a package only."""
    losses = Losses(ITEM_FIELDS)
    why = _why_not(question)
    if why:
        losses.leave_out(1, question, why)
        return Written(b"", tuple(losses.found))
    losses.note(1, question, *_more(question))
    return Written(_item(question, 1, version), tuple(losses.found))


def _why_not(question: ReadQuestion) -> str:
    why = unwritable(question)
    if not why and question.type is ReadType.FILL_IN and not blanks_fit(question):
        why = "blanks"
    return why


def _more(question: ReadQuestion) -> list[str]:
    """Losses that come of the words: signs of blanks, tabs."""
    more = []
    if question.type is ReadType.FILL_IN and blanks_in(question.stem) != question.stem.count(BLANK):
        more.append("blank_marks")
    texts = (question.stem, *question.options, question.explanation, question.passage)
    if any("\t" in text for text in texts):
        more.append("tabs")
    return more


def identifier(question: ReadQuestion, number: int) -> str:
    """A name that XML allows: the question's own where it is one."""
    is_name = re.fullmatch(r"[A-Za-z_][A-Za-z0-9_.-]{0,31}", question.code) is not None
    return question.code if is_name else f"item-{number:05d}"


def _item(question: ReadQuestion, number: int, version: Version) -> bytes:
    declarations, body = _parts(question)
    outcome = node("outcomeDeclaration", identifier="SCORE", cardinality="single", baseType="float")
    if question.marks is not None:
        outcome.attributes["normalMaximum"] = f"{question.marks / 100:g}"
    item_body = node("itemBody")
    if question.passage:
        item_body.children.append(
            Node("div", {"class": "passage"}, [node("p", *lines_of(question.passage))])
        )
    item_body.children += body
    root = node("assessmentItem", identifier=identifier(question, number))
    root.attributes["title"] = (question.code or question.stem[:40]).replace("\n", " ")
    if question.code:
        root.attributes["label"] = question.code
    root.attributes |= {"adaptive": "false", "timeDependent": "false"}
    root.children += [*declarations, outcome]
    if question.explanation:
        root.children.append(
            node(
                "outcomeDeclaration",
                identifier="FEEDBACK",
                cardinality="single",
                baseType="identifier",
            )
        )
    root.children.append(item_body)
    if question.type is not ReadType.SHORT_ANSWER:
        root.children.append(_processing(question, version))
    if question.explanation:
        words = lines_of(question.explanation)
        if version is Version.V3_0:
            words = [node("contentBody", node("p", *words))]
        root.children.append(
            node(
                "modalFeedback",
                *words,
                outcomeIdentifier="FEEDBACK",
                identifier="EXPLANATION",
                showHide="show",
            )
        )
    text = root.xml(version)
    head = root.name if version is Version.V2_1 else "qti-assessment-item"
    text = text.replace(f"<{head}", f'<{head} xmlns="{NAMESPACES[version]}"', 1)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'.encode("utf-8", "replace")


def _processing(question: ReadQuestion, version: Version) -> Node:
    """How other systems mark it: all right or nothing; blanks count one by one."""
    if question.type is not ReadType.FILL_IN:
        return node("responseProcessing", template=TEMPLATES[version])
    marks = [
        node("mapResponse", identifier=f"RESPONSE{at}") for at in range(1, len(question.key) + 1)
    ]
    return node(
        "responseProcessing", node("setOutcomeValue", node("sum", *marks), identifier="SCORE")
    )


def _parts(question: ReadQuestion) -> tuple[list[Node], list[Node | str]]:
    """Declarations of responses, and the body below the passage."""
    if question.type is ReadType.SHORT_ANSWER:
        prompt = node("prompt", *lines_of(question.stem))
        block = node("extendedTextInteraction", prompt, responseIdentifier="RESPONSE")
        body: list[Node | str] = [block]
        if question.key:
            model = node("p", *lines_of(question.key))
            body.append(node("rubricBlock", model, view="scorer"))
        return [_declaration("RESPONSE", "single", "string", [])], body
    if question.type is ReadType.FILL_IN:
        return _blanks(question)
    options: Sequence[str] = question.options
    right = question.key
    if question.type is ReadType.TRUE_FALSE:
        options, right = _TRUTHS, [0 if question.key else 1]
    is_multiple = question.type is ReadType.MULTIPLE
    choices = [
        node("simpleChoice", *lines_of(text), identifier=_choice_id(at))
        for at, text in enumerate(options)
    ]
    may_shuffle = question.may_shuffle and question.type is not ReadType.TRUE_FALSE
    block = node(
        "choiceInteraction", node("prompt", *lines_of(question.stem)), *choices,
        responseIdentifier="RESPONSE", shuffle=str(may_shuffle).lower(),
        maxChoices="0" if is_multiple else "1",
    )  # fmt: skip
    cardinality = "multiple" if is_multiple else "single"
    values = [_choice_id(at) for at in right]
    return [_declaration("RESPONSE", cardinality, "identifier", values)], [block]


def _choice_id(at: int) -> str:
    return LETTERS[at] if at < len(LETTERS) else f"C{at}"


def _declaration(id_: str, cardinality: str, base: str, values: Sequence[str]) -> Node:
    declared = node("responseDeclaration", identifier=id_, cardinality=cardinality, baseType=base)
    if values:
        declared.children.append(
            node("correctResponse", *(node("value", value) for value in values))
        )
    return declared


def _blanks(question: ReadQuestion) -> tuple[list[Node], list[Node | str]]:
    declarations = []
    for at, accepted in enumerate(question.key, start=1):
        declared = _declaration(f"RESPONSE{at}", "single", "string", accepted[:1])
        entries = [node("mapEntry", mapKey=text, mappedValue="1") for text in accepted]
        declared.children.append(node("mapping", *entries, defaultValue="0"))
        declarations.append(declared)
    entry = [
        node("textEntryInteraction", responseIdentifier=f"RESPONSE{at}")
        for at in range(1, len(question.key) + 1)
    ]
    pieces = _BLANK_MARK.split(question.stem)
    if len(pieces) == 1:  # no blank in the words: the field stands below them
        return declarations, [node("p", *lines_of(question.stem)), node("p", entry[0])]
    words: list[Node | str] = lines_of(pieces[0])
    for field, piece in zip(entry, pieces[1:], strict=True):
        words += [field, *lines_of(piece)]
    return declarations, [node("p", *words)]


# --- packages ------------------------------------------------------------------------


def write(questions: Sequence[ReadQuestion], version: Version = Version.V2_1) -> Written:
    """A zip package: an item each, and a manifest with topic, difficulty and basis of each."""
    losses = Losses(PACKAGE_FIELDS)
    members: dict[str, bytes] = {}
    resources = []
    seen: set[str] = set()
    for number, question in enumerate(questions, start=1):
        why = _why_not(question)
        if why:
            losses.leave_out(number, question, why)
            continue
        losses.note(number, question, *_more(question))
        name = f"items/item-{number:05d}.xml"
        members[name] = _item(question, number, version)
        id_ = f"{identifier(question, number)}"
        id_ = f"{id_}-{number}" if id_ in seen else id_
        seen.add(id_)
        resources.append(_resource(question, id_, name, version))
    namespace, _type, schema, number_ = MANIFESTS[version]
    manifest = (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<manifest xmlns="{namespace}" '
        f'identifier="shanggang"><metadata><schema>{schema}</schema>'
        f"<schemaversion>{number_}</schemaversion></metadata><organizations/>"
        f"<resources>\n{''.join(resources)}</resources></manifest>\n"
    )
    data = write_zip({"imsmanifest.xml": manifest.encode("utf-8", "replace"), **members})
    return Written(data, tuple(losses.found))


def _resource(question: ReadQuestion, id_: str, name: str, version: Version) -> str:
    described = ""
    if question.topic:
        described += (
            "<classification><purpose><source>LOMv1.0</source><value>discipline</value></purpose>"
            f"<taxonPath><taxon><entry><string>{xml_text(question.topic)}</string></entry></taxon>"
            "</taxonPath></classification>"
        )
    if question.difficulty:
        value = question.difficulty.value.replace("hard", "difficult")
        described += (
            "<educational><difficulty><source>LOMv1.0</source>"
            f"<value>{value}</value></difficulty></educational>"
        )
    if question.basis:
        described += (
            "<relation><kind><source>LOMv1.0</source><value>isbasedon</value></kind><resource>"
            f"<description><string>{xml_text(question.basis)}</string></description></resource></relation>"
        )
    metadata = f'<metadata><lom xmlns="{LOM}">{described}</lom></metadata>' if described else ""
    return (
        f'<resource identifier="{id_}" type="{MANIFESTS[version][1]}" href="{name}">'
        f'{metadata}<file href="{name}"/></resource>\n'
    )
