"""Search: words of the trade, accents, twins, one mistyped letter; and who may find what."""

import pytest

from corsia.kernel import scope
from corsia.kernel.access import scope_of
from corsia.knowledge import queries, services
from corsia.knowledge.permissions import READ_ARTICLES
from corsia.knowledge.vocabulary import Audience
from tests.conftest import NOON
from tests.factories.knowledge import WRITER, draft, published
from tests.factories.organisation import actor_in, small_group

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("everything")]


def titles(words: str, language: str = "it", **options) -> list[str]:
    return [found.title for found in queries.search(words=words, language=language, **options)]


@pytest.fixture
def shelf(group):
    """Four articles that a dealer has."""
    texts = {
        "Tagliando": "La manutenzione programmata si prenota con la targa e i chilometri.",
        "Pneumatici invernali": "Il cambio stagionale si fa da novembre. Teniamo le gomme in deposito.",
        "Garanzia legale": "Due anni dalla consegna. Perché conta la città di consegna? Non conta.",
        "Orari": "Siamo aperti dal lunedì al venerdì.",
    }
    return {title: published(group.root, now=NOON, it=(title, body)) for title, body in texts.items()}


def test_words_of_the_trade_find_what_means_the_same(shelf) -> None:
    assert titles("gomme") == ["Pneumatici invernali"]
    assert titles("cambio pneumatico") == ["Pneumatici invernali"]
    assert titles("quando devo fare la manutenzione ordinaria?") == ["Tagliando"]
    assert titles("collaudo") == []


def test_accents_capitals_and_apostrophes_do_not_matter(shelf) -> None:
    assert titles("CITTA") == ["Garanzia legale"]
    assert titles("la città") == ["Garanzia legale"]
    assert titles("l'orario") == ["Orari"]


def test_a_mistyped_letter_in_a_title_is_forgiven_and_said(shelf) -> None:
    for typed in ("tagliado", "taglianndo", "tagliamdo", "talgiando"):
        assert titles(typed) == ["Tagliando"], typed
    assert queries.find(words="garnzia legale", language="it").corrected == "garanzia legale"
    assert queries.find(words="garanzia legale", language="it").corrected == ""


def test_what_matches_little_is_not_an_answer(shelf) -> None:
    assert titles("elefante rosa volante gomme") == []
    assert titles("") == []
    assert titles("   e di la   ") == []
    assert titles("'; DROP TABLE x; -- & | ! ( <-> :*") == []


def test_the_excerpt_marks_the_words_it_was_found_by(shelf) -> None:
    [found] = queries.search(words="deposito gomme", language="it")

    assert [found.excerpt[start:end] for start, end in found.marks] == ["gomme", "deposito"]
    assert found.score == 1.0
    assert "".join(piece for piece, _marked in found.parts) == found.excerpt


def test_the_twin_answers_where_the_language_has_no_text(group) -> None:
    published(group.root, now=NOON, it=("Pneumatici", "Cambio stagionale."), en=("Tyres", "Seasonal change."))
    published(group.root, now=NOON, it=("Deposito gomme", "Teniamo le gomme dell'altra stagione."))

    found = queries.search(words="tyres", language="en")

    assert [(one.title, one.language, one.is_other_language) for one in found] == [
        ("Tyres", "en", False),
        ("Deposito gomme", "it", True),
    ]


def test_customers_find_only_what_is_public_and_published(group) -> None:
    published(group.root, now=NOON, it=("Tagliando", "Per tutti."))
    published(group.root, now=NOON, it=("Tagliando: regola interna", "Per noi."), audience=Audience.INTERNAL)
    draft(group.root, now=NOON, it=("Tagliando in bozza", "Non ancora."))
    retired = published(group.root, now=NOON, it=("Tagliando vecchio", "Non più."))
    services.retire(article_id=retired.pk, by=WRITER, now=NOON)

    assert titles("tagliando", public_only=True) == ["Tagliando"]
    assert titles("tagliando") == ["Tagliando", "Tagliando: regola interna"]


def test_the_nearest_unit_answers_and_other_branches_do_not(group) -> None:
    published(group.root, now=NOON, it=("Orari", "Del gruppo."), key="orari")
    published(group.brescia, now=NOON, it=("Orari di Brescia", "Di Brescia."), key="orari")
    published(group.verona, now=NOON, it=("Orari estivi di Verona", "Di Verona."), key="estivi")

    assert titles("orari", unit_id=group.brescia_care.pk) == ["Orari di Brescia"]
    assert titles("orari", unit_id=group.verona_care.pk) == ["Orari", "Orari estivi di Verona"]
    assert titles("orari", unit_id=group.root.pk) == ["Orari"]


def test_nobody_finds_what_another_group_knows(group) -> None:
    rivals = small_group("rivali")
    published(rivals.root, now=NOON, it=("Orari dei rivali", "Segreto."))
    published(group.root, now=NOON, it=("Orari", "Nostri."))

    with scope.entered(scope_of(actor_in(group.brescia_care), READ_ARTICLES)):
        assert titles("orari") == ["Orari"]
        assert titles("orari", unit_id=rivals.root.pk) == []


def test_a_case_gets_articles_for_its_subject_its_words_and_its_process(group) -> None:
    published(group.root, now=NOON, it=("Pneumatici", "Cambio gomme."))
    published(group.root, now=NOON, it=("Reclamo: come funziona", "Riceve un numero."), process_keys=["complaint"])
    published(group.root, now=NOON, it=("Finanziamento", "Documenti."))

    def suggested(subject: str, text: str, process: str) -> list[str]:
        found = queries.suggest(
            subject=subject, text=text, process_key=process, language="it", unit_id=group.brescia_care.pk
        )
        return [one.title for one in found]

    assert suggested("Gomme", "Buongiorno, quando posso passare?", "information") == ["Pneumatici"]
    assert suggested("Richiesta", "Vorrei cambiare le gomme", "information") == ["Pneumatici"]
    assert suggested("Telefonata", "…", "complaint") == ["Reclamo: come funziona"]


def test_the_groups_own_synonyms_hold_at_once(group) -> None:
    published(group.root, now=NOON, it=("Soccorso stradale", "Chiami il numero verde."))
    assert titles("sos strada ferma") == []

    services.save_synonyms(
        group_id=None, unit_id=group.root.pk, words_it="sos, soccorso stradale", words_en="", by=WRITER, now=NOON
    )

    assert titles("sos") == ["Soccorso stradale"]
