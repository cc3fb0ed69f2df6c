"""The audit trail cannot be changed without a trace."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction

from corsia.kernel import audit
from corsia.kernel.actors import system
from corsia.kernel.models import AuditEntry, AuditSeal
from tests.conftest import NOON
from tests.factories.organisation import UnitFactory


def _three_entries() -> None:
    unit = UnitFactory()
    for verb in ("opened", "moved", "closed"):
        audit.audit(unit, verb, by=system("test"), now=NOON, to="Verona")


def test_an_entry_says_who_did_what_to_which_row(db) -> None:
    _three_entries()

    entry = AuditEntry.objects.first()
    assert (entry.actor_name, entry.verb, entry.object_kind, entry.data) == (
        "test",
        "opened",
        "organisation.unit",
        {"to": "Verona"},
    )


def test_the_database_refuses_to_change_or_delete_entries(db) -> None:
    _three_entries()

    for change in (AuditEntry.objects.all().delete, lambda: AuditEntry.objects.update(verb="nothing")):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            change()
    assert AuditEntry.objects.count() == 3


def test_seals_find_an_entry_changed_behind_the_triggers(db) -> None:
    _three_entries()
    later = NOON + timedelta(minutes=2)
    assert audit.seal(now=later) == 3
    assert audit.seal(now=later) == 0
    assert audit.broken_seals() == []

    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL corsia.may_rewrite = 'on'")
        cursor.execute("UPDATE kernel_auditentry SET actor_name = 'somebody else' WHERE verb = 'moved'")

    assert audit.broken_seals() == [AuditSeal.objects.get().pk]


def test_the_head_of_the_chain_is_said_outside_the_database(db, settings, tmp_path) -> None:
    settings.VAR = tmp_path
    audit.export_audit_head.func(timestamp=int(NOON.timestamp()))
    assert not (tmp_path / audit.HEADS).exists()  # nothing was sealed yet
    _three_entries()
    audit.seal(now=NOON + timedelta(minutes=2))

    audit.export_audit_head.func(timestamp=int(NOON.timestamp()))
    audit.export_audit_head.func(timestamp=int(NOON.timestamp()) + 86_400)

    last = AuditSeal.objects.get()
    days = (tmp_path / audit.HEADS).read_text().splitlines()
    assert [line.split()[1:] for line in days] == [[str(last.pk), str(last.last_id), bytes(last.digest).hex()]] * 2
