"""A rule lets a contact follow an event: planned once, visible, cancellable, asked about again, made exactly once."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, time, timedelta
from functools import partial
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from corsia.cases.models import Case, Task
from corsia.customers.models import Customer
from corsia.customers.services import set_flag, state_milestone
from corsia.customers.vocabulary import Flag
from corsia.kernel import scope
from corsia.kernel.errors import NotAllowed
from corsia.kernel.facts import name_of, run_reaction
from corsia.kernel.models import FactRecord
from corsia.messaging.models import EventRule, Outgoing, PlannedContact
from corsia.messaging.occasions import OCCASIONS, register_occasion
from corsia.messaging.queries.planned import preview, rule_rows
from corsia.messaging.reactions import plan_contacts
from corsia.messaging.rules.planned import Delay, Filter, due_at, matches
from corsia.messaging.services import save_template
from corsia.messaging.services.planned import (
    NotWaiting,
    RuleData,
    RuleInvalid,
    cancel_planned,
    make_due_contacts,
    objection_today,
    save_rule,
)
from corsia.messaging.services.texts import Wording
from corsia.messaging.vocabulary import DelayKind, PlannedState
from corsia.organisation.queries import tree
from corsia.organisation.vocabulary import Role
from corsia.organisation.working_time import always_open
from tests.conftest import NOON
from tests.factories.customers import car, gives, person
from tests.factories.messaging import ROBOT, Desk, a_desk
from tests.factories.organisation import actor_in, person_in, signed_in, small_group

ROME = ZoneInfo("Europe/Rome")
DAY = timedelta(days=1)


# When it is due


@given(
    second=st.integers(0, 5 * 366 * 86_400),
    minutes=st.integers(0, 60 * 24 * 60),
    hour=st.none() | st.integers(0, 23),
)
@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_it_is_due_at_the_first_such_hour_after_the_delay(second, minutes, hour) -> None:
    reached = datetime(2024, 1, 1, tzinfo=UTC) + timedelta(seconds=second)
    delay = Delay(kind=DelayKind.ELAPSED, minutes=minutes, send_hour=hour)

    due = due_at(reached, delay, hours=always_open("Europe/Rome"), zone=ROME)

    ready = reached + timedelta(minutes=minutes)
    if hour is None:
        assert due == ready
        return
    days = [ready.astimezone(ROME).date() + timedelta(days=step) for step in (-1, 0, 1, 2)]
    hours = [datetime.combine(day, time(hour), tzinfo=ROME).astimezone(UTC) for day in days]
    assert due.astimezone(UTC) == min(at for at in hours if at >= ready)


def test_working_time_waits_for_the_unit_to_be_open(desk: Desk) -> None:
    friday_evening = datetime(2026, 3, 13, 16, 30, tzinfo=UTC)
    delay = Delay(kind=DelayKind.WORKING, minutes=120, send_hour=None)

    due = due_at(friday_evening, delay, hours=tree().hours(desk.unit.pk), zone=ROME)

    assert due.astimezone(ROME).date() > friday_evening.date()


@pytest.mark.parametrize(
    ("make", "words", "fits"),
    [("", "", True), ("fiat", "", True), ("Audi", "", False), ("", "arrivo O-1", True), ("Fiat", "arrivo O-2", False)],
)
def test_a_filter_asks_for_the_make_and_all_words(make: str, words: str, fits: bool) -> None:
    assert matches(Filter(make=make, words=words), make="Fiat", told=("O-1", "In arrivo")) is fits


def test_an_occasion_is_registered_once() -> None:
    with pytest.raises(ValueError, match="twice"):
        register_occasion(next(iter(OCCASIONS.values())))


# What follows


@pytest.fixture
def desk(group) -> Desk:
    return ready(a_desk(group, now=NOON))


def ready(desk: Desk) -> Desk:
    with scope.system("test"):
        save_template(
            unit_id=desk.group.root.pk, key="delivered", name_it="Consegna", name_en="Delivery", reason="process",
            is_active=True, by=ROBOT, now=NOON,
            wordings={"it": Wording(subject="Auto {{milestone_number}}", body="Consegnata il {{milestone_day}}.")},
        )  # fmt: skip
    return desk


@pytest.fixture
def giulia(desk: Desk, everything) -> Customer:
    return person(desk.group.root, "Giulia Ferri", emails=["giulia@example.com"])


def rule(desk: Desk, *, unit=None, **fields) -> EventRule:
    values = {
        "name": "Dopo la consegna", "occasion": "customers.vehicle_delivered", "follow_up": "message",
        "process_key": "contact", "template_key": "delivered", "delay_minutes": 24 * 60, **fields,
    }  # fmt: skip
    with scope.system("test"):
        return save_rule(
            rule_id=None, unit_id=(unit or desk.group.root).pk, data=RuleData(**values), by=ROBOT, now=NOON
        )


def delivered(desk: Desk, customer: Customer, *, at: datetime = NOON, now: datetime = NOON, **fields) -> None:
    values = {"kind": "vehicle_delivered", "vehicle_id": None, "reference": "V-1", "detail": "", **fields}
    with scope.system("test"):
        state_milestone(unit_id=desk.unit.pk, customer_id=customer.pk, reached_at=at, by=ROBOT, now=now, **values)
    for record in FactRecord.objects.filter(kind="customers.MilestoneReached"):
        run_reaction(fact_id=record.pk, reaction=name_of(plan_contacts), now=now)


def states() -> list[tuple[str, str]]:
    return list(PlannedContact.unscoped.order_by("pk").values_list("state", "why"))


def test_the_event_plans_one_contact_however_often_it_is_told(desk: Desk, giulia) -> None:
    rule(desk)
    for _time in range(2):
        delivered(desk, giulia)

    planned = PlannedContact.objects.get()
    assert (planned.state, planned.send_after, planned.unit_id) == (PlannedState.WAITING, NOON + DAY, desk.unit.pk)
    assert Outgoing.objects.count() == 0


def test_before_its_hour_nothing_is_made_and_then_exactly_once(desk: Desk, giulia) -> None:
    rule(desk)
    delivered(desk, giulia)

    assert make_due_contacts(now=NOON + DAY - timedelta(minutes=1)) == 0
    assert make_due_contacts(now=NOON + DAY) == 1
    assert make_due_contacts(now=NOON + 2 * DAY) == 0

    sent = Outgoing.objects.get()
    assert (sent.to_address, sent.body) == ("giulia@example.com", "Consegnata il 10/03/2026.")
    assert "Auto V-1" in sent.subject
    planned = PlannedContact.objects.get()
    assert planned.state == PlannedState.MADE
    case = Case.objects.get()
    assert (planned.case_id, case.customer_id, case.closed_at) == (case.pk, giulia.pk, NOON + DAY)


def test_a_task_follows_for_the_desk_and_its_case_stays_open(desk: Desk, giulia) -> None:
    rule(desk, follow_up="task", template_key="", task_title="Chiamare dopo la consegna")
    delivered(desk, giulia)

    make_due_contacts(now=NOON + DAY)

    assert Task.objects.get().title == "Chiamare dopo la consegna"
    assert Case.objects.get().closed_at is None
    assert Outgoing.objects.count() == 0


def test_who_may_not_be_written_to_any_more_is_not_and_it_says_why(desk: Desk, giulia) -> None:
    rule(desk)
    delivered(desk, giulia)
    set_flag(customer_id=giulia.pk, flag=Flag.DO_NOT_CONTACT, by=ROBOT, now=NOON)

    make_due_contacts(now=NOON + DAY)

    assert states() == [(PlannedState.HELD, "do_not_contact")]
    assert Case.objects.count() == 0
    assert Outgoing.objects.count() == 0


def test_without_an_address_or_a_value_of_the_text_nothing_is_sent(desk: Desk, giulia) -> None:
    rule(desk)
    silent = person(desk.group.root, "Elena Conti")
    delivered(desk, silent)
    delivered(desk, giulia, reference="")

    make_due_contacts(now=NOON + DAY)

    assert states() == [(PlannedState.HELD, "no_address"), (PlannedState.HELD, "text_unusable: milestone_number")]
    assert Case.objects.count() == 0
    assert Outgoing.objects.count() == 0


def test_a_rule_that_names_what_is_not_there_is_shown_as_broken(desk: Desk, giulia) -> None:
    rule(desk, process_key="nothing")
    rule(desk, template_key="nothing")
    delivered(desk, giulia)

    make_due_contacts(now=NOON + DAY)

    assert [state for state, _why in states()] == [PlannedState.HELD, PlannedState.HELD]
    assert all(why.startswith("rule_broken: ") for _state, why in states())
    assert Case.objects.count() == 0


def test_what_lies_back_too_long_is_followed_by_nothing(desk: Desk, giulia) -> None:
    rule(desk, max_age_days=7)
    delivered(desk, giulia, at=NOON - 8 * DAY)

    assert states() == [(PlannedState.HELD, "too_old")]


def test_a_cancelled_contact_is_not_made(desk: Desk, giulia) -> None:
    rule(desk)
    delivered(desk, giulia)
    planned = PlannedContact.objects.get()

    cancel_planned(planned_id=planned.pk, by=ROBOT, now=NOON)

    assert make_due_contacts(now=NOON + DAY) == 0
    with pytest.raises(NotWaiting):
        cancel_planned(planned_id=planned.pk, by=ROBOT, now=NOON)


@pytest.mark.parametrize("fields", [{"is_active": False}, {"make": "Audi"}, {"words": "noleggio"}])
def test_a_rule_that_is_off_or_about_something_else_plans_nothing(desk: Desk, giulia, fields) -> None:
    vehicle = car(desk.group.root)
    gives(giulia, vehicle)
    rule(desk, **fields)

    delivered(desk, giulia, vehicle_id=vehicle.pk)

    assert states() == []


def test_a_rule_of_a_branch_is_not_about_another_one(desk: Desk, giulia, group) -> None:
    rule(desk, unit=group.verona)
    delivered(desk, giulia)

    assert states() == []


@pytest.mark.parametrize(
    "fields",
    [{"template_key": ""}, {"follow_up": "task", "task_title": " "}, {"occasion": "x"}, {"name": " "},
     {"delay_minutes": 10**9}, {"process_key": ""}],
)  # fmt: skip
def test_a_rule_that_says_too_little_is_refused(desk: Desk, fields) -> None:
    with pytest.raises(RuleInvalid):
        rule(desk, **fields)


def test_only_managers_of_the_unit_write_its_rules(desk: Desk, group, everything) -> None:
    data = RuleData(
        name="x", occasion="customers.vehicle_ready", follow_up="task", process_key="contact", task_title="y"
    )
    for by in (actor_in(desk.unit, Role.AGENT), actor_in(group.verona, Role.BRANCH_MANAGER)):
        with pytest.raises(NotAllowed):
            save_rule(rule_id=None, unit_id=desk.unit.pk, data=data, by=by, now=NOON)


def test_the_preview_tells_what_would_have_happened_and_does_nothing(desk: Desk, giulia) -> None:
    delivered(desk, giulia, at=NOON - 3 * DAY)
    delivered(desk, giulia, at=NOON - 40 * DAY, reference="V-0")
    refused = person(desk.group.root, "Elena Conti", emails=["elena@example.com"])
    set_flag(customer_id=refused.pk, flag=Flag.DO_NOT_CONTACT, by=ROBOT, now=NOON)
    delivered(desk, refused, at=NOON - 2 * DAY, reference="V-2")
    by_mail = RuleData(name="x", occasion="customers.vehicle_delivered", follow_up="message", process_key="contact")

    found = preview(
        occasion="customers.vehicle_delivered", unit_id=desk.unit.pk, filter_=Filter(), now=NOON,
        objection=partial(objection_today, rule=by_mail, now=NOON),
        delay=Delay(kind="elapsed", minutes=24 * 60, send_hour=None),
    )  # fmt: skip

    assert (found.looked_at, found.matching) == (2, 2)
    assert [(row.customer, row.send_at, bool(row.why_not)) for row in found.rows] == [
        ("Elena Conti", NOON - DAY, True),
        ("Giulia Ferri", NOON - 2 * DAY, False),
    ]
    assert states() == []


@pytest.mark.django_db(transaction=True)
def test_four_workers_make_twenty_contacts_once_each() -> None:
    desk = ready(a_desk(small_group(), now=NOON))
    rule(desk)
    for number in range(20):
        delivered(desk, person(desk.group.root, f"Anna {number}", emails=[f"a{number}@example.com"]))

    def work(_number: int) -> int:
        try:
            return make_due_contacts(now=NOON + DAY)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(work, range(4)))

    assert sum(made) == 20
    assert Outgoing.unscoped.count() == 20
    assert set(states()) == {(PlannedState.MADE, "")}


# Pages


BODY = {
    "name": "Consegna", "occasion": "customers.vehicle_delivered", "wait": "1", "wait_unit": "days",
    "delay_kind": "elapsed", "send_hour": "10", "max_age_days": "7", "follow_up": "message",
    "template_key": "delivered", "process_key": "contact", "is_active": "on",
}  # fmt: skip


def test_a_manager_writes_a_rule_looks_at_it_and_changes_it(desk: Desk, giulia) -> None:
    delivered(desk, giulia, at=NOON)
    browser = signed_in(person_in(desk.group.root, Role.CARE_MANAGER))
    body = BODY | {"unit": str(desk.group.root.pk)}

    looked = browser.post("/messaging/events/preview/", body)
    assert looked.status_code == 200
    assert EventRule.objects.count() == 0
    assert browser.post("/messaging/events/new/", body).status_code == 302
    written = EventRule.objects.get()
    assert (written.delay_minutes, written.send_hour) == (24 * 60, 10)
    shown = browser.get(f"/messaging/events/{written.pk}/").content.decode()
    assert 'value="1"' in shown
    assert browser.post(f"/messaging/events/{written.pk}/", body | {"wait": "2"}).status_code == 302
    assert EventRule.objects.get().delay_minutes == 2 * 24 * 60
    assert "Consegna" in browser.get("/messaging/events/").content.decode()


def test_a_form_that_is_refused_keeps_what_was_typed(desk: Desk) -> None:
    browser = signed_in(person_in(desk.group.root, Role.CARE_MANAGER))

    answer = browser.post(
        "/messaging/events/new/", BODY | {"unit": str(desk.group.root.pk), "template_key": "", "words": "noleggio"}
    )

    assert answer.status_code == 422
    assert "noleggio" in answer.content.decode()


def test_planned_contacts_are_listed_by_state_and_cancelled(desk: Desk, giulia) -> None:
    rule(desk)
    delivered(desk, giulia)
    browser = signed_in(person_in(desk.unit, Role.CARE_MANAGER))
    planned = PlannedContact.objects.get()

    assert "Giulia Ferri" in browser.get("/messaging/planned/").content.decode()
    assert browser.post(f"/messaging/planned/{planned.pk}/cancel/").status_code == 302
    assert "Giulia Ferri" not in browser.get("/messaging/planned/").content.decode()
    assert "Giulia Ferri" in browser.get("/messaging/planned/?state=cancelled").content.decode()


def test_another_branch_sees_and_cancels_nothing_of_ours(desk: Desk, giulia, group) -> None:
    rule(desk)
    delivered(desk, giulia)
    browser = signed_in(person_in(group.verona, Role.BRANCH_MANAGER))

    assert "Giulia" not in browser.get("/messaging/planned/").content.decode()
    assert browser.post(f"/messaging/planned/{PlannedContact.objects.get().pk}/cancel/").status_code == 404


@pytest.mark.parametrize("many", [1, 3])
def test_the_list_takes_a_fixed_number_of_statements(desk: Desk, giulia, many, django_assert_num_queries) -> None:
    rule(desk)
    for number in range(many):
        delivered(desk, giulia, reference=f"V-{number}")
    browser = signed_in(person_in(desk.unit, Role.CARE_MANAGER))
    browser.get("/messaging/planned/")

    with django_assert_num_queries(5):
        browser.get("/messaging/planned/")


def test_those_that_wait_stand_in_the_order_in_which_they_are_due_page_by_page(desk: Desk, giulia, monkeypatch) -> None:
    monkeypatch.setattr("corsia.messaging.queries.planned.PAGE", 2)
    rule(desk, delay_minutes=24 * 60)
    for days in (3, 1, 4, 2, 0):
        delivered(desk, giulia, reference=f"V-{days}", at=NOON - timedelta(days=1) + timedelta(hours=days))
    browser = signed_in(person_in(desk.unit, Role.CARE_MANAGER))

    seen, address = [], "/messaging/planned/?state=waiting"
    for _page in range(3):
        page = browser.get(address).content.decode()
        seen += re.findall(r"V-\d", page)
        older = re.search(r"before=(\d+)", page)
        address = f"/messaging/planned/?state=waiting&before={older[1]}" if older else ""
    assert (seen, address) == (["V-0", "V-1", "V-2", "V-3", "V-4"], "")


def test_a_rule_names_the_text_that_its_own_unit_sends(desk: Desk, group) -> None:
    wordings = {"it": Wording(subject="Auto", body="Pronta.")}
    for unit, name in ((group.root, "Del gruppo"), (group.verona, "Di Verona")):
        save_template(
            unit_id=unit.pk, key="own", name_it=name, name_en=name, reason="process", is_active=True,
            wordings=wordings, by=ROBOT, now=NOON,
        )  # fmt: skip
    rule(desk, unit=group.root, name="Uno", template_key="own")
    rule(desk, unit=group.verona, name="Due", template_key="own")
    rule(desk, unit=group.brescia, name="Tre", template_key="own")

    with scope.system("test"):
        assert {(row.rule.name, row.text.name_it) for row in rule_rows()} == {
            ("Uno", "Del gruppo"), ("Due", "Di Verona"), ("Tre", "Del gruppo"),
        }  # fmt: skip
