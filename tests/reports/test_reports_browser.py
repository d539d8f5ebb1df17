"""report.html in a real browser: what a reader does, and that the page asks nobody for anything."""

import json
from urllib.parse import quote

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select, WebDriverWait

from opassay.reports.render.pages import write_pages

SCRIPT = 'import torch\n\nassert "<b>" + \'"&\' == torch.__version__  # é\n'
OPS = ".matrices tbody tr[data-aspect=value] th"


@pytest.fixture(scope="module")
def page(tmp_path_factory, made, realistic):
    folder = tmp_path_factory.mktemp("page")
    made.write_folder(folder, *realistic)
    for number in range(3):
        place = folder / "findings" / f"f{number}"
        place.mkdir(parents=True)
        run = {"adapter": "torch", "file": "repro_torch.py", "exit_status": 1, "reproduces": True}
        told = {
            "op": "conv2d",
            "verdict": "numeric",
            "targets": ["torch"],
            "records": 9 - number,
            "message": made.HOSTILE,
        }
        answers = {"expected": [[1, 2]], "actual": {"torch": [[1, 3]]}}
        data = {**told, **answers, "aspect": "value", "case": {}, "reproductions": [run]}
        (place / "finding.json").write_text(json.dumps(data))
        (place / "repro_torch.py").write_text(SCRIPT)
    return write_pages(folder)[-1]


@pytest.fixture
def browser(chromium):
    chromium.emulate()
    chromium.resize(1280, 900)
    return chromium


def choose(browser, name, value):
    Select(browser.driver.find_element(By.ID, name)).select_by_visible_text(value)


def type_(browser, *keys):
    browser.driver.switch_to.active_element.send_keys(*keys)


def search(browser, text):
    browser.driver.find_element(By.ID, "q").send_keys(text)
    WebDriverWait(browser.driver, 20).until(lambda _: f"q={quote(text)}" in address(browser).replace("+", "%20"))


def address(browser):
    return browser.run("return location.hash")


def open_entries(browser):
    return browser.run("return [...document.querySelectorAll('.entry[open]')].map(n => n.dataset.finding)")


def test_nothing_is_requested_and_nothing_is_complained_about(browser, page):
    browser.open(page)
    assert browser.requests() == [page.as_uri()]
    assert browser.console() == []


def test_a_page_that_fetches_and_fails_would_be_noticed(browser, tmp_path):
    bad = tmp_path / "bad.html"
    bad.write_text('<img src="missing.png"><script>console.error("broken")</script>')
    browser.open(bad)
    WebDriverWait(browser.driver, 20).until(lambda d: d.execute_script("return document.readyState") == "complete")
    assert browser.requests() == [bad.as_uri(), bad.with_name("missing.png").as_uri()]
    assert any("broken" in line for line in browser.console())


def test_a_message_with_html_in_it_stays_text(browser, page):
    browser.open(page)
    assert browser.run("return document.querySelectorAll('img, script:not(:last-of-type), iframe').length") == 0
    assert browser.run("return document.querySelector('#finding-f0 .first').textContent").startswith("<script>alert")
    assert browser.console() == []


def test_the_policy_of_the_page_stops_a_script_that_slipped_in(browser, page):
    browser.open(page)
    browser.run(
        "const s = document.createElement('script'); s.textContent = 'window.slipped = 1'; document.body.append(s)"
    )
    assert browser.run("return window.slipped") is None
    assert any("Content Security Policy" in line for line in browser.console())


@pytest.mark.parametrize("width", [360, 800, 1280])
def test_no_answer_of_the_first_screen_lies_on_another(browser, page, width):
    browser.resize(width, 900)
    browser.open(page)
    boxes = browser.run("return [...document.querySelectorAll('.q')].map(n => n.getBoundingClientRect().toJSON())")
    apart = ("left", "right"), ("top", "bottom")
    for number, one in enumerate(boxes):
        for other in boxes[:number]:
            assert any(one[end] <= other[start] or other[end] <= one[start] for start, end in apart)


SCROLLS = """
return [...document.querySelectorAll('*')].filter(n => n.checkVisibility() && n.scrollWidth > n.clientWidth + 1
    && ['auto', 'scroll'].includes(getComputedStyle(n).overflowX)
    && !n.hasAttribute('tabindex') && !n.querySelector('a[href], button, summary, input, select, [tabindex]'))
    .map(n => n.outerHTML.slice(0, 80))
"""
"""What scrolls sideways and cannot be reached by keyboard: https://dequeuniversity.com/rules/axe/4.11/scrollable-region-focusable"""


@pytest.mark.parametrize("width", [400, 1400])
def test_whatever_scrolls_is_reached_by_keyboard(browser, page, width):
    browser.resize(width, 900)
    browser.open(page)
    browser.run("for (const part of document.querySelectorAll('details')) part.open = true")
    assert browser.run(SCROLLS) == []
    browser.run("for (const n of document.querySelectorAll('.wide')) n.removeAttribute('tabindex')")
    assert width > 400 or browser.run(SCROLLS) != []


