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
    LEFT JOIN listening_response a ON a.invitation_id = i.id AND a.score IS NOT NULL
    WHERE {in i.case_id} AND i.sent_at IS NOT NULL AND i.plan_id IS NULL AND i.follows_id IS NULL
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
        Follow("listening_response", "its invitation's case"),
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

# What was answered to a plan, by whichever way: whoever was invited and whoever scanned a code. Surveys at the closing
# of a case are in the dataset above and not here. Answers about which there is a doubt count, as on every page.
_ANSWER = """
    SELECT a.id AS response_id, a.unit_id, a.plan_id, a.touchpoint_id, p.instrument, a.channel, a.language,
        COALESCE(q.key, 'case') AS questionnaire, a.score, a.completed_at IS NOT NULL AS is_complete,
        a.invited_at, a.answered_at, (a.answered_at AT TIME ZONE z.zone)::date AS answered_on
    FROM listening_response a
    JOIN listening_listeningplan p ON p.id = a.plan_id
    JOIN {zones} z(unit_id, zone) ON z.unit_id = a.unit_id
    LEFT JOIN listening_questionnaireversion v ON v.id = a.version_id
    LEFT JOIN listening_questionnaire q ON q.id = v.questionnaire_id
    WHERE {in a.id} AND a.channel <> 'import'
"""

ANSWER = Dataset(
    name="listening.answer",
    title=_("Answers to listening plans"),
    key="response_id",
    day="answered_on",
    select=_ANSWER,
    bounds="SELECT min(id), max(id) FROM listening_response",
    follows=(
        Follow("listening_response", "id", noted_as="listening_response_of_plan"),
        Follow("listening_listeningplan", "its responses"),
    ),
    columns=(
        Column(name="response_id", type=Type.INTEGER, meaning=_("Number of the answer"), privacy=_number),
        Column(name="unit_id", type=Type.INTEGER, meaning=_("Unit that the answer is about")),
        Column(name="plan_id", type=Type.INTEGER, meaning=_("Number of the plan")),
        Column(name="touchpoint_id", type=Type.INTEGER, meaning=_("Number of the touchpoint, empty without one")),
        Column(name="instrument", type=Type.TEXT, meaning=_("Instrument of the plan")),
        Column(name="channel", type=Type.TEXT, meaning=_("Way by which the answer came")),
        Column(name="language", type=Type.TEXT, meaning=_("Language in which it was answered")),
        Column(name="questionnaire", type=Type.TEXT, meaning=_("Key of the questionnaire")),
        Column(name="score", type=Type.INTEGER, meaning=_("From 0 to 10, empty without an answer"), privacy=_number),
        Column(name="is_complete", type=Type.FLAG, meaning=_("Answered to the end"), privacy=_number),
        Column(name="invited_at", type=Type.INSTANT, meaning=_("Invited, empty where nobody was"), privacy=_number),
        Column(name="answered_at", type=Type.INSTANT, meaning=_("Answered"), privacy=_number),
        Column(name="answered_on", type=Type.DAY, meaning=_("Day on which it was answered"), privacy=_number),
    ),
)

DATASETS = (SURVEY, ANSWER)
