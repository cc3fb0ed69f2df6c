"""The pages of recoveries: lists looked at first and taken in once, the queue, the panel beside a case, exports."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from corsia.cases.models import Case, Recovery, RecoveryAttempt, RecoveryItem, RecoveryLine, RecoveryList
from corsia.cases.queries.recovery import melting
from corsia.cases.queries.waiting import Temper
from corsia.cases.services import RecoveryDetails, add_cases, confirm_list, end_item, keep_list, start_recovery
from corsia.cases.services.recovery_lists import take_in_lines, take_in_lists
from corsia.cases.vocabulary import LineReason, LineState
from corsia.customers.models import Customer
from corsia.customers.services import add_customer
from corsia.kernel import scope
from corsia.organisation.queries import time_zone_of
from corsia.organisation.vocabulary import Role
from tests.factories.cases import ROBOT, a_case
from tests.factories.organisation import actor_in, person_in, signed_in

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}
DAY = timedelta(days=1)
LIST = (
    "Nome;Cognome;E-mail;Telefono;Targa;Oggetto;Dal;Contatti;Reclamo;Voto\n"
    "Anna;Nuova;anna.nuova@example.it;;;Freni che fischiano;03/01/2026;3;sì;2\n"
    "Elena;Conti;elena.conti@example.it;;;;;;;\n"
    "Elena;Conti;;+39 333 1234567;;;;;;\n"  # the same as before, by her number
    "Senza;Recapito;;;;;;;;\n"
    ";;ignota@example.it;;;;;;;\n"
    "Data;Sbagliata;data@example.it;;;;31/31/2025;;;\n"
    "=cmd|' /C calc'!A0;Formula;;;;;;;;\n"
)


@pytest.fixture
def boss(desk):
    return person_in(desk.group.brescia, Role.CARE_MANAGER)


@pytest.fixture
def browser(boss):
    return signed_in(boss)


@pytest.fixture
def today():
    return timezone.now()


@pytest.fixture
def recovery(desk, today) -> Recovery:
    details = RecoveryDetails(
        name="Dimenticati", process_key="information", max_attempts=2, script_it="Buongiorno {{customer_name}}!"
    )
    with scope.system("test"):
        return start_recovery(unit_id=desk.group.brescia_care.pk, details=details, by=ROBOT, now=today - 3 * DAY)


@pytest.fixture
def elena(desk, today) -> Customer:
    with scope.system("test"):
        return add_customer(
            unit_id=desk.group.root.pk, first_name="Elena", last_name="Conti", emails=["elena.conti@example.it"],
            phones=["3331234567"], by=ROBOT, now=today,
        )  # fmt: skip


def kept(recovery, content: str | bytes, now, name="lista.csv") -> RecoveryList:
    data = content if isinstance(content, bytes) else content.encode()
    return keep_list(recovery_id=recovery.pk, file_name=name, content=data, by=ROBOT, now=now)


def states(row: RecoveryList) -> list[tuple[str, str]]:
    return list(RecoveryLine.objects.filter(list=row).order_by("number").values_list("state", "reason"))


@pytest.mark.usefixtures("everything", "elena")
class TestLists:
    EXPECTED = [
        (LineState.NEW, ""), (LineState.KNOWN_NEW, ""), (LineState.TWICE, ""),
        (LineState.UNREADABLE, LineReason.NO_CONTACT), (LineState.UNREADABLE, LineReason.NO_NAME),
        (LineState.UNREADABLE, LineReason.BAD_DATE), (LineState.UNREADABLE, LineReason.NO_CONTACT),
    ]  # fmt: skip

    def test_a_list_is_looked_at_first_and_nothing_of_it_is_lost(self, recovery, today):
        before = Customer.objects.count(), Case.objects.count()

        first = kept(recovery, LIST, today)

        assert states(first) == self.EXPECTED
        assert RecoveryLine.objects.get(list=first, number=5).text == "Senza;Recapito;;;;;;;;"
        assert (Customer.objects.count(), Case.objects.count()) == before

    def test_taken_in_twice_it_adds_nothing(self, desk, recovery, elena, today):
        first = kept(recovery, LIST, today)
        confirm_list(list_id=first.pk, by=ROBOT, now=today)

        anna = Customer.objects.get(last_name="Nuova")
        item = RecoveryItem.objects.get(case__customer=anna)
        assert (item.unanswered, item.is_complaint, item.last_score) == (3, True, 2)
        assert item.waiting_since.astimezone(time_zone_of(item.unit_id)).strftime("%d/%m/%Y") == "03/01/2026"
        assert item.case.subject == "Freni che fischiano"
        assert item.case.unit_id == desk.group.brescia_care.pk
        assert RecoveryItem.objects.filter(case__customer=elena).count() == 1
        count = RecoveryItem.objects.count()

        second = kept(recovery, LIST.upper().replace(";", ","), today, name="ancora.csv")
        assert {state for state, _reason in states(second)} == {LineState.TWICE, LineState.UNREADABLE}
        confirm_list(list_id=second.pk, by=ROBOT, now=today)
        assert take_in_lists(now=today) == 0
        assert (RecoveryItem.objects.count(), count) == (2, 2)

    def test_a_known_customers_oldest_open_case_goes_first_instead_of_a_new_one(self, desk, recovery, elena, today):
        old, _newer = (a_case(desk.group.brescia_care, now=today - days * DAY, customer=elena) for days in (50, 5))
        first = kept(recovery, LIST, today)
        assert states(first)[1] == (LineState.KNOWN, "")

        confirm_list(list_id=first.pk, by=ROBOT, now=today)

        assert RecoveryItem.objects.get(case__customer=elena).case_id == old.pk

    def test_what_is_killed_halfway_goes_on_without_doing_anything_twice(self, recovery, today):
        first = kept(recovery, LIST, today)
        RecoveryList.objects.filter(pk=first.pk).update(confirmed_at=today)
        assert take_in_lines(list_id=first.pk, most=1, now=today) == 1
        assert RecoveryItem.objects.count() == 1

        assert take_in_lists(now=today) == 1
        assert take_in_lists(now=today) == 0
        assert (RecoveryItem.objects.count(), Customer.objects.filter(last_name="Nuova").count()) == (2, 1)

    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
    def test_any_usual_encoding_and_separator_is_read(self, recovery, today, encoding):
        for separator in (";", ",", "\t"):
            text = separator.join(("Cliente", "Email")) + "\r\n" + separator.join(("Nicolò Però", "n@example.it"))
            row = kept(recovery, text.encode(encoding), today)
            assert states(row) == [(LineState.NEW, "")]
            assert "Nicolò Però" in RecoveryLine.objects.get(list=row).text

    @pytest.mark.parametrize(
        "content",
        [b"", b"\x00\x01\x02", b"PK\x03\x04\x00\x00", b"a;b\n1;2\n", b"\x81\x8d\xff", b"email\n" + b"x@y.it\n" * 5002],
    )
    def test_what_is_no_such_list_is_refused_with_what_to_do(self, browser, recovery, content):
        file = SimpleUploadedFile("lista.csv", content)
        answer = browser.post(reverse("cases:upload_list", args=[recovery.pk]), {"file": file})

        assert answer.status_code == 422
        assert RecoveryList.objects.count() == 0


def test_a_manager_loads_looks_and_takes_in(browser, recovery, elena, today):
    answer = browser.post(
        reverse("cases:upload_list", args=[recovery.pk]), {"file": SimpleUploadedFile("feb.csv", LIST.encode())}
    )
    page = browser.get(answer["Location"]).content.decode()
    assert "Senza" in page
    assert str(LineReason.NO_CONTACT.label) in page
    with scope.system("test"):
        row = RecoveryList.objects.get()

    rest = browser.get(reverse("cases:rest_of_list", args=[row.pk])).content.decode("utf-8-sig")
    assert "'=cmd" in rest  # inert
    assert "Senza;Recapito" in rest
    assert browser.post(reverse("cases:confirm_list", args=[row.pk])).status_code == 302
    assert browser.post(reverse("cases:confirm_list", args=[row.pk])).status_code == 409

    queue = browser.get(reverse("cases:recovery", args=[recovery.pk])).content.decode()
    assert queue.index("Anna Nuova") < queue.index("Elena Conti")
    exported = browser.get(reverse("cases:export_recovery", args=[recovery.pk])).content.decode("utf-8-sig")
    assert "Anna Nuova" in exported
    assert browser.get(reverse("cases:export_recovery", args=[recovery.pk]) + "?form=xlsx").content[:2] == b"PK"


def test_aged_cases_are_counted_first_then_put_in_once(desk, browser, recovery, today):
    with scope.system("test"):
        old = a_case(desk.group.brescia_care, now=today - 40 * DAY, customer=desk.customer)
        a_case(desk.group.brescia_care, now=today - 2 * DAY, customer=desk.customer)
    url = reverse("cases:pick_for_recovery", args=[recovery.pk])
    values = {"unit": recovery.unit_id, "opened_days": 30, "quiet_days": 7, "process": ""}
    assert f"#{old.pk}" in browser.get(url, values).content.decode()

    assert browser.post(url, values).status_code == 302
    assert browser.post(url, values).status_code == 302

    with scope.system("test"):
        assert list(RecoveryItem.objects.values_list("case_id", flat=True)) == [old.pk]


def test_beside_the_case_stand_the_script_the_attempts_and_the_ends(desk, recovery, today):
    agent = signed_in(desk.agent)
    with scope.system("test"):
        case = a_case(desk.group.brescia_care, now=today - 40 * DAY, customer=desk.customer)
        add_cases(recovery_id=recovery.pk, case_ids=[case.pk], tempers={}, by=ROBOT, now=today)
        item = RecoveryItem.objects.get()
    url = reverse("cases:recovery_panel", args=[case.pk])
    assert f'hx-get="{url}"' in agent.get(reverse("cases:case", args=[case.pk])).content.decode()
    assert "Buongiorno Giulia Ferri!" in agent.get(url).content.decode()

    tried = reverse("cases:recovery_attempt", args=[item.pk])
    answer = agent.post(tried, {"way": "phone", "result": "no_answer", "once": "k" * 20}, headers=HTMX)
    again = agent.post(tried, {"way": "phone", "result": "no_answer", "once": "k" * 20}, headers=HTMX)
    ended = reverse("cases:end_recovery_item", args=[item.pk])
    too_early = agent.post(ended, {"outcome": "unreachable"}, headers=HTMX)
    assert (answer.status_code, again.status_code, too_early.status_code) == (200, 200, 409)
    assert agent.post(ended, {"outcome": "recovered"}, headers=HTMX).status_code == 200

    with scope.system("test"):
        item.refresh_from_db()
        assert (item.attempts, item.outcome, RecoveryAttempt.objects.count()) == (1, "recovered", 1)


def test_closing_from_the_page_asks_for_the_outcome_in_place(desk, recovery, today):
    agent = signed_in(desk.agent)
    with scope.system("test"):
        case = a_case(desk.group.brescia_care, now=today - 40 * DAY, customer=desk.customer)
        add_cases(recovery_id=recovery.pk, case_ids=[case.pk], tempers={}, by=ROBOT, now=today)
    url = reverse("cases:close", args=[case.pk])
    asked = agent.post(url, {"end_kind": "solved"}, headers=HTMX)
    assert asked.status_code == 422
    assert "fill_recovery_outcome" in asked.content.decode()

    values = {"end_kind": "solved", "filling": "1", "fill_recovery_outcome": "lost"}
    assert agent.post(url, values, headers=HTMX).status_code == 200
    with scope.system("test"):
        assert RecoveryItem.objects.get().outcome == "lost"


def test_the_queue_melts_day_by_day_and_adds_up(desk, recovery, today, everything):
    cases = [a_case(desk.group.brescia_care, now=today - 40 * DAY, customer=desk.customer) for _ in range(5)]
    ids = [case.pk for case in cases]
    add_cases(recovery_id=recovery.pk, case_ids=ids[:4], tempers={}, by=ROBOT, now=today - 2 * DAY)
    add_cases(recovery_id=recovery.pk, case_ids=ids[4:], tempers={ids[4]: Temper(unanswered=1)}, by=ROBOT, now=today)
    for case_id, outcome, at in ((ids[0], "recovered", today - DAY), (ids[1], "lost", today)):
        item = RecoveryItem.objects.get(case_id=case_id)
        end_item(item_id=item.pk, outcome=outcome, by=ROBOT, now=at)

    days = melting(recovery, zone=time_zone_of(recovery.unit_id), now=today).days

    assert [(day.added, day.recovered, day.lost, day.waiting) for day in days] == [
        (0, 0, 0, 0), (4, 0, 0, 4), (0, 1, 0, 3), (1, 0, 1, 3),
    ]  # fmt: skip


def test_nobody_sees_what_another_person_did(desk, browser, recovery, today):
    colleague = actor_in(desk.group.brescia_care, first_name="Zeno", last_name="Quaglia")
    with scope.system("test"):
        case = a_case(desk.group.brescia_care, now=today - 40 * DAY, customer=desk.customer)
        add_cases(recovery_id=recovery.pk, case_ids=[case.pk], tempers={}, by=ROBOT, now=today)
        end_item(item_id=RecoveryItem.objects.get().pk, outcome="recovered", by=colleague, now=today)

    page = browser.get(reverse("cases:recovery", args=[recovery.pk])).content.decode()

    assert "Quaglia" not in page


def test_more_who_wait_take_no_more_statements(desk, browser, recovery, today):
    def one_more():
        with scope.system("test"):
            case = a_case(desk.group.brescia_care, now=today - 40 * DAY, customer=desk.customer)
            add_cases(recovery_id=recovery.pk, case_ids=[case.pk], tempers={}, by=ROBOT, now=today)

    def statements():
        with CaptureQueriesContext(connection) as captured:
            assert browser.get(reverse("cases:recovery", args=[recovery.pk])).status_code == 200
        return len(captured)

    one_more()
    statements()
    with_one = statements()
    one_more()
    one_more()

    assert statements() == with_one <= 18


def test_a_branch_sees_only_its_own_customers_of_the_groups_recovery(desk, today):
    details = RecoveryDetails(name="Tutti", process_key="information")
    with scope.system("test"):
        of_group = start_recovery(unit_id=desk.group.root.pk, details=details, by=ROBOT, now=today)
        foreign = a_case(desk.group.verona_care, now=today - 40 * DAY, customer=desk.customer, subject="Solo Verona")
        add_cases(recovery_id=of_group.pk, case_ids=[foreign.pk], tempers={}, by=ROBOT, now=today)
        item = RecoveryItem.objects.get()
    agent = signed_in(desk.agent)
    page = agent.get(reverse("cases:recovery", args=[of_group.pk])).content.decode()

    assert "Solo Verona" not in page
    assert agent.post(reverse("cases:end_recovery_item", args=[item.pk]), {"outcome": "lost"}).status_code == 404
    assert agent.get(reverse("cases:recovery_panel", args=[foreign.pk])).status_code == 404
