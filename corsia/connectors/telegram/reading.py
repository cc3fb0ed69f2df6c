"""From an update of Telegram's to what happened."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.utils import translation
from django.utils.translation import gettext as _

from corsia.connectors.telegram.wire import Message, Update, read_update
from corsia.customers.identity import read_phone
from corsia.messaging.models import ChannelAccount
from corsia.messaging.ports import Happening, said
from corsia.messaging.rules.happenings import MessageChanged, Objected
from corsia.messaging.rules.incoming import RemoteFile
from corsia.messaging.rules.stop_words import Wish, wish_of
from corsia.organisation.queries import tree

KEY = "telegram"
_FILES = ("photo", "document", "voice", "audio", "video", "video_note", "animation", "sticker")
# What surrounds a message of any kind and makes it none of its own.
_AROUND = frozenset(
    {
        *("date", "edit_date", "reply_to_message", "entities", "caption_entities", "forward_origin", "forward_date"),
        *("link_preview_options", "media_group_id", "via_bot", "has_protected_content", "forward_from", "quote"),
        *("reply_markup", "is_from_offline", "show_caption_above_media", "has_media_spoiler", "forward_sender_name"),
    }
)
_NOTICES = frozenset(
    {"pinned_message", "message_auto_delete_timer_changed", "write_access_allowed", "chat_background_set"}
)
_LANGUAGES = ("it", "en")


@dataclass(frozen=True, kw_only=True)
class _Said:
    text: str = ""
    files: tuple[RemoteFile, ...] = ()
    flags: tuple[str, ...] = ()
    subject: str = ""
    phone: str = ""
    is_quiet: bool = False


def happenings_of(account: ChannelAccount, raw: bytes, *, at: datetime) -> list[Happening]:
    """Return what an update says, in the language of the account's unit.

    Raises:
        Unreadable: it is not what Telegram sends.
    """
    update = read_update(raw)
    with translation.override(tree().unit(account.unit_id).language):
        return list(_happenings(account, update, at))


def _happenings(account: ChannelAccount, update: Update, at: datetime) -> Iterator[Happening]:
    if update.message is not None:
        if update.message.chat.type == "private":  # a bot that somebody put into a group hears no customers of ours
            yield from _of_message(account, update.message, at)
    elif update.edited_message is not None:
        edited = update.edited_message
        yield MessageChanged(header_id=f"{KEY}:{_name(edited)}", text=edited.text or edited.caption, at=at)
    elif update.callback_query is not None:
        pressed = update.callback_query
        sender = pressed.sender
        yield said(
            account,
            at=at,
            sender=str(sender.id),
            key=f"{sender.id}:button:{pressed.id}",
            text=pressed.data,
            from_name=sender.name,
        )
    elif update.my_chat_member is not None and update.my_chat_member.chat.type == "private":
        is_given = update.my_chat_member.new_chat_member.status not in ("kicked", "left")
        yield Objected(external_id=str(update.my_chat_member.chat.id), purpose="", is_given=is_given, at=at)


def _of_message(account: ChannelAccount, message: Message, at: datetime) -> Iterator[Happening]:
    words = _what_is_said(message)
    sender = message.sender
    is_command = message.text.startswith("/")  # /start opens a conversation: it takes no refusal back
    wish = (Wish.STOP if message.text.strip() == "/stop" else None) if is_command else wish_of(message.text)
    language = sender.language_code[:2] if sender else ""
    yield said(
        account,
        at=at,
        sender=str(message.chat.id),
        key=_name(message),
        text=words.text,
        subject=words.subject,
        from_name=sender.name if sender else "",
        phone=words.phone,
        is_phone_proven=bool(words.phone),
        language=language if language in _LANGUAGES else "",
        remote_files=words.files,
        is_automatic=words.is_quiet or wish is not None,
        flags=(*words.flags, *(["forwarded"] if message.has("forward_origin") else [])),
    )
    if wish is not None:
        yield Objected(external_id=str(message.chat.id), purpose="", is_given=wish is Wish.START, at=at)


def _what_is_said(message: Message) -> _Said:
    if message.text:
        return _text(message.text)
    for kind in _FILES:
        if file_id := message.part(kind).get("file_id"):
            return _file(message, kind, str(file_id))
    if message.contact is not None:
        return _contact(message)
    if place := message.part("location"):
        return _place(message, place)
    kinds = [kind for kind in message.kinds if kind not in _AROUND]
    if kinds and set(kinds) <= _NOTICES:
        return _Said(text=_("A notice of Telegram."), is_quiet=True)
    words = _("Something of a kind that cannot be shown here (%(kind)s). Ask them to say it in other words.")
    return _Said(
        text=words % {"kind": ", ".join(kinds)[:120] or "?"},
        flags=("unknown",),
        subject=_("Message of an unknown kind"),
    )


def _text(text: str) -> _Said:
    command, _blank, payload = text.partition(" ")
    if command.partition("@")[0] != "/start":
        return _Said(text=text)
    if payload.strip():
        return _Said(text=_("Opened the conversation by the link “%(link)s”.") % {"link": payload.strip()[:64]})
    return _Said(text=_("Opened the conversation."))


def _file(message: Message, kind: str, file_id: str) -> _Said:
    told = message.part(kind)
    names = {
        "photo": _("Photo"),
        "voice": _("Voice message"),
        "audio": _("Recording"),
        "video": _("Video"),
        "video_note": _("Video"),
        "animation": _("Video"),
        "sticker": _("Sticker"),
        "document": _("Document"),
    }
    endings = {"photo": ".jpg", "voice": ".ogg", "audio": ".mp3", "sticker": ".webp", "document": ""}
    name = str(told.get("file_name") or f"{names[kind]}{endings.get(kind, '.mp4')}")
    media_type = str(told.get("mime_type") or "")
    return _Said(
        text=message.caption,
        files=(RemoteFile(name=name, reference=file_id, media_type=media_type),),
        subject="" if message.caption else names[kind],
        is_quiet=kind == "sticker",
    )


def _contact(message: Message) -> _Said:
    contact = message.contact
    if contact is None:
        return _Said()
    typed = contact.phone_number if contact.phone_number.startswith("+") else f"+{contact.phone_number}"
    number = read_phone(typed).e164 or contact.phone_number
    is_own = message.sender is not None and contact.user_id == message.sender.id
    if is_own:  # Telegram lets people share their own number only by a button, and says whose it is
        phone = number if number.startswith("+") else ""
        return _Said(text=_("Shared their phone number: %(phone)s") % {"phone": number}, phone=phone)
    name = f"{contact.first_name} {contact.last_name}".strip()
    return _Said(text=f"{_('Shared contact:')}\n{name}\n{number}")


def _place(message: Message, place: dict[str, object]) -> _Said:
    at = f"{place.get('latitude')}, {place.get('longitude')}"
    map_url = f"https://www.openstreetmap.org/?mlat={place.get('latitude')}&mlon={place.get('longitude')}"
    venue = [str(word) for word in (message.part("venue").get("title"), message.part("venue").get("address")) if word]
    return _Said(text="\n".join([_("Place: %(place)s") % {"place": at}, *venue, map_url]))


def _name(message: Message) -> str:
    return f"{message.chat.id}:{message.message_id}"
