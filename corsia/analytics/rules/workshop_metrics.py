"""The workshop's metrics: hours sold, worked and attended, promises, estimates, waiting, come-backs, capacity."""

from collections.abc import Iterator
from functools import partial

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from corsia.analytics.rules.metrics import Metric
from corsia.analytics.rules.workshop_parts import CAPACITY, HOURS, ORDER, VISIT
from corsia.analytics.vocabulary import Better, Measure, Statistic

_FEW, _SOME = 5, 20  # below this a time, a share tells about single orders
_ratio = partial(Metric, statistic=Statistic.RATIO, measure=Measure.SHARE, minimum_n=_FEW)
_share = partial(Metric, statistic=Statistic.SHARE, measure=Measure.SHARE, minimum_n=_SOME)
_hours = partial(Metric, dataset=HOURS, day="day", about_staff=True)
_time = partial(Metric, measure=Measure.SECONDS, better=Better.DOWN, minimum_n=_FEW)


def workshop_metrics() -> list[Metric]:
    """Return the workshop's metrics, in the order of the register."""
    return [*_of_hours(), *_of_orders(), *_of_estimates(), *_of_contacts(), *_of_visits(), *_of_capacity()]


def _of_hours() -> Iterator[Metric]:
    hours_ratio = partial(_ratio, dataset=HOURS, day="day", about_staff=True, better=Better.UP)
    yield hours_ratio(
        key="workshop_efficiency",
        name=_("Efficiency: hours sold of hours worked"),
        formula=_(
            "Hours sold with the labour that was done, divided by the hours clocked on the same orders whenever that "
            "was, for orders closed in the period. Hours of a line that several clocked on are shared among them by "
            "their time; declined work sells none, and what was clocked on it counts."
        ),
        rows=("closed_work",),
        amount="sold",
        under="spent",
    )
    yield hours_ratio(
        key="workshop_productivity",
        name=_("Productivity: hours worked of hours attended"),
        formula=_(
            "Hours clocked on whatever order, by the day they began, divided by the hours that the technicians were "
            "there: the workshop's working time less their absences. Times that still run count once they end; today "
            "counts tomorrow."
        ),
        rows=("technician_day",),
        amount="worked",
        under="attended",
    )
    yield hours_ratio(
        key="workshop_utilisation",
        name=_("Utilisation: hours sold of hours attended"),
        formula=_(
            "Hours sold with orders closed in the period, divided by the hours that the technicians were there in it. "
            "Work of the period before that is closed now counts now."
        ),
        amount="sold",
        under="attended",
    )
    for key, name, formula, rows, amount in (
        (
            *("workshop_hours_sold", _("Hours sold")),
            _("Hours sold with the labour that was done, for orders closed in the period."),
            *("closed_work", "sold"),
        ),
        (
            *("workshop_hours_worked", _("Hours worked")),
            _("Hours clocked on whatever order, by the day they began; those that still run do not count yet."),
            *("technician_day", "worked"),
        ),
        (
            *("workshop_hours_attended", _("Hours attended")),
            _("Working time of the workshop less the absences of each technician, of the days that are over."),
            *("technician_day", "attended"),
        ),
    ):
        yield _hours(
            key=key,
            name=name,
            formula=formula,
            statistic=Statistic.SUM,
            rows=(rows,),
            amount=amount,
            measure=Measure.WORK,
            better=Better.UP if amount == "sold" else Better.NEITHER,
        )


