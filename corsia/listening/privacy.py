"""The privacy classes of surveys: scores stay, words go."""

from django.utils.translation import gettext_lazy as _

from corsia.events import listening as facts
from corsia.kernel.privacy import (
    ANONYMOUS,
    Class,
    Erase,
    FactParts,
    Kind,
    Purpose,
    Table,
    Term,
    declare,
    declare_facts,
    plain,
    through,
)
from corsia.organisation.privacy import STAFF_TECHNICAL

QUALITY = Purpose(
    key="quality",
    title=_("Asking customers how it went, and repairing what went wrong"),
    basis=_("Legitimate interest, with a right to object (Art. 6(1)(f) and 21 GDPR)"),
)
SURVEYS = Term(key="surveys", title=_("Words in answers to surveys"), days=730, counts_from=_("the day of the answer"))

_technical = Class(kind=Kind.TECHNICAL, purpose=QUALITY, kept=SURVEYS, reason=ANONYMOUS)

declare(
    Table(
        model="listening.SurveySettings",
        title=_("Settings of surveys"),
        fields=plain(
            *("id", "unit", "is_on", "pause_days", "send_after_minutes", "expires_after_days"),
            *("detractor_at_most", "brand_color"),
        ),
    ),
    Table(
        model="listening.Invitation",
        title=_("Invitations to surveys"),
        rows=through("customer"),
        fields={
            **plain("id", "unit", "language", "created_at", "send_after", "expires_at", "cancelled_at"),
            "assignee": STAFF_TECHNICAL,
            "case": _technical.called(_("Case")),
            "customer": _technical,
            "sent_at": _technical.called(_("Sent")),
            "cancel_reason": _technical,
            "cancel_detail": Class(kind=Kind.CONTENT, purpose=QUALITY, kept=SURVEYS, erase=Erase.BLANK),
        },
    ),
    Table(
        model="listening.Answer",
        title=_("Answers to surveys"),
        rows=through("invitation__customer"),
        ages_from="answered_at",
        fields={
            **plain("id", "invitation"),
            "score": _technical.called(_("Score")),
            "text": Class(kind=Kind.CONTENT, purpose=QUALITY, kept=SURVEYS, erase=Erase.BLANK, label=_("Words")),
            "wants_callback": _technical.called(_("Wants to be called")),
            "answered_at": _technical.called(_("Answered")),
        },
    ),
)
declare_facts(FactParts(fact=facts.SurveyAnswered, personal=("text",)))
