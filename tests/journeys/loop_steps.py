"""The steps of the closed loop as people take them, on the product's own pages, for the journeys that contain them."""

from datetime import datetime, timedelta

from playwright.sync_api import expect

from corsia.cases.models import Case
from corsia.customers.models import Customer
from corsia.customers.services.milestones import state_milestone
from corsia.kernel import scope
from corsia.kernel.facts import name_of, run_reaction, subscriptions
from corsia.kernel.models import FactRecord
from corsia.listening.links import survey_link
from corsia.listening.models import Invitation, ListeningPlan, Questionnaire, Response, Touchpoint
from corsia.listening.services import install_questionnaires, send_due_invitations
from corsia.messaging.models import Outgoing
from corsia.organisation.models import Person
from tests.browser import DESKTOP, PHONE, Browser
from tests.factories.cases import ROBOT
from tests.factories.organisation import Group

DAY = timedelta(days=1)
ORDER = "C-77"


def react(now: datetime) -> None:
    """Let everything that is subscribed happen, as the worker does."""
    kinds = {f"{kind.__module__.rpartition('.')[2]}.{kind.__name__}": table for kind, table in subscriptions().items()}
    done: set[int] = set()
    while fresh := [row for row in FactRecord.objects.order_by("pk") if row.pk not in done]:
        for row in fresh:
            done.add(row.pk)
            for reaction in kinds.get(row.kind, ()):
                run_reaction(fact_id=row.pk, reaction=name_of(reaction), now=now)


def listen_after_the_workshop(group: Group, *, now: datetime) -> ListeningPlan:
    """Begin a plan that asks three days after each closed work order."""
    install_questionnaires(unit_id=group.root.pk, by=ROBOT, now=now - 5 * DAY)
    touchpoint = Touchpoint.objects.create(
        unit=group.root, key="workshop", name_it="Officina", name_en="Workshop", stage="service"
    )
    return ListeningPlan.objects.create(
        unit=group.root,
        name="Dopo l'officina",
        touchpoint=touchpoint,
        questionnaire=Questionnaire.objects.get(key="csi-workshop"),
        starts_on=(now - 9 * DAY).date(),
        occasion="customers.order_closed",
        delay_minutes=3 * 24 * 60,
        state="running",
        changed_at=now,
    )


def close_a_work_order(group: Group, customer: Customer, *, now: datetime) -> Invitation:
    """Close a work order five days ago; return the invitation that left after its delay, not a day earlier."""
    with scope.system("test"):
        state_milestone(
            kind="order_closed", unit_id=group.brescia_care.pk, customer_id=customer.pk, vehicle_id=None,
            reached_at=now - 5 * DAY, reference=ORDER, detail="", by=ROBOT, now=now - 5 * DAY,
        )  # fmt: skip
        react(now - 5 * DAY)
        assert send_due_invitations(now=now - 3 * DAY) == 0
        assert send_due_invitations(now=now - DAY) == 1
        asked = Invitation.objects.get(plan__name="Dopo l'officina")
        assert survey_link(asked.pk) in Outgoing.objects.get(reason="survey").body
    return asked


def answer_three(browser: Browser, asked: Invitation) -> Response:
    """Answer on a phone, page after page; each is kept as it is answered."""
    with browser.window(None, size=PHONE) as window:
        page = window.page
        window.go(path_of(asked))
        expect(page.get_by_text("Pagina 1 di")).to_be_visible()
        assert window.axe() == []
        page.locator("label:has(input[name=recommend][value='3'])").click()
        page.get_by_role("button", name="Avanti").click()
        expect(page.get_by_role("heading", name="Quanto è stato facile prenotare")).to_be_visible()
        page.locator("label:has(input[name=booking][value='9'])").click()
        page.locator("label:has(input[name=reception][value='2'])").click()
        page.get_by_role("button", name="Avanti").click()
        page.locator("label:has(input[name=informed][value='1'])").click()
        page.get_by_role("button", name="Avanti").click()
        page.get_by_label("Sì, ma sono dovuto tornare").check()
        page.get_by_role("button", name="Avanti").click()
        page.get_by_label("migliorare il Suo giudizio").fill("Nessuno mi ha avvisato del ritardo.")
        assert window.axe() == []
        page.get_by_role("button", name="Invia").click()
        expect(page.get_by_role("heading", name="Grazie")).to_be_visible()
        assert (window.blocked(), window.errors) == ([], [])
    with scope.system("test"):
        response = Response.objects.get(invitation=asked)
        assert (response.score, response.completed_at is not None) == (3, True)
        assert sorted(response.items.filter(is_low=True).values_list("question", "number")) == [
            ("informed", 1), ("reception", 2), ("recommend", 3),
        ]  # fmt: skip
    return response


def call_and_remedy(browser: Browser, agent: Person, case: Case, *, kind_of_cause: str = "") -> None:
    """Call about just the three bad things, and write down how it ended."""
    with browser.window(agent, size=DESKTOP) as window:
        page = window.page
        window.go(f"/cases/{case.pk}/")
        panel = page.locator("#case-loop")
        expect(panel.get_by_role("heading", name="Cliente scontento")).to_be_visible()
        expect(panel.locator("textarea")).to_have_count(3)
        panel.get_by_label("tenuto al corrente").fill("Ricambio in ritardo di due giorni, nessuna telefonata")
        panel.get_by_role("button", name="Ho telefonato").click()
        expect(panel.get_by_text("telefonata di Laura Pedretti")).to_be_visible()
        assert window.axe() == []
        panel.get_by_label("Che cosa l'ha causato").fill("Ritardo del ricambio taciuto")
        if kind_of_cause:
            panel.get_by_label("Tipo di causa").select_option(label=kind_of_cause)
        panel.get_by_label("Che cosa si è fatto").fill("Scuse, lavaggio e chiamata ogni sera")
        panel.get_by_label("Com'è finita").select_option("recovered")
        panel.get_by_label("Valore trattenuto").fill("450,50")
        panel.get_by_role("button", name="Chiudi con l'esito").click()
        expect(panel.get_by_text("450,50 €")).to_be_visible()
        assert (window.blocked(), window.errors) == ([], [])


def answer_nine(browser: Browser, again: Invitation) -> None:
    """Answer the survey after the remedy, on a phone."""
    with browser.window(None, size=PHONE) as window:
        page = window.page
        window.go(path_of(again))
        page.locator("label:has(input[name=recommend][value='9'])").click()
        page.get_by_role("button", name="Avanti").click()
        page.get_by_label("ha apprezzato di più").fill("Mi hanno richiamato subito")
        page.get_by_role("button", name="Invia").click()
        expect(page.get_by_role("heading", name="Grazie")).to_be_visible()


def path_of(invitation: Invitation) -> str:
    """Return the address of an invitation on this server."""
    return "/portal/survey/" + survey_link(invitation.pk).rpartition("/portal/survey/")[2]
