"""What the sweeps must know of each address and cannot read from the URL resolver.

A new address without a row here fails test_registry.py ("Some URLs are untested!"). A row says whose rows the address
names, and with which body its right holder succeeds: only then does a refusal to somebody else prove anything.

In a body "@name" stands for the id of a row of the place (world.py): the sweep of foreign keys puts in others'.
"""

from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import Enum
from typing import Any

from tests.security.dms_rows import MAPPING as DMS_MAPPING
from tests.security.world import Place

SOON = (date.today() + timedelta(days=6)).isoformat()  # noqa: DTZ011  (forms compare it with the real today)
PAST = (date.today() - timedelta(days=6)).isoformat()  # noqa: DTZ011


class Kind(Enum):
    """Whose rows the parameters of an address name."""

    PUBLIC = "anybody may open it; a token or a public name in the address is the authority"
    LIBRARY = "allauth's pages, which keep their own doors; only about the person themselves"
    PAGE = "no row in the address: everybody with the right sees their own part"
    GROUP = "a row that the whole dealer group shares, such as a customer"
    BRANCH = "a row of one branch: nobody outside may know of it"
    OWN = "a row of one person"


# Rows that all branches of a dealer group share: another branch's is not foreign.
SHARED = {
    "customer_id", "twin_id", "household_id", "vehicle_id", "contact_id", "address_id", "holding_id", "relation_id",
    "merge_id", "duplicate_id", "skill", "proposal_id", "other_proposal_id", "practice_id", "service_plan_id",
    "recall_id", "step_id",
}  # fmt: skip


@dataclass(frozen=True)
class Door:
    """One address.

    Attributes:
        get: what the right holder gets; 405 where only POST is answered.
        post: the body with which the right holder succeeds; None where POST is not answered.
        at: parameter of the address -> row or word of the place, where the names differ.
        query: query string without which GET says nothing.
        changes: whether the POST leaves a trace in the tables.
        ignores: body keys whose foreign ids are passed over instead of refused, with the reason.
        names_units: shows the names of all units of the dealer group, and takes one of them.
    """

    kind: Kind
    get: int = 200
    post: dict[str, Any] | None = None
    at: dict[str, str] = field(default_factory=dict)
    query: str = ""
    changes: bool = True
    ignores: dict[str, str] = field(default_factory=dict)
    names_units: bool = False


def page(**options: Any) -> Door:
    return Door(Kind.PAGE, **options)


def shared(**options: Any) -> Door:
    return Door(Kind.GROUP, **options)


def branch(**options: Any) -> Door:
    return Door(Kind.BRANCH, **options)


def only_post(kind: Kind, body: dict[str, Any] | None = None, **options: Any) -> Door:
    return Door(kind, get=405, post=body or {}, **options)


DMS, DMS_FILE = {"source_id": "dms_source_id"}, {"delivery_id": "dms_delivery_id"}

# The hour that a visit is booked for: its workshop is always open, and has two of everything.
SLOT = {"unit": "@workshop_unit_id", "at": f"{SOON}T09:00:00+00:00"}
BOOKED_VISIT = {"visit_id": "workshop_visit_id"}
HOLD = SLOT | {"customer": "@customer_id", "job": "@workshop_job_id", "case": "@case_id"}
WAITING_ANSWERS = {"file_id": "waiting_answers_id"}


def wording(get: int = 200, **options: Any) -> Door:
    """Return the door of a version of a questionnaire."""
    return Door(Kind.BRANCH, get=get, at={"version_id": "survey_version_id"} | options.pop("at", {}), **options)


def talk(get: int = 200, **options: Any) -> Door:
    """Return the door of a conversation: its case is the one with messages."""
    return Door(Kind.BRANCH, get=get, at={"case_id": "conversation_id"} | options.pop("at", {}), **options)


CONTACT_RULES = dict.fromkeys(
    ("days", "total", "surveys", "marketing", "manufacturer", "patience_days", "answer_minutes"), "9"
) | {"kept_for_service": "2", "weekday_from": "09:00", "weekday_until": "20:00"}
SURVEY_QUESTION = {
    "page": "second",
    "kind": "scale",
    "text_it": "Quanto?",
    "text_en": "How much?",
    "low": "0",
    "high": "10",
}
EVENT_RULE = {
    "name": "Consegna", "unit": "@branch_id", "occasion": "customers.vehicle_ready", "wait": "1", "wait_unit": "days",
    "delay_kind": "elapsed", "max_age_days": "7", "follow_up": "task", "task_title": "Chiamare",
    "process_key": "contact",
}  # fmt: skip
TO_DIAL, RINGING, ASKING = ({"interview_id": f"{name}_id"} for name in ("dial", "ringing", "asking"))
ASKED_BY_PHONE = {"questionnaire_id": "phone_questionnaire_id"}
LIBRARY = Door(Kind.LIBRARY, at={"pk": "=1"})
PUBLIC = Door(Kind.PUBLIC)

ARTICLE = {
    "category": "@category_id", "audience": "public", "kind": "question", "unit": "@branch_id",
    "review_every_days": "180",
}  # fmt: skip

METRIC = {
    "unit": "@branch_id", "name_it": "Casi", "dataset": "cases.case", "day": "opened_on", "statistic": "count",
    "better": "neither", "minimum_n": "0",
}  # fmt: skip

TOUCHPOINT = {
    "name_it": "Prova", "name_en": "Test", "stage": "buy", "unit": "@branch_id", "state": "active",
    "review_months": "6",
}  # fmt: skip
PERSONA = {"name": "Nuova", "unit": "@branch_id", "population": "retail"}
GUIDELINE = {"factor": "status", "unit": "@branch_id", "text": "Nuova"}
BENCHMARK = {
    "competitor": "Altri", "touchpoint": "@touchpoint_id", "unit": "@branch_id", "standing": "behind",
    "practice": "Meglio", "source": "Visita", "noted_on": PAST,
}  # fmt: skip
PLAN = {
    "name": "Nuovo", "unit": "@branch_id", "touchpoint": "@touchpoint_id", "population": "retail",
    "instrument": "focus", "design": "census", "sample_pct": "100", "starts_on": PAST, "wait": "1",
    "wait_unit": "days", "delay_kind": "elapsed",
}  # fmt: skip
PANEL = {
    "name": "Nuovo", "unit": "@branch_id", "touchpoint": "@touchpoint_id", "questionnaire": "@questionnaire_id",
    "since": PAST, "until": PAST, "size": "10",
}  # fmt: skip
FINDING = {
    "title": "Nuovo", "touchpoint": "@touchpoint_id", "sign": "plus", "severity": "2", "instrument": "focus",
    "unit": "@branch_id", "found_on": PAST,
}  # fmt: skip
VISIT = {
    "unit": "@branch_id", "touchpoint": "@touchpoint_id", "visited_on": PAST, "key": "0123456789abcdef",
    "seen_greeted": "yes",
}  # fmt: skip
SESSION = {
    "title": "Nuova", "unit": "@branch_id", "touchpoint": "@touchpoint_id", "population": "retail", "quota": "5",
    "day": SOON, "hour": "18:00",
}  # fmt: skip
SAT_IN = {"session_id": "listened_session_id"}  # besides the sessions of whoever is signed in
COMMUNITY = {"session_id": "community_id"}
NETWORK = {"plan_id": "network_plan_id"}


