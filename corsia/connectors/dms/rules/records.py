"""The records of a file, one after the other: CSV, XLSX, XML and JSON, each as its cells by name and as it was written.

What a file claims is not believed: no entities, no document types, no cell, record or nesting beyond what is sane.
"""

import csv
import io
import json
from collections.abc import Iterator, Sequence
from typing import Any, Final
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import iterparse

from corsia.connectors.dms.rules.mapping import Format, Table
from corsia.kernel.sheets import XLSX, NotASheet, read_sheet
from corsia.kernel.tables import unguarded

LARGEST_FILE: Final = 1024 * 1024 * 1024 - 1024  # what a row of the database holds
LARGEST_CELL: Final = 100_000  # signs
LARGEST_TREE: Final = 128 * 1024 * 1024  # of a JSON or XLSX, which are read whole
MOST_SHEET_LINES: Final = 200_000
MOST_COLUMNS: Final = 400
DEEPEST: Final = 60  # elements within elements
KEPT_BESIDE: Final = 200  # elements of other parts of an XML, which a path may name
# What the file of rows left out adds. It is a CSV of ours, whatever came in, and is known by them when it comes back.
TABLE, NUMBER, WHY = "corsia_table", "corsia_line", "corsia_why"
OURS: Final = frozenset({TABLE, NUMBER, WHY})

CORRECTED: Final = Format(kind="csv", encoding="utf-8", delimiter=";")

Cells = dict[str, str]


class FileUnreadable(ValueError):
    """The file cannot be read: `why` is a code, `detail` what it found."""

    def __init__(self, why: str, detail: str = "") -> None:
        self.why, self.detail = why, detail
        super().__init__(f"{why} {detail}".strip())


def is_corrected(content: bytes) -> bool:
    """Tell whether a file is one of ours with rows that were left out."""
    first = content[:20_000].partition(b"\n")[0]
    return WHY.encode() in first and TABLE.encode() in first


def header_of(content: bytes, form: Format) -> tuple[str, ...]:
    """Return the names of the columns of a CSV or XLSX; () for other kinds."""
    if is_corrected(content):
        form = CORRECTED
    if form.kind == "csv":
        return tuple(next(iter(_rows(content, form)), []))
    return tuple(read_table(content).header) if form.kind == "xlsx" else ()


def records(content: bytes, form: Format, table: Table, *, place: int) -> Iterator[tuple[int, Cells]]:
    """Yield the number and the cells of each record of a table.

    The number is the line of a spreadsheet, or the record's place among its like in an XML or JSON.

    Args:
        place: of the table in the mapping, from 0: rows that were left out name it.

    Raises:
        FileUnreadable: while reading, where the file is no such file any more.
    """
    if is_corrected(content):
        yield from _corrected(content, place)
    elif form.kind == "csv":
        yield from _flat(_numbered_csv(content, form), table, is_guarded=form.guarded)
    elif form.kind == "xlsx":
        sheet = read_table(content)
        yield from _flat(iter([(1, sheet.header), *sheet.lines]), table)
    elif form.kind == "xml":
        yield from _xml(content, table)
    else:
        yield from _json(content, form, table)


def _corrected(content: bytes, place: int) -> Iterator[tuple[int, Cells]]:
    lines = _numbered_csv(content, CORRECTED)
    header = [name.strip() for name in next(lines)[1]]
    for number, cells in lines:
        record = {name: unguarded(value) for name, value in zip(header, cells, strict=False)}
        if record.get(TABLE, "") == str(place):
            yield number, {name: value for name, value in record.items() if name not in OURS}


def read_table(content: bytes) -> Any:
    """Return the first sheet of an XLSX."""
    try:
        sheet = read_sheet(content, max_bytes=LARGEST_TREE, max_lines=MOST_SHEET_LINES)
    except NotASheet as wrong:
        raise FileUnreadable(wrong.why) from None
    if sheet.encoding != XLSX:
        raise FileUnreadable("binary")
    return sheet


def _rows(content: bytes, form: Format) -> Iterator[list[str]]:
    encoding = "utf-8-sig" if form.encoding.lower().replace("_", "-") in ("utf-8", "utf8") else form.encoding
    text = io.TextIOWrapper(io.BytesIO(content), encoding=encoding, newline="")
    try:
        csv.field_size_limit(LARGEST_CELL)
        yield from csv.reader(text, delimiter=form.delimiter, quotechar=form.quote)
    except UnicodeDecodeError as wrong:
        raise FileUnreadable("encoding", f"0x{wrong.object[wrong.start]:02x}") from None
    except csv.Error as wrong:
        raise FileUnreadable("csv", str(wrong)[:120]) from None


