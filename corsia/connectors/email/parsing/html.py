"""HTML of strangers: a safe copy to show, and its text."""

import html as entities
import re
import secrets
from collections.abc import Iterator

import nh3

# Over these a mail is shown as text: nh3 takes 0.2 s for 1 MB but 77 s for 100,000 nested tags.
MAX_CHARACTERS = 500_000
MAX_TAGS = 5_000
MAX_NESTING = 200
_MAX_ATTRIBUTES = 500  # of one tag: 100,000 attributes take nh3 7 s

_SIMPLE_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9:]*)([^>]*)>")
_OPENING_OR_CLOSING = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9:]*)([^<>]*)")
_QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'")
_ATTRIBUTE_GAP = re.compile(r"[\s/]+")
_VOID = frozenset({
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track",
    "wbr",
})  # fmt: skip
_ENDS_BY_ITSELF = frozenset({"p", "li", "td", "th", "tr", "dt", "dd", "option", "thead", "tbody", "tfoot"})
_DROPPED_CONTENT = frozenset({
    "script", "style", "title", "head", "noscript", "template", "svg", "math", "iframe", "object", "xml",
})  # fmt: skip

_TAGS = frozenset({
    "a", "abbr", "address", "article", "aside", "b", "big", "blockquote", "br", "caption", "center", "cite",
    "code", "col", "colgroup", "dd", "del", "details", "dfn", "div", "dl", "dt", "em", "figcaption", "figure",
    "font", "footer", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "i", "img", "ins", "kbd", "li",
    "main", "mark", "nav", "ol", "p", "pre", "q", "s", "samp", "section", "small", "span", "strike", "strong",
    "sub", "summary", "sup", "table", "tbody", "td", "tfoot", "th", "thead", "time", "tr", "tt", "u", "ul",
    "var", "wbr",
})  # fmt: skip
_ATTRIBUTES = {
    "*": {"style", "dir", "lang", "title", "align"},
    "a": {"href"},
    "img": {"src", "alt", "width", "height"},
    "font": {"color", "face", "size"},
    "table": {"width", "border", "cellpadding", "cellspacing", "bgcolor", "height"},
    "td": {"width", "height", "colspan", "rowspan", "valign", "bgcolor"},
    "th": {"width", "height", "colspan", "rowspan", "valign", "bgcolor"},
    "tr": {"valign", "bgcolor", "height"},
    "col": {"width", "span"},
    "ol": {"start", "type"},
    "ul": {"type"},
    "blockquote": {"type"},
}
# No property that can place content over the page or fetch anything.
_STYLES = frozenset({
    "color", "background-color", "font-family", "font-size", "font-style", "font-weight", "text-align",
    "text-decoration", "text-indent", "text-transform", "line-height", "letter-spacing", "white-space",
    "vertical-align", "width", "height", "max-width", "max-height", "min-width", "padding", "padding-top",
    "padding-right", "padding-bottom", "padding-left", "margin", "margin-top", "margin-right", "margin-bottom",
    "margin-left", "border", "border-top", "border-right", "border-bottom", "border-left", "border-color",
    "border-style", "border-width", "border-collapse", "border-spacing", "border-radius", "direction",
    "list-style-type",
})  # fmt: skip
_FETCHING = re.compile(r"url|image|expression|@|\\|/\*", re.IGNORECASE)


def _shape(source: str) -> tuple[int, int, int]:
    """Return (tags, deepest nesting, most attributes of one tag), without building a tree. Linear in the source."""
    tags = deepest = nesting = widest = 0
    # Tags inside comments count too: that is cheap, and errs on the safe side.
    for match in _OPENING_OR_CLOSING.finditer(source):
        tags += 1
        if tags > MAX_TAGS:
            break
        closing, name, rest = match[1], match[2].lower(), match[3]
        if len(rest) > _MAX_ATTRIBUTES:
            widest = max(widest, len(_ATTRIBUTE_GAP.findall(_QUOTED.sub("", rest))))
        if name in _VOID or name in _ENDS_BY_ITSELF:
            continue
        nesting = max(0, nesting - 1) if closing else nesting + 1
        deepest = max(deepest, nesting)
    return tags, deepest, widest


