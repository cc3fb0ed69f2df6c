"""What somebody newly wrote, without what they quote, their signature and their company's legal words.

The rules look at the shape of lines (who quotes, who signs), never at what is said. When in doubt words are kept:
the original is one click away, but an agent who never sees the customer's sentence will not click.
"""

import re
from dataclasses import dataclass

from corsia.connectors.email.parsing import quote_patterns as patterns

MAX_LINES = 5_000  # a longer text is a log or a book; only its beginning can be an answer
_MAX_LINE = 600  # characters of a line that patterns look at

_ZERO_WIDTH = re.compile("[\u200b\u200c\u200e\u200f\u2060\ufeff\u00ad]")
_QUOTE = re.compile(r"^\s{0,3}>")
_BAR_QUOTE = re.compile(r"^\s{0,3}[>|]")
_SIGNATURE_MARK = re.compile(r"^\s{0,2}(?:--|—|––|—\s?—|__)\s*$")
_RULES = frozenset("-_=*~—–#")
_DASHED_NAME = re.compile(r"^\s?[-–—~](?:[^\W\d_][\w.'’]*)(?:\s[^\W\d_][\w.'’]*){0,2}\s*$")
_FENCE = re.compile(r"^\s{0,3}(?:```|~~~)")
_SENTENCE_END = re.compile(r"[.!?…][\"')\]]?(?:\s|$)")
_GREETING = re.compile(r"^\W*[^\W\d]+(?:\s+[^\W\d]+){0,3}\W*$")
_HISTORY_BELOW = re.compile(r"aka\.ms/|outlook", re.IGNORECASE)


@dataclass(slots=True)
class _Line:
    text: str
    kind: (
        str  # "text", "empty", "quote", "said" (the line above a quote), "mark" (signature), "app" (phone's signature)
    )


def _is_ruler(line: str) -> bool:
    """Whether a line is only drawn: ----, ____, * * *. No pattern, because all patterns for this backtrack."""
    drawn = "".join(line[:_MAX_LINE].lstrip(" \t>").split())
    return len(drawn) >= 3 and _RULES.issuperset(drawn)


def _is_attribution(line: str) -> bool:
    """Whether one (joined) line is what programs put above a quote: who wrote it and when."""
    stripped = line.strip(" \t*_").lstrip("> ")
    if len(stripped) > 420 or len(stripped) < 8:
        return False
    if stripped[-1] not in ":：>-" and not patterns.WROTE_AT_END.search(stripped[-40:]):
        return False  # first of all because nearly every line ends here, and the other patterns cost more
    email, when = patterns.EMAIL.search(stripped), patterns.WHEN.search(stripped)
    if stripped.startswith("--") and stripped.endswith("--"):  # Zoho: "---- On ... wrote ----"
        return bool(patterns.WROTE.search(stripped) and (email or when))
    dated = bool(when and patterns.OPENER.match(stripped))
    if dated and (stripped[-1] in ":：" or stripped[0].isdigit()) and patterns.ENDS_WITH_ADDRESS.search(stripped):
        return True  # nobody needs to have "written": the date first and the address last is a program's line
    if email and stripped[-1] in ":：" and patterns.QUOTING.match(stripped):
        return True
    verb = patterns.WROTE.search(stripped)
    if not verb or not patterns.WROTE_AT_END.search(stripped[-40:]):
        return False
    # People write "Il 5 marzo ha scritto:" too; a year or a time of day is what programs add.
    if dated and when and when.start() < verb.start() and patterns.YEAR_OR_TIME.search(stripped[: verb.start()]):
        return True
    if stripped[-1] in ":：" and len(stripped[: verb.start()].split()) <= 4:
        # "Mario Rossi ha scritto il 05/02/2024 10:32:" needs the time of day: people write dates, programs both.
        after = stripped[verb.end() :]
        if patterns.WHEN.search(after) and patterns.TIME_OF_DAY.search(after):
            return True
    # Or the name and address first, and the date, if any, last, as German Google writes it.
    return bool(
        email and email.start() < 120 and stripped[-1] in ":：" and not re.search(r"[.!?]\s", stripped[: email.start()])
    )


def _starts_with_date(line: str) -> bool:
    when = patterns.WHEN.search(line)
    return bool(when and when.start() < 40 and patterns.OPENER.match(line))


