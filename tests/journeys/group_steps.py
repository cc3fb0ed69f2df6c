"""The four meetings of an improvement group as its people hold them, on the product's own pages."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from playwright.sync_api import expect

from corsia.improvement.models import Group
from corsia.kernel import scope
from corsia.organisation.models import Person, Unit
from tests.browser import PHONE, Browser, Window, at_rest

FIRST, SECOND = "Richiamare subito", "Un solo numero"  # macro-actions
RULE = "Richiamiamo entro due ore"


def begin_a_group(window: Window, *, on: str, people: Sequence[Person]) -> Group:
    """Tick a criticality, choose the people, begin; `on` are words of the criticality's name."""
    page = window.page
    window.go("/improvement/criticalities/")
    page.get_by_label(on).first.check()
    page.get_by_role("button", name="Avvia un gruppo su queste").click()
    page.get_by_label("Nome").fill("Richiamate")
    for person in people:
        page.get_by_label(person.full_name).first.check()
    page.get_by_role("button", name="Avvia", exact=True).click()
    expect(page.locator(".im-meet")).to_have_count(4)
    with scope.system("test"):
        made: Group = Group.objects.get()
    return made


def hold_the_first(window: Window, group: Group) -> None:
    """Agree on the perimeter, collect candidates, write the minutes."""
    page = window.page
    window.go(f"/improvement/groups/{group.pk}/meetings/1/")
    page.locator(".im-segs input[value=private]").first.check()
    page.locator(".im-det form button").first.click()
    for title in (FIRST, SECOND):
        page.get_by_label("Macro-azione").fill(title)
        page.get_by_role("button", name="Aggiungi la macro-azione").click()
        expect(page.locator(".rows b", has_text=title)).to_be_visible()
    expect(page.locator(".im-check li.on")).to_have_count(3)
    page.get_by_label("Che cosa si è detto e deciso").fill("Si comincia dalle richiamate")
    page.get_by_role("button", name="L'incontro si è tenuto").click()
    expect(page.get_by_role("link", name="Verbale")).to_be_visible()


def rate_on_phones(browser: Browser, window: Window, group: Group, people: Sequence[Person]) -> None:
    """Do the bridge work: everybody rates every candidate."""
    home = f"/improvement/groups/{group.pk}/"
    window.go(home)
    window.page.get_by_role("button", name="Apri la quick survey").click()
    for person in people:
        with browser.window(person, size=PHONE) as phone:
            phone.go(f"{home}survey/")
            for field in phone.page.locator(".im-rate").all():
                field.locator("label", has_text="5").click()
            phone.page.get_by_role("button", name="Invia").click()
            expect(phone.page.locator(".im-meet").first).to_be_visible()


def hold_the_second(window: Window, group: Group, people: Sequence[Person]) -> None:
    """Place candidates on the matrix, one dragged, one by the arrow keys, one by the form; give the letters."""
    page = window.page
    window.go(f"/improvement/groups/{group.pk}/meetings/2/")
    expect(page.get_by_text("4 su 4 hanno risposto")).to_be_visible()
    point = page.locator(".im-pt").first
    box, board = at_rest(point), at_rest(page.locator(".im-svg"))
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(board["x"] + board["width"] * 0.8, board["y"] + board["height"] * 0.15, steps=6)
    with page.expect_response("**/place/"):
        page.mouse.up()
    expect(page.locator(".im-leg li").first).to_contain_text("Rilevante: agire subito")
    page.locator(".im-pt").nth(1).focus()
    with page.expect_response("**/place/"):
        page.keyboard.press("ArrowLeft")
        page.keyboard.press("ArrowLeft")
    expect(page.locator(".im-leg li").nth(1)).to_contain_text("Minore: osservare")
    form = page.locator(".im-leg li").nth(1).locator("form")
    form.get_by_label("Importanza per i clienti").fill("8")
    with page.expect_response("**/place/"):
        form.get_by_role("button", name="Colloca").click()
    expect(page.locator(".im-leg li").nth(1)).to_contain_text("La vogliono i clienti")
    page.get_by_label(f"{FIRST}: {people[0].full_name}").select_option("A")
    page.get_by_label(f"{FIRST}: {people[1].full_name}").select_option("R")
    page.get_by_role("button", name="Salva le lettere").click()
    expect(page.locator(".im-check li.on")).to_have_count(3)
    page.get_by_role("button", name="L'incontro si è tenuto").click()


def hold_the_third(
    window: Window, group: Group, *, owner: Person, units: Sequence[Unit], now: datetime, touchpoint: str = ""
) -> None:
    """Write the card of the first candidate, give it a measure, and place it: a quick win."""
    page, meeting = window.page, f"/improvement/groups/{group.pk}/meetings/3/"
    window.go(meeting)
    page.get_by_role("link", name=FIRST).first.click()
    page.get_by_label("Inizia il").fill((now - timedelta(days=20)).date().isoformat())
    page.get_by_label("Entro il").fill((now + timedelta(days=5)).date().isoformat())
    page.get_by_label("Responsabile").select_option(str(owner.pk))
    if touchpoint:
        page.get_by_label("Touchpoint").select_option(label=touchpoint)
    page.get_by_label("Clienti privati").first.check()
    for unit in units:
        page.get_by_label(unit.name, exact=True).check()
    page.get_by_role("button", name="Salva la scheda").click()
    page.get_by_text("Aggiungi una misura").click()
    page.locator("#id_key").select_option("score")
    page.locator("#id_baseline").fill("5")
    page.locator("#id_target").fill("8")
    page.get_by_role("button", name="Aggiungi la misura").click()
    expect(page.locator(".im-kpis li")).to_have_count(1)
    window.go(meeting)
    page.get_by_label("Beneficio per i clienti").fill("9")
    page.get_by_label("Vincolo: costo").fill("2")
    with page.expect_response("**/place/"):
        page.get_by_role("button", name="Colloca").click()
    expect(page.locator(".im-leg li").first).to_contain_text("Quick win")
    page.get_by_role("button", name="L'incontro si è tenuto").click()


def hold_the_fourth(window: Window, group: Group) -> None:
    """Promise customers a golden rule."""
    page = window.page
    window.go(f"/improvement/groups/{group.pk}/meetings/4/")
    page.get_by_label("Su che cosa ogni cliente può contare").fill(RULE)
    page.get_by_role("button", name="Aggiungi la regola").click()
    expect(page.get_by_text(RULE)).to_be_visible()
    page.get_by_role("button", name="L'incontro si è tenuto").click()


def begin_by_keys(page: Any) -> None:
    """Move the one card of the board from planned to running with Alt and the arrow."""
    for state in ("planned", "running"):
        page.locator(".kc").focus()
        with page.expect_response("**/move/"):
            page.keyboard.press("Alt+ArrowRight")
        expect(page.locator(f'.ks[data-list="{state}"] .kc')).to_have_count(1)
        page.wait_for_timeout(300)


def prove_and_finish(page: Any) -> None:
    """On the page of an action: add the evidence, say that it is done."""
    page.locator("#id_text").fill("Registro delle richiamate")
    page.get_by_role("button", name="Aggiungi l'evidenza").click()
    page.get_by_role("button", name="Sposta in").click()
    page.get_by_role("button", name="Fatta").click()
    expect(page.locator(".im-pipe .is-now")).to_have_text("Fatta")