def is_too_large(source: str) -> bool:
    """Whether this HTML is over the caps and must be shown as text."""
    if len(source) > MAX_CHARACTERS or source.count("<") > 4 * MAX_TAGS:
        return True
    tags, nesting, attributes = _shape(source)
    return tags > MAX_TAGS or nesting > MAX_NESTING or attributes > _MAX_ATTRIBUTES


def clean(source: str) -> str:
    """Return safe HTML, or "" when the source is over the caps.

    Inline images keep `src="cid:..."`. Remote images lose their `src` and carry the address in `data-remote-src`, so
    that nothing is fetched until somebody asks for it.
    """
    if is_too_large(source):
        return ""
    # nh3 cannot rename an attribute, so remote addresses get a scheme nobody can guess, which is renamed afterwards;
    # an address that the renaming missed would have an unknown scheme and stay harmless.
    scheme = f"remote-{secrets.token_hex(8)}:"

    def keep(tag: str, attribute: str, value: str) -> str | None:
        if attribute == "style":
            return None if _FETCHING.search(value) else value
        if attribute == "src":
            lowered = value.strip().lower()
            if lowered.startswith(("cid:", "data:image/png", "data:image/jpeg", "data:image/gif", "data:image/webp")):
                return value.strip()
            return scheme + value.strip() if lowered.startswith(("http:", "https:", "//")) else None
        if attribute == "href":
            return None if value.strip().lower().startswith(("data:", "cid:", "#")) else value
        return value

    safe = nh3.clean(
        source.replace("\x00", ""),
        tags=set(_TAGS),
        clean_content_tags={"script", "style", "title", "noscript", "template"},
        attributes=_ATTRIBUTES,
        attribute_filter=keep,
        url_schemes={"http", "https", "mailto", "tel", "cid", "data"},
        link_rel="noopener noreferrer nofollow",
        set_tag_attribute_values={"a": {"target": "_blank"}},
        filter_style_properties=set(_STYLES),
    )
    return safe.replace(f' src="{scheme}', ' data-remote-src="').strip()


