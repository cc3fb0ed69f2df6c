"""corsia demo: the invented group, ready to click through, with nothing ever leaving the machine."""

import os
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.utils import timezone

from corsia.config.database import tend
from corsia.config.demo import LOGINS, PASSWORD, is_loaded, load_demo
from corsia.config.running import parts
from corsia.config.supervisor import Part, Supervisor


class Command(BaseCommand):
    help = "Load the invented dealer group and serve it on this machine. No message ever leaves."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--smtp-port", type=int, default=settings.SMTP_RECEIVER[1])
        parser.add_argument("--live", action="store_true", help="customers keep writing")
        parser.add_argument("--load-only", action="store_true", help="load the data and stop")
        parser.add_argument(
            "--send",
            action="store_true",
            help=("hand outgoing mail to the server of CORSIA_SMTP_HOST instead of keeping it"),
        )

    def handle(self, *_: Any, **options: Any) -> None:
        url = f"http://{options['host']}:{options['port']}"
        environment = {"CORSIA_SANDBOX": "0" if options["send"] else "1", "CORSIA_PUBLIC_URL": url}
        os.environ.update(environment)
        running = parts(
            host=options["host"],
            port=options["port"],
            receiver_port=options["smtp_port"],
            processes=1,
            environment=environment,
        )
        call_command("migrate", verbosity=0)
        if is_loaded():
            self.stdout.write("The demonstration group is already loaded.")
        else:
            load_demo(now=timezone.now(), progress=self._say)
            call_command("warehouse")
        if options["load_only"]:
            return
        self.stdout.write(self._welcome(url, options["smtp_port"]))
        if options["live"]:
            running.append(Part("customers", ["demo-customers"], environment))
        Supervisor(running, tend=lambda: tend(settings.VAR)).run()

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()

    def _welcome(self, url: str, smtp_port: int) -> str:
        width = max(len(login.email) for login in LOGINS)
        people = "\n".join(f"    {login.email:<{width}}  {login.title}" for login in LOGINS)
        return (
            f"\n  Corsia is at {url}/   (Ctrl+C stops it)\n\n"
            f"  Sign in as, with the password  {PASSWORD}\n{people}\n\n"
            f"  Mail to a branch is received on port {smtp_port}; nothing leaves this machine:\n"
            '  every outgoing message lands on the page "Outbox".\n'
        )