def _of_orders() -> Iterator[Metric]:
    yield Metric(
        key="workshop_orders",
        name=_("Work orders received"),
        formula=_("Work orders whose vehicle was received in the period."),
        dataset=ORDER,
        day="received_on",
        statistic=Statistic.COUNT,
    )
    yield _share(
        key="workshop_promise_share",
        name=_("Promises kept"),
        formula=_(
            "Orders ready by the hour that was promised at reception, of those with such an hour that got ready in the "
            "period; hours promised later do not count. An order that is late counts when it is ready."
        ),
        dataset=ORDER,
        day="ready_on",
        rows=("ready_order", "promised_order"),
        of="kept_promise",
        better=Better.UP,
    )
    yield _share(
        key="workshop_first_fix_share",
        name=_("Right the first time"),
        formula=_(
            "Orders closed in the period whose vehicle did not come back within 30 days of it for work of the same "
            "kind, to whatever workshop of the group, of all orders closed in it. The last 30 days can still change."
        ),
        dataset=ORDER,
        day="closed_on",
        rows=("closed_order",),
        of="fixed",
        better=Better.UP,
    )
    yield Metric(
        key="workshop_comebacks",
        name=_("Come-backs"),
        formula=_(
            "Orders received in the period within 30 days of the closing of another order of the vehicle, with work of "
            "a kind that the other had done."
        ),
        dataset=ORDER,
        day="received_on",
        statistic=Statistic.COUNT,
        rows=("comeback",),
        better=Better.DOWN,
    )
    yield _share(
        key="workshop_comeback_share",
        name=_("Share of come-backs"),
        formula=_("Come-backs of all orders received in the period."),
        dataset=ORDER,
        day="received_on",
        of="comeback",
        better=Better.DOWN,
    )
    for key, name, formula, statistic, amount in (
        (
            *("workshop_shop_median", _("In the workshop, median")),
            _("Time from reception to ready, of orders ready in the period; half took less. Every hour counts."),
            *(Statistic.MEDIAN, "in_shop"),
        ),
        (
            *("workshop_shop_p90", _("In the workshop, 9 out of 10 within")),
            _("Time from reception to ready that nine out of ten orders did not exceed. Every hour counts."),
            *(Statistic.P90, "in_shop"),
        ),
        (
            *("workshop_shop_working_median", _("In the workshop, working time, median")),
            _("Working time from reception to ready, of orders that got ready in the period; half took less."),
            *(Statistic.MEDIAN, "in_shop_working"),
        ),
    ):
        yield _time(
            key=key,
            name=name,
            formula=formula,
            dataset=ORDER,
            day="ready_on",
            statistic=statistic,
            rows=("ready_order",),
            amount=amount,
        )
    yield _time(
        key="workshop_pick_up_median",
        name=_("From ready to delivered, median"),
        formula=_("Time from ready to the closing of the order, of those closed in the period; half took less."),
        dataset=ORDER,
        day="closed_on",
        statistic=Statistic.MEDIAN,
        rows=("closed_order",),
        amount="pick_up",
    )


def _of_estimates() -> Iterator[Metric]:
    closed = partial(_share, dataset=ORDER, day="closed_on")
    yield closed(
        key="workshop_estimate_share",
        name=_("Estimates kept, amount"),
        formula=_(
            "Orders whose lines that were done cost at most 10 % more or less than the lines agreed at reception, of "
            "those closed in the period with an amount agreed. Extra work approved later is part of what was done."
        ),
        rows=("closed_order", "with_agreed_amount"),
        of="right_amount",
        better=Better.UP,
    )
    yield closed(
        key="workshop_estimate_time_share",
        name=_("Estimates kept, time"),
        formula=_(
            "Orders whose time sold is at most 10 % more or less than the time of the lines agreed at reception, of "
            "those closed in the period with a time agreed."
        ),
        rows=("closed_order", "with_agreed_time"),
        of="right_time",
        better=Better.UP,
    )
    off = partial(_ratio, dataset=ORDER, day="closed_on", better=Better.DOWN)
    yield off(
        key="workshop_estimate_off",
        name=_("Estimates off by, amount"),
        formula=_(
            "Differences between the amount done and the amount agreed at reception, up or down, added up and divided "
            "by what was agreed, for orders closed in the period."
        ),
        rows=("closed_order", "with_agreed_amount"),
        amount="off_cents",
        under="agreed_cents",
    )
    yield off(
        key="workshop_estimate_time_off",
        name=_("Estimates off by, time"),
        formula=_(
            "Differences between the time sold and the time agreed at reception, up or down, added up and divided by "
            "what was agreed, for orders closed in the period."
        ),
        rows=("closed_order", "with_agreed_time"),
        amount="off_time",
        under="agreed_time",
    )
    yield _ratio(
        key="workshop_extra_share",
        name=_("Extra work approved"),
        formula=_(
            "Lines of extra work that the customer approved, of those decided, for orders closed in the period. What "
            "we withdrew ourselves counts as declined."
        ),
        dataset=ORDER,
        day="closed_on",
        rows=("closed_order", "with_extra"),
        amount="extra_approved",
        under="extra_decided",
        better=Better.UP,
    )
    yield Metric(
        key="workshop_extra_amount",
        name=_("Amount of extra work approved"),
        formula=_("Prices of extra work that the customer approved, VAT included, for orders closed in the period."),
        dataset=ORDER,
        day="closed_on",
        statistic=Statistic.SUM,
        rows=("closed_order", "with_extra"),
        amount="extra_cents",
        measure=Measure.CENTS,
        better=Better.UP,
    )


