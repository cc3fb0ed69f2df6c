"""The pages of the organisation: who may open them, what they show, what they do with what was typed."""

import json
from datetime import date, timedelta

import pytest
from allauth.usersessions.models import UserSession
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from corsia.organisation.models import Absence, Closure, Membership, Notification, Person, Unit, WorkingCalendar
from corsia.organisation.vocabulary import AbsenceKind, Role
from tests.factories.organisation import UnitFactory, person_in, signed_in

HTMX = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture
def people(group):
    """One person of each standing, and somebody in another branch."""
    return {
        "agent": person_in(group.brescia_care, last_name="Neri", language="en"),
        "manager": person_in(group.brescia, Role.BRANCH_MANAGER, last_name="Greco", language="en"),
        "admin": person_in(group.root, Role.ADMINISTRATOR, last_name="Pedretti", language="en"),
        "other": person_in(group.verona_care, last_name="Alberti", language="en"),
    }


@pytest.fixture
def browser(people):
    return {name: signed_in(person) for name, person in people.items()}


def queries_for(client: Client, url: str) -> int:
    client.get(url)
    with CaptureQueriesContext(connection) as asked:
        assert client.get(url).status_code == 200
    return len(asked)


# columns: agent of Brescia care, manager of Brescia, administrator, agent of Verona
ACCESS = [
    ("chart", None, (200, 200, 200, 200)),
    ("people", None, (200, 200, 200, 200)),
    ("calendars", None, (200, 200, 200, 200)),
    ("me", None, (200, 200, 200, 200)),
    ("notices", None, (200, 200, 200, 200)),
    ("notices_badge", None, (200, 200, 200, 200)),
    ("unit", "brescia_care", (200, 200, 200, 404)),
    ("unit", "root", (404, 404, 200, 404)),
    ("person", "agent", (200, 200, 200, 404)),
    ("person", "admin", (404, 404, 200, 404)),
    ("edit_person", "agent", (403, 200, 200, 403)),
    ("edit_person", "other", (403, 404, 200, 403)),
    ("add_person", None, (403, 200, 200, 403)),
    ("add_unit", None, (403, 403, 200, 403)),
    ("edit_unit", "brescia", (403, 403, 200, 403)),
    ("move_unit", "brescia_care", (403, 403, 200, 403)),
    ("add_calendar", None, (403, 403, 200, 403)),
    ("calendar", "calendar", (403, 403, 200, 403)),
]


@pytest.mark.parametrize(("name", "of", "expected"), ACCESS, ids=[f"{name} {of or ''}" for name, of, _ in ACCESS])
def test_each_page_opens_for_whom_it_is_meant(group, people, browser, name: str, of: str, expected: tuple) -> None:
    row = people.get(of) or (getattr(group, of) if of else None)
    url = reverse(f"organisation:{name}", args=[row.pk] if row else [])

    assert Client().get(url)["Location"].startswith(reverse("account_login"))
    found = tuple(browser[who].get(url).status_code for who in ("agent", "manager", "admin", "other"))
    assert found == expected


def test_the_chart_shows_the_own_part_and_the_way_down_to_it(group, people, browser) -> None:
    page = browser["agent"].get(reverse("organisation:chart")).content.decode()

    assert "Neri" in page
    assert "Brescia" in page  # the way down
    assert "Verona" not in page
    assert "Alberti" not in page
    assert "Pedretti" not in page
    assert reverse("organisation:unit", args=[group.brescia.pk]) not in page


def test_the_search_finds_units_and_people_without_accents_and_keeps_the_way_to_them(group, browser) -> None:
    person_in(group.verona_care, first_name="Niccolò", last_name="D'Àmico")

    page = browser["admin"].get(reverse("organisation:chart"), {"q": "nicco d'amico"}, **HTMX).content.decode()

    assert "Niccolò" in page
    assert "Verona" in page
    assert "Brescia" not in page
    assert "<html" not in page
    nothing = browser["admin"].get(reverse("organisation:chart"), {"q": "zzz"}, **HTMX).content.decode()
    assert "Nothing is called “zzz”" in nothing


