"""Drive a headless Chromium through chromedriver, by the WebDriver protocol and nothing but the standard library."""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest

#: With this set, what a browser test needs and does not find is a failure and no skip.
REQUIRE_BROWSER = os.environ.get("REQUIRE_BROWSER") == "1"
_ARGUMENTS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars"]


def missing(reason: str) -> None:
    """Skip the test that needs it, or fail it where the run says that nothing may be missing."""
    if REQUIRE_BROWSER:
        pytest.fail(reason)
    pytest.skip(reason)


class Browser:
    """One window."""

    def __init__(self, port: int, session: str) -> None:
        self._address = f"http://127.0.0.1:{port}/session/{session}"

    def _post(self, path: str, content: dict[str, Any]) -> Any:
        return _send(f"{self._address}{path}", content)

    def open(
        self,
        page: Path,
        *,
        width: int = 1280,
        height: int = 900,
        dark: bool = False,
        media: str = "",
        forced: bool = False,
    ) -> None:
        """Show a page at a width, light or dark or in forced colours, on the screen or as printed."""
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self._tell("Emulation.setDeviceMetricsOverride", size)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        colours = {"name": "forced-colors", "value": "active" if forced else "none"}
        self._tell("Emulation.setEmulatedMedia", {"media": media, "features": [scheme, colours]})
        self._post("/url", {"url": page.as_uri()})

    def _tell(self, command: str, parameters: dict[str, Any]) -> None:
        self._post("/goog/cdp/execute", {"cmd": command, "params": parameters})

    def run(self, script: str, *arguments: Any) -> Any:
        """Return what a script in the page returns."""
        return self._post("/execute/sync", {"script": script, "args": list(arguments)})

    def wait_for(self, script: str, *arguments: Any) -> Any:
        """Return what a script gives to its last argument, a function."""
        return self._post("/execute/async", {"script": script, "args": list(arguments)})

    def type(self, selector: str, text: str) -> None:
        """Type into a field as a person does."""
        self._post(f"/element/{self._find(selector)}/value", {"text": text})

    def click(self, selector: str) -> None:
        """Click on something."""
        self._post(f"/element/{self._find(selector)}/click", {})

    def scripts(self, allowed: bool) -> None:
        """Let the pages opened from now on run scripts, or not."""
        self._tell("Emulation.setScriptExecutionDisabled", {"value": not allowed})

    def picture(self) -> bytes:
        """Return the window as PNG."""
        with urlopen(f"{self._address}/screenshot") as answer:
            return base64.b64decode(json.load(answer)["value"])

    def _find(self, selector: str) -> str:
        found: dict[str, str] = self._post("/element", {"using": "css selector", "value": selector})
        return next(iter(found.values()))


def _send(address: str, content: dict[str, Any]) -> Any:
    request = Request(address, json.dumps(content).encode(), {"Content-Type": "application/json"})
    with urlopen(request, timeout=120) as answer:
        return json.load(answer)["value"]


@contextmanager
def browser(profile: Path) -> Iterator[Browser]:
    """Start a browser of its own, and end it."""
    chromium, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if chromium is None or driver is None:
        missing("no chromium with chromedriver on this machine")
    process = subprocess.Popen([str(driver), "--port=0"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        port = _port(process)
        options = {"binary": chromium, "args": [*_ARGUMENTS, f"--user-data-dir={profile}"]}
        wanted = {"capabilities": {"alwaysMatch": {"goog:chromeOptions": options, "timeouts": {"script": 120_000}}}}
        session = _send(f"http://127.0.0.1:{port}/session", wanted)["sessionId"]
        yield Browser(port, session)
        with urlopen(Request(f"http://127.0.0.1:{port}/session/{session}", method="DELETE"), timeout=60):
            pass
    finally:
        process.terminate()
        process.wait(timeout=30)
        if process.stdout is not None:
            process.stdout.close()


def _port(process: subprocess.Popen[str]) -> int:
    for line in process.stdout or ():
        found = re.search(r"started successfully on port (\d+)", line)
        if found:
            return int(found[1])
    raise RuntimeError("chromedriver did not start")


def fetch_axe(folder: Path) -> str:
    """Return the source of axe-core, fetched from npm into `folder`."""
    npm = shutil.which("npm")
    if npm is None:
        missing("axe-core comes from npm, which is not on this machine")
    command = [str(npm), "pack", "axe-core@4", "--silent", "--cache", str(folder / "cache")]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, check=False)
    packed = list(folder.glob("axe-core-*.tgz"))
    if done.returncode or not packed:
        missing("axe-core could not be fetched from npm")
    with tarfile.open(packed[0]) as archive:
        member = archive.extractfile("package/axe.min.js")
        if member is None:
            raise RuntimeError("axe-core holds no axe.min.js")
        return member.read().decode("utf-8")
