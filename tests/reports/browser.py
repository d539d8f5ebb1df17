"""A real headless Chromium for the tests of the page, driven by Selenium over Debian's chromedriver."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.support.ui import WebDriverWait

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
HINT = (
    "The tests of report.html need Chromium and its chromedriver on the PATH, and found no {missing}. "
    "On Debian: apt-get install chromium chromium-driver"
)


def found(*names: str) -> str:
    """The first of these programs that there is; the test fails, saying what to install, where there is none."""
    path = next(filter(None, map(shutil.which, names)), None)
    if path is None:
        pytest.fail(HINT.format(missing=names[0]), pytrace=False)
    return path


class Browser:
    """One window; ``open`` loads a page anew, ``console`` and ``requests`` tell what happened since."""

    def __init__(self, driver: Chrome) -> None:
        self.driver = driver

    def open(self, page: Path, hash: str = "") -> None:
        self.driver.get("about:blank")
        self.console(), self.requests()
        self.driver.get(page.as_uri() + hash)
        # The driver has been seen to return before the scripts at the end of the page had run.
        loaded = f"return location.href.startsWith({json.dumps(page.as_uri())}) && document.readyState === 'complete'"
        WebDriverWait(self.driver, 60).until(lambda _: self.run(loaded))

    def run(self, script: str, *arguments: Any) -> Any:
        return self.driver.execute_script(script, *arguments)

    def command(self, name: str, **arguments: Any) -> Any:
        """A command of https://chromedevtools.github.io/devtools-protocol/"""
        return self.driver.execute_cdp_cmd(name, arguments)

    def console(self) -> list[str]:
        """What the browser complained about."""
        return [entry["message"] for entry in self.driver.get_log("browser")]

    def requests(self) -> list[str]:
        """The addresses that the page asked for, its own included; not those of ``data:``."""
        events = [json.loads(entry["message"])["message"] for entry in self.driver.get_log("performance")]
        asked = [e["params"]["request"]["url"] for e in events if e["method"] == "Network.requestWillBeSent"]
        return [url for url in asked if not url.startswith("data:")]

    def shown(self, selector: str) -> list[str]:
        """The text of the elements that can be seen."""
        seen = "filter(n => n.offsetParent && n.checkVisibility())"
        script = f"return [...document.querySelectorAll(arguments[0])].{seen}.map(n => n.innerText)"
        texts: list[str] = self.run(script, selector)
        return texts

    def emulate(self, media: str = "", **features: str) -> None:
        """A medium (``print``) and features (``prefers_color_scheme="dark"``)."""
        given = [{"name": name.replace("_", "-"), "value": value} for name, value in features.items()]
        self.command("Emulation.setEmulatedMedia", media=media, features=given)

    def resize(self, width: int, height: int) -> None:
        self.command(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 500
        )


@contextmanager
def started() -> Iterator[Browser]:
    options = ChromeOptions()
    options.binary_location = found(*BROWSERS)
    # Chromium's own sandbox does not start for root nor in most containers; nothing but our own page is opened.
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = Chrome(options=options, service=Service(found("chromedriver")))
    try:
        yield Browser(driver)
    finally:
        driver.quit()
