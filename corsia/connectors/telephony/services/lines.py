"""Managers say how a line is answered: which phones ring, what the robot offers."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from corsia.connectors.telephony.models import Extension, Line, RobotKey
from corsia.connectors.telephony.vocabulary import KEY, KeyAction
from corsia.customers.identity import read_phone
from corsia.kernel.access import demand
from corsia.kernel.actors import Actor
from corsia.kernel.audit import audit
from corsia.kernel.errors import Invalid, NotFound, Refused
from corsia.messaging.models import ChannelAccount
from corsia.messaging.permissions import MANAGE_CHANNELS
from corsia.organisation.models import Person

MOST_PHONES = 10  # that the provider rings at once


class NotANumber(Invalid):
    code = "telephony.not_a_number"
    message = _(
        "“%(typed)s” is no number that can be dialled. Write it with its prefix, abroad with + and the country."
    )


class TooManyPhones(Refused):
    code = "telephony.too_many_phones"
    message = _("At most %(most)s phones can ring at once. Remove one first.")


class LinkMissing(Invalid):
    code = "telephony.link_missing"
    message = _("A key that sends a link needs the link. Enter its address.")


class TextMissing(Invalid):
    code = "telephony.text_missing"
    message = _("A key that says a text needs the text in both languages. Write it.")


@dataclass(frozen=True, kw_only=True)
class LineDetails:
    """How a line is answered. The minutes are working minutes."""

    has_robot: bool
    asks_language: bool
    takes_messages: bool
    ring_seconds: int
    callback_minutes: int


@dataclass(frozen=True, kw_only=True)
class KeyDetails:
    """A key of the robot."""

    digit: int
    action: str
    label_it: str
    label_en: str
    text_it: str = ""
    text_en: str = ""
    link: str = ""


@transaction.atomic
def save_line(*, account_id: int, details: LineDetails, by: Actor, now: datetime) -> Line:
    """Say how calls to an account are answered. The first time, the robot gets its usual keys."""
    line, is_new = _line(account_id, by=by)
    for name, value in vars(details).items():
        setattr(line, name, value)
    line.save()
    if is_new:
        RobotKey.objects.create(line=line, digit=1, action=KeyAction.HOURS, **_HOURS)
    audit(line, "phone_line_saved", by=by, now=now)
    return line


@transaction.atomic
def add_phone(*, account_id: int, number: str, person_id: int | None, by: Actor, now: datetime) -> Extension:
    """Let one more phone ring; one that rings already changes whose it is.

    Raises:
        NotANumber, TooManyPhones: it cannot.
    """
    line, is_new = _line(account_id, by=by)
    if is_new:
        line.save()
        RobotKey.objects.create(line=line, digit=1, action=KeyAction.HOURS, **_HOURS)
    phone = read_phone(number).e164
    if not phone:
        raise NotANumber(typed=number.strip()[:40])
    if line.extensions.exclude(number=phone).count() >= MOST_PHONES:
        raise TooManyPhones(most=MOST_PHONES)
    person = Person.objects.filter(pk=person_id, is_active=True).first() if person_id else None
    found: Extension
    found, _is_new = Extension.objects.update_or_create(line=line, number=phone, defaults={"person": person})
    audit(line, "phone_added", by=by, now=now, phone=found.pk)
    return found


@transaction.atomic
def remove_phone(*, extension_id: int, by: Actor, now: datetime) -> int:
    """Let a phone ring no more; return the account of its line."""
    found: Extension = Extension.objects.select_related("line__account").find(extension_id)
    demand(by, MANAGE_CHANNELS, found.line.account.unit_id)
    found.delete()
    audit(found.line, "phone_removed", by=by, now=now, phone=extension_id)
    return int(found.line.account_id)


@transaction.atomic
def save_key(*, account_id: int, details: KeyDetails, by: Actor, now: datetime) -> RobotKey:
    """Say what a key of the robot does, in place of what it did.

    Raises:
        LinkMissing, TextMissing: what it is to send or say is not there.
    """
    line, is_new = _line(account_id, by=by)
    if details.action == KeyAction.LINK and not details.link:
        raise LinkMissing
    if details.action == KeyAction.SAY and not (details.text_it.strip() and details.text_en.strip()):
        raise TextMissing
    if is_new:
        line.save()
    found: RobotKey
    values = {name: value for name, value in vars(details).items() if name != "digit"}
    found, _is_new = RobotKey.objects.update_or_create(line=line, digit=details.digit, defaults=values)
    audit(line, "key_saved", by=by, now=now, digit=details.digit, action=details.action)
    return found


@transaction.atomic
def remove_key(*, key_id: int, by: Actor, now: datetime) -> int:
    """Take a key off the robot's menu; return the account of its line."""
    found: RobotKey = RobotKey.objects.select_related("line__account").find(key_id)
    demand(by, MANAGE_CHANNELS, found.line.account.unit_id)
    found.delete()
    audit(found.line, "key_removed", by=by, now=now, digit=found.digit)
    return int(found.line.account_id)


def _line(account_id: int, *, by: Actor) -> tuple[Line, bool]:
    """Return the line of an account, locked with it, and whether it has yet to be saved."""
    account: ChannelAccount = ChannelAccount.objects.lock(account_id)
    demand(by, MANAGE_CHANNELS, account.unit_id)
    if account.channel != KEY:
        raise NotFound(kind=Line._meta.label)
    found: Line | None = Line.objects.filter(account=account).first()
    return (found, False) if found is not None else (Line(account=account), True)


_HOURS = {"label_it": "Per gli orari di apertura", "label_en": "For opening hours"}