def test_the_first_screen_answers_six_questions(browser, page):
    browser.open(page)
    assert len(browser.shown(".q h2")) == 6
    assert browser.run("return document.getElementById('q-worst').getBoundingClientRect().bottom") < 900


def test_a_filter_leaves_only_what_fits_and_is_kept_in_the_address(browser, page):
    browser.open(page)
    everything = len(browser.shown(".entry"))
    choose(browser, "by-op", "scatter_nd")
    choose(browser, "by-target", "torch")
    assert set(browser.shown(OPS)) == {"scatter_nd"}
    entries = browser.shown(".entry summary")
    assert 0 < len(entries) < everything
    assert all("scatter_nd" in text and "on torch," in text for text in entries)
    assert browser.shown("#matches")[0].startswith(f"{len(entries)} of ")
    assert address(browser) == "#op=scatter_nd&target=torch"
    browser.open(page, address(browser))
    assert browser.shown(".entry summary") == entries
    browser.driver.find_element(By.ID, "reset").click()
    assert len(browser.shown(".entry")) == everything
    assert address(browser) == ""


@pytest.fixture(scope="module")
def wide(tmp_path_factory, made):
    """Two hundred ops on six targets, which is more than is shown op by op."""
    return write_pages(made.write_folder(tmp_path_factory.mktemp("wide"), *made.wide()))[-1]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_two_hundred_ops_are_seen_at_once_and_fast(browser, wide, scheme):
    browser.emulate(prefers_color_scheme=scheme)
    browser.resize(1400, 900)
    browser.open(wide)
    assert wide.stat().st_size < 5e6
    assert browser.run("return performance.getEntriesByType('paint')[0].startTime") < 10_000
    box = browser.run("return document.querySelector('.a-grid').getBoundingClientRect().toJSON()")
    assert box["bottom"] < 900
    assert browser.run("const n = document.querySelector('.a-grid .wide'); return n.scrollWidth <= n.clientWidth")
    shown = browser.shown(".grid tbody th")
    # The records 1,001 and 2,002 of 18 per op are new.
    assert {name.strip() for name in shown if "op_" in name} == {"op_of_some_length_55", "op_of_some_length_111"}


def test_a_family_opens_and_a_search_shows_its_ops(browser, wide):
    browser.open(wide)
    button = browser.driver.find_element(By.CSS_SELECTOR, "button.fold")
    button.click()
    assert button.get_attribute("aria-expanded") == "true"
    assert len(browser.shown(".grid tr.op")) == 2 + 8
    button.click()
    search(browser, "op_of_some_length_77")
    assert [name.strip() for name in browser.shown(".grid tr.op th")] == ["op_of_some_length_77"]


def test_a_cell_leads_to_what_it_tells(browser, wide):
    browser.open(wide)
    browser.driver.find_element(By.CSS_SELECTOR, ".grid tr.red td.new a").click()
    WebDriverWait(browser.driver, 20).until(lambda _: address(browser).startswith("#new-"))
    assert browser.run("return document.querySelector(location.hash).open")


def test_differences_are_filtered_by_who_must_act(browser, wide):
    browser.open(wide, "#owner=by+design")
    owners = browser.run("return [...document.querySelectorAll('.entry:not([hidden])')].map(n => n.dataset.owner)")
    assert set(owners) == {"by design"}


def test_a_filter_by_target_leaves_only_its_column(browser, page):
    browser.open(page, "#target=jax:jit")
    assert {text.strip() for text in browser.shown(".matrices thead th[data-column]")} == {"jax:jit"}


def test_a_search_finds_words_of_a_message(browser, page):
    browser.open(page)
    search(browser, "size mismatch")
    texts = browser.shown(".entry summary")
    assert texts
    assert all("size mismatch" in text for text in texts)
    browser.driver.find_element(By.ID, "q").send_keys("nowhere to be found")
    WebDriverWait(browser.driver, 20).until(lambda _: not browser.shown(".entry"))
    assert "No entry matches the filter." in browser.shown(".nothing")


def test_a_link_opens_its_finding(browser, page):
    browser.open(page, "#finding=f2")
    assert "f2" in open_entries(browser)
    top = browser.run("return document.getElementById('finding-f2').getBoundingClientRect().top")
    assert 0 <= top < 900


def test_a_link_opens_its_difference_even_where_a_filter_hides_it(browser, page):
    browser.open(page)
    wanted = browser.run("return [...document.querySelectorAll('.entry.known')].at(-1).dataset.finding")
    browser.open(page, f"#op=nothing&verdict=crash&finding={wanted}")
    assert wanted in open_entries(browser)
    browser.run("location.hash = '#finding=f1'")
    WebDriverWait(browser.driver, 20).until(lambda _: "f1" in open_entries(browser))