DOORS: dict[str, Door] = {
    "": page(get=302),
    "ui/": page(),
    "ui/language/<slug:code>/": Door(Kind.PUBLIC, get=302, at={"code": "=it"}),
    "system/": page(),
    "system/alive/": PUBLIC,
    "system/jobs/": page(),
    "system/jobs/failed/": only_post(Kind.PAGE, {"act": "retry"}, changes=False),
    "system/jobs/letters/<slug:kind>/": only_post(Kind.PAGE, {"act": "retry"}, at={"kind": "=reactions"}),
    "system/failures/": page(),
    "system/failures/<int:failure_id>/replay/": only_post(Kind.BRANCH),
    "system/audit/": page(),
    # ---- organisation ----
    "organisation/": page(),
    "organisation/units/add/": page(
        post={"to": "@branch_id", "kind": "department", "name": "Nuova", "language": "it", "calendar": "@calendar_id"}
    ),
    "organisation/units/<int:unit_id>/": branch(),
    "organisation/units/<int:unit_id>/below/": branch(at={"unit_id": "desk_id"}),
    "organisation/units/<int:unit_id>/edit/": branch(
        post={"name": "Altra", "language": "it", "calendar": "@calendar_id"}
    ),
    "organisation/units/<int:unit_id>/move/": branch(post={"to": "@branch_id"}),
    "organisation/units/<int:unit_id>/close/": only_post(Kind.BRANCH),
    "organisation/units/<int:unit_id>/closures/": only_post(
        Kind.BRANCH, {"first_on": SOON, "last_on": SOON, "reason": "Inventario"}
    ),
    "organisation/closures/<int:closure_id>/remove/": only_post(Kind.BRANCH),
    "organisation/palette/": page(query="q=CANARY"),
    "organisation/people/": page(query="all=1"),
    "organisation/people/add/": page(
        post={
            "first_name": "Nuova",
            "last_name": "Persona",
            "email": "nuova@example.it",
            "language": "it",
            "capacity": "5",
            "unit": "@desk_id",
            "role": "agent",
            "since": PAST,
        }
    ),
    "organisation/people/<int:person_id>/": branch(),
    "organisation/people/<int:person_id>/edit/": branch(
        post={
            "first_name": "Altro",
            "last_name": "Nome",
            "email": "altro@example.it",
            "language": "it",
            "capacity": "5",
            "is_active": "on",
        }
    ),
    "organisation/people/<int:person_id>/move/": branch(
        query="from=@desk_id", post={"from": "@desk_id", "to": "@branch_id"}
    ),
    "organisation/people/<int:person_id>/roles/": only_post(
        Kind.BRANCH, {"unit": "@branch_id", "role": "mechanic", "since": PAST}
    ),
    "organisation/people/<int:person_id>/skills/": only_post(Kind.BRANCH, {"skill": "@skill", "level": "3"}),
    "organisation/people/<int:person_id>/absences/": only_post(
        Kind.BRANCH, {"kind": "training", "starts_at": f"{SOON}T08:00", "ends_at": f"{SOON}T12:00"}
    ),
    "organisation/people/<int:person_id>/password-link/": only_post(Kind.BRANCH),
    "organisation/skills/": page(),
    "organisation/skills/add/": page(post={"name_it": "Nuova", "name_en": "New"}),
    "organisation/skills/<int:skill_id>/": page(),  # skills belong to no unit
    "organisation/skills/<int:skill_id>/change/": only_post(
        Kind.PAGE, {"name_it": "Altra", "name_en": "Other", "is_active": "on"}
    ),
    "organisation/skills/<int:skill_id>/people/": only_post(Kind.PAGE, {"people": "@person_id", "level": "3"}),
    "organisation/roles/<int:membership_id>/end/": only_post(Kind.BRANCH),
    "organisation/absences/<int:absence_id>/remove/": only_post(Kind.BRANCH),
    "organisation/calendars/": page(),
    "organisation/calendars/add/": page(post={"name": "Nuovo", "to": "@branch_id", "is_always_open": "on"}),
    "organisation/calendars/<int:calendar_id>/": branch(post={"name": "Altro", "is_always_open": "on"}),
    "organisation/calendars/<int:calendar_id>/delete/": only_post(Kind.BRANCH),
    "organisation/agreements/": page(),
    "organisation/agreements/add/": page(post={"to": "@branch_id"}, changes=False),  # without a file: a form again
    "organisation/agreements/<int:agreement_id>/end/": only_post(Kind.BRANCH),
    "organisation/agreements/<int:agreement_id>/file/": branch(),
    "organisation/me/": page(post={"language": "it", "theme": "dark"}),
    "organisation/me/sessions/<int:session_id>/end/": only_post(Kind.OWN, changes=False),
    "organisation/me/notices/": page(post={"digest": "daily", "digest_at": "08:00", "bell-cases.task": "on"}),
    "organisation/notices/": page(),
    "organisation/notices/badge/": page(),
    "organisation/notices/read/": only_post(Kind.PAGE),
    "organisation/notices/<int:notice_id>/": only_post(Kind.OWN),
    # ---- customers ----
    "customers/": page(query="q=CANARY"),
    "customers/add/": page(post={"kind": "person", "last_name": "Nuovi", "language": "it"}),
    "customers/palette/": page(query="q=CANARY"),
    "customers/pick/": page(query="q=CANARY"),
    "customers/duplicates/": page(),
    "customers/duplicates/<int:duplicate_id>/": shared(),
    "customers/duplicates/<int:duplicate_id>/decide/": only_post(
        Kind.GROUP,
        {"answer": "same", "survivor": "@customer_id"},
        ignores={"survivor": "one who is not of the pair does not count; the older of the two lives on"},
    ),
    "customers/merges/<int:merge_id>/undo/": only_post(Kind.GROUP),
    "customers/contacts/<int:contact_id>/remove/": only_post(Kind.GROUP),
    "customers/contacts/<int:contact_id>/primary/": only_post(Kind.GROUP),
    "customers/contacts/<int:contact_id>/state/": only_post(Kind.GROUP, {"state": "verified"}),
    "customers/milestones/": page(),
    "customers/milestones/list/": page(
        post={"unit": "@desk_id", "kind": "invoice_issued", "text": "email;data\nx@example.it;1/2/2026"}, changes=False
    ),
    "customers/vehicle/<int:vehicle_id>/milestones/": shared(),
    "customers/<int:customer_id>/milestones/": shared(),
    "customers/<int:customer_id>/milestones/new/": only_post(
        Kind.GROUP, {"kind": "invoice_issued", "unit": "@desk_id", "vehicle": "@vehicle_id", "on": PAST}
    ),
    "customers/advisors/": page(query="owner_advisor=a"),
    "customers/addresses/<int:address_id>/edit/": only_post(Kind.GROUP, {"street": "Via Po 2", "city": "Torino"}),
    "customers/addresses/<int:address_id>/primary/": only_post(Kind.GROUP, changes=False),  # it is the only one
    "customers/addresses/<int:address_id>/remove/": only_post(Kind.GROUP),
    "customers/holdings/<int:holding_id>/end/": only_post(Kind.GROUP),
    "customers/members/<int:relation_id>/remove/": only_post(Kind.GROUP),
    "customers/vehicle/<int:vehicle_id>/holders/": shared(),
    "customers/<int:customer_id>/": shared(),
    "customers/<int:customer_id>/edit/": shared(post={"kind": "person", "last_name": "Altri", "language": "it"}),
    "customers/<int:customer_id>/story/": shared(),
    "customers/<int:customer_id>/dues/": shared(),
    "customers/<int:customer_id>/brief/": shared(),
    "customers/<int:customer_id>/statements/": shared(),
    "customers/<int:customer_id>/merge/": shared(
        query="other=@twin_id",
        post={"other": "@twin_id", "survivor": "@customer_id"},
        ignores={"survivor": "one who is not of the pair does not count; the customer of the page lives on"},
    ),
    "customers/<int:customer_id>/contacts/": only_post(Kind.GROUP, {"kind": "email", "value": "nuova@example.it"}),
    "customers/<int:customer_id>/addresses/": only_post(Kind.GROUP, {"street": "Via Roma 1", "city": "Brescia"}),
    "customers/<int:customer_id>/consents/": only_post(
        Kind.GROUP, {"purpose": "marketing", "channel": "any", "answer": "no", "source": "al banco"}
    ),
    "customers/<int:customer_id>/flags/": only_post(Kind.GROUP, {"flag": "moved", "is_set": "on"}),
    "customers/<int:customer_id>/vehicles/": only_post(Kind.GROUP, {"vehicle": "ZZ987ZZ", "role": "driver"}),
    "customers/<int:customer_id>/members/": only_post(
        Kind.GROUP, {"member": "@twin_id"}, at={"customer_id": "household_id"}
    ),
    # ---- vehicles ----
    "vehicles/": page(query="q=A"),
    "vehicles/add/": page(post={"plate": "ZZ986ZZ", "make": "Fiat"}),
    "vehicles/palette/": page(query="q=A"),
    "vehicles/vin/": page(query="vin=WVWZZZ1JZXW000001"),
    "vehicles/<int:vehicle_id>/": shared(),
    "vehicles/<int:vehicle_id>/edit/": shared(post={"make": "Lancia"}),
    "vehicles/<int:vehicle_id>/plate/": only_post(Kind.GROUP, {"number": "ZZ985ZZ", "since": PAST}),
    "vehicles/<int:vehicle_id>/odometer/": only_post(Kind.GROUP, {"km": "54000", "read_on": PAST}),
    "vehicles/<int:vehicle_id>/services/": only_post(
        Kind.GROUP, {"kind": "tyres", "done_on": PAST, "place": "@branch_id"}
    ),
    "vehicles/dues/": page(),
    "vehicles/dues/export/": page(),
    "vehicles/plans/": page(post={"make": "Lancia", "interval_months": "12"}),
    "vehicles/plans/<int:plan_id>/remove/": only_post(Kind.GROUP, {}, at={"plan_id": "service_plan_id"}),
    "vehicles/recalls/": page(),
    "vehicles/recalls/new/": page(post={"code": "ZZ-1", "opened_on": PAST, "title_it": "Airbag"}),
    "vehicles/recalls/<int:recall_id>/": shared(),
    "vehicles/recalls/<int:recall_id>/edit/": shared(post={"code": "ZZ-2", "opened_on": PAST, "title_it": "Freni"}),
    "vehicles/recalls/<int:recall_id>/vins/": only_post(Kind.GROUP, {"text": "ZFA31200000123459"}),
    # ---- listening ----
    "listening/": page(),
    "listening/signals/": page(),
    "listening/signals/funnel/": page(),
    "listening/signals/items/": page(query="survey=csi-workshop"),
    "listening/voices/": page(),
    "listening/voices/<int:response_id>/topics/": branch(post={"topic.price": "minus"}),
    "listening/topics/": page(),
    "listening/topics/<slug:topic>/": page(at={"topic": "=price"}, post={"plus_it": "onest"}),
    "listening/export.csv": page(),
    "listening/export.xlsx": page(),
    "listening/feeds/": page(),
    "listening/invitations/": page(),
    "listening/invitations/<int:invitation_id>/cancel/": only_post(Kind.BRANCH),
    "listening/settings/": page(),
    "listening/settings/<int:unit_id>/": branch(
        post={
            "is_on": "on",
            "send_after_minutes": "10",
            "pause_days": "1",
            "expires_after_days": "9",
            "detractor_at_most": "5",
            "brand_color": "#112233",
        }
    ),
    "listening/settings/<int:unit_id>/remove/": only_post(Kind.BRANCH),
    "listening/customer/<int:customer_id>/": shared(),
    "listening/interviews/": page(),
    "listening/interviews/<int:questionnaire_id>/": branch(
        post={
            "most_attempts": "4",
            "hours_between": "5",
            "ring_seconds": "30",
            "share_b_pct": "10",
            "slots": "evening",
        },
        at=ASKED_BY_PHONE,
    ),
    "listening/interviews/<int:questionnaire_id>/try/": branch(at=ASKED_BY_PHONE),
    "listening/interviews/<int:questionnaire_id>/<str:script>/<str:language>/": only_post(
        Kind.BRANCH, {"greeting": "Salve"}, at=ASKED_BY_PHONE | {"script": "=A", "language": "=it"}
    ),
    "listening/interviews/<int:questionnaire_id>/<str:script>/<str:language>/sound/": only_post(
        Kind.BRANCH,
        {"prompt": "greeting"},
        at=ASKED_BY_PHONE | {"script": "=B", "language": "=it"},
        changes=False,
    ),
    "listening/interviews/sounds/<int:words_id>/remove/": only_post(Kind.BRANCH),
    "listening/calls/": page(),
    "listening/calls/next/": only_post(Kind.PAGE, changes=False),
    "listening/calls/<int:interview_id>/": branch(at=ASKING),
    "listening/calls/<int:interview_id>/dialled/": only_post(Kind.BRANCH, at=TO_DIAL),
    "listening/calls/<int:interview_id>/agree/": only_post(Kind.BRANCH, at=RINGING),
    "listening/calls/<int:interview_id>/answer/": only_post(
        Kind.BRANCH, {"item": "recommend", "value": "9"}, at=ASKING
    ),
    "listening/calls/<int:interview_id>/speak/": only_post(Kind.BRANCH, {"language": "en"}, at=ASKING),
    "listening/calls/<int:interview_id>/end/": only_post(Kind.BRANCH, {"outcome": "busy"}, at=RINGING),
    "listening/calls/<int:interview_id>/give-back/": only_post(Kind.BRANCH, at=TO_DIAL),
    "listening/loops/": page(),
    "listening/loops/case/<int:case_id>/": branch(at={"case_id": "closed_id"}),
    "listening/loops/<int:loop_id>/call/": only_post(Kind.BRANCH, {"said.recommend": "Attesa"}),
    "listening/loops/<int:loop_id>/end/": only_post(
        Kind.BRANCH, {"root_cause": "Attesa", "remedy": "Scuse", "outcome": "recovered", "money": "10"}
    ),
    "listening/journey/": page(),
    "listening/journey/new/": page(post=TOUCHPOINT),
    "listening/journey/<int:touchpoint_id>/": branch(),
    "listening/journey/<int:touchpoint_id>/edit/": branch(post=TOUCHPOINT),
    "listening/journey/<int:touchpoint_id>/move/": only_post(Kind.BRANCH, {"stage": "own"}),
    "listening/journey/<int:touchpoint_id>/reviewed/": only_post(Kind.BRANCH),
    "listening/personas/": page(),
    "listening/personas/new/": page(post=PERSONA),
    "listening/personas/<int:persona_id>/": branch(post=PERSONA),
    "listening/personas/<int:persona_id>/remove/": only_post(Kind.BRANCH),
    "listening/vision/": page(),
    "listening/vision/promise/": page(post={"unit": "@branch_id", "text_it": "Promessa"}),
    "listening/vision/guidelines/new/": page(post=GUIDELINE),
    "listening/vision/guidelines/<int:guideline_id>/": branch(post=GUIDELINE),
    "listening/vision/guidelines/<int:guideline_id>/remove/": only_post(Kind.BRANCH),
    "listening/vision/benchmarks/new/": page(post=BENCHMARK),
    "listening/vision/benchmarks/<int:benchmark_id>/": branch(post=BENCHMARK),
    "listening/vision/benchmarks/<int:benchmark_id>/remove/": only_post(Kind.BRANCH),
    "listening/plans/": page(),
    "listening/plans/new/": page(post=PLAN),
    "listening/plans/<int:plan_id>/": branch(),
    "listening/plans/<int:plan_id>/edit/": branch(post=PLAN),
    "listening/plans/<int:plan_id>/ask-since/": only_post(Kind.BRANCH, {"since": PAST}, at={"plan_id": "open_plan_id"}),
    "listening/plans/<int:plan_id>/poster/<int:unit_id>/": branch(
        at={"plan_id": "open_plan_id", "unit_id": "branch_id"}
    ),
    "listening/plans/<int:plan_id>/state/": only_post(Kind.BRANCH, {"state": "running"}),
    "listening/plans/<int:plan_id>/colleagues/": branch(at=NETWORK),
    "listening/plans/<int:plan_id>/colleagues/invite/": only_post(
        Kind.BRANCH, {"role": ["administrator", "agent", "receptionist"]}, at=NETWORK
    ),
    "listening/plans/<int:plan_id>/colleagues/remind/": only_post(Kind.BRANCH, at=NETWORK),
    "listening/panels/": page(),
    "listening/panels/new/": page(post=PANEL, changes=False),  # nothing was done there to draw from
    "listening/panels/<int:panel_id>/": branch(),
    "listening/findings/": page(),
    "listening/findings/new/": page(post=FINDING),
    "listening/findings/<int:finding_id>/settle/": only_post(Kind.BRANCH),
    "listening/findings/settle/": only_post(Kind.PAGE, {"finding": "@finding_id"}),
    "listening/collected/": page(),
    "listening/collected/new/": page(
        post={"name": "Istituto", "questionnaire": "case", "unit": "@branch_id"}, changes=False
    ),
    "listening/collected/sources/<int:source_id>/": branch(at={"source_id": "answer_source_id"}),
    "listening/collected/files/<int:file_id>/": branch(at=WAITING_ANSWERS),
    "listening/collected/files/<int:file_id>/columns/": only_post(
        Kind.BRANCH, {"column0": "date", "column1": "recommend", "column2": "words"}, at=WAITING_ANSWERS
    ),
    "listening/collected/files/<int:file_id>/confirm/": only_post(Kind.BRANCH, at=WAITING_ANSWERS),
    "listening/collected/files/<int:file_id>/discard/": only_post(Kind.BRANCH, at=WAITING_ANSWERS),
    "listening/collected/files/<int:file_id>/back/": only_post(Kind.BRANCH, at={"file_id": "taken_answers_id"}),
    "listening/collected/files/<int:file_id>/left-out/": branch(at=WAITING_ANSWERS),
    "listening/answers/files/<int:attachment_id>/": branch(at={"attachment_id": "answer_attachment_id"}),
    "listening/integrity/": page(query="decision=aside"),
    "listening/integrity/words/": page(post={"unit": "@branch_id", "words": "mi dia 10"}),
    "listening/integrity/<int:flag_id>/decide/": only_post(
        Kind.BRANCH, {"decision": "valid", "note": "Tutto in regola"}
    ),
    "listening/sessions/": page(),
    "listening/sessions/new/": page(post=SESSION),
    "listening/sessions/<int:session_id>/": branch(at=SAT_IN),
    "listening/sessions/<int:session_id>/edit/": branch(post=SESSION, at=SAT_IN),
    "listening/sessions/<int:session_id>/state/": only_post(Kind.BRANCH, {"state": "held"}, at=SAT_IN),
    "listening/sessions/<int:session_id>/outline/new/": branch(post={"name_it": "Nuova", "minutes": "10"}, at=SAT_IN),
    "listening/sessions/<int:session_id>/outline/<int:block_id>/": branch(
        post={"name_it": "Altra", "minutes": "5"}, at=SAT_IN
    ),
    "listening/sessions/outline/<int:block_id>/move/": only_post(Kind.BRANCH, {"place": "0"}),
    "listening/sessions/outline/<int:block_id>/remove/": only_post(Kind.BRANCH),
    "listening/sessions/<int:session_id>/people/": only_post(
        Kind.BRANCH, {"name": "Ospite", "language": "it"}, at=SAT_IN
    ),
    "listening/sessions/<int:session_id>/invite/": only_post(Kind.BRANCH, at=SAT_IN),
    "listening/sessions/people/<int:participant_id>/": only_post(Kind.BRANCH, {"state": "accepted"}),
    "listening/sessions/<int:session_id>/hold/": branch(at=SAT_IN),
    "listening/sessions/<int:session_id>/notes/": only_post(
        Kind.BRANCH, {"text": "Detto", "key": "0123456789abcdef", "block": "@block_id"}, at=SAT_IN
    ),
    "listening/sessions/notes/<int:note_id>/": only_post(
        Kind.BRANCH, {"text": "Detto", "sign": "minus", "act": "finding", "touchpoint": "@touchpoint_id"}
    ),
    "listening/sessions/<int:session_id>/results/": branch(at=SAT_IN),
    "listening/sessions/<int:session_id>/results.csv": branch(at=SAT_IN),
    "listening/sessions/<int:session_id>/community/": branch(at=COMMUNITY),
    "listening/sessions/<int:session_id>/participation/": branch(at=COMMUNITY),
    "listening/sessions/prompts/<int:block_id>/answer/": only_post(
        Kind.BRANCH, {"text": "Grazie", "parent": "@post_id"}, at={"block_id": "prompt_id"}
    ),
    "listening/sessions/posts/<int:post_id>/": only_post(Kind.BRANCH, {"act": "finding"}),
    "listening/visits/": page(),
    "listening/visits/new/": page(post=VISIT),
    "listening/visits/worker.js": page(),
    "listening/visits/<int:visit_id>/": branch(),
    "listening/visits/<int:visit_id>/photos/<int:seen_id>/": branch(),
    "listening/questionnaires/": page(),
    "listening/questionnaires/install/": only_post(Kind.PAGE),
    "listening/questionnaires/<int:questionnaire_id>/": branch(),
    "listening/questionnaires/<int:questionnaire_id>/draft/": only_post(
        Kind.BRANCH, at={"questionnaire_id": "settled_questionnaire_id"}
    ),
    "listening/questionnaires/versions/<int:version_id>/publish/": wording(405, post={"note": "Nuovo"}),
    "listening/questionnaires/versions/<int:version_id>/discard/": wording(405, post={}),
    "listening/questionnaires/versions/<int:version_id>/question/": wording(post=SURVEY_QUESTION),
    "listening/questionnaires/versions/<int:version_id>/question/<slug:key>/": wording(
        at={"key": "=recommend"}, post=SURVEY_QUESTION
    ),
    "listening/questionnaires/versions/<int:version_id>/change/<slug:key>/": wording(
        405, at={"key": "=more"}, post={"what": "up"}
    ),
    # ---- privacy ----
    "privacy/": page(),
    "privacy/terms/": page(),
    "privacy/terms/<int:unit_id>/": branch(
        post={"is_on": "on"}
        | dict.fromkeys(("trail", "told", "notices", "readings", "relationship", "cases"), "400")
        | dict.fromkeys(("recovery_lists", "raw_mail", "outbox", "contacts", "calls", "orders"), "400")
        | dict.fromkeys(("drafts", "surveys", "sessions", "session_guests", "deliveries"), "40")
        | {"orders": "4000"}
    ),
    "privacy/terms/<int:unit_id>/due/": branch(),
    "privacy/customers/<int:customer_id>/panel/": shared(),
    "privacy/customers/<int:customer_id>/readings/": shared(),
    "privacy/customers/<int:customer_id>/copies/": shared(post={}),
    "privacy/customers/<int:customer_id>/erase/": shared(post={"reason": "request", "confirmation": "@customer_id"}),
    "privacy/copies/<int:export_id>/download/": only_post(Kind.OWN),
    # ---- knowledge ----
    "knowledge/": page(query="q=CANARY"),
    "knowledge/palette/": page(query="q=CANARY"),
    "knowledge/new/": page(post={"title_it": "Nuovo", "body_it": "Testo"} | ARTICLE),
    "knowledge/preview/": only_post(Kind.PAGE, {"language": "it", "body_it": "**x**"}, changes=False),
    "knowledge/starter/": only_post(Kind.PAGE),
    "knowledge/numbers/": page(query="days=90"),
    "knowledge/missed/<int:missed_id>/dismiss/": only_post(Kind.BRANCH),
    "knowledge/shelves/": page(),
    "knowledge/shelves/new/": page(post={"name_it": "Nuova", "icon": "folder", "position": "3"}),
    "knowledge/shelves/<int:category_id>/": branch(post={"name_it": "Altra", "icon": "folder", "position": "3"}),
    "knowledge/shelves/<int:category_id>/remove/": only_post(Kind.BRANCH, at={"category_id": "empty_category_id"}),
    "knowledge/synonyms/": page(post={"words_it": "uno, due"}),
    "knowledge/synonyms/<int:group_id>/remove/": only_post(Kind.BRANCH),
    "knowledge/sites/": page(),
    "knowledge/sites/<int:unit_id>/": branch(
        post={"slug": "altro", "title_it": "Aiuto", "brand_color": "#112233", "is_on": "on"}
    ),
    "knowledge/files/<int:file_id>/": branch(),
    "knowledge/files/<int:file_id>/remove/": only_post(Kind.BRANCH),
    "knowledge/key/<slug:key>/": branch(get=302, at={"key": "article_key"}),
    "knowledge/playbooks/": page(),
    "knowledge/playbooks/new/": page(
        post={"process_key": "complaint", "title_it": "Nuovo", "title_en": "New", "unit": "@branch_id"}
    ),
    "knowledge/playbooks/starter/": only_post(Kind.PAGE),
    "knowledge/playbooks/<int:playbook_id>/": branch(),
    "knowledge/playbooks/<int:playbook_id>/v<int:number>/": branch(at={"number": "=1"}),
    "knowledge/playbooks/<int:playbook_id>/draft/": only_post(Kind.BRANCH),
    "knowledge/playbooks/<int:playbook_id>/retire/": only_post(Kind.BRANCH),
    "knowledge/playbooks/versions/<int:version_id>/": branch(
        post={"steps": "0", "do": "save"}, at={"version_id": "playbook_draft_id"}
    ),
    "knowledge/playbooks/versions/<int:version_id>/discard/": only_post(
        Kind.BRANCH, at={"version_id": "playbook_draft_id"}
    ),
    "knowledge/playbooks/versions/<int:version_id>/known/": only_post(
        Kind.BRANCH, at={"version_id": "playbook_version_id"}
    ),
    "knowledge/<int:article_id>/": branch(),
    "knowledge/<int:article_id>/edit/": branch(
        post={"title_it": "Altro", "body_it": "Testo"} | ARTICLE, ignores={"unit": "an article stays where it is"}
    ),
    "knowledge/<int:article_id>/files/": only_post(Kind.BRANCH, changes=False),
    "knowledge/<int:article_id>/copy/": only_post(Kind.BRANCH, {"unit": "@desk_id"}),
    "knowledge/<int:article_id>/submit/": only_post(Kind.BRANCH, at={"article_id": "draft_article_id"}),
    "knowledge/<int:article_id>/withdraw/": only_post(Kind.BRANCH, at={"article_id": "waiting_article_id"}),
    "knowledge/<int:article_id>/approve/": only_post(Kind.BRANCH, at={"article_id": "waiting_article_id"}),
    "knowledge/<int:article_id>/send-back/": only_post(
        Kind.BRANCH, {"reason": "Manca"}, at={"article_id": "waiting_article_id"}
    ),
    "knowledge/<int:article_id>/discard/": only_post(Kind.BRANCH, at={"article_id": "draft_article_id"}),
    "knowledge/<int:article_id>/retire/": only_post(Kind.BRANCH),
    "knowledge/<int:article_id>/bring-back/": only_post(Kind.BRANCH, at={"article_id": "retired_article_id"}),
    "knowledge/<int:article_id>/reviewed/": only_post(Kind.BRANCH, at={"article_id": "due_article_id"}),
    "knowledge/<int:article_id>/versions/<int:number>/": branch(at={"number": "=1"}),
    "knowledge/<int:article_id>/versions/<int:number>/restore/": only_post(Kind.BRANCH, at={"number": "=1"}),
    # ---- analytics ----
    "analytics/": page(query="days=90"),
    "analytics/mine/": page(query="days=90"),
    "analytics/workshop/": page(query="days=90"),
    "analytics/week/": page(query="monday=2026-03-16"),
    "analytics/metrics/": page(),
    "analytics/metrics/new/": page(post=METRIC),
    "analytics/metrics/new/parts/": page(query="dataset=cases.case"),
    "analytics/metrics/<slug:key>/": branch(at={"key": "metric_key"}, query="days=90"),
    "analytics/metrics/<slug:key>/cases/": branch(at={"key": "metric_key"}, query="days=90"),
    "analytics/metrics/<slug:key>/orders/": branch(at={"key": "order_metric_key"}, query="days=90"),
    "analytics/metrics/<slug:key>/export/": branch(at={"key": "metric_key"}, query="form=csv"),
    "analytics/metrics/<slug:key>/retire/": only_post(Kind.BRANCH, at={"key": "metric_key"}),
    # ---- portal ----
    "portal/help/<slug:slug>/": Door(Kind.PUBLIC, at={"slug": "help"}),
    "portal/help/<slug:slug>/search/": Door(Kind.PUBLIC, at={"slug": "help"}, query="q=testo"),
    "portal/help/<slug:slug>/a/<slug:key>/": Door(Kind.PUBLIC, at={"slug": "help", "key": "article_key"}),
    "portal/help/<slug:slug>/a/<slug:key>/useful/": Door(
        Kind.PUBLIC, get=405, at={"slug": "help", "key": "article_key"}, post={"useful": "yes"}, changes=False
    ),
    "portal/help/<slug:slug>/files/<int:file_id>/": Door(Kind.PUBLIC, at={"slug": "help"}),
    "portal/chat/<slug:key>.js": Door(Kind.PUBLIC, at={"key": "chat_key"}),
    "portal/chat/<slug:key>/": Door(Kind.PUBLIC, at={"key": "chat_key"}),
    **{
        f"portal/chat/<slug:key>/{path}/": Door(
            Kind.PUBLIC, get=405, at={"key": "chat_key"}, post={"text": "x", "key": "k", "up_to": "1"}, changes=False
        )
        for path in ("hello", "write", "typing", "read", "end", "transcript")
    },
    "portal/chat/<slug:key>/messages/": Door(Kind.PUBLIC, get=403, at={"key": "chat_key"}),
    "portal/chat/<slug:key>/stream/": Door(Kind.PUBLIC, at={"key": "chat_key"}),
    "portal/chats/": page(),
    "portal/chats/<int:account_id>/": branch(
        at={"account_id": "chat_id"},
        post={"title_it": "N", "title_en": "N", "brand_color": "#112233", "side": "left", "domains": "www.example.it"},
    ),
    "portal/chats/<int:account_id>/secret/": only_post(Kind.BRANCH, at={"account_id": "chat_id"}),
    "portal/listen/<str:token>/": Door(Kind.PUBLIC, at={"token": "listen"}, post={"page": "first", "recommend": "9"}),
    "portal/colleague/<str:token>/": Door(
        Kind.PUBLIC, at={"token": "colleague"}, post={"page": "first", "recommend": "9"}
    ),
    "portal/listen/on/<str:token>/": Door(
        Kind.PUBLIC, at={"token": "listen_on"}, post={"page": "first", "recommend": "9"}
    ),
    "portal/session/<str:token>/": Door(Kind.PUBLIC, at={"token": "join"}, post={"comes": "yes"}),
    "portal/community/<str:token>/": Door(Kind.PUBLIC, at={"token": "member"}),
    "portal/community/<str:token>/<int:block_id>/": Door(
        Kind.PUBLIC, at={"token": "member", "block_id": "prompt_id"}, post={"text": "Detto"}
    ),
    "portal/s/<str:token>/": Door(
        Kind.PUBLIC, at={"token": "survey_short"}, post={"page": "recommend", "recommend": "9"}
    ),
    "portal/survey-preview/<int:version_id>/": wording(post={"page": "first", "recommend": "9"}, changes=False),
    "portal/survey/<str:token>/": Door(
        Kind.PUBLIC, at={"token": "survey"}, post={"page": "recommend", "recommend": "9"}
    ),
    "portal/unsubscribe/<str:token>/": Door(Kind.PUBLIC, at={"token": "unsubscribe"}, post={}),
    "portal/brand/<str:color>.css": Door(Kind.PUBLIC, at={"color": "=2450d8"}),
    "portal/form/<slug:slug>/": Door(
        Kind.PUBLIC, post={"name": "A", "email": "a@example.it", "topic": "information", "text": "x"}, changes=False
    ),
    "portal/form/<slug:slug>/thanks/<str:token>/": Door(Kind.PUBLIC, at={"token": "thanks"}),
    "portal/forms/": page(),
    "portal/forms/new/": page(
        post={
            "unit": "@branch_id",
            "slug": "nuovo",
            "title_it": "N",
            "title_en": "N",
            "process_keys": "information",
            "brand_color": "#112233",
        }
    ),
    "portal/forms/<int:form_id>/": branch(
        post={
            "unit": "@branch_id",
            "slug": "altro",
            "title_it": "N",
            "title_en": "N",
            "process_keys": "information",
            "brand_color": "#112233",
        }
    ),
    # ---- messaging ----
    "messaging/outbox/": page(query="tab=all"),
    "messaging/outbox/<int:outgoing_id>/": branch(),
    "messaging/outbox/<int:outgoing_id>/html/": branch(),
    "messaging/outbox/<int:outgoing_id>/retry/": only_post(Kind.BRANCH, at={"outgoing_id": "failed_outgoing_id"}),
    "messaging/received/": page(query="tab=all"),
    "messaging/received/open/": only_post(Kind.PAGE, {"mail": "@automatic_id", "confirmed": "1"}),
    "messaging/received/<int:inbound_id>/": branch(),
    "messaging/received/<int:inbound_id>/retry/": only_post(Kind.BRANCH),
    "messaging/received/<int:inbound_id>/original/": branch(),
    "messaging/held-back/": page(),
    "messaging/contact/": page(),
    "messaging/contact/units/<int:unit_id>/": branch(post=CONTACT_RULES),
    "messaging/contact/units/<int:unit_id>/preview/": only_post(Kind.BRANCH, CONTACT_RULES, changes=False),
    "messaging/contact/units/<int:unit_id>/remove/": only_post(Kind.BRANCH),
    "messaging/contact/customers/<int:customer_id>/": shared(),
    "messaging/events/": page(),
    "messaging/events/new/": page(post=EVENT_RULE),
    "messaging/events/ready/": only_post(Kind.PAGE, {"text": "visit-near"}),
    "messaging/events/preview/": page(get=405, post=EVENT_RULE, changes=False),
    "messaging/events/<int:rule_id>/": branch(post=EVENT_RULE),
    "messaging/planned/": page(),
    "messaging/planned/<int:planned_id>/cancel/": only_post(Kind.BRANCH),
    "messaging/texts/": page(),
    "messaging/texts/new/": page(
        post={
            "unit": "@branch_id",
            "key": "nuovo",
            "name_it": "N",
            "name_en": "N",
            "reason": "reply",
            "body_it": "Testo",
            "is_active": "on",
        }
    ),
    "messaging/texts/install/": only_post(Kind.PAGE),
    "messaging/texts/preview/": only_post(Kind.PAGE, {"subject_it": "a", "body_it": "b"}, changes=False),
    "messaging/texts/<int:template_id>/": branch(
        post={"name_it": "M", "name_en": "M", "reason": "reply", "body_it": "Testo", "is_active": "on"}
    ),
    "messaging/attachments/<int:attachment_id>/": branch(),
    "messaging/channels/": page(),
    "messaging/channels/new/<slug:channel>/": page(
        at={"channel": "=whatsapp"},
        post={"name": "Nuovo", "unit": "@branch_id", "external_id": "78", "process_key": "information"},
    ),
    "messaging/channels/<int:account_id>/": branch(
        at={"account_id": "channel_id"},
        post={"name": "Altro", "unit": "@branch_id", "external_id": "79", "process_key": "information"},
    ),
    "messaging/channels/<int:account_id>/switch/": only_post(Kind.BRANCH, {"on": "0"}, at={"account_id": "channel_id"}),
    "messaging/hooks/<slug:channel>/<slug:hook_key>/": Door(
        Kind.PUBLIC, get=401, at={"channel": "=whatsapp", "hook_key": "=nobody"}
    ),
    "messaging/provider-files/<str:token>/": Door(Kind.PUBLIC, get=404, at={"token": "=nothing"}),
    # ---- e-mail connector ----
    "telephony/": page(),
    "telephony/desk/": page(),
    "telephony/calls/<int:call_id>/": branch(),
    "telephony/calls/<int:call_id>/card/": branch(),
    "telephony/calls/<int:call_id>/take/": only_post(Kind.BRANCH),
    "telephony/calls/<int:call_id>/who/": only_post(Kind.BRANCH, {"customer_id": "@customer_id"}),
    "telephony/calls/<int:call_id>/note/": only_post(Kind.BRANCH, {"text": "Nota", "target": "@conversation_id"}),
    "telephony/calls/<int:call_id>/interview/": only_post(Kind.BRANCH, at={"call_id": "talking_id"}),
    "telephony/sounds/<int:words_id>/<str:token>/": Door(Kind.PUBLIC, get=404, at={"token": "=nothing"}),
    "telephony/customers/<int:customer_id>/": shared(),
    "telephony/cases/<int:case_id>/": branch(at={"case_id": "conversation_id"}),
    "telephony/lines/<int:account_id>/": branch(at={"account_id": "phone_channel_id"}),
    "telephony/lines/<int:account_id>/save/": only_post(
        Kind.BRANCH,
        {"has_robot": "on", "ring_seconds": "20", "callback_minutes": "45"},
        at={"account_id": "phone_channel_id"},
    ),
    "telephony/lines/<int:account_id>/phones/": only_post(
        Kind.BRANCH, {"number": "+39 030 5550199"}, at={"account_id": "phone_channel_id"}
    ),
    "telephony/phones/<int:extension_id>/remove/": only_post(Kind.BRANCH),
    "telephony/lines/<int:account_id>/keys/": only_post(
        Kind.BRANCH,
        {"digit": "2", "action": "link", "label_it": "a", "label_en": "b", "link": "https://example.com/"},
        at={"account_id": "phone_channel_id"},
    ),
    "telephony/keys/<int:key_id>/remove/": only_post(Kind.BRANCH),
    # ---- the dealer's own system ----
    "dms/": page(),
    "dms/new/": page(
        post={
            "name": "Gestionale",
            "unit": "@branch_id",
            "facts_since": PAST,
            "most_left_out_pct": "5",
            "sftp_port": "22",
        },
    ),
    "dms/sources/<int:source_id>/": branch(at=DMS),
    "dms/sources/<int:source_id>/edit/": branch(
        at=DMS,
        post={"name": "Altro", "unit": "@branch_id", "facts_since": PAST, "most_left_out_pct": "7", "sftp_port": "22"},
        ignores={"unit": "a source stays in its unit"},
    ),
    "dms/sources/<int:source_id>/mapping/": branch(at=DMS, post={"text": f"{DMS_MAPPING}first_name = 'FIRST'"}),
    "dms/sources/<int:source_id>/mapping/look/": only_post(Kind.BRANCH, {"text": DMS_MAPPING}, at=DMS, changes=False),
    "dms/sources/<int:source_id>/files/": only_post(Kind.BRANCH, at=DMS, changes=False),  # a form holds no file here
    "dms/deliveries/<int:delivery_id>/": branch(at=DMS_FILE),
    "dms/deliveries/<int:delivery_id>/confirm/": only_post(Kind.BRANCH, at=DMS_FILE),
    "dms/deliveries/<int:delivery_id>/discard/": only_post(Kind.BRANCH, at=DMS_FILE),
    "dms/deliveries/<int:delivery_id>/again/": only_post(Kind.BRANCH, at=DMS_FILE),
    "dms/deliveries/<int:delivery_id>/differences/": branch(at=DMS_FILE),
    "dms/deliveries/<int:delivery_id>/left-out/": branch(at=DMS_FILE),
    "whatsapp/channels/<int:account_id>/": branch(at={"account_id": "channel_id"}),
    "whatsapp/channels/<int:account_id>/business/": only_post(
        Kind.BRANCH, {"waba_id": "102290129340398"}, at={"account_id": "channel_id"}
    ),
    "whatsapp/channels/<int:account_id>/fetch/": only_post(Kind.BRANCH, at={"account_id": "channel_id"}, changes=False),
    "email/nav/": page(),
    "email/mailboxes/": page(),
    "email/mailboxes/new/": page(
        post={
            "address": "nuova@bellandi.example",
            "name": "N",
            "unit": "@desk_id",
            "process_key": "information",
            "imap_port": "993",
            "imap_folder": "INBOX",
            "is_active": "on",
        }
    ),
    "email/mailboxes/<int:mailbox_id>/": branch(
        post={
            "address": "altra@bellandi.example",
            "name": "N",
            "unit": "@desk_id",
            "process_key": "information",
            "imap_port": "993",
            "imap_folder": "INBOX",
            "is_active": "on",
        }
    ),
    "email/mailboxes/<int:mailbox_id>/check/": only_post(Kind.BRANCH, changes=False),
    "messaging/messages/<int:message_id>/html/": branch(),
}