def _attribution_length(lines: list[str], start: int) -> int:
    """Return over how many lines an attribution beginning at `start` is wrapped; 0 when there is none."""
    first = lines[start].strip()
    if (
        not first
        or _QUOTE.match(lines[start])
        or not (
            "@" in first or patterns.OPENER.match(first) or (first[-1] in ":：" and patterns.WROTE.search(first[:200]))
        )
    ):
        return 0
    joined, blanks = "", 0
    for length in range(1, 7):
        if start + length > len(lines):
            return 0
        line = lines[start + length - 1].strip()
        if not line:
            # Some programs put an empty line before a wrapped "<address>".
            following = lines[start + length].strip() if start + length < len(lines) else ""
            blanks += 1
            if blanks > 1 or not following.startswith("<"):
                return 0
            continue
        if length > 1 and (_QUOTE.match(line) and not re.match(r">\s*\S*\s*[:：]\s*$", line)):
            return 0
        joined = f"{joined} {line}".strip()
        if len(joined) > 420:
            return 0
        if _is_attribution(joined):
            # "to test this in 2 weeks." above "Op 16 aug. ... schreef:" is a sentence, not the start of it.
            inner = length > 1 and any(
                _starts_with_date(lines[later]) and _attribution_length(lines, later)
                for later in range(start + 1, start + length)
            )
            return 0 if inner else length
    return 0


def _header_block_length(lines: list[str], start: int) -> int:
    """Return the number of lines of a "From: Sent: To: Subject:" block beginning at `start`; 0 when there is none.

    Three fields make a block, one of them the sender, with a subject or an address: fewer are somebody's words
    ("Da: Milano, A: Roma, Data: 12 maggio" is a customer who wants a car).
    """
    if not patterns.HEADER_OTHER.match(lines[start][:_MAX_LINE]):
        return 0
    fields, senders, position, gap, certain = 0, 0, start, 0, False
    while position < len(lines) and position < start + 16:
        line = lines[position][:_MAX_LINE]
        if patterns.HEADER_OTHER.match(line):
            fields += 1
            senders += bool(patterns.HEADER_FROM.match(line))
            certain = certain or "@" in line or bool(patterns.HEADER_SUBJECT.match(line))
            gap = 0
        elif not line.strip():
            gap += 1
            if gap > 1:
                break
        elif gap or fields >= 4:
            break
        position += 1
    return position - start - gap if fields >= 3 and senders and certain else 0


def _is_app_signature(line: str) -> bool:
    if len(line) > 300 or not line.strip():
        return False
    return bool(
        patterns.APP_SIGNATURE.match(line)
        or patterns.REVERSED_SIGNATURE.match(line)
        or patterns.GET_THE_APP.match(line)
        or (len(line) < 60 and patterns.SHORT_SIGNATURE.match(line))
    )


def _says_something(lines: list[str]) -> bool:
    """Whether a line holds a sentence: three words or more, and a full stop."""
    return any(len(piece.split()) >= 3 for line in lines for piece in _SENTENCE_END.split(line[:_MAX_LINE])[:-1])


def _is_signature_like(lines: list[str]) -> bool:
    """Whether these last lines look signed rather than said: few, short, without a sentence."""
    filled = [line for line in lines if line.strip() and not _is_ruler(line)]
    return len(filled) <= 12 and not _says_something(filled) and all(len(line) < 100 for line in filled)


def _classify(lines: list[str]) -> tuple[list[_Line], int]:
    """Return the lines with their kinds, and where a quoted mail begins that nothing marks as quote (or the end)."""
    classified: list[_Line] = []
    position, fenced, any_text = 0, False, False
    while position < len(lines):
        line = lines[position]
        look = line[:_MAX_LINE]
        if _FENCE.match(look):
            fenced = not fenced
        if fenced:  # code that somebody pasted: "# On ... wrote" in it means nothing
            classified.append(_Line(line, "text"))
        elif not line.strip():
            classified.append(_Line("", "empty"))
        elif _QUOTE.match(look):
            classified.append(_Line(line, "quote"))
        elif patterns.TITLE.match(look) or patterns.BARE_TITLE.match(look) or _header_block_length(lines, position):
            if any_text:
                return classified, len(classified)
            classified.append(_Line(line, "text"))
        elif length := _attribution_length(lines, position):
            classified += [_Line(part, "said") for part in lines[position : position + length]]
            position += length
            continue
        elif _SIGNATURE_MARK.match(look):
            classified.append(_Line(line, "mark"))
        elif _is_app_signature(look):
            classified.append(_Line(line, "app"))
            # Outlook's phones put the quoted mail below their signature without any mark.
            if any_text and ("aka.ms/" in look.lower() and "outlook" in look.lower()):
                return classified, len(classified)
        else:
            classified.append(_Line(line, "text"))
            any_text = True
        position += 1
    return classified, len(classified)


def _next_filled(lines: list[_Line], start: int) -> int:
    while start < len(lines) and lines[start].kind == "empty":
        start += 1
    return start


