"""Doubts about answers: what looks doubtful since an instant, the list of doubts, and the score with and without.

Everything is counted by the database; Python only compares counts with what is usual.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Count, Q, Window
from django.db.models.functions import Lower, RowNumber

from corsia.kernel.statements import Statement
from corsia.listening.models import BeggingWords, FlaggedAnswer, IntegrityFlag, Response
from corsia.listening.queries.places import place_name
from corsia.listening.queries.results import subtree
from corsia.listening.queries.surveys import OF_SURVEY, versions_of
from corsia.listening.rules import integrity as rules
from corsia.listening.rules.nps import Score, Tally, shown_score
from corsia.listening.vocabulary import CancelReason, Doubt
from corsia.messaging.models import Mailbox
from corsia.organisation.models import Person
from corsia.organisation.queries import tree

MOST = 100  # doubts in the list
SHOWN = 6  # answers of one doubt
_IDS = "(array_agg(a.id ORDER BY a.id))[1:5000]"
# Somebody can decide these; the others follow from what is already the case.
_LEFT_OUT_BY = (
    CancelReason.BY_HAND,
    CancelReason.SWITCHED_OFF,
    CancelReason.NOT_ALLOWED,
    CancelReason.EXCLUDED_CASE,
    CancelReason.CANNOT_SEND,
)
# What a person decided once about an answer is not asked again.
_UNDECIDED = """NOT EXISTS (SELECT 1 FROM listening_flaggedanswer f JOIN listening_integrityflag g ON g.id = f.flag_id
    WHERE f.response_id = a.id AND g.kind = %(kind)s AND g.decided_at IS NOT NULL)"""
_FRESH = "a.answered_at > %(since)s AND a.answered_at <= %(until)s AND a.channel <> 'import'"

_DEVICES = Statement(
    f"""
    SELECT a.unit_id, a.device, {_IDS}, min(a.answered_at), max(a.answered_at),
        count(DISTINCT COALESCE(a.customer_id, -a.id))
    FROM listening_response a
    WHERE {{within}} AND a.answered_at > %(week)s AND a.answered_at <= %(until)s AND a.device <> ''
        AND a.channel NOT IN ('import', 'kiosk', 'qr') AND {_UNDECIDED}
        AND a.device IN (SELECT n.device FROM listening_response n
            WHERE n.answered_at > %(since)s AND n.answered_at <= %(until)s AND n.device <> '')
    GROUP BY 1, 2 HAVING count(DISTINCT COALESCE(a.customer_id, -a.id)) >= %(least)s ORDER BY 1, 2
    """,
    column="a.unit_id",
)
_STAFF = Statement(
    f"""
    SELECT a.unit_id, a.id, a.answered_at, bool_or(p.id IS NOT NULL), min(split_part(lower(k.value), '@', 2))
    FROM listening_response a
    JOIN customers_contactpoint k ON k.customer_id = a.customer_id AND k.kind = 'email'
    LEFT JOIN organisation_person p ON lower(p.email) = lower(k.value) AND p.is_active
    WHERE {{within}} AND {_FRESH} AND {_UNDECIDED}
        AND (p.id IS NOT NULL OR split_part(lower(k.value), '@', 2) = ANY(%(domains)s::text[]))
    GROUP BY 1, 2, 3 ORDER BY 2
    """,
    column="a.unit_id",
)
_CONTACTS = Statement(
    f"""
    SELECT a.unit_id, a.id, a.answered_at, max(e.at), i.sent_at
    FROM listening_response a JOIN listening_invitation i ON i.id = a.invitation_id
    JOIN customers_customer c ON c.id = i.customer_id
    JOIN kernel_auditentry e ON e.object_kind = 'customers.customer' AND e.object_id = i.customer_id
        AND e.verb IN ('contact_added', 'contact_removed', 'contact_made_primary') AND e.actor_kind = 'person'
        AND e.at <= i.sent_at AND e.at > i.sent_at - %(before)s AND e.at > c.created_at + interval '1 hour'
    WHERE {{within}} AND {_FRESH} AND {_UNDECIDED}
    GROUP BY 1, 2, 3, 5 ORDER BY 2
    """,
    column="a.unit_id",
)
_BEGGING = Statement(
    f"""
    SELECT a.unit_id, a.id, a.answered_at, max(m.at), min(w.word)
    FROM listening_response a JOIN listening_invitation i ON i.id = a.invitation_id
    JOIN LATERAL (
        SELECT o.at, o.text FROM messaging_message o WHERE o.case_id = COALESCE(a.case_id, i.case_id)
            AND o.direction = 'out' AND NOT o.is_automatic AND o.at <= a.answered_at
            AND o.at > a.answered_at - %(before)s
        UNION ALL
        SELECT o.at, o.text FROM messaging_message o WHERE o.customer_id = i.customer_id
            AND o.direction = 'out' AND NOT o.is_automatic AND o.at <= a.answered_at
            AND o.at > a.answered_at - %(before)s
    ) m ON true
    JOIN unnest(%(patterns)s::text[], %(words)s::text[]) w(pattern, word)
        ON regexp_replace(lower(m.text), '\\s+', ' ', 'g') LIKE w.pattern
    WHERE {{within}} AND {_FRESH} AND {_UNDECIDED} AND a.unit_id = ANY(%(units)s::bigint[])
    GROUP BY 1, 2, 3 ORDER BY 2
    """,
    column="a.unit_id",
)
_BIN = "date_bin('30 minutes', a.answered_at, '2000-01-01 00:00+00')"
_BURSTS = Statement(
    f"""
    WITH fresh AS (
        SELECT a.unit_id, {_BIN} AS begins, {_IDS} AS ids, count(*) AS seen, avg(a.score)::float8 AS mean
        FROM listening_response a
        WHERE {{within}} AND {_FRESH} AND a.channel NOT IN ('ivr', 'phone', 'staff') AND {_UNDECIDED}
        GROUP BY 1, 2 HAVING count(*) >= %(least)s)
    SELECT b.unit_id, b.begins, b.ids, b.seen, b.mean,
        (SELECT count(*) FROM listening_response p WHERE p.unit_id = b.unit_id
            AND p.answered_at >= b.begins - %(past)s AND p.answered_at < b.begins - interval '1 day'
            AND p.channel NOT IN ('import', 'ivr', 'phone', 'staff')
            AND extract(hour FROM p.answered_at AT TIME ZONE %(zone)s)
                = extract(hour FROM b.begins AT TIME ZONE %(zone)s)),
        (SELECT count(*) FROM listening_invitation s WHERE s.unit_id = b.unit_id
            AND s.sent_at > b.begins - interval '2 hours' AND s.sent_at < b.begins + interval '30 minutes')
    FROM fresh b ORDER BY 1, 2
    """,
    column="a.unit_id",
)
_ASKED = Statement(
    """
    SELECT i.unit_id,
        count(*) FILTER (WHERE i.created_at > %(fortnight)s AND i.sent_at IS NOT NULL),
        count(*) FILTER (WHERE i.created_at > %(fortnight)s),
        count(*) FILTER (WHERE i.created_at <= %(fortnight)s AND i.sent_at IS NOT NULL),
        count(*) FILTER (WHERE i.created_at <= %(fortnight)s)
    FROM listening_invitation i
    WHERE {within} AND i.created_at > %(past)s AND i.created_at <= %(until)s
        AND (i.sent_at IS NOT NULL OR i.cancel_reason = ANY(%(reasons)s::text[]))
    GROUP BY 1 HAVING count(*) FILTER (WHERE i.created_at > %(fortnight)s) >= %(least)s ORDER BY 1
    """,
    column="i.unit_id",
)
_SCORES = f"""
    SELECT count(*) FILTER (WHERE a.score >= 9), count(*) FILTER (WHERE a.score IN (7, 8)),
        count(*) FILTER (WHERE a.score <= 6)
    FROM listening_response a
    WHERE {{within}} AND a.answered_at >= %(since)s AND a.answered_at <= %(until)s
        AND a.score IS NOT NULL AND a.channel <> 'import' AND {OF_SURVEY}
        AND (%(chosen)s::bigint[] IS NULL OR a.unit_id = ANY(%(chosen)s::bigint[]))
