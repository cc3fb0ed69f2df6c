"""The group's own words that mean the same. They hold at once: search reads them with each question."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from corsia.kernel.access import demand
from corsia.kernel.actors import Actor
from corsia.kernel.audit import audit
from corsia.kernel.errors import Invalid
from corsia.knowledge.models import SynonymGroup
from corsia.knowledge.permissions import APPROVE_ARTICLES


class TooFewWords(Invalid):
    code = "knowledge.too_few_words"
    message = _("Enter at least two words that mean the same, separated by commas.")


@transaction.atomic
def save_synonyms(
    *, group_id: int | None, unit_id: int, words_it: str, words_en: str, by: Actor, now: datetime
) -> SynonymGroup:
    """Add words that mean the same, or change them.

    Raises:
        TooFewWords: one word alone says nothing.
    """
    group: SynonymGroup = SynonymGroup(unit_id=unit_id) if group_id is None else SynonymGroup.objects.lock(group_id)
    demand(by, APPROVE_ARTICLES, group.unit_id)
    group.words_it, group.words_en = _listed(words_it), _listed(words_en)
    if len([word for word in f"{group.words_it},{group.words_en}".split(",") if word]) < 2:
        raise TooFewWords
    group.save()
    audit(group, "synonyms_saved", by=by, now=now, words=f"{group.words_it} / {group.words_en}")
    return group


@transaction.atomic
def remove_synonyms(*, group_id: int, by: Actor, now: datetime) -> None:
    """Forget that some words mean the same."""
    group: SynonymGroup = SynonymGroup.objects.lock(group_id)
    demand(by, APPROVE_ARTICLES, group.unit_id)
    audit(group, "synonyms_removed", by=by, now=now, words=f"{group.words_it} / {group.words_en}")
    group.delete()


def _listed(words: str) -> str:
    return ", ".join(dict.fromkeys(" ".join(word.split()) for word in words.split(",") if word.strip()))[:400]
