"""What a dossier says: the case in facts, its promises with who held it meanwhile, the chronology, the files."""

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import override, pgettext

from corsia.cases.models import Case, Deadline, Segment
from corsia.cases.queries.definitions import definition
from corsia.cases.queries.redress import goodwill_of, warranty_of
from corsia.cases.rules.warranty import Standing
from corsia.cases.vocabulary import EndKind, GoodwillState, Holder, Origin, Priority
from corsia.conversations.models import Dossier
from corsia.conversations.queries.chronology import Chronology, Entry
from corsia.conversations.vocabulary import Audience
from corsia.customers.models import Address
from corsia.customers.queries import customer_card
from corsia.messaging.queries import original_digests
from corsia.organisation.models import Unit
from corsia.organisation.queries import tree
from corsia.organisation.working_time import WorkingHours, between
from corsia.ui.templatetags.ui import file_size, local_name, small_names, span
from corsia.vehicles.rules.plates import display_plate

_HoursOf = Callable[[Segment], WorkingHours]  # those by which a stretch counts: a case may have moved since


def dossier_paper(dossier: Dossier, told: Chronology, *, now: datetime) -> dict[str, Any]:
    """Return the data of conversations/dossier.typ, in the dossier's language and the unit's time."""
    case = Case.objects.select_related("customer", "vehicle", "assignee", "version__process").get(pk=dossier.case_id)
    places = tree()
    with override(dossier.language), timezone.override(places.time_zone(case.unit_id)):
        return _paper(dossier, case, told, unit=places.unit(case.unit_id), group=places.group(case.unit_id), now=now)


def _paper(dossier: Dossier, case: Case, told: Chronology, *, unit: Unit, group: Unit, now: datetime) -> dict[str, Any]:
    until, is_internal = dossier.asked_at, dossier.audience == Audience.INTERNAL
    organisation = tree()

    def hours(segment: Segment) -> WorkingHours:
        return organisation.hours(segment.past_unit_id or case.unit_id)

    segments = list(Segment.objects.filter(case=case, started_at__lte=until).order_by("started_at", "pk"))
    number = f"#{case.pk}"
    return {
        "title": _("Dossier of case %(number)s") % {"number": number},
        "language": dossier.language,
        "author": group.name,
        "footer": _("%(group)s · case %(number)s · up to %(until)s")
        % {"group": group.name, "number": number, "until": _minute(until)},
        "page": _("Page {n} of {all}"),
        "mark": _("Internal copy") if is_internal else "",
        "sender": _lines(_sender(unit, group), _address_of(unit, group)),
        "addressee": _addressee(case) if not is_internal else [],
        "date": _date(until),
        "subject": case.subject,
        "number": number,
        "words": _words(),
        "facts": _facts(dossier, case),
        "more": [*_warranty(case, until), *_goodwill(case, until, is_internal=is_internal)],
        "clocks": [_clock(row, segments, hours=hours, until=until) for row in _deadlines(case, until)],
        "stretches": [_stretch(row, hours=hours, until=until, is_internal=is_internal) for row in segments],
        "entries": _entries(told.entries),
        "files": [
            [str(position), file.name, file_size(file.size), file.media_type, file.sha256]
            for position, file in told.files
        ],
        "elsewhere": _elsewhere(told.elsewhere),
        "digest": told.digest,
        "made": _("Made on %(now)s by %(who)s. It tells what the log holds up to %(until)s.")
        % {
            "now": _minute(now),
            "who": dossier.asked_by.full_name if dossier.asked_by else "Corsia",
            "until": _minute(until),
        },
    }


def _words() -> dict[str, str]:
    """Return the headings and labels of the template."""
    return {
        "dossier": _("Dossier"),
        "case": _("The case"),
        "clocks": _("Promised times"),
        "no_clocks": _("No time was promised on this case."),
        "clock": _("Promise"),
        "limit": _("Limit"),
        "started": _("Started"),
        "result": _("Result"),
        "held": _("Who held the case meanwhile"),
        "stretches": _("In whose hands the case was"),
        "holder": _("Holder"),
        "from": _("From"),
        "to": _("To"),
        "elapsed": _("Elapsed"),
        "working": _("Working time"),
        "chronology": _("Chronology"),
        "attachments": _("Attachments"),
        "no_attachments": _("No file was attached."),
        "entry": _("No."),
        "file": _("File"),
        "size": _("Size"),
        "type": _("Type"),
        "proof": _("Proof"),
        "digest": _("Fingerprint of the chronology (SHA-256)"),
        "digest_hint": _(
            "The fingerprint is computed over all entries in order. Whoever reads the log again for the same instant "
            "must get the same one. The SHA-256 of this file is kept with the case."
        ),
    }


