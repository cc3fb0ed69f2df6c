"""Files that answer questions: photos and PDFs, told by their content, of a size that a telephone sends."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from corsia.kernel.blobs import keep
from corsia.listening.models import AnswerAttachment, Response, ResponseItem
from corsia.listening.rules.questionnaires import Answers, Page, Problem, QuestionKind
from corsia.messaging.rules.files import kept_media_type, safe_name

LARGEST: Final = 10 * 1024 * 1024
TYPES: Final = frozenset({"image/jpeg", "image/png", "image/webp", "application/pdf"})


@dataclass(frozen=True, kw_only=True)
class Upload:
    """A file as it came; `content` may be cut off one byte behind LARGEST."""

    name: str
    content: bytes


NO_FILES: Mapping[str, Upload] = MappingProxyType({})


def with_files(
    page: Page, data: Mapping[str, Sequence[str]], files: Mapping[str, Upload], before: Answers
) -> tuple[dict[str, Sequence[str]], dict[str, Problem]]:
    """Return what a page's form says once its files stand for their questions, and which of them are not taken.

    Where no file came, the one that was sent before stays; a text instead of a file says nothing.
    """
    told, problems = dict(data), dict[str, Problem]()
    for question in page.questions:
        if question.kind != QuestionKind.FILE:
            continue
        told[question.key] = [before[question.key].text] if question.key in before else []
        if (file := files.get(question.key)) is None or not file.content:
            continue
        if len(file.content) > LARGEST:
            problems[question.key] = Problem.FILE_TOO_LARGE
        elif kept_media_type(file.content, file.name) not in TYPES:
            problems[question.key] = Problem.NO_SUCH_FILE
        else:
            told[question.key] = [safe_name(file.name)]
    return told, problems


def keep_files(response: Response, page: Page, files: Mapping[str, Upload]) -> None:
    """Keep the files of a page beside the items they answer, in place of those sent before."""
    wanted = {q.key for q in page.questions if q.kind == QuestionKind.FILE and q.key in files and files[q.key].content}
    if not wanted:
        return
    for item in ResponseItem.unscoped.filter(response=response, question__in=wanted):
        file = files[item.question]
        AnswerAttachment.unscoped.update_or_create(
            item=item,
            defaults={
                "unit_id": response.unit_id,
                "blob_id": keep(file.content),
                "name": safe_name(file.name),
                "media_type": kept_media_type(file.content, file.name),
                "size": len(file.content),
            },
        )
