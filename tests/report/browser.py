"""A real browser for pages: Debian's Chromium, driven without a window and without the network."""

from __future__ import annotations

import base64
import shutil
from contextlib import contextmanager
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CHROMIUM = shutil.which("chromium")
DRIVER = shutil.which("chromedriver")
_OPTIONS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
)


class Browser:
    """A browser with one page."""

    def __init__(self, driver: Any) -> None:
        self._driver = driver

    def open(self, page: Path, *, width: int = 1400, dark: bool = False, height: int = 900) -> None:
        """Show a page in a window of some width, in a colour scheme."""
        self.change(width=width, dark=dark, height=height)
        self._driver.get(page.as_uri())

    def change(self, *, width: int = 1400, dark: bool = False, height: int = 900) -> None:
        """Show the same page in another window or colour scheme."""
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self._do("Emulation.setEmulatedMedia", media="screen", features=[scheme])
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self._do("Emulation.setDeviceMetricsOverride", **size)

    def print_view(self) -> None:
        """Show the page as it is printed."""
        self._do("Emulation.setEmulatedMedia", media="print")

    def ask(self, script: str, *values: Any) -> Any:
        """What a script returns that is run beside the page."""
        return self._driver.execute_script(script, *values)

    def press(self, key: str) -> None:
        """Press a key."""
        codes = {"Tab": (9, ""), "Enter": (13, "\r")}
        code, text = codes[key]
        told = {"key": key, "code": key, "windowsVirtualKeyCode": code, "text": text}
        self._do("Input.dispatchKeyEvent", type="keyDown", **told)
        self._do("Input.dispatchKeyEvent", type="keyUp", **told)

    def log(self) -> list[str]:
        """What the browser complained of since it was asked last."""
        return [entry["message"] for entry in self._driver.get_log("browser")]

    def picture(self) -> bytes:
        """What is seen, as PNG."""
        return base64.b64decode(self._do("Page.captureScreenshot")["data"])

    def _do(self, command: str, **arguments: Any) -> Any:
        return self._driver.execute_cdp_cmd(command, arguments)


@contextmanager
def browser() -> Iterator[Browser]:
    """Start a browser, and end it."""
    from selenium.webdriver import Chrome, ChromeOptions  # noqa: PLC0415 - where there is a browser
    from selenium.webdriver.chrome.service import Service  # noqa: PLC0415 - the same

    options = ChromeOptions()
    options.binary_location = CHROMIUM or ""
    with TemporaryDirectory() as folder:
        for option in (*_OPTIONS, f"--user-data-dir={folder}"):
            options.add_argument(option)
        # With the driver's path, selenium looks for nothing and downloads nothing.
        driver = Chrome(options=options, service=Service(DRIVER))
        try:
            yield Browser(driver)
        finally:
            driver.quit()