def _facts(dossier: Dossier, case: Case) -> list[list[str]]:
    version = definition(case.version_id)
    places = tree()
    rows = [
        (_("Case"), f"#{case.pk} · {local_name(case.version.process)}"),
        (_("Subject"), case.subject),
        (_("Unit"), places.label(case.unit_id)),
        (_("Customer"), case.customer.display_name if case.customer else ""),
        (_("Vehicle"), _vehicle(case)),
        (_("Opened"), f"{_minute(case.opened_at)} · {_label(Origin, case.origin)}"),
        (_("Closed"), _closed(case, dossier.asked_at)),
        (_("Phase"), local_name(version.phase_of(case.phase_id))),
        (_("In charge"), case.assignee.full_name if case.assignee else _("Nobody")),
        (_("Priority"), str(Priority(case.priority).label)),
        (_("Reference"), case.reference),
        (_("Root cause"), case.root_cause),
        (_("Remedy"), case.remedy),
        (_("Reopened"), str(case.reopened_times) if case.reopened_times else ""),
    ]
    return [[label, value] for label, value in rows if value]


def _vehicle(case: Case) -> str:
    vehicle = case.vehicle
    if vehicle is None:
        return ""
    plate = display_plate(vehicle.plate) if vehicle.plate else ""
    return " · ".join(part for part in (str(vehicle), plate, f"VIN {vehicle.vin}" if vehicle.vin else "") if part)


def _closed(case: Case, until: datetime) -> str:
    if case.closed_at is None or case.closed_at > until:
        return ""
    return f"{_minute(case.closed_at)} · {_label(EndKind, case.end_kind)}"


def _warranty(case: Case, until: datetime) -> list[dict[str, Any]]:
    """Return the clock of the legal warranty as it stood, where somebody stated the sale by then."""
    found = warranty_of(case, now=until)
    if found is None or found.sale.stated_at > until:
        return []
    sale, clock = found.sale, found.clock
    standing = {
        Standing.BUSINESS: _("Sold to a business: check with the lawyer"),
        Standing.RUNNING: _("Running: %(days)s days left") % {"days": clock.days_left},
        Standing.OVER: _("Term over"),
        Standing.WITHIN: _("Defect within the term"),
        Standing.LATE: _("Defect after the term"),
    }[clock.standing]
    presumed = {True: _("presumed to have been there at the delivery"), False: _("the customer has to prove it")}
    rows = [
        (_("Delivered"), f"{_day(sale.delivered_on)} · {_('used') if sale.is_used else pgettext('vehicle', 'new')}"),
        (_("Sold to"), _("Consumer") if sale.is_consumer else _("Business")),
        (
            _("Term"),
            _("%(months)s months, to %(day)s") % {"months": clock.months, "day": _day(clock.ends_on)}
            if clock.ends_on
            else "",
        ),
        (_("Twelve months agreed in writing"), sale.document_name if sale.is_reduced else ""),
        (_("Defect"), _day(sale.defect_on) if sale.defect_on else ""),
        (_("Burden of proof"), presumed[clock.is_presumed] if clock.is_presumed is not None else ""),
        (_("Standing"), standing),
    ]
    return [
        {
            "title": _("Legal warranty"),
            "rows": [[label, value] for label, value in rows if value],
            "note": _("A reckoning from the dates stated here. Check with the lawyer before you rely on it."),
        }
    ]


def _goodwill(case: Case, until: datetime, *, is_internal: bool) -> list[dict[str, Any]]:
    """Return what was given of our own will; what was only asked or refused stays in the house."""
    rows = []
    for one in goodwill_of(case, until=until):
        is_decided = one.row.decided_at is not None and one.row.decided_at <= until
        state = GoodwillState(one.row.state) if is_decided else GoodwillState.ASKED
        if is_internal:
            said = [str(state.label), one.row.reason, one.asked_by, one.decided_by if is_decided else ""]
            rows.append([one.amount, " · ".join(filter(None, said))])
        elif state == GoodwillState.APPROVED and one.row.decided_at is not None:
            rows.append([one.amount, f"{one.row.reason} · {_minute(one.row.decided_at)}"])
    return [{"title": _("Goodwill"), "rows": rows, "note": ""}] if rows else []


def _day(day: date) -> str:
    return small_names(formats.date_format(day, "j F Y"))


def _deadlines(case: Case, until: datetime) -> Sequence[Deadline]:
    rows = Deadline.objects.filter(case=case, started_at__lte=until).select_related("phase")
    return list(rows.order_by("started_at", "pk"))