def test_the_chart_counts_queries_not_rows(group, browser) -> None:
    url = reverse("organisation:chart")
    few = queries_for(browser["admin"], url)
    for number in range(3):
        unit = UnitFactory(parent=group.brescia, kind="team", name=f"Squadra {number}")
        person_in(unit)

    assert (few, queries_for(browser["admin"], url)) == (11, 11)


def test_the_list_of_people_counts_queries_not_rows(group, browser) -> None:
    url = reverse("organisation:people")
    few = queries_for(browser["admin"], url)
    for _ in range(3):
        person_in(group.verona)

    assert (few, queries_for(browser["admin"], url)) == (11, 11)


def test_people_are_listed_in_pages_each_once(group, browser) -> None:
    for number in range(60):
        person_in(group.verona, last_name=f"Rossi {number % 7}")
    url, after, seen = reverse("organisation:people"), "", []

    while True:
        page = browser["admin"].get(url, {"after": after, "q": "rossi"}, **HTMX).context["page"]
        seen += [row.person.pk for row in page.rows]
        after = page.after
        if not after:
            break

    assert len(seen) == len(set(seen)) == 60


def test_people_are_filtered_by_name_role_and_unit_and_former_ones_on_request(group, people, browser) -> None:
    def found(**query: object) -> set[str]:
        page = browser["admin"].get(reverse("organisation:people"), query).context["page"]
        return {row.person.last_name for row in page.rows}

    Membership.objects.filter(person=people["other"]).update(until=timezone.localdate())

    assert found() == {"Neri", "Greco", "Pedretti"}
    assert found(q="gre") == {"Greco"}
    assert found(q="LÀURA 100%") == set()
    person_in(group.brescia, first_name="Niccolò", last_name="D’Àmico", job_title="Capo àrea")
    assert found(q="damico") == set()
    assert found(q="nicco area") == {"D’Àmico"}
    assert found(role=Role.AGENT) == {"Neri", "D’Àmico"}
    assert found(unit=group.brescia_care.pk) == {"Neri"}
    assert found(all=1, q="alberti") == {"Alberti"}
    assert found(role="nonsense", unit="x", after="broken|", q="pedretti") == {"Pedretti"}
    assert found(unit="9" * 40, after="a|b|" + "9" * 40, q="pedretti") == {"Pedretti"}
    assert browser["admin"].get(reverse("organisation:people"), {"q": "pe\x00dretti"}).status_code == 422


def test_the_palette_finds_people_and_units_of_the_own_part(group, people, browser) -> None:
    url = reverse("organisation:palette")

    mine = browser["agent"].get(url, {"q": "assistenza"}).content.decode()

    assert "Assistenza, Brescia" in mine
    assert "Verona" not in mine
    assert "Neri" in browser["agent"].get(url, {"q": "nèri"}).content.decode()
    assert browser["agent"].get(url, {"q": "alberti"}).content.decode().strip() == ""


def test_a_dragged_unit_moves_and_the_answer_offers_to_undo_it(group, browser) -> None:
    url = reverse("organisation:move_unit", args=[group.brescia_care.pk])

    answer = browser["admin"].post(url, {"to": group.verona.pk, "before": group.verona_care.pk}, **HTMX)

    assert answer.status_code == 200
    told = json.loads(answer["HX-Trigger-After-Swap"])["organisation-moved"]
    assert told == {
        "text": "Assistenza now belongs to Verona",
        "undo": {"url": url, "values": {"to": group.brescia.pk}},
    }
    order = Unit.objects.filter(parent=group.verona).order_by("position").values_list("pk", flat=True)
    assert list(order) == [group.brescia_care.pk, group.verona_care.pk]
    assert "Assistenza moved from Brescia to Verona" in answer.content.decode()


