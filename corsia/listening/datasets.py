"""What surveys publish to the warehouse: scores, never words."""

from django.utils.translation import gettext_lazy as _

from corsia.cases.datasets import CASE_BOUNDS, CASE_FOLLOWS, KIND_COLUMNS
from corsia.kernel.datasets import Column, Dataset, Follow, Type
from corsia.kernel.privacy import ANONYMOUS, Class, Erase, Kind
from corsia.listening.privacy import QUALITY, SURVEYS
from corsia.organisation.privacy import STAFF_TECHNICAL

_number = Class(kind=Kind.TECHNICAL, purpose=QUALITY, kept=SURVEYS, reason=ANONYMOUS)
_who = Class(kind=Kind.TECHNICAL, purpose=QUALITY, kept=SURVEYS, erase=Erase.BLANK)

_SURVEY = """
    SELECT i.id AS invitation_id, i.case_id, i.unit_id, i.customer_id, i.assignee_id,
        p.key AS process, p.is_complaint, p.is_internal, c.origin,
        COALESCE(v.make, '') AS make, COALESCE(v.model, '') AS model,
        COALESCE(k.name_it, c.root_cause) AS cause,
        i.sent_at, (i.sent_at AT TIME ZONE z.zone)::date AS sent_on,
        a.answered_at, (a.answered_at AT TIME ZONE z.zone)::date AS answered_on, a.score
    FROM listening_invitation i
    JOIN cases_case c ON c.id = i.case_id
    JOIN cases_processversion n ON n.id = c.version_id
    JOIN cases_process p ON p.id = n.process_id
    JOIN {zones} z(unit_id, zone) ON z.unit_id = i.unit_id
    LEFT JOIN vehicles_vehicle v ON v.id = c.vehicle_id
    LEFT JOIN cases_cause k ON k.id = c.cause_id
    LEFT JOIN listening_answer a ON a.invitation_id = i.id
    WHERE {in i.case_id} AND i.sent_at IS NOT NULL
"""

SURVEY = Dataset(
    name="listening.survey",
    title=_("Surveys sent"),
    key="case_id",
    day="sent_on",
    select=_SURVEY,
    bounds=CASE_BOUNDS,
    follows=(
        *CASE_FOLLOWS,
        Follow("listening_invitation", "case_id"),
        Follow("listening_answer", "its invitation's case"),
    ),
    columns=(
        Column(name="invitation_id", type=Type.INTEGER, meaning=_("Number of the survey"), privacy=_number),
        Column(name="case_id", type=Type.INTEGER, meaning=_("Number of the case"), privacy=_number),
        Column(name="unit_id", type=Type.INTEGER, meaning=_("Unit of the case")),
        Column(
            name="customer_id",
            type=Type.INTEGER,
            meaning=_("Number of the customer, empty once they were erased"),
            privacy=_who,
            is_customer=True,
        ),
        Column(name="assignee_id", type=Type.INTEGER, meaning=_("Who had the case"), privacy=STAFF_TECHNICAL),
        *KIND_COLUMNS,
        Column(name="sent_at", type=Type.INSTANT, meaning=_("Sent"), privacy=_number),
        Column(name="sent_on", type=Type.DAY, meaning=_("Day on which it was sent"), privacy=_number),
        Column(name="answered_at", type=Type.INSTANT, meaning=_("Answered"), privacy=_number),
        Column(name="answered_on", type=Type.DAY, meaning=_("Day on which it was answered"), privacy=_number),
        Column(name="score", type=Type.INTEGER, meaning=_("From 0 to 10, empty without an answer"), privacy=_number),
    ),
)

DATASETS = (SURVEY,)
