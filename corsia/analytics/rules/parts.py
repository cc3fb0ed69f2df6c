"""The parts that metrics are made of: amounts, conditions on rows, dimensions. A new metric needs no code but these."""

from collections.abc import Mapping

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from corsia.analytics.rules import workshop_parts as workshop
from corsia.analytics.rules.kinds import Amount, Condition, Rows, Source
from corsia.analytics.rules.kinds import amount as _amount
from corsia.analytics.rules.kinds import condition as _condition
from corsia.analytics.vocabulary import Dimension, Measure

__all__ = ["AMOUNTS", "CONDITIONS", "SOURCES", "Amount", "Condition", "Rows", "Source"]

_CASE_DIMENSIONS = {
    Dimension.UNIT: "unit_id",  # replaced by the unit below the one looked at; see queries/binding.py
    Dimension.TEAM: "unit_id",
    Dimension.SOURCE: "origin",
    Dimension.PROCESS: "process",
    Dimension.COMPLAINT: "is_complaint",
    Dimension.CAUSE: "NULLIF(cause, '')",
    Dimension.REASON: "concat_ws('|', process, NULLIF(cause, ''))",
    Dimension.MAKE: "NULLIF(make, '')",
    Dimension.MODEL: "NULLIF(concat_ws(' ', NULLIF(make, ''), NULLIF(model, '')), '')",
}

SOURCES: Mapping[str, Source] = {
    one.dataset: one
    for one in (
        Source(
            dataset="cases.case",
            name=_("Cases"),
            days=("opened_on", "closed_on"),
            agent="assignee_id",
            dimensions={
                **_CASE_DIMENSIONS,
                Dimension.AGENT: "assignee_id",
                Dimension.PHASE: "concat_ws('|', process, phase)",
                Dimension.TAG: "unnest(string_split(tags, '|'))",
                Dimension.PRIORITY: "priority",
                Dimension.LANGUAGE: "language",
                Dimension.PURCHASE: "NULLIF(purchase_channel, '')",
                Dimension.HOLDER: "holder",
                Dimension.END: "NULLIF(end_kind, '')",
            },
        ),
        Source(
            dataset="cases.clock",
            name=_("Clocks that ended"),
            days=("ended_on",),
            agent="assignee_id",
            dimensions={
                **_CASE_DIMENSIONS,
                Dimension.AGENT: "assignee_id",
                Dimension.CLOCK: "clock",
                Dimension.HOLDER: "culprit",
            },
        ),
        Source(
            dataset="messaging.contact",
            name=_("Contacts"),
            days=("said_on",),
            agent="agent_id",
            dimensions={**_CASE_DIMENSIONS, Dimension.AGENT: "agent_id", Dimension.CHANNEL: "channel"},
        ),
        Source(
            dataset="listening.survey",
            name=_("Surveys sent"),
            days=("sent_on", "answered_on"),
            agent="assignee_id",
            dimensions={**_CASE_DIMENSIONS, Dimension.AGENT: "assignee_id"},
        ),
        Source(
            dataset="listening.answer",
            name=_("Answers to listening plans"),
            days=("answered_on",),
            agent="",
            case="",
            population="questionnaire",
            dimensions={
                Dimension.UNIT: "unit_id",
                Dimension.TEAM: "unit_id",
                Dimension.QUESTIONNAIRE: "questionnaire",
                Dimension.TOUCHPOINT: "touchpoint_id",
                Dimension.INSTRUMENT: "instrument",
                Dimension.CHANNEL: "channel",
                Dimension.LANGUAGE: "language",
            },
        ),
        Source(
            dataset="cases.recovery",
            name=_("Customers to win back"),
            days=("added_on", "ended_on"),
            agent="",
            dimensions={**_CASE_DIMENSIONS, Dimension.OUTCOME: "NULLIF(outcome, '')"},
        ),
        Source(
            dataset="knowledge.article",
            name=_("Articles by day"),
            days=("day",),
            agent="",
            case="",
            dimensions={
                Dimension.UNIT: "unit_id",
                Dimension.TEAM: "unit_id",
                Dimension.ARTICLE: "article_id",
                Dimension.LANGUAGE: "language",
                Dimension.CHANNEL: "source",
            },
        ),
        *workshop.SOURCES,
    )
}


