"""Actions from the inbox: each is one verb of cases, with what the page needs next."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from corsia.cases import services as cases
from corsia.cases.models import Case, Tag
from corsia.cases.vocabulary import Holder
from corsia.conversations import services
from corsia.kernel import scope
from tests.conftest import NOON
from tests.conversations.cases import a_mail
from tests.factories.organisation import actor_in, person_in, signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]

HTMX = {"HX-Request": "true"}


def told(answer) -> dict:
    return json.loads(answer.headers["HX-Trigger"])


def test_take_puts_the_case_on_the_own_desk_once(desk, browser, laura, anna) -> None:
    case = a_mail(desk)

    first = browser.post(f"/conversations/{case.pk}/take/", headers=HTMX)
    second = signed_in(anna).post(f"/conversations/{case.pk}/take/", headers=HTMX)

    assert first.status_code == 200
    assert told(first)["toast"] == {"title": "La pratica è tua"}
    assert second.status_code == 409
    assert Case.unscoped.get(pk=case.pk).assignee_id == laura.pk


def test_assign_gives_to_a_colleague_and_back_to_the_queue(desk, browser, anna) -> None:
    case = a_mail(desk)

    assert "Anna Bonetti" in browser.get(f"/conversations/{case.pk}/assign/").content.decode()
    browser.post(f"/conversations/{case.pk}/assign/", {"person": str(anna.pk)})
    assert Case.unscoped.get(pk=case.pk).assignee_id == anna.pk

    browser.post(f"/conversations/{case.pk}/assign/", {"person": ""})
    assert Case.unscoped.get(pk=case.pk).assignee_id is None


def test_snooze_until_a_chosen_moment_of_the_unit_offers_undo(desk, browser) -> None:
    case = a_mail(desk)

    answer = browser.post(f"/conversations/{case.pk}/snooze/", {"day": "2026-03-11", "hour": "08:30"}, headers=HTMX)

    assert Case.unscoped.get(pk=case.pk).snoozed_until == datetime(2026, 3, 11, 7, 30, tzinfo=UTC)
    undo = told(answer)["toast"]["undo_url"]
    assert browser.post(undo, headers=HTMX).status_code == 200
    assert Case.unscoped.get(pk=case.pk).snoozed_until is None


def test_the_offered_moments_are_all_still_to_come() -> None:
    from zoneinfo import ZoneInfo

    from corsia.conversations.web.forms import presets

    rome = ZoneInfo("Europe/Rome")
    for hour in range(24):
        now = datetime(2026, 3, 13, hour, 40, tzinfo=UTC)
        assert all(at > now + timedelta(minutes=30) for at, _label in presets(now, rome))
    monday = presets(datetime(2026, 3, 13, 9, 0, tzinfo=UTC), rome)[-1][0]
    assert monday == datetime(2026, 3, 16, 8, 30, tzinfo=rome)


def test_a_snooze_into_the_past_is_refused_and_changes_nothing(desk, browser) -> None:
    case = a_mail(desk)

    answer = browser.post(f"/conversations/{case.pk}/snooze/", {"day": "2026-03-09", "hour": "08:30"}, headers=HTMX)

    assert answer.status_code == 422
    assert Case.unscoped.get(pk=case.pk).snoozed_until is None


def test_close_asks_in_place_for_what_the_process_wants(desk, browser, laura) -> None:
    case = a_mail(desk, process_key="complaint")
    asked = browser.get(f"/conversations/{case.pk}/close/").content.decode()
    assert 'name="root_cause"' in asked

    refused = browser.post(f"/conversations/{case.pk}/close/", {"end_kind": "solved"}, headers=HTMX)
    assert refused.status_code == 422
    assert Case.unscoped.get(pk=case.pk).closed_at is None

    browser.post(f"/conversations/{case.pk}/take/")
    closed = browser.post(
        f"/conversations/{case.pk}/close/",
        {"end_kind": "solved", "root_cause": "Targa in ritardo", "remedy": "Consegnata"},
        headers=HTMX,
    )

    after = Case.unscoped.get(pk=case.pk)
    assert closed.status_code == 200, closed.content.decode()
    assert (after.closed_at, after.end_kind, after.root_cause) == (NOON, "solved", "Targa in ritardo")
    assert told(closed)["conversationClosed"] == case.pk


def test_closing_fills_in_and_closes_or_does_neither(desk, browser, at_desk) -> None:
    case = a_mail(desk, process_key="complaint")
    cases.add_task(case_id=case.pk, title="Richiamare", by=at_desk, now=NOON)

    browser.post(f"/conversations/{case.pk}/close/", {"end_kind": "solved", "root_cause": "X"}, headers=HTMX)

    after = Case.unscoped.get(pk=case.pk)
    assert (after.closed_at, after.root_cause) == (None, "")


def test_a_closed_case_can_be_reopened_from_its_toast(desk, browser) -> None:
    case = a_mail(desk)
    answer = browser.post(f"/conversations/{case.pk}/close/", {"end_kind": "cancelled"}, headers=HTMX)
    assert Case.unscoped.get(pk=case.pk).closed_at == NOON

    browser.post(told(answer)["toast"]["undo_url"], headers=HTMX)

    assert Case.unscoped.get(pk=case.pk).closed_at is None


def test_phase_holder_and_priority_move_the_case(desk, browser) -> None:
    case = a_mail(desk)
    from corsia.cases.queries import definition

    key = definition(case.version_id).phase_of(case.phase_id).goes_to[0]
    browser.post(f"/conversations/{case.pk}/phase/", {"phase": key})
    browser.post(f"/conversations/{case.pk}/holder/", {"holder": "part"})
    browser.post(f"/conversations/{case.pk}/priority/", {"priority": "4"})

    after = Case.unscoped.select_related("phase").get(pk=case.pk)
    assert (after.phase.key, after.holder, after.priority) == (key, Holder.PART, 4)


@pytest.mark.parametrize(
    ("verb", "values"), [("holder", {"holder": "moon"}), ("priority", {"priority": "9"}), ("phase", {"phase": "moon"})]
)
def test_values_that_do_not_exist_are_refused(desk, browser, verb, values) -> None:
    case = a_mail(desk)

    assert browser.post(f"/conversations/{case.pk}/{verb}/", values, headers=HTMX).status_code in (404, 422)


def a_macro(group, **steps):
    with scope.system("test"):
        return services.save_macro(
            macro_id=None,
            unit_id=group.root.pk,
            steps=services.MacroSteps(name_it="Prendo io", **steps),
            by=actor_in(group.root, "care_manager"),
            now=NOON,
        )


def test_a_macro_whose_phase_this_process_lacks_does_the_rest_and_says_so(desk, group, browser, laura) -> None:
    macro = a_macro(group, phase_key="taken_charge", tag="preso", assigns_to_me=True)
    case = a_mail(desk)  # an information request; taking in charge is a phase of complaints

    answer = browser.post(f"/conversations/{case.pk}/macros/{macro.pk}/", headers=HTMX)

    after = Case.unscoped.select_related("phase").get(pk=case.pk)
    assert (after.assignee_id, after.phase.key) == (laura.pk, "new")
    assert list(Tag.unscoped.filter(case=case).values_list("label", flat=True)) == ["preso"]
    assert told(answer)["toast"]["title"] == "Fatto in parte"
    assert "«Preso in carico»" in told(answer)["toast"]["text"]


def test_a_macro_moves_the_case_and_the_second_time_there_is_nothing_to_move(desk, group, browser, laura) -> None:
    macro, case = a_macro(group, phase_key="working"), a_mail(desk)

    answers = [browser.post(f"/conversations/{case.pk}/macros/{macro.pk}/", headers=HTMX) for _ in range(2)]

    assert [told(answer)["toast"]["title"] for answer in answers] == ["Fatto", "Fatto"]
    assert Case.unscoped.select_related("phase").get(pk=case.pk).phase.key == "working"


def test_the_phase_of_a_macro_is_chosen_from_those_of_the_processes(desk, group) -> None:
    macro = a_macro(group, phase_key="of-old-times")
    client = signed_in(person_in(group.root, "care_manager"))

    page = client.get(f"/conversations/macros/{macro.pk}/").content.decode()

    assert '<option value="taken_charge">Preso in carico · Reclamo</option>' in page
    assert '<option value="working">In lavorazione · Richiesta di informazioni</option>' in page
    assert '<option value="of-old-times" selected>' in page
    typed = {"unit": group.root.pk, "name_it": "Prendo io", "phase_key": "no-such-phase"}
    assert client.post(f"/conversations/macros/{macro.pk}/", typed).status_code == 422


def test_a_macro_does_all_its_steps_and_proposes_its_text(desk, group, browser, laura) -> None:
    macro = a_macro(group, tag="Preso ", assigns_to_me=True, template_key="received")
    case = a_mail(desk, name="Giulia Ferri")

    answer = browser.post(f"/conversations/{case.pk}/macros/{macro.pk}/", headers=HTMX)

    after = Case.unscoped.get(pk=case.pk)
    assert after.assignee_id == laura.pk
    assert list(Tag.unscoped.filter(case=case).values_list("label", flat=True)) == ["preso"]
    assert "Giulia" in told(answer)["restoreText"]["text"]
