"""The privacy classes of calls: who called is the customer's, what was said goes with them."""

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from corsia.connectors.telephony.models import Call
from corsia.connectors.telephony.vocabulary import KEY
from corsia.customers.privacy import CARE
from corsia.kernel.privacy import (
    ANONYMOUS,
    Class,
    Erase,
    Kind,
    Subject,
    Table,
    Term,
    declare,
    each,
    mention,
    plain,
    through,
)
from corsia.organisation.privacy import STAFF_TECHNICAL

CALLS = Term(key="calls", title=_("Phone calls"), days=730, counts_from=_("the day of the call"))

_technical = Class(kind=Kind.TECHNICAL, purpose=CARE, kept=CALLS, reason=ANONYMOUS)
_contact = Class(kind=Kind.CONTACT, purpose=CARE, kept=CALLS, erase=Erase.BLANK)
_text = Class(kind=Kind.CONTENT, purpose=CARE, kept=CALLS, erase=Erase.BLANK)


_by_customer = through("customer", "case__customer")


def _calls_of(subject: Subject) -> list[Q]:
    return [*_by_customer(subject), Q(customer=None, case=None, from_number__in=subject.addresses)]


def _events_of(subject: Subject) -> list[Q]:
    return through("call__customer", "call__case__customer")(subject)


def _raw_of(subject: Subject) -> list[Q]:
    """Return the requests of the provider about their calls: forms, which name the number within their bytes."""
    names = {call for wanted in _calls_of(subject) for call in _names(wanted)}
    return [Q(source=KEY, raw__has_bytes=name.encode()) for name in sorted(names)]


def _names(wanted: Q) -> "QuerySet[Call, str]":
    return Call.unscoped.filter(wanted).values_list("provider_id", flat=True)


declare(
    Table(
        model="telephony.Line",
        title=_("Phone lines"),
        fields=plain(
            *("id", "account", "has_robot", "asks_language", "takes_messages", "ring_seconds", "callback_minutes"),
        ),
    ),
    Table(
        model="telephony.Extension",
        title=_("Phones of our people"),
        fields={**plain("id", "line"), **each(STAFF_TECHNICAL, "number", "person")},
    ),
    Table(
        model="telephony.RobotKey",
        title=_("Keys of the phone robot"),
        fields=plain("id", "line", "digit", "action", "label_it", "label_en", "text_it", "text_en", "link"),
    ),
    Table(
        model="telephony.Call",
        title=_("Phone calls"),
        rows=_calls_of,
        ages_from="began_at",
        fields={
            **plain("id", "unit", "account", "settled_at"),
            "provider_id": _technical,
            "direction": _technical.called(_("Direction")),
            "from_number": _contact.called(_("From")),
            "to_number": _contact.called(_("To")),
            **each(_technical, "state", "callback", "voicemail"),
            "result": _technical.called(_("What became of it")),
            "began_at": _technical.called(_("Began")),
            **each(_technical, "answered_at", "ended_at"),
            "seconds": _technical.called(_("Seconds of conversation")),
            "answered_number": STAFF_TECHNICAL,
            "recording_url": _text,
            "recording_seconds": _technical,
            "menu": _technical.called(_("Keys pressed")),
            "customer": _technical,
            "case": _technical.called(_("Case")),
            "person": STAFF_TECHNICAL,
            "notes": _text.called(_("Notes")),
        },
    ),
    Table(
        model="telephony.CallEvent",
        title=_("What the phone provider told"),
        rows=_events_of,
        ages_from="at",
        fields={
            **plain("id"),
            **each(_technical, "call", "key", "kind", "seconds", "at", "is_stated"),
            "value": _text,
        },
    ),
)
mention("messaging.Inbound", _raw_of)