def _clock(row: Deadline, segments: Sequence[Segment], *, hours: _HoursOf, until: datetime) -> dict[str, Any]:
    """Return one promise: whether it was kept, and who held the case, how long in working time, until it ended."""
    met_at = row.met_at if row.met_at and row.met_at <= until else None
    missed_at = row.missed_at if row.missed_at and row.missed_at <= until else None
    dropped_at = row.dropped_at if row.dropped_at and row.dropped_at <= until else None
    if missed_at:
        result = _("Not kept: due on %(due)s") % {"due": _minute(missed_at)}
        result += f" · {_('met on %(at)s') % {'at': _minute(met_at)}}" if met_at else ""
    elif met_at:
        result = _("Kept: %(at)s") % {"at": _minute(met_at)}
    elif dropped_at:
        result = _("Dropped: %(at)s") % {"at": _minute(dropped_at)}
    else:
        result = _("Running, due on %(due)s") % {"due": _minute(row.due_at)} if row.due_at else _("Standing still")
    ended = met_at or dropped_at or until
    name = str(row.get_clock_display())
    return {
        "name": f"{name} · {local_name(row.phase)}" if row.phase else name,
        "limit": span(row.limit_seconds),
        "started": _minute(row.started_at),
        "result": result,
        "is_bad": bool(missed_at),
        "held": _held(segments, begin=row.started_at, end=ended, hours=hours),
    }


def _held(segments: Sequence[Segment], *, begin: datetime, end: datetime, hours: _HoursOf) -> str:
    spent: dict[str, timedelta] = {}
    for segment in segments:
        first, last = max(segment.started_at, begin), min(segment.ended_at or end, end)
        if first < last:
            label = _label(Holder, segment.holder)
            spent[label] = spent.get(label, timedelta(0)) + between(hours(segment), first, last)
    return ", ".join(f"{label} {span(time)}" for label, time in spent.items())


def _stretch(row: Segment, *, hours: _HoursOf, until: datetime, is_internal: bool) -> list[str]:
    ended = min(row.ended_at or until, until)
    is_over = row.ended_at is not None and row.ended_at <= until
    holder = _label(Holder, row.holder)
    return [
        f"{holder}: {row.reason}" if is_internal and row.reason else holder,
        _minute(row.started_at),
        _minute(ended) if is_over else "…",
        span(ended - row.started_at),
        span(between(hours(row), row.started_at, ended)),
    ]


def _entries(entries: Sequence[Entry]) -> list[dict[str, Any]]:
    messages = [int(one.key.rpartition(":")[2]) for one in entries if one.key.startswith("message:")]
    originals = original_digests(messages)
    return [_entry(number, one, originals) for number, one in enumerate(entries, start=1)]


def _entry(number: int, one: Entry, originals: dict[int, str]) -> dict[str, Any]:
    original = originals.get(int(one.key.rpartition(":")[2])) if one.key.startswith("message:") else None
    headers = [[label, value] for label, value in one.headers]
    if original:
        headers.append([_("SHA-256 of the original"), original])
    return {
        "number": str(number),
        "kind": one.kind.value,
        "at": _minute(one.at),
        "title": one.title,
        "is_bad": one.is_bad,
        "headers": headers,
        "text": one.text.strip(),
        "files": [[file.name, file_size(file.size), file.sha256] for file in one.files],
    }


def _elsewhere(numbers: Sequence[int]) -> str:
    if not numbers:
        return ""
    listed = ", ".join(f"#{number}" for number in numbers)
    return _("Merged into this case from other units, to be asked for there: %(cases)s") % {"cases": listed}


def _addressee(case: Case) -> list[str]:
    """Return the customer's address for the window of an envelope; only the name where no address is known."""
    if case.customer_id is None:
        return []
    card = customer_card(case.customer_id)
    found = Address.objects.filter(customer_id__in=card.record_ids).order_by("-is_primary", "pk").first()
    if found is None:
        return [card.name]
    town = " ".join(filter(None, [found.postcode, found.city, found.province]))
    return _lines(card.name, [found.street, town, "" if found.country == "IT" else found.country])


def _sender(unit: Unit, group: Unit) -> str:
    return group.name if unit.pk == group.pk else f"{group.name} · {unit.name}"


def _address_of(unit: Unit, group: Unit) -> list[str]:
    place = unit if unit.street else group
    town = " ".join(filter(None, [place.postcode, place.city, place.province]))
    return [place.street, town, unit.phone or group.phone, unit.email or group.email]


def _lines(first: str, others: Sequence[str]) -> list[str]:
    return [line for line in (first, *others) if line]


def _label(kind: Any, value: str) -> str:
    return str(kind(value).label) if value in kind.values else value


def _minute(at: datetime) -> str:
    return small_names(formats.date_format(timezone.localtime(at), "j M Y, H:i"))


def _date(at: datetime) -> str:
    return small_names(formats.date_format(timezone.localtime(at), "j F Y"))
