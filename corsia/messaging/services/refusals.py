"""Why something cannot be written, sent or taken back, in the user's words."""

from collections.abc import Sequence

from django.utils.translation import gettext_lazy as _

from corsia.kernel.errors import Invalid, Refused
from corsia.messaging.rules.incoming import NewFile
from corsia.messaging.vocabulary import Objection

MAX_TEXT = 200_000  # characters
MAX_FILES_BYTES = 20 * 1024 * 1024  # what most receiving servers still accept after encoding


class EmptyText(Invalid):
    code = "messaging.empty_text"
    message = _("There is nothing to send yet. Write the text first.")


class TextTooLong(Invalid):
    code = "messaging.text_too_long"
    message = _("The text is too long for one message. Shorten it, or attach it as a file.")


class FilesTooLarge(Invalid):
    code = "messaging.files_too_large"
    message = _(
        "The files are larger than %(limit)s MB together, which many servers refuse. Send fewer or smaller ones."
    )


class AddressInvalid(Invalid):
    code = "messaging.address_invalid"
    message = _("“%(address)s” is not a complete e-mail address. Correct it, then send again.")


class TooManyCopies(Invalid):
    code = "messaging.too_many_copies"
    message = _("At most %(limit)s people can get a copy. Remove some of them.")


class MayNotContact(Refused):
    code = "messaging.may_not_contact"
    message = _("This was not sent. %(sentence)s")

    @classmethod
    def because(cls, reason: str) -> "MayNotContact":
        return cls(reason=str(reason), sentence=str(Objection(reason).label))


class TooLateToUndo(Refused):
    code = "messaging.too_late_to_undo"
    message = _("The message has already left. Write another one to correct it.")


class CannotRetry(Refused):
    code = "messaging.cannot_retry"
    message = _("Only a message that failed can be sent again. Reload the page to see its state.")


def check_words(text: str, files: Sequence[NewFile]) -> None:
    """Raise unless there is something to send and it is not too much: EmptyText, TextTooLong, FilesTooLarge."""
    if not text.strip():
        raise EmptyText
    if len(text) > MAX_TEXT:
        raise TextTooLong
    if sum(len(file.content) for file in files) > MAX_FILES_BYTES:
        raise FilesTooLarge(limit=MAX_FILES_BYTES // 1024 // 1024)


class WayUnknown(Invalid):
    code = "messaging.way_unknown"
    message = _("The customer can no longer be reached this way. Choose another one beside the send button.")


class TextTooLongForChannel(Invalid):
    code = "messaging.text_too_long_for_channel"
    message = _("%(channel)s takes %(limit)s characters in one message, this has %(length)s. Shorten it or send two.")


class FilesNotTaken(Invalid):
    code = "messaging.files_not_taken"
    message = _("%(channel)s takes no such files. Send them by e-mail, or write where they can be found.")


class HolesLeft(Invalid):
    code = "messaging.holes_left"
    message = _("This text has %(holes)s places to fill in. Fill in all of them, then send it.")
