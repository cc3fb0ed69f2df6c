"""`corsia receive`: take mails from files, folders, mbox and Maildir."""

import json
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from corsia.connectors.email.services.mail_files import MailFile, Unreadable, mails_in
from corsia.connectors.email.services.receiving_files import Received, receive_files
from corsia.kernel import scope
from corsia.messaging.queries import mailbox_of, receiving_mailboxes
from corsia.messaging.vocabulary import explained


class Command(BaseCommand):
    help = (
        "Take mails from files as if they had just arrived: .eml, mbox, .box, Maildir, folders. "
        "Mails that are here already are left alone, so that it can be stopped and run again."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("paths", nargs="+", metavar="PATH")
        parser.add_argument("--json", action="store_true", help="one JSON object a line for each mail")
        parser.add_argument("--mailbox", help="for mails that name none of our mailboxes (default: the oldest one)")

    def handle(self, *_: Any, **options: Any) -> None:
        with scope.system("receive"):
            known = receiving_mailboxes()
            into = min(known.values(), key=lambda mailbox: mailbox.id, default=None)
            if options["mailbox"]:
                into = mailbox_of([options["mailbox"]], known)
                if into is None:
                    raise CommandError(
                        f"{options['mailbox']} is not one of our mailboxes. Add it in the settings, or choose one of: "
                        f"{', '.join(sorted(known)) or 'none yet'}."
                    )
            unreadable: list[Unreadable] = []
            count = 0
            for received in receive_files(
                self._readable(options["paths"], unreadable), known=known, into=into, now=timezone.now()
            ):
                count += 1
                self.stdout.write(_line(received) if options["json"] else _sentence(received))
                if count % 100 == 0:
                    self.stderr.write(f"{count} mails …", ending="\r" if sys.stderr.isatty() else "\n")
        self.stderr.write(f"{count} mails taken, {len(unreadable)} files could not be read.")
        for one in unreadable:
            self.stderr.write(f"{one.file}: {one.why}. Check the path and its permissions.")
        if unreadable and not count:
            sys.exit(1)

    def _readable(self, paths: list[str], unreadable: list[Unreadable]) -> Any:
        for found in mails_in(paths):
            if isinstance(found, MailFile):
                yield found
            else:
                unreadable.append(found)


def _line(received: Received) -> str:
    return json.dumps(
        {
            "file": received.file,
            "outcome": str(received.filed.outcome),
            "case": received.filed.case_id,
            "message": received.filed.message_id,
            "reason": received.filed.reason,
        },
        ensure_ascii=True,
    )


def _sentence(received: Received) -> str:
    where = f" #{received.filed.case_id}" if received.filed.case_id else ""
    sentence, detail = explained(received.filed.reason) if received.filed.reason else ("", "")
    return f"{received.file}: {received.filed.outcome}{where} {sentence} {detail}".rstrip()