CASES: dict[str, Door] = {
    "cases/": page(query="tab=unit&q=CANARY"),
    "cases/board/": page(),
    "cases/calendar/": page(),
    "cases/new/": page(
        query="customer_id=@customer_id",
        post={
            "process": "information",
            "subject": "Nuovo",
            "unit": "@desk_id",
            "origin": "phone",
            "priority": "2",
            "language": "it",
            "customer_id": "@customer_id",
            "vehicle_id": "@vehicle_id",
            "assignee": "@person_id",
            "linked_to": "@other_id",
        },
    ),
    "cases/palette/": page(query="q=CANARY"),
    "cases/badge/": page(),
    "cases/pick/customers/": page(query="find=CANARY"),
    "cases/pick/vehicles/<int:customer_id>/": shared(),
    "cases/customer/<int:customer_id>/panel/": shared(),
    "cases/open-of/<int:customer_id>/": shared(),
    "cases/views/save/": only_post(Kind.PAGE, {"name": "Mia", "tab": "mine", "unit": "@desk_id"}),
    "cases/views/<int:view_id>/delete/": only_post(Kind.OWN),
    "cases/bulk/plan/": only_post(
        Kind.PAGE,
        {"verb": "assign", "value": "@person_id", "case": "@case_id"},
        changes=False,
        ignores={
            "case": "the preview speaks of the cases it finds in the scope",
            "value": "the preview says #17 of a person it may not name; doing it is refused",
        },
    ),
    "cases/bulk/run/": only_post(Kind.PAGE, {"verb": "tag", "value": "urgente", "case": "@case_id"}),
    "cases/bulk/<int:run_id>/undo/": only_post(Kind.BRANCH),
    "cases/discussions/": page(query="tab=unit&q=CANARY"),
    "cases/discussions/<int:discussion_id>/resolve/": only_post(Kind.BRANCH, {"summary": "Deciso"}),
    "cases/discussions/<int:discussion_id>/people/": only_post(
        Kind.BRANCH,
        {"person": "@person_id"},
        ignores={"person": "somebody who does not see the case is left out, and told nothing"},
    ),
    "cases/discussions/<int:discussion_id>/seen/": only_post(Kind.BRANCH),
    "cases/discussions/lines/<int:line_id>/edit/": only_post(Kind.BRANCH, {"text": "Altro"}),
    "cases/discussions/files/<int:file_id>/": branch(at={"file_id": "discussion_file_id"}),
    "cases/<int:case_id>/talk/": branch(),
    "cases/<int:case_id>/talk/beside/": branch(),
    "cases/<int:case_id>/talk/badge/": branch(),
    "cases/<int:case_id>/talk/say/": only_post(Kind.BRANCH, {"text": "Ciao"}),
    "cases/<int:case_id>/recovery/": branch(at={"case_id": "recovering_id"}),
    "cases/recovery/": page(),
    "cases/recovery/new/": page(
        post={
            "name": "Nuovo",
            "unit": "@branch_id",
            "process": "information",
            "max_attempts": "3",
            "retry_after_days": "2",
        }
    ),
    "cases/recovery/<int:recovery_id>/": branch(),
    "cases/recovery/<int:recovery_id>/change/": branch(
        post={"name": "Altro", "process": "information", "max_attempts": "3", "retry_after_days": "2"}
    ),
    "cases/recovery/<int:recovery_id>/end/": only_post(Kind.BRANCH, at={"recovery_id": "empty_recovery_id"}),
    "cases/recovery/<int:recovery_id>/next/": branch(get=302),
    "cases/recovery/<int:recovery_id>/export/": branch(),
    "cases/recovery/<int:recovery_id>/pick/": branch(
        post={"unit": "@branch_id", "opened_days": "0", "quiet_days": "0"},
    ),
    "cases/recovery/<int:recovery_id>/lists/": only_post(Kind.BRANCH, changes=False),  # without a file: a form again
    "cases/recovery/lists/<int:list_id>/": branch(),
    "cases/recovery/lists/<int:list_id>/confirm/": only_post(Kind.BRANCH),
    "cases/recovery/lists/<int:list_id>/discard/": only_post(Kind.BRANCH),
    "cases/recovery/lists/<int:list_id>/rest/": branch(),
    "cases/recovery/items/<int:item_id>/attempt/": only_post(Kind.BRANCH, {"way": "phone", "result": "no_answer"}),
    "cases/recovery/items/<int:item_id>/end/": only_post(Kind.BRANCH, {"outcome": "lost"}),
    "cases/register/": page(query="tab=work"),
    "cases/register/propose/": page(
        query="case=@case_id",
        post={"title": "Chiavi", "what": "Si cerca", "often": "daily", "pain": "3", "case": "@case_id"},
    ),
    "cases/register/<int:proposal_id>/": shared(),
    "cases/register/<int:proposal_id>/vote/": only_post(Kind.GROUP, {"is_on": "0"}),
    "cases/register/<int:proposal_id>/steer/": only_post(Kind.GROUP, {"state": "mapping"}),
    "cases/register/<int:proposal_id>/join/": only_post(Kind.GROUP, {"into": "@other_proposal_id"}),
    "cases/register/processes/<int:process_id>/owner/": only_post(Kind.BRANCH, {"owner": "@boss_id"}),
    "cases/goodwill/": page(),
    "cases/goodwill/budget/": page(get=405, post={"unit": "@branch_id", "year": "2031", "amount": "1000"}),
    "cases/goodwill/limit/": page(get=405, post={"unit": "@branch_id", "role": "branch_manager", "amount": "300"}),
    "cases/goodwill/<int:goodwill_id>/decide/": only_post(Kind.BRANCH, {"decision": "refuse"}),
    "cases/goodwill/<int:goodwill_id>/withdraw/": only_post(Kind.BRANCH, at={"goodwill_id": "own_goodwill_id"}),
    "cases/<int:case_id>/redress/": branch(),
    "cases/<int:case_id>/redress/sale/": only_post(
        Kind.BRANCH, {"delivered_on": "2025-01-02", "is_used": "used", "is_consumer": "consumer"}
    ),
    "cases/<int:case_id>/redress/agreement/": branch(),
    "cases/<int:case_id>/redress/goodwill/": only_post(Kind.BRANCH, {"amount": "10", "reason": "x"}),
    "cases/processes/": page(),
    "cases/processes/install/": only_post(Kind.PAGE),
    "cases/processes/new/": page(
        post={"name_it": "N", "name_en": "N", "key": "nuovo", "like": "information", "unit": "@branch_id"}
    ),
    "cases/processes/<int:process_id>/": branch(),
    "cases/processes/<int:process_id>/change/": only_post(
        Kind.BRANCH, {"name_it": "N", "name_en": "N", "icon": "ticket", "is_active": "on"}
    ),
    "cases/processes/<int:process_id>/update/": branch(get=302),  # nothing newer came with the product
    "cases/roles/": page(),
    "cases/causes/": page(post={"name_it": "Altro", "name_en": "Other", "unit": "@branch_id", "is_active": "on"}),
    "cases/causes/<int:cause_id>/": branch(
        post={"name_it": "Altro", "name_en": "Other", "unit": "@branch_id", "is_active": "on"}
    ),
    "cases/processes/<int:process_id>/draft/": only_post(Kind.BRANCH, at={"process_id": "process_without_draft_id"}),
    "cases/processes/versions/<int:version_id>/": branch(post={"do": "add", "phases": "0"}),
    "cases/processes/versions/<int:version_id>/publish/": only_post(Kind.BRANCH),
    "cases/processes/versions/<int:version_id>/discard/": only_post(Kind.BRANCH),
    "cases/queues/": page(),
    "cases/queues/new/": page(post={"name": "Coda", "unit": "@branch_id", "is_active": "on"}),
    "cases/queues/<int:queue_id>/": branch(post={"name": "Coda", "unit": "@branch_id", "is_active": "on"}),
    "cases/tasks/<int:task_id>/done/": only_post(Kind.BRANCH),
    "cases/tasks/<int:task_id>/reopen/": only_post(Kind.BRANCH, at={"task_id": "done_task_id"}),
    "cases/tasks/<int:task_id>/remove/": only_post(Kind.BRANCH),
    "cases/<int:case_id>/": branch(),
    "cases/<int:case_id>/parts/": branch(),
    "cases/<int:case_id>/edit/": branch(
        post={"subject": "Altro", "customer_id": "@twin_id", "vehicle_id": "@vehicle_id"}
    ),
    "cases/<int:case_id>/playbook/": branch(),
    "cases/<int:case_id>/playbook/<int:step_id>/tick/": only_post(Kind.BRANCH),
    "cases/<int:case_id>/playbook/<int:step_id>/untick/": only_post(
        Kind.BRANCH, {"reason": "Errore"}, at={"step_id": "ticked_step_id"}
    ),
    "cases/<int:case_id>/take/": only_post(Kind.BRANCH, at={"case_id": "watched_id"}),
    "cases/<int:case_id>/assign/": only_post(Kind.BRANCH, {"person": "@boss_id"}),
    "cases/<int:case_id>/hand-over/": branch(post={"person": "@boss_id", "reason": "Ferie"}),
    "cases/<int:case_id>/move/": branch(post={"unit": "@branch_id", "reason": "Ricambio"}, names_units=True),
    "cases/<int:case_id>/move/back/": only_post(Kind.BRANCH, at={"case_id": "moved_id"}),
    "cases/<int:case_id>/priority/": only_post(Kind.BRANCH, {"priority": "3"}),
    "cases/<int:case_id>/snooze/": branch(post={"on": SOON, "at": "09:00"}),
    "cases/<int:case_id>/holder/": branch(post={"holder": "customer"}),
    "cases/<int:case_id>/phase/<slug:phase_key>/": only_post(Kind.BRANCH),
    "cases/<int:case_id>/close/": branch(post={"end_kind": "solved"}),
    "cases/<int:case_id>/reopen/": branch(post={"reason": "Ancora"}, at={"case_id": "closed_id"}),
    "cases/<int:case_id>/watch/": only_post(Kind.BRANCH),
    "cases/<int:case_id>/unwatch/": only_post(Kind.BRANCH, at={"case_id": "watched_id"}),
    "cases/<int:case_id>/tags/add/": only_post(Kind.BRANCH, {"label": "nuova"}),
    "cases/<int:case_id>/tags/remove/": only_post(Kind.BRANCH, {"label": "bulk"}),
    "cases/<int:case_id>/tasks/add/": branch(post={"title": "Chiamare", "assignee": "@person_id"}),
    "cases/<int:case_id>/merge/": branch(post={"other": "@other_id"}),
    "cases/<int:case_id>/unmerge/": only_post(Kind.BRANCH, at={"case_id": "absorbed_id"}),
    "cases/<int:case_id>/split/": branch(post={"subject": "Altro", "process": "information"}),
    "cases/<int:case_id>/link/": branch(post={"other": "@watched_id"}),
    "cases/<int:case_id>/unlink/<int:other_id>/": only_post(Kind.BRANCH),
    "cases/<int:case_id>/parent/": branch(post={"other": "@other_id"}),
}

