"""What can be done with knowledge: one verb per use case."""

from corsia.knowledge.services.articles import NewText, copy_for_unit, save_article
from corsia.knowledge.services.categories import remove_category, save_category
from corsia.knowledge.services.counting import count, forget_readers, judge
from corsia.knowledge.services.files import add_file, remove_file
from corsia.knowledge.services.missed import dismiss_missed, forget_old_searches, note_missed_search
from corsia.knowledge.services.publishing import (
    approve,
    bring_back,
    discard_draft,
    restore,
    retire,
    reviewed,
    send_back,
    submit,
    withdraw,
)
from corsia.knowledge.services.reviews import tell_due_reviews
from corsia.knowledge.services.sites import save_site
from corsia.knowledge.services.starter import install_starter
from corsia.knowledge.services.synonyms import remove_synonyms, save_synonyms

__all__ = [
    "NewText",
    "add_file",
    "approve",
    "bring_back",
    "copy_for_unit",
    "count",
    "discard_draft",
    "dismiss_missed",
    "forget_old_searches",
    "forget_readers",
    "install_starter",
    "judge",
    "note_missed_search",
    "remove_category",
    "remove_file",
    "remove_synonyms",
    "restore",
    "retire",
    "reviewed",
    "save_article",
    "save_category",
    "save_site",
    "save_synonyms",
    "send_back",
    "submit",
    "tell_due_reviews",
    "withdraw",
]
