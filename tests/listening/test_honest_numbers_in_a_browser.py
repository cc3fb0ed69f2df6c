"""Numbers that can be trusted, in a real browser: answers of others are seen before they count, doubts are decided."""

import csv
import io
from datetime import UTC, datetime, timedelta

import pytest

from corsia.kernel import scope
from corsia.listening.models import AnswerFile, CollectedAnswer, IntegrityFlag
from corsia.listening.services import find_doubts, take_in_files
from corsia.organisation.vocabulary import Role
from tests.browser import PHONE, Browser, real_browser, server  # noqa: F401  (fixtures)
from tests.factories.organisation import person_in, small_group
from tests.factories.surveys import answered, reachable, surveyed_group

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

HEADER = ["ID intervista", "Data", "Sede", "Metodo", "Voto", "Perché"]
SAID = [
    ["1", "01/03/2026", "Brescia", "telefono", "9", "Gentilissimi"],
    ["2", "02/03/2026", "Verona", "telefono", "3", "Mai richiamato"],
    ["3", "03/03/2026", "Brescia", "telefono", "11", "Fuori scala"],
    ["4", "mai", "Brescia", "telefono", "8", "Senza data"],
]


@pytest.fixture
def now() -> datetime:
    return datetime.now(tz=UTC)


@pytest.fixture
def scene(transactional_db, now) -> dict:
    with scope.system("test"):
        group = surveyed_group(small_group(), now=now - timedelta(days=300))
    boss = person_in(group.root, Role.CARE_MANAGER, first_name="Paola", last_name="Riva", language="it")
    return {"group": group, "boss": boss}


def spreadsheet(rows) -> dict:
    """Return a file of semicolons and Italian letters, as a spreadsheet here saves it."""
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=";").writerows([HEADER, *rows])
    return {"name": "marzo.csv", "mimeType": "text/csv", "buffer": out.getvalue().encode("cp1252")}


def test_a_file_of_others_is_looked_at_then_taken_in_without_its_bad_lines(
    real_browser: Browser,  # noqa: F811
    scene,
    now,
) -> None:
    with real_browser.window(scene["boss"]) as window:
        page = window.page
        window.go("/listening/collected/")
        page.get_by_role("link", name="Carica un file").first.click()
        page.get_by_label("Nome di una nuova fonte").fill("Istituto Alfa")
        page.get_by_label("Che cosa si è chiesto").select_option("case")
        page.get_by_label("File, CSV o XLSX").set_input_files(spreadsheet(SAID))
        page.get_by_role("button", name="Guarda il file").click()

        page.get_by_text("Ancora niente è cambiato.").wait_for()
        rows = page.locator("section[aria-labelledby=ca-p] tbody tr").all_inner_texts()
        assert [next(word for word in ("Acquisita", "Scartata") if word in row) for row in rows] == [
            "Acquisita",
            "Acquisita",
            "Scartata",
            "Scartata",
        ]
        assert "11" in rows[2]
        assert "mai" in rows[3]
        assert window.axe() == []
        with scope.system("test"):
            assert CollectedAnswer.objects.count() == 0

        page.locator("#ca-confirm").click()
        page.get_by_text("Acquisizione delle risposte in corso.").wait_for()
        with scope.system("test"):
            take_in_files(now=now)
        page.get_by_text("2 risposte acquisite.").wait_for()  # the page asks again by itself
        with page.expect_download() as waiting:
            page.get_by_role("link", name="CSV").click()
        lines = waiting.value.path().read_text(encoding="utf-8-sig").splitlines()
        assert len(lines) == 3
        assert "Fuori scala" in lines[1]
        assert "Senza data" in lines[2]
        assert (window.errors, window.blocked()) == ([], [])
    with scope.system("test"):
        file = AnswerFile.objects.get()
        assert (file.takes, file.left_out, CollectedAnswer.objects.count()) == (2, 2, 2)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_doubt_is_decided_on_a_phone_and_nothing_without_a_reason(
    real_browser: Browser,  # noqa: F811
    scene,
    now,
    theme,
) -> None:
    with scope.system("test"):
        answered(
            scene["group"].brescia_care,
            reachable(scene["group"], now=now, email="magazzino@bellandi.example"),
            10,
            at=now - timedelta(hours=2),
        )
        assert find_doubts(now=now) == 1
    with real_browser.window(scene["boss"], size=PHONE, theme=theme) as window:
        page = window.page
        window.go("/listening/integrity/")
        assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
        page.get_by_role("button", name="Metti da parte").click()
        with scope.system("test"):
            assert IntegrityFlag.objects.get().decision == ""  # the browser asks for the reason first
        assert page.locator(".in-f .inp").evaluate("one => one.validity.valueMissing")
        assert window.axe() == []

        page.locator(".in-f .inp").fill("È l'indirizzo del magazzino")
        page.get_by_role("button", name="Metti da parte").click()
        page.get_by_text("Nessun dubbio ti aspetta").wait_for()
        page.locator(".ls-seg label").filter(has_text="Messe da parte").click()
        page.get_by_text("È l'indirizzo del magazzino").wait_for()
        assert (window.errors, window.blocked()) == ([], [])
    with scope.system("test"):
        flag = IntegrityFlag.objects.get()
        assert (flag.decision, flag.note) == ("aside", "È l'indirizzo del magazzino")
        assert flag.decided_by == scene["boss"]