"""
_ALL = Statement(_SCORES, column="a.unit_id", is_report=True)
_ASIDE = Statement(
    _SCORES
    + """ AND a.id IN (SELECT f.response_id FROM listening_integrityflag g
        JOIN listening_flaggedanswer f ON f.flag_id = g.id WHERE g.decision = 'aside')""",
    column="a.unit_id",
    is_report=True,
)


@dataclass(frozen=True, kw_only=True)
class Suspicion:
    """Some answers of a unit that look doubtful; the fields are those of IntegrityFlag."""

    kind: Doubt
    unit_id: int
    key: str
    response_ids: Sequence[int]
    since: datetime
    until: datetime
    seen: int
    of: int = 0
    usual: float | None = None
    chance: float | None = None
    detail: str = ""


@dataclass(frozen=True, kw_only=True)
class BothNumbers:
    """The score of a period with all answers, and without those that were set aside."""

    everything: Tally
    aside: Tally

    @property
    def score(self) -> Score | None:
        return shown_score(self.everything)

    @property
    def without(self) -> Score | None:
        return shown_score(self.everything - self.aside)


@dataclass(frozen=True, kw_only=True)
class DoubtRow:
    """One doubt as the list shows it."""

    flag: IntegrityFlag
    place: str
    count: int
    answers: Sequence[Response]


def suspicions(*, since: datetime, until: datetime) -> Iterator[Suspicion]:
    """Yield what looks doubtful about the answers after `since` and up to `until`."""
    fresh = {"since": since, "until": until}
    yield from _one_device(fresh)
    yield from _own_people(fresh)
    yield from _changed_contacts(fresh)
    yield from _begged(fresh)
    yield from _bursts(fresh)
    yield from _frozen(until)


def both_numbers(
    *, since: datetime, until: datetime, survey: str, unit_id: int | None = None, everything: Tally | None = None
) -> BothNumbers:
    """Count the recommendations of a period with and without what people set aside.

    Args:
        everything: the recommendations of that very choice, where somebody has counted them already.
    """
    asked: dict[str, Any] = {"since": since, "until": until, "chosen": None if unit_id is None else subtree(unit_id)}
    asked |= versions_of(survey)
    [aside] = _ASIDE.rows(**asked)
    if everything is None:
        everything = _tally(*_ALL.rows(**asked)[0])
    return BothNumbers(everything=everything, aside=_tally(*aside))


def _tally(promoters: int, passives: int, detractors: int) -> Tally:
    return Tally(promoters=promoters, passives=passives, detractors=detractors)


def doubts(*, decision: str, kind: str = "", unit_id: int | None = None) -> list[DoubtRow]:
    """Return the latest doubts with the first answers of each."""
    rows = IntegrityFlag.objects.filter(decision=decision).select_related("decided_by")
    if kind:
        rows = rows.filter(kind=kind)
    if unit_id is not None:
        rows = rows.filter(unit_id__within=subtree(unit_id))
    flags = list(rows.annotate(n=Count("answers")).order_by("-found_at", "-pk")[:MOST])
    answers: dict[int, list[Response]] = {flag.pk: [] for flag in flags}
    latest = Window(RowNumber(), partition_by="flag_id", order_by="-response_id")
    numbered = FlaggedAnswer.objects.filter(flag__in=flags).annotate(place=latest).filter(place__lte=SHOWN)
    for row in numbered.select_related("response").order_by("-response_id"):
        answers[row.flag_id].append(row.response)
    places = tree()
    return [
        DoubtRow(flag=flag, place=place_name(places, flag.unit_id), count=flag.n, answers=answers[flag.pk])
        for flag in flags
    ]


def count_doubts(*, unit_id: int | None = None) -> dict[str, int]:
    """Return how many doubts there are by what was decided."""
    rows = IntegrityFlag.objects.all()
    if unit_id is not None:
        rows = rows.filter(unit_id__within=subtree(unit_id))
    return dict(rows.values_list("decision").annotate(n=Count("pk")).order_by())


def begging_words(unit_id: int) -> tuple[Sequence[str], int | None]:
    """Return the words in force at a unit, and the unit whose own they are; None: those of the product."""
    return _nearest(unit_id, _own_words())


def _own_words() -> dict[int, Sequence[str]]:
    # Not through the scope: the words of the group hold for a branch whoever asks.
    return {row.unit_id: row.words for row in BeggingWords.unscoped.all()}


def _nearest(unit_id: int, own: Mapping[int, Sequence[str]]) -> tuple[Sequence[str], int | None]:
    nearest = next((unit.pk for unit in tree().chain(unit_id) if unit.pk in own), None)
    return (own[nearest], nearest) if nearest is not None else (rules.all_begging(), None)


def _one_device(fresh: dict[str, datetime]) -> Iterator[Suspicion]:
    week = fresh["since"] - timedelta(days=rules.DEVICE_DAYS)
    rows = _DEVICES.rows(**fresh, week=week, kind=Doubt.DEVICE, least=rules.DEVICE_CUSTOMERS)
    for unit, device, ids, first, last, customers in rows:
        yield Suspicion(
            kind=Doubt.DEVICE, unit_id=unit, key=device, response_ids=ids, since=first, until=last, seen=len(ids),
            of=customers,
        )  # fmt: skip


def _own_people(fresh: dict[str, datetime]) -> Iterator[Suspicion]:
    people = Person.objects.filter(is_active=True).annotate(folded=Lower("email")).values_list("folded", flat=True)
    mailboxes = Mailbox.unscoped.values_list("address", flat=True)
    domains = rules.own_domains(mailboxes=mailboxes, people=people)
    rows = _STAFF.rows(**fresh, kind=Doubt.STAFF, domains=sorted(domains))
    for unit, answer, at, is_person, domain in rows:
        yield Suspicion(
            kind=Doubt.STAFF, unit_id=unit, key=f"answer:{answer}", response_ids=[answer], since=at, until=at, seen=1,
            detail="" if is_person else domain[:200],
        )  # fmt: skip


def _changed_contacts(fresh: dict[str, datetime]) -> Iterator[Suspicion]:
    before = timedelta(days=rules.CONTACT_DAYS)
    for unit, answer, _at, changed, sent in _CONTACTS.rows(**fresh, kind=Doubt.CONTACT, before=before):
        yield Suspicion(
            kind=Doubt.CONTACT, unit_id=unit, key=f"answer:{answer}", response_ids=[answer], since=changed, until=sent,
            seen=max(1, round((sent - changed).total_seconds() / 3600)),
        )  # fmt: skip


def _begged(fresh: dict[str, datetime]) -> Iterator[Suspicion]:
    units, own = defaultdict[tuple[str, ...], list[int]](list), _own_words()
    for unit in tree().units:
        units[tuple(_nearest(unit, own)[0])].append(unit)
    for words, mine in units.items():
        patterns = rules.begging_patterns(words)
        plain = [pattern[1:-1].replace("\\", "") for pattern in patterns]
        rows = _BEGGING.rows(
            **fresh, kind=Doubt.BEGGING, before=timedelta(days=rules.BEGGING_DAYS), patterns=patterns, words=plain,
            units=mine,
        )  # fmt: skip
        for unit, answer, at, written, word in rows:
            yield Suspicion(
                kind=Doubt.BEGGING, unit_id=unit, key=f"answer:{answer}", response_ids=[answer], since=written,
                until=at, seen=1, detail=word[:200],
            )  # fmt: skip


def _bursts(fresh: dict[str, datetime]) -> Iterator[Suspicion]:
    rows = _BURSTS.rows(
        **fresh, kind=Doubt.BURST, least=rules.BURST_FROM, past=timedelta(days=rules.BURST_PAST_DAYS),
        zone=settings.TIME_ZONE,
    )  # fmt: skip
    for unit, begins, ids, seen, mean, before, just_sent in rows:
        # Two half hours of that hour each day; whoever was asked just now may answer at once, one in four perhaps.
        usual = max(before / (2 * (rules.BURST_PAST_DAYS - 1)), just_sent / 4)
        if rules.is_burst(seen, usual=usual):
            yield Suspicion(
                kind=Doubt.BURST, unit_id=unit, key=f"{begins:%Y-%m-%dT%H:%M}", response_ids=ids, since=begins,
                until=begins + timedelta(minutes=rules.BURST_MINUTES), seen=seen, usual=usual,
                chance=rules.burst_chance(seen, usual=usual), detail="" if mean is None else f"{mean:.1f}",
            )  # fmt: skip


def _frozen(until: datetime) -> Iterator[Suspicion]:
    # Whole weeks, so that the same fortnight is judged once and not anew each night.
    monday = (until - timedelta(days=until.weekday())).replace(hour=0, minute=0, second=0, microsecond=0)
    fortnight = monday - timedelta(days=rules.FROZEN_DAYS)
    past = fortnight - timedelta(days=rules.FROZEN_PAST_DAYS)
    rows = _ASKED.rows(
        fortnight=fortnight, past=past, until=monday, reasons=[str(one) for one in _LEFT_OUT_BY],
        least=rules.FROZEN_FROM,
    )  # fmt: skip
    for unit, asked, of, past_asked, past_of in rows:
        chance = rules.frozen_chance(asked, of, past_asked=past_asked, past_of=past_of)
        if chance is None or chance > rules.FROZEN_CHANCE:
            continue
        key = f"{fortnight:%Y-%m-%d}"
        if IntegrityFlag.objects.filter(unit_id=unit, kind=Doubt.FROZEN, key=key).exists():
            continue
        answers = Response.objects.filter(
            Q(invitation__created_at__gt=fortnight, invitation__created_at__lte=monday), unit_id=unit
        )
        yield Suspicion(
            kind=Doubt.FROZEN, unit_id=unit, key=key, response_ids=list(answers.values_list("pk", flat=True)),
            since=fortnight, until=monday, seen=asked, of=of, usual=100 * past_asked / past_of, chance=chance,
        )  # fmt: skip
