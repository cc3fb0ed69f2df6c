"""When a contact may be made: quiet hours and the rolling budget, against slow models of what people were told."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from corsia.customers.vocabulary import ConsentChannel, Purpose
from corsia.messaging.rules.budget import Budget, Counted, first_place
from corsia.messaging.rules.contact_rules import DEFAULTS, RuleSet
from corsia.messaging.rules.gate import ALLOWED, consent_channel, timed
from corsia.messaging.rules.quiet import obeys_quiet_hours
from corsia.messaging.vocabulary import Objection

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)
ROME = ZoneInfo("Europe/Rome")
PURPOSES = [Purpose.SERVICE, Purpose.SURVEY, Purpose.MARKETING, Purpose.MANUFACTURER]
EASTER_MONDAY, SAINT = date(2026, 4, 6), date(2026, 2, 15)


@st.composite
def budgets(draw) -> Budget:
    total = draw(st.integers(1, 8))
    return Budget(
        days=draw(st.integers(1, 40)),
        total=total,
        kept_for_service=draw(st.integers(1, total)),
        caps={purpose: draw(st.integers(0, 4)) for purpose in PURPOSES[1:]},
        patience_days=draw(st.integers(0, 10)),
    )


def stays_within(budget: Budget, log: list[tuple[int, str]]) -> bool:
    """Look at every window of the year that begins with a contact: contacts are in whole hours of the year."""
    width = budget.days * 24
    for begin, _purpose in log:
        window = [purpose for hour, purpose in log if begin <= hour < begin + width]
        others = [purpose for purpose in window if purpose != "service"]
        if len(window) > budget.total or len(others) > budget.total - budget.kept_for_service:
            return False
        if any(others.count(purpose) > cap for purpose, cap in budget.caps.items()):
            return False
    return True


@settings(max_examples=150, deadline=None)
@given(
    held=st.lists(budgets(), min_size=1, max_size=2),
    wishes=st.lists(st.tuples(st.integers(0, 365 * 24 - 1), st.sampled_from(PURPOSES)), max_size=60),
)
def test_in_no_window_of_a_year_is_there_more_than_the_budget_and_every_refusal_is_earned(held, wishes) -> None:
    counted: list[Counted] = []
    log: list[tuple[int, str]] = []
    for hour, purpose in sorted(wishes):
        now = NEW_YEAR + hour * HOUR
        verdict = timed(
            purpose=purpose, now=now, quiet=None, wrote_at=None, is_answer=False, budgets=held, counted=counted
        )
        fits = all(stays_within(budget, [*log, (hour, str(purpose))]) for budget in held)
        assert (verdict == ALLOWED) == fits
        if verdict == ALLOWED:
            counted.append(Counted(now, purpose))
            log.append((hour, str(purpose)))
            continue
        assert verdict.reason == Objection.BUDGET
        if verdict.not_before is None:
            assert any(budget.caps.get(purpose) == 0 or budget.total == budget.kept_for_service for budget in held)
            continue
        # The instant named is the first: an hour earlier it would still have been too much.
        later = round((verdict.not_before - NEW_YEAR) / HOUR)
        assert all(stays_within(budget, [*log, (later, str(purpose))]) for budget in held)
        assert not all(stays_within(budget, [*log, (later - 1, str(purpose))]) for budget in held)
        patience = min(budget.patience_days for budget in held)
        assert verdict.allowed == (verdict.not_before - now <= timedelta(days=patience))
    assert all(stays_within(budget, log) for budget in held)


@given(budget=budgets(), filled=st.lists(st.tuples(st.integers(0, 900), st.sampled_from(PURPOSES[1:])), max_size=30))
def test_advertising_never_takes_the_place_of_news_about_a_case(budget, filled) -> None:
    counted: list[Counted] = []
    for hour, purpose in sorted(filled):
        at = NEW_YEAR + hour * HOUR
        if budget.has_place(counted, purpose=purpose, at=at):
            counted.append(Counted(at, purpose))
    at = NEW_YEAR + 901 * HOUR

    for _news in range(budget.kept_for_service):
        assert first_place([budget], counted, purpose=Purpose.SERVICE, at=at) == at
        counted.append(Counted(at, Purpose.SERVICE))


def test_a_sender_whose_clock_runs_behind_sees_what_another_has_just_sent() -> None:
    budget = Budget(days=7, total=1, kept_for_service=1, caps={})
    ahead = [Counted(NEW_YEAR + timedelta(seconds=2), Purpose.SERVICE)]

    assert not budget.has_place(ahead, purpose=Purpose.SERVICE, at=NEW_YEAR)


def is_quiet(rules: RuleSet, at: datetime) -> bool:
    """Look at the wall clock, as somebody with the printed rules in hand would."""
    wall = at.astimezone(ROME)
    if rules.holidays_are_quiet and wall.date() in (EASTER_MONDAY, SAINT):
        return True
    windows = {5: (rules.saturday_from, rules.saturday_until), 6: (rules.sunday_from, rules.sunday_until)}
    begin, end = windows.get(wall.weekday(), (rules.weekday_from, rules.weekday_until))
    if begin is None or end is None:
        return True
    return wall.time() < begin or (end != time(0) and wall.time() >= end)


def quiet_of(rules: RuleSet):
    return rules.quiet_hours(zone="Europe/Rome", holidays={EASTER_MONDAY: "Pasquetta", SAINT: "Patrono"}, closures=())


quarter_hours = st.integers(0, 92).map(lambda n: time(n // 4, n % 4 * 15))


@st.composite
def windows(draw) -> tuple[time, time]:
    begin = draw(quarter_hours)
    end = draw(
        st.one_of(st.just(time(0)), quarter_hours.filter(lambda t: t > begin)) if begin < time(23) else st.just(time(0))
    )
    return begin, end


@settings(max_examples=120, deadline=None)
@given(
    weekdays=windows(),
    saturdays=st.none() | windows(),
    sundays=st.none() | windows(),
    holidays=st.booleans(),
    minutes=st.integers(0, 365 * 24 * 4 - 1).map(lambda n: n * 15),
)
def test_the_first_hour_that_is_not_quiet_is_the_one_on_the_wall(
    weekdays, saturdays, sundays, holidays, minutes
) -> None:
    rules = RuleSet(
        weekday_from=weekdays[0],
        weekday_until=weekdays[1],
        saturday_from=saturdays[0] if saturdays else None,
        saturday_until=saturdays[1] if saturdays else None,
        sunday_from=sundays[0] if sundays else None,
        sunday_until=sundays[1] if sundays else None,
        holidays_are_quiet=holidays,
    )
    at = NEW_YEAR + timedelta(minutes=minutes)
    walked = at
    while is_quiet(rules, walked):
        walked += timedelta(minutes=15)

    assert quiet_of(rules).first_hour(at) == walked


def test_the_clock_of_the_unit_counts_on_the_night_it_changes() -> None:
    saturday_evening = datetime(2026, 3, 28, 22, 0, tzinfo=ROME)

    first = quiet_of(DEFAULTS).first_hour(saturday_evening)

    assert first == datetime(2026, 3, 30, 9, 0, tzinfo=ROME)  # Sunday is quiet; by Monday it is summer time
    assert first.astimezone(UTC).hour == 7


def test_an_evening_before_a_holiday_waits_for_the_day_after_it() -> None:
    assert quiet_of(DEFAULTS).first_hour(datetime(2026, 4, 4, 19, 30, tzinfo=ROME)) == datetime(
        2026, 4, 7, 9, 0, tzinfo=ROME
    )


def test_a_place_that_opens_at_night_is_taken_in_the_morning() -> None:
    budget = Budget(days=1, total=1, kept_for_service=1, caps={}, patience_days=3)
    taken = datetime(2026, 3, 9, 23, 0, tzinfo=ROME)

    verdict = timed(
        purpose=Purpose.SERVICE,
        now=datetime(2026, 3, 10, 12, 0, tzinfo=ROME),
        quiet=quiet_of(DEFAULTS),
        wrote_at=None,
        is_answer=False,
        budgets=[budget],
        counted=[Counted(taken, Purpose.SERVICE)],
    )

    assert verdict.is_later
    assert (verdict.reason, verdict.not_before) == (Objection.BUDGET, datetime(2026, 3, 11, 9, 0, tzinfo=ROME))


def test_whoever_just_wrote_is_answered_at_night_and_nobody_else() -> None:
    night = datetime(2026, 3, 10, 22, 0, tzinfo=ROME)

    def asked(*, wrote_minutes_ago: int | None, is_answer: bool):
        wrote_at = night - timedelta(minutes=wrote_minutes_ago) if wrote_minutes_ago is not None else None
        return timed(
            purpose=Purpose.SERVICE,
            now=night,
            quiet=quiet_of(DEFAULTS),
            wrote_at=wrote_at,
            is_answer=is_answer,
            budgets=(),
            counted=(),
        )

    morning = datetime(2026, 3, 11, 9, 0, tzinfo=ROME)
    assert asked(wrote_minutes_ago=120, is_answer=True) == ALLOWED
    assert asked(wrote_minutes_ago=121, is_answer=True).not_before == morning
    assert asked(wrote_minutes_ago=5, is_answer=False).not_before == morning
    assert asked(wrote_minutes_ago=None, is_answer=True).reason == Objection.QUIET_HOURS


def test_a_unit_that_is_always_quiet_disturbs_nobody() -> None:
    never = RuleSet(weekday_from=time(9), weekday_until=time(20))
    quiet = never.quiet_hours(
        zone="Europe/Rome", holidays={date(2025, 1, 1) + n * DAY: "chiuso" for n in range(366 * 12)}, closures=()
    )

    verdict = timed(
        purpose=Purpose.MARKETING,
        now=NEW_YEAR,
        quiet=quiet,
        wrote_at=None,
        is_answer=False,
        budgets=(),
        counted=(),
    )

    assert (verdict.allowed, verdict.reason, verdict.not_before) == (False, Objection.QUIET_HOURS, None)


def test_what_rings_and_what_advertises_obeys_quiet_hours() -> None:
    obeying = {
        (str(channel), str(purpose))
        for channel in ConsentChannel
        for purpose in PURPOSES
        if obeys_quiet_hours(channel=channel, purpose=purpose)
    }

    ringing = {(channel, str(purpose)) for channel in ("phone", "sms", "whatsapp") for purpose in PURPOSES}
    advertising = {
        (channel, purpose) for channel in ("any", "email", "chat") for purpose in ("marketing", "manufacturer")
    }
    assert obeying == ringing | advertising


def test_every_way_of_talking_has_a_word_in_consents() -> None:
    named = {key: str(consent_channel(key)) for key in ("email", "pec", "voice", "letter", "telegram", "messenger")}

    assert named == {
        "email": "email",
        "pec": "email",
        "voice": "phone",
        "letter": "post",
        "telegram": "chat",
        "messenger": "chat",
    }
