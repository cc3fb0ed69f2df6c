"""The interview by keypad: what is said, and where every key leads. Pure: an interview is the keys pressed so far.

A state is worked out anew from all keys, so that a request that comes twice, or a minute late, changes nothing.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from corsia.listening.rules.questionnaires import (
    Choice,
    Definition,
    Given,
    Problem,
    Question,
    QuestionKind,
    Words,
    fill,
    is_shown,
    read_answer,
    still_asked,
)

SILENCE = "-"  # how "no key came in time" is written among the keys
REPEAT = "*"
MOST_WRONG = 3  # wrong keys at one question; then it is left out, and without an agreement the call ends
MOST_SILENT = 2  # silences in a row; then the call ends
MOST_TURNS = 90  # of one call, repeats among them
_KEYPAD = frozenset("0123456789*#")


class Phase(StrEnum):
    """Where in the call somebody is."""

    REASON = "reason"
    PRIVACY = "privacy"
    ITEMS = "items"
    OVER = "over"


class Reason(StrEnum):
    """Why they had called us: the first key."""

    NONE = ""
    INFORMATION = "information"
    COMPLAINT = "complaint"


class Noticed(StrEnum):
    """What the latest key was, where it answered nothing."""

    NOTHING = ""
    WRONG = "wrong"
    SILENCE = "silence"
    REPEAT = "repeat"


class Ending(StrEnum):
    """How an interview that is over came to its end."""

    NOT_YET = ""
    DONE = "done"
    DECLINED = "declined"
    GONE = "gone"  # nobody pressed anything any more, or no agreement was to be had


@dataclass(frozen=True, kw_only=True)
class Item:
    """One thing asked: a question, or one row of a matrix."""

    key: str
    question: Question
    row: Choice | None = None

    @property
    def digits(self) -> int:
        """How many keys an answer takes: a scale up to 10 takes two, its other numbers end by the hash key."""
        return 2 if self.question.kind in _SCALES and self.question.high == 10 else 1


_SCALES = (QuestionKind.SCALE, QuestionKind.MATRIX)
_REASONS = {"1": Reason.INFORMATION, "2": Reason.COMPLAINT}


@dataclass(frozen=True, kw_only=True)
class State:
    """Where an interview is.

    Attributes:
        item: what is asked now; None outside the questions.
        has_consent: they agreed; before that nothing of the call is kept.
        answers: what counts so far.
        skipped: items left out after wrong keys.
        wrong, silent: in a row, at the present question.
    """

    phase: Phase = Phase.REASON
    reason: Reason = Reason.NONE
    item: Item | None = None
    has_consent: bool = False
    answers: Mapping[str, Given] = field(default_factory=dict)
    skipped: frozenset[str] = frozenset()
    noticed: Noticed = Noticed.NOTHING
    wrong: int = 0
    silent: int = 0
    ending: Ending = Ending.NOT_YET

    @property
    def is_over(self) -> bool:
        return self.phase is Phase.OVER


def can_be_pressed(question: Question) -> bool:
    """Tell whether a keypad can answer a question."""
    match question.kind:
        case QuestionKind.SCALE | QuestionKind.MATRIX:
            return question.low >= 0 and question.high <= 10
        case QuestionKind.CHOICE:
            return len(question.choices) <= 9
        case QuestionKind.YES_NO:
            return True
    return False


def items_of(definition: Definition) -> Iterator[Item]:
    """Return everything a keypad can answer, in order."""
    for question in definition.questions:
        if can_be_pressed(question):
            for key, row in zip(question.items, question.rows or (None,), strict=True):
                yield Item(key=key, question=question, row=row)


def left_out(definition: Definition) -> list[Question]:
    """Return the questions that no keypad can answer."""
    return [question for question in definition.questions if not can_be_pressed(question)]


def clean_key(pressed: str) -> str:
    """Return what a provider or a form says was pressed as one key of an interview; nothing and the like is SILENCE."""
    kept = "".join(letter for letter in pressed[:4] if letter in _KEYPAD)
    if REPEAT in kept:
        return REPEAT
    return kept[:2] or SILENCE


def after(definition: Definition, keys: Sequence[str]) -> State:
    """Return where an interview is after these keys."""
    state = State()
    for key in keys[:MOST_TURNS]:
        state = press(definition, state, key)
    if len(keys) >= MOST_TURNS and not state.is_over:
        return _over(state, Ending.GONE)
    return state


def press(definition: Definition, state: State, key: str) -> State:
    """Return where one more key leads. After the end none leads anywhere."""
    if state.is_over:
        return state
    if key == SILENCE:
        silent = state.silent + 1
        if silent >= MOST_SILENT:
            return _over(state, Ending.GONE)
        return replace(state, silent=silent, noticed=Noticed.SILENCE)
    state = replace(state, silent=0)
    if key == REPEAT:
        return replace(state, noticed=Noticed.REPEAT)
    match state.phase:
        case Phase.REASON:
            return _reason(state, key)
        case Phase.PRIVACY:
            return _privacy(definition, state, key)
    return _answer(definition, state, key)


def _reason(state: State, key: str) -> State:
    reason = _REASONS.get(key)
    if reason is None and state.wrong + 1 < MOST_WRONG:
        return _wrong(state)
    return State(phase=Phase.PRIVACY, reason=reason or Reason.NONE)


def _privacy(definition: Definition, state: State, key: str) -> State:
    if key == "1":
        return _next(definition, State(phase=Phase.ITEMS, reason=state.reason, has_consent=True))
    if key == "2":
        return _over(state, Ending.DECLINED)
    return _wrong(state) if state.wrong + 1 < MOST_WRONG else _over(state, Ending.GONE)


def _answer(definition: Definition, state: State, key: str) -> State:
    item = state.item
    if item is None:  # no questionnaire is asked that asks nothing
        return _next(definition, state)
    given = _read(item, key)
    if given is None:
        if state.wrong + 1 < MOST_WRONG:
            return _wrong(state)
        return _next(definition, replace(state, skipped=state.skipped | {item.key}))
    answers = still_asked(definition, {**state.answers, item.key: given})
    return _next(definition, replace(state, answers=answers))


def _next(definition: Definition, state: State) -> State:
    """Return the state at the next thing to ask, or at the end."""
    for item in items_of(definition):
        is_open = item.key not in state.answers and item.key not in state.skipped
        if is_open and is_shown(item.question, state.answers):
            return replace(state, phase=Phase.ITEMS, item=item, wrong=0, silent=0, noticed=Noticed.NOTHING)
    return _over(state, Ending.DONE)


def _wrong(state: State) -> State:
    return replace(state, wrong=state.wrong + 1, noticed=Noticed.WRONG)


def _over(state: State, ending: Ending) -> State:
    return replace(state, phase=Phase.OVER, item=None, ending=ending, noticed=Noticed.NOTHING, wrong=0, silent=0)


def _read(item: Item, key: str) -> Given | None:
    """Return what a key answers; None where it is no answer."""
    question, told = item.question, key.rstrip("#")
    match question.kind:
        case QuestionKind.YES_NO:
            told = {"1": "yes", "2": "no"}.get(told, "")
        case QuestionKind.CHOICE:
            place = int(told) if told.isdecimal() else 0
            told = question.choices[place - 1].key if 1 <= place <= len(question.choices) else ""
        case _ if len(told) > item.digits:
            return None
    read = read_answer(question, [told]) if told else Problem.REQUIRED
    return None if isinstance(read, Problem) else read


# ---- what is said ----

GREETING, REASON, PRIVACY, THANKS = "greeting", "reason", "privacy", "thanks"
DECLINED, GONE, WRONG, STILL_THERE, STAR = "declined", "gone", "wrong", "silence", "star"
WORDED = (GREETING, REASON, PRIVACY, THANKS)  # what a script words for itself
# The same read out by one of us, who asks the questions in person.
OPENING, STATEMENT, CLOSING = "opening", "statement", "closing"
READ_OUT = (OPENING, STATEMENT, CLOSING)
_TOLD: Mapping[str, Words] = {
    GREETING: Words(
        it="Buongiorno da {group}. Le chiediamo due minuti per dirci com'è andata con il nostro Servizio Clienti.",
        en="Hello from {group}. Please give us two minutes to tell us how it went with our customer service.",
    ),
    REASON: Words(
        it="Se ci aveva contattato per un'informazione, prema 1. Se era per un reclamo, prema 2.",
        en="If you had contacted us for information, press 1. If it was about a complaint, press 2.",
    ),
    PRIVACY: Words(
        it=(
            "Nel rispetto della legge sulla privacy, le Sue risposte servono solo a migliorare il nostro servizio. La"
            " chiamata non viene registrata e può interromperla quando vuole. Per accettare prema 1, per rifiutare"
            " prema 2."
        ),
        en=(
            "In keeping with privacy law, your answers only serve to improve our service. The call is not recorded and"
            " you may end it at any time. To agree press 1, to decline press 2."
        ),
    ),
    THANKS: Words(
        it="Abbiamo finito. Grazie per il tempo che ci ha dedicato. Arrivederci.",
        en="That was all. Thank you for your time. Goodbye.",
    ),
    OPENING: Words(
        it="Buongiorno, sono {person} di {group}. Parlo con {customer}? Ha due minuti per dirci com'è andata da noi?",
        en="Hello, this is {person} of {group}. Is that {customer}? Have you two minutes to tell us how it went?",
    ),
    STATEMENT: Words(
        it=(
            "Nel rispetto della legge sulla privacy, le Sue risposte servono solo a migliorare il nostro servizio. La"
            " chiamata non viene registrata e può interromperla quando vuole. Possiamo cominciare?"
        ),
        en=(
            "In keeping with privacy law, your answers only serve to improve our service. The call is not recorded and"
            " you may end it at any time. May we begin?"
        ),
    ),
    CLOSING: Words(
        it="Abbiamo finito. La ringrazio per il tempo che ci ha dedicato. Buona giornata!",
        en="That was all. Thank you very much for your time. Have a good day!",
    ),
    DECLINED: Words(
        it="Va bene, non conserviamo nessuna risposta. Grazie e arrivederci.",
        en="Very well, we keep no answer. Thank you and goodbye.",
    ),
    GONE: Words(
        it="Non riceviamo risposte e chiudiamo qui. Grazie e arrivederci.",
        en="We are receiving no answers and end here. Thank you and goodbye.",
    ),
    WRONG: Words(it="Questo tasto non è tra le risposte.", en="This key is not among the answers."),
    STILL_THERE: Words(it="Non abbiamo ricevuto nessun tasto.", en="We did not receive any key."),
}
_BY_SCALE = Words(it="Prema un tasto da {low} a {high}", en="Press a key from {low} to {high}")
_BY_LONG_SCALE = Words(
    it="Digiti un numero da {low} a {high}, seguito dal tasto cancelletto",
    en="Enter a number from {low} to {high}, followed by the hash key",
)
_YES_NO = Words(it="Per sì prema 1, per no prema 2.", en="For yes press 1, for no press 2.")
_CHOICE = Words(it="Per {what} prema {key}.", en="For {what} press {key}.")
_ENDS = Words(it="{key} significa {what}", en="{key} means {what}")
_ONLY_FIRST = Words(it="Per riascoltare una domanda prema asterisco.", en="To hear a question again press star.")


@dataclass(frozen=True, kw_only=True)
class Prompt:
    """Something said. The key names it, so that a recorded voice can say it."""

    key: str
    text: str


@dataclass(frozen=True, kw_only=True)
class Heard:
    """What somebody hears next.

    Attributes:
        digits: how many keys are waited for; 0: the call ends here.
    """

    prompts: tuple[Prompt, ...]
    digits: int


def usual_words(key: str, language: str) -> str:
    """Return how a prompt is worded where a script says nothing else."""
    return _TOLD[key].said(language)


def heard(
    definition: Definition, state: State, *, language: str, script: Mapping[str, str], names: Mapping[str, str]
) -> Heard:
    """Return what is said in a state.

    Args:
        script: wordings that stand in place of the usual ones, by prompt.
        names: what placeholders stand for: group.
    """

    def told(key: str) -> Prompt:
        return Prompt(key=key, text=fill(script.get(key, "").strip() or usual_words(key, language), names))

    if state.is_over:
        end = {Ending.DONE: THANKS, Ending.DECLINED: DECLINED}.get(state.ending, GONE)
        if state.ending is Ending.GONE and state.answers:
            end = THANKS  # what was answered counts
        return Heard(prompts=(told(end),), digits=0)
    said: list[Prompt] = []
    if state.noticed is Noticed.WRONG:
        said.append(told(WRONG))
    elif state.noticed is Noticed.SILENCE:
        said.append(told(STILL_THERE))
    match state.phase:
        case Phase.REASON:
            said += [told(GREETING), told(REASON)] if state.noticed is Noticed.NOTHING else [told(REASON)]
        case Phase.PRIVACY:
            said.append(told(PRIVACY))
        case _ if state.item is not None:
            text = fill(asked(state.item, language), names)
            said.append(Prompt(key=f"q.{state.item.key}", text=text))
            if not state.answers and not state.skipped and state.noticed is Noticed.NOTHING:
                said.append(Prompt(key=STAR, text=_ONLY_FIRST.said(language)))
    return Heard(prompts=tuple(said), digits=state.item.digits if state.item else 1)


def asked(item: Item, language: str) -> str:
    """Return how something is asked on the phone, with the keys that answer it."""
    question = item.question
    words = question.words.said(language)
    if item.row is not None:
        words = f"{_ended(words)} {item.row.words.said(language)}"
    match question.kind:
        case QuestionKind.YES_NO:
            how = _YES_NO.said(language)
        case QuestionKind.CHOICE:
            how = " ".join(
                _CHOICE.said(language).format(what=choice.words.said(language), key=place)
                for place, choice in enumerate(question.choices, start=1)
            )
        case _:
            how = _scale(item, language)
    return f"{_ended(words)} {how}"


def _scale(item: Item, language: str) -> str:
    question = item.question
    first = (_BY_LONG_SCALE if item.digits == 2 else _BY_SCALE).said(language)
    first = first.format(low=question.low, high=question.high)
    ends = [
        _ENDS.said(language).format(key=number, what=f"“{words.said(language)}”")
        for number, words in ((question.low, question.low_words), (question.high, question.high_words))
        if words.said(language)
    ]
    return f"{first}: {', '.join(ends)}." if ends else f"{first}."


def _ended(text: str) -> str:
    text = text.strip()
    return text if text.endswith((".", "?", "!", ":")) else f"{text}."


def prompts_of(definition: Definition, *, language: str) -> list[Prompt]:
    """Return everything that may be said in an interview, in its order: what a voice would record."""
    before = [Prompt(key=key, text=usual_words(key, language)) for key in (GREETING, REASON, PRIVACY)]
    items = [Prompt(key=f"q.{item.key}", text=asked(item, language)) for item in items_of(definition)]
    star = Prompt(key=STAR, text=_ONLY_FIRST.said(language))
    rest = [Prompt(key=key, text=usual_words(key, language)) for key in (THANKS, DECLINED, GONE, WRONG, STILL_THERE)]
    return [*before, *items[:1], star, *items[1:], *rest]


def sound_type(content: bytes) -> str:
    """Return what kind of sound a file is, by its first bytes; "" for what no provider plays."""
    if content[:3] == b"ID3" or (content[:1] == b"\xff" and content[1:2] and content[1] & 0xE6 == 0xE2):
        return "audio/mpeg"
    if content[:4] == b"RIFF" and content[8:12] == b"WAVE":
        return "audio/wav"
    return ""
