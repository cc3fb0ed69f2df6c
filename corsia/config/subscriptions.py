"""THE table: which reactions each fact has.

Grep a fact's class to find its publisher, its row here, its reactions and its tests.
"""

from collections.abc import Mapping, Sequence

from corsia.cases import reactions as cases
from corsia.customers import reactions as customers
from corsia.events import Fact, listening, vehicles
from corsia.events import cases as case_facts
from corsia.kernel.facts import Reaction
from corsia.listening import reactions as surveys
from corsia.messaging import reactions as messaging

SUBSCRIPTIONS: Mapping[type[Fact], Sequence[Reaction]] = {
    vehicles.VehicleIdentityChanged: [customers.reindex_holders],
    case_facts.CaseClosed: [surveys.invite_after_closing],
    case_facts.TemplateDue: [messaging.send_due_template],
    listening.SurveyAnswered: [cases.reopen_for_detractor],
}
