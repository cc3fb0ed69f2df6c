"""How people sign in: allauth's flows, with accounts that only an administrator makes."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from corsia.kernel.actors import Actor, ActorKind
from corsia.kernel.audit import audit
from corsia.kernel.secrets import decrypted, encrypted


class StaffAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Nobody signs up by themselves."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002
        return False

    def authenticate(self, request: HttpRequest, **credentials: Any) -> Any:
        """Take somebody who was let go for a stranger, even with the right password: nobody learns who worked here."""
        person = super().authenticate(request, **credentials)
        return person if person is not None and person.is_active else None

    def post_login(self, request: HttpRequest, user: Any, **details: Any) -> HttpResponse:
        """Write down who came in and from where; every way in ends here, after its last step."""
        by = Actor(kind=ActorKind.PERSON, id=user.pk, name=user.full_name)
        audit(user, "signed_in", by=by, now=request.received_at, address=self.get_client_ip(request))  # type: ignore[attr-defined]
        answer: HttpResponse = super().post_login(request, user, **details)
        return answer

    def respond_user_inactive(self, request: HttpRequest, user: Any) -> HttpResponse:  # noqa: ARG002
        return redirect("account_login")

    def render_mail(self, *args: Any, **options: Any) -> EmailMessage:
        """Return a mail about the account itself, bound for the outbox: kept, tried again, nothing leaves a sandbox."""
        mail: EmailMessage = super().render_mail(*args, **options)
        mail.connection = get_connection(settings.ACCOUNT_MAIL_BACKEND)
        return mail


class SecondFactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """Keeps the secrets of code apps and recovery codes encrypted: a copy of the database opens no account."""

    def encrypt(self, text: str) -> str:
        return encrypted(text)

    def decrypt(self, encrypted_text: str) -> str:
        return decrypted(encrypted_text)
