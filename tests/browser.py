"""A real browser, driven over a pipe: chromium's own protocol, no package beside it."""

import base64
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--mute-audio",
    "--hide-scrollbars",
    "--autoplay-policy=no-user-gesture-required",
    "--remote-debugging-pipe",
)
PATIENCE = 60
LAUNCH = """
import fcntl, os, sys
# The browser reads its orders from descriptor 3 and answers on 4; what is there now must not be overwritten first.
orders, answers = (fcntl.fcntl(int(one), fcntl.F_DUPFD, 10) for one in sys.argv[1:3])
os.dup2(orders, 3)
os.dup2(answers, 4)
os.execv(sys.argv[3], sys.argv[3:])
"""


def executable() -> str | None:
    """Where a browser is; None if there is none."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


class Browser:
    """One tab. `messages` and `requests` are what the page said and asked for since it was opened."""

    def __init__(self, profile: str):
        ours, theirs = os.pipe(), os.pipe()
        self._process = subprocess.Popen(
            [
                sys.executable,
                "-c",
                LAUNCH,
                str(ours[0]),
                str(theirs[1]),
                str(executable()),
                *FLAGS,
                f"--user-data-dir={profile}",
                "about:blank",
            ],
            pass_fds=(ours[0], theirs[1]),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(ours[0])
        os.close(theirs[1])
        self._out, self._in = os.fdopen(ours[1], "wb", buffering=0), os.fdopen(theirs[0], "rb", buffering=0)
        self._number, self._left, self._session = 0, b"", ""
        self.messages: list[str] = []
        self.requests: list[str] = []
        target = next(one for one in self._targets() if one["type"] == "page")
        self._session = self.ask("Target.attachToTarget", targetId=target["targetId"], flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.ask(f"{domain}.enable")

    def _targets(self) -> list[dict[str, Any]]:
        ends = time.monotonic() + PATIENCE
        while time.monotonic() < ends:
            found = self.ask("Target.getTargets")["targetInfos"]
            if any(one["type"] == "page" for one in found):
                return found
            time.sleep(0.1)
        raise TimeoutError("the browser opened no page")

    def ask(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Send an order and wait for its answer."""
        self._number += 1
        order = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            order["sessionId"] = self._session
        self._out.write(json.dumps(order).encode() + b"\0")
        while True:
            answer = self._receive()
            if answer.get("id") == self._number:
                assert "error" not in answer, answer
                return answer["result"]
            self._note(answer)

    def _receive(self) -> dict[str, Any]:
        while b"\0" not in self._left:
            more = self._in.read(1 << 20)
            if not more:
                raise EOFError("the browser is gone")
            self._left += more
        one, _, self._left = self._left.partition(b"\0")
        return json.loads(one)

    def _note(self, event: dict[str, Any]) -> None:
        method, told = event.get("method"), event.get("params", {})
        if method == "Network.requestWillBeSent":
            self.requests.append(told["request"]["url"][:100])
        elif method == "Log.entryAdded":
            self.messages.append(told["entry"]["text"])
        elif method == "Runtime.consoleAPICalled":
            self.messages.append(str(told["args"]))
        elif method == "Runtime.exceptionThrown":
            self.messages.append(str(told["exceptionDetails"]))

    def open(self, path: Path, *, width: int = 1280, height: int = 900, dark: bool = False, phone: bool = False) -> None:
        """Show a file in a window of that size."""
        self.ask("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=phone)
        scheme = "dark" if dark else "light"
        self.ask("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        self.messages.clear()
        self.requests.clear()
        self.ask("Page.navigate", url=path.resolve().as_uri())
        self.until("document.readyState === 'complete'")

    def until(self, expression: str) -> Any:
        """Wait until something is true of the page."""
        ends = time.monotonic() + PATIENCE
        while time.monotonic() < ends:
            if found := self.value(expression):
                return found
            time.sleep(0.05)
        raise TimeoutError(f"never true: {expression}")

    def value(self, expression: str) -> Any:
        """What a JavaScript expression comes to."""
        found = self.ask("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in found, found
        return found["result"].get("value")

    def picture(
        self, path: Path, *, whole: bool = True, clip: tuple[float, float, float, float] | None = None, scale: float = 1
    ) -> None:
        """Write what is seen as PNG. clip: x, y, width, height."""
        more: dict[str, Any] = {"captureBeyondViewport": whole}
        if clip:
            more["clip"] = dict(zip(("x", "y", "width", "height"), clip, strict=True)) | {"scale": scale}
        path.write_bytes(base64.b64decode(self.ask("Page.captureScreenshot", format="png", **more)["data"]))

    def close(self) -> None:
        """End the browser that was started here."""
        self._process.terminate()
        self._process.wait(timeout=PATIENCE)
        self._out.close()
        self._in.close()


@contextmanager
def browser() -> Iterator[Browser]:
    """A browser with a profile of its own, closed afterwards."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        found = Browser(profile)
        try:
            yield found
        finally:
            found.close()
