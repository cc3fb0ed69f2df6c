"""What a caller hears next. It is worked out from the request alone: a request sent twice gets the same answer."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from xml.etree.ElementTree import Element

from django.utils.translation import gettext as _
from django.utils.translation import override

from corsia.connectors.telephony.models import Line, RobotKey
from corsia.connectors.telephony.queries.lines import line_of
from corsia.connectors.telephony.rules.speech import (
    Said,
    ask,
    dial,
    hang_up,
    record,
    redirect,
    reject,
    response,
    say,
    spoken_hours,
)
from corsia.connectors.telephony.vocabulary import KeyAction
from corsia.connectors.telephony.wire import MOST_TURNS, Post, step_url
from corsia.conversations.bot.queries import hours_of, opening_words, opens_at
from corsia.customers.services import users_of_phone
from corsia.messaging.models import ChannelAccount
from corsia.messaging.queries.texting import texting_account
from corsia.organisation.queries import tree
from corsia.organisation.working_time import is_open

_SILENCE = response()
# Each in its own language, whatever is chosen afterwards.
_LANGUAGES = (
    Said("it", "Per l'italiano, prema 1."),
    Said("en", "For English, press 2."),
    Said("it", "Per parlare con una persona, prema 0."),
)


def answer(account: ChannelAccount, post: Post, *, now: datetime) -> bytes:
    """Return the TwiML for a request of the provider."""
    if post.is_report or post.step == "leg":
        return _SILENCE
    return _Turn(account=account, line=line_of(account), post=post, now=now).answer()


def can_be_texted(account: ChannelAccount, number: str) -> bool:
    """Tell whether a link can be sent to a caller: a mobile, and a channel of the unit that writes to numbers."""
    return texting_account(account.unit_id, phone=number) is not None


@dataclass(frozen=True, kw_only=True)
class _Turn:
    account: ChannelAccount
    line: Line
    post: Post
    now: datetime

    def answer(self) -> bytes:
        with override(self.language):
            match self.post.step:
                case "":
                    return self._begin()
                case "lang":
                    return self._language_chosen()
                case "menu":
                    return self._key_pressed()
                case "dialed":
                    return self._after_ringing()
                case "left":
                    return response(self._say(self._goodbye()), hang_up())
        return self._person()

    @property
    def language(self) -> str:
        if self.post.step == "lang" and self.post.digit == "2":
            return "en"
        if self.post.language or self.post.step == "lang":
            return self.post.language or "it"
        return self._known_language() or tree().unit(self.account.unit_id).language

    @property
    def is_staffed(self) -> bool:
        return is_open(hours_of(self.account), self.now)

    def _begin(self) -> bytes:
        numbers = self._numbers()
        if not self.account.is_active:  # switched off, the robot says nothing: phones ring as if it were not there
            return response(self._dial(numbers)) if numbers else response(reject())
        if not self.line.has_robot:
            return self._person(self._greeting())
        if self.line.asks_language and not self._known_language():
            welcome = Said("it", self._greeting_of("it")), Said("en", self._greeting_of("en"))
            return response(ask([*welcome, *_LANGUAGES], action=step_url(self.account, "lang")))
        return self._menu(self._greeting())

    def _language_chosen(self) -> bytes:
        if self.post.digit in ("", "0"):
            return self._person()
        return self._menu()

    def _key_pressed(self) -> bytes:
        digit = self.post.digit
        if digit in ("", "0") or self.post.turn >= MOST_TURNS:
            return self._person()
        key = next((key for key in self._keys() if str(key.digit) == digit), None)
        if key is None:
            return self._menu(_("This key does nothing here."))
        text = key.text_en if self.language == "en" else key.text_it
        if key.action == KeyAction.HOURS:
            lines = opening_words(self.account, language=self.language, now=self.now)
            return self._menu(spoken_hours(lines, self.language))
        if key.action == KeyAction.LINK:
            if not can_be_texted(self.account, self.post.caller):
                return self._person(_("We cannot send a text message to your number."))
            return self._menu(_("We are sending you a text message with the link."))
        return self._menu(text)

    def _menu(self, before: str = "") -> bytes:
        words = [f"{key.label_en if self.language == 'en' else key.label_it}: {key.digit}." for key in self._keys()]
        said = [before, *words, _("To speak with a person, press 0 or stay on the line.")]
        action = step_url(self.account, "menu", turn=self.post.turn + 1, language=self.language)
        return response(ask([Said(self.language, text) for text in said if text], action=action))

    def _person(self, before: str = "") -> bytes:
        first = [self._say(before)] if before else []
        numbers = self._numbers()
        if not self.is_staffed:
            return self._take_message(first, self._closed())
        if not numbers:
            return self._take_message(first, _("Our colleagues are busy right now."))
        return response(
            *first, self._say(_("We connect you with a colleague. Please stay on the line.")), self._dial(numbers)
        )

    def _after_ringing(self) -> bytes:
        if self.post.values.get("DialCallStatus") == "completed":
            return response(hang_up())
        if not self.account.is_active:
            return response(hang_up())
        return self._take_message([], _("None of our colleagues can answer right now."))

    def _take_message(self, first: Sequence[Element], why: str) -> bytes:
        start = [*first, self._say(why)] if why else [*first]
        if not self.line.takes_messages:
            return response(*start, self._say(self._goodbye()), hang_up())
        asked = _(
            "If you wish, leave a message after the tone, and press the hash key when you are done. Only your message"
            " is recorded, so that we can call you back."
        )
        left = step_url(self.account, "left", language=self.language)
        # Whoever says nothing goes on behind the recording.
        return response(*start, self._say(asked), record(action=left), redirect(left))

    def _goodbye(self) -> str:
        if self.post.values.get("RecordingUrl"):
            return _("Thank you. We have your message and call you back. Goodbye.")
        if self.post.caller:
            return _("We have your number and call you back. Goodbye.")
        return _("Your number is withheld: please call again. Goodbye.")

    def _closed(self) -> str:
        at = opens_at(hours_of(self.account), self.account.unit_id, now=self.now)
        if self.post.step == "" and not self.line.has_robot:
            return ""  # the greeting said so already
        return _("We are closed now. We open again on %(at)s.") % {"at": at} if at else _("We are closed now.")

    def _greeting(self) -> str:
        return self._greeting_of(self.language)

    def _greeting_of(self, language: str) -> str:
        account = self.account
        if self.is_staffed:
            own = account.greeting_en if language == "en" else account.greeting_it
        else:
            own = account.away_en if language == "en" else account.away_it
        return own.strip() or self._usual(language)

    def _usual(self, language: str) -> str:
        with override(language):
            name = tree().group(self.account.unit_id).name
            if self.is_staffed:
                return _("Welcome to %(name)s.") % {"name": name}
            at = opens_at(hours_of(self.account), self.account.unit_id, now=self.now)
            closed = _("We are closed now. We open again on %(at)s.") % {"at": at} if at else _("We are closed now.")
            return f"{_('Welcome to %(name)s.') % {'name': name}} {closed}"

    def _known_language(self) -> str:
        """Return the language of whoever calls, where everybody with their number speaks one; "" when not known."""
        group = tree().group(self.account.unit_id).pk
        spoken = {user.language for user in users_of_phone(group_id=group, phone=self.post.caller)}
        return spoken.pop() if len(spoken) == 1 and spoken <= {"it", "en"} else ""

    def _keys(self) -> list[RobotKey]:
        return list(RobotKey.objects.filter(line=self.line).order_by("digit")) if self.line.pk else []

    def _numbers(self) -> list[str]:
        return list(self.line.extensions.order_by("pk").values_list("number", flat=True)) if self.line.pk else []

    def _say(self, text: str) -> Element:
        return say(Said(self.language, text))

    def _dial(self, numbers: Sequence[str]) -> Element:
        return dial(
            numbers,
            seconds=self.line.ring_seconds,
            action=step_url(self.account, "dialed", language=self.language),
            report=step_url(self.account, "leg"),
        )
