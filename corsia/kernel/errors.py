"""Refusals in the user's words. Services raise them; one middleware turns them into pages and fragments."""

from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _


class CorsiaError(Exception):
    """Base of all refusals: a stable code, a sentence that says what, why and what next, and the values in it."""

    code: ClassVar[str] = "corsia.error"
    message: Any = _("This cannot be done.")
    status: ClassVar[int] = 409

    def __init__(self, text: Any = None, **data: Any) -> None:
        self.text, self.data = text, data
        super().__init__(str(self.code))

    def __str__(self) -> str:
        """Return the sentence in the active language."""
        sentence = str(self.text if self.text is not None else self.message)
        return sentence % self.data if self.data else sentence


class Refused(CorsiaError):
    """The state of things does not allow it (HTTP 409)."""


class Invalid(CorsiaError):
    """What was given cannot be used (HTTP 422)."""

    status = 422
    message = _("Something in what you entered cannot be used. Check the marked fields.")


class NotFound(CorsiaError):
    """It does not exist, or not within the actor's units: the two are told apart to nobody (HTTP 404)."""

    status = 404
    code = "corsia.not_found"
    message = _("We could not find this. It may have been moved, merged or belong to another unit.")


class NotAllowed(CorsiaError):
    """The actor's role does not include it (HTTP 403)."""

    status = 403
    code = "corsia.not_allowed"
    message = _("Your role does not allow this here. Ask the manager of the unit.")


class TooMany(CorsiaError):
    """A public door was used too often (HTTP 429)."""

    status = 429
    code = "corsia.too_many"
    message = _("Too many attempts in a short time. Please try again in %(minutes)s minutes.")