TALKS: dict[str, Door] = {
    "conversations/": page(query="q=CANARY"),
    "conversations/rows/": page(query="q=CANARY"),
    "conversations/rows/<int:case_id>/": talk(),
    "conversations/counts/": page(),
    "conversations/unread/": page(),
    "conversations/stream/": page(),
    "conversations/new/": page(
        query="customer=@customer_id",
        post={
            "channel": "phone",
            "unit": "@desk_id",
            "process": "information",
            "subject": "x",
            "text": "x",
            "customer": "@customer_id",
            "vehicle": "@vehicle_id",
        },
    ),
    "conversations/new/processes/": page(query="unit=@desk_id"),
    "conversations/new/customers/": page(query="q=CANARY"),
    "conversations/new/customers/<int:customer_id>/": shared(),
    "conversations/macros/": page(),
    "conversations/macros/new/": page(post={"unit": "@branch_id", "name_it": "Nuova"}),
    "conversations/macros/<int:macro_id>/": branch(post={"unit": "@branch_id", "name_it": "Altra"}),
    "conversations/macros/<int:macro_id>/delete/": only_post(Kind.BRANCH),
    "conversations/bot/": page(),
    "conversations/bot/start/<int:unit_id>/": only_post(Kind.BRANCH),
    "conversations/bot/<int:menu_id>/lines/new/": branch(post={"label_it": "N", "label_en": "N", "action": "text"}),
    "conversations/bot/<int:menu_id>/lines/<int:item_id>/": branch(
        at={"item_id": "bot_line_id"}, post={"label_it": "A", "label_en": "A", "action": "hours"}
    ),
    "conversations/bot/lines/<int:item_id>/move/": only_post(
        Kind.BRANCH, {"up": "1"}, at={"item_id": "bot_line_id"}, changes=False
    ),
    "conversations/bot/lines/<int:item_id>/remove/": only_post(Kind.BRANCH, at={"item_id": "bot_line_id"}),
    "conversations/<int:case_id>/card/": talk(
        post={"kind": "quote", "title": "Preventivo"}, query="vehicle=@vehicle_id"
    ),
    "conversations/dossiers/": page(),
    "conversations/dossiers/<int:dossier_id>/file/": branch(),
    "conversations/dossiers/<int:dossier_id>/check/": branch(),
    "conversations/<int:case_id>/dossiers/": talk(),
    "conversations/<int:case_id>/dossiers/new/": talk(405, post={"audience": "outside", "language": "it"}),
    "conversations/<int:case_id>/": talk(),
    "conversations/<int:case_id>/panel/": talk(),
    "conversations/<int:case_id>/head/": talk(),
    "conversations/<int:case_id>/aside/": talk(),
    "conversations/<int:case_id>/before/<int:message_id>/": talk(at={"message_id": "reply_id"}),
    "conversations/<int:case_id>/after/<int:message_id>/": talk(),
    "conversations/<int:case_id>/here/": talk(405, post={"typing": "1"}, changes=False),
    "conversations/<int:case_id>/gone/": talk(405, post={}, changes=False),
    "conversations/<int:case_id>/viewers/": talk(),
    "conversations/<int:case_id>/write/": talk(
        405,
        post={"kind": "note", "text": "nota", "mentions": "@person_id"},
        ignores={"mentions": "a name after an @ that nobody there bears is text; nobody else is told"},
    ),
    "conversations/<int:case_id>/draft/": talk(405, post={"text": "bozza"}),
    "conversations/<int:case_id>/articles/": talk(),
    "conversations/<int:case_id>/articles/<int:article_id>/use/": talk(405, post={"what": "text"}, changes=False),
    "conversations/<int:case_id>/texts/": talk(),
    "conversations/<int:case_id>/colleagues/": talk(),
    "conversations/<int:case_id>/macros/<int:macro_id>/": talk(405, post={}),
    "conversations/<int:case_id>/messages/<int:message_id>/undo/": talk(405, post={}, at={"message_id": "reply_id"}),
    "conversations/<int:case_id>/messages/<int:message_id>/retry/": talk(
        405, post={}, at={"message_id": "failed_reply_id"}
    ),
    "conversations/<int:case_id>/messages/<int:message_id>/original/": talk(),
    "conversations/<int:case_id>/take/": talk(405, post={}),
    "conversations/<int:case_id>/assign/": talk(post={"person": "@boss_id"}),
    "conversations/<int:case_id>/snooze/": talk(post={"preset": "0"}),
    "conversations/<int:case_id>/wake/": talk(405, post={}, changes=False),
    "conversations/<int:case_id>/close/": talk(post={"end_kind": "solved"}),
    "conversations/<int:case_id>/reopen/": talk(405, post={}, at={"case_id": "closed_id"}),
    "conversations/<int:case_id>/phase/": talk(405, post={"phase": "@phase_key"}),
    "conversations/<int:case_id>/ways/": talk(),
    "conversations/<int:case_id>/join/<int:other_id>/": talk(405, post={}),
    "conversations/<int:case_id>/part/<int:other_id>/": only_post(Kind.BRANCH, at={"other_id": "absorbed_id"}),
    "conversations/<int:case_id>/holder/": talk(405, post={"holder": "customer"}),
    "conversations/<int:case_id>/priority/": talk(405, post={"priority": "3"}),
}

