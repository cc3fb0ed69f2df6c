"""How people are told: by bell or mail as they chose, together or at once, and never in their hours of silence."""

import ast
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import corsia
from corsia.cases.vocabulary import AlarmKind
from corsia.messaging.models import Outgoing
from corsia.messaging.services import send_due
from corsia.messaging.vocabulary import SentReason
from corsia.organisation.actors import actor_of
from corsia.organisation.models import Absence, Notification
from corsia.organisation.notice_times import NoticeTimes, mailed_at
from corsia.organisation.ports import notice_kinds
from corsia.organisation.queries.notices import latest_notices, unread_notices
from corsia.organisation.services import (
    HalfASilence,
    NoSilenceAtAll,
    NoticeWishes,
    choose_notices,
    mail_due_notices,
    notify,
    read_all_notices,
)
from corsia.organisation.vocabulary import Digest
from corsia.organisation.working_time import WorkingHours
from tests.conftest import NOON
from tests.factories.messaging import a_mailbox
from tests.factories.organisation import TODAY, person_in, signed_in

ROME = ZoneInfo("Europe/Rome")
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
NIGHT = datetime(2026, 3, 10, 23, 30, tzinfo=ROME)  # Tuesday
MORNING = datetime(2026, 3, 11, 7, 0, tzinfo=ROME)


@pytest.fixture
def laura(group):
    a_mailbox(group.brescia_care)
    return person_in(group.brescia_care, first_name="Laura", last_name="Pedretti", language="it")


def wants(person, *, mail=(), no_bell=(), **fields) -> None:
    choices = {kind: (kind not in no_bell, kind in mail) for kind in {*mail, *no_bell}}
    choose_notices(wishes=NoticeWishes(choices=choices, **fields), by=actor_of(person, today=TODAY), now=NOON)


def tell(person, *, kind="cases.task", key="k", now=NOON, title="Hai un compito sulla pratica #12", text="Spia accesa"):
    return notify([person.pk], kind=kind, title=title, text=text, url="/cases/12/", dedupe_key=key, now=now)


def mails() -> list[Outgoing]:
    return list(Outgoing.unscoped.filter(reason=SentReason.NOTICE).order_by("pk"))


class TestChoosing:
    def test_without_a_choice_people_are_told_under_the_bell_only(self, laura) -> None:
        assert tell(laura) == 1

        row = Notification.objects.get()
        assert (row.by_bell, row.mail_after, len(latest_notices(laura.pk))) == (True, None, 1)
        assert mail_due_notices(now=NOON + DAY) == 0

    def test_bell_mail_both_or_none_for_each_kind(self, laura) -> None:
        wants(laura, mail=("cases.task", "cases.closed"), no_bell=("cases.closed", "cases.awake"))

        told = {kind: tell(laura, kind=f"cases.{kind}", key=kind) for kind in ("task", "closed", "awake", "assigned")}

        assert told == {"task": 1, "closed": 1, "awake": 0, "assigned": 1}
        assert {row.kind for row in latest_notices(laura.pk)} == {"cases.task", "cases.assigned"}
        assert unread_notices(laura.pk) == 2
        assert mail_due_notices(now=NOON) == 1
        body = mails()[0].body
        assert body.count("/cases/12/") == 2

    def test_silence_is_a_whole_period(self, laura) -> None:
        with pytest.raises(HalfASilence):
            wants(laura, quiet_from=time(22))
        with pytest.raises(NoSilenceAtAll):
            wants(laura, quiet_from=time(22), quiet_until=time(22))

    def test_a_kind_that_does_not_exist_is_not_chosen(self, laura) -> None:
        wants(laura, mail=("cases.invented", "cases.task"))

        assert list(laura.notice_choices.values_list("kind", flat=True)) == ["cases.task"]


