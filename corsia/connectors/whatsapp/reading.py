"""From an event of WhatsApp's to what happened."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from django.utils import translation
from django.utils.translation import gettext as _
from pydantic import ValidationError

from corsia.connectors.whatsapp.refusals import problem_of
from corsia.connectors.whatsapp.saying import context_lines, what_is_said
from corsia.connectors.whatsapp.wire import Event, Message, PhoneCall, Preference, Problem, Status, read_event
from corsia.customers.identity import read_phone
from corsia.customers.vocabulary import Purpose
from corsia.messaging.models import ChannelAccount
from corsia.messaging.ports import Happening, Unreadable, said
from corsia.messaging.rules.happenings import MessageChanged, NumberChanged, Objected, OfTheAccount, Receipt
from corsia.messaging.rules.stop_words import Wish, wish_of
from corsia.messaging.vocabulary import ReceiptState
from corsia.organisation.queries import tree

KEY = "whatsapp"
_STATES = {
    "sent": ReceiptState.SENT,
    "delivered": ReceiptState.DELIVERED,
    "read": ReceiptState.READ,
    "played": ReceiptState.READ,
    "failed": ReceiptState.FAILED,
}
_MAY_DIFFER = timedelta(days=30)  # a time further off than that is no time


def happenings_of(account: ChannelAccount, raw: bytes, *, at: datetime) -> list[Happening]:
    """Return what an event says, in the language of the account's unit.

    Raises:
        Unreadable: it is not what WhatsApp sends.
    """
    event = read_event(raw)
    with translation.override(tree().unit(account.unit_id).language):
        try:
            return list(_happenings(account, event, at))
        except ValidationError as error:
            raise Unreadable(f"{event.field}: {error.error_count()} values are not as documented") from error


def _happenings(account: ChannelAccount, event: Event, at: datetime) -> Iterator[Happening]:
    if (told := event.only("messages")) is not None:
        yield from _of_message(account, event, Message.model_validate(told), at)
    elif (told := event.only("statuses")) is not None:
        yield from _of_status(Status.model_validate(told), at)
    elif (told := event.only("calls")) is not None:
        yield from _of_call(account, event, PhoneCall.model_validate(told), at)
    elif (told := event.only("user_preferences")) is not None:
        yield _of_preference(Preference.model_validate(told), at)
    elif (told := event.only("errors")) is not None:
        problem = Problem.model_validate(told)
        details = {"event": "error", "detail": f"{problem.code} {problem.words}"}
        yield OfTheAccount(kind="account", at=at, details=details)
    elif event.only("message_echoes") is not None:
        return  # ours, written on the phone: it stays in the journal
    elif event.field.startswith(("template_", "message_template_")):
        yield _of_template(event, at)
    else:
        yield OfTheAccount(
            kind="account",
            at=_instant(event.time, at),
            details={
                "waba": event.waba_id,
                "event": str(event.value.get("event") or event.field),
                "detail": _detail(event),
            },
        )


def _of_message(account: ChannelAccount, event: Event, message: Message, at: datetime) -> Iterator[Happening]:
    sender = _sender(event, message.sender, message.from_user_id)
    if not sender or not message.id:
        raise Unreadable(f"a message of kind {message.type[:40]} names no sender")
    match message.type:
        case "system" if (changed := _new_number(message, at)) is not None:
            yield changed
            return
        case "edit":
            yield _edited(message, at)
            return
        case "revoke":
            original = str(message.part("revoke").get("original_message_id") or "")
            yield MessageChanged(header_id=f"{KEY}:{original}", text=None, at=at)
            return
        case "request_welcome":
            return  # they opened the conversation and wrote nothing yet
    words = what_is_said(message)
    wish = wish_of(words.text) if message.type in ("text", "button", "interactive") else None
    flags = [*words.flags, *(["forwarded"] if message.context and message.context.forwarded else [])]
    below = list(context_lines(message))
    phone = phone_of(sender)
    yield said(
        account,
        at=at,
        sender=sender,
        key=message.id,
        text=words.text,
        full_text="\n\n".join([words.text, *below]) if below else "",
        subject=words.subject,
        from_name=_name(event, sender),
        in_reply_to=(f"{KEY}:{message.context.id}",) if message.context and message.context.id else (),
        phone=phone,
        is_phone_proven=bool(phone),
        remote_files=words.files,
        is_automatic=words.is_quiet or wish is not None,
        flags=tuple(flags),
    )
    if wish is not None:
        yield Objected(external_id=sender, purpose="", is_given=wish is Wish.START, at=at, phone=phone)


def _of_status(status: Status, at: datetime) -> Iterator[Happening]:
    state = _STATES.get(status.status)
    if state is None or status.type == "call":
        return
    problem, detail = "", ""
    if state == ReceiptState.FAILED and status.errors:
        worst = status.errors[0]
        problem, detail = problem_of(worst.code).problem, f"{worst.code} {worst.words}"
    yield Receipt(provider_id=status.id, state=state, at=_instant(status.timestamp, at), problem=problem, detail=detail)


def _of_call(account: ChannelAccount, event: Event, call: PhoneCall, at: datetime) -> Iterator[Happening]:
    """Show that somebody rang us by WhatsApp: it is not taken here, so somebody has to call back."""
    sender = _sender(event, call.sender, "")
    if call.direction != "USER_INITIATED" or call.event != "connect" or not sender:
        return
    phone = phone_of(sender)
    yield said(
        account,
        at=at,
        sender=sender,
        key=call.id,
        text=_("Called us by WhatsApp. Call back, or write when it suits them."),
        subject=_("Call by WhatsApp"),
        from_name=_name(event, sender),
        phone=phone,
        is_phone_proven=bool(phone),
        may_be_answered=False,
    )


def _of_preference(told: Preference, at: datetime) -> Objected:
    return Objected(
        external_id=told.wa_id,
        purpose=Purpose.MARKETING,
        is_given=told.value == "resume",
        at=_instant(told.timestamp, at),
        phone=phone_of(told.wa_id),
    )


def _of_template(event: Event, at: datetime) -> OfTheAccount:
    told = event.value
    names = {
        "template_id": "message_template_id",
        "name": "message_template_name",
        "language": "message_template_language",
        "status": "event",
        "reason": "reason",
        "category": "new_category",
        "quality": "new_quality_score",
        "header": "message_template_title",
        "body": "message_template_element",
        "footer": "message_template_footer",
    }
    details = {ours: str(told[theirs]) for ours, theirs in names.items() if told.get(theirs) is not None}
    if "category" not in details and told.get("message_template_category"):
        details["category"] = str(told["message_template_category"])
    return OfTheAccount(kind="template", at=_instant(event.time, at), details={"waba": event.waba_id, **details})


def _new_number(message: Message, at: datetime) -> NumberChanged | None:
    told = message.part("system")
    if str(told.get("type")) not in ("customer_changed_number", "user_changed_number"):
        return None
    new = str(told.get("wa_id") or told.get("new_wa_id") or "")
    old = str(told.get("customer") or message.sender)
    if not new or new == old:
        return None
    return NumberChanged(old_external_id=old, new_external_id=new, new_phone=phone_of(new), at=at)


def _edited(message: Message, at: datetime) -> MessageChanged:
    told = message.part("edit")
    inner = told.get("message")
    words = what_is_said(Message.model_validate(inner if isinstance(inner, dict) else {}))
    return MessageChanged(header_id=f"{KEY}:{told.get('original_message_id') or ''}", text=words.text, at=at)


def _sender(event: Event, number: str, user_id: str) -> str:
    """Return by what WhatsApp knows them: the number, or an id where they keep it to themselves."""
    known = event.contacts[0] if event.contacts else None
    return number or (known.wa_id if known else "") or user_id or (known.user_id if known else "")


def _name(event: Event, sender: str) -> str:
    found = [contact.name for contact in event.contacts if sender in (contact.wa_id, contact.user_id)]
    return next(iter(found), "") or (event.contacts[0].name if len(event.contacts) == 1 else "")


def _detail(event: Event) -> str:
    told = {name: value for name, value in event.value.items() if name not in ("event", "metadata", "contacts")}
    return "; ".join(f"{name}: {value}" for name, value in sorted(told.items()))[:300]


def phone_of(sender: str) -> str:
    """Return the E.164 number that WhatsApp vouches for, "" for an id that is no number."""
    return read_phone(f"+{sender}").e164 if sender.isascii() and sender.isdecimal() else ""


def _instant(told: str, at: datetime) -> datetime:
    """Return Meta's own time in seconds, or that of the receipt where it is none."""
    if not (told.isascii() and told.isdecimal() and len(told) <= 10):
        return at
    found = datetime.fromtimestamp(int(told), tz=UTC)
    return found if found - at < _MAY_DIFFER else at