AMOUNTS: Mapping[str, Amount] = {
    one.key: one
    for one in (
        _amount(
            *("closing", "cases.case", _("Time from opening to closing"), Measure.SECONDS),
            lambda t: t.closing_seconds,
        ),
        _amount(
            *("closing_working", "cases.case", _("Working time from opening to closing"), Measure.SECONDS),
            lambda t: t.closing_working_seconds,
        ),
        _amount(
            *("our_working", "cases.case", _("Working time in our hands"), Measure.SECONDS),
            lambda t: t.our_working_seconds,
        ),
        _amount(
            *("age", "cases.case", _("Age in days"), Measure.DAYS),
            lambda t: t.as_of.delta(t.opened_on, unit="day"),
        ),
        _amount(
            *("reopened_times", "cases.case", _("Times it was opened again"), Measure.COUNT),
            lambda t: t.reopened_times,
        ),
        _amount(
            *("answer", "messaging.contact", _("Time from question to answer"), Measure.SECONDS),
            lambda t: t.answer_seconds,
        ),
        _amount(
            *("answer_working", "messaging.contact", _("Working time from question to answer"), Measure.SECONDS),
            lambda t: t.answer_working_seconds,
        ),
        _amount(
            *("clock_working", "cases.clock", _("Working time that the clock ran"), Measure.SECONDS),
            lambda t: t.working_seconds,
        ),
        _amount(*("score", "listening.survey", _("Score from 0 to 10"), Measure.POINTS), lambda t: t.score),
        _amount(
            *("recommendation", "listening.answer", _("Recommendation from 0 to 10"), Measure.POINTS),
            lambda t: t.score,
        ),
        _amount(
            *("attempts", "cases.recovery", _("Attempts to reach the customer"), Measure.COUNT), lambda t: t.attempts
        ),
        _amount(*("views", "knowledge.article", _("Times read"), Measure.COUNT), lambda t: t.views),
        _amount(*("useful", "knowledge.article", _("Times it helped"), Measure.COUNT), lambda t: t.useful),
        _amount(
            *("not_useful", "knowledge.article", _("Times it did not help"), Measure.COUNT), lambda t: t.not_useful
        ),
        _amount(
            *("used_in_reply", "knowledge.article", _("Times used in an answer"), Measure.COUNT),
            lambda t: t.used_in_reply,
        ),
        *workshop.AMOUNTS,
    )
}


CONDITIONS: Mapping[str, Condition] = {
    one.key: one
    for one in (
        _condition("own_case", "cases.case", _("not merged into another case"), lambda t: ~t.is_merged),
        _condition("of_customer", "cases.case", _("of a customer, not among ourselves"), lambda t: ~t.is_internal),
        _condition("closed", "cases.case", pgettext_lazy("case", "closed"), lambda t: t.closed_on.notnull()),
        _condition(
            *("ended_well", "cases.case", _("closed and not cancelled")),
            lambda t: t.closed_on.notnull() & (t.end_kind != "cancelled"),
        ),
        _condition("reopened", "cases.case", _("opened again at least once"), lambda t: t.reopened_times > 0),
        _condition("complaint", "cases.case", _("a complaint"), lambda t: t.is_complaint),
        _condition("assigned", "cases.case", _("somebody's"), lambda t: t.assignee_id.notnull()),
        _condition("received", "messaging.contact", _("from the customer"), lambda t: t.direction == "in"),
        _condition("sent", "messaging.contact", _("from us"), lambda t: t.direction == "out"),
        _condition(
            *("question", "messaging.contact", _("the first message since our last answer")), lambda t: t.is_question
        ),
        _condition(
            *("first_question", "messaging.contact", _("the first message of its case")),
            lambda t: t.is_first_question,
        ),
        _condition("answered", "messaging.contact", _("answered"), lambda t: t.answer_seconds.notnull()),
        _condition("contact_complaint", "messaging.contact", _("about a complaint"), lambda t: t.is_complaint),
        _condition(
            *("over_limit", "cases.clock", _("over its limit in working time")),
            lambda t: t.is_broken | (t.working_seconds > t.limit_minutes * 60),
        ),
        _condition("broken", "cases.clock", _("over its limit by time in our hands"), lambda t: t.is_broken),
        _condition("survey_answered", "listening.survey", _("answered"), lambda t: t.score.notnull()),
        _condition("detractor", "listening.survey", _("score from 0 to 6"), lambda t: t.score.fill_null(10) <= 6),
        _condition("recommended", "listening.answer", _("with a recommendation"), lambda t: t.score.notnull()),
        _condition("answered_whole", "listening.answer", _("answered to the end"), lambda t: t.is_complete),
        _condition("recovery_ended", "cases.recovery", _("ended"), lambda t: t.outcome != ""),
        _condition("recovered", "cases.recovery", _("recovered"), lambda t: t.outcome == "recovered"),
        _condition("lost", "cases.recovery", _("lost"), lambda t: t.outcome == "lost"),
        _condition("unreachable", "cases.recovery", _("unreachable"), lambda t: t.outcome == "unreachable"),
        *workshop.CONDITIONS,
    )
}
