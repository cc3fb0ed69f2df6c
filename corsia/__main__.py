"""The command `corsia`: Corsia's own commands and Django's."""

import os
import sys


def main() -> None:
    """Run a command with the settings of this machine."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "corsia.config.settings.local")
    from django.conf import settings
    from django.core.management import execute_from_command_line

    from corsia.config.database import ensure_running

    ensure_running(settings.VAR)
    execute_from_command_line(["corsia", *sys.argv[1:]])


if __name__ == "__main__":
    main()