class TestMailing:
    def test_a_mail_goes_through_the_outbox_once_and_names_case_and_title_only(self, laura, mailoutbox) -> None:
        wants(laura, mail=("cases.task",))
        tell(laura)

        assert mail_due_notices(now=NOON) == 1
        assert mail_due_notices(now=NOON + MINUTE) == 0
        send_due(now=NOON + MINUTE)
        mail = mailoutbox[0]
        assert mail.to == [f"Laura Pedretti <{laura.email}>"]
        assert mail.subject == "Hai un compito sulla pratica #12"
        assert "Spia accesa" in mail.body
        assert "/organisation/me/notices/" in mail.body
        assert mail.extra_headers["Auto-Submitted"] == "auto-generated"

    def test_what_a_customer_or_colleague_wrote_never_leaves_by_mail(self, laura) -> None:
        wants(laura, mail=("messaging.mentioned", "messaging.flood", "cases.invented"))
        tell(
            laura, kind="messaging.mentioned", key="a", title="Anna ti ha citato su #12", text="Giulia Ferri è furiosa"
        )
        tell(laura, kind="messaging.flood", key="b", title="giulia.ferri@example.it scrive molto spesso su #12")
        mail_due_notices(now=NOON)

        body = mails()[0].body
        assert "Anna ti ha citato su #12" in body
        assert "Ferri" not in body
        assert "giulia" not in body

    def test_what_was_read_under_the_bell_is_not_mailed_in_the_digest(self, laura) -> None:
        wants(laura, mail=("cases.task",), digest=Digest.DAILY)
        tell(laura, key="a")
        read_all_notices(by=actor_of(laura, today=TODAY), now=NOON)
        tell(laura, key="b", title="Un altro compito #13")
        mail_due_notices(now=NOON + DAY)

        assert mails()[0].subject == "Un altro compito #13"
        assert not Notification.objects.filter(mailed_at=None).exists()

    def test_a_digest_puts_the_day_into_one_mail(self, laura) -> None:
        wants(laura, mail=("cases.task",), digest=Digest.DAILY, digest_at=time(8))
        for n in range(3):
            tell(laura, key=f"k{n}", now=NOON + n * HOUR)
        eight = datetime(2026, 3, 11, 8, 0, tzinfo=ROME)

        assert mail_due_notices(now=eight - MINUTE) == 0
        assert mail_due_notices(now=eight) == 1
        assert mails()[0].body.count("/cases/12/") == 3

    def test_night_is_silent_and_urgent_alarms_pierce_it_if_the_person_says_so(self, laura) -> None:
        wants(laura, mail=("cases.task", "cases.overdue"), quiet_from=time(20), quiet_until=time(7))
        tell(laura, key="a", now=NIGHT)
        tell(laura, key="b", kind="cases.overdue", title="#12 è in ritardo", now=NIGHT)

        assert mail_due_notices(now=NIGHT) == 1
        assert mails()[0].subject == "#12 è in ritardo"
        assert mail_due_notices(now=MORNING - MINUTE) == 0
        assert mail_due_notices(now=MORNING) == 1

        wants(laura, quiet_from=time(20), quiet_until=time(7), urgent_pierces=False)
        tell(laura, key="c", kind="cases.overdue", now=NIGHT)
        assert Notification.objects.get(dedupe_key="c").mail_after == MORNING

    def test_off_duty_nothing_comes_and_an_absence_that_begins_later_is_respected_too(self, laura) -> None:
        wants(laura, mail=("cases.task",), only_on_duty=True)
        tell(laura, key="a", now=NIGHT)
        assert Notification.objects.get().mail_after == datetime(2026, 3, 11, 8, 30, tzinfo=ROME)

        back = datetime(2026, 3, 13, 8, 30, tzinfo=ROME)
        Absence.objects.create(person=laura, kind="sickness", starts_at=NIGHT, ends_at=back)
        assert mail_due_notices(now=datetime(2026, 3, 11, 9, 0, tzinfo=ROME)) == 0
        assert Notification.objects.get().mail_after == back
        assert mail_due_notices(now=back) == 1

    def test_who_left_gets_nothing(self, laura) -> None:
        wants(laura, mail=("cases.task",))
        tell(laura)
        laura.is_active = False
        laura.save()

        assert mail_due_notices(now=NOON) == 0
        assert mails() == []


