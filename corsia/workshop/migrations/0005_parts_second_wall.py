"""Row security on parts and lists; see kernel/row_security.py."""

from django.db import migrations

from corsia.kernel.row_security import protect, protect_through

OWN = ("part", "listcolumns", "listfile")
PARTS = (
    ("partarrival", "part", "part"),
    ("partreservation", "part", "part"),
    ("partmovement", "part", "part"),
    ("refusedline", "file", "listfile"),
)


class Migration(migrations.Migration):
    dependencies = [("workshop", "0004_parts_and_lists"), ("kernel", "0003_app_role")]

    operations = [
        *(protect(f"workshop_{table}") for table in OWN),
        *(
            protect_through(f"workshop_{table}", column=f"{column}_id", parent=f"workshop_{parent}")
            for table, column, parent in PARTS
        ),
    ]
