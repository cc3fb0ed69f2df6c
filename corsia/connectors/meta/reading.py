"""From an event of a page or an Instagram account to what happened."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from django.utils import translation
from django.utils.translation import gettext as _

from corsia.connectors.meta import graph
from corsia.connectors.meta.wire import Attachment, Event, Message, Postback, Referral, read_event
from corsia.messaging.models import ChannelAccount, Correspondent, Outgoing
from corsia.messaging.ports import Happening, said
from corsia.messaging.rules.happenings import MessageChanged, Objected, Receipt
from corsia.messaging.rules.incoming import RemoteFile
from corsia.messaging.rules.stop_words import Wish, wish_of
from corsia.messaging.vocabulary import OutboxState, ReceiptState
from corsia.organisation.queries import tree

_FILES = frozenset({"image", "video", "audio", "file"})
_ENDINGS = {"image": ".jpg", "video": ".mp4", "audio": ".mp4", "story_mention": ".jpg"}
# Reports name an instant of Meta's clock, the outbox one of ours, taken a moment after Meta's answer.
_CLOCKS_DIFFER = timedelta(seconds=3)
_MOST = 100  # messages that one report is taken for


def happenings_of(account: ChannelAccount, raw: bytes, *, at: datetime) -> list[Happening]:
    """Return what an event says, in the language of the account's unit.

    Raises:
        Unreadable: it is not what Meta sends.
    """
    _whose, event = read_event(raw)
    if event is None:
        return []  # comments, followers, another app's conversation: it stays in the journal
    with translation.override(tree().unit(account.unit_id).language):
        return list(_happenings(account, event, at))


def _happenings(account: ChannelAccount, event: Event, at: datetime) -> Iterator[Happening]:
    if event.message is not None:
        yield from _of_message(account, event, event.message, at)
    elif event.message_edit is not None:
        edited = event.message_edit
        yield MessageChanged(header_id=f"{account.channel}:{edited.mid}", text=edited.text, at=at)
    elif event.postback is not None:
        yield _of_postback(account, event, event.postback, at)
    elif event.reaction is not None:
        emoji = event.reaction.emoji or event.reaction.reaction
        words = _("Took their reaction back.") if event.reaction.action == "unreact" else _("Reacted: %(emoji)s")
        yield said(
            account,
            at=at,
            sender=event.sender.id,
            key=f"reaction:{event.reaction.mid}:{event.timestamp}",
            text=words % {"emoji": emoji},
            is_automatic=True,
        )
    elif event.delivery is not None:
        yield from _receipts(
            account, event.sender.id, event.delivery.mids, event.delivery.watermark, ReceiptState.DELIVERED
        )
    elif event.read is not None:
        mids = [event.read.mid] if event.read.mid else []
        yield from _receipts(account, event.sender.id, mids, event.read.watermark or event.timestamp, ReceiptState.READ)


def _of_message(account: ChannelAccount, event: Event, message: Message, at: datetime) -> Iterator[Happening]:
    if message.is_echo:
        return  # ours: the outbox has it, or somebody wrote it at Meta
    if message.is_deleted:
        yield MessageChanged(header_id=f"{account.channel}:{message.mid}", text=None, at=at)
        return
    files, lines, flags = _attached(message)
    below = list(_surroundings(message))
    text = "\n".join(line for line in (message.text, *lines) if line)
    if not text and not files:
        text, flags = _unknown(_("not told by Meta")), ("unknown",)
    wish = wish_of(message.text)
    yield said(
        account,
        at=at,
        sender=event.sender.id,
        key=message.mid,
        text=text,
        full_text="\n\n".join([text, *below]) if below else "",
        subject="" if text else _("Photo or file"),
        from_name=_name(account, event.sender.id),
        remote_files=tuple(files),
        flags=flags,
        is_automatic=wish is not None,
    )
    if wish is not None:
        yield Objected(external_id=event.sender.id, purpose="", is_given=wish is Wish.START, at=at)


def _of_postback(account: ChannelAccount, event: Event, told: Postback, at: datetime) -> Happening:
    below = list(_advert(told.referral))
    text = told.title or told.payload
    return said(
        account,
        at=at,
        sender=event.sender.id,
        key=told.mid or f"postback:{event.sender.id}:{event.timestamp}",
        text=text,
        full_text="\n\n".join([text, *below]) if below else "",
        from_name=_name(account, event.sender.id),
    )


def _attached(message: Message) -> tuple[list[RemoteFile], list[str], tuple[str, ...]]:
    """Return the files of a message, what else hangs on it as lines, and its flags."""
    files: list[RemoteFile] = []
    lines: list[str] = []
    unknown = False
    for number, one in enumerate(message.attachments, start=1):
        match one.type:
            case kind if kind in _FILES and one.address:
                files.append(RemoteFile(name=f"{_kind(kind)} {number}{_ENDINGS.get(kind, '')}", reference=one.address))
            case "story_mention":
                lines.append(_("Mentioned us in their story."))
                if one.address:
                    files.append(RemoteFile(name=f"{_('Story')} {number}.jpg", reference=one.address))
            case "location":
                lines.append(_place(one))
            case "share" | "fallback" | "ig_reel" | "reel" | "ig_post" | "post" | "template":
                lines.append(" ".join(word for word in (_("Shared:"), one.title, one.address) if word))
            case kind:
                unknown = True
                words = _(
                    "Something of a kind that cannot be shown here (%(kind)s). Ask them to say it in other words."
                )
                lines.append(words % {"kind": kind[:60] or "?"})
    if message.is_unsupported and not message.attachments:
        unknown = True
        lines.append(_unknown(_("not told by Meta")))
    return files, lines, ("unknown",) if unknown else ()


def _unknown(kind: str) -> str:
    words = _("Something of a kind that cannot be shown here (%(kind)s). Ask them to say it in other words.")
    return words % {"kind": kind}


def _kind(kind: str) -> str:
    names = {"image": _("Photo"), "video": _("Video"), "audio": _("Voice message"), "file": _("Document")}
    return names[kind]


def _place(one: Attachment) -> str:
    found = one.payload.get("coordinates")
    place = found if isinstance(found, dict) else {}
    at = f"{place.get('lat')}, {place.get('long')}"
    map_url = f"https://www.openstreetmap.org/?mlat={place.get('lat')}&mlon={place.get('long')}"
    return "\n".join([_("Place: %(place)s") % {"place": at}, map_url])


def _surroundings(message: Message) -> Iterator[str]:
    if message.reply_to and message.reply_to.story:
        yield _("They answer our story: %(story)s") % {"story": message.reply_to.story.url or message.reply_to.story.id}
    yield from _advert(message.referral)


def _advert(referral: Referral | None) -> Iterator[str]:
    if referral is None:
        return
    told = [str(referral.ads_context_data.get("ad_title") or ""), referral.ref]
    if any(told):
        yield _("They come from an advert: %(advert)s") % {"advert": " · ".join(word for word in told if word)}


def _receipts(
    account: ChannelAccount, reader: str, mids: list[str], watermark: int, state: ReceiptState
) -> Iterator[Receipt]:
    """Yield a report for each message that is named, or for all that left before an instant (milliseconds)."""
    instant = datetime.fromtimestamp(min(watermark, 4_000_000_000_000) / 1000, tz=UTC)
    if not mids:
        rows = Outgoing.unscoped.filter(
            correspondent__account=account,
            correspondent__external_id=reader,
            state=OutboxState.SENT,
            sent_at__lte=instant + _CLOCKS_DIFFER,
            **{"read_at__isnull" if state == ReceiptState.READ else "delivered_at__isnull": True},
        ).exclude(provider_id="")
        mids = list(rows.order_by("-pk").values_list("provider_id", flat=True)[:_MOST])
    for mid in mids:
        yield Receipt(provider_id=mid, state=state, at=instant)


def _name(account: ChannelAccount, sender: str) -> str:
    """Return how they call themselves there: asked for at their first message, "" when Meta does not say."""
    if Correspondent.unscoped.filter(account=account, external_id=sender).exclude(name="").exists():
        return ""
    return graph.name_of(account, sender)
