"""A year of unhappy answers: who called, what had caused it, what was done, how it ended, and what they said later."""

import random
from datetime import datetime, timedelta

from corsia.config.demo.copying import Table
from corsia.config.demo.group import DemoGroup
from corsia.config.demo.item_rows import ItemRows
from corsia.listening.models import Invitation, Loop, LoopItem, QuestionnaireVersion, Response
from corsia.listening.services.inviting import AFTER_DAYS
from corsia.listening.services.loops import CLOSE_WITHIN
from corsia.listening.vocabulary import LoopOutcome, VersionState
from corsia.organisation.models import Person
from corsia.organisation.queries import tree

SEED = 204
_STILL_OPEN = timedelta(days=2)  # answers younger than this wait for their call
_ENDS = ((LoopOutcome.RECOVERED, 0.52), (LoopOutcome.PARTLY, 0.70), (LoopOutcome.LOST, 0.85))  # cumulated shares
# What customers say was wrong, what was behind it, and what the group did.
_STORIES = (
    ("Ho aspettato quaranta minuti al banco", "Accettazione scoperta all'apertura", "Scuse e tagliando offerto"),
    (
        "Nessuno mi ha avvisato del ritardo",
        "Ritardo del ricambio non comunicato",
        "Auto sostitutiva e lavaggio omaggio",
    ),
    ("Ho dovuto richiamare tre volte", "Passaggio tra reparti senza consegna", "Referente unico e numero diretto"),
    ("Il conto era diverso dal preventivo", "Lavoro in più fatto senza conferma", "Differenza rimborsata"),
    (
        "Il problema è tornato dopo due giorni",
        "Prova su strada non eseguita",
        "Diagnosi gratuita, rifatto in giornata",
    ),
    ("L'auto era sporca alla riconsegna", "Lavaggio saltato il venerdì", "Lavaggio interno ed esterno offerto"),
)


def load(group: DemoGroup, *, now: datetime) -> None:
    """Write the loops of the answers of a year, and the survey after each remedy; a few stay open for today."""
    rng = random.Random(SEED)
    loops = Table(Loop, *_LOOP)
    items = Table(LoopItem, "loop", "question", "said")
    invitations = Table(
        Invitation, "case", "follows", "unit", "customer", "version", "language", "happened_at", "created_at",
        "send_after", "expires_at", "sent_at", "cancel_reason", "cancel_detail",
    )  # fmt: skip
    responses = Table(
        Response,
        *("invitation", "unit", "customer", "case", "version", "channel", "language", "score", "text"),
        *("wants_callback", "invited_at", "started_at", "answered_at", "completed_at", "settled_at", "device"),
    )
    answers = ItemRows()
    after = QuestionnaireVersion.objects.get(questionnaire__key="after", state=VersionState.IN_FORCE)
    managers = _managers(group)
    unhappy = (
        Response.objects.filter(score__lte=6, answered_at__gt=now - timedelta(days=365), loop=None)
        .exclude(case=None)
        .select_related("invitation", "case")
        .order_by("answered_at", "pk")
    )
    for response in unhappy:
        at, unit_id = response.answered_at, response.unit_id
        assignee = response.invitation.assignee_id if response.invitation else None
        caller = assignee or rng.choice(managers)
        said, cause, remedy = rng.choice(_STORIES)
        due = at + CLOSE_WITHIN
        called = at + timedelta(hours=rng.uniform(1, 30))
        ended = called + timedelta(hours=rng.lognormvariate(2.0, 1.0))
        is_open = at > now - _STILL_OPEN or ended > now or response.case.closed_at is None
        draw = rng.random()
        outcome = next((one for one, share in _ENDS if draw < share), LoopOutcome.UNREACHABLE)
        is_won = outcome in (LoopOutcome.RECOVERED, LoopOutcome.PARTLY)
        money = round(rng.lognormvariate(6.4, 0.5)) * 100 if is_won and rng.random() < 0.45 else None
        was_called = called < now and outcome != LoopOutcome.UNREACHABLE
        loop_id = loops.add(
            *(response.pk, unit_id, response.case_id, 1, at, due, called if was_called else None),
            *(caller if was_called else None, "" if is_open else cause, "" if is_open else remedy),
            *("" if is_open else outcome, None if is_open else money),
            *(None if is_open else ended, None if is_open else caller),
        )
        if was_called:
            items.add(loop_id, "recommend", said)
        if is_open or not is_won or response.customer_id is None:
            continue
        asked = ended + timedelta(days=AFTER_DAYS)
        sent = asked if asked <= now else None
        invitation_id = invitations.add(
            *(response.case_id, loop_id, unit_id, response.customer_id, after.pk, response.language, ended, ended),
            *(asked, asked + timedelta(days=21), sent, "", ""),
        )
        answered = asked + timedelta(hours=rng.lognormvariate(1.6, 1.1))
        if sent is None or answered > now or rng.random() > 0.42:
            continue
        score = min(10, max(0, round(rng.gauss(8.6 if outcome == LoopOutcome.RECOVERED else 7.1, 1.4))))
        response_id = responses.add(
            *(invitation_id, unit_id, response.customer_id, response.case_id, after.pk, "email", response.language),
            *(score, "", False, sent, answered, answered, answered, answered, ""),
        )
        answers.add(response_id, unit_id, "recommend", answered, number=score)
    for table in (loops, items, invitations, responses, answers):
        table.write()


_LOOP = (
    *("response", "unit", "case", "level", "opened_at", "due_at", "called_at", "called_by", "root_cause", "remedy"),
    *("outcome", "money_kept_cents", "closed_at", "closed_by"),
)


def _managers(group: DemoGroup) -> list[int]:
    branches = [unit.pk for unit in tree().units.values() if unit.path.startswith(group.root.path)]
    return list(
        Person.objects.filter(memberships__unit_id__in=branches, memberships__role="branch_manager")
        .order_by("pk")
        .values_list("pk", flat=True)
        .distinct()
    )