def test_a_move_that_makes_no_sense_is_refused_in_words_and_changes_nothing(group, browser) -> None:
    url = reverse("organisation:move_unit", args=[group.brescia.pk])

    answer = browser["admin"].post(url, {"to": group.verona.pk}, **HTMX)

    assert answer.status_code == 409
    assert answer["HX-Refusal"] == "1"
    assert "cannot stand under Verona" in answer.content.decode()
    assert Unit.objects.get(pk=group.brescia.pk).parent_id == group.root.pk


def test_a_person_moves_by_form_without_any_script(group, people, browser) -> None:
    url = reverse("organisation:move_person", args=[people["agent"].pk])

    asked = browser["admin"].get(url, {"from": group.brescia_care.pk})
    answer = browser["admin"].post(url, {"from": group.brescia_care.pk, "to": group.verona_care.pk})

    assert "Move Laura Neri from Assistenza" in asked.content.decode()
    assert answer["Location"] == reverse("organisation:chart")
    assert Membership.objects.get(person=people["agent"], until=None).unit_id == group.verona_care.pk


def test_a_unit_is_founded_and_changed_by_form(group, browser) -> None:
    details = {"name": "Officina", "kind": "department", "language": "it", "to": group.brescia.pk}

    answer = browser["admin"].post(reverse("organisation:add_unit"), details)
    unit = Unit.objects.get(name="Officina")
    changed = {"name": "Officina Sud", "language": "it", "city": "Salò", "calendar": group.calendar.pk}
    browser["admin"].post(reverse("organisation:edit_unit", args=[unit.pk]), changed)

    unit.refresh_from_db()
    assert answer["Location"] == reverse("organisation:unit", args=[unit.pk])
    assert (unit.parent_id, unit.name, unit.city, unit.calendar_id) == (
        group.brescia.pk,
        "Officina Sud",
        "Salò",
        group.calendar.pk,
    )


def test_a_form_with_a_mistake_comes_back_with_everything_typed(group, browser) -> None:
    answer = browser["admin"].post(
        reverse("organisation:add_unit"),
        {"name": "", "street": "Via Garibaldi 7", "language": "it", "kind": "branch", "to": group.root.pk},
    )

    assert answer.status_code == 422
    assert "Via Garibaldi 7" in answer.content.decode()
    assert Unit.objects.count() == 5


def test_a_person_is_taken_on_with_a_role_and_gets_a_link_for_the_password(group, browser) -> None:
    entered = {
        "first_name": "Giulia",
        "last_name": "Ferri",
        "email": "giulia@example.it",
        "language": "it",
        "capacity": 20,
        "unit": group.brescia_care.pk,
        "role": Role.AGENT,
        "since": "2026-03-01",
    }

    browser["manager"].post(reverse("organisation:add_person"), entered)
    giulia = Person.objects.get(email="giulia@example.it")
    page = browser["manager"].post(reverse("organisation:password_link", args=[giulia.pk]))
    link = page.context["link"]
    newcomer = Client()
    form = newcomer.get(link, follow=True)
    newcomer.post(
        form.redirect_chain[-1][0], {"password1": "una frase lunga e bella", "password2": "una frase lunga e bella"}
    )

    giulia.refresh_from_db()
    assert Membership.objects.get(person=giulia).since == date(2026, 3, 1)
    assert giulia.check_password("una frase lunga e bella")
    assert page["Cache-Control"] == "no-store, private"


def test_no_link_is_made_for_the_password_of_somebody_with_more_rights(group, people, browser) -> None:
    Membership.objects.create(person=people["admin"], unit=group.brescia, role=Role.AGENT, since=date(2026, 1, 1))

    answer = browser["manager"].post(reverse("organisation:password_link", args=[people["admin"].pk]))

    assert answer.status_code == 403
    assert "has roles that you may not give" in answer.content.decode()