IMPROVING = {"group_id": "improving_id"}
NEW_GROUP = {
    "unit": "@branch_id", "name": "Nuovo", "on": SOON, "at": "14:30",
    "people": ["@boss_id", "@person_id", "@mechanic_id", "@second_mechanic_id"],
}  # fmt: skip
MEETING = IMPROVING | {"number": "=1"}
CARD = {"title": "Nuova", "owner": "@person_id", "units": "@branch_id"}
PLANNED = {"allocation_id": "plan_allocation_id"}
WAITING_STEP = {"visit_job_id": "plan_visit_job_id", "step_id": "plan_step_id"}
PLAN_DAY = "unit=@plan_unit_id&day=@plan_day&view=day"
WORKSHOP_PLAN: dict[str, Door] = {
    "workshop/plan/": page(query=PLAN_DAY),
    "workshop/plan/feed/": page(query=PLAN_DAY),
    "workshop/plan/replan/": page(query="unit=@plan_unit_id&day=@plan_day"),
    "workshop/plan/replan/ask/": only_post(
        Kind.PAGE,
        {
            "unit": "@plan_unit_id",
            "day": "@plan_day",
            "kind": "away",
            "technician": "@plan_technician_id",
            "from": "11:30",
        },
    ),
    "workshop/plan/proposals/<int:proposal_id>/": branch(at={"proposal_id": "replan_id"}),
    "workshop/plan/proposals/<int:proposal_id>/accept/": only_post(Kind.BRANCH, at={"proposal_id": "replan_id"}),
    "workshop/plan/proposals/<int:proposal_id>/discard/": only_post(Kind.BRANCH, at={"proposal_id": "replan_open_id"}),
    "workshop/plan/proposals/<int:proposal_id>/undo/": only_post(Kind.BRANCH, at={"proposal_id": "replan_done_id"}),
    "workshop/plan/calls/<int:call_id>/told/": only_post(Kind.BRANCH, {"told": "1"}, at={"call_id": "replan_call_id"}),
    "workshop/plan/sheet/": page(query=PLAN_DAY),
    "workshop/load/": page(query="unit=@plan_unit_id"),
    "workshop/plan/dues/": page(query="unit=@plan_unit_id"),
    "workshop/plan/backlog/": page(query=PLAN_DAY),
    "workshop/plan/steps/<int:allocation_id>/": branch(at=PLANNED),
    "workshop/plan/steps/<int:allocation_id>/move/": only_post(
        Kind.BRANCH, {"technician": "@plan_technician_id", "bay": "@plan_bay_id", "start": "@plan_start"}, at=PLANNED
    ),
    "workshop/plan/steps/<int:allocation_id>/undo/": only_post(Kind.BRANCH, at={"allocation_id": "plan_moved_id"}),
    "workshop/plan/waiting/<int:visit_job_id>/<int:step_id>/": branch(at=WAITING_STEP),
    "workshop/plan/waiting/<int:visit_job_id>/<int:step_id>/plan/": only_post(
        Kind.BRANCH, {"technician": "@plan_technician_id", "start": "@plan_start"}, at=WAITING_STEP
    ),
}

