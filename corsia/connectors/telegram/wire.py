"""What Telegram sends: one update in each call."""

import json
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from corsia.messaging.ports import Unreadable


def _word(value: object) -> str:
    return "" if value is None or isinstance(value, dict | list) else str(value)


Word = Annotated[str, BeforeValidator(_word)]


class _Loose(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, populate_by_name=True)


class Person(_Loose):
    id: int
    first_name: Word = ""
    last_name: Word = ""
    username: Word = ""
    language_code: Word = ""

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip() or self.username


class Chat(_Loose):
    id: int
    type: Word = "private"


class Contact(_Loose):
    phone_number: Word = ""
    first_name: Word = ""
    last_name: Word = ""
    user_id: int | None = None


class Message(_Loose):
    """A message. What is special to a kind stays as it came, by the kind's name."""

    model_config = ConfigDict(extra="allow", frozen=True, populate_by_name=True)

    message_id: int
    sender: Person | None = Field(default=None, alias="from")
    chat: Chat
    text: Word = ""
    caption: Word = ""
    contact: Contact | None = None

    def part(self, name: str) -> dict[str, Any]:
        """Return what stands under a name; {} where nothing does. Of several sizes of a photo, the largest."""
        found = (self.model_extra or {}).get(name)
        if isinstance(found, list) and found:
            found = found[-1]
        return found if isinstance(found, dict) else {}

    def has(self, name: str) -> bool:
        return name in (self.model_extra or {})

    @property
    def kinds(self) -> list[str]:
        """Return the names of everything in it that is special to a kind."""
        return sorted(self.model_extra or {})


class Answered(_Loose):
    """A button of ours was pressed."""

    id: Word
    sender: Person = Field(alias="from")
    data: Word = ""
    message: Message | None = None


class Member(_Loose):
    status: Word = ""


class MemberChanged(_Loose):
    chat: Chat
    new_chat_member: Member = Member()


class Update(_Loose):
    update_id: int
    message: Message | None = None
    edited_message: Message | None = None
    callback_query: Answered | None = None
    my_chat_member: MemberChanged | None = None


def read_update(raw: bytes) -> Update:
    """Return an update as values.

    Raises:
        Unreadable: it is none of Telegram's.
    """
    try:
        return Update.model_validate(json.loads(raw))
    except (ValueError, RecursionError, ValidationError) as error:
        raise Unreadable(f"no Telegram update ({type(error).__name__})") from error
