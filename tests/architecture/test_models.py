"""What import-linter cannot see in the tables: references point down, every business table is scoped."""

from django.apps import apps
from django.db import models

from corsia.kernel.scope import ScopedModel
from corsia.organisation.models import Unit

FLOORS = [
    {"config"},
    {"portal", "email", "whatsapp", "sms", "telegram", "meta", "telephony", "dms"},
    {"analytics"},
    {"conversations", "listening", "privacy", "improvement", "workshop"},
    {"messaging"},
    {"cases"},
    {"customers"},
    {"vehicles", "knowledge"},
    {"organisation"},
    {"ui"},
    {"kernel"},
]
FLOOR = {label: len(FLOORS) - height for height, labels in enumerate(FLOORS) for label in labels}

# Tables that belong to no unit, each with its reason.
UNSCOPED = {
    "kernel": "the kernel knows no units; its pages are the administrator's",
    "organisation": "the tree, its people and calendars are what a scope is made of",
    "messaging.inbound": "belongs to no unit until it was read; the quarantine is the administrator's",
    "messaging.automaticsend": "one row per address, whoever wrote to it",
    "conversations.viewing": "ephemeral, reached only through a scoped case",
    "listening.integrityrun": "one row a night for the whole installation, counts only",
    "knowledge.seentoday": "hashes of a day, whose meaning is gone with it",
    "analytics": "counts of what changed for the whole installation; its figures are bound in queries/binding.py",
    "privacy.retentionrun": "one row a night for the whole installation, counts only",
    "customers.searchword": "reached only through the scoped search, which repeats the unit",
    "customers.searchkey": "reached only through the scoped search, which repeats the unit",
    "customers.typokey": "reached only through the scoped search, which repeats the unit",
}


def our_models() -> list[type[models.Model]]:
    return [model for model in apps.get_models() if model.__module__.startswith("corsia.")]


def test_foreign_keys_point_down_or_stay() -> None:
    upward = [
        f"{model._meta.label} -> {field.related_model._meta.label}"
        for model in our_models()
        for field in model._meta.get_fields()
        if isinstance(field, models.ForeignKey)
        and field.related_model._meta.app_label in FLOOR
        and (
            FLOOR[field.related_model._meta.app_label] > FLOOR[model._meta.app_label]
            or (
                FLOOR[field.related_model._meta.app_label] == FLOOR[model._meta.app_label]
                and field.related_model._meta.app_label != model._meta.app_label
            )
        )
    ]

    assert upward == []


def test_every_business_table_is_scoped_or_says_why_not() -> None:
    bare = [
        model._meta.label_lower
        for model in our_models()
        if not issubclass(model, ScopedModel)
        and model._meta.app_label not in UNSCOPED
        and model._meta.label_lower not in UNSCOPED
    ]

    assert bare == []


def test_the_scope_of_every_table_ends_at_a_unit() -> None:
    lost = []
    for model in our_models():
        if not issubclass(model, ScopedModel):
            continue
        here: type[models.Model] = model
        *steps, last = model.unit_path.split("__")
        for step in steps:
            here = here._meta.get_field(step).related_model  # type: ignore[assignment]
        ends = {
            field.attname
            for field in here._meta.concrete_fields
            if field.related_model is Unit or field.attname == "unit_id"
        }
        if last not in ends:
            lost.append(model._meta.label)

    assert lost == []


def test_table_prefix_is_the_context() -> None:
    strangers = [
        model._meta.db_table
        for model in our_models()
        if not model._meta.db_table.startswith(f"{model._meta.app_label}_")
    ]

    assert strangers == []


def test_no_model_orders_itself_and_none_overrides_save() -> None:
    assert [model._meta.label for model in our_models() if model._meta.ordering] == []
    assert [model._meta.label for model in our_models() if "save" in vars(model) or "delete" in vars(model)] == []
