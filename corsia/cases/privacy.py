"""The privacy classes of cases: numbers and times stay for ever, words go with the customer or with the term."""

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from corsia.cases.models import Case
from corsia.customers.privacy import CARE
from corsia.events import cases as facts
from corsia.kernel.privacy import (
    ANONYMOUS,
    Class,
    Erase,
    FactParts,
    Kind,
    Subject,
    Table,
    Term,
    declare,
    declare_facts,
    each,
    keep_codes,
    mention,
    plain,
    through,
)
from corsia.organisation.privacy import STAFF_TECHNICAL

CASES = Term(key="cases", title=_("Texts of closed cases"), days=3652, counts_from=_("the day the case was closed"))
LISTS = Term(
    key="recovery_lists", title=_("Lists of forgotten customers"), days=365, counts_from=_("the day of the list")
)
_CLOSED = "case__closed_at"

_technical = Class(kind=Kind.TECHNICAL, purpose=CARE, kept=CASES, reason=ANONYMOUS)
_title = Class(kind=Kind.CONTENT, purpose=CARE, kept=CASES, erase=Erase.PSEUDONYM, label=_("Subject"))
_text = Class(kind=Kind.CONTENT, purpose=CARE, kept=CASES, erase=Erase.BLANK)
_file_technical = Class(kind=Kind.TECHNICAL, purpose=CARE, kept=CASES, erase=Erase.DELETE)
_gone = Class(kind=Kind.CONTENT, purpose=CARE, kept=CASES, erase=Erase.DELETE)

_own = through("case__customer")


def _notices_about_cases(subject: Subject) -> list[Q]:
    numbers = Case.unscoped.filter(customer__in=subject.ids).values_list("pk", flat=True)
    return [Q(url__in=[reverse("cases:case", args=[number]) for number in numbers])]


