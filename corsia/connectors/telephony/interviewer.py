"""What somebody in an interview hears next: listening says it, here it becomes TwiML."""

from datetime import datetime

from django.conf import settings
from django.urls import reverse

from corsia.connectors.telephony.rules.speech import Played, Said, ask, hang_up, play, response, say
from corsia.connectors.telephony.wire import INTERVIEW_STEP, SOUND, Post, step_url
from corsia.kernel.tokens import sign
from corsia.listening.rules.interviews import Prompt, clean_key
from corsia.listening.services.interviewing import Turn, hear, note_end
from corsia.messaging.models import ChannelAccount

_MACHINES = ("machine", "fax")


def answer(account: ChannelAccount, post: Post, *, now: datetime) -> bytes:
    """Take what the provider tells of an interview, and return what is heard next."""
    if post.interview is None:
        return response(hang_up())
    sid = post.values["CallSid"]
    if post.step != INTERVIEW_STEP:
        note_end(interview_id=post.interview, account_id=account.pk, provider_id=sid, status=post.status, now=now)
        return response()
    if post.values.get("AnsweredBy", "").lower().startswith(_MACHINES):
        note_end(interview_id=post.interview, account_id=account.pk, provider_id=sid, status="machine", now=now)
        return response(hang_up())
    turn = hear(
        interview_id=post.interview,
        account_id=account.pk,
        provider_id=sid,
        turn=post.turn if post.has_turn else None,
        before=post.before,
        pressed=clean_key(post.values.get("Digits", "")),
        now=now,
    )
    return _spoken(account, post.interview, turn) if turn is not None else response(hang_up())


def _spoken(account: ChannelAccount, interview_id: int, turn: Turn) -> bytes:
    said = [_voice(prompt, turn) for prompt in turn.heard.prompts]
    if not turn.heard.digits:
        return response(*(play(one) if isinstance(one, Played) else say(one) for one in said), hang_up())
    address = step_url(account, INTERVIEW_STEP, interview=interview_id, turn=turn.turn, before=turn.before)
    return response(ask(said, action=address, digits=turn.heard.digits, finish="#" if turn.heard.digits > 1 else ""))


def _voice(prompt: Prompt, turn: Turn) -> Said | Played:
    words_id = turn.sounds.get(prompt.key)
    if words_id is None:
        return Said(turn.language, prompt.text)
    return Played(f"{settings.PUBLIC_URL}{sound_path(words_id)}")


def sound_path(words_id: int) -> str:
    """Return where a recording can be heard by whoever has the address."""
    return reverse("telephony:sound", args=[words_id, sign(SOUND, str(words_id), length=32)])
