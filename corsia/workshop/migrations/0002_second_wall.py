"""Row security on the catalogue, capacity, visits and orders; see kernel/row_security.py."""

from django.db import migrations

from corsia.kernel.row_security import protect, protect_through

SHARED = ("job", "package")
OWN = ("workshop", "technician", "bay", "courtesycar", "visit", "allocation", "loan", "order", "numberseries")
PARTS = (
    ("jobstep", "job"),
    ("jobpart", "job"),
    ("jobfit", "job"),
    ("packagejob", "package"),
    ("visitjob", "visit"),
    ("orderline", "order"),
    ("clocking", "order"),
    ("picture", "order"),
    ("damage", "order"),
    ("finding", "order"),
    ("approval", "order"),
)


class Migration(migrations.Migration):
    dependencies = [("workshop", "0001_initial"), ("kernel", "0003_app_role")]

    operations = [
        *(protect(f"workshop_{table}", is_shared=True) for table in SHARED),
        *(protect(f"workshop_{table}") for table in OWN),
        *(
            protect_through(f"workshop_{table}", column=f"{parent}_id", parent=f"workshop_{parent}")
            for table, parent in PARTS
        ),
    ]
