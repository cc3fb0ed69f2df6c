"""THE table: which reactions each fact has.

Grep a fact's class to find its publisher, its row here, its reactions and its tests.
"""

from collections.abc import Mapping, Sequence

from corsia.cases import reactions as cases
from corsia.connectors.telephony import reactions as phone
from corsia.conversations import reactions as inbox
from corsia.customers import reactions as customers
from corsia.events import Fact, improvement, listening, vehicles, workshop
from corsia.events import cases as case_facts
from corsia.events import customers as customer_facts
from corsia.events import messaging as message_facts
from corsia.kernel.facts import Reaction
from corsia.listening import reactions as surveys
from corsia.messaging import reactions as messaging

SUBSCRIPTIONS: Mapping[type[Fact], Sequence[Reaction]] = {
    vehicles.VehicleIdentityChanged: [customers.reindex_holders],
    case_facts.CaseClosed: [surveys.invite_after_closing, inbox.forget_the_assistant, messaging.show_closing],
    case_facts.CaseMoved: [messaging.move_along, phone.move_along, cases.take_the_story_along],
    message_facts.MessageReceived: [inbox.let_the_assistant_answer],
    case_facts.TemplateDue: [messaging.send_due_template],
    customer_facts.MilestoneReached: [messaging.plan_contacts, surveys.invite_by_plans],
    listening.SurveyAnswered: [surveys.close_the_loop, surveys.tell_whose_work, surveys.read_answer],
    workshop.VisitBooked: [messaging.plan_contacts],
    workshop.VisitMoved: [messaging.plan_contacts],
    workshop.VisitNear: [messaging.plan_contacts],
    workshop.VisitCancelled: [messaging.plan_contacts],
    workshop.OrderOpened: [messaging.plan_contacts],
    workshop.CheckDone: [messaging.plan_contacts],
    workshop.PromiseChanged: [messaging.plan_contacts],
    improvement.ActionDone: [surveys.listen_again],
}
