"""The one timeline of a customer: every fact any context told about them, newest first, page by page."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import connection
from django.urls import NoReverseMatch, reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from corsia.customers.vocabulary import ConsentChannel, MilestoneKind, Purpose, VehicleRole
from corsia.kernel.scope import current_scope
from corsia.organisation.queries import time_zone_of
from corsia.vehicles.models import Vehicle

PAGE = 30


@dataclass(frozen=True, kw_only=True)
class StoryEvent:
    """One fact as the timeline tells it."""

    id: int
    at: datetime
    icon: str
    tone: str  # ok, warn, bad, blue, violet, teal or ""
    headline: str
    detail: str
    url: str  # of the case or vehicle it is about; "" without one


@dataclass(frozen=True, kw_only=True)
class Story:
    """A page of the timeline."""

    events: list[StoryEvent]
    before: str  # cursor of the next page; "" on the last


@dataclass(frozen=True)
class _Telling:
    """How facts of one kind are told. The published facts are all it knows of other contexts."""

    icon: str
    tone: str
    headline: Any
    detail: Callable[[Mapping[str, Any]], str] = lambda _told: ""


def _case(told: Mapping[str, Any]) -> str:
    return f"#{told['case_id']}"


def _answer(told: Mapping[str, Any]) -> str:
    score = _("%(score)s out of 10") % {"score": told["score"]}
    return f"{score} · “{told['text']}”" if told.get("text") else score


def _consent(told: Mapping[str, Any]) -> str:
    answer = pgettext("consent", "given") if told["is_given"] else pgettext("consent", "refused")
    return f"{Purpose(told['purpose']).label} · {ConsentChannel(told['channel']).label}: {answer}"


def _milestone(told: Mapping[str, Any]) -> str:
    kind = MilestoneKind(told["kind"]).label if told["kind"] in MilestoneKind.values else told["kind"]
    return " · ".join(filter(None, [str(kind), told.get("reference"), told.get("detail")]))


def _visit(told: Mapping[str, Any]) -> str:
    at = datetime.fromisoformat(told["drop_off_at"]).astimezone(time_zone_of(told["unit_id"]))
    return date_format(at, "D j M Y, H:i").lower()


# How a customer came to us; what is not listed is shown as it was written.
_SOURCES: Final[Mapping[str, Any]] = {
    "desk": gettext_lazy("Added at the desk"),
    "counter": gettext_lazy("At the counter"),
    "phone": gettext_lazy("By phone"),
    "email": gettext_lazy("By e-mail"),
    "form": gettext_lazy("By web form"),
}
# How it ended with somebody who had been forgotten.
_WON_BACK: Final[Mapping[str, Any]] = {
    "recovered": gettext_lazy("Won back"),
    "lost": gettext_lazy("Lost for good"),
    "unreachable": gettext_lazy("Could not be reached"),
}
_TELLINGS: Final[Mapping[str, _Telling]] = {
    "customers.CustomerAdded": _Telling(
        "user-plus",
        "blue",
        gettext_lazy("Became a customer"),
        lambda told: str(_SOURCES.get(told["source"], told["source"])),
    ),
    "customers.CustomersMerged": _Telling("arrows-join", "violet", gettext_lazy("Two records became one")),
    "customers.CustomersUnmerged": _Telling("arrows-split", "violet", gettext_lazy("Records separated again")),
    "customers.ConsentStated": _Telling("shield-check", "teal", gettext_lazy("Said about consent"), _consent),
    "customers.HoldingChanged": _Telling("car", "", gettext_lazy("Vehicle")),
    "customers.MilestoneReached": _Telling("flag", "teal", gettext_lazy("Milestone"), _milestone),
    "cases.CaseOpened": _Telling(
        "ticket", "blue", gettext_lazy("Case opened"), lambda told: f"{_case(told)} · {told['title']}"
    ),
    "cases.CaseClosed": _Telling("circle-check", "ok", gettext_lazy("Case closed"), _case),
    "cases.CaseReopened": _Telling(
        "rotate", "warn", gettext_lazy("Case reopened"), lambda told: f"{_case(told)} · {told['reason']}"
    ),
    "cases.CasesMerged": _Telling("arrows-join", "", gettext_lazy("Two cases became one"), _case),
    "cases.DeadlineMissed": _Telling("alarm", "bad", gettext_lazy("Deadline missed"), _case),
    "cases.RecoveryEnded": _Telling(
        "lifebuoy",
        "violet",
        gettext_lazy("We got in touch again"),
        lambda told: f"{_case(told)} · {_WON_BACK.get(told['outcome'], told['outcome'])}",
    ),
    "messaging.MessageReceived": _Telling(
        "message", "", gettext_lazy("The customer wrote"), lambda told: told["preview"]
    ),
    "messaging.MessageSent": _Telling("send", "", gettext_lazy("We answered"), lambda told: told["preview"]),
    "messaging.MessageBounced": _Telling(
        "mail-off", "bad", gettext_lazy("A message came back"), lambda told: told["address"]
    ),
    "listening.SurveySent": _Telling("star", "", gettext_lazy("Asked for an opinion"), _case),
    "listening.SurveyAnswered": _Telling("star", "warn", gettext_lazy("Gave an opinion"), _answer),
    "workshop.VisitBooked": _Telling("tool", "blue", gettext_lazy("Workshop visit booked"), _visit),
    "workshop.VisitMoved": _Telling("tool", "", gettext_lazy("Workshop visit moved"), _visit),
    "workshop.VisitCancelled": _Telling(
        "tool", "warn", gettext_lazy("Workshop visit called off"), lambda told: told["reason"]
    ),
}
# Steps inside the house, of interest on the case and not in the customer's story.
_SILENT: Final = ("cases.CaseAssigned", "cases.CaseMoved", "cases.PhaseEntered", "cases.TemplateDue")


def story_of(record_ids: Sequence[int], *, before: str = "", limit: int = PAGE) -> Story:
    """Return a page of the facts about a customer that lie within the scope.

    Args:
        record_ids: all records of the customer (`family_ids`).
        before: the cursor of the page before; "" for the first page. One that cannot be read gives the first page.
    """
    scope = current_scope()
    parameters: list[Any] = [list(record_ids), list(_SILENT)]
    wheres = ""
    if not scope.everything:
        wheres += " AND f.unit_id = ANY(%s)"
        parameters.append(sorted(scope.shared))
    if cursor_ := _read_cursor(before):
        wheres += " AND (f.occurred_at, f.id) < (%s, %s)"
        parameters += [*cursor_]
    with connection.cursor() as cursor:
        # One short walk of the index per record, then merged: a customer of many records reads no more than one of few.
        cursor.execute(
            "SELECT t.id, t.kind, t.payload::text, t.occurred_at FROM unnest(%s::bigint[]) AS record(id) CROSS JOIN "
            "LATERAL (SELECT f.id, f.kind, f.payload, f.occurred_at FROM kernel_factrecord f "
            f"WHERE f.subject_id = record.id AND f.kind <> ALL(%s){wheres} "
            "ORDER BY f.occurred_at DESC, f.id DESC LIMIT %s) t ORDER BY t.occurred_at DESC, t.id DESC LIMIT %s",
            [*parameters, limit + 1, limit + 1],
        )
        rows = cursor.fetchall()
    told = [(pk, kind, _loaded(payload), at) for pk, kind, payload, at in rows[:limit]]
    names = _vehicle_names(payload["vehicle_id"] for _pk, _kind, payload, _at in told if "vehicle_id" in payload)
    last = told[-1] if len(rows) > limit else None
    return Story(
        events=[_event(pk, kind, payload, at, names) for pk, kind, payload, at in told],
        before=f"{last[3].isoformat()}|{last[0]}" if last else "",
    )


def _event(pk: int, kind: str, told: Mapping[str, Any], at: datetime, vehicle_names: Mapping[int, str]) -> StoryEvent:
    telling = _TELLINGS.get(kind) or _Telling("point", "", kind.partition(".")[2])
    headline, detail, tone = str(telling.headline), telling.detail(told), telling.tone
    if kind == "customers.HoldingChanged":
        role = VehicleRole(told["role"]).label
        headline = _("Vehicle taken over") if told["is_current"] else _("Vehicle given away")
        detail = f"{vehicle_names.get(told['vehicle_id'], '')} · {role}".strip(" ·")
    if kind == "listening.SurveyAnswered":
        tone = "bad" if told["is_detractor"] else "ok" if told["score"] >= 9 else "warn"
    return StoryEvent(id=pk, at=at, icon=telling.icon, tone=tone, headline=headline, detail=detail, url=_url(told))


def _url(told: Mapping[str, Any]) -> str:
    """Return where the fact's visit, case or vehicle is shown; that page is another context's and may not be there."""
    for name, key in (("workshop:visit", "visit_id"), ("cases:case", "case_id"), ("vehicles:vehicle", "vehicle_id")):
        if told.get(key):
            try:
                return reverse(name, args=[told[key]])
            except NoReverseMatch:
                return ""
    return ""


def _vehicle_names(ids: Any) -> dict[int, str]:
    wanted = set(ids)
    return {vehicle.pk: str(vehicle) for vehicle in Vehicle.objects.filter(pk__in=wanted)} if wanted else {}


def _read_cursor(text: str) -> tuple[datetime, int] | None:
    at, _bar, pk = text.partition("|")
    try:
        return datetime.fromisoformat(at.replace(" ", "+")), int(pk)
    except ValueError:
        return None


def _loaded(payload: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(payload)
    return loaded