def test_roles_skills_and_absences_are_changed_on_the_persons_page(group, people, browser) -> None:
    agent = people["agent"]

    browser["manager"].post(
        reverse("organisation:give_role", args=[agent.pk]),
        {"unit": group.brescia.pk, "role": Role.RECEPTIONIST, "since": "2026-01-01"},
    )
    held = Membership.objects.get(person=agent, role=Role.RECEPTIONIST)
    browser["manager"].post(reverse("organisation:end_role", args=[held.pk]))
    browser["agent"].post(
        reverse("organisation:add_absence", args=[agent.pk]),
        {"kind": "holiday", "starts_at": "2026-08-10T08:00", "ends_at": "2026-08-21T18:00"},
    )

    assert Membership.objects.get(pk=held.pk).until == timezone.localdate()
    absence = Absence.objects.get(person=agent)
    assert absence.starts_at.isoformat() == "2026-08-10T06:00:00+00:00"  # 8:00 on the clock in Rome


def test_why_somebody_is_away_is_shown_to_them_and_their_managers_only(group, people, browser) -> None:
    now = timezone.now()
    Absence.objects.create(
        person=people["agent"], kind=AbsenceKind.SICKNESS, starts_at=now, ends_at=now + timedelta(days=2)
    )
    colleague = signed_in(person_in(group.brescia_care, language="en"))
    url = reverse("organisation:person", args=[people["agent"].pk])

    assert "Sickness" in browser["agent"].get(url).content.decode()
    assert "Sickness" in browser["manager"].get(url).content.decode()
    seen = colleague.get(url).content.decode()
    assert "Sickness" not in seen
    assert "Away" in seen


def test_a_calendar_is_edited_with_split_shifts_and_midnight_as_24(group, browser) -> None:
    url = reverse("organisation:calendar", args=[group.calendar.pk])
    week = {"opens_0_0": "8.30", "closes_0_0": "12:30", "opens_0_1": "14", "closes_0_1": "18:30"}
    night = {"opens_5_0": "20:00", "closes_5_0": "24:00"}

    answer = browser["admin"].post(url, {"name": "Sede", **week, **night})
    again = browser["admin"].get(url).content.decode()

    assert answer.status_code == 302
    hours = group.calendar.hours.order_by("weekday", "opens_at").values_list("weekday", "opens_at", "closes_at")
    assert [(day, f"{a:%H:%M}", f"{b:%H:%M}") for day, a, b in hours] == [
        (0, "08:30", "12:30"),
        (0, "14:00", "18:30"),
        (5, "20:00", "00:00"),
    ]
    assert 'value="24:00"' in again


def test_half_a_shift_comes_back_with_what_was_typed_and_overlaps_are_refused(group, browser) -> None:
    url = reverse("organisation:calendar", args=[group.calendar.pk])

    half = browser["admin"].post(url, {"name": "Sede", "opens_0_0": "8:45"})
    overlap = {"opens_0_0": "8", "closes_0_0": "12", "opens_0_1": "11", "closes_0_1": "18"}
    refused = browser["admin"].post(url, {"name": "Sede", **overlap}, **HTMX)

    assert half.status_code == 422
    assert "8:45" in half.content.decode()
    assert refused.status_code == 422
    assert "11:00 to 18:00 start before" in refused.content.decode()
    assert group.calendar.hours.count() == 10


def test_more_shifts_than_usual_are_all_shown_and_kept(group, browser) -> None:
    from datetime import time

    calendar = WorkingCalendar.objects.create(name="A ore", owner=group.root)
    for hour in range(8, 13):
        calendar.hours.create(weekday=2, opens_at=time(hour), closes_at=time(hour, 30))

    page = browser["admin"].get(reverse("organisation:calendar", args=[calendar.pk]))

    assert page.context["form"].shifts == 5
    assert 'name="closes_2_4" value="12:30"' in page.content.decode()