declare(
    Table(
        model="cases.Case",
        title=_("Cases"),
        rows=through("customer"),
        ages_from="closed_at",
        fields={
            **plain("id", "unit", "version", "phase", "queue", "priority", "parent", "merged_into", "merged_at"),
            **plain("phase_entered_at", "last_activity_at", "snoozed_until", "due_at", "neglected_from"),
            **plain("closed_from", "reopened_times", "holder", "recovery_rank_at"),
            "customer": _technical,
            "vehicle": _technical.called(_("Vehicle")),
            "assignee": STAFF_TECHNICAL,
            "subject": _title,
            "origin": _technical.called(_("Came by")),
            "language": _technical,
            "purchase_channel": _technical.called(_("Purchase channel")),
            "cause": _technical,
            "reference": _text.called(_("Reference")),
            "root_cause": _text.called(_("Cause")),
            "remedy": _text.called(_("Remedy")),
            "opened_at": _technical.called(_("Opened")),
            "closed_at": _technical.called(_("Closed")),
            "end_kind": _technical.called(_("Ended as")),
        },
    ),
    Table(
        model="cases.LegalWarranty",
        title=_("Legal warranty of cases"),
        rows=_own,
        ages_from=_CLOSED,
        fields={
            **plain("id"),
            "case": _file_technical.called(_("Case")),
            "delivered_on": _gone.called(_("Delivered on")),
            "defect_on": _gone.called(_("Defect shown on")),
            "document": _gone,
            "document_name": _gone.called(_("Document")),
            **each(_file_technical, "is_used", "is_consumer", "is_reduced"),
            **each(STAFF_TECHNICAL, "stated_by", "stated_at"),
        },
    ),
    Table(
        model="cases.Goodwill",
        title=_("Goodwill"),
        rows=_own,
        ages_from=_CLOSED,
        fields={
            # The sums stay: they are what the year's budget was spent on.
            **plain("id", "case", "budget", "state", "decided_at", "asked_at"),
            "amount_cents": _technical.called(_("Cents")),
            "reason": _text.called(_("Reason")),
            "decision_note": _text,
            **each(STAFF_TECHNICAL, "asked_by", "decided_by"),
        },
    ),
    Table(
        model="cases.GoodwillBudget",
        title=_("Goodwill budgets"),
        fields=plain("id", "unit", "year", "amount_cents", "spent_cents"),
    ),
    Table(
        model="cases.GoodwillLimit",
        title=_("Goodwill limits"),
        fields=plain("id", "unit", "role", "limit_cents"),
    ),
    Table(
        model="cases.Task",
        title=_("Tasks"),
        rows=_own,
        ages_from=_CLOSED,
        fields={
            **plain("id", "case", "role", "due_at", "created_at", "done_at", "is_callback", "kind"),
            **each(STAFF_TECHNICAL, "assignee", "done_by"),
            "title": _title.called(_("Task")),
        },
    ),
    Table(
        model="cases.PlaybookRun",
        title=_("Playbooks followed"),
        fields=plain("id", "case", "version", "fixed_at"),
    ),
    Table(
        model="cases.StepTick",
        title=_("Steps of playbooks done"),
        rows=_own,
        ages_from=_CLOSED,
        fields={
            **plain("id", "case", "step", "ticked_at", "undone_at"),
            **each(STAFF_TECHNICAL, "ticked_by", "undone_by"),
            "note": _text.called(_("Note")),
            "undone_reason": _text.called(_("Reason")),
        },
    ),
    Table(
        model="cases.Watcher",
        title=_("Watchers"),
        fields={**plain("id", "case"), **each(STAFF_TECHNICAL, "person", "since")},
    ),
    Table(
        model="cases.CaseLink",
        title=_("Linked cases"),
        fields=plain("id", "source", "target", "kind", "created_at"),
    ),
    Table(
        model="cases.Tag",
        title=_("Tags"),
        rows=_own,
        ages_from=_CLOSED,
        fields={**plain("id", "case"), "label": _gone.called(_("Tag"))},
    ),
    Table(
        model="cases.Segment",
        title=_("Who held the case"),
        rows=_own,
        ages_from=_CLOSED,
        fields={
            **plain("id", "case", "holder", "started_at", "ended_at", "working_seconds", "past_unit"),
            "reason": _text.called(_("Reason")),
        },
    ),
    Table(
        model="cases.Deadline",
        title=_("Deadlines"),
        fields=plain(
            *("id", "case", "clock", "phase", "limit_minutes", "started_at", "due_at", "warn_at", "left_seconds"),
            *("met_at", "dropped_at", "warned_at", "missed_at"),
        ),
    ),
    Table(
        model="cases.Alarm",
        title=_("Alarms"),
        fields={
            **plain("id", "case", "kind", "deadline", "raised_at", "level", "escalate_at", "cleared_at"),
            "told": STAFF_TECHNICAL,
        },
    ),
    Table(
        model="cases.Queue",
        title=_("Queues"),
        fields=plain(
            *("id", "unit", "name", "skill", "language", "make", "process_key", "assigns_itself"),
            *("prefers_owner_advisor", "position", "is_active"),
        ),
    ),
    Table(
        model="cases.SavedView",
        title=_("Saved views"),
        fields={
            **plain("id", "unit", "is_shared", "position"),
            **each(STAFF_TECHNICAL, "name", "query", "owner"),
        },
    ),
    Table(
        model="cases.BulkRun",
        title=_("Bulk actions"),
        fields={**plain("id", "unit_id", "verb", "made_at", "undone_at"), "made_by": STAFF_TECHNICAL},
    ),
    Table(
        model="cases.BulkChange",
        title=_("Values before a bulk action"),
        rows=_own,
        ages_from=_CLOSED,
        fields={**plain("id", "run", "case", "field"), **each(_text, "old_value", "new_value")},
    ),
    Table(
        model="cases.Process",
        title=_("Processes"),
        fields=plain(
            *("id", "unit", "key", "name_it", "name_en", "icon", "is_complaint", "is_internal", "sends_survey"),
            *("is_active", "position", "owner", "shipped_revision"),
        ),
    ),
    Table(
        model="cases.ProcessVersion",
        title=_("Processes"),
        fields={
            **plain("id", "process", "number", "state", "neglect_minutes", "reopen_days", "published_at"),
            "published_by": STAFF_TECHNICAL,
        },
    ),
    Table(
        model="cases.Phase",
        title=_("Processes"),
        fields=plain(
            *("id", "version", "key", "name_it", "name_en", "position", "limit_minutes", "end_kind", "holder"),
            *("requires_tasks_done", "on_answer", "requires_corrective", "check_after_days"),
        ),
    ),
    Table(model="cases.PhaseRequirement", title=_("Processes"), fields=plain("id", "phase", "field", "only_for")),
    Table(model="cases.PhaseRole", title=_("Processes"), fields=plain("id", "phase", "role", "part")),
    Table(
        model="cases.Cause",
        title=_("Kinds of cause"),
        fields=plain("id", "unit", "name_it", "name_en", "process_key", "key", "is_active", "position"),
    ),
    Table(model="cases.Transition", title=_("Processes"), fields=plain("id", "source", "target", "only_for")),
    Table(
        model="cases.PhaseAction",
        title=_("Processes"),
        fields=plain(
            *("id", "phase", "position", "kind", "title_it", "title_en", "due_minutes", "role"),
            *("template_key", "process_key", "task_kind", "only_for"),
        ),
    ),
    Table(
        model="cases.Limit",
        title=_("Processes"),
        fields=plain("id", "version", "clock", "priority", "minutes"),
    ),
)
declare(
    Table(
        model="cases.Recovery",
        title=_("Recoveries"),
        fields={
            **plain("id", "unit", "name", "process_key", "script_it", "script_en", "max_attempts", "retry_after_days"),
            **plain("started_at", "ended_at"),
            "started_by": STAFF_TECHNICAL,
        },
    ),
    Table(
        model="cases.RecoveryItem",
        title=_("Forgotten customers to win back"),
        rows=_own,
        ages_from=_CLOSED,
        fields={
            **plain("id", "unit", "recovery", "case", "rank_at"),
            "ended_by": STAFF_TECHNICAL,
            "waiting_since": _technical.called(_("Waiting since")),
            "unanswered": _technical.called(_("Contacts without an answer")),
            "is_complaint": _technical.called(_("Complaint")),
            "last_score": _technical.called(_("Score of the last survey")),
            "added_at": _technical.called(_("Added")),
            "attempts": _technical.called(_("Attempts")),
            "last_attempt_at": _technical,
            "next_try_at": _technical,
            "outcome": _technical.called(_("Outcome")),
            "ended_at": _technical.called(_("Ended")),
        },
    ),
    Table(
        model="cases.RecoveryAttempt",
        title=_("Attempts to reach forgotten customers"),
        rows=through("item__case__customer"),
        ages_from="item__case__closed_at",
        fields={
            **plain("id", "item"),
            "made_by": STAFF_TECHNICAL,
            "way": _technical.called(_("Way")),
            "result": _technical.called(_("Result")),
            "made_at": _technical.called(_("At")),
            "note": _text.called(_("Note")),
        },
    ),
    Table(
        model="cases.RecoveryList",
        title=_("Lists of forgotten customers"),
        fields={
            **plain("id", "unit", "recovery", "file_name", "encoding", "separator", "header", "uploaded_at"),
            **plain("confirmed_at", "discarded_at"),
            "uploaded_by": STAFF_TECHNICAL,
        },
    ),
    Table(
        model="cases.RecoveryLine",
        title=_("Lines of such lists"),
        rows=through("customer", "item__case__customer"),
        ages_from="list__uploaded_at",
        fields={
            **plain("id", "list", "number", "state", "reason", "item"),
            "customer": _technical,
            "digest": Class(kind=Kind.TECHNICAL, purpose=CARE, kept=LISTS, erase=Erase.BLANK),
            "text": Class(
                kind=Kind.CONTENT, purpose=CARE, kept=LISTS, erase=Erase.BLANK, label=_("Line as it was in the list")
            ),
        },
    ),
    Table(
        model="cases.ProcessProposal",
        title=_("Work without a process"),
        fields={
            **plain("id", "unit", "from_unit", "case", "title", "what", "often", "who", "pain", "proposed_at", "state"),
            **plain("process", "reason", "joined_into", "changed_at"),
            **each(STAFF_TECHNICAL, "proposed_by", "owner"),
        },
    ),
    Table(
        model="cases.ProposalVote",
        title=_("Work without a process"),
        fields={**plain("id", "proposal"), **each(STAFF_TECHNICAL, "person", "at")},
    ),
    Table(
        model="cases.Discussion",
        title=_("Discussions among colleagues"),
        is_in_copies=False,
        rows=_own,
        ages_from=_CLOSED,
        fields={
            **plain("id", "case", "alarm", "about", "opened_at", "last_line_at", "resolved_at"),
            **each(STAFF_TECHNICAL, "opened_by", "resolved_by"),
            "summary": _text.called(_("What was decided")),
        },
    ),
    Table(
        model="cases.DiscussionLine",
        title=_("Discussions among colleagues"),
        is_in_copies=False,
        rows=through("discussion__case__customer"),
        ages_from="discussion__case__closed_at",
        fields={
            **plain("id", "discussion", "edited_at"),
            **each(STAFF_TECHNICAL, "author", "author_name"),
            "at": _technical.called(_("At")),
            "text": _text.called(_("Text")),
        },
    ),
    Table(
        model="cases.DiscussionFile",
        title=_("Files of discussions"),
        is_in_copies=False,
        rows=through("line__discussion__case__customer"),
        ages_from="line__discussion__case__closed_at",
        fields={
            **plain("id"),
            "line": _file_technical,
            "blob": _file_technical,
            "size": _file_technical.called(_("Bytes")),
            "name": _gone.called(_("File")),
        },
    ),
    Table(
        model="cases.DiscussionMember",
        title=_("Who takes part in discussions"),
        fields={**plain("id", "discussion"), **each(STAFF_TECHNICAL, "person", "since", "seen_at")},
    ),
)
mention("organisation.Notification", _notices_about_cases)
keep_codes(
    "cases.case",
    opened=("process", "origin"),
    phase_entered=("old", "new"),
    reopened=("phase",),
    held_by=("holder",),
    closed=("end_kind",),
    snoozed=("until",),
    callback_asked=("due",),
    linked=("kind",),
    moved=("from_unit", "to_unit"),
    recovery_tried=("way", "result"),
    recovery_item_ended=("outcome",),
)
declare_facts(
    FactParts(fact=facts.CaseOpened, personal=("title",), keys=("process", "origin")),
    FactParts(fact=facts.PhaseEntered, keys=("process", "phase")),
    FactParts(fact=facts.TemplateDue, keys=("template",)),
    FactParts(fact=facts.CaseClosed, keys=("process", "end_kind", "language")),
    FactParts(fact=facts.CaseReopened, personal=("reason",)),
    FactParts(fact=facts.DeadlineMissed, keys=("clock",)),
    FactParts(fact=facts.RecoveryEnded, keys=("outcome",)),
)
