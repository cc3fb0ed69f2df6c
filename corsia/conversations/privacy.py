"""The privacy classes of what agents have on the table."""

from django.utils.translation import gettext_lazy as _

from corsia.cases.privacy import CASES
from corsia.customers.privacy import CARE
from corsia.kernel.own_privacy import SHORT
from corsia.kernel.privacy import Class, Erase, Kind, Table, Term, Whose, declare, each, keep_codes, plain, through
from corsia.organisation.privacy import STAFF_TECHNICAL

DRAFTS = Term(key="drafts", title=_("Drafts that were never sent"), days=90, counts_from=_("the last change"))

_draft = Class(kind=Kind.CONTENT, purpose=CARE, kept=DRAFTS, erase=Erase.DELETE, label=_("Draft"))
_draft_technical = Class(kind=Kind.TECHNICAL, purpose=CARE, kept=DRAFTS, erase=Erase.DELETE, whose=Whose.STAFF)
_told = Class(kind=Kind.CONTENT, purpose=CARE, kept=DRAFTS, erase=Erase.DELETE, label=_("Told to the assistant"))
_dossier = Class(kind=Kind.CONTENT, purpose=CARE, kept=CASES, erase=Erase.DELETE)
_dossier_technical = Class(kind=Kind.TECHNICAL, purpose=CARE, kept=CASES, erase=Erase.DELETE)
_passing = Class(kind=Kind.TECHNICAL, purpose=CARE, kept=SHORT, whose=Whose.STAFF)

declare(
    Table(
        model="conversations.Draft",
        title=_("Drafts"),
        rows=through("case__customer"),
        ages_from="updated_at",
        fields={
            **plain("id", "is_note"),
            **each(_draft_technical, "case", "person", "updated_at"),
            "text": _draft,
        },
    ),
    Table(
        model="conversations.Macro",
        title=_("Macros"),
        fields=plain(
            "id", "unit", "name_it", "name_en", "template_key", "phase_key", "tag", "assigns_to_me", "position"
        ),
    ),
    Table(
        model="conversations.Mention",
        title=_("Mentions of colleagues"),
        fields={**plain("id", "case", "message"), **each(STAFF_TECHNICAL, "person", "at", "seen_at")},
    ),
    Table(
        model="conversations.Viewing",
        title=_("Who has a case open"),
        fields={**plain("id", "case"), **each(_passing, "person", "is_typing", "seen_at")},
    ),
    Table(
        model="conversations.BotMenu",
        title=_("Menus of the assistant"),
        fields=plain("id", "unit", "name", "welcome_it", "welcome_en"),
    ),
    Table(
        model="conversations.BotItem",
        title=_("Lines of the assistant's menus"),
        fields=plain(
            *("id", "menu", "parent", "position", "label_it", "label_en", "action", "text_it", "text_en", "link"),
        ),
    ),
    Table(
        model="conversations.BotTalk",
        title=_("What the assistant has asked"),
        rows=through("case__customer"),
        ages_from="began_at",
        fields={
            **plain("item", "asking", "misses"),
            **each(_draft_technical, "case", "began_at", "handed_over_at", "silenced_at"),
            "told": _told,
        },
    ),
    Table(
        model="conversations.Dossier",
        title=_("Dossiers of cases"),
        rows=through("case__customer"),
        ages_from="case__closed_at",
        fields={
            **plain("id"),
            "blob": _dossier,
            "case": _dossier_technical.called(_("Case")),
            "asked_at": _dossier_technical.called(_("At")),
            **each(_dossier_technical, "audience", "language", "state", "ready_at", "why_failed", "size", "sha256"),
            **each(_dossier_technical, "entries", "content_digest"),
            "asked_by": STAFF_TECHNICAL,
        },
    ),
)
# What was handed out can be recognised even after an erasure: hashes say nothing about anybody.
keep_codes("cases.case", dossier_made=("sha256", "content", "audience", "until"))
