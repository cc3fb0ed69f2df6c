"""Markdown to HTML, in one place. Raw HTML stays text, pictures are our own files, and nh3 stands behind it all."""

import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import Final

import nh3
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.token import Token

LONGEST: Final = 40_000
_TAGS: Final = {
    *("p", "br", "h2", "h3", "h4", "strong", "em", "s", "ul", "ol", "li", "blockquote", "code", "pre", "hr"),
    *("a", "img", "table", "thead", "tbody", "tr", "th", "td"),
}
_ATTRIBUTES: Final = {"a": {"href"}, "img": {"src", "alt"}, "ol": {"start"}}
_SCHEMES: Final = {"http", "https", "mailto", "tel"}
_OWN: Final = re.compile(r"(file|article):([A-Za-z0-9_-]{1,80})")
_LINK: Final = re.compile(r"(?:https?://|mailto:|tel:|(?:file|article):[A-Za-z0-9_-])", re.IGNORECASE)

Address = Callable[[str, str], str | None]  # ("file", "7") or ("article", "tagliando") -> where it is, None: nowhere


def nowhere(_kind: str, _name: str) -> None:
    """Lead nowhere: for texts that are shown without their files."""


@cache
def _reader() -> MarkdownIt:
    reader = MarkdownIt("commonmark", {"html": False, "breaks": True, "maxNesting": 20}).enable(
        ["table", "strikethrough"]
    )
    reader.validateLink = _may_link  # type: ignore[method-assign, assignment]
    return reader


def _may_link(address: str) -> bool:
    return _LINK.match(address.strip()) is not None


def to_html(text: str, *, address: Address = nowhere) -> SafeString:
    """Return a text as HTML that is safe to show.

    Args:
        address: where our own files and articles are on the page that shows the text.
    """
    reader = _reader()
    tokens = reader.parse(text[:LONGEST])
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(4, max(2, int(token.tag[1]) + 1))}"
        if token.children:
            token.children = list(_resolved(token.children, address))
    html = nh3.clean(
        reader.renderer.render(tokens, reader.options, {}),
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        url_schemes=_SCHEMES,
        link_rel="noopener noreferrer",
    )
    return mark_safe(html)  # noqa: S308  (nh3 built it)


def _resolved(children: Iterable[Token], address: Address) -> Iterator[Token]:
    """Put in the addresses of our own files and articles; a picture from elsewhere becomes its description."""
    dropped: list[bool] = []
    for token in children:
        if token.type == "image":
            own = _OWN.fullmatch(str(token.attrGet("src")))
            source = address(own[1], own[2]) if own and own[1] == "file" else None
            if source is None:
                yield Token("text", "", 0, content=token.content)
                continue
            token.attrSet("src", source)
        elif token.type == "link_open":
            own = _OWN.fullmatch(str(token.attrGet("href")))
            target = address(own[1], own[2]) if own else str(token.attrGet("href"))
            dropped.append(target is None)
            if target is None:
                continue
            token.attrSet("href", target)
        elif token.type == "link_close" and dropped.pop():
            continue
        yield token


def to_plain(text: str, *, links: bool = False) -> str:
    """Return a text without its marks, paragraph by paragraph: for search, excerpts and replies.

    Args:
        links: write the address behind the words of a link.
    """
    lines: list[str] = []
    numbers: list[int | None] = []
    for token in _reader().parse(text[:LONGEST]):
        if token.type in ("bullet_list_open", "ordered_list_open"):
            numbers.append(int(token.attrGet("start") or 1) if token.type.startswith("ordered") else None)
        elif token.type in ("bullet_list_close", "ordered_list_close"):
            numbers.pop()
            if not numbers:
                lines.append("")
        elif token.type == "list_item_open":
            number = numbers[-1]
            lines.append("  " * (len(numbers) - 1) + ("- " if number is None else f"{number}. "))
            numbers[-1] = None if number is None else number + 1
        elif token.type == "inline":
            _append(lines, _words(token.children or [], links=links), in_list=bool(numbers))
        elif token.type in ("th_close", "td_close"):
            lines[-1:] = [f"{lines[-1]} · "] if lines else []
        elif token.type == "tr_open":
            lines.append("")
        elif token.type == "tr_close" and lines:
            lines[-1] = lines[-1].removesuffix(" · ")
        elif token.type in ("paragraph_close", "heading_close", "table_close") and not numbers:
            lines.append("")
        elif token.type in ("code_block", "fence"):
            lines += [token.content.rstrip(), ""]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def _append(lines: list[str], words: str, *, in_list: bool) -> None:
    """Go on in the line that a list item or a row of a table began, else begin one."""
    if lines and (lines[-1].endswith((" · ", "- ")) or (in_list and lines[-1].endswith(". "))):
        lines[-1] += words
    else:
        lines.append(words)


def _words(children: Iterable[Token], *, links: bool) -> str:
    parts: list[str] = []
    targets: list[str] = []
    for token in children:
        if token.type in ("softbreak", "hardbreak"):
            parts.append("\n")
        elif token.type == "link_open":
            targets.append(str(token.attrGet("href")))
        elif token.type == "link_close":
            target = targets.pop()
            shown = target.removeprefix("mailto:").removeprefix("tel:")
            if links and not _OWN.fullmatch(target) and shown != "".join(parts[-1:]):
                parts.append(f" ({shown})")
        elif token.content:
            parts.append(token.content)
    return "".join(parts)