def _mark_wrapped_quotes(lines: list[_Line]) -> None:
    """A single unmarked line between two quoted ones, the first of which is long, is a quote broken by wrapping."""
    for before, line, after in zip(lines, lines[1:], lines[2:], strict=False):
        if line.kind == "text" and before.kind == after.kind == "quote" and len(before.text) > 60:
            line.kind = "quote"


def _cut_at_attribution(lines: list[_Line]) -> list[_Line]:
    """Remove quotes that are announced: the rest of the mail, or only the quoted lines when words follow them."""
    said = next((position for position, line in enumerate(lines) if line.kind == "said"), None)
    if said is None:
        return lines
    end = said
    while end < len(lines) and lines[end].kind == "said":
        end += 1
    words_above = any(line.kind == "text" for line in lines[:said])
    following = _next_filled(lines, end)
    for line in lines[end:]:  # Discourse and others quote with a bar; below an attribution it is no table
        if line.kind == "text" and _BAR_QUOTE.match(line.text):
            line.kind = "quote"
    quoted = following < len(lines) and lines[following].kind == "quote"
    if words_above and not quoted:
        return lines[:said]
    _mark_wrapped_quotes(lines)
    tail = [line for line in lines[end:] if line.kind in ("text", "empty", "mark", "app")]
    spoken = [line.text for line in tail if line.kind == "text"]
    if quoted and words_above:
        above = [line.text for line in lines[:said] if line.kind == "text"]
        only_greeting = len(above) == 1 and len(above[0]) < 40 and _GREETING.match(above[0])
        if not spoken or (not only_greeting and _is_signature_like(_until_mark(tail))):
            return lines[:said]
    return (
        [line for line in lines if line.kind not in ("said", "quote")]
        if quoted
        else [*lines[:said], *_cut_at_attribution(lines[end:])]
    )


def _until_mark(lines: list[_Line]) -> list[str]:
    kept: list[str] = []
    for line in lines:
        if line.kind == "mark":
            break
        kept.append(line.text)
    return kept


def _cut_at_signature(lines: list[_Line]) -> list[_Line]:
    any_text = False
    for position, line in enumerate(lines):
        if line.kind == "mark" and any_text:
            return lines[:position]
        # A ruler is a signature's only when what follows is signed, not said: people rule tables and sections too.
        ruled = line.kind == "text" and any_text and _is_ruler(line.text)
        if ruled and _is_signature_like([after.text for after in lines[position + 1 :] if after.kind == "text"]):
            return lines[:position]
        any_text = any_text or (line.kind == "text" and not _is_ruler(line.text))
    return lines


def _cut_at_disclaimer(lines: list[_Line]) -> list[_Line]:
    any_text = False
    for position, line in enumerate(lines):
        starts = position == 0 or lines[position - 1].kind != "text" or bool(_is_ruler(lines[position - 1].text))
        if any_text and starts and line.kind == "text" and patterns.DISCLAIMER_START.match(line.text):
            paragraph = " ".join(after.text[:_MAX_LINE] for after in lines[position : position + 6])
            if patterns.DISCLAIMER_PROOF.search(paragraph) and not any(
                after.kind == "quote" for after in lines[position:]
            ):
                return lines[:position]
        any_text = any_text or line.kind == "text"
    return lines


def _trim_end(lines: list[_Line]) -> list[_Line]:
    """Drop from the end what is empty, ruled, quoted or signed by a phone."""
    end = len(lines)
    while end:
        line = lines[end - 1]
        ruled = line.kind == "text" and _is_ruler(line.text) and not _FENCE.match(line.text)
        dashed = line.kind == "text" and end > 2 and lines[end - 2].kind == "empty" and _DASHED_NAME.match(line.text)
        if line.kind in ("empty", "quote", "app", "said", "mark") or ruled or dashed:
            end -= 1
        else:
            break
    return lines[:end]


def reply_text(text: str) -> str:
    """Return the new words of a plain text mail; the whole text when nothing in it is new (a mere forward)."""
    whole = _ZERO_WIDTH.sub("", text.replace("\r\n", "\n").replace("\r", "\n").replace("\xa0", " "))
    lines = [line.rstrip() for line in whole.split("\n")[:MAX_LINES]]
    classified, end = _classify(lines)
    classified = classified[:end]
    for cut in (_cut_at_attribution, _cut_at_signature, _cut_at_disclaimer, _trim_end):
        classified = cut(classified)
    kept = [line.text for line in classified if line.kind != "app"]
    reply = re.sub(r"\n{3,}", "\n\n", "\n".join(kept)).strip("\n").rstrip()
    return reply if reply.strip() else "\n".join(lines).strip("\n").rstrip()