_BREAK_BEFORE = frozenset({
    "div", "p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "table", "tr", "blockquote", "section",
    "article", "header", "footer", "pre", "dl", "dt", "dd", "center", "address", "form", "fieldset",
})  # fmt: skip
_BLANK_BEFORE = frozenset({"p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "table", "dl"})
_SPACE = re.compile(r"[ \t\r\n\f]+")
_END_OF_TAG = re.compile(r"\"[^\"]*\"|'[^']*'|[>]")


def _tokens(source: str) -> Iterator[tuple[str, str, str]]:
    """Yield ("text", text, ""), ("open", name, attributes) and ("close", name, ""). Linear, whatever the source."""
    position, size = 0, len(source)
    # Once a closing mark was searched in vain it is never searched again: "<!--" a million times costs nothing.
    missing: set[str] = set()
    lowered = source.lower()
    while position < size:
        start = source.find("<", position)
        if start < 0:
            yield "text", source[position:], ""
            return
        if start > position:
            yield "text", source[position:start], ""
        if source.startswith("<!--", start) or source.startswith(("<!", "<?"), start):
            mark = "-->" if source.startswith("<!--", start) else ">"
            end = -1 if mark in missing else source.find(mark, start)
            if end < 0:
                missing.add(mark)
                position = start + 2
            else:
                position = end + len(mark)
            continue
        tag = _SIMPLE_TAG.match(source, start) if ">" not in missing else None
        if tag is None:
            if ">" not in missing and source.find(">", start) < 0:
                missing.add(">")
            yield "text", "<", ""
            position = start + 1
            continue
        name, end = tag[2].lower(), tag.end()
        if tag[3].count('"') % 2 or tag[3].count("'") % 2:
            end = _real_end(source, start + 1 + len(tag[1]) + len(tag[2]))
        position = end
        yield ("close" if tag[1] else "open"), name, source[tag.start(3) : end - 1]
        if not tag[1] and name in _DROPPED_CONTENT and not tag[3].endswith("/"):
            mark = f"</{name}"
            close = -1 if mark in missing else lowered.find(mark, end)
            if close < 0:
                missing.add(mark)
            else:
                position = close


def _real_end(source: str, start: int) -> int:
    """Return the end of a tag with a > inside a quoted attribute; looks at 4,000 characters at most."""
    for match in _END_OF_TAG.finditer(source, start, min(len(source), start + 4000)):
        if match[0] == ">":
            return match.end()
    return source.find(">", start) + 1


class _Writer:
    """Collects lines; quote depth becomes leading ">", so that the reply rules see HTML quotes as plain ones."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.current: list[str] = []
        self.depth = 0
        self.preformatted = 0

    def write(self, text: str) -> None:
        if self.preformatted:
            first, *rest = text.replace("\r\n", "\n").split("\n")
            self.current.append(first)
            for line in rest:
                self.end_line()
                self.current.append(line)
            return
        text = _SPACE.sub(" ", text)
        if text.startswith(" ") and (not self.current or self.current[-1].endswith(" ")):
            text = text[1:]
        if text:
            self.current.append(text)

    def end_line(self) -> None:
        line = "".join(self.current).rstrip()
        self.current = []
        self.lines.append(f"{'>' * min(self.depth, 10)} {line}".rstrip() if self.depth else line)

    def leave_quote(self) -> None:
        """End a quote with one blank line of the depth that is left, so that it cannot swallow what follows."""
        if self.lines and not self.lines[-1].strip("> "):
            self.lines.pop()
        if self.lines:
            self.end_line()

    def block(self, *, blank: bool) -> None:
        if "".join(self.current).strip():
            self.end_line()
        self.current = []
        if blank and self.lines and self.lines[-1].strip("> "):
            self.end_line()


def to_text(source: str) -> str:
    """Return the text of an HTML mail: paragraphs as lines, quotes with "> ", links by their words."""
    writer = _Writer()
    for kind, value, attributes in _tokens(source):
        if kind == "text":
            writer.write(entities.unescape(value).replace("\xa0", " ") if "&" in value else value.replace("\xa0", " "))
        elif value == "br":
            writer.end_line()
        elif value == "hr":
            writer.block(blank=False)
            writer.lines.append(("> " if writer.depth else "") + "_" * 32)
        elif value == "blockquote":
            writer.block(blank=kind == "open")
            writer.depth = max(0, writer.depth + (1 if kind == "open" else -1))
            if kind == "close":
                writer.leave_quote()
        elif value == "pre":
            writer.block(blank=False)
            writer.preformatted = max(0, writer.preformatted + (1 if kind == "open" else -1))
        elif value in ("td", "th") and kind == "close":
            writer.write(" ")
        elif value in _BREAK_BEFORE:
            writer.block(blank=value in _BLANK_BEFORE)
            if value == "li" and kind == "open":
                writer.write("- ")
            elif value == "div" and kind == "open" and _STARTS_QUOTE.search(attributes):
                writer.lines.append("_" * 32)
    writer.block(blank=False)
    return re.sub(r"\n{3,}", "\n\n", "\n".join(writer.lines)).strip("\n")


# Containers in which Outlook, Word and iOS put the quoted mail: its header block follows, a ruler makes it sure.
_STARTS_QUOTE = re.compile(
    r"(?:OLK_SRC_BODY_SECTION|divRplyFwdMsg|stopSpelling|"
    r"border-top:\s*solid\s+#?[0-9a-zA-Z]+\s+1\.0pt)",
    re.IGNORECASE,
)
