"""Rules that ship with their texts: offered where nothing sends the text, written once, never beside another one."""

import pytest

from corsia.kernel import scope
from corsia.kernel.errors import NotAllowed
from corsia.messaging.models import EventRule, Template
from corsia.messaging.occasions import OCCASIONS
from corsia.messaging.services.planned import save_rule
from corsia.messaging.services.ready_rules import ready_rules, use_ready_rules
from corsia.messaging.services.texts import shipped_templates
from corsia.organisation.vocabulary import Role
from tests.conftest import NOON
from tests.factories.messaging import ROBOT
from tests.factories.organisation import actor_in, person_in, signed_in

SHIPPED = {text.key for text in shipped_templates() if text.follows}


def keys_of(unit) -> set[str]:
    return {data.template_key for data in ready_rules(unit_id=unit.pk)}


def test_each_text_that_follows_an_event_names_one_that_exists() -> None:
    assert {text.follows.occasion for text in shipped_templates() if text.follows} <= set(OCCASIONS)
    assert {"visit-booked", "visit-near", "workshop-received", "workshop-checked", "vehicle-ready"} <= SHIPPED


def test_one_click_takes_the_ticked_rules_into_use_with_their_texts(group) -> None:
    browser = signed_in(person_in(group.root, Role.CARE_MANAGER))
    assert browser.get("/messaging/events/").content.decode().count('name="text"') == len(SHIPPED)

    pressed = browser.post("/messaging/events/ready/", {"text": ["visit-near", "workshop-received", "no-such-text"]})

    assert pressed.status_code == 302
    rules = {rule.template_key: rule for rule in EventRule.unscoped.all()}
    assert set(rules) == {"visit-near", "workshop-received"}
    near = rules["visit-near"]
    assert (near.unit_id, near.occasion, near.process_key) == (group.root.pk, "workshop.visit_near", "contact")
    assert (near.name, near.delay_minutes, near.max_age_days, near.is_active) == ("Appuntamento domani", 5, 1, True)
    assert Template.unscoped.filter(unit_id=group.root.pk, key="visit-near").count() == 1
    shown = browser.get("/messaging/events/").content.decode()
    assert 'value="visit-near"' not in shown
    assert 'value="visit-booked"' in shown


@pytest.mark.parametrize("body", [{}, {"text": "no-such-text"}, {"text": "visit-near"}])
def test_nothing_ticked_or_ticked_again_writes_nothing_and_says_so(group, body) -> None:
    browser = signed_in(person_in(group.root, Role.CARE_MANAGER))
    browser.post("/messaging/events/ready/", {"text": "visit-near"})

    answer = browser.post("/messaging/events/ready/", body, follow=True)

    assert EventRule.unscoped.count() == 1
    assert "Spunta almeno una regola" in answer.content.decode()


def test_whoever_is_told_by_a_rule_above_or_below_is_not_told_twice(group, everything) -> None:
    def use(unit) -> None:
        use_ready_rules(unit_id=unit.pk, keys={"visit-booked"}, by=ROBOT, now=NOON)

    use(group.brescia)

    assert "visit-booked" not in keys_of(group.root)  # Brescia below would send it twice
    assert "visit-booked" not in keys_of(group.brescia_care)
    assert keys_of(group.verona) == SHIPPED
    for unit in (group.root, group.brescia, group.brescia_care):
        use(unit)
    assert EventRule.objects.count() == 1


def test_a_rule_that_was_switched_off_is_not_offered_again(group, everything) -> None:
    [data] = [data for data in ready_rules(unit_id=group.root.pk) if data.template_key == "vehicle-ready"]
    off = type(data)(**{**vars(data), "is_active": False})
    save_rule(rule_id=None, unit_id=group.root.pk, data=off, by=ROBOT, now=NOON)

    assert keys_of(group.root) == SHIPPED - {"vehicle-ready"}


def test_an_agent_takes_no_rule_into_use(group) -> None:
    agent = signed_in(person_in(group.root, Role.AGENT))

    assert agent.post("/messaging/events/ready/", {"text": "visit-near"}).status_code == 403
    with scope.system("test"), pytest.raises(NotAllowed):
        use_ready_rules(unit_id=group.root.pk, keys={"visit-near"}, by=actor_in(group.root, Role.AGENT), now=NOON)
    assert not EventRule.unscoped.exists()
