"""Answers that another method collected: a file is kept, looked at line by line, taken in once, and can be taken back.

Nobody is called back for them and nothing is told to other contexts: they say how it was, not what is to be done now.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from corsia.kernel import blobs, scope
from corsia.kernel.access import demand
from corsia.kernel.actors import Actor
from corsia.kernel.audit import audit
from corsia.kernel.errors import Invalid, Refused
from corsia.kernel.jobs import DUE, app
from corsia.kernel.sheets import NotASheet, cells_of, folded, is_month_first, read_sheet, text_of
from corsia.listening.models import AnswerFile, AnswerSource, CollectedAnswer, LeftOutLine, Response, ResponseItem
from corsia.listening.permissions import MANAGE_SURVEYS
from corsia.listening.queries.collecting import MAX_BYTES, MAX_LINES, Planned, columns_of, plan, sheet_of
from corsia.listening.queries.questionnaires import definition_of, series_of, version_in_force
from corsia.listening.rules.collecting import DATE, Line
from corsia.listening.rules.questionnaires import (
    LONGEST_TEXT,
    Definition,
    in_short,
    is_low,
    page_missing,
)
from corsia.listening.vocabulary import AnswerChannel
from corsia.organisation.queries import tree

TAKE_IN = "listening.take_in_answers"
_BATCH = 500
_MOST_TEXT = 4000  # characters of a line that are kept

_WHY = {
    "empty": _("The file is empty. Choose the one you meant."),
    "binary": _(
        "This is neither a CSV nor an XLSX file. In the spreadsheet choose “Save as” and “CSV”, then send that."
    ),
    "too_large": _("The file is larger than %(mb)s MB. Split it and send the parts one after the other."),
    "too_long": _("The file has more than %(lines)s lines. Split it and send the parts one after the other."),
}


class FileUnreadable(Invalid):
    code = "listening.file_unreadable"
    message = _("This file cannot be read.")


class SourceUnnamed(Invalid):
    code = "listening.source_unnamed"
    message = _("Say where these answers come from: choose a source or give a new one a name.")


class ColumnsMissing(Refused):
    code = "listening.columns_missing"
    message = _("Say which column holds the date of the answer, then look again.")


class FileOver(Refused):
    code = "listening.file_over"
    message = _("This file was taken in or put aside already. Load it again if you need it.")


class NothingToTake(Refused):
    code = "listening.nothing_to_take"
    message = _("No line of this file would be taken in. See why beside the lines, put the columns right, look again.")


class NotTakenIn(Refused):
    code = "listening.not_taken_in"
    message = _("There is nothing to take back: the answers of this file are not there, or not all of them yet.")


@transaction.atomic
def keep_file(
    *,
    unit_id: int,
    source_id: int | None,
    source_name: str,
    questionnaire: str,
    file_name: str,
    content: bytes,
    by: Actor,
    now: datetime,
) -> AnswerFile:
    """Keep a file and note what it would do. Nothing else happens until it is confirmed.

    Args:
        source_id: where it comes from; None for a new source of this name, whose questionnaire is then `questionnaire`.

    Raises:
        FileUnreadable: it is no table; says why and what to do.
        SourceUnnamed: neither a source nor a name for one.
    """
    demand(by, MANAGE_SURVEYS, unit_id)
    name = " ".join(source_name.split())[:80]
    if source_id is not None:
        source: AnswerSource = AnswerSource.objects.find(source_id)
        demand(by, MANAGE_SURVEYS, source.unit_id)
    elif name:
        source, _is_new = AnswerSource.objects.get_or_create(
            unit_id=unit_id, name=name, defaults={"questionnaire": questionnaire}
        )
    else:
        raise SourceUnnamed
    try:
        sheet = read_sheet(content, max_bytes=MAX_BYTES, max_lines=MAX_LINES)
    except NotASheet as refusal:
        raise FileUnreadable(_WHY[refusal.why], mb=MAX_BYTES // 1024 // 1024, lines=MAX_LINES) from None
    kept = AnswerFile(
        source=source,
        unit_id=source.unit_id,
        file_name=" ".join(file_name.split())[-200:],
        content_id=blobs.keep(content),
        header=text_of(sheet.header, separator=sheet.separator)[:_MOST_TEXT],
        separator=sheet.separator,
        encoding=sheet.encoding,
        uploaded_by_id=by.id,
        uploaded_at=now,
        lines=len(sheet.lines),
    )
    columns = columns_of(kept)
    if DATE in columns:
        at = columns.index(DATE)
        kept.month_first = is_month_first(cells[at] for _number, cells in sheet.lines if at < len(cells))
    kept.save()
    _look(kept, now=now)
    audit(kept, "answers_kept", by=by, now=now, lines=kept.lines)
    return kept


@transaction.atomic
def set_columns(*, file_id: int, columns: Sequence[str], month_first: bool, by: Actor, now: datetime) -> AnswerFile:
    """Say what the columns hold, for this file and those that its source sends later, and look again.

    Raises:
        FileOver: it was confirmed or put aside before.
    """
    kept = _locked(file_id, by=by)
    header = cells_of(kept.header, separator=kept.separator)
    source = AnswerSource.objects.select_for_update(of=("self",)).get(pk=kept.source_id)
    source.columns |= {folded(name): told for name, told in zip(header, columns, strict=False) if folded(name)}
    source.save(update_fields=["columns"])
    kept.source, kept.month_first = source, month_first
    kept.save(update_fields=["month_first"])
    _look(kept, now=now)
    return kept


@transaction.atomic
def discard_file(*, file_id: int, by: Actor, now: datetime) -> AnswerFile:
    """Put a file aside that was not confirmed; its content goes.

    Raises:
        FileOver: it was confirmed or put aside before.
    """
    kept = _locked(file_id, by=by)
    kept.discarded_at, kept.content = now, None
    kept.save(update_fields=["discarded_at", "content"])
    LeftOutLine.objects.filter(file=kept).delete()
    audit(kept, "answers_put_aside", by=by, now=now)
    return kept


@transaction.atomic
def confirm_file(*, file_id: int, by: Actor, now: datetime) -> AnswerFile:
    """Have a file taken in by the job.

    Raises:
        FileOver: it was confirmed or put aside before.
        ColumnsMissing: nothing says when the answers were given.
        NothingToTake: all of its lines are there already or cannot be read.
    """
    kept = _locked(file_id, by=by)
    if DATE not in columns_of(kept):
        raise ColumnsMissing
    if not kept.takes:
        raise NothingToTake
    kept.confirmed_at = now
    kept.save(update_fields=["confirmed_at"])
    audit(kept, "answers_confirmed", by=by, now=now, takes=kept.takes)
    app.configure_task(TAKE_IN, queue=DUE).defer(timestamp=int(now.timestamp()))
    return kept


def take_in_files(*, now: datetime) -> int:
    """Take in the files that were confirmed, each in one transaction; return how many answers came."""
    waiting = AnswerFile.objects.filter(confirmed_at__isnull=False, finished_at=None).order_by("confirmed_at", "pk")
    return sum(_take_in(pk, now=now) for pk in list(waiting.values_list("pk", flat=True)))


@transaction.atomic
def take_back(*, file_id: int, by: Actor, now: datetime) -> int:
    """Remove the answers that a file brought, and return how many they were.

    Raises:
        NotTakenIn: it brought none, or is still being taken in.
    """
    kept: AnswerFile = AnswerFile.objects.lock(file_id)
    demand(by, MANAGE_SURVEYS, kept.unit_id)
    if kept.finished_at is None or kept.discarded_at is not None:
        raise NotTakenIn
    with scope.entered(_scope(kept)):
        brought = Response.objects.filter(collected__file=kept)
        ids = list(brought.values_list("pk", flat=True))
        Response.objects.filter(pk__in=ids).delete()
        LeftOutLine.objects.filter(file=kept).delete()
    kept.discarded_at = now
    kept.save(update_fields=["discarded_at"])
    audit(kept, "answers_taken_back", by=by, now=now, answers=len(ids))
    return len(ids)


def _take_in(file_id: int, *, now: datetime) -> int:
    with transaction.atomic():
        rows = AnswerFile.objects.select_for_update(skip_locked=True, of=("self",)).select_related("source")
        kept = rows.filter(pk=file_id, confirmed_at__isnull=False, finished_at=None).first()
        if kept is None:
            return 0  # another worker has it, or had it
        with scope.entered(_scope(kept)):
            # One file of a source at a time: the same answer in two of them must come once.
            AnswerSource.objects.select_for_update(of=("self",)).get(pk=kept.source_id)
            planned = list(plan(kept, sheet_of(kept).lines, now=now))
            _write(kept, [one for one in planned if isinstance(one.line, Line) and not one.is_twice])
            _note(kept, planned)
        kept.finished_at, kept.content = now, None
        kept.save()
        return int(kept.takes)


def _write(kept: AnswerFile, planned: Sequence[Planned]) -> None:
    version_id = version_in_force(kept.unit_id, kept.source.questionnaire)
    definition, series = definition_of(version_id), series_of(version_id)
    for start in range(0, len(planned), _BATCH):
        chunk = planned[start : start + _BATCH]
        responses = [_response(one, one.line, definition, version_id) for one in chunk if isinstance(one.line, Line)]
        Response.objects.bulk_create(responses)
        pairs = [(one, one.line, row) for one, row in zip(chunk, responses, strict=True) if isinstance(one.line, Line)]
        CollectedAnswer.objects.bulk_create(
            CollectedAnswer(
                response=row, unit_id=row.unit_id, source=kept.source, file=kept, key=line.key, way=line.way
            )
            for _one, line, row in pairs
        )
        ResponseItem.objects.bulk_create(
            item for _one, line, row in pairs for item in _items(row, line, definition, series)
        )


def _response(one: Planned, line: Line, definition: Definition, version_id: int | None) -> Response:
    short = in_short(definition, line.answers)
    is_whole = page_missing(definition, line.answers) is None
    return Response(
        unit_id=one.unit_id,
        version_id=version_id,
        customer_id=one.customer_id,
        channel=AnswerChannel.IMPORT,
        language=line.language,
        score=short.score,
        text=(short.text or line.words)[:LONGEST_TEXT],
        started_at=line.answered_at,
        answered_at=line.answered_at,
        completed_at=line.answered_at if is_whole else None,
        settled_at=line.answered_at,
    )


def _items(row: Response, line: Line, definition: Definition, series: Mapping[str, int]) -> Iterable[ResponseItem]:
    for key, given in line.answers.items():
        question = definition.question_of(key)
        yield ResponseItem(
            response=row,
            unit_id=row.unit_id,
            question=key,
            series=series.get(key, 1),
            number=given.number,
            text=given.text,
            choices=list(given.choices),
            is_low=question is not None and is_low(question, given),
            answered_at=row.answered_at,
        )


def _look(kept: AnswerFile, *, now: datetime) -> None:
    with scope.entered(_scope(kept)):
        _note(kept, list(plan(kept, sheet_of(kept).lines, now=now)))
    kept.save(update_fields=["takes", "twice", "left_out", "recognised"])


def _note(kept: AnswerFile, planned: Sequence[Planned]) -> None:
    """Count what becomes of the lines, and keep those that are left out with their reasons."""
    taken = [one for one in planned if isinstance(one.line, Line) and not one.is_twice]
    left = [one for one in planned if not isinstance(one.line, Line)]
    kept.takes, kept.left_out, kept.twice = len(taken), len(left), len(planned) - len(taken) - len(left)
    kept.recognised = sum(one.customer_id is not None for one in taken)
    LeftOutLine.objects.filter(file=kept).delete()
    LeftOutLine.objects.bulk_create(
        (
            LeftOutLine(
                file=kept,
                number=one.number,
                text=text_of(one.cells, separator=kept.separator)[:_MOST_TEXT],
                reason=one.line.reason,
                column=one.line.column,
                cell=one.line.cell,
            )
            for one in left
            if not isinstance(one.line, Line)
        ),
        batch_size=1000,
    )


def _scope(kept: AnswerFile) -> scope.Scope:
    return tree().scope_below(kept.unit_id, reason=f"answers:{kept.pk}")


def _locked(file_id: int, *, by: Actor) -> AnswerFile:
    kept: AnswerFile = AnswerFile.objects.select_related("source").lock(file_id)
    demand(by, MANAGE_SURVEYS, kept.unit_id)
    if kept.confirmed_at is not None or kept.discarded_at is not None:
        raise FileOver
    return kept
