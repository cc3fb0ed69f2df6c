"""Every page in Italian and in English: a sentence that is the same in both was never translated."""

import re
from collections.abc import Iterator

import pytest
from django.db import transaction
from django.test import override_settings

from corsia.analytics.services import refresh
from corsia.customers.models import Customer
from corsia.kernel import scope
from corsia.listening.models import Invitation, SessionParticipant
from corsia.organisation.models import Person
from corsia.workshop.models import OnlineRequest
from tests.security.world import build_world
from tests.ui.pages import Pages, Words

pytestmark = pytest.mark.django_db

# Sentences that are rightly the same in both languages.
SAME = {
    "Barletta-Andria-Trani",
    "Verbano-Cusio-Ossola",
    "Brescia, assistenza clienti",  # the invented case with which a text is tried out
    "Tagliando e spia motore",
    "La Sua auto e noi",  # the invented session of the same
    "Sala riunioni, Brescia",
    "Net Promoter Score",
}
# Addresses of mails and pages are nobody's words, nor is what a server calls itself.
NAMES = ("@", "://", "www.", "PostgreSQL ")
# The trail shows what was stored, word for word; the page of components shows its own code; the words that a search
# takes for each other stand there in both languages, whoever reads.
NOT_READ = ("/system/audit/", "/ui/", "/knowledge/synonyms/")
_WORD = re.compile(r"[^\W\d_]{2,}")


@pytest.fixture(scope="module")
def pages(django_db_setup, django_db_blocker, tmp_path_factory) -> Iterator[Pages]:
    numbers = override_settings(WAREHOUSE=tmp_path_factory.mktemp("warehouse"))
    with numbers, django_db_blocker.unblock(), transaction.atomic():
        world = build_world()
        with scope.system("test"):
            refresh(now=world.now)
        yield Pages(world)
        transaction.set_rollback(True)


def test_no_sentence_is_the_same_in_both_languages(pages: Pages, db: None) -> None:
    suspects: dict[str, str] = {}
    for page in pages.all():
        italian, english = (words(pages, page.looker, page.address, language) for language in ("it", "en"))
        for sentence in italian & english:
            if page.address.startswith(NOT_READ) or any(mark in sentence for mark in NAMES):
                continue
            if len(_WORD.findall(sentence)) >= 3 and "CANARY" not in sentence and sentence not in SAME:
                suspects.setdefault(sentence, page.address)

    assert not suspects, "\n".join(f"{address}: {sentence}" for sentence, address in sorted(suspects.items()))


def words(pages: Pages, looker: str, address: str, language: str) -> set[str]:
    client = pages.client(looker)
    Person.objects.update(language=language)  # whoever looks, and colleagues who are asked by a link of their own
    Invitation.unscoped.update(language=language)  # a survey speaks the language of whom it asks
    SessionParticipant.unscoped.update(language=language)
    Customer.unscoped.update(language=language)  # and so does the page on which they follow their vehicle
    OnlineRequest.unscoped.update(language=language)
    client.cookies["django_language"] = language
    html = client.get(address, headers={"Accept-Language": language}).content.decode()

    assert f'<html lang="{language}"' in html, f"{address} speaks another language than {language}"
    return Words(html).found
