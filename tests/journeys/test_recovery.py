"""A manager loads forgotten customers, an agent wins one back, and the queue melts: in a real browser."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import expect

from corsia.cases.models import RecoveryItem
from corsia.cases.services import install_processes
from corsia.kernel import scope
from corsia.organisation.vocabulary import Role
from tests.browser import DESKTOP, PHONE, real_browser, server
from tests.factories.cases import ROBOT, a_case, a_customer
from tests.factories.organisation import person_in, small_group

__all__ = ["real_browser", "server"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
LIST = (
    "Cliente;Email;Telefono;Oggetto;Dal;Contatti;Reclamo;Voto\n"
    "Anna Zani;anna.zani@example.it;;Freni che fischiano;03/01/2026;4;sì;2\n"
    "Bruno Sala;bruno.sala@example.it;;Attende un preventivo;15/01/2026;1;;\n"
    "Senza Recapito;;;Nessuno sa chi sia;;;;\n"
)


@pytest.fixture
def people(transactional_db):
    with scope.system("test"):
        group = small_group()
        now = datetime.now(tz=UTC)
        install_processes(unit_id=group.root.pk, by=ROBOT, now=now)
        old = now - timedelta(days=60)
        a_case(group.brescia_care, now=old, customer=a_customer(group, now=old), subject="Mai richiamata")
        boss = person_in(group.brescia_care, Role.CARE_MANAGER, first_name="Marta", last_name="Gatti")
        agent = person_in(group.brescia_care, first_name="Laura", last_name="Pedretti")
        return boss, agent


def test_a_list_is_taken_in_one_is_won_back_and_the_queue_melts(real_browser, people, tmp_path: Path) -> None:
    boss, agent = people
    (tmp_path / "dimenticati.csv").write_text(LIST, encoding="cp1252")
    with real_browser.window(boss, size=DESKTOP) as window:
        page = window.page
        window.go("/cases/recovery/new/")
        page.get_by_label("Nome", exact=True).fill("Dimenticati di gennaio")
        page.get_by_role("button", name="Avvialo").click()
        page.get_by_label("Elenco in CSV").set_input_files(tmp_path / "dimenticati.csv")
        page.get_by_role("button", name="Guarda l’elenco").click()
        assert "Nessuna e-mail, telefono, targa" in page.content()
        with scope.system("test"):
            assert RecoveryItem.objects.count() == 0
        assert window.axe() == []
        page.get_by_role("button", name="Prendi 2 clienti").click()
        page.get_by_text("2 clienti hanno la precedenza da ora.").wait_for()
        page.get_by_role("link", name="Torna al recupero").click()
        expect(page.locator(".kpi-v").first).to_have_text("2")
        assert window.axe() == []
        assert (window.blocked(), window.errors) == ([], [])

    with real_browser.window(agent, size=DESKTOP) as window:
        page = window.page
        window.go("/cases/?tab=unit")
        first, second, third = page.locator(".cases-s a").all_inner_texts()[:3]
        assert (first, second, third) == ("Freni che fischiano", "Attende un preventivo", "Mai richiamata")
        page.get_by_role("link", name="Recupero").click()
        page.get_by_role("link", name="Dimenticati di gennaio").click()
        page.get_by_role("link", name="Chiama il prossimo").click()
        panel = page.locator("#recovery-panel")
        panel.get_by_text("Buongiorno Anna Zani").wait_for()
        panel.get_by_label("Com’è andata").select_option("reached")
        panel.get_by_role("button", name="Annota il tentativo 1").click()
        panel.locator(".rc-tries").get_by_text("Ci ho parlato").wait_for()
        assert window.axe() == []
        panel.get_by_role("button", name="Recuperato").click()
        panel.get_by_role("link", name="Chiama il prossimo").click()
        page.get_by_text("Buongiorno Bruno Sala").wait_for()
        page.get_by_role("link", name="Dimenticati di gennaio").click()
        expect(page.locator(".kpi-v").first).to_have_text("1")
        page.get_by_text("Mostra i numeri").click()
        today = page.locator(".rc-data tbody tr").first.locator("td").all_inner_texts()
        assert today == ["2", "1", "", "", "1"]
        assert (window.blocked(), window.errors) == ([], [])


def test_colleagues_talk_in_a_drawer_and_see_each_other_live(real_browser, people) -> None:
    boss, agent = people
    with real_browser.window(boss, size=DESKTOP) as hers, real_browser.window(agent, size=PHONE) as theirs:
        for window in (hers, theirs):
            window.go("/cases/?tab=unit")
            window.page.get_by_role("link", name="Mai richiamata").click()
            window.page.get_by_role("button", name="Discussione").first.click()
            window.page.get_by_text("Nessuno ha ancora detto niente").wait_for()
        hers.page.locator("[data-talk-call]").select_option("Laura Pedretti")
        hers.page.locator("[data-talk-text]").type("puoi richiamare tu?")
        hers.page.locator("#talk").get_by_role("button", name="Invia").click()
        hers.page.locator(".tk-w", has_text="@Laura Pedretti puoi richiamare tu?").wait_for()
        theirs.page.reload()
        theirs.page.get_by_role("button", name="Discussione").first.click()
        theirs.page.locator(".tk-w", has_text="puoi richiamare tu?").wait_for()
        theirs.page.locator("[data-talk-text]").fill("Sì, adesso")
        theirs.page.locator("#talk").get_by_role("button", name="Invia").click()
        hers.page.locator(".tk-w", has_text="Sì, adesso").wait_for()  # told by the stream, nobody reloaded
        assert (hers.blocked(), hers.errors, theirs.blocked(), theirs.errors) == ([], [], [], [])
