"""How a questionnaire is asked on the phone, and what became of the calls: counted, compared, listed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _

from corsia.kernel.errors import NotFound
from corsia.listening.models import Interview, InterviewSetup, InterviewWords, Questionnaire, QuestionnaireVersion
from corsia.listening.queries.places import place_name
from corsia.listening.queries.questionnaires import definition_of, version_in_force
from corsia.listening.rules.calling import Difference, Share, difference, share
from corsia.listening.rules.interviews import READ_OUT, Prompt, items_of, left_out, prompts_of, usual_words
from corsia.listening.rules.questionnaires import Definition, Question
from corsia.listening.vocabulary import CallPurpose, InterviewOutcome, InterviewWay, Slot, VersionState
from corsia.organisation.queries import tree
from corsia.organisation.vocabulary import UnitKind

SCRIPTS = ("A", "B")
TRANSFERRED = "csi-care"  # asked of callers at the end of a call
LATEST = 12
USUAL_SLOTS = (Slot.MORNING, Slot.NOON, Slot.AFTERNOON)


@dataclass(frozen=True, kw_only=True)
class Setup:
    """How a questionnaire is asked on the phone; the usual way where nobody said otherwise."""

    most_attempts: int = 3
    slots: Sequence[str] = USUAL_SLOTS
    hours_between: int = 3
    ring_seconds: int = 25
    share_b_pct: int = 0


def setup_of(version_id: int | None) -> Setup:
    """Return how the questionnaire of a version is asked."""
    # Not through the scope: the questionnaire of the group is asked everywhere below it.
    row = InterviewSetup.unscoped.filter(questionnaire__versions=version_id).first() if version_id else None
    return _setup(row)


def _setup(row: InterviewSetup | None) -> Setup:
    if row is None:
        return Setup()
    return Setup(
        most_attempts=row.most_attempts,
        slots=tuple(row.slots) or USUAL_SLOTS,
        hours_between=row.hours_between,
        ring_seconds=row.ring_seconds,
        share_b_pct=row.share_b_pct,
    )


def script_of(version_id: int | None, script: str, language: str) -> tuple[dict[str, str], dict[str, int]]:
    """Return what a script words otherwise than usual, and its recordings, both by prompt."""
    rows = InterviewWords.unscoped.filter(
        setup__questionnaire__versions=version_id, script=script, language=language
    ).values_list("pk", "prompt", "text", "sound_id")
    found = list(rows)
    texts = {prompt: text for _pk, prompt, text, _sound in found if text}
    return texts, {prompt: pk for pk, prompt, _text, sound in found if sound is not None}


def names_at(unit_id: int) -> dict[str, str]:
    """Return what the placeholders of wordings stand for at a unit."""
    chain = tree().chain(unit_id)
    branch = next((unit.name for unit in chain if unit.kind == UnitKind.BRANCH), "")
    group = tree().group(unit_id).name
    return {"group": group, "place": branch or group}


@dataclass(frozen=True, kw_only=True)
class Sound:
    """A recording as it is played."""

    blob_id: int
    media_type: str


def sound_of(words_id: int) -> Sound:
    """Return a recording; whoever asks has proven that they may.

    Raises:
        NotFound: it was removed.
    """
    row = InterviewWords.unscoped.filter(pk=words_id, sound__isnull=False).first()
    if row is None or row.sound_id is None:
        raise NotFound(kind=InterviewWords._meta.label)
    return Sound(blob_id=row.sound_id, media_type=row.media_type)


# ---- the questionnaires that can be asked ----


@dataclass(frozen=True, kw_only=True)
class Askable:
    """A questionnaire in force that a keypad can answer."""

    questionnaire: Questionnaire
    version_id: int
    definition: Definition
    setup: Setup
    asked: int
    left_out: Sequence[Question]


def askable() -> list[Askable]:
    """Return the questionnaires within the scope that can be asked on the phone, by name."""
    versions = QuestionnaireVersion.objects.filter(state=VersionState.IN_FORCE, questionnaire__is_active=True)
    rows = versions.select_related("questionnaire__interview_setup").order_by("questionnaire__name_it", "pk")
    found = [_askable(row) for row in rows]
    return [one for one in found if one.asked]


def askable_one(questionnaire_id: int) -> Askable:
    """Return one questionnaire that can be asked on the phone.

    Raises:
        NotFound: not within the scope, not in force, or nothing in it can be answered by a keypad.
    """
    versions = QuestionnaireVersion.objects.filter(state=VersionState.IN_FORCE, questionnaire_id=questionnaire_id)
    row = versions.select_related("questionnaire__interview_setup").first()
    found = _askable(row) if row is not None else None
    if found is None or not found.asked:
        raise NotFound(kind=Questionnaire._meta.label)
    return found


def _askable(row: QuestionnaireVersion) -> Askable:
    definition = definition_of(row.pk)
    return Askable(
        questionnaire=row.questionnaire,
        version_id=row.pk,
        definition=definition,
        setup=_setup(getattr(row.questionnaire, "interview_setup", None)),
        asked=sum(1 for _one in items_of(definition)),
        left_out=left_out(definition),
    )


@dataclass(frozen=True, kw_only=True)
class WordsRow:
    """A prompt of a script as its page shows it."""

    prompt: Prompt
    text: str  # of the script, "" where it says the usual
    words_id: int | None  # where there is a recording
    is_worded: bool  # whether its text can be changed here; questions are worded in the questionnaire


def words_rows(found: Askable, *, script: str, language: str, worded: Sequence[str]) -> list[WordsRow]:
    """Return everything that may be said in an interview, with what a script says otherwise."""
    texts, sounds = script_of(found.version_id, script, language)
    return [
        WordsRow(
            prompt=prompt,
            text=texts.get(prompt.key, ""),
            words_id=sounds.get(prompt.key),
            is_worded=prompt.key in worded,
        )
        for prompt in prompts_of(found.definition, language=language)
    ]


def read_out(found: Askable, *, script: str, language: str) -> list[WordsRow]:
    """Return what one of us reads out around the questions, with what a script says otherwise."""
    texts, _sounds = script_of(found.version_id, script, language)
    return [
        WordsRow(
            prompt=Prompt(key=key, text=usual_words(key, language)),
            text=texts.get(key, ""),
            words_id=None,
            is_worded=True,
        )
        for key in READ_OUT
    ]


def can_transfer(unit_id: int, key: str) -> bool:
    """Tell whether callers of a unit can be transferred to an interview."""
    version_id = version_in_force(unit_id, key)
    return version_id is not None and any(items_of(definition_of(version_id)))


def transfer_of(account_id: int, provider_id: str) -> str | None:
    """Return what became of the latest transfer of a caller, "" while it goes on; None where there was none."""
    of_call = Interview.objects.filter(account_id=account_id, provider_id=provider_id, way=InterviewWay.TRANSFER)
    found: str | None = of_call.order_by("-pk").values_list("outcome", flat=True).first()
    return found


# ---- what became of the calls ----

_TALKED = (
    InterviewOutcome.DONE,
    InterviewOutcome.PARTIAL,
    InterviewOutcome.DECLINED,
    InterviewOutcome.LEFT,
    InterviewOutcome.LATER,
    InterviewOutcome.LANGUAGE,
    InterviewOutcome.GONE,
    InterviewOutcome.DECEASED,
)
KEYPAD = (InterviewWay.CALLBACK, InterviewWay.TRANSFER)
IN_PERSON = (InterviewWay.OPERATOR,)


@dataclass(frozen=True, kw_only=True)
class Line:
    """What became of the calls of one script, slot or attempt.

    Attributes:
        answered: of the calls made, those somebody answered.
        done: of the answered ones, the interviews that came to their end.
        useful: of the answered ones, those with at least one answer.
        from_all: interviews done of all calls made.
    """

    key: str
    label: str
    made: int
    declined: int
    partial: int
    answered: Share
    done: Share
    useful: Share
    from_all: Share


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Scripts, slots or attempts beside each other.

    Attributes:
        what: the share by which they are compared.
        gap: the best share against the next one, where both have enough calls.
    """

    key: str
    what: str
    lines: Sequence[Line]
    best: Line | None
    second: Line | None
    gap: Difference | None


