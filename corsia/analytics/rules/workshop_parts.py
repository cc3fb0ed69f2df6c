"""The parts of the workshop's numbers; the registry's metrics are made of them, and what managers build."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from corsia.analytics.rules.kinds import Source, amount, condition
from corsia.analytics.vocabulary import Dimension, Measure

HOURS, ORDER, VISIT, CAPACITY = "workshop.hours", "workshop.order", "workshop.visit", "workshop.capacity"
WITHIN_PCT = 10  # an estimate was right when what was done costs so much more or less

_PLACE = {Dimension.UNIT: "unit_id", Dimension.TEAM: "unit_id"}
_KIND = {Dimension.JOB_GROUP: "NULLIF(job_group, '')", Dimension.MAKE: "NULLIF(make, '')"}
_BOOKED = {Dimension.BOOKED_BY: "NULLIF(booked_by, '')"}

SOURCES = (
    Source(
        dataset=HOURS,
        name=_("Hours of the workshop"),
        days=("day",),
        agent="person_id",
        case="",
        order="order_id",
        dimensions={**_PLACE, **_KIND, Dimension.AGENT: "person_id", Dimension.JOB: "NULLIF(job, '')"},
    ),
    Source(
        dataset=ORDER,
        name=_("Work orders"),
        days=("received_on", "ready_on", "closed_on"),
        agent="",
        case="",
        order="order_id",
        dimensions={**_PLACE, **_KIND, **_BOOKED},
    ),
    Source(
        dataset=VISIT,
        name=_("Workshop visits"),
        days=("drop_off_on",),
        agent="",
        case="",
        dimensions={**_PLACE, **_KIND, **_BOOKED},
    ),
    Source(
        dataset=CAPACITY,
        name=_("Technicians, bays and courtesy cars by day"),
        days=("day",),
        agent="",
        case="",
        dimensions={**_PLACE, Dimension.BAY_KIND: "NULLIF(bay_kind, '')"},
    ),
)

AMOUNTS = (
    amount("sold", HOURS, _("Time sold"), Measure.WORK, lambda t: t.sold_seconds),
    amount("spent", HOURS, _("Time clocked on closed orders"), Measure.WORK, lambda t: t.spent_seconds),
    amount("worked", HOURS, _("Time clocked, by day"), Measure.WORK, lambda t: t.worked_seconds),
    amount("attended", HOURS, _("Time attended"), Measure.WORK, lambda t: t.attended_seconds),
    amount("in_shop", ORDER, _("Time from reception to ready"), Measure.SECONDS, lambda t: t.shop_seconds),
    amount(
        *("in_shop_working", ORDER, _("Working time from reception to ready"), Measure.SECONDS),
        lambda t: t.shop_working_seconds,
    ),
    amount("pick_up", ORDER, _("Time from ready to delivered"), Measure.SECONDS, lambda t: t.pick_up_seconds),
    amount("agreed_cents", ORDER, _("Amount agreed at reception"), Measure.CENTS, lambda t: t.agreed_cents),
    amount(
        *("off_cents", ORDER, _("Difference of the amount done from the one agreed"), Measure.CENTS),
        lambda t: (t.sold_cents - t.agreed_cents).abs(),
    ),
    amount("agreed_time", ORDER, _("Time agreed at reception"), Measure.WORK, lambda t: t.agreed_seconds),
    amount(
        *("off_time", ORDER, _("Difference of the time done from the one agreed"), Measure.WORK),
        lambda t: (t.sold_seconds - t.agreed_seconds).abs(),
    ),
    amount("extra_decided", ORDER, _("Lines of extra work decided"), Measure.COUNT, lambda t: t.extra_decided),
    amount("extra_approved", ORDER, _("Lines of extra work approved"), Measure.COUNT, lambda t: t.extra_approved),
    amount("extra_cents", ORDER, _("Amount of extra work approved"), Measure.CENTS, lambda t: t.extra_cents),
    amount("while_here", ORDER, _("Contacts while the vehicle was here"), Measure.PER_HUNDRED, lambda t: t.contacts),
    amount(
        *("status_asked", ORDER, _("Contacts about how the vehicle stands"), Measure.PER_HUNDRED),
        lambda t: t.status_contacts,
    ),
    amount("lead", VISIT, _("Time from booking to drop-off"), Measure.SECONDS, lambda t: t.lead_seconds),
    amount("open_time", CAPACITY, _("Time it was there"), Measure.WORK, lambda t: t.open_seconds),
    amount("used_time", CAPACITY, _("Time planned or lent"), Measure.WORK, lambda t: t.used_seconds),
    amount("open_days", CAPACITY, _("Days it was there"), Measure.COUNT, lambda t: t.is_open_day),
    amount("turns", CAPACITY, _("Works begun"), Measure.COUNT, lambda t: t.is_turn),
)

CONDITIONS = (
    condition("closed_work", HOURS, _("work on closed orders"), lambda t: t.is_of_order),
    condition("technician_day", HOURS, _("days of technicians"), lambda t: ~t.is_of_order),
    condition("ready_order", ORDER, _("ready"), lambda t: t.ready_on.notnull()),
    condition("closed_order", ORDER, pgettext_lazy("work order", "closed"), lambda t: t.closed_on.notnull()),
    condition("promised_order", ORDER, _("with a promised hour"), lambda t: t.is_promised),
    condition("kept_promise", ORDER, _("ready by the hour promised first"), lambda t: t.is_kept),
    condition("with_agreed_amount", ORDER, _("with an amount agreed at reception"), lambda t: t.agreed_cents > 0),
    condition("with_agreed_time", ORDER, _("with a time agreed at reception"), lambda t: t.agreed_seconds > 0),
    condition(
        *("right_amount", ORDER, _("amount within a tenth of what was agreed")),
        lambda t: (t.sold_cents - t.agreed_cents).abs() * 100 <= t.agreed_cents * WITHIN_PCT,
    ),
    condition(
        *("right_time", ORDER, _("time within a tenth of what was agreed")),
        lambda t: (t.sold_seconds - t.agreed_seconds).abs() * 100 <= t.agreed_seconds * WITHIN_PCT,
    ),
    condition("with_extra", ORDER, _("with extra work decided"), lambda t: t.extra_decided > 0),
    condition("comeback", ORDER, _("come back for the same kind of work"), lambda t: t.is_comeback),
    condition("fixed", ORDER, _("not come back for the same kind of work"), lambda t: ~t.has_come_back),
    condition("visit_stands", VISIT, _("not cancelled"), lambda t: t.state != "cancelled"),
    condition("visit_due", VISIT, _("came or did not come"), lambda t: t.state.isin(("here", "done", "missed"))),
    condition("missed", VISIT, _("did not come"), lambda t: t.state == "missed"),
    condition("cancelled_late", VISIT, _("cancelled less than 24 hours before"), lambda t: t.is_cancelled_late),
    condition("of_technicians", CAPACITY, _("of technicians"), lambda t: t.resource == "technician"),
    condition("of_bays", CAPACITY, _("of bays"), lambda t: t.resource == "bay"),
    condition("of_cars", CAPACITY, _("of courtesy cars"), lambda t: t.resource == "car"),
)
