"""A customer sends a film that is too large: told so within the page, and what they wrote is still there."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from corsia.kernel import scope
from corsia.messaging.models import Inbound
from corsia.portal.models import WebForm
from tests.browser import Browser, real_browser, server  # noqa: F401  (fixtures)
from tests.conftest import NOON
from tests.factories.cases import ready_group
from tests.factories.organisation import small_group

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_what_was_written_survives_a_file_that_is_too_large(real_browser: Browser, tmp_path: Path, settings) -> None:  # noqa: F811
    settings.MAX_UPLOAD_BYTES = 2 * 1024 * 1024
    with scope.system("test"):
        group = small_group()
        ready_group(group, now=NOON)
    WebForm.unscoped.create(unit=group.brescia_care, slug="brescia", title_it="Scriva", title_en="Write")
    film = tmp_path / "rumore.mp4"
    film.write_bytes(b"\x00" * 7 * 1024 * 1024)
    with real_browser.window(None) as window:
        window.go("/portal/form/brescia/")
        window.page.fill("[name=text]", "La mia Panda fa rumore.")
        window.page.fill("[name=name]", "Giulia Ferri")
        window.page.set_input_files("[name=attachments]", str(film))
        with window.page.expect_navigation() as sent:
            window.page.click("button[type=submit]")
        assert sent.value.status == 413
        expect(window.page.locator("h1")).to_contain_text("È troppo grande: 8 MB")

        window.page.go_back()

        expect(window.page.locator("[name=text]")).to_have_value("La mia Panda fa rumore.")
        expect(window.page.locator("[name=name]")).to_have_value("Giulia Ferri")
    assert Inbound.objects.count() == 0
