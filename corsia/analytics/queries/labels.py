"""What people call the values of a dimension."""

from collections.abc import Iterable, Mapping, Sequence

from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from corsia.analytics.queries.narrowing import NONE
from corsia.analytics.vocabulary import Dimension
from corsia.cases.models import Cause, Phase, Process
from corsia.cases.vocabulary import ClockKind, EndKind, Holder, Origin, Priority, PurchaseChannel, RecoveryOutcome
from corsia.knowledge.models import Article
from corsia.knowledge.vocabulary import Source
from corsia.listening.models import Touchpoint
from corsia.listening.queries.surveys import surveys_in_scope
from corsia.listening.vocabulary import AnswerChannel, Instrument
from corsia.organisation.models import Person
from corsia.organisation.queries import tree
from corsia.organisation.vocabulary import Language
from corsia.ui.channels import channel_look
from corsia.workshop.models import Job
from corsia.workshop.vocabulary import BayKind, JobGroup
from corsia.workshop.vocabulary import Source as BookedBy

_WITHOUT = {
    Dimension.AGENT: _("Nobody"),
    Dimension.CAUSE: _("No cause written down"),
    Dimension.MAKE: _("No vehicle"),
    Dimension.MODEL: _("No vehicle"),
    Dimension.END: _("Still open"),
    Dimension.OUTCOME: _("Not ended yet"),
    Dimension.TAG: _("No tag"),
    Dimension.TOUCHPOINT: _("No touchpoint"),
    Dimension.JOB: _("Work without a job"),
    Dimension.JOB_GROUP: _("Work without a job"),
    Dimension.BAY_KIND: _("No bay"),
    Dimension.BOOKED_BY: _("Came without a booking"),
}
_CHOICES = {
    Dimension.PRIORITY: Priority,
    Dimension.LANGUAGE: Language,
    Dimension.PURCHASE: PurchaseChannel,
    Dimension.HOLDER: Holder,
    Dimension.CLOCK: ClockKind,
    Dimension.END: EndKind,
    Dimension.OUTCOME: RecoveryOutcome,
    Dimension.INSTRUMENT: Instrument,
    Dimension.JOB_GROUP: JobGroup,
    Dimension.BAY_KIND: BayKind,
    Dimension.BOOKED_BY: BookedBy,
}


def label_of(dimension: Dimension, key: str) -> str:
    """Return the name of one value in the reader's language."""
    return labels_of(dimension, [key])[key]


def labels_of(dimension: Dimension, keys: Iterable[str]) -> dict[str, str]:
    """Return the names of values in the reader's language; the value itself where nothing is called so any more."""
    wanted = set(keys)
    names = _names(dimension, wanted - {NONE})
    return {key: str(_WITHOUT.get(dimension, _("Without"))) if key == NONE else names.get(key, key) for key in wanted}


def _names(dimension: Dimension, keys: set[str]) -> Mapping[str, str]:
    if dimension in (Dimension.CHANNEL, Dimension.SOURCE):
        looks = {key: channel_look(key) for key in keys}
        known = {str(value): str(label) for one in (AnswerChannel, Origin, Source) for value, label in one.choices}
        return known | {key: str(look.label) for key, look in looks.items() if look}
    if dimension in _CHOICES:
        return {str(value): str(label) for value, label in _CHOICES[dimension].choices}
    if not keys:
        return {}
    match dimension:
        case Dimension.UNIT | Dimension.TEAM:
            units = tree().units
            return {key: tree().label(int(key)) for key in keys if int(key) in units}
        case Dimension.AGENT:
            people = Person.objects.filter(pk__in=[int(key) for key in keys])
            return {str(person.pk): person.full_name for person in people}
        case Dimension.COMPLAINT:
            return {"true": gettext("Complaint"), "false": gettext("Information")}
        case Dimension.PROCESS:
            return _processes()
        case Dimension.CAUSE:
            return _causes()
        case Dimension.REASON:
            return {key: _joined(key, _processes(), _causes()) for key in keys}
        case Dimension.PHASE:
            return {key: _joined(key, _processes(), _phases(key)) for key in keys}
        case _:
            return _in_lists(dimension, keys)


def _in_lists(dimension: Dimension, keys: set[str]) -> Mapping[str, str]:
    match dimension:
        case Dimension.JOB:
            jobs = Job.objects.filter(code__in=keys).values_list("code", "name_it", "name_en")
            return {code: _in_language(italian, english) for code, italian, english in jobs}
        case Dimension.QUESTIONNAIRE:
            return {one.key: _in_language(one.name_it, one.name_en) for one in surveys_in_scope()}
        case _:
            return _numbered(dimension, [int(key) for key in keys if key.isdecimal()])


def _numbered(dimension: Dimension, ids: Sequence[int]) -> Mapping[str, str]:
    if dimension is Dimension.ARTICLE:
        articles = Article.objects.filter(pk__in=ids)
        return {str(one.pk): _in_language(one.title_it, one.title_en) for one in articles}
    if dimension is Dimension.TOUCHPOINT:
        points = Touchpoint.objects.filter(pk__in=ids)
        return {str(one.pk): _in_language(one.name_it, one.name_en) for one in points}
    return {}


def _joined(key: str, firsts: Mapping[str, str], seconds: Mapping[str, str]) -> str:
    first, _bar, second = key.partition("|")
    name = firsts.get(first, first)
    return f"{name} · {seconds.get(second, second)}" if second else name


def _in_language(italian: str, english: str) -> str:
    return english or italian if (get_language() or "it").startswith("en") else italian or english


def _processes() -> dict[str, str]:
    rows = Process.objects.values_list("key", "name_it", "name_en")
    return {key: _in_language(italian, english) for key, italian, english in rows}


def _phases(key: str) -> dict[str, str]:
    process = key.partition("|")[0]
    rows = Phase.objects.filter(version__process__key=process).order_by("version_id")
    return {
        key: _in_language(italian, english) for key, italian, english in rows.values_list("key", "name_it", "name_en")
    }


def _causes() -> dict[str, str]:
    rows = Cause.objects.values_list("name_it", "name_en")
    return {italian: _in_language(italian, english) for italian, english in rows}