@dataclass(frozen=True, kw_only=True)
class Interviewed:
    """Everything the page of interviews shows."""

    since: datetime
    total: Line
    by_way: Sequence[Line]
    by_purpose: Sequence[tuple[str, int]]
    scripts: Comparison
    slots: Comparison
    attempts: Comparison
    outcomes: Sequence["Ended"]


@dataclass(frozen=True, kw_only=True)
class Ended:
    """How many calls ended in one way."""

    outcome: str
    label: str
    count: int
    pct: int


def interviewed(
    *,
    days: int,
    now: datetime,
    ways: Sequence[str] = KEYPAD,
    unit_ids: Sequence[int] = (),
    questionnaire_id: int | None = None,
) -> Interviewed:
    """Count the calls made in the last `days`. Scripts are compared over all calls, slots and attempts over ours.

    Args:
        ways: KEYPAD or IN_PERSON: the two are never added up.
        unit_ids: only of these units; empty means all within the scope.
    """
    since = now - timedelta(days=days)
    rows = Interview.objects.filter(placed_at__gt=since, placed_at__lte=now, way__in=ways).exclude(outcome="")
    if unit_ids:
        rows = rows.filter(unit_id__within=unit_ids)
    if questionnaire_id is not None:
        rows = rows.filter(version__questionnaire_id=questionnaire_id)
    counted = list(
        rows.values("way", "script", "slot", "attempt", "purpose", "outcome").annotate(
            made=Count("pk"),
            answered=Count("pk", filter=Q(outcome__in=_TALKED)),
            done=Count("pk", filter=Q(outcome=InterviewOutcome.DONE)),
            partial=Count("pk", filter=Q(outcome=InterviewOutcome.PARTIAL)),
            declined=Count("pk", filter=Q(outcome=InterviewOutcome.DECLINED)),
        )
    )
    ours = [row for row in counted if row["way"] != InterviewWay.TRANSFER]
    slots = {slot.value: str(slot.label) for slot in Slot}
    return Interviewed(
        since=since,
        total=_line("", "", counted),
        by_way=[
            _line(way, str(InterviewWay(way).label), [row for row in counted if row["way"] == way]) for way in ways
        ],
        by_purpose=[
            (str(purpose.label), sum(row["done"] + row["partial"] for row in counted if row["purpose"] == purpose))
            for purpose in (CallPurpose.INFORMATION, CallPurpose.COMPLAINT)
        ],
        scripts=_comparison("script", counted, {name: f"script {name}" for name in SCRIPTS}, by="done"),
        slots=_comparison("slot", ours, slots, by="from_all"),
        attempts=_comparison(
            "attempt", ours, {number: _("attempt %(n)s") % {"n": number} for number in range(1, 10)}, by="from_all"
        ),
        outcomes=_ended(counted),
    )


