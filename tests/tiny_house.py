"""A served test without a network: its clock, its administrator, and listeners who walk in."""

from itertools import count
from pathlib import Path
from typing import Any
from unittest.mock import patch

from starlette.testclient import TestClient
from tiny_listening import make_test

from voiceact.listening.delivery import listener_view as blind
from voiceact.listening.delivery.server import sessions
from voiceact.listening.delivery.server.app import make_app
from voiceact.listening.delivery.server.database import database_url, open_database
from voiceact.listening.delivery.server.progress import measure_progress
from voiceact.listening.delivery.server.routes import RateLimits
from voiceact.listening.delivery.server.service import ListeningService
from voiceact.listening.loading import load_test

ADMIN = "an-admin-token-of-length"
OURS = {"X-Voiceact": "1"}


class Clock:
    """A clock that goes when it is told to."""

    def __init__(self) -> None:
        self.now = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now


class House:
    """A served test, its clock, and browsers that walk in."""

    def __init__(self, folder: Path, **settings: Any) -> None:
        self.folder, self.clock, self.most = folder, Clock(), settings.pop("most_listeners", 0)
        self.database = settings.pop("database", None)
        self._numbers = count(1)
        self.test = load_test(make_test(folder, **settings))
        self.start()

    def start(self) -> None:
        """A new process, as far as the server can tell: nothing is left of the old one but the database."""
        # The order of a listener's items follows from the database's secret: the same one in every run.
        with patch.object(blind, "new_secret", lambda: "5e" * 32):
            self.service = ListeningService(
                self.test, open_database(database_url(self.folder, self.database)), clock=self.clock
            )
        self.app = make_app(self.service, admin_token=ADMIN, most_listeners=self.most)
        self.app.state.limits = RateLimits(self.clock)

    def browser(self) -> TestClient:
        return TestClient(self.app, base_url="http://lab.example", headers=OURS)

    def listener(self, **settings: Any) -> "Visitor":
        # A listener's order is drawn from their id: the first of a test is the same one in every run.
        with patch.object(sessions, "new_listener_id", lambda: f"{next(self._numbers):08x}"):
            who, token = self.service.queue.run_blocking(self.service.add_listener, **settings)
        visitor = Visitor(self, who)
        reply = visitor.browser.post("/api/enter", json={"token": token})
        assert reply.json() == {"listener": who}
        return visitor


class Visitor:
    """A listener at their browser."""

    def __init__(self, house: House, who: str) -> None:
        self.house, self.who, self.browser = house, who, house.browser()

    def get(self, path: str) -> Any:
        return self.browser.get(f"/api/listener/{self.who}/{path}")

    def post(self, path: str, body: Any) -> Any:
        return self.browser.post(f"/api/listener/{self.who}/{path}", json=body)

    def begin(self) -> dict[str, Any]:
        """Agree and read the instructions: the first item."""
        self.post("consent", {"language": "en"})
        item: dict[str, Any] = self.post("ready", {}).json()["item"]
        return item

    def item(self) -> dict[str, Any]:
        item: dict[str, Any] = self.get("state").json()["item"]
        return item

    def item_id(self, alias: str) -> str:
        """The item in test.json that the browser knows by an alias."""
        draw = self.house.service.cache.draw_of(self.who, alias)
        assert draw is not None
        return draw.item

    def answer(self, shown: dict[str, Any], value: Any = 1, *, waits: float = 2.0, **changes: Any) -> Any:
        """Wait, then answer the item that is shown."""
        self.house.clock.now += waits
        return self.post(
            "answer",
            {
                "item": shown["item"],
                "nonce": "nonce-" + shown["item"],
                "value": value,
                "plays": len(shown["clips"]),
                "seconds": 0.75,
            }
            | changes,
        )


def events(house: House) -> dict[str, int]:
    found: dict[str, int] = measure_progress(house.test, house.service.engine, now=house.clock.now)["events"]
    return found
