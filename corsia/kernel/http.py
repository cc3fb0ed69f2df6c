"""The request as our views receive it."""

from datetime import datetime

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from corsia.kernel.actors import Actor


class StaffRequest(HttpRequest):
    """A request after the middleware: who acts, when it arrived, and htmx's details. For type checking only."""

    actor: Actor
    received_at: datetime
    htmx: HtmxDetails