def _of_contacts() -> Iterator[Metric]:
    per_order = partial(
        Metric,
        dataset=ORDER,
        day="closed_on",
        statistic=Statistic.MEAN,
        rows=("closed_order",),
        measure=Measure.PER_HUNDRED,
        better=Better.DOWN,
        minimum_n=_SOME,
    )
    yield per_order(
        key="workshop_status_contacts",
        name=_("“Where is my car?” in 100 orders"),
        formula=_(
            "What customers said by any channel while their order was open, where the cause of the case is the state "
            "of the vehicle in the workshop, for 100 orders closed in the period. The desk sets that cause; where it "
            "does not, nothing is counted."
        ),
        amount="status_asked",
    )
    yield per_order(
        key="workshop_contacts",
        name=_("Contacts while the vehicle is here, in 100 orders"),
        formula=_(
            "What customers said by any channel, about whatever, while their order was open, for 100 orders closed in "
            "the period; automatic messages do not count."
        ),
        amount="while_here",
    )


def _of_visits() -> Iterator[Metric]:
    for key, name, formula, statistic in (
        (
            *("workshop_lead_median", _("Wait for a slot, median")),
            _(
                "Time from the booking to the hour it is for, of visits of the period that were not cancelled; half "
                "waited less. A visit that was moved counts with its last hour."
            ),
            Statistic.MEDIAN,
        ),
        (
            *("workshop_lead_p90", _("Wait for a slot, 9 out of 10 within")),
            _("Time from the booking to the hour it is for that nine out of ten visits of the period did not exceed."),
            Statistic.P90,
        ),
    ):
        yield _time(
            key=key,
            name=name,
            formula=formula,
            dataset=VISIT,
            day="drop_off_on",
            statistic=statistic,
            rows=("visit_stands",),
            amount="lead",
        )
    yield _share(
        key="workshop_no_show_share",
        name=pgettext_lazy("visits", "Did not come"),
        formula=_("Visits of the period whose vehicle did not come, of those that came and those that did not."),
        dataset=VISIT,
        day="drop_off_on",
        rows=("visit_due",),
        of="missed",
        better=Better.DOWN,
    )
    yield _share(
        key="workshop_late_cancel_share",
        name=_("Cancelled late"),
        formula=_("Visits of the period cancelled less than 24 hours before, of all visits booked for it."),
        dataset=VISIT,
        day="drop_off_on",
        of="cancelled_late",
        better=Better.DOWN,
    )


def _of_capacity() -> Iterator[Metric]:
    by_day = partial(_ratio, dataset=CAPACITY, day="day")
    yield by_day(
        key="workshop_booked_load",
        name=_("Booked load of technicians"),
        formula=_(
            "Working time planned for technicians, divided by the time they were there, of the days that are over."
        ),
        rows=("of_technicians",),
        amount="used_time",
        under="open_time",
    )
    yield by_day(
        key="workshop_bay_occupancy",
        name=_("Use of bays"),
        formula=_("Working time for which bays were planned, divided by the working time of all bays."),
        rows=("of_bays",),
        amount="used_time",
        under="open_time",
        better=Better.UP,
    )
    yield by_day(
        key="workshop_bay_turns",
        name=_("Works in a bay per day"),
        formula=_("Planned works that began in a bay, divided by the days on which bays were open, each bay counted."),
        rows=("of_bays",),
        amount="turns",
        under="open_days",
        measure=Measure.TIMES,
        better=Better.UP,
    )
    yield by_day(
        key="workshop_car_use",
        name=_("Use of courtesy cars"),
        formula=_("Working time for which courtesy cars were lent, divided by the working time of all of them."),
        rows=("of_cars",),
        amount="used_time",
        under="open_time",
        better=Better.UP,
    )