quarters = st.integers(0, 95).map(lambda n: time(n // 4, n % 4 * 15))


@settings(max_examples=150, deadline=None)
@given(
    digest=st.sampled_from([Digest.AT_ONCE, Digest.HOURLY, Digest.DAILY]),
    digest_at=quarters,
    quiet=st.none() | st.tuples(quarters, quarters).filter(lambda pair: pair[0] != pair[1]),
    has_duty=st.booleans(),
    minutes=st.integers(0, 365 * 96).map(lambda n: n * 15),
)
def test_the_first_instant_that_is_neither_too_early_nor_silent(digest, digest_at, quiet, has_duty, minutes) -> None:
    duty = WorkingHours(zone="Europe/Rome", week=((((time(9), time(18))),),) * 5 + ((), ())) if has_duty else None
    times = NoticeTimes(zone="Europe/Rome", digest=digest, digest_at=digest_at, quiet=quiet, duty=duty)
    now = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)

    def is_silent(at: datetime) -> bool:
        wall = at.astimezone(ROME)
        if duty and (wall.weekday() > 4 or not time(9) <= wall.time() < time(18)):
            return True
        if quiet is None:
            return False
        begin, end = quiet
        return begin <= wall.time() < end if begin < end else wall.time() >= begin or wall.time() < end

    def ends_digest(at: datetime) -> bool:
        if digest == Digest.HOURLY:
            return at.minute == 0 and at > now
        return digest == Digest.AT_ONCE or at.astimezone(ROME).time() == digest_at

    earliest = now
    while not ends_digest(earliest):
        earliest += 15 * MINUTE
    walked = earliest
    for _step in range(10 * 96):
        if not is_silent(walked):
            break
        walked += 15 * MINUTE
    else:
        return  # duty and silence leave no hour: whoever reads the mail late reads it all the same

    assert mailed_at(times, now=now, is_urgent=False) == walked
    assert mailed_at(times, now=now, is_urgent=True) == now


def test_every_kind_that_is_used_can_be_chosen() -> None:
    """Each kind that some context tells stands on the page, in words."""
    used = {f"cases.{kind}" for kind in AlarmKind.values}
    for path in Path(corsia.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            name = getattr(getattr(node, "func", None), "id", getattr(getattr(node, "func", None), "attr", ""))
            if not isinstance(node, ast.Call) or name not in ("notify", "tell_person", "tell_watchers"):
                continue
            for argument in node.keywords:
                if argument.arg == "kind" and isinstance(argument.value, ast.Constant):
                    context = "" if name == "notify" else "cases."
                    used.add(f"{context}{argument.value.value}")

    assert "cases.task" in used
    assert used - {kind.key for kind in notice_kinds()} == set()


class TestPage:
    def test_everybody_sets_their_own_and_reads_when_mails_come(self, laura) -> None:
        browser = signed_in(laura)
        form = {
            "digest": "hourly",
            "digest_at": "08:00",
            "quiet_from": "22:00",
            "quiet_until": "06:30",
            "urgent_pierces": "on",
            "mail-cases.overdue": "on",
            "bell-cases.task": "on",
        }

        assert browser.get("/organisation/me/notices/").status_code == 200
        assert browser.post("/organisation/me/notices/", form).status_code == 302

        saved = laura.notice_settings
        assert (saved.digest, saved.quiet_from, saved.quiet_until) == ("hourly", time(22), time(6, 30))
        choices = {choice.kind: (choice.by_bell, choice.by_mail) for choice in laura.notice_choices.all()}
        assert choices["cases.overdue"] == (False, True)
        assert choices["cases.task"] == (True, False)
        assert choices["cases.closed"] == (False, False)

    def test_half_a_silence_is_refused_and_what_was_ticked_is_kept(self, laura) -> None:
        page = signed_in(laura).post(
            "/organisation/me/notices/",
            {"digest": "once", "digest_at": "08:00", "quiet_from": "22:00", "mail-cases.task": "on"},
        )

        assert page.status_code == 422
        assert 'name="mail-cases.task" checked' in page.content.decode()
        assert not hasattr(laura, "notice_settings")

    def test_strangers_sign_in_first(self, client, db) -> None:
        assert client.get("/organisation/me/notices/").status_code == 302
