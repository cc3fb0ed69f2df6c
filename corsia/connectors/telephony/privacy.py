"""The privacy classes of calls: who called is the customer's, what was said goes with them."""

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from corsia.customers.privacy import CARE
from corsia.kernel.privacy import ANONYMOUS, Class, Erase, Kind, Subject, Table, Term, declare, each, plain
from corsia.organisation.privacy import STAFF_TECHNICAL

CALLS = Term(key="calls", title=_("Phone calls"), days=730, counts_from=_("the day of the call"))

_technical = Class(kind=Kind.TECHNICAL, purpose=CARE, kept=CALLS, reason=ANONYMOUS)
_contact = Class(kind=Kind.CONTACT, purpose=CARE, kept=CALLS, erase=Erase.BLANK)
_text = Class(kind=Kind.CONTENT, purpose=CARE, kept=CALLS, erase=Erase.BLANK)


def _calls_of(subject: Subject) -> list[Q]:
    mine = [Q(customer__in=subject.ids), Q(case__customer__in=subject.ids)]
    return [
        *mine,
        Q(customer=None, from_number__in=subject.addresses),
        Q(customer=None, to_number__in=subject.addresses),
    ]


def _events_of(subject: Subject) -> list[Q]:
    return [Q(call__customer__in=subject.ids), Q(call__case__customer__in=subject.ids)]


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