OPEN_LIST, KEPT_JOB = {"file_id": "shop_list_id"}, {"job_id": "kept_job_id"}
STOCK_PART = {"part_id": "stock_part_id"}
JOB = {
    "name_it": "Nuovo", "group": "body", "price": "10,00", "is_active": "on", "step_skill": "", "step_level": "1",
    "step_bay": "body", "step_minutes": "45",
}  # fmt: skip
PACKAGE = {"name_it": "Nuovo", "price": "99,00", "jobs": ["TAG"], "is_active": "on"}
ESTIMATE, SENT_ESTIMATE = {"customer": "@customer_id", "unit": "@workshop_unit_id"}, {"estimate_id": "sent_estimate_id"}
CATALOGUE: dict[str, Door] = {
    "workshop/estimates/": page(),
    "workshop/estimates/make/": only_post(
        Kind.PAGE, ESTIMATE | {"job": "@workshop_job_id", "vehicle": "@vehicle_id", "case": "@case_id"}
    ),
    "workshop/estimates/<int:estimate_id>/": branch(),
    "workshop/estimates/<int:estimate_id>/lines/": only_post(
        Kind.BRANCH, {"kind": "outside", "text": "Vetro", "quantity": "1", "price": "10,00"}
    ),
    "workshop/estimates/<int:estimate_id>/send/": only_post(Kind.BRANCH, {"valid_until": SOON}),
    "workshop/estimates/<int:estimate_id>/answer/": only_post(
        Kind.BRANCH, {"approved": "yes", "name": "Firma"}, at=SENT_ESTIMATE
    ),
    "workshop/estimates/<int:estimate_id>/withdraw/": only_post(Kind.BRANCH),
    "workshop/estimates/<int:estimate_id>/paper.pdf": branch(),
    "workshop/estimates/lines/<int:line_id>/drop/": only_post(Kind.BRANCH, at={"line_id": "estimate_line_id"}),
    "portal/p/<str:token>/": Door(
        Kind.PUBLIC, at={"token": "estimate_token"}, post={"approved": "no", "name": "Mario"}, changes=False
    ),
    "workshop/catalogue/": page(),
    "workshop/catalogue/jobs/new/": page(post=JOB | {"unit": "@branch_id", "code": "NEW"}),
    "workshop/catalogue/jobs/<int:job_id>/": branch(post=JOB, at=KEPT_JOB),
    "workshop/catalogue/jobs/<int:job_id>/copy/": only_post(
        Kind.BRANCH, {"unit": "@branch_id", "code": "COPIA"}, at=KEPT_JOB
    ),
    "workshop/catalogue/jobs/<int:job_id>/remove/": only_post(Kind.BRANCH, at=KEPT_JOB),
    "workshop/catalogue/packages/new/": page(post=PACKAGE | {"unit": "@branch_id", "code": "NEWP"}),
    "workshop/catalogue/packages/<int:package_id>/": branch(post=PACKAGE),
    "workshop/catalogue/packages/<int:package_id>/remove/": only_post(Kind.BRANCH),
    # A file is needed. tests/workshop/test_catalogue_lists.py sends one.
    "workshop/catalogue/lists/": page(post={"kind": "jobs", "unit": "@branch_id"}, changes=False),
    "workshop/catalogue/lists/export/": page(query="kind=jobs&unit=@branch_id"),
    "workshop/catalogue/lists/<int:file_id>/": branch(at=OPEN_LIST),
    "workshop/catalogue/lists/<int:file_id>/columns/": only_post(Kind.BRANCH, {"column0": "code"}, at=OPEN_LIST),
    "workshop/catalogue/lists/<int:file_id>/take-in/": only_post(Kind.BRANCH, at=OPEN_LIST),
    "workshop/catalogue/lists/<int:file_id>/put-aside/": only_post(Kind.BRANCH, at=OPEN_LIST),
    "workshop/catalogue/lists/<int:file_id>/refused/": branch(at=OPEN_LIST),
    "workshop/parts/": page(query="unit=@workshop_unit_id"),
    "workshop/parts/add/": only_post(
        Kind.PAGE, {"unit": "@workshop_unit_id", "code": "NEW", "name": "Filtro", "on_hand": "2,5"}
    ),
    "workshop/parts/<int:part_id>/": branch(at=STOCK_PART),
    "workshop/parts/<int:part_id>/change/": only_post(
        Kind.BRANCH, {"name": "Filtro", "order_days": "4"}, at=STOCK_PART
    ),
    "workshop/parts/<int:part_id>/count/": only_post(Kind.BRANCH, {"on_hand": "3", "reason": "Contati"}, at=STOCK_PART),
    "workshop/parts/<int:part_id>/retire/": only_post(Kind.BRANCH, at={"part_id": "unused_part_id"}),
    "workshop/parts/<int:part_id>/expect/": only_post(
        Kind.BRANCH, {"quantity": "3", "expected_on": SOON}, at=STOCK_PART
    ),
    "workshop/parts/arrivals/<int:arrival_id>/came/": only_post(Kind.BRANCH, {"quantity": "1"}),
    "workshop/parts/arrivals/<int:arrival_id>/postpone/": only_post(Kind.BRANCH, {"expected_on": SOON}),
    "workshop/parts/arrivals/<int:arrival_id>/call-off/": only_post(Kind.BRANCH),
}

