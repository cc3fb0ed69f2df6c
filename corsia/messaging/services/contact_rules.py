"""Setting how often and when the customers of a unit are contacted."""

from dataclasses import asdict
from datetime import datetime, time
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from corsia.kernel.access import demand
from corsia.kernel.actors import Actor
from corsia.kernel.audit import audit
from corsia.kernel.errors import Invalid
from corsia.messaging.models import ContactRules
from corsia.messaging.permissions import MANAGE_CONTACT_RULES
from corsia.messaging.queries.contact_rules import as_rule_set
from corsia.messaging.rules.contact_rules import RuleSet
from corsia.organisation.queries import unit_of

MIDNIGHT = time(0)


class TooMuchKept(Invalid):
    code = "messaging.too_much_kept"
    message = _("Of %(total)s contacts, %(kept)s cannot be kept for news of cases. Keep fewer, or allow more in all.")


class WindowEndsBeforeItStarts(Invalid):
    code = "messaging.window_ends_before_it_starts"
    message = _("The hours from %(start)s to %(end)s end before they start. Correct one of the two.")


class HalfAWindow(Invalid):
    code = "messaging.half_a_window"
    message = _("Enter both hours of the day, or none where it is quiet all day.")


@transaction.atomic
def save_contact_rules(*, unit_id: int, rules: RuleSet, by: Actor, now: datetime) -> ContactRules:
    """Give a unit, and everything below it, rules of its own about contacting customers.

    Raises:
        TooMuchKept, WindowEndsBeforeItStarts, HalfAWindow: the rules contradict themselves.
    """
    unit = unit_of(unit_id)
    demand(by, MANAGE_CONTACT_RULES, unit_id)
    check_rules(rules)
    before = ContactRules.objects.filter(unit_id=unit_id).first()
    row, _is_new = ContactRules.objects.update_or_create(unit=unit, defaults=asdict(rules))
    old = _plain(as_rule_set(before)) if before else {}
    new = _plain(rules)
    audit(
        row,
        "contact_rules_saved",
        by=by,
        now=now,
        old={name: value for name, value in old.items() if new[name] != value},
        new={name: value for name, value in new.items() if old.get(name) != value or name not in old},
    )
    saved: ContactRules = row
    return saved


@transaction.atomic
def remove_contact_rules(*, unit_id: int, by: Actor, now: datetime) -> None:
    """Let a unit follow the one above it again; removing what is not there changes nothing."""
    demand(by, MANAGE_CONTACT_RULES, unit_of(unit_id).pk)
    row = ContactRules.objects.filter(unit_id=unit_id).first()
    if row is not None:
        audit(row, "contact_rules_removed", by=by, now=now, old=_plain(as_rule_set(row)))
        row.delete()


def check_rules(rules: RuleSet) -> None:
    """Refuse rules that contradict themselves."""
    if not 1 <= rules.kept_for_service <= rules.total:
        raise TooMuchKept(total=rules.total, kept=rules.kept_for_service)
    for start, end in (
        (rules.weekday_from, rules.weekday_until),
        (rules.saturday_from, rules.saturday_until),
        (rules.sunday_from, rules.sunday_until),
    ):
        if (start is None) != (end is None):
            raise HalfAWindow
        if start is not None and end is not None and end <= start and end != MIDNIGHT:
            raise WindowEndsBeforeItStarts(start=f"{start:%H:%M}", end=f"{end:%H:%M}")


def _plain(rules: RuleSet) -> dict[str, Any]:
    return {
        name: value.strftime("%H:%M") if isinstance(value, time) else value for name, value in asdict(rules).items()
    }
