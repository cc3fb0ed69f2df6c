"""What a WhatsApp message says, whatever its kind: as words, and as files to fetch."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from corsia.connectors.whatsapp.wire import Media, Message
from corsia.messaging.rules.incoming import RemoteFile

MEDIA = ("image", "video", "audio", "document", "sticker")
_ENDINGS = {
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/webp": ".webp",
    "video/mp4": ".mp4",
    "video/3gpp": ".3gp",
    "audio/ogg": ".ogg",
    "audio/mpeg": ".mp3",
    "audio/mp4": ".m4a",
    "audio/aac": ".aac",
    "audio/amr": ".amr",
    "application/pdf": ".pdf",
}


@dataclass(frozen=True, kw_only=True)
class Said:
    """A message as it is filed.

    Attributes:
        is_quiet: nobody has to answer it: a reaction, a notice of the channel.
        subject: of the case it may open, where its words say nothing.
    """

    text: str = ""
    files: tuple[RemoteFile, ...] = ()
    flags: tuple[str, ...] = ()
    subject: str = ""
    is_quiet: bool = False


def what_is_said(message: Message) -> Said:
    """Read a message of any kind; one that is new to us is kept and shown as such. In the active language."""
    if message.type in MEDIA:
        return _media(message)
    reader = _READERS.get(message.type)
    return reader(message) if reader else _unknown(message)


def context_lines(message: Message) -> Iterator[str]:
    """Yield what surrounds the words: the advert they come from."""
    if advert := message.referral:
        told = [word for word in (advert.headline, advert.body, advert.source_url) if word]
        if told:
            yield _("They come from an advert: %(advert)s") % {"advert": " · ".join(told)}


def _text(message: Message) -> Said:
    return Said(text=_word(message.part("text"), "body"))


def _media(message: Message) -> Said:
    media = Media.model_validate(message.part(message.type))
    if not media.id:
        return _unknown(message)
    names = {
        "image": _("Photo"),
        "video": _("Video"),
        "audio": _("Voice message") if media.voice else _("Recording"),
        "document": _("Document"),
        "sticker": _("Sticker"),
    }
    kind = media.mime_type.partition(";")[0].strip().lower()
    name = media.filename or f"{names[message.type]}{_ENDINGS.get(kind, '')}"
    return Said(
        text=media.caption,
        files=(RemoteFile(name=name, reference=media.id, media_type=kind),),
        subject="" if media.caption else names[message.type],
        is_quiet=message.type == "sticker",
    )


def _location(message: Message) -> Said:
    place = message.part("location")
    at = ", ".join(_word(place, name) for name in ("latitude", "longitude"))
    told = [_word(place, name) for name in ("name", "address", "url")]
    map_url = f"https://www.openstreetmap.org/?mlat={_word(place, 'latitude')}&mlon={_word(place, 'longitude')}"
    lines = [_("Place: %(place)s") % {"place": at}, *filter(None, told), map_url]
    return Said(text="\n".join(lines))


def _contacts(message: Message) -> Said:
    lines = [_("Shared contact:")]
    for contact in message.entries("contacts"):
        name = contact.get("name")
        lines.append(_word(name, "formatted_name") if isinstance(name, dict) else "")
        for kind, value in (("phones", "phone"), ("emails", "email"), ("urls", "url")):
            entries = contact.get(kind)
            if isinstance(entries, list):
                lines.extend(_word(one, value) for one in entries if isinstance(one, dict))
    return Said(text="\n".join(line for line in lines if line))


def _reaction(message: Message) -> Said:
    emoji = _word(message.part("reaction"), "emoji")
    words = _("Reacted: %(emoji)s") % {"emoji": emoji} if emoji else _("Took their reaction back.")
    return Said(text=words, is_quiet=True)


def _button(message: Message) -> Said:
    return Said(text=_word(message.part("button"), "text"))


def _interactive(message: Message) -> Said:
    told = message.part("interactive")
    kind = _word(told, "type")
    inner = told.get(kind)
    if not isinstance(inner, dict):
        return _unknown(message, kind)
    match kind:
        case "button_reply" | "list_reply":
            words = [_word(inner, "title"), _word(inner, "description")]
            return Said(text="\n".join(word for word in words if word))
        case "nfm_reply":
            return Said(text="\n".join([_("Answers to our form:"), *_form_lines(inner)]))
        case "call_permission_reply":
            accepted = _word(inner, "response") == "accept"
            return Said(text=_("We may call them.") if accepted else _("We may not call them."), is_quiet=True)
    return _unknown(message, kind)


def _form_lines(inner: dict[str, Any]) -> Iterator[str]:
    raw = _word(inner, "response_json")
    try:
        answers = json.loads(raw)
    except ValueError:
        answers = None
    if not isinstance(answers, dict):
        yield raw or _word(inner, "body")
        return
    for name, value in answers.items():
        if name != "flow_token":  # ours, and nothing to read
            shown = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
            yield f"{name.replace('_', ' ')}: {shown}"


def _order(message: Message) -> Said:
    order = message.part("order")
    lines = [_("Order from our catalogue:")]
    items = order.get("product_items")
    for item in items if isinstance(items, list) else []:
        if isinstance(item, dict):
            told = {name: _word(item, name) for name in ("quantity", "product_retailer_id", "item_price", "currency")}
            lines.append(
                "{quantity} × {product_retailer_id} · {item_price} {currency}".format(**told)  # as they saw it
            )
    return Said(text="\n".join([*lines, *filter(None, [_word(order, "text")])]))


def _system(message: Message) -> Said:
    told = message.part("system")
    if _word(told, "type") == "customer_identity_changed":
        words = _(
            "WhatsApp says that they use a new phone or installed it anew. Make sure who it is before you tell"
            " anything private."
        )
        return Said(text=words, is_quiet=True)
    return Said(text=_word(told, "body") or _("A notice of WhatsApp."), is_quiet=True)


def _unknown(message: Message, kind: str = "") -> Said:
    """Say that something came which cannot be shown, and what WhatsApp calls it."""
    inner = _word(message.part(message.type), "type")
    problems = [_word(problem, "title") for problem in message.entries("errors")]
    told = " / ".join(dict.fromkeys(word for word in (message.type, kind, inner, *problems) if word))
    words = _("Something of a kind that cannot be shown here (%(kind)s). Ask them to say it in other words.")
    return Said(text=words % {"kind": told[:120]}, flags=("unknown",), subject=_("Message of an unknown kind"))


def _word(told: dict[str, Any], name: str) -> str:
    value = told.get(name)
    return "" if value is None or isinstance(value, dict | list) else str(value)


_READERS = {
    "text": _text,
    "location": _location,
    "contacts": _contacts,
    "reaction": _reaction,
    "button": _button,
    "interactive": _interactive,
    "order": _order,
    "system": _system,
}