def test_a_closure_is_entered_on_the_unit_and_shown_below_it(group, browser) -> None:
    day = timezone.localdate() + timedelta(days=30)
    typed = {"first_on": day, "last_on": day, "reason": "Inventario"}

    browser["admin"].post(reverse("organisation:add_closure", args=[group.brescia.pk]), typed)
    below = browser["agent"].get(reverse("organisation:unit", args=[group.brescia_care.pk])).content.decode()

    assert "Inventario" in below
    assert "from a unit above" in below
    closure = Closure.objects.get()
    assert browser["agent"].post(reverse("organisation:remove_closure", args=[closure.pk])).status_code == 403


def test_the_profile_changes_language_and_theme_and_shows_devices(people, browser) -> None:
    url = reverse("organisation:me")
    profile = {"language": "it", "theme": "dark", "phone": "", "signature": "Laura", "is_available": "on"}

    answer = browser["agent"].post(url, profile)
    page = browser["agent"].get(url).content.decode()

    people["agent"].refresh_from_db()
    assert (people["agent"].theme, people["agent"].has_hotkeys) == ("dark", False)
    assert answer.cookies["theme"].value == "dark"
    assert 'lang="it"' in page
    assert "data-no-hotkeys" in page


def test_a_device_is_signed_out_and_nobody_elses(people) -> None:
    here, there = Client(), Client()
    for client in (here, there):
        client.post(reverse("account_login"), {"login": people["agent"].email, "password": "correct horse battery"})
        client.get(reverse("organisation:me"))
    stranger = signed_in(people["other"])
    sessions = here.get(reverse("organisation:me")).context["sessions"]
    other = next(row for row in sessions if row.session_key == there.session.session_key)

    assert stranger.post(reverse("organisation:end_session", args=[other.pk])).status_code == 404
    here.post(reverse("organisation:end_session", args=[other.pk]))

    assert there.get(reverse("organisation:me")).status_code == 302
    assert here.get(reverse("organisation:me")).status_code == 200


def test_a_device_is_noted_once_in_a_while_and_not_at_every_page(people) -> None:
    client = signed_in(people["agent"])
    url = reverse("organisation:notices_badge")

    client.get(url)
    with CaptureQueriesContext(connection) as asked:
        client.get(url)

    assert not [row for row in asked.captured_queries if row["sql"].startswith(("UPDATE", "INSERT"))]
    assert UserSession.objects.get(user=people["agent"]).ip == "127.0.0.1"


def test_a_notice_leads_where_it_says_and_never_off_the_product(people, browser) -> None:
    now = timezone.now()
    rows = [
        Notification.objects.create(
            person=people["agent"], kind="x", title="T", url=url, dedupe_key=url, created_at=now
        )
        for url in ("/organisation/people/", "https://evil.example/")
    ]

    went = [browser["agent"].post(reverse("organisation:read_notice", args=[row.pk]))["Location"] for row in rows]

    assert went == ["/organisation/people/", reverse("organisation:notices")]
    assert browser["other"].post(reverse("organisation:read_notice", args=[rows[0].pk])).status_code == 404
    assert "rail-b" not in browser["agent"].get(reverse("organisation:notices_badge")).content.decode()


def test_an_address_that_is_taken_leaves_the_form_as_it_was_typed(group, browser, people) -> None:
    person_in(group.verona, email="giulia.ferri@example.it")
    typed = {"first_name": "Giulia", "last_name": "Ferri", "email": "giulia.ferri@example.it", "language": "it"}
    where = {"unit": group.brescia.pk, "role": Role.AGENT, "since": "2026-03-10"}

    answer = browser["admin"].post("/organisation/people/add/", typed | where)

    assert answer.status_code == 422
    assert 'value="Giulia"' in answer.content.decode()
    assert Person.objects.filter(email="giulia.ferri@example.it").count() == 1
