"""The command `corsia`: Corsia's own commands and Django's."""

import os
import sys

# Commands that read a file and say what is in it: they start no database.
WITHOUT_DATABASE = {"nps"}


def main() -> None:
    """Run a command with the settings of this machine."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "corsia.config.settings.local")
    from django.conf import settings
    from django.core.management import execute_from_command_line

    from corsia.config.database import ensure_running

    if not WITHOUT_DATABASE.intersection(sys.argv[1:2]):
        ensure_running(settings.VAR)
    execute_from_command_line(["corsia", *sys.argv[1:]])


if __name__ == "__main__":
    main()
