"""Structured content of a live chat: what is drawn beside the words, or in their place where channels show no cards.

A card is a plain dictionary, kept with the message. Whoever reads one takes what it knows and leaves the rest.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

CAR, QUOTE, BOOKING = "car", "quote", "booking"
KINDS = (CAR, QUOTE, BOOKING)


@dataclass(frozen=True)
class Link:
    """Something to follow: an article, a quote."""

    title: str
    url: str


def card(
    kind: str,
    *,
    title: str,
    lines: Sequence[str] = (),
    price: str = "",
    link: Link | None = None,
    picture: str = "",
) -> dict[str, Any]:
    """Return a card that somebody of ours sends.

    Args:
        picture: address of a picture that the visitor may see; "" draws the outline of its kind.
        price: as it is said, with its currency: "18.900 €".
    """
    made: dict[str, Any] = {"kind": kind, "title": title, "lines": [line for line in lines if line]}
    if price:
        made["price"] = price
    if link is not None:
        made["link"] = {"title": link.title, "url": link.url}
    if picture:
        made["picture"] = picture
    return {"card": made}


def choices(labels: Sequence[str], *, sources: Sequence[Link] = ()) -> dict[str, Any]:
    """Return answers to tap, and the articles that what was said comes from."""
    return {
        "choices": list(labels),
        "sources": [{"title": source.title, "url": source.url} for source in sources],
    }


def as_words(content: Mapping[str, Any]) -> str:
    """Return what a card says to whoever sees no cards: its title, lines, price and address, one a line."""
    shown = content.get("card") or {}
    link = shown.get("link") or {}
    lines = [shown.get("title", ""), *shown.get("lines", ()), shown.get("price", ""), link.get("url", "")]
    return "\n".join(line for line in lines if line)
