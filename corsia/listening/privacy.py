"""The privacy classes of surveys: scores stay, words go."""

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from corsia.events import listening as facts
from corsia.kernel.privacy import (
    ANONYMOUS,
    Class,
    Erase,
    FactParts,
    Kind,
    Purpose,
    Rows,
    Subject,
    Table,
    Term,
    declare,
    declare_facts,
    each,
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

GUESTS = Term(
    key="session_guests", title=_("Names and addresses of guests of sessions"), days=365, counts_from=_("the day added")
)

_technical = Class(kind=Kind.TECHNICAL, purpose=QUALITY, kept=SURVEYS, reason=ANONYMOUS)
_segment = Class(kind=Kind.TECHNICAL, purpose=QUALITY, kept=SURVEYS, erase=Erase.DELETE)
_words = Class(kind=Kind.CONTENT, purpose=QUALITY, kept=SURVEYS, erase=Erase.BLANK)
_guest_name = Class(kind=Kind.IDENTITY, purpose=QUALITY, kept=GUESTS, erase=Erase.BLANK)
_guest_address = Class(kind=Kind.CONTACT, purpose=QUALITY, kept=GUESTS, erase=Erase.BLANK)


def _said_by(path: str) -> Rows:
    """Return how rows belong to a participant: a customer of ours, or a guest with the customer's own address."""

    def rows(subject: Subject) -> list[Q]:
        found = [Q(**{f"{path}customer__in": subject.ids})]
        if subject.addresses:
            found.append(Q(**{f"{path}customer__isnull": True, f"{path}email__in": subject.addresses}))
        return found

    return rows


declare(
    Table(
        model="listening.SurveySettings",
        title=_("Settings of surveys"),
        fields=plain(
            *("id", "unit", "is_on", "pause_days", "send_after_minutes", "expires_after_days"),
            *("detractor_at_most", "brand_color", "channels", "whatsapp_text", "whatsapp_reminder", "reminders"),
            "remind_after_days",
        ),
    ),
    Table(
        model="listening.Questionnaire",
        title=_("Questionnaires"),
        fields=plain("id", "unit", "key", "name_it", "name_en", "is_active"),
    ),
    Table(
        model="listening.QuestionnaireVersion",
        title=_("Questionnaires"),
        fields={
            **plain("id", "questionnaire", "number", "state", "definition", "series", "note", "saved_at"),
            **plain("published_at"),
            "published_by": STAFF_TECHNICAL,
        },
    ),
    Table(
        model="listening.Touchpoint",
        title=_("Touchpoints"),
        fields={
            **plain("id", "unit", "key", "name_it", "name_en", "stage", "is_digital", "is_moment_of_truth", "state"),
            **plain("review_months", "reviewed_on", "position"),
            "owner": STAFF_TECHNICAL,
        },
    ),
    Table(
        model="listening.ListeningPlan",
        title=_("Listening plans"),
        fields={
            **plain("id", "unit", "name", "aim", "touchpoint", "questionnaire", "population", "instrument", "design"),
            **plain("sample_pct", "quota", "expected_answers", "starts_on", "ends_on", "occasion", "delay_kind"),
            **plain("delay_minutes", "send_hour", "make", "words", "excluded_processes", "state", "changed_at"),
            **plain("channels", "reminders", "remind_after_days"),
            "changed_by": STAFF_TECHNICAL,
        },
    ),
    Table(
        model="listening.StaffInvitation",
        title=_("Colleagues asked in surveys of the network"),
        fields={
            **plain("id", "unit", "plan"),
            **each(STAFF_TECHNICAL, "person", "sent_at", "reminded_at", "answered_on"),
        },
    ),
    Table(
        model="listening.Panel",
        title=_("Panels of customers"),
        fields={
            **plain("id", "unit", "plan", "since", "until", "size", "seed", "services_done", "drawn_at"),
            **plain("asked_for_at"),
            "asked_for_by": STAFF_TECHNICAL,
        },
    ),
    Table(
        model="listening.PanelStratum",
        title=_("Panels of customers"),
        fields=plain("id", "unit", "panel", "service", "segment", "volume", "wanted"),
    ),
    Table(
        model="listening.Invitation",
        title=_("Invitations to surveys"),
        rows=through("customer"),
        fields={
            **plain("id", "unit", "language", "created_at", "send_after", "expires_at", "cancelled_at"),
            **plain("plan", "occasion_id", "stratum", "version", "follows", "remind_at"),
            "channel": _technical.called(_("Asked by")),
            **each(_technical, "passed_over", "reminders_sent", "reminder_why"),
            "assignee": STAFF_TECHNICAL,
            "case": _technical.called(_("Case")),
            "customer": _technical,
            "vehicle": _technical,
            "happened_at": _technical,
            "sent_at": _technical.called(_("Sent")),
            "cancel_reason": _technical,
            "cancel_detail": Class(kind=Kind.CONTENT, purpose=QUALITY, kept=SURVEYS, erase=Erase.BLANK),
        },
    ),
    Table(
        model="listening.Response",
        title=_("Answers to surveys"),
        rows=through("customer", "invitation__customer"),
        ages_from="answered_at",
        fields={
            **plain("id", "unit", "invitation", "version", "plan", "touchpoint", "channel", "language", "settled_at"),
            "customer": _technical,
            "case": _technical,
            "score": _technical.called(_("Score")),
            "text": _words.called(_("Words")),
            "wants_callback": _technical.called(_("Wants to be called")),
            "invited_at": _technical,
            "started_at": _technical,
            "answered_at": _technical.called(_("Answered")),
            "completed_at": _technical,
            "device": Class(kind=Kind.CONTENT, purpose=QUALITY, kept=SURVEYS, erase=Erase.BLANK),
        },
    ),
    Table(
        model="listening.ResponseItem",
        title=_("Answers to single questions"),
        rows=through("response__customer", "response__invitation__customer"),
        ages_from="answered_at",
        fields={
            **plain("id", "unit", "response", "series"),
            "question": _technical.called(_("Question")),
            "number": _technical.called(_("Score")),
            "text": _words.called(_("Words")),
            "choices": _technical.called(_("Choices")),
            "is_low": _technical,
            "answered_at": _technical,
        },
    ),
    Table(
        model="listening.AnswerAttachment",
        title=_("Files attached to answers"),
        rows=through("item__response__customer", "item__response__invitation__customer"),
        ages_from="item__answered_at",
        fields={
            **plain("id", "unit", "item", "media_type", "size"),
            **each(Class(kind=Kind.CONTENT, purpose=QUALITY, kept=SURVEYS, erase=Erase.DELETE), "name", "blob"),
        },
    ),
    Table(
        model="listening.AnswerSource",
        title=_("Where answers of other methods come from"),
        fields=plain("id", "unit", "name", "questionnaire", "columns"),
    ),
    Table(
        model="listening.AnswerFile",
        title=_("Files with answers of other methods"),
        ages_from="uploaded_at",
        fields={
            **plain("id", "unit", "source", "file_name", "header", "separator", "encoding", "month_first"),
            **plain("uploaded_at", "lines", "takes", "twice", "left_out", "recognised", "confirmed_at", "finished_at"),
            **plain("discarded_at"),
            "content": Class(kind=Kind.CONTENT, purpose=QUALITY, kept=SURVEYS, erase=Erase.BLANK),
            "uploaded_by": STAFF_TECHNICAL,
        },
    ),
    Table(
        model="listening.LeftOutLine",
        title=_("Lines of such files that could not be taken in"),
        ages_from="file__uploaded_at",
        fields={
            **plain("id", "file", "number", "reason", "column"),
            "text": _words.called(_("Line as it was in the file")),
            "cell": _words.called(_("The cell that could not be read")),
        },
    ),
    Table(
        model="listening.CollectedAnswer",
        title=_("Answers to surveys"),
        rows=through("response__customer"),
        fields={**plain("id", "unit", "response", "source", "file", "way"), "key": _technical},
    ),
    Table(
        model="listening.IntegrityFlag",
        title=_("Doubts about answers"),
        ages_from="found_at",
        fields={
            **plain("id", "unit", "kind", "since", "until", "seen", "of", "usual", "chance", "detail", "found_at"),
            **plain("decision", "decided_at"),
            "key": _technical,
            "note": _words,
            "decided_by": STAFF_TECHNICAL,
        },
    ),
    Table(
        model="listening.FlaggedAnswer",
        title=_("Doubts about answers"),
        rows=through("response__customer", "response__invitation__customer"),
        fields=plain("id", "unit", "flag", "response"),
    ),
    Table(
        model="listening.BeggingWords",
        title=_("Words that beg for a score"),
        fields=plain("id", "unit", "words"),
    ),
    Table(
        model="listening.IntegrityRun",
        title=_("Doubts about answers"),
        fields=plain("id", "until", "flagged"),
    ),
    Table(
        model="listening.TopicWords",
        title=_("Words by which topics are recognised"),
        fields={
            **plain("id", "unit", "topic", "language", "about", "plus", "minus", "changed_at"),
            "changed_by": STAFF_TECHNICAL,
        },
    ),
    Table(
        model="listening.Reading",
        title=_("Topics of answers"),
        rows=through("response__customer", "response__invitation__customer"),
        ages_from="response__answered_at",
        fields={
            **plain("id", "unit", "response", "edition", "read_at", "corrected_at"),
            "corrected_by": STAFF_TECHNICAL,
        },
    ),
    Table(
        model="listening.ResponseTopic",
        title=_("Topics of answers"),
        rows=through("response__customer", "response__invitation__customer"),
        ages_from="response__answered_at",
        fields={
            **plain("id", "unit", "response"),
            "topic": _technical.called(_("Topic")),
            "sign": _technical,
            "words": _words.called(_("Words")),
        },
    ),
    Table(
        model="listening.WaveSegment",
        title=_("What waves of surveys told of customers"),
        rows=through("customer"),
        ages_from="answered_at",
        fields={
            **plain("id", "unit", "plan", "response"),
            "customer": _segment,
            "band": _segment.called(_("Band")),
            "score": _segment.called(_("Score")),
            "answered_at": _segment.called(_("Answered")),
        },
    ),
    Table(
        model="listening.Loop",
        title=_("What was done about unhappy answers"),
        rows=through("response__customer", "response__invitation__customer"),
        ages_from="opened_at",
        fields={
            **plain("id", "unit", "response", "level"),
            "case": _technical,
            **each(_technical, "opened_at", "due_at", "called_at", "closed_at", "outcome", "cause", "money_kept_cents"),
            "called_by": STAFF_TECHNICAL,
            "closed_by": STAFF_TECHNICAL,
            "root_cause": _words.called(_("Root cause")),
            "remedy": _words.called(_("Remedy")),
        },
    ),
    Table(
        model="listening.LoopItem",
        title=_("What was said in calls about unhappy answers"),
        rows=through("loop__response__customer", "loop__response__invitation__customer"),
        ages_from="loop__opened_at",
        fields={**plain("id", "loop"), "question": _technical, "said": _words.called(_("Words"))},
    ),
    Table(
        model="listening.Persona",
        title=_("Personas"),  # invented people
        fields=plain("id", "unit", "name", "portrait", "population", "goals", "frustrations", "position"),
    ),
    Table(
        model="listening.PersonaMoment",
        title=_("Personas"),
        fields=plain("id", "persona", "touchpoint", "expects"),
    ),
    Table(
        model="listening.Promise",
        title=_("The promise to customers"),
        fields={**plain("id", "unit", "text_it", "text_en", "changed_at"), "changed_by": STAFF_TECHNICAL},
    ),
    Table(
        model="listening.Guideline",
        title=_("Guidelines of the experience"),
        fields=plain("id", "unit", "factor", "service", "point_format", "text", "question"),
    ),
    Table(
        model="listening.Benchmark",
        title=_("What competitors do"),
        fields={
            **plain("id", "unit", "competitor", "touchpoint", "practice", "standing", "gap", "source", "noted_on"),
            "noted_by": STAFF_TECHNICAL,
        },
    ),
    Table(
        model="listening.MysteryVisit",
        title=_("Mystery visits"),
        ages_from="saved_at",
        fields={
            **plain("id", "unit", "touchpoint", "grid", "key", "visited_on", "saved_at"),
            "summary": _technical,
            "visitor": STAFF_TECHNICAL,
        },
    ),
    Table(
        model="listening.VisitItem",
        title=_("Mystery visits"),
        ages_from="visit__saved_at",
        fields={
            **plain("id", "visit", "item", "yes", "score"),
            "note": _technical,
            "photo": _technical,
        },
    ),
    Table(
        model="listening.InterviewSetup",
        title=_("How interviews are called"),
        fields=plain(
            *("id", "questionnaire", "most_attempts", "slots", "hours_between", "ring_seconds", "share_b_pct"),
        ),
    ),
    Table(
        model="listening.InterviewWords",
        title=_("Words and voices of interviews"),
        fields={
            **plain("id", "setup", "script", "language", "prompt", "text", "sound", "media_type", "changed_at"),
            "changed_by": STAFF_TECHNICAL,
        },
    ),
    Table(
        model="listening.Interview",
        title=_("Interviews on the phone"),
        rows=through("customer", "invitation__customer"),
        ages_from="planned_at",
        fields={
            **plain("id", "unit", "version", "way", "invitation", "attempt", "slot", "script", "language", "account"),
            **plain("planned_at"),
            **each(_technical, "customer", "case", "provider_id", "placed_at", "ended_at", "detail", "response"),
            "answered_at": _technical.called(_("Answered")),
            "outcome": _technical.called(_("What became of it")),
            "purpose": _technical.called(_("Why they had called")),
            "begun_by": STAFF_TECHNICAL,
            **plain("held_until"),
            **each(_technical, "is_wished", "agreed_at"),
            "note": Class(kind=Kind.CONTENT, purpose=QUALITY, kept=SURVEYS, erase=Erase.BLANK),
        },
    ),
    Table(
        model="listening.InterviewKey",
        title=_("Keys pressed in interviews"),
        rows=through("interview__customer", "interview__invitation__customer"),
        ages_from="at",
        fields={**plain("id", "interview", "turn"), "pressed": _technical, "at": _technical},
    ),
    Table(
        model="listening.Finding",
        title=_("Findings about touchpoints"),
        rows=_said_by("note__participant__"),
        ages_from="noted_at",
        ages_if=Q(note__participant__isnull=False),
        fields={
            **plain("id", "unit", "touchpoint", "instrument", "source_id", "sign", "severity", "found_on", "noted_at"),
            **plain("settled_on", "item", "month", "times"),
            "title": _technical,
            "quote": _words.called(_("Words")),
            "noted_by": STAFF_TECHNICAL,
        },
    ),
    Table(
        model="listening.Session",
        title=_("Workshops, groups, interviews and communities"),
        fields={
            **plain("id", "unit", "instrument", "title", "aim", "plan", "touchpoint", "population", "starts_at"),
            **plain("ends_on", "place", "quota", "state", "changed_at"),
            **each(STAFF_TECHNICAL, "moderator", "changed_by"),
        },
    ),
    Table(
        model="listening.SessionBlock",
        title=_("Outlines of sessions"),
        fields=plain(
            *("id", "session", "position", "name_it", "name_en", "text_it", "text_en", "minutes", "touchpoint", "day")
        ),
    ),
    Table(
        model="listening.SessionParticipant",
        title=_("Participants of sessions"),
        rows=_said_by(""),
        ages_from="added_at",
        fields={
            **plain("id", "session", "number", "language", "added_at"),
            **each(_technical, "customer", "answered_at", "not_invited"),
            "state": _technical.called(_("State")),
            "invited_at": _technical.called(_("Invited")),
            "name": _guest_name.called(_("Name")),
            "email": _guest_address.called(_("E-mail")),
        },
    ),
    Table(
        model="listening.Post",
        title=_("What was written in online communities"),
        rows=_said_by("participant__"),
        ages_from="at",
        fields={
            **plain("id", "block", "participant", "parent"),
            "text": _words.called(_("Words")),
            **each(_technical, "at", "hidden_at", "hidden_reason"),
            **each(STAFF_TECHNICAL, "author", "hidden_by"),
        },
    ),
    Table(
        model="listening.Note",
        title=_("Notes of sessions"),
        rows=_said_by("participant__"),
        ages_from="at",
        fields={
            **plain("id", "session", "block", "key", "kind", "touchpoint", "finding", "post"),
            "text": _words.called(_("Words")),
            **each(_technical, "participant", "sign", "severity", "tags", "at"),
            "noted_by": STAFF_TECHNICAL,
        },
    ),
)
declare_facts(
    FactParts(fact=facts.SurveyAnswered, personal=("text",)),
    FactParts(fact=facts.LoopClosed, keys=("outcome",)),
)
