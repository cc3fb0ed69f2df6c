"""What messaging publishes to the warehouse: every contact, and how long its answer took."""

from django.utils.translation import gettext_lazy as _

from corsia.cases.datasets import CASE_BOUNDS, CASE_FOLLOWS, KIND_COLUMNS
from corsia.cases.privacy import CASES
from corsia.customers.privacy import CARE
from corsia.kernel.datasets import Column, Dataset, Follow, Type, WorkingTime
from corsia.kernel.privacy import ANONYMOUS, Class, Erase, Kind
from corsia.organisation.privacy import STAFF_TECHNICAL

_number = Class(kind=Kind.TECHNICAL, purpose=CARE, kept=CASES, reason=ANONYMOUS)
_who = Class(kind=Kind.TECHNICAL, purpose=CARE, kept=CASES, erase=Erase.BLANK)

# What a customer says until somebody of ours answers is one question, asked with the first of these messages, and
# answered by the first message of ours that left after it. Robots ask nothing and answer nothing.
_CONTACT = """
    WITH said AS (
        SELECT m.id, m.case_id, m.unit_id, m.direction, m.channel, m.customer_id, m.author_id, m.at,
            COALESCE(o.sent_at, m.at) AS left_at,
            count(*) FILTER (WHERE m.direction = 'out') OVER before AS answers_before
        FROM messaging_message m
        LEFT JOIN messaging_outgoing o ON o.message_id = m.id
        WHERE {in m.case_id} AND m.direction IN ('in', 'out') AND NOT m.is_automatic
            AND (m.direction = 'in' OR o.id IS NULL OR o.state IN ('sent', 'bounced'))
        WINDOW before AS (
            PARTITION BY m.case_id ORDER BY COALESCE(o.sent_at, m.at), m.id
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        )
    ), turns AS (
        SELECT s.*,
            s.direction = 'in' AND row_number() OVER (
                PARTITION BY s.case_id, s.answers_before ORDER BY s.left_at, s.id
            ) = 1 AS is_question,
            max(s.left_at) FILTER (WHERE s.direction = 'out') OVER turn AS answered_at,
            max(s.author_id) FILTER (WHERE s.direction = 'out') OVER turn AS answered_by
        FROM said s WINDOW turn AS (PARTITION BY s.case_id, s.answers_before)
    )
    SELECT t.id AS message_id, t.case_id, t.unit_id, t.customer_id, t.direction, t.channel,
        p.key AS process, p.is_complaint, p.is_internal, c.origin,
        COALESCE(v.make, '') AS make, COALESCE(v.model, '') AS model,
        COALESCE(k.name_it, c.root_cause) AS cause,
        t.at AS said_at, (t.at AT TIME ZONE z.zone)::date AS said_on,
        t.is_question, t.is_question AND t.answers_before = 0 AS is_first_question,
        CASE WHEN t.is_question THEN t.answered_at END AS answered_at,
        CASE WHEN t.direction = 'out' THEN t.author_id WHEN t.is_question THEN t.answered_by END AS agent_id,
        CASE WHEN t.is_question THEN floor(extract(epoch FROM t.answered_at - t.at))::bigint END AS answer_seconds
    FROM turns t
    JOIN cases_case c ON c.id = t.case_id
    JOIN cases_processversion n ON n.id = c.version_id
    JOIN cases_process p ON p.id = n.process_id
    JOIN {zones} z(unit_id, zone) ON z.unit_id = t.unit_id
    LEFT JOIN vehicles_vehicle v ON v.id = c.vehicle_id
    LEFT JOIN cases_cause k ON k.id = c.cause_id
"""

CONTACT = Dataset(
    name="messaging.contact",
    title=_("Contacts"),
    key="case_id",
    day="said_on",
    select=_CONTACT,
    bounds=CASE_BOUNDS,
    follows=(
        *CASE_FOLLOWS,
        Follow("messaging_message", "case_id"),
        Follow("messaging_outgoing", "its message's case"),
    ),
    columns=(
        Column(name="message_id", type=Type.INTEGER, meaning=_("Number of the message"), privacy=_number),
        Column(name="case_id", type=Type.INTEGER, meaning=_("Number of the case"), privacy=_number),
        Column(name="unit_id", type=Type.INTEGER, meaning=_("Unit of the message")),
        Column(
            name="customer_id",
            type=Type.INTEGER,
            meaning=_("Number of the customer, empty once they were erased"),
            privacy=_who,
            is_customer=True,
        ),
        Column(name="direction", type=Type.TEXT, meaning=_("in, from the customer, or out, to them")),
        Column(name="channel", type=Type.TEXT, meaning=_("Channel of the message")),
        *KIND_COLUMNS,
        Column(name="said_at", type=Type.INSTANT, meaning=_("When it was said"), privacy=_number),
        Column(name="said_on", type=Type.DAY, meaning=_("The day of that"), privacy=_number),
        Column(name="is_question", type=Type.FLAG, meaning=_("The first message since our last answer")),
        Column(
            name="is_first_question", type=Type.FLAG, meaning=_("The first message of the case, before any of ours")
        ),
        Column(name="answered_at", type=Type.INSTANT, meaning=_("When our answer to the question left")),
        Column(
            name="agent_id",
            type=Type.INTEGER,
            meaning=_("Who wrote it, where it is ours; who answered it, where it is a question"),
            privacy=STAFF_TECHNICAL,
        ),
        Column(name="answer_seconds", type=Type.INTEGER, meaning=_("Seconds from the question to the answer")),
    ),
    counted=(
        WorkingTime(
            name="answer_working_seconds",
            start="said_at",
            end="answered_at",
            meaning=_("Seconds of working time from the question to the answer"),
        ),
    ),
)

DATASETS = (CONTACT,)
