"""What Meta sends, as it stands on the wire: a call taken apart into its events, and an event as values."""

import json
from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from corsia.messaging.ports import HookEvent, Unreadable

# Lists whose every entry is an event of its own.
_LISTS = ("messages", "statuses", "message_echoes", "calls", "user_preferences", "errors")
_ALWAYS = frozenset({"messaging_product", "metadata", "contacts", *_LISTS})


def _word(value: object) -> str:
    return "" if value is None or isinstance(value, dict | list) else str(value)


Word = Annotated[str, BeforeValidator(_word)]


class _Loose(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, populate_by_name=True)


class Media(_Loose):
    id: Word = ""
    mime_type: Word = ""
    caption: Word = ""
    filename: Word = ""
    voice: bool = False


class Context(_Loose):
    id: Word = ""
    forwarded: bool = False
    frequently_forwarded: bool = False


class Referral(_Loose):
    headline: Word = ""
    body: Word = ""
    source_url: Word = ""


class Message(_Loose):
    """One thing a customer did in a conversation. What is special to a kind stays as it came, by the kind's name."""

    model_config = ConfigDict(extra="allow", frozen=True, populate_by_name=True)

    id: Word = ""
    sender: Word = Field(default="", alias="from")
    from_user_id: Word = ""
    to: Word = ""
    timestamp: Word = ""
    type: Word = "unknown"
    context: Context | None = None
    referral: Referral | None = None

    def part(self, name: str) -> dict[str, Any]:
        """Return what stands under a name; {} where nothing does."""
        found = (self.model_extra or {}).get(name)
        return found if isinstance(found, dict) else {}

    def entries(self, name: str) -> list[dict[str, Any]]:
        """Return the list that stands under a name; [] where none does."""
        found = (self.model_extra or {}).get(name)
        return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


class Problem(_Loose):
    code: int = 0
    title: Word = ""
    message: Word = ""
    error_data: dict[str, Any] = {}

    @property
    def words(self) -> str:
        """Return Meta's own words, the most exact last."""
        told = [self.message or self.title, _word(self.error_data.get("details"))]
        return ": ".join(dict.fromkeys(word for word in told if word))


class Status(_Loose):
    id: Word
    status: Word
    type: Word = ""
    timestamp: Word = ""
    errors: list[Problem] = []


class PhoneCall(_Loose):
    id: Word
    sender: Word = Field(default="", alias="from")
    event: Word = ""
    direction: Word = ""
    timestamp: Word = ""
    duration: int = 0


class Preference(_Loose):
    wa_id: Word = ""
    category: Word = ""
    value: Word = ""
    timestamp: Word = ""


class Contact(_Loose):
    wa_id: Word = ""
    user_id: Word = ""
    profile: dict[str, Any] = {}

    @property
    def name(self) -> str:
        return _word(self.profile.get("name")) or _word(self.profile.get("username"))


class Event(_Loose):
    """One event with what surrounds it.

    Attributes:
        waba_id: Meta's id of the business account.
        value: the change, with one entry in at most one of its lists.
    """

    waba_id: Word = ""
    time: Word = ""
    field: Word = ""
    number_id: Word = ""
    contacts: list[Contact] = []
    value: dict[str, Any] = {}

    def only(self, name: str) -> Any:
        """Return the one entry of a list, None where there is none."""
        found = self.value.get(name)
        return found[0] if isinstance(found, list) and found else None


def taken_apart(raw: bytes) -> list[HookEvent]:
    """Return the events of a call. One that cannot be taken apart stays whole: reading it says why."""
    try:
        found = list(_pieces(json.loads(raw)))
    except (ValueError, TypeError, AttributeError, KeyError, RecursionError):
        return [HookEvent(key="", raw=raw)]
    if not found:
        return [HookEvent(key="", raw=raw)]
    if len(found) == 1:
        return [HookEvent(key=_key(found[0]), raw=raw)]  # as it came, byte for byte
    return [HookEvent(key=_key(one), raw=json.dumps(one, sort_keys=True).encode()) for one in found]


def read_event(raw: bytes) -> Event:
    """Return an event of the journal as values.

    Raises:
        Unreadable: it is none of Meta's.
    """
    try:
        told = json.loads(raw)
        [entry] = told["entry"]
        [change] = entry["changes"]
        value = change["value"]
        return Event(
            waba_id=entry.get("id"),
            time=entry.get("time"),
            field=change.get("field"),
            number_id=_word((value.get("metadata") or {}).get("phone_number_id")),
            contacts=value.get("contacts") or [],
            value=value,
        )
    except (ValueError, TypeError, AttributeError, KeyError, RecursionError, ValidationError) as error:
        raise Unreadable(f"no WhatsApp event ({type(error).__name__})") from error


def _pieces(told: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for entry in told["entry"]:
        for change in entry["changes"]:
            for value in _values(change["value"]):
                yield {**told, "entry": [{**entry, "changes": [{**change, "value": value}]}]}


def _values(value: dict[str, Any]) -> Iterator[dict[str, Any]]:
    bare = {name: told for name, told in value.items() if name not in _LISTS}
    found = False
    for name in _LISTS:
        for one in value.get(name) or []:
            found = True
            yield {**bare, name: [one]}
    if not found or set(value) - _ALWAYS:
        yield bare


def _key(piece: dict[str, Any]) -> str:
    """Return Meta's name of an event; "" where it has none."""
    value = piece["entry"][0]["changes"][0]["value"]
    for name in _LISTS:
        for one in value.get(name) or []:
            return _name_of(name, one)
    return ""


def _name_of(kind: str, one: dict[str, Any]) -> str:
    name = _word(one.get("id"))
    match kind:
        case "messages" | "message_echoes" if name:
            return f"{kind}:{name}"
        case "statuses" if name:
            reader = _word(one.get("recipient_participant_id"))  # of a group, where each reads for themselves
            return f"status:{name}:{_word(one.get('status'))}:{reader}"
        case "calls" if name:
            return f"call:{name}:{_word(one.get('event'))}"
        case "user_preferences" if one.get("timestamp"):
            told = (_word(one.get(part)) for part in ("wa_id", "category", "value", "timestamp"))
            return f"preference:{':'.join(told)}"
    return ""