def _ended(counted: Sequence[Mapping[str, Any]]) -> list[Ended]:
    """Return the ends of calls, the commonest first."""
    counts: dict[str, int] = {}
    for row in counted:
        counts[row["outcome"]] = counts.get(row["outcome"], 0) + row["made"]
    total = sum(counts.values())
    return [
        Ended(outcome=outcome, label=str(InterviewOutcome(outcome).label), count=count, pct=round(100 * count / total))
        for outcome, count in sorted(counts.items(), key=lambda one: (-one[1], one[0]))
    ]


def _comparison(field: str, counted: Sequence[Mapping[str, Any]], labels: Mapping[Any, str], *, by: str) -> Comparison:
    lines = [_line(str(key), label, [row for row in counted if row[field] == key]) for key, label in labels.items()]
    lines = [line for line in lines if line.made]
    ranked = sorted((line for line in lines if getattr(line, by).is_shown), key=lambda one: -getattr(one, by).value)
    best, second = (ranked[0], ranked[1]) if len(ranked) > 1 else (None, None)
    gap = difference(getattr(best, by), getattr(second, by)) if best and second else None
    what = _("done, of the answered") if by == "done" else _("done, of the calls")
    return Comparison(key=field, what=what, lines=lines, best=best, second=second, gap=gap)


def _line(key: str, label: str, rows: Sequence[Mapping[str, Any]]) -> Line:
    made, answered, done, partial, declined = (
        sum(row[name] for row in rows) for name in ("made", "answered", "done", "partial", "declined")
    )
    return Line(
        key=key,
        label=label,
        made=made,
        declined=declined,
        partial=partial,
        answered=share(answered, made),
        done=share(done, answered),
        useful=share(done + partial, answered),
        from_all=share(done, made),
    )


@dataclass(frozen=True, kw_only=True)
class InterviewRow:
    """One call in the list."""

    interview: Interview
    place: str


def latest_interviews(
    *, ways: Sequence[str] = KEYPAD, unit_ids: Sequence[int] = (), limit: int = LATEST
) -> list[InterviewRow]:
    """Return the latest calls, those to come first."""
    rows: QuerySet[Interview] = Interview.objects.filter(way__in=ways)
    if unit_ids:
        rows = rows.filter(unit_id__within=unit_ids)
    rows = rows.select_related("customer", "response", "version__questionnaire").order_by("-planned_at", "-pk")
    places = tree()
    return [InterviewRow(interview=row, place=place_name(places, row.unit_id)) for row in rows[:limit]]
