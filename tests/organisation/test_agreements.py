"""Agreements with the staff: who records and ends them, where and how long they hold."""

from datetime import UTC, date, datetime

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from corsia.kernel import scope
from corsia.kernel.access import scope_of
from corsia.kernel.errors import NotAllowed
from corsia.kernel.models import AuditEntry
from corsia.organisation.models import StaffAgreement
from corsia.organisation.queries.agreements import last_day, units_under_agreement
from corsia.organisation.services import end_agreement, record_agreement
from corsia.organisation.services.agreements import AgreementOver, EndsBeforeItBegins, NotAPdf
from corsia.organisation.vocabulary import Role
from tests.factories.agreements import an_agreement
from tests.factories.organisation import actor_in, person_in, signed_in

NOON = datetime(2026, 3, 10, 11, 0, tzinfo=UTC)
TODAY = NOON.date()


def values(unit, **fields) -> dict:
    return {
        "unit_id": unit.pk,
        "signed_on": date(2026, 2, 20),
        "signed_with": "RSU Gruppo Bellandi",
        "covers": "Tempi di risposta per persona, visti dal responsabile",
        "starts_on": date(2026, 3, 1),
        "last_on": date(2026, 12, 31),
        "file_name": "accordo.pdf",
        "content": b"%PDF-1.7 ...",
        "now": NOON,
        **fields,
    }


def test_an_agreement_holds_from_its_first_to_its_last_day_for_its_unit_and_below(group) -> None:
    boss = actor_in(group.root, Role.ADMINISTRATOR)
    with scope.entered(scope_of(boss, None)):
        agreement = record_agreement(**values(group.brescia), by=boss)

    brescia = {group.brescia.pk, group.brescia_care.pk}
    assert units_under_agreement(today=date(2026, 2, 28)) == frozenset()
    assert units_under_agreement(today=date(2026, 3, 1)) == brescia
    assert units_under_agreement(today=date(2026, 12, 31)) == brescia
    assert units_under_agreement(today=date(2027, 1, 1)) == frozenset()
    assert last_day(agreement) == date(2026, 12, 31)
    assert AuditEntry.objects.get(object_kind="organisation.staffagreement").verb == "recorded"


@pytest.mark.parametrize(
    ("fields", "refusal"),
    [
        ({"content": b"MZ..."}, NotAPdf),
        ({"content": b"%PDF-" + b"0" * (20 * 1024 * 1024)}, NotAPdf),
        ({"last_on": date(2026, 2, 28)}, EndsBeforeItBegins),
    ],
)
def test_what_is_no_signed_agreement_is_refused(group, fields: dict, refusal: type[Exception]) -> None:
    boss = actor_in(group.root, Role.ADMINISTRATOR)

    with scope.entered(scope_of(boss, None)), pytest.raises(refusal):
        record_agreement(**values(group.brescia, **fields), by=boss)

    assert not StaffAgreement.unscoped.exists()


def test_only_an_administrator_of_the_unit_records_one(group) -> None:
    for actor in (actor_in(group.root, Role.CARE_MANAGER), actor_in(group.verona, Role.ADMINISTRATOR)):
        with scope.entered(scope_of(actor, None)), pytest.raises(NotAllowed):
            record_agreement(**values(group.brescia), by=actor)


def test_an_ended_agreement_holds_no_longer_today_and_is_not_ended_twice(group) -> None:
    boss = actor_in(group.root, Role.ADMINISTRATOR)
    agreement = an_agreement(group.root)
    with scope.entered(scope_of(boss, None)):
        end_agreement(agreement_id=agreement.pk, today=TODAY, by=boss, now=NOON)

        with pytest.raises(AgreementOver):
            end_agreement(agreement_id=agreement.pk, today=TODAY, by=boss, now=NOON)

    assert units_under_agreement(today=TODAY) == frozenset()
    assert units_under_agreement(today=date(2026, 3, 9)) != frozenset()


def test_one_that_has_not_begun_never_will_once_it_is_ended(group) -> None:
    boss = actor_in(group.root, Role.ADMINISTRATOR)
    agreement = an_agreement(group.root, starts_on=date(2026, 6, 1))
    with scope.entered(scope_of(boss, None)):
        end_agreement(agreement_id=agreement.pk, today=TODAY, by=boss, now=NOON)

    assert units_under_agreement(today=date(2026, 6, 1)) == frozenset()


def test_an_administrator_records_one_on_the_page_and_everybody_reads_it(group) -> None:
    boss, agent = person_in(group.root, Role.ADMINISTRATOR), person_in(group.brescia_care)
    form = {
        "to": group.brescia.pk,
        "signed_on": "2026-02-20",
        "signed_with": "RSU",
        "covers": "Tempi di risposta",
        "starts_on": "2026-03-01",
        "last_on": "",
        "file": SimpleUploadedFile("accordo.pdf", b"%PDF-1.7 signed", content_type="application/pdf"),
    }
    sent = signed_in(boss).post(reverse("organisation:add_agreement"), form)
    agreement = StaffAgreement.unscoped.get()

    page = signed_in(agent).get(reverse("organisation:agreements"))
    document = signed_in(agent).get(reverse("organisation:agreement_file", args=[agreement.pk]))

    assert sent.status_code == 302
    assert "Tempi di risposta" in page.content.decode()
    assert reverse("organisation:end_agreement", args=[agreement.pk]) not in page.content.decode()
    assert document.content == b"%PDF-1.7 signed"
    assert document.headers["Content-Disposition"] == 'attachment; filename="accordo.pdf"'


def test_what_was_typed_stays_when_the_file_is_no_pdf(group) -> None:
    boss = person_in(group.root, Role.ADMINISTRATOR)
    form = {"to": group.brescia.pk, "signed_on": "2026-02-20", "signed_with": "RSU Bellandi"}

    answer = signed_in(boss).post(reverse("organisation:add_agreement"), form)

    assert answer.status_code == 422
    assert "RSU Bellandi" in answer.content.decode()
