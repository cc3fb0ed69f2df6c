"""A backlog being recovered, work without a process, and colleagues who talk about cases."""

import random
from datetime import datetime, timedelta

from corsia.cases import services as cases
from corsia.cases.models import Case, Recovery, RecoveryAttempt, RecoveryItem
from corsia.cases.permissions import WORK_CASES
from corsia.cases.queries.people import people_who_work_in
from corsia.cases.queries.waiting import tempers_of
from corsia.cases.rules.recovery import Wait, rank_at
from corsia.cases.vocabulary import AttemptResult, AttemptWay, RecoveryOutcome
from corsia.config.demo.group import DemoGroup
from corsia.kernel.actors import Actor, system
from corsia.organisation.actors import actor_of
from corsia.organisation.models import Person

_ROBOT = system("demo")
_DAYS, _ENDED, _WAITING = 16, 64, 9
_SCRIPT_IT = (
    "Buongiorno {{customer_name}}, sono {{agent_name}} di {{unit_name}}.\n"
    "La chiamo per “{{subject}}”, del {{waiting_since}}: Le dovevamo una risposta e non gliel'abbiamo data. "
    "Me ne scuso.\nMi racconta com'è la situazione oggi?\nMe ne occupo io di persona, entro domani sera."
)
_SCRIPT_EN = (
    "Good morning {{customer_name}}, this is {{agent_name}} from {{unit_name}}.\n"
    "I am calling about “{{subject}}”, of {{waiting_since}}: we owed you an answer and did not give it. I apologise.\n"
    "How do things stand today?\nI will see to it myself, by tomorrow evening."
)
_WORK = (
    ("Chiavi lasciate fuori orario", "Il custode le tiene in portineria e nessuno scrive chi le ha prese.", "daily", 4),
    (
        "Vetture in conto visione",
        "Si segnano su un quaderno; quando manca la firma si telefona al venditore.",
        "weekly",
        3,
    ),
    ("Cambio del proprietario dopo una successione", "Ognuno chiede documenti diversi agli eredi.", "rarely", 5),
    ("Rimborso di un pedaggio durante la prova", "Il venditore anticipa e aspetta che qualcuno firmi.", "monthly", 2),
)
_TALK = (
    ("Il cliente è alla terza visita per lo stesso rumore: possiamo proporre l'auto sostitutiva?", ""),
    ("Il ricambio arriva giovedì, l'ho appena chiesto al magazzino.", "Auto sostitutiva fino a giovedì, poi consegna."),
    ("Chi ha parlato con l'assicurazione? Il perito dice di non saperne niente.", ""),
)


def load(group: DemoGroup, *, rng: random.Random, now: datetime) -> None:
    """Show a recovery of a bit more than two weeks, half of it done, and what goes with it."""
    details = cases.RecoveryDetails(
        name="Richieste rimaste senza risposta",
        process_key="complaint",
        script_it=_SCRIPT_IT,
        script_en=_SCRIPT_EN,
    )
    recovery = cases.start_recovery(unit_id=group.root.pk, details=details, by=_ROBOT, now=now - timedelta(days=_DAYS))
    _past(recovery, rng=rng, now=now)
    _open(recovery, rng=rng, now=now)
    _register(group, rng=rng, now=now)
    _talks(rng=rng, now=now)


