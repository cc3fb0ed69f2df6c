"""Templates: which text applies, with which values, and how they are edited and shipped."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path

import yaml
from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from corsia.cases.models import Case
from corsia.customers.models import Customer
from corsia.kernel.access import demand
from corsia.kernel.actors import Actor
from corsia.kernel.audit import audit
from corsia.kernel.errors import Invalid, NotFound, Refused
from corsia.messaging.models import Template, TemplateText
from corsia.messaging.permissions import MANAGE_TEMPLATES
from corsia.messaging.rules import templates as rules
from corsia.messaging.rules.templates import Unusable
from corsia.messaging.vocabulary import SentReason
from corsia.organisation.models import Unit
from corsia.organisation.queries import tree
from corsia.vehicles.models import Vehicle

SHIPPED = Path(__file__).resolve().parent.parent / "shipped"

# The only keys that exist, with what stands for them in a preview.
KEYS: Mapping[str, str] = {
    "customer_name": "Giulia Ferrari",
    "case_number": "1042",
    "case_subject": "Tagliando e spia motore",
    "unit_name": "Brescia, assistenza clienti",
    "group_name": "Gruppo Bellandi",
    "unit_phone": "030 000 0000",
    "unit_email": "assistenza@example.it",
    "agent_name": "Laura Pedretti",
    "vehicle": "Fiat Panda",
    "plate": "GA123BC",
    "survey_link": "https://example.it/s/…",
    "survey_question": "4",
    "milestone_number": "V-2026-118",
    "milestone_detail": "in arrivo",
    "milestone_day": "12/05/2026",
    "visit_link": "https://example.it/…",
    "estimate_link": "https://example.it/…",
    "car_link": "https://example.it/…",
    "confirm_link": "https://example.it/…",
    "session_title": "La Sua auto e noi",
    "session_when": "12/05/2026, 18:00",
    "session_place": "Sala riunioni, Brescia",
}


class MissingValue(Refused):
    code = "messaging.missing_value"
    message = _(
        "The text “%(template)s” needs “%(key)s”, which this case does not have. "
        "Fill it in on the case, or send another text."
    )


class TemplateUnknown(Refused):
    code = "messaging.template_unknown"
    message = _("There is no active text “%(template)s” for this unit. Add it under Texts, or choose another one.")


class TemplateInvalid(Invalid):
    code = "messaging.template_invalid"
    message = _("“{{%(key)s}}” is not a key that can be used here. Choose one of the keys beside the text.")


class TemplateTooLong(Invalid):
    code = "messaging.template_too_long"
    message = _("The text is longer than 64 KB. Shorten it, then save again.")


class ShippedTextBroken(ValueError):
    """A text that ships with the product is wrong: says in which file and where."""


@dataclass(frozen=True, kw_only=True)
class Rendered:
    """A text in one language, with or without its keys replaced."""

    key: str
    language: str
    subject: str
    body: str


# One statement without models: it is on the way of every new case.
_WORDING = """
    SELECT p.key, t.language, t.subject, t.body FROM messaging_templatetext t
    JOIN messaging_template p ON p.id = t.template_id JOIN organisation_unit u ON u.id = p.unit_id
    WHERE p.key = %s AND p.is_active AND p.unit_id = ANY(%s)
    ORDER BY length(u.path) DESC, t.language = %s DESC, t.language = 'it' DESC LIMIT 1
"""


def template_for(*, unit_id: int, key: str, language: str) -> Rendered | None:
    """Return what `wording` does, for the id of a unit."""
    return wording(tree().unit(unit_id), key, language)


def wording(unit: Unit, key: str, language: str) -> Rendered | None:
    """Return the text that applies in a unit, its keys not yet replaced: of the nearest unit upwards that has one, in
    the language or else in Italian."""
    with connection.cursor() as cursor:
        cursor.execute(_WORDING, [key, [*unit.ancestor_ids, unit.pk], language])
        row = cursor.fetchone()
    return Rendered(key=row[0], language=row[1], subject=row[2], body=row[3]) if row else None


def values_of(
    case: Case, *, unit: Unit, group: Unit, agent_name: str = "", extra: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Return the value of each key for a case; what the case does not have is empty, and refused if a text needs it."""
    return values_about(
        customer=case.customer if case.customer_id else None,
        vehicle=case.vehicle if case.vehicle_id else None,
        language=case.language,
        unit=unit,
        group=group,
        extra={
            "case_number": str(case.pk),
            "case_subject": case.subject,
            "agent_name": agent_name,
            **(extra or {}),
        },
    )


def values_about(
    *,
    customer: Customer | None,
    vehicle: Vehicle | None,
    language: str,
    unit: Unit,
    group: Unit,
    extra: Mapping[str, str],
) -> dict[str, str]:
    """Return the value of each key for a customer who is written to, about a case or not."""
    return dict.fromkeys(KEYS, "") | {
        "customer_name": _called(customer, language),
        "unit_name": unit.name,
        "group_name": group.name,
        "unit_phone": unit.phone or group.phone,
        "unit_email": unit.email or group.email,
        "vehicle": " ".join(filter(None, [getattr(vehicle, "make", ""), getattr(vehicle, "model", "")])),
        "plate": getattr(vehicle, "plate", "") or "",
        **{key: value for key, value in extra.items() if key in KEYS},
    }


def _called(customer: Customer | None, language: str) -> str:
    """Return how to address the customer; somebody known only by an address is not greeted by it."""
    name = customer.display_name if customer else ""
    return ("customer" if language == "en" else "cliente") if "@" in name else name


