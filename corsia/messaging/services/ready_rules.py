"""Rules that ship with the texts they send: offered where nothing sends the text yet, written in one step."""

from collections.abc import Collection, Iterator
from datetime import datetime

from django.db import transaction
from django.utils.translation import get_language

from corsia.kernel.access import demand
from corsia.kernel.actors import Actor
from corsia.messaging.models import EventRule
from corsia.messaging.permissions import MANAGE_CONTACT_RULES
from corsia.messaging.services.planned import RuleData, save_rule
from corsia.messaging.services.texts import install_templates, shipped_templates, wording
from corsia.messaging.vocabulary import FollowUp
from corsia.organisation.queries import tree

CARRIER = "contact"  # the process that ships for cases which carry a contact of ours


def ready_rules(*, unit_id: int) -> list[RuleData]:
    """Return the rules that ship and whose text no rule sends yet: none of the unit, of those above or of those below.

    A unit below that sends a text by a rule of its own would otherwise send it twice.
    """
    places = tree()
    unit = places.unit(unit_id)
    below = [other.pk for other in places.units.values() if other.path.startswith(unit.path)]
    rules = EventRule.unscoped.filter(unit_id__in=[*unit.ancestor_ids, *below], follow_up=FollowUp.MESSAGE)
    sent = set(rules.values_list("occasion", "template_key"))
    return [data for data in _shipped() if (data.occasion, data.template_key) not in sent]


@transaction.atomic
def use_ready_rules(*, unit_id: int, keys: Collection[str], by: Actor, now: datetime) -> list[EventRule]:
    """Write the rules that ship with some texts, and the texts where the unit has none; return the rules written.

    Args:
        keys: of the texts; those that are sent already are passed over.
    """
    demand(by, MANAGE_CONTACT_RULES, unit_id)
    chosen = [data for data in ready_rules(unit_id=unit_id) if data.template_key in keys]
    unit = tree().unit(unit_id)
    needed = {key for data in chosen for key in (data.template_key, data.sms_key) if key}
    if any(wording(unit, key, "it") is None for key in needed):
        install_templates(unit_id=unit_id, by=by, now=now)
    return [save_rule(rule_id=None, unit_id=unit_id, data=data, by=by, now=now) for data in chosen]


def _shipped() -> Iterator[RuleData]:
    is_italian = (get_language() or "it").startswith("it")
    for text in shipped_templates():
        if text.follows is None:
            continue
        yield RuleData(
            name=text.name_it if is_italian else text.name_en,
            occasion=text.follows.occasion,
            follow_up=FollowUp.MESSAGE,
            process_key=CARRIER,
            delay_minutes=text.follows.after_minutes,
            send_hour=text.follows.at_hour,
            max_age_days=text.follows.not_older_than_days,
            template_key=text.key,
            sms_key=text.follows.sms,
        )
