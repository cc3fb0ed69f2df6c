"""The kinds of notice there are, in the order in which people choose among them.

A kind that contexts use and that is not here fails a test. What a mail may show of it is said here too: nothing that
tells of a customer but the number and title of a case.
"""

from collections.abc import Sequence

from django.utils.translation import gettext_lazy as _

from corsia.organisation.ports import NoticeKind


def _case(what: str, label: object, *, is_urgent: bool = False) -> NoticeKind:
    """Return a kind whose title names a case by its number, and whose text is the title of the case."""
    return NoticeKind(key=f"cases.{what}", label=label, is_urgent=is_urgent, may_mail_title=True, may_mail_text=True)


NOTICE_KINDS: Sequence[NoticeKind] = (
    _case("overdue", _("A case is overdue"), is_urgent=True),
    _case("callback", _("An unhappy customer is to be called back"), is_urgent=True),
    _case("about_to_break", _("A clock is about to break")),
    _case("neglected", _("A case is neglected")),
    _case("assigned", _("You were given a case")),
    _case("handed_over", _("A case was handed over to you")),
    _case("moved", _("A case came to your department")),
    _case("task", _("You have a task")),
    _case("goodwill", _("A goodwill sum is to be decided")),
    _case("reopened", _("A case you follow was reopened")),
    _case("closed", _("A case you follow was closed")),
    _case("awake", _("A case you put to sleep is awake again")),
    NoticeKind(key="telephony.missed", label=_("A missed caller is to be called back"), is_urgent=True),
    NoticeKind(key="cases.discussion", label=_("Somebody asks you in a discussion"), may_mail_title=True),
    NoticeKind(key="cases.proposal", label=_("A process you proposed moved on"), may_mail_title=True),
    NoticeKind(key="messaging.mentioned", label=_("Somebody mentioned you in a note"), may_mail_title=True),
    NoticeKind(key="messaging.cancelled", label=_("Your answer waits: the customer wrote again"), may_mail_title=True),
    NoticeKind(key="messaging.flood", label=_("An address writes like a robot"), is_urgent=True),
    NoticeKind(
        key="knowledge.waiting", label=_("An article waits for your approval"), may_mail_title=True, may_mail_text=True
    ),
    NoticeKind(
        key="knowledge.published", label=_("Your article was published"), may_mail_title=True, may_mail_text=True
    ),
    NoticeKind(key="knowledge.sent_back", label=_("Your article came back"), may_mail_title=True),
    NoticeKind(
        key="knowledge.review", label=_("An article is due for review"), may_mail_title=True, may_mail_text=True
    ),
    NoticeKind(
        key="knowledge.playbook",
        label=_("A playbook is to be read and acknowledged"),
        may_mail_title=True,
        may_mail_text=True,
    ),
    NoticeKind(key="improvement.group", label=_("You take part in an improvement group"), may_mail_title=True),
    NoticeKind(key="improvement.survey", label=_("A quick survey of your group waits for you"), may_mail_title=True),
    NoticeKind(key="improvement.action", label=_("You own an improvement action"), may_mail_title=True),
    NoticeKind(
        key="listening.blame", label=_("A customer of yours was disappointed"), may_mail_title=True, may_mail_text=True
    ),
    NoticeKind(
        key="listening.praise", label=_("A customer of yours praised us"), may_mail_title=True, may_mail_text=True
    ),
    NoticeKind(
        key="listening.touchpoint", label=_("A touchpoint is due for review"), may_mail_title=True, may_mail_text=True
    ),
    NoticeKind(key="listening.colleague", label=_("You are asked in a survey of the network"), has_own_mail=True),
    NoticeKind(key="listening.feed", label=_("Fewer events than usual reach the surveys"), may_mail_title=True),
    NoticeKind(key="analytics.week", label=_("The numbers of the week, on Monday"), has_own_mail=True),
)