def _past(recovery: Recovery, *, rng: random.Random, now: datetime) -> None:
    """Those who came to an end: closed cases of before, with the outcome of the relation."""
    began = now - timedelta(days=_DAYS)
    closed = Case.objects.filter(closed_at__lt=began, customer__isnull=False).order_by("-closed_at", "-pk")[:_ENDED]
    items = []
    for case in closed:
        outcome = rng.choices(list(RecoveryOutcome), weights=[7, 2, 1])[0]
        since = began - timedelta(days=rng.randint(20, 120))
        wait = Wait(since=since, unanswered=rng.randint(0, 4), is_complaint=rng.random() < 0.3)
        ended_at = min(began + timedelta(days=rng.uniform(0.4, _DAYS)), now - timedelta(hours=1))
        items.append(
            RecoveryItem(
                recovery=recovery,
                unit_id=case.unit_id,
                case=case,
                waiting_since=wait.since,
                unanswered=wait.unanswered,
                is_complaint=wait.is_complaint,
                rank_at=rank_at(wait),
                added_at=began + timedelta(hours=1),
                attempts=3 if outcome == RecoveryOutcome.UNREACHABLE else rng.randint(1, 2),
                last_attempt_at=ended_at,
                outcome=outcome,
                ended_at=ended_at,
                ended_by_id=case.assignee_id,
            )
        )
    RecoveryItem.objects.bulk_create(items)
    RecoveryAttempt.objects.bulk_create(
        RecoveryAttempt(
            item=item,
            way=AttemptWay.PHONE,
            result=AttemptResult.NO_ANSWER
            if item.outcome == RecoveryOutcome.UNREACHABLE or number
            else AttemptResult.REACHED,
            made_by_id=item.ended_by_id,
            made_at=item.last_attempt_at - timedelta(days=number),
        )
        for item in items
        for number in range(item.attempts)
        if item.last_attempt_at is not None
    )


def _open(recovery: Recovery, *, rng: random.Random, now: datetime) -> None:
    """Those who still wait: the oldest open cases, two of them tried without an answer."""
    waiting = list(Case.objects.filter(closed_at=None, customer__isnull=False).order_by("opened_at", "pk")[:_WAITING])
    told = tempers_of(case.customer_id for case in waiting if case.customer_id)
    tempers = {case.pk: told[case.customer_id] for case in waiting if case.customer_id in told}
    began = now - timedelta(days=_DAYS) + timedelta(hours=1)
    cases.add_cases(
        recovery_id=recovery.pk, case_ids=[case.pk for case in waiting], tempers=tempers, by=_ROBOT, now=now
    )
    RecoveryItem.objects.filter(recovery=recovery, ended_at=None).update(added_at=began)
    for item in RecoveryItem.objects.filter(recovery=recovery, ended_at=None).order_by("-rank_at", "pk")[:2]:
        cases.note_attempt(
            item_id=item.pk,
            way=AttemptWay.PHONE,
            result=AttemptResult.NO_ANSWER,
            note="Segreteria telefonica",
            by=_ROBOT,
            now=now - timedelta(hours=2),
        )


def _register(group: DemoGroup, *, rng: random.Random, now: datetime) -> None:
    for place, (title, what, often, pain) in enumerate(_WORK):
        workers = [person for people in group.workers.values() for person in people]
        proposer = rng.choice(workers)
        by = _actor(proposer, now)
        unit_id = min(by.units_with(WORK_CASES.roles))  # not where they only book
        proposal = cases.propose_process(
            unit_id=unit_id,
            details=cases.ProposalDetails(title=title, what=what, often=often, pain=pain, who="Accettazione"),
            by=by,
            now=now - timedelta(days=12 - place),
        )
        for voter in rng.sample(workers, k=min(len(workers), rng.randint(1, 6))):
            cases.vote(proposal_id=proposal.pk, is_on=True, by=_actor(voter, now), now=now - timedelta(days=place))


def _talks(*, rng: random.Random, now: datetime) -> None:
    candidates = list(Case.objects.filter(closed_at=None, assignee__isnull=False).order_by("-opened_at", "-pk")[:12])
    for case, (text, summary) in zip(candidates, _TALK, strict=False):
        colleagues = list(people_who_work_in(case.unit_id, now=now)[:8])
        first, second = rng.sample(colleagues, k=2) if len(colleagues) > 1 else (colleagues[0], colleagues[0])
        asks, answers = _actor(first, now), _actor(second, now)
        at = now - timedelta(minutes=rng.randint(40, 200))
        talk = cases.discussion_of(case_id=case.pk, by=asks, now=at)
        cases.say(discussion_id=talk.pk, text=f"@{second.full_name} {text}", mentions=[second.pk], by=asks, now=at)
        cases.say(discussion_id=talk.pk, text="Guardo subito e ti dico.", by=answers, now=at + timedelta(minutes=6))
        if summary:
            cases.resolve_discussion(discussion_id=talk.pk, summary=summary, by=asks, now=at + timedelta(minutes=25))


def _actor(person: Person, now: datetime) -> Actor:
    return actor_of(person, today=now.date())