BOOKING: dict[str, Door] = {
    "workshop/": page(),
    "workshop/book/": page(query="customer=@customer_id&vehicle=@vehicle_id&job=@workshop_job_id"),
    "workshop/book/hold/": only_post(Kind.PAGE, HOLD),
    "workshop/visits/<int:visit_id>/": branch(at=BOOKED_VISIT),
    "workshop/visits/<int:visit_id>/confirm/": only_post(Kind.BRANCH, at={"visit_id": "held_visit_id"}),
    "workshop/visits/<int:visit_id>/move/": branch(post=SLOT, at=BOOKED_VISIT),
    "workshop/visits/<int:visit_id>/cancel/": only_post(Kind.BRANCH, {"reason": "Venduta"}, at=BOOKED_VISIT),
    "workshop/visits/<int:visit_id>/miss/": only_post(Kind.BRANCH, at={"visit_id": "late_visit_id"}),
    "workshop/setup/": page(query="unit=@workshop_unit_id"),
    "workshop/setup/open/": only_post(Kind.PAGE, {"unit": "@branch_id"}),
    "workshop/setup/<int:workshop_id>/save/": only_post(
        Kind.BRANCH,
        {
            "grain_minutes": "15",
            "hold_minutes": "9",
            "horizon_days": "60",
            "notice_hours": "24",
            "drivers": "2",
            "drive_minutes": "45",
            "is_active": "on",
            "is_online": "on",
        },
    ),
    "workshop/setup/<int:workshop_id>/technicians/": only_post(Kind.BRANCH, {"person": "@new_hand_id"}),
    "workshop/setup/<int:workshop_id>/bays/": only_post(Kind.BRANCH, {"name": "Ponte nuovo", "kind": "lift"}),
    "workshop/setup/<int:workshop_id>/cars/": only_post(Kind.BRANCH, {"name": "Panda", "plate": "GA001NN"}),
    "workshop/setup/technicians/<int:technician_id>/retire/": only_post(
        Kind.BRANCH, at={"technician_id": "spare_technician_id"}
    ),
    "workshop/setup/bays/<int:bay_id>/retire/": only_post(Kind.BRANCH, at={"bay_id": "spare_bay_id"}),
    "workshop/setup/cars/<int:car_id>/retire/": only_post(Kind.BRANCH, at={"car_id": "spare_car_id"}),
    "workshop/panels/customers/<int:customer_id>/": shared(),
    "workshop/panels/vehicles/<int:vehicle_id>/": shared(),
    "workshop/panels/cases/<int:case_id>/": branch(),
}
IMPROVEMENT: dict[str, Door] = {
    "improvement/": page(),
    "improvement/criticalities/": page(query="unit=@branch_id"),
    "improvement/groups/new/": page(post=NEW_GROUP),
    "improvement/groups/<int:group_id>/": branch(at=IMPROVING),
    "improvement/groups/<int:group_id>/close/": only_post(Kind.BRANCH, at={"group_id": "closing_improving_id"}),
    "improvement/groups/<int:group_id>/pains/": only_post(Kind.BRANCH, {"label": "Nuovo"}, at=IMPROVING),
    "improvement/groups/<int:group_id>/macros/": only_post(Kind.BRANCH, {"title": "Nuova"}, at=IMPROVING),
    # Their fields are named by rows: without any nothing is said. tests/improvement/test_pages.py says the right ones.
    "improvement/groups/<int:group_id>/survey/": branch(post={}, changes=False, at=IMPROVING),
    "improvement/groups/<int:group_id>/raci/": only_post(Kind.BRANCH, at=IMPROVING),
    "improvement/groups/<int:group_id>/survey/open/": only_post(Kind.BRANCH, at=IMPROVING),
    "improvement/groups/<int:group_id>/survey/close/": only_post(Kind.BRANCH, at=IMPROVING),
    "improvement/groups/<int:group_id>/meetings/<int:number>/": branch(at=MEETING),
    "improvement/groups/<int:group_id>/meetings/<int:number>/plan/": only_post(
        Kind.BRANCH, {"on": SOON, "at": "14:30"}, at=MEETING
    ),
    "improvement/groups/<int:group_id>/meetings/<int:number>/minutes/": only_post(
        Kind.BRANCH, {"on": PAST, "at": "14:30"}, at=MEETING
    ),
    "improvement/groups/<int:group_id>/meetings/<int:number>/minutes.pdf": branch(at=MEETING),
    "improvement/pains/<int:pain_id>/": only_post(Kind.BRANCH, {"segments": "private"}),
    "improvement/macros/<int:macro_id>/place/": only_post(
        Kind.BRANCH, {"x": "3", "y": "4"}, at={"macro_id": "macro_action_id"}
    ),
    "improvement/macros/<int:macro_id>/remove/": only_post(Kind.BRANCH, at={"macro_id": "free_macro_id"}),
    "improvement/actions/": page(),
    "improvement/actions/new/": page(post=CARD | {"unit": "@branch_id"}),
    "improvement/actions/<int:action_id>/": branch(),
    "improvement/actions/<int:action_id>/edit/": branch(post=CARD | {"begins_on": PAST, "due_on": SOON}),
    "improvement/actions/<int:action_id>/place/": only_post(Kind.BRANCH, {"x": "3", "y": "4"}),
    "improvement/actions/<int:action_id>/move/": only_post(Kind.BRANCH, {"state": "planned"}),
    "improvement/actions/<int:action_id>/measures/": only_post(Kind.BRANCH, {"name": "Ore", "better": "lower"}),
    "improvement/actions/<int:action_id>/evidence/": only_post(Kind.BRANCH, {"text": "Fatto"}),
    "improvement/actions/<int:action_id>/effect/": branch(),
    "improvement/measures/<int:kpi_id>/read/": only_post(Kind.BRANCH, {"on": PAST, "value": "3"}),
    "improvement/evidence/<int:evidence_id>/file/": branch(),
    "improvement/rules/": page(post={"text": "Nuova", "unit": "@branch_id"}),
    "improvement/rules/<int:rule_id>/publish/": only_post(Kind.BRANCH, at={"rule_id": "draft_golden_rule_id"}),
    "improvement/rules/<int:rule_id>/retire/": only_post(Kind.BRANCH, at={"rule_id": "golden_rule_id"}),
    "improvement/rules/of-playbook/<int:playbook_id>/": branch(),
    "improvement/rules/of-case/<int:case_id>/": branch(),
    "improvement/practices/": page(names_units=True),
    "improvement/practices/new/": page(post={"origin": "@branch_id", "title": "Nuova", "what": "Questa"}),
    "improvement/practices/<int:practice_id>/": shared(names_units=True),
    "improvement/practices/<int:practice_id>/adopt/": only_post(
        Kind.GROUP, {"unit": "@branch_id", "on": PAST}, at={"practice_id": "adoptable_practice_id"}
    ),
    "improvement/practices/<int:practice_id>/retire/": only_post(
        Kind.BRANCH, at={"practice_id": "retiring_practice_id"}
    ),
    "improvement/adoptions/<int:adoption_id>/judge/": only_post(Kind.BRANCH, {"outcome": "works"}),
    "improvement/agents/": only_post(Kind.PAGE, {"unit": "@branch_id", "person": "@boss_id"}),
    "improvement/agents/<int:agent_id>/end/": only_post(Kind.BRANCH, at={"agent_id": "change_agent_id"}),
    "improvement/culture/": page(
        post={"kind": "training", "title": "Nuova", "audience": "Tutti", "planned_on": SOON, "unit": "@branch_id"}
    ),
    "improvement/culture/<int:item_id>/done/": only_post(
        Kind.BRANCH, {"people_reached": "3"}, at={"item_id": "culture_id"}
    ),
}

