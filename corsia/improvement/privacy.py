"""The privacy classes of improvement: about customers only numbers; about our people, who took part in what."""

from django.utils.translation import gettext_lazy as _

from corsia.events import improvement as facts
from corsia.kernel.privacy import Class, FactParts, Kind, Table, Whose, declare, declare_facts, each, plain
from corsia.organisation.privacy import EMPLOYMENT, STAFF_TECHNICAL, WORK

_said = Class(kind=Kind.CONTENT, purpose=WORK, kept=EMPLOYMENT, whose=Whose.STAFF)

declare(
    Table(
        model="improvement.Group",
        title=_("Improvement groups"),
        fields={
            **plain("id", "unit", "name", "goal", "process_key", "begun_at"),
            **plain("survey_opened_at", "survey_closed_at", "closed_at"),
            "begun_by": STAFF_TECHNICAL,
        },
    ),
    Table(
        model="improvement.Participant",
        title=_("Participants of improvement groups"),
        fields={**plain("id", "group"), **each(STAFF_TECHNICAL, "person", "function", "rated_at")},
    ),
    Table(
        model="improvement.Meeting",
        title=_("Meetings of improvement groups"),
        fields={**plain("id", "group", "number", "planned_at", "held_at"), **each(_said, "notes", "bridge")},
    ),
    Table(
        model="improvement.Attendance",
        title=_("Attendance at meetings"),
        fields={**plain("id", "meeting"), **each(STAFF_TECHNICAL, "participant", "minutes")},
    ),
    Table(
        model="improvement.Pain",
        title=_("Pains a group works on"),
        fields=plain(
            *("id", "group", "key", "label", "sign", "volume", "severity", "source", "segments", "is_inside"),
        ),
    ),
    Table(
        model="improvement.MacroAction",
        title=_("Candidate macro-actions"),
        fields=plain("id", "group", "title", "description", "customer_importance", "company_importance"),
    ),
    Table(
        model="improvement.Rating",
        title=_("Ratings in quick surveys among participants"),
        fields={**plain("id", "macro"), **each(STAFF_TECHNICAL, "participant", "value")},
    ),
    Table(
        model="improvement.Responsibility",
        title=_("Responsibilities for macro-actions"),
        fields={**plain("id", "macro", "letter"), "participant": STAFF_TECHNICAL},
    ),
    Table(
        model="improvement.Action",
        title=_("Improvement actions"),
        fields={
            **plain("id", "unit", "group", "macro", "title", "description", "segments", "benefit", "constraint"),
            **plain("state", "begins_on", "due_on", "ended_at", "touchpoint", "cents_per_point", "worth_because"),
            **plain("cost_cents", "created_at"),
            "owner": STAFF_TECHNICAL,
        },
    ),
    Table(
        model="improvement.ActionUnit",
        title=_("Units of an action"),
        fields=plain("id", "action", "unit"),
    ),
    Table(
        model="improvement.ActionKpi",
        title=_("Measures of an action"),
        fields=plain("id", "action", "key", "name", "measure", "better", "baseline", "target"),
    ),
    Table(
        model="improvement.KpiReading",
        title=_("Readings of a measure"),
        fields={**plain("id", "kpi", "on", "value"), "read_by": STAFF_TECHNICAL},
    ),
    Table(
        model="improvement.Evidence",
        title=_("Evidence of actions"),
        fields={
            **plain("id", "action", "size", "added_at"),
            **each(_said, "text", "blob", "file_name"),
            "added_by": STAFF_TECHNICAL,
        },
    ),
    Table(
        model="improvement.GoldenRule",
        title=_("Golden rules for the customer"),
        fields={
            **plain("id", "unit", "group", "text", "reason", "process_key", "position", "published_at", "retired_at"),
            "published_by": STAFF_TECHNICAL,
        },
    ),
    Table(
        model="improvement.Practice",
        title=_("Good practices"),
        fields={
            **plain("id", "unit", "origin", "action", "title", "what", "how", "result", "published_at", "retired_at"),
            "published_by": STAFF_TECHNICAL,
        },
    ),
    Table(
        model="improvement.Adoption",
        title=_("Adoptions of good practices"),
        fields={
            **plain("id", "practice", "unit", "adopted_on", "outcome", "note", "judged_on"),
            "adopted_by": STAFF_TECHNICAL,
        },
    ),
    Table(
        model="improvement.ChangeAgent",
        title=_("Change agents"),
        fields={**plain("id", "unit", "since", "until"), "person": STAFF_TECHNICAL},
    ),
    Table(
        model="improvement.CultureItem",
        title=_("Communication and training"),
        fields={
            **plain("id", "unit", "kind", "title", "audience", "action", "planned_on", "done_on", "people_reached"),
            "owner": STAFF_TECHNICAL,
        },
    ),
)
declare_facts(FactParts(fact=facts.ActionDone, keys=("touchpoint",)))
