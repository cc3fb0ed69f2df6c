"""The pages about contacting customers: who may open them, what they say, how many statements they take."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from corsia.customers.services import opt_out, record_consent
from corsia.kernel import scope
from corsia.kernel.models import AuditEntry
from corsia.messaging.models import ContactRules, HeldBack
from corsia.messaging.queries.contact_page import contact_state
from corsia.messaging.rules.contact_rules import DEFAULTS
from corsia.messaging.services import hold_back, may_contact, note_contact
from corsia.messaging.vocabulary import Objection
from corsia.organisation.vocabulary import Role
from tests.conftest import NOON
from tests.factories.customers import ROBOT, person
from tests.factories.organisation import actor_in, person_in, signed_in

ROME = ZoneInfo("Europe/Rome")
FORM = {
    "days": "30", "total": "20", "kept_for_service": "14", "surveys": "3", "marketing": "4", "manufacturer": "3",
    "patience_days": "3", "answer_minutes": "120", "weekday_from": "09:00", "weekday_until": "20:00",
    "saturday_from": "10:00", "saturday_until": "19:00", "sunday_from": "", "sunday_until": "",
    "holidays_are_quiet": "on",
}  # fmt: skip
SUNDAYS = {"sunday_from": "10:00", "sunday_until": "00:00"}


@pytest.fixture
def giulia(group):
    return person(group.root, "Giulia Ferri")


def held(unit, customer, *, key: str, reason=Objection.BUDGET, at=NOON, **fields) -> int:
    with scope.system("test"):
        return hold_back(
            customer_id=customer.pk, unit_id=unit.pk, channel="email", purpose="survey", reason=reason, key=key, now=at,
            **fields,
        )  # fmt: skip


def boss_of(unit) -> Client:
    return signed_in(person_in(unit, Role.BRANCH_MANAGER))


def test_access_to_every_page(group, giulia) -> None:
    unit = f"/messaging/contact/units/{group.brescia.pk}/"
    doors = [
        ("get", "/messaging/held-back/", {}),
        ("get", "/messaging/contact/", {}),
        ("get", unit, {}),
        ("post", f"{unit}preview/", FORM),
        ("post", f"{unit}remove/", {}),
        ("get", f"/messaging/contact/customers/{giulia.pk}/", {}),
    ]

    def seen(client):
        return [getattr(client, verb)(url, data).status_code for verb, url, data in doors]

    assert set(seen(Client())) == {302}
    assert seen(signed_in(person_in(group.brescia, Role.MECHANIC))) == [403, 403, 403, 403, 403, 200]
    assert seen(boss_of(group.verona)) == [200, 200, 403, 403, 403, 200]
    assert seen(boss_of(group.brescia)) == [200, 200, 200, 200, 302, 200]


def test_rules_are_saved_audited_and_taken_back(group) -> None:
    boss, url = boss_of(group.brescia), f"/messaging/contact/units/{group.brescia.pk}/"

    assert "Salvando, l'unità" in boss.get(url).content.decode()
    assert boss.post(url, {**FORM, "marketing": "1", **SUNDAYS}).status_code == 302
    row = ContactRules.unscoped.get()
    assert (row.unit_id, row.marketing, row.sunday_from, row.sunday_until) == (group.brescia.pk, 1, time(10), time(0))
    entry = AuditEntry.objects.get(verb="contact_rules_saved")
    assert entry.data["new"]["marketing"] == 1

    assert boss.post(url, {**FORM, "marketing": "2", **SUNDAYS}).status_code == 302
    entry = AuditEntry.objects.filter(verb="contact_rules_saved").latest("pk")
    assert (entry.data["old"], entry.data["new"]) == ({"marketing": 1}, {"marketing": 2})
    boss.post(f"{url}remove/")
    assert not ContactRules.unscoped.exists()


@pytest.mark.parametrize(
    "wrong",
    [
        {"kept_for_service": "21"},
        {"kept_for_service": "0"},
        {"weekday_until": "08:00"},
        {"saturday_until": ""},
        {"sunday_until": "12:00"},
        {"days": "91"},
        {"total": ""},
        {"weekday_from": "later"},
    ],
)
def test_rules_that_contradict_themselves_are_refused_and_keep_what_was_typed(group, wrong) -> None:
    boss, url = boss_of(group.brescia), f"/messaging/contact/units/{group.brescia.pk}/"

    page = boss.post(url, {**FORM, "marketing": "77", **wrong})

    assert page.status_code == 422
    assert 'value="77"' in page.content.decode()
    assert not ContactRules.unscoped.exists()
    assert "err" in boss.post(f"{url}preview/", {**FORM, **wrong}).content.decode()


def test_the_preview_tells_when_a_customer_could_be_written_to_and_saves_nothing(group) -> None:
    boss = signed_in(person_in(group.brescia, Role.BRANCH_MANAGER, language="en"))
    tried = {"try-on": "2026-03-14", "try-at": "21:15", "try-channel": "sms", "try-purpose": "service", "try-had": "0"}
    tried |= {"sunday_from": "15:00", "sunday_until": "16:00"}

    text = boss.post(
        f"/messaging/contact/units/{group.brescia.pk}/preview/", FORM | tried
    ).content.decode()  # fmt: skip

    assert "The situation you entered" in text
    assert "Sun 15 Mar, 15:00" in text
    assert not ContactRules.unscoped.exists()


def test_a_branch_is_told_that_its_group_is_stricter(group) -> None:
    fields = {name: getattr(DEFAULTS, name) for name in DEFAULTS.__dataclass_fields__}
    ContactRules.unscoped.create(unit=group.root, **{**fields, "total": 15})
    boss = signed_in(person_in(group.brescia, Role.BRANCH_MANAGER, language="en"))

    text = boss.post(f"/messaging/contact/units/{group.brescia.pk}/preview/", FORM).content.decode()

    assert "Gruppo Bellandi allows fewer contacts" in text


def test_managers_see_what_their_own_units_held_back_and_filter_it(group, giulia) -> None:
    mario = person(group.root, "Mario Rossi")
    first = held(group.brescia_care, giulia, key="a", reason=Objection.NO_CONSENT)
    second = held(group.brescia, mario, key="b", is_final=False, not_before=NOON + timedelta(days=2))
    held(group.verona, giulia, key="c")
    boss = boss_of(group.brescia)

    def listed(**query):
        return [one.row.pk for one in boss.get("/messaging/held-back/", query).context["page"].rows]

    assert listed() == [second, first]
    assert listed(reason="no_consent") == [first]
    assert listed(state="later") == [second]
    assert listed(state="held") == [first]
    assert listed(purpose="marketing") == []
    assert listed(branch=group.brescia.pk) == [second, first]
    assert listed(branch=group.verona.pk) == [second, first]  # not theirs: as if nothing were chosen
    assert listed(days="7") == []  # long ago by the real clock
    assert listed(before=second) == [first]
    assert listed(reason="'; --", state="x", days="-1", before="9" * 40) == [second, first]


def test_the_customer_s_panel_agrees_with_the_gate(group, giulia) -> None:
    """What the page says about each purpose and channel is what a sender is told."""
    night = datetime(2026, 3, 10, 22, 0, tzinfo=ROME)
    with scope.system("test"):
        record_consent(customer_id=giulia.pk, purpose="marketing", is_given=True, source="carta", by=ROBOT, now=NOON)
        opt_out(channel="whatsapp", customer_id=giulia.pk, source="WhatsApp", now=NOON)
        for n in range(4):
            note_contact(
                customer_id=giulia.pk, unit_id=group.verona.pk, channel="post", purpose="marketing",
                key=f"k{n}", now=NOON - timedelta(days=29 - n),
            )  # fmt: skip
        for now in (NOON, night):
            state = contact_state([giulia.pk], now=now)
            said = {(line.purpose, way.channel): way.verdict for line in state.lines for way in line.ways}
            asked = {
                (purpose, channel): may_contact(customer_id=giulia.pk, channel=channel, purpose=purpose, now=now)
                for purpose, channel in said
            }
            assert said == asked
    assert said["service", "sms"].not_before == datetime(2026, 3, 11, 9, 0, tzinfo=ROME)
    assert said["service", "whatsapp"].reason == Objection.OPTED_OUT
    assert said["marketing", "email"].reason == Objection.BUDGET
    assert said["survey", "email"].not_before is None


def test_the_panel_shows_what_was_held_back_in_the_reader_s_units_only(group, giulia) -> None:
    held(group.brescia_care, giulia, key="a", reason=Objection.BOUNCING, at=datetime.now(tz=UTC))
    held(group.verona_care, giulia, key="b", reason=Objection.IN_DISPUTE, at=datetime.now(tz=UTC))
    agent = signed_in(person_in(group.brescia_care, language="en"))

    text = agent.get(f"/messaging/contact/customers/{giulia.pk}/").content.decode()

    assert "Mail to this address comes back." in text
    assert "in dispute" not in text


def test_statements_do_not_grow_with_rows(group, giulia) -> None:
    actor_in(group.brescia)
    boss = boss_of(group.brescia)
    urls = ("/messaging/held-back/", f"/messaging/contact/customers/{giulia.pk}/", "/messaging/contact/")

    def counts():
        found = []
        for url in urls:
            with CaptureQueriesContext(connection) as taken:
                assert boss.get(url).status_code == 200
            found.append(len(taken))
        return found

    held(group.brescia, giulia, key="1")
    counts()
    one = counts()
    for n in range(3):
        held(group.brescia, person(group.root, f"Mario {n}"), key=f"k{n}")
        held(group.brescia, giulia, key=f"g{n}")
        with scope.system("test"):
            note_contact(
                customer_id=giulia.pk, unit_id=group.verona.pk, channel="post", purpose="marketing",
                key=f"n{n}", now=NOON,
            )  # fmt: skip
    assert counts() == one
    assert HeldBack.unscoped.count() == 7
