"""The privacy classes of knowledge: articles are the house's own, counts are nobody's, authors are staff."""

from django.utils.translation import gettext_lazy as _

from corsia.events import knowledge as facts
from corsia.kernel.privacy import FactParts, Table, declare, declare_facts, plain
from corsia.organisation.privacy import STAFF_TECHNICAL

_people = dict.fromkeys(("author", "editor", "approver"), STAFF_TECHNICAL)

declare(
    Table(
        model="knowledge.Category",
        title=_("Shelves of the knowledge base"),
        fields=plain("id", "unit", "key", "name_it", "name_en", "icon", "position"),
    ),
    Table(
        model="knowledge.Article",
        title=_("Articles"),
        fields={
            **plain(
                *("id", "unit", "category", "key", "kind", "audience", "title_it", "title_en", "review_every_days"),
                *("review_on", "process_keys", "created_at", "published_at", "retired_at"),
            ),
            "owner": STAFF_TECHNICAL,
        },
    ),
    Table(
        model="knowledge.ArticleVersion",
        title=_("Versions of articles"),
        fields={
            **plain(
                *("id", "article", "number", "state", "revision", "change_note", "sent_back", "created_at"),
                *("changed_at", "submitted_at", "published_at"),
            ),
            **_people,
        },
    ),
    Table(
        model="knowledge.ArticleText",
        title=_("Texts of articles"),
        fields=plain("id", "version", "language", "title", "body", "keywords"),
    ),
    Table(
        model="knowledge.ArticleFile",
        title=_("Pictures and documents of articles"),
        fields=plain("id", "article", "blob", "name", "media_type", "size", "added_at"),
    ),
    Table(
        model="knowledge.SearchText",
        title=_("Search index of articles"),
        fields=plain("id", "unit", "article", "language", "title", "body", "words", "head", "near"),
    ),
    Table(
        model="knowledge.SynonymGroup",
        title=_("Words that mean the same"),
        fields=plain("id", "unit", "words_it", "words_en"),
    ),
    Table(
        model="knowledge.ArticleDay",
        title=_("Reads of articles by day"),
        fields=plain(
            *("id", "unit", "article", "day", "language", "source", "views", "useful", "not_useful", "used_in_reply"),
        ),
    ),
    Table(
        model="knowledge.ComplaintDay",
        title=_("Why articles did not help, by day"),
        fields=plain("id", "unit", "article", "day", "reason", "answers"),
    ),
    Table(
        model="knowledge.SeenToday",
        title=_("Readers of today, as hashes without a way back"),
        fields=plain("id", "day", "digest"),
    ),
    Table(
        model="knowledge.MissedSearch",
        title=_("Words that found no article"),
        fields=plain("id", "unit", "language", "words", "times", "first_at", "last_at", "article", "dismissed_at"),
    ),
    Table(
        model="knowledge.HelpSite",
        title=_("Help sites"),
        fields=plain(
            *("id", "unit", "slug", "title_it", "title_en", "intro_it", "intro_en", "contact_url", "brand_color"),
            "is_on",
        ),
    ),
)
declare(
    Table(
        model="knowledge.Playbook",
        title=_("Playbooks"),
        fields=plain("id", "unit", "process_key", "title_it", "title_en", "created_at", "retired_at"),
    ),
    Table(
        model="knowledge.PlaybookVersion",
        title=_("Playbooks"),
        fields={
            **plain("id", "playbook", "number", "state", "change_note", "published_at"),
            "published_by": STAFF_TECHNICAL,
        },
    ),
    Table(model="knowledge.PlaybookReader", title=_("Playbooks"), fields=plain("id", "version", "role")),
    Table(
        model="knowledge.PlaybookStep",
        title=_("Playbooks"),
        fields=plain(
            *("id", "version", "position", "phase_key", "title_it", "title_en", "text_it", "text_en", "hint"),
            *("hint_key", "is_required", "asks", "role"),
        ),
    ),
    Table(
        model="knowledge.Acknowledgement",
        title=_("Who knows which playbook"),
        fields={**plain("id", "version"), **dict.fromkeys(("person", "at"), STAFF_TECHNICAL)},
    ),
)
declare_facts(
    FactParts(fact=facts.ArticlePublished, keys=("key", "audience")),
    FactParts(fact=facts.ArticleRetired, keys=("key",)),
)
