"""The entries of the navigation rail, in order, each shown to those who hold its right."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from corsia.analytics.permissions import SEE_NUMBERS
from corsia.cases.permissions import READ_PROCESSES, WORK_CASES
from corsia.connectors.dms.permissions import MANAGE_DMS
from corsia.connectors.telephony.permissions import ANSWER_CALLS
from corsia.conversations.permissions import USE_INBOX
from corsia.customers.permissions import SEE_CUSTOMERS
from corsia.improvement.permissions import SEE_IMPROVEMENT
from corsia.knowledge.permissions import READ_ARTICLES
from corsia.listening.permissions import HEAR_VOICES, INTERVIEW, SEE_LOOPS, SEE_RESULTS
from corsia.messaging.permissions import SEE_OUTBOX
from corsia.organisation.permissions import RUN_SYSTEM, SEE_ORGANISATION
from corsia.portal.permissions import MANAGE_FORMS
from corsia.privacy.permissions import MANAGE_PRIVACY
from corsia.ui.rail import Entry
from corsia.vehicles.permissions import SEE_VEHICLES
from corsia.workshop.permissions import SEE_WORKSHOP, WORK_ON_VEHICLES

RAIL: list[Entry] = [
    Entry(
        key="conversations",
        label=_("Inbox"),
        url="conversations:inbox",
        icon="inbox",
        right=USE_INBOX,
        hotkey="g i",
        badge="conversations:unread",
    ),
    Entry(
        key="cases",
        label=_("Cases"),
        url="cases:desk",
        icon="checklist",
        right=WORK_CASES,
        hotkey="g d",
        badge="cases:badge",
    ),
    Entry(
        key="processes",
        label=_("Processes"),
        url="cases:processes",
        icon="sitemap",
        right=READ_PROCESSES,
        unless=WORK_CASES,
    ),
    Entry(
        key="customers",
        label=_("Customers"),
        url="customers:index",
        icon="users",
        right=SEE_CUSTOMERS,
        hotkey="g c",
    ),
    Entry(
        key="vehicles",
        label=_("Vehicles"),
        url="vehicles:index",
        icon="car",
        right=SEE_VEHICLES,
        hotkey="g v",
    ),
    Entry(
        key="workshop",
        label=_("Workshop"),
        url="workshop:day",
        icon="tool",
        right=SEE_WORKSHOP,
        hotkey="g t",
    ),
    Entry(
        key="telephony",
        label=_("Calls"),
        url="telephony:calls",
        icon="phone",
        right=ANSWER_CALLS,
        hotkey="g p",
    ),
    Entry(
        key="knowledge",
        label=_("Knowledge"),
        url="knowledge:index",
        icon="book-2",
        right=READ_ARTICLES,
        hotkey="g k",
    ),
    Entry(
        key="listening",
        label=_("Quality"),
        url="listening:results",
        icon="mood-smile",
        right=SEE_RESULTS,
        hotkey="g q",
    ),
    Entry(
        key="voices",
        label=pgettext_lazy("rail", "Voices"),
        url="listening:voices",
        icon="mood-smile",
        right=HEAR_VOICES,
        unless=SEE_RESULTS,
    ),
    Entry(
        key="loops",
        label=pgettext_lazy("rail", "To win back"),
        url="listening:loops",
        icon="mood-sad",
        right=SEE_LOOPS,
        hotkey="g w",
        unless=SEE_RESULTS,
    ),
    Entry(
        key="interviews",
        label=_("Interviews"),
        url="listening:calls",
        icon="headset",
        right=INTERVIEW,
        unless=SEE_RESULTS,
    ),
    Entry(
        key="improvement",
        label=pgettext_lazy("rail", "Improve"),
        url="improvement:index",
        icon="rocket",
        right=SEE_IMPROVEMENT,
        hotkey="g r",
    ),
    Entry(
        key="analytics",
        label=_("Numbers"),
        url="analytics:index",
        icon="chart-bar",
        right=SEE_NUMBERS,
        hotkey="g s",
    ),
    Entry(
        key="own_numbers",
        label=_("My numbers"),
        url="analytics:mine",
        icon="chart-bar",
        right=WORK_ON_VEHICLES,
        unless=SEE_NUMBERS,
    ),
    Entry(
        key="messaging",
        label=_("Mail"),
        url="messaging:outbox",
        icon="send",
        right=SEE_OUTBOX,
        hotkey="g m",
    ),
    Entry(
        key="portal",
        label=_("Forms"),
        url="portal:forms",
        icon="forms",
        right=MANAGE_FORMS,
    ),
    Entry(
        key="dms",
        label=pgettext_lazy("rail", "Dealer's system"),
        url="dms:index",
        icon="database-import",
        right=MANAGE_DMS,
    ),
    Entry(
        key="organisation",
        label=_("Teams"),
        url="organisation:chart",
        icon="sitemap",
        right=SEE_ORGANISATION,
        hotkey="g o",
    ),
    Entry(
        key="notices",
        label=_("Notices"),
        url="organisation:notices",
        icon="bell",
        right=SEE_ORGANISATION,
        hotkey="g n",
        badge="organisation:notices_badge",
    ),
    Entry(
        key="privacy",
        label=_("Privacy"),
        url="privacy:register",
        icon="shield-lock",
        right=MANAGE_PRIVACY,
    ),
    Entry(
        key="system",
        label=_("System"),
        url="system:health",
        icon="heart-rate-monitor",
        right=RUN_SYSTEM,
        hotkey="g y",
    ),
]
