"""Doubts about answers: found by a job, decided by a person. Nothing is left out of a figure by itself."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from corsia.kernel.access import demand
from corsia.kernel.actors import Actor
from corsia.kernel.audit import audit
from corsia.kernel.errors import Invalid, Refused
from corsia.listening.models import BeggingWords, FlaggedAnswer, IntegrityFlag, IntegrityRun
from corsia.listening.permissions import MANAGE_SURVEYS
from corsia.listening.queries.integrity import Suspicion, suspicions
from corsia.listening.vocabulary import Decision

FIRST_DAYS = 90  # looked back when nothing was looked at before
MOST_WORDS = 200


class DecidedAlready(Refused):
    code = "listening.decided_already"
    message = _("Somebody decided about these answers already. Reload the page to see what and why.")


class NoteMissing(Invalid):
    code = "listening.note_missing"
    message = _("Say in a few words why: whoever reads the figures later must be able to follow you.")


class DecisionUnknown(Invalid):
    code = "listening.decision_unknown"
    message = _("Decide whether the answers are valid or set aside.")


@transaction.atomic
def find_doubts(*, now: datetime) -> int:
    """Look at the answers since the last time, and return how many doubts are new."""
    last = IntegrityRun.objects.select_for_update().order_by("-until").first()
    if last and last.until >= now:
        return 0  # run twice at once
    since = last.until if last else now - timedelta(days=FIRST_DAYS)
    found = sum(_flag(one, now=now) for one in suspicions(since=since, until=now))
    IntegrityRun.objects.create(until=now, flagged=found)
    return found


@transaction.atomic
def decide(*, flag_id: int, decision: str, note: str, by: Actor, now: datetime) -> IntegrityFlag:
    """Say that doubtful answers are valid, or set them aside: then figures are shown with and without them.

    Raises:
        DecidedAlready: somebody did.
        NoteMissing: no reason was given.
        DecisionUnknown: neither valid nor set aside.
    """
    flag: IntegrityFlag = IntegrityFlag.objects.lock(flag_id)
    demand(by, MANAGE_SURVEYS, flag.unit_id)
    if decision not in (Decision.VALID, Decision.ASIDE):
        raise DecisionUnknown
    if flag.decided_at is not None:
        raise DecidedAlready
    said = " ".join(note.split())[:400]
    if not said:
        raise NoteMissing
    flag.decision, flag.note, flag.decided_at, flag.decided_by_id = decision, said, now, by.id
    flag.save(update_fields=["decision", "note", "decided_at", "decided_by"])
    audit(flag, "doubt_decided", by=by, now=now, decision=decision)
    return flag


@transaction.atomic
def save_begging_words(*, unit_id: int, words: Iterable[str], by: Actor, now: datetime) -> BeggingWords:
    """Say which words in a message beg for a score, for a unit and everything below it; from now on."""
    demand(by, MANAGE_SURVEYS, unit_id)
    told = list(dict.fromkeys(" ".join(word.lower().split())[:80] for word in words))
    kept = [word for word in told if len(word) > 2][:MOST_WORDS]
    row: BeggingWords = BeggingWords.objects.update_or_create(unit_id=unit_id, defaults={"words": kept})[0]
    audit(row, "begging_words_saved", by=by, now=now, words=len(kept))
    return row


def _flag(one: Suspicion, *, now: datetime) -> int:
    """Write a doubt down; more of the same joins it while it is open. Return 1 where it is new."""
    values = {name: getattr(one, name) for name in ("since", "until", "seen", "of", "usual", "chance", "detail")}
    flag, is_new = IntegrityFlag.objects.update_or_create(
        unit_id=one.unit_id,
        kind=one.kind,
        key=one.key[:80],
        decided_at=None,
        defaults=values,
        create_defaults=values | {"found_at": now},
    )
    FlaggedAnswer.objects.bulk_create(
        (FlaggedAnswer(flag=flag, unit_id=one.unit_id, response_id=pk) for pk in one.response_ids),
        ignore_conflicts=True,
    )
    return int(is_new)
