"""Every field is classed; a gap has a sentence."""

from django.apps import apps
from django.db import models

from corsia.customers.models import Customer
from corsia.events.messaging import MessageReceived
from corsia.kernel import privacy
from corsia.kernel.checks import every_field_has_a_privacy_class
from corsia.kernel.privacy import NOT_PERSONAL, Class, Erase, Kind, Table, unclassed


def test_nothing_is_unclassed() -> None:
    assert every_field_has_a_privacy_class() == []


def test_a_table_a_field_and_a_fact_without_a_class_are_named(monkeypatch) -> None:
    table = privacy.TABLES["customers.customer"]
    fields = {name: one for name, one in table.fields.items() if name != "tax_code"}
    monkeypatch.setitem(
        privacy.TABLES, "customers.customer", Table(model=table.model, title="", fields=fields, rows=table.rows)
    )
    monkeypatch.delitem(privacy.FACTS, MessageReceived)
    monkeypatch.delitem(privacy.TABLES, "cases.case")
    case = apps.get_model("cases.Case")

    assert list(unclassed([Customer, case], [MessageReceived])) == [
        "customers.Customer.tax_code has no class.",
        "cases.Case has no class: declare it in its context's privacy.py.",
        "MessageReceived.channel has no class.",
        "MessageReceived.preview has no class.",
    ]


def complaints(monkeypatch, name: str, one: Class) -> list[str]:
    table = privacy.TABLES["customers.customer"]
    changed = Table(model=table.model, title="", fields={**table.fields, name: one}, rows=table.rows)
    monkeypatch.setitem(privacy.TABLES, "customers.customer", changed)
    return list(unclassed([Customer], []))


def test_a_class_that_contradicts_itself_is_named(monkeypatch) -> None:
    purpose, kept = privacy.TABLES["customers.customer"].fields["note"].purpose, None
    kept = privacy.TABLES["customers.customer"].fields["note"].kept
    base = {"purpose": purpose, "kept": kept}

    assert complaints(monkeypatch, "note", Class(kind=Kind.CONTENT, erase=Erase.BLANK)) == [
        "customers.Customer.note is personal and says no purpose or no term."
    ]
    assert complaints(monkeypatch, "note", Class(kind=Kind.CONTENT, erase=Erase.KEEP, **base)) == [
        "customers.Customer.note is kept by erasure without a reason."
    ]
    assert complaints(monkeypatch, "created_at", Class(kind=Kind.TECHNICAL, erase=Erase.BLANK, **base))[-1] == (
        "customers.Customer.created_at cannot be empty: choose another way to erase it."
    )


def test_not_personal_says_nothing_else() -> None:
    assert NOT_PERSONAL.purpose is None
    assert NOT_PERSONAL.erase is Erase.KEEP
    assert [
        f"{table.model}.{name}"
        for table in privacy.TABLES.values()
        for name, one in table.fields.items()
        if one.kind is Kind.NOT_PERSONAL and isinstance(table.columns.get(name), models.EmailField)
    ] == ["organisation.Unit.email", "messaging.Mailbox.address"]
