"""Every metric that ships: the nine indicators of customer care, what stands around them, and the workshop's."""

from collections.abc import Mapping

from django.utils.functional import lazy
from django.utils.translation import gettext_lazy as _

from corsia.analytics.rules.metrics import Metric
from corsia.analytics.rules.workshop_metrics import workshop_metrics
from corsia.analytics.vocabulary import Better, Measure, Statistic
from corsia.kernel.privacy import Words

_ANSWER = {
    Statistic.MEAN: _("average"),
    Statistic.MEDIAN: _("median"),
    Statistic.P90: _("9 out of 10 within"),
}
_FEW = 5  # below this an average of times tells about single cases


def _times(
    key: str, name: Words, sentence: Words, *, dataset: str, day: str, rows: tuple[str, ...], amounts: tuple[str, str]
) -> list[Metric]:
    """Return average, median and nine-out-of-ten of a time, elapsed and in working time."""
    elapsed, working = amounts
    return [
        Metric(
            key=f"{key}{suffix}_{statistic.value}",
            name=_joined("%s, %s, %s", name, word, _ANSWER[statistic]),
            formula=_joined("%s %s %s", sentence, how, _HOW[statistic]),
            dataset=dataset,
            day=day,
            statistic=statistic,
            rows=rows,
            amount=amount,
            measure=Measure.SECONDS,
            better=Better.DOWN,
            minimum_n=_FEW,
            about_staff=True,
        )
        for suffix, amount, word, how in (
            ("", elapsed, _("elapsed"), _("Every hour counts, also at night and on holidays.")),
            ("_working", working, _("working time"), _("Only the opening hours of the unit count.")),
        )
        for statistic in _ANSWER
    ]


def _join(pattern: str, *words: Words) -> str:
    return pattern % tuple(str(word) for word in words)


_joined = lazy(_join, str)  # several lazy words in one sentence, each translated when it is shown


_HOW = {
    Statistic.MEAN: _("All of them added up and divided by how many they are."),
    Statistic.MEDIAN: _("The one in the middle when they stand in order: half took longer, half took less."),
    Statistic.P90: _("Nine out of ten took no longer than this."),
}