RECEPTION = {"on": SOON, "at": "10:00", "km": "1200", "fuel": "50", "signed_name": "Firma"}
FINISHED, READY_ORDER = {"order_id": "finished_order_id"}, {"order_id": "ready_order_id"}
ORDER_LINE = {"line_id": "order_line_id"}
ORDERS: dict[str, Door] = {
    "workshop/orders/": page(),
    "workshop/orders/new/": page(
        query="plate=@shop_plate",
        post=RECEPTION | {"plate": "@shop_plate", "unit": "@shop_unit_id"},
        ignores={"unit": "one's own first workshop is taken in its place"},
    ),
    "workshop/orders/<int:order_id>/": branch(),
    "workshop/orders/<int:order_id>/lines/": only_post(
        Kind.BRANCH, {"kind": "part", "text": "Lampadina", "quantity": "1", "minutes": "0", "price": "9"}
    ),
    "workshop/orders/<int:order_id>/extra/": only_post(
        Kind.BRANCH,
        {"kind": "labour", "text": "Freni", "reason": "Finiti", "quantity": "1", "minutes": "30", "price": "90"},
    ),
    "workshop/orders/<int:order_id>/decide/": only_post(
        Kind.BRANCH, {"lines": "@extra_line_id", "approved": "yes", "name": "Firma"}
    ),
    "workshop/orders/<int:order_id>/promise/": only_post(
        Kind.BRANCH, {"on": SOON, "at": "10:00", "reason": "Manca un pezzo"}
    ),
    # A file is needed. tests/workshop/test_order_pages.py sends one.
    "workshop/orders/<int:order_id>/pictures/": only_post(Kind.BRANCH, changes=False),
    "workshop/orders/<int:order_id>/quality/": only_post(Kind.BRANCH, at=FINISHED),
    "workshop/orders/<int:order_id>/ready/": only_post(Kind.BRANCH, at=FINISHED),
    "workshop/orders/<int:order_id>/close/": only_post(Kind.BRANCH, {"invoice": "F-1", "km": "1300"}, at=READY_ORDER),
    "workshop/orders/<int:order_id>/paper.pdf": branch(),
    "workshop/orders/pictures/<int:picture_id>/": branch(),
    "workshop/orders/pictures/<int:picture_id>/show/": only_post(Kind.BRANCH, {"shown": "0"}),
    "workshop/orders/lines/<int:line_id>/finish/": only_post(Kind.BRANCH, at=ORDER_LINE),
    "workshop/orders/lines/<int:line_id>/withdraw/": only_post(Kind.BRANCH, at=ORDER_LINE),
    "workshop/reception/<int:visit_id>/": branch(post=RECEPTION, at={"visit_id": "shop_visit_id"}),
    "workshop/terminal/": page(),
    "workshop/terminal/send/": only_post(
        Kind.PAGE,
        {"kind": "on", "order": "@order_id", "line": "@order_line_id", "technician": "@clocked_technician_id"},
    ),
    "workshop/terminal/worker.js": page(),
    "portal/bookings/": page(),
    "portal/bookings/<int:unit_id>/poster/": branch(at={"unit_id": "branch_id"}),
    "portal/book/<slug:code>/": Door(Kind.PUBLIC, at={"code": "page_code"}, query="fuel=diesel"),
    "portal/book/<slug:code>/when/": Door(
        Kind.PUBLIC,
        at={"code": "page_code"},
        query="job=@workshop_job_id",
        post={"job": "@workshop_job_id", "slot": "@web_slot"},
    ),
    "portal/book/<slug:code>/who/<str:token>/": Door(
        Kind.PUBLIC,
        at={"code": "page_code", "token": "who_token"},
        post={"name": "Nuovo", "plate": "GA001NN", "email": "nuovo@example.it", "phone": "", "wish": ""},
    ),
    "portal/book/confirm/<str:token>/": Door(Kind.PUBLIC, at={"token": "proof_token"}, post={}),
    "portal/visit/<str:token>/": Door(Kind.PUBLIC, at={"token": "booked_token"}, query="booked=1"),
    "portal/visit/<str:token>/move/": Door(Kind.PUBLIC, at={"token": "booked_token"}, post={"slot": "@web_slot"}),
    "portal/visit/<str:token>/cancel/": Door(Kind.PUBLIC, at={"token": "booked_token"}, post={"why": "sold"}),
    "portal/visit/<str:token>/calendar.ics": Door(Kind.PUBLIC, at={"token": "booked_token"}),
    "portal/car/<str:token>/": Door(Kind.PUBLIC, at={"token": "car_token"}),
    "portal/v/<str:token>/": Door(
        Kind.PUBLIC, at={"token": "visit_token"}, post={"act": "ask", "text": "Quando è pronta?"}
    ),
    "portal/v/<str:token>/version/": Door(Kind.PUBLIC, at={"token": "visit_token"}),
    "portal/v/<str:token>/pictures/<int:picture_id>/": Door(Kind.PUBLIC, at={"token": "visit_token"}),
}

ACCOUNT = [
    "login/", "logout/", "reauthenticate/", "confirm-email/", "password/change/", "password/set/", "password/reset/",
    "login/code/confirm/", r"^confirm-email/(?P<key>[-:\w]+)/$", "password/reset/key/done/",
    "^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$", "password/reset/done/", "2fa/", "2fa/authenticate/",
    "2fa/reauthenticate/", "2fa/totp/activate/", "2fa/totp/deactivate/", "2fa/recovery-codes/",
    "2fa/recovery-codes/generate/", "2fa/recovery-codes/download/", "2fa/webauthn/", "2fa/webauthn/add/",
    "2fa/webauthn/reauthenticate/", "2fa/webauthn/keys/<int:pk>/remove/", "2fa/webauthn/keys/<int:pk>/edit/",
    "2fa/webauthn/login/", "sessions/", "sso/login/cancelled/", "sso/login/error/", "sso/signup/", "sso/",
]  # fmt: skip

DOORS |= (
    CASES
    | TALKS
    | IMPROVEMENT
    | BOOKING
    | CATALOGUE
    | ORDERS
    | WORKSHOP_PLAN
    | {f"account/{path}": LIBRARY for path in ACCOUNT}
)


def body_of(door: Door, place: Place, *, foreign: dict[str, int] | None = None) -> dict[str, Any]:
    """Return the body with the ids of the place; `foreign` puts other ids in the place of some keys."""
    return {
        key: (foreign or {}).get(key) or named(value, place)
        if isinstance(value, str)
        else [named(one, place) for one in value]
        if isinstance(value, list)
        else value
        for key, value in (door.post or {}).items()
    }


def named(value: str, place: Place) -> str:
    """Return a value with "@name" replaced by the place's row or word."""
    if not value.startswith("@"):
        return value
    name = value[1:]
    return str(place.rows[name] if name in place.rows else place.words[name])
