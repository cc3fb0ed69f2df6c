"""Gather, hash and compress the static files without starting a database: `python -m corsia.config.collect`."""

import os

if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "corsia.config.settings.local"  # tests hash no names
    import django
    from django.core.management import call_command

    django.setup()
    call_command("collectstatic", interactive=False, clear=True, verbosity=0)