def render_text(text: Rendered, values: Mapping[str, str]) -> Rendered:
    """Return a text with its keys replaced.

    Raises:
        MissingValue: the case lacks something that the text needs; nothing may be sent.
    """
    try:
        return Rendered(
            key=text.key,
            language=text.language,
            subject=rules.render_line(text.subject, values),
            body=rules.render(text.body, values),
        )
    except Unusable as error:
        if error.problem.kind == "too_long":
            raise TemplateTooLong from None
        raise MissingValue(template=text.key, key=error.problem.key) from None


def check_text(text: str) -> None:
    """Raise TemplateInvalid or TemplateTooLong when a text cannot be stored."""
    for problem in rules.problems_of(text, allowed=frozenset(KEYS)):
        if problem.kind == "too_long":
            raise TemplateTooLong
        raise TemplateInvalid(key=problem.key)


@dataclass(frozen=True, kw_only=True)
class Wording:
    """Subject and body of one language."""

    subject: str
    body: str


@transaction.atomic
def save_template(
    *,
    unit_id: int,
    key: str,
    name_it: str,
    name_en: str,
    reason: str,
    is_active: bool,
    wordings: Mapping[str, Wording],
    by: Actor,
    now: datetime,
) -> Template:
    """Add or change the template of a unit. A language with an empty body is left out.

    Raises:
        TemplateInvalid, TemplateTooLong: the text cannot be used.
    """
    demand(by, MANAGE_TEMPLATES, unit_id)
    for text in wordings.values():
        check_text(text.subject)
        check_text(text.body)
    template, is_new = Template.unscoped.update_or_create(
        unit_id=unit_id,
        key=key,
        defaults={"name_it": name_it, "name_en": name_en, "reason": reason, "is_active": is_active},
    )
    for language, text in wordings.items():
        if text.body.strip():
            TemplateText.unscoped.update_or_create(
                template=template, language=language, defaults={"subject": text.subject, "body": text.body}
            )
        else:
            TemplateText.unscoped.filter(template=template, language=language).delete()
    audit(template, "added" if is_new else "changed", by=by, now=now, key=key)
    return template


@transaction.atomic
def install_templates(*, unit_id: int, by: Actor, now: datetime) -> list[str]:
    """Give a unit the texts that ship with the product. Those it has already stay as they are.

    Returns:
        The keys that were added.
    """
    demand(by, MANAGE_TEMPLATES, unit_id)
    present = set(Template.unscoped.filter(unit_id=unit_id).values_list("key", flat=True))
    missing = [shipped for shipped in shipped_templates() if shipped.key not in present]
    templates = Template.unscoped.bulk_create(
        Template(unit_id=unit_id, key=one.key, name_it=one.name_it, name_en=one.name_en, reason=one.reason)
        for one in missing
    )
    TemplateText.unscoped.bulk_create(
        TemplateText(template=template, language=language, subject=text.subject, body=text.body)
        for template, shipped in zip(templates, missing, strict=True)
        for language, text in shipped.wordings.items()
    )
    for template in templates:
        audit(template, "added", by=by, now=now, key=template.key)
    return [template.key for template in templates]


@dataclass(frozen=True, kw_only=True)
class Follows:
    """The event that a text of the package is for, how long after it the text goes, and the short text for a mobile."""

    occasion: str
    after_minutes: int
    not_older_than_days: int
    at_hour: int | None = None
    sms: str = ""


@dataclass(frozen=True, kw_only=True)
class Shipped:
    """A text of the package; those that follow an event ship with the rule that sends them."""

    key: str
    name_it: str
    name_en: str
    reason: str
    wordings: Mapping[str, Wording]
    follows: Follows | None


@cache
def shipped_templates() -> tuple[Shipped, ...]:
    """Return the texts of the package, checked; the files are part of it and read once.

    Raises:
        ShippedTextBroken: a file lacks something or uses a key that does not exist.
    """
    return tuple(_shipped(path) for path in sorted(SHIPPED.glob("*.yaml")))


def _shipped(path: Path) -> Shipped:
    data = yaml.safe_load(path.read_text(encoding="utf-8"))
    try:
        shipped = Shipped(
            key=data["key"],
            name_it=data["name"]["it"],
            name_en=data["name"]["en"],
            reason=SentReason(data["reason"]).value,
            wordings={
                language: Wording(subject=data[language]["subject"], body=data[language]["body"])
                for language in ("it", "en")
            },
            follows=Follows(**data["follows"]) if "follows" in data else None,
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ShippedTextBroken(f"{path.name}: {error!r} is missing or wrong.") from error
    for language, text in shipped.wordings.items():
        for problem in rules.problems_of(text.subject + text.body, allowed=frozenset(KEYS)):
            raise ShippedTextBroken(f"{path.name}, {language}: {problem.kind} {problem.key}")
    return shipped


def render_for_case(*, case_id: int, key: str, by: Actor) -> Rendered:
    """Return a text filled in for a case, for the composer.

    Raises:
        TemplateUnknown, MissingValue: there is no such text, or the case lacks a value it needs.
    """
    case = Case.objects.select_related("customer", "vehicle").filter(pk=case_id).first()
    if case is None:
        raise NotFound(kind="cases.Case")
    organisation = tree()
    unit, group = organisation.unit(case.unit_id), organisation.group(case.unit_id)
    text = wording(unit, key, case.language)
    if text is None:
        raise TemplateUnknown(template=key)
    return render_text(text, values_of(case, unit=unit, group=group, agent_name=by.name))