def test_an_entry_gives_a_link_to_itself(browser, page):
    browser.open(page, "#finding=f2")
    browser.run("document.querySelector('#finding-f2 [data-link]').click()")
    assert address(browser) == "#finding=f2"


def test_a_script_is_copied_to_the_letter(browser, page):
    browser.command("Browser.grantPermissions", permissions=["clipboardReadWrite", "clipboardSanitizedWrite"])
    browser.open(page, "#finding=f0")
    button = browser.driver.find_element(By.CSS_SELECTOR, "#finding-f0 [data-copy='finding-f0-script-1']")
    assert button.text == "Copy script"
    button.click()
    WebDriverWait(browser.driver, 20).until(lambda _: button.text == "Copied")
    read = "const done = arguments[0]; navigator.clipboard.readText().then(done, e => done(String(e)))"
    assert browser.driver.execute_async_script(read) == SCRIPT


def test_a_table_is_sorted_up_and_down(browser, page):
    browser.open(page)
    head = ".matrices thead th:first-child button"
    before = browser.shown(OPS)
    button = browser.driver.find_element(By.CSS_SELECTOR, head)
    button.click()
    assert browser.shown(OPS) == sorted(before)
    button.click()
    assert browser.shown(OPS) == sorted(before, reverse=True)
    assert browser.run("return document.querySelector('table.sortable th').ariaSort") == "descending"


def test_numbers_sort_as_numbers(browser, page):
    browser.open(page)
    nearest = "#rho ~ .wide + h3 + .wide"
    browser.driver.find_element(By.CSS_SELECTOR, f"{nearest} th:nth-child(4) button").click()
    found = browser.run(f"return [...document.querySelector('{nearest} tbody').rows].map(r => r.cells[3].dataset.key)")
    assert list(map(float, found)) == sorted(map(float, found))
    assert len(set(found)) > 2


def test_differences_come_in_the_order_that_is_asked_for(browser, page):
    browser.open(page)
    records = "return [...document.querySelectorAll('.entry.known')].map(n => Number(n.dataset.records))"
    choose(browser, "sort", "most records")
    found = browser.run(records)
    assert found == sorted(found, reverse=True)
    assert address(browser) == "#sort=records"
    choose(browser, "sort", "by op")
    ops = browser.run("return [...document.querySelectorAll('.entry.known')].map(n => n.dataset.op)")
    assert ops == sorted(ops)


def brightness(browser):
    return browser.run("return Number(getComputedStyle(document.body).backgroundColor.match(/\\d+/)[0])")


def test_the_page_is_dark_where_the_reader_wants_it(browser, page):
    browser.open(page)
    assert brightness(browser) > 200
    browser.emulate(prefers_color_scheme="dark")
    assert brightness(browser) < 60
    button = browser.driver.find_element(By.ID, "theme")
    button.click(), button.click()
    assert button.text == "Theme: light"
    assert brightness(browser) > 200
    browser.open(page)
    assert brightness(browser) > 200
    browser.driver.find_element(By.ID, "theme").click()
    assert brightness(browser) < 60


def test_the_keyboard_is_enough(browser, page):
    browser.open(page)
    body = browser.driver.find_element(By.TAG_NAME, "body")
    body.send_keys("j")
    body.send_keys("j")
    assert browser.run("return document.querySelector('.current').dataset.finding") == "f1"
    type_(browser, Keys.ENTER)
    assert "f1" in open_entries(browser)
    type_(browser, "k")
    assert browser.run("return document.querySelector('.current').dataset.finding") == "f0"
    type_(browser, "/")
    assert browser.run("return document.activeElement.id") == "q"
    type_(browser, "hang", Keys.ESCAPE)
    assert browser.run("return document.getElementById('q').value") == ""
    browser.driver.find_element(By.TAG_NAME, "body").send_keys("?")
    assert browser.run("return document.getElementById('help').open") is True


@pytest.mark.parametrize("width", [360, 800, 1280])
def test_the_page_is_never_wider_than_the_window(browser, page, width):
    browser.resize(width, 800)
    browser.open(page)
    assert browser.run("return document.documentElement.scrollWidth") <= width


def test_paper_shows_what_is_new_and_no_buttons(browser, page):
    browser.open(page)
    browser.run("window.dispatchEvent(new Event('beforeprint'))")
    browser.emulate("print", prefers_color_scheme="dark")
    assert browser.shown("button:not(.order), .tools, nav") == []
    assert browser.shown(".matrices thead th")[:2] == ["op", "jax:jit"]
    assert browser.run("return document.querySelectorAll('details.new:not([open])').length") == 0
    assert browser.run("return getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"


def test_a_missing_browser_is_told_with_what_to_install(browsers, monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(pytest.fail.Exception, match="apt-get install chromium chromium-driver"):
        browsers.found("chromedriver")
