import pytest

from tests.browser import Browser
from tests.conversations.test_inbox_in_a_browser import *  # noqa
from tests.conversations.test_inbox_in_a_browser import scene  # noqa

for _n in [n for n in list(globals()) if n.startswith("test_")]:
    del globals()[_n]
LOG = """
window.__log = [];
const say = (x) => window.__log.push(`${Math.round(performance.now())} ${x}`);
addEventListener('DOMContentLoaded', () => {
  for (const n of ['restoreText','htmx:afterRequest','htmx:beforeRequest','htmx:sendAbort','htmx:sendError','htmx:responseError','htmx:beforeSwap','htmx:oobBeforeSwap','htmx:abort'])
    document.body.addEventListener(n, (e) => say(`${n} elt=${(e.detail.elt||e.target||{}).id||(e.detail.elt||e.target||{}).className} ${(e.detail.pathInfo||{}).requestPath||''} val=${(document.getElementById('reply-t')||{}).value}`), true);
  new MutationObserver((ms) => ms.forEach((m) => m.removedNodes.forEach((n) => n.nodeType===1 && (n.id||n.querySelector('.m-undo,#reply-t')) && say('removed ' + n.id + ' ' + n.className)))).observe(document.body, {childList:true, subtree:true});
});
"""
@pytest.mark.parametrize("n", range(8))
def test_undo(real_browser: Browser, scene, n) -> None:
    case = scene["cases"][1]
    with real_browser.window(scene["laura"]) as window:
        window.page.add_init_script(LOG)
        window.go(f"/conversations/{case.pk}/")
        window.page.keyboard.press("r")
        window.page.keyboard.type("Buongiorno <b>Marco</b>")
        window.page.keyboard.press("Control+Enter")
        window.page.wait_for_selector(".m-out .m-t >> text=Buongiorno <b>Marco</b>")
        assert window.page.input_value("#reply-t") == ""
        window.page.click(".m-out .m-undo")
        window.page.wait_for_selector(".m-off")
        window.page.wait_for_timeout(2500)
        v = window.page.input_value("#reply-t")
        if v != "Buongiorno <b>Marco</b>":
            print("\n".join(window.page.evaluate("window.__log")))
            raise AssertionError(repr(v))
