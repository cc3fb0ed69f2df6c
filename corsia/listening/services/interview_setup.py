"""How a questionnaire is asked on the phone: how often people are called and when, what scripts A and B say."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from corsia.kernel.access import demand
from corsia.kernel.actors import Actor
from corsia.kernel.audit import audit
from corsia.kernel.blobs import keep
from corsia.kernel.errors import Invalid, NotFound
from corsia.listening.models import InterviewSetup, InterviewWords, Questionnaire
from corsia.listening.permissions import MANAGE_LISTENING
from corsia.listening.queries.interviews import SCRIPTS, askable_one
from corsia.listening.rules.interviews import READ_OUT, WORDED, prompts_of, sound_type, usual_words
from corsia.listening.rules.questionnaires import LANGUAGES
from corsia.listening.vocabulary import Slot

MAX_SOUND_BYTES = 4 * 1024 * 1024
LONGEST_WORDS = 600


class NoSlotChosen(Invalid):
    code = "listening.no_slot_chosen"
    message = _("Without a time of day nobody can be called. Choose at least one.")


class NotASound(Invalid):
    code = "listening.not_a_sound"
    message = _("This is no MP3 or WAV file of up to 4 MB. Choose another one.")


class KeysNotSaid(Invalid):
    code = "listening.keys_not_said"
    message = _("“%(text)s” does not say which keys to press. Name both keys, 1 and 2.")


@transaction.atomic
def save_setup(
    *,
    questionnaire_id: int,
    most_attempts: int,
    slots: Sequence[str],
    hours_between: int,
    ring_seconds: int,
    share_b_pct: int,
    by: Actor,
    now: datetime,
) -> InterviewSetup:
    """Say how people are called for a questionnaire, from now on; attempts already planned keep their times.

    Raises:
        NoSlotChosen: there is no time to call.
    """
    questionnaire = _questionnaire(questionnaire_id, by=by)
    chosen = [slot for slot in Slot.values if slot in slots]
    if not chosen:
        raise NoSlotChosen
    values = {
        "most_attempts": most_attempts,
        "slots": chosen,
        "hours_between": hours_between,
        "ring_seconds": ring_seconds,
        "share_b_pct": share_b_pct,
    }
    row: InterviewSetup = InterviewSetup.objects.update_or_create(questionnaire=questionnaire, defaults=values)[0]
    audit(questionnaire, "interview_setup_saved", by=by, now=now, **values)
    return row


@transaction.atomic
def save_words(
    *, questionnaire_id: int, script: str, language: str, texts: Mapping[str, str], by: Actor, now: datetime
) -> None:
    """Say how a script words its prompts; an empty text, or the usual one, is said as usual.

    Raises:
        KeysNotSaid: a prompt that asks for a key does not name its keys.
    """
    setup = _setup(questionnaire_id, script=script, language=language, by=by)
    changed = []
    for prompt in (*WORDED, *READ_OUT):
        if prompt not in texts:
            continue  # the page has a form for each kind
        text = " ".join(texts.get(prompt, "").replace("\x00", "").split())[:LONGEST_WORDS]
        if text == usual_words(prompt, language):
            text = ""
        if text and prompt in ("reason", "privacy") and not ("1" in text and "2" in text):
            raise KeysNotSaid(text=text[:60])
        row = InterviewWords.objects.filter(setup=setup, script=script, language=language, prompt=prompt).first()
        if (row.text if row else "") == text:
            continue
        changed.append(prompt)
        InterviewWords.objects.update_or_create(
            setup=setup,
            script=script,
            language=language,
            prompt=prompt,
            defaults={"text": text, "changed_at": now, "changed_by_id": by.id},
        )
    if changed:
        audit(setup.questionnaire, "interview_words_saved", by=by, now=now, script=script, prompts=changed)


@transaction.atomic
def save_sound(
    *,
    questionnaire_id: int,
    script: str,
    language: str,
    prompt: str,
    content: bytes,
    by: Actor,
    now: datetime,
) -> InterviewWords:
    """Say a prompt in a recorded voice.

    Raises:
        NotASound: it is no sound that a provider plays.
        NotFound: nothing of this name is said in the interview.
    """
    setup = _setup(questionnaire_id, script=script, language=language, by=by)
    said = prompts_of(askable_one(questionnaire_id).definition, language=language)
    if prompt not in {one.key for one in said}:
        raise NotFound(kind=InterviewWords._meta.label)
    media_type = sound_type(content)
    if not media_type or len(content) > MAX_SOUND_BYTES:
        raise NotASound
    row: InterviewWords = InterviewWords.objects.update_or_create(
        setup=setup,
        script=script,
        language=language,
        prompt=prompt,
        defaults={
            "sound_id": keep(content),
            "media_type": media_type,
            "changed_at": now,
            "changed_by_id": by.id,
        },
    )[0]
    audit(setup.questionnaire, "interview_sound_saved", by=by, now=now, script=script, prompt=prompt)
    return row


@transaction.atomic
def remove_sound(*, words_id: int, by: Actor, now: datetime) -> InterviewWords:
    """Let a prompt be spoken again by the provider's voice."""
    row: InterviewWords = InterviewWords.objects.select_related("setup__questionnaire").find(words_id)
    demand(by, MANAGE_LISTENING, row.setup.questionnaire.unit_id)
    row.sound, row.media_type, row.changed_at, row.changed_by_id = None, "", now, by.id
    row.save(update_fields=["sound", "media_type", "changed_at", "changed_by"])
    audit(row.setup.questionnaire, "interview_sound_removed", by=by, now=now, script=row.script, prompt=row.prompt)
    return row


def _questionnaire(questionnaire_id: int, *, by: Actor) -> Questionnaire:
    found: Questionnaire = Questionnaire.objects.lock(questionnaire_id)
    demand(by, MANAGE_LISTENING, found.unit_id)
    return found


def _setup(questionnaire_id: int, *, script: str, language: str, by: Actor) -> InterviewSetup:
    questionnaire = _questionnaire(questionnaire_id, by=by)
    if script not in SCRIPTS or language not in LANGUAGES:
        raise NotFound(kind=InterviewWords._meta.label)
    row: InterviewSetup = InterviewSetup.objects.get_or_create(
        questionnaire=questionnaire, defaults={"slots": [Slot.MORNING, Slot.NOON, Slot.AFTERNOON]}
    )[0]
    return row