def _numbered_csv(content: bytes, form: Format) -> Iterator[tuple[int, Sequence[str]]]:
    return enumerate(_rows(content, form), start=1)


def _flat(
    lines: Iterator[tuple[int, Sequence[str]]], table: Table, *, is_guarded: bool = False
) -> Iterator[tuple[int, Cells]]:
    header = [name.strip() for name in next(lines, (0, ()))[1]]
    if not header:
        raise FileUnreadable("empty")
    if len(header) > MOST_COLUMNS:
        raise FileUnreadable("columns", str(len(header)))
    missing = [name for name in table.columns if name not in header]
    if missing:
        raise FileUnreadable("column", missing[0])
    for number, cells in lines:
        if any(cells):
            plain = map(unguarded, cells) if is_guarded else cells
            yield number, dict(zip(header, plain, strict=False))


def _xml(content: bytes, table: Table) -> Iterator[tuple[int, Cells]]:
    number, path, stack, tags = 0, list(table.records), list[Element](), list[str]()
    try:
        for event, element in iterparse(io.BytesIO(content), events=("start", "end"), forbid_dtd=True):
            if event == "start":
                stack.append(element)
                tags.append(_tag(element))
                if len(stack) > DEEPEST:
                    raise FileUnreadable("nested")
                continue
            is_record = tags == path
            if is_record:
                number += 1
                yield number, _cells(element, stack[:-1], table.columns)
            is_behind = len(tags) < len(path) and tags == path[: len(tags)]
            stack.pop()
            if stack and (is_record or is_behind or (tags[:2] != path[:2] and len(stack[-1]) > KEPT_BESIDE)):
                element.clear()
                stack[-1].remove(element)
            tags.pop()
    except (ParseError, DefusedXmlException, ValueError, LookupError) as wrong:
        if isinstance(wrong, FileUnreadable):
            raise
        raise FileUnreadable("xml", str(wrong)[:120]) from None


def _tag(element: Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _cells(element: Element, above: Sequence[Element], columns: Sequence[str]) -> Cells:
    found: Cells = {}
    for column in columns:
        here, parts = element, column.split("/")
        height = 0
        while parts and parts[0] == "..":
            height, parts = height + 1, parts[1:]
        if height:
            if height > len(above):
                continue
            here = above[-height]
        found[column] = _value(here, parts)[:LARGEST_CELL]
    return found


def _value(element: Element | None, parts: Sequence[str]) -> str:
    for part in parts:
        if element is None:
            return ""
        if part.startswith("@"):
            return next((value for name, value in element.attrib.items() if name.rpartition("}")[2] == part[1:]), "")
        if part != ".":
            element = next((child for child in element if _tag(child) == part), None)
    return "" if element is None else (element.text or "").strip()


def _json(content: bytes, form: Format, table: Table) -> Iterator[tuple[int, Cells]]:
    if len(content) > LARGEST_TREE:
        raise FileUnreadable("too_large")
    try:
        tree = json.loads(content.decode("utf-8-sig" if form.encoding.lower() in ("utf-8", "utf8") else form.encoding))
    except (ValueError, RecursionError) as wrong:
        raise FileUnreadable("json", str(wrong)[:120]) from None
    for number, above in enumerate(_found(tree, table.records, ()), start=1):
        yield number, {column: _told(above, column.split("/"))[:LARGEST_CELL] for column in table.columns}


def _found(node: Any, path: Sequence[str], above: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    if isinstance(node, list):
        for one in node:
            yield from _found(one, path, above)
    elif not path:
        if isinstance(node, dict):
            yield (*above, node)
    elif isinstance(node, dict) and path[0] in node:
        yield from _found(node[path[0]], path[1:], (*above, node))


def _told(above: tuple[Any, ...], parts: list[str]) -> str:
    height = 1
    while parts and parts[0] == "..":
        height, parts = height + 1, parts[1:]
    node = above[-height] if height <= len(above) else None
    for part in parts:
        node = node.get(part) if isinstance(node, dict) else None
    if isinstance(node, bool):
        return "1" if node else "0"
    return "" if node is None or isinstance(node, dict | list) else str(node).strip()