def _all() -> list[Metric]:
    metrics: list[Metric] = []
    metrics += _times(
        "first_answer",
        _("First answer"),
        _(
            "Time from the customer's first message of a case to our first message that left after it, for first "
            "messages of the period that were answered. Automatic messages do not count."
        ),
        dataset="messaging.contact",
        day="said_on",
        rows=("first_question",),
        amounts=("answer", "answer_working"),
    )
    metrics += _times(
        "answer",
        _("Answer"),
        _(
            "Time from the first message of a customer since our last answer to our next message that left, for "
            "messages of the period that were answered. Automatic messages do not count."
        ),
        dataset="messaging.contact",
        day="said_on",
        rows=("question",),
        amounts=("answer", "answer_working"),
    )
    metrics += _times(
        "closing",
        _("Closing time"),
        _(
            "Time from the opening of a case to its last closing, for cases closed in the period; cancelled, merged "
            "and internal ones do not count."
        ),
        dataset="cases.case",
        day="closed_on",
        rows=("own_case", "of_customer", "ended_well"),
        amounts=("closing", "closing_working"),
    )
    metrics += [
        Metric(
            key="our_time_mean",
            name=_("Time in our hands, average"),
            formula=_(
                "Working time in which the case was in our hands, not in those of the customer, a supplier, the "
                "manufacturer or an insurer; average of the cases closed in the period."
            ),
            dataset="cases.case",
            day="closed_on",
            statistic=Statistic.MEAN,
            rows=("own_case", "of_customer", "ended_well"),
            amount="our_working",
            measure=Measure.SECONDS,
            better=Better.DOWN,
            minimum_n=_FEW,
            about_staff=True,
        ),
        Metric(
            key="cases_opened",
            name=_("Cases opened"),
            formula=_("Cases of customers opened in the period; those merged into another case do not count."),
            dataset="cases.case",
            day="opened_on",
            statistic=Statistic.COUNT,
            rows=("own_case", "of_customer"),
        ),
        Metric(
            key="cases_closed",
            name=_("Cases closed"),
            formula=_("Cases of customers closed in the period and not opened again since; merged ones do not count."),
            dataset="cases.case",
            day="closed_on",
            statistic=Statistic.COUNT,
            rows=("own_case", "of_customer", "closed"),
            better=Better.UP,
        ),
        Metric(
            key="cases_per_agent",
            name=_("Cases per person"),
            formula=_("Cases opened in the period, by the person who has them now; those nobody has do not count."),
            dataset="cases.case",
            day="opened_on",
            statistic=Statistic.COUNT,
            rows=("own_case", "assigned"),
            about_staff=True,
        ),
        Metric(
            key="contacts",
            name=_("Contacts"),
            formula=_("Messages, calls and visits of customers in the period; automatic ones do not count."),
            dataset="messaging.contact",
            day="said_on",
            statistic=Statistic.COUNT,
            rows=("received",),
        ),
        Metric(
            key="messages_sent",
            name=_("Answers sent"),
            formula=_("Messages that people of ours wrote to customers and that left in the period."),
            dataset="messaging.contact",
            day="said_on",
            statistic=Statistic.COUNT,
            rows=("sent",),
            about_staff=True,
        ),
        Metric(
            key="complaint_share",
            name=_("Share of complaints"),
            formula=_("Contacts about complaints, of all contacts of customers in the period."),
            dataset="messaging.contact",
            day="said_on",
            statistic=Statistic.SHARE,
            rows=("received",),
            of="contact_complaint",
            measure=Measure.SHARE,
            better=Better.DOWN,
            minimum_n=20,
        ),
        Metric(
            key="answered_share",
            name=_("Share answered"),
            formula=_("Questions of customers in the period that were answered until now, of all."),
            dataset="messaging.contact",
            day="said_on",
            statistic=Statistic.SHARE,
            rows=("question",),
            of="answered",
            measure=Measure.SHARE,
            better=Better.UP,
            minimum_n=20,
            about_staff=True,
        ),
        Metric(
            key="reopened_share",
            name=_("Share opened again"),
            formula=_("Cases closed in the period that had been opened again at least once, of all closed in it."),
            dataset="cases.case",
            day="closed_on",
            statistic=Statistic.SHARE,
            rows=("own_case", "of_customer", "closed"),
            of="reopened",
            measure=Measure.SHARE,
            better=Better.DOWN,
            minimum_n=20,
            about_staff=True,
        ),
        Metric(
            key="backlog",
            name=_("Backlog"),
            formula=_(
                "Cases of customers open at the end of the period's last day. A case that was opened again counts as "
                "open from its first opening."
            ),
            dataset="cases.case",
            day="opened_on",
            statistic=Statistic.COUNT,
            rows=("own_case", "of_customer"),
            better=Better.DOWN,
            is_stock=True,
        ),
        Metric(
            key="backlog_age_mean",
            name=_("Age of the backlog, average"),
            formula=_("Days since their opening, of the cases open at the end of the period's last day; average."),
            dataset="cases.case",
            day="opened_on",
            statistic=Statistic.MEAN,
            rows=("own_case", "of_customer"),
            amount="age",
            measure=Measure.DAYS,
            better=Better.DOWN,
            minimum_n=_FEW,
            is_stock=True,
        ),
        Metric(
            key="backlog_age_median",
            name=_("Age of the backlog, median"),
            formula=_(
                "Days since their opening, of the cases open at the end of the period's last day; half are older."
            ),
            dataset="cases.case",
            day="opened_on",
            statistic=Statistic.MEDIAN,
            rows=("own_case", "of_customer"),
            amount="age",
            measure=Measure.DAYS,
            better=Better.DOWN,
            minimum_n=_FEW,
            is_stock=True,
        ),
        Metric(
            key="over_limit",
            name=_("Clocks over their limit"),
            formula=_(
                "Promises that ended, or broke, in the period and took more working time than their limit, whoever had "
                "the case in hand. By whose hands: us where the time in our hands alone was over the limit, else who "
                "had the case longest meanwhile."
            ),
            dataset="cases.clock",
            day="ended_on",
            statistic=Statistic.COUNT,
            rows=("over_limit",),
            better=Better.DOWN,
            about_staff=True,
        ),
        Metric(
            key="over_limit_share",
            name=_("Share of clocks over their limit"),
            formula=_(
                "Promises that took more working time than their limit, whoever had the case in hand, of all that "
                "ended, or broke, in the period."
            ),
            dataset="cases.clock",
            day="ended_on",
            statistic=Statistic.SHARE,
            of="over_limit",
            measure=Measure.SHARE,
            better=Better.DOWN,
            minimum_n=20,
            about_staff=True,
        ),
        Metric(
            key="broken_share",
            name=_("Share of promises that we broke"),
            formula=_("Promises whose limit the time in our own hands went over, of all that ended, or broke."),
            dataset="cases.clock",
            day="ended_on",
            statistic=Statistic.SHARE,
            of="broken",
            measure=Measure.SHARE,
            better=Better.DOWN,
            minimum_n=20,
            about_staff=True,
        ),
        Metric(
            key="nps",
            name=_("Net Promoter Score"),
            formula=_(
                "Share of answers of 9 and 10 less the share of 0 to 6, in points from -100 to 100, for surveys "
                "answered in the period."
            ),
            dataset="listening.survey",
            day="answered_on",
            statistic=Statistic.SCORE,
            rows=("survey_answered",),
            amount="score",
            measure=Measure.POINTS,
            better=Better.UP,
            minimum_n=20,
            about_staff=True,
        ),
        Metric(
            key="survey_share",
            name=_("Share of surveys answered"),
            formula=_("Surveys sent in the period that were answered until now, of all that were sent."),
            dataset="listening.survey",
            day="sent_on",
            statistic=Statistic.SHARE,
            of="survey_answered",
            measure=Measure.SHARE,
            better=Better.UP,
            minimum_n=20,
        ),
        Metric(
            key="plan_nps",
            name=_("Net Promoter Score of listening plans"),
            formula=_(
                "Share of answers of 9 and 10 less the share of 0 to 6, in points from -100 to 100, for answers of the "
                "period to listening plans, complete or not. Surveys at the closing of a case are another number."
            ),
            dataset="listening.answer",
            day="answered_on",
            statistic=Statistic.SCORE,
            rows=("recommended",),
            amount="recommendation",
            measure=Measure.POINTS,
            better=Better.UP,
            minimum_n=10,
        ),
        Metric(
            key="plan_answers",
            name=_("Answers to listening plans"),
            formula=_(
                "Answers of the period to listening plans, complete or not; surveys at the closing of a case and "
                "imported answers do not count."
            ),
            dataset="listening.answer",
            day="answered_on",
            statistic=Statistic.COUNT,
            better=Better.UP,
        ),
        Metric(
            key="plan_complete_share",
            name=_("Share of answers to listening plans that are complete"),
            formula=_("Answers to listening plans that were given to the end, of all of the period."),
            dataset="listening.answer",
            day="answered_on",
            statistic=Statistic.SHARE,
            of="answered_whole",
            measure=Measure.SHARE,
            better=Better.UP,
            minimum_n=10,
        ),
        Metric(
            key="recovered_share",
            name=_("Share recovered"),
            formula=_(
                "Customers on recovery lists who were recovered, of those whose place on the list ended in the period: "
                "recovered, lost or unreachable."
            ),
            dataset="cases.recovery",
            day="ended_on",
            statistic=Statistic.SHARE,
            rows=("recovery_ended",),
            of="recovered",
            measure=Measure.SHARE,
            better=Better.UP,
            minimum_n=_FEW,
        ),
        Metric(
            key="recoveries_ended",
            name=_("Recoveries ended"),
            formula=_("Places on recovery lists that ended in the period: recovered, lost or unreachable."),
            dataset="cases.recovery",
            day="ended_on",
            statistic=Statistic.COUNT,
            rows=("recovery_ended",),
            better=Better.UP,
        ),
        Metric(
            key="article_views",
            name=_("Articles read"),
            formula=_("How often articles of the knowledge base were opened in the period."),
            dataset="knowledge.article",
            day="day",
            statistic=Statistic.SUM,
            amount="views",
            better=Better.UP,
        ),
        Metric(
            key="articles_used",
            name=_("Articles used in answers"),
            formula=_("How often an article was put into an answer in the period."),
            dataset="knowledge.article",
            day="day",
            statistic=Statistic.SUM,
            amount="used_in_reply",
            better=Better.UP,
        ),
    ]
    return [*metrics, *workshop_metrics()]


METRICS: Mapping[str, Metric] = {metric.key: metric for metric in _all()}
