"""The pages in a real browser: Chromium without a window, against a real server process."""

# ruff: noqa: E402
import io
import re
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

for library in ("starlette", "uvicorn", "sqlalchemy", "alembic", "playwright"):
    pytest.importorskip(library, reason="voiceact[listen] or playwright is not installed")

from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from tiny_listening import make_test
from tiny_server import Server

from voiceact.listening.answers.answer import Answer
from voiceact.listening.delivery.server.database import database_url, open_database
from voiceact.listening.delivery.server.stored import read_listeners, read_stored_answers
from voiceact.listening.loading import load_test

CHROMIUM = next((path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None)
if CHROMIUM is None:
    pytest.skip("no Chromium on this machine", allow_module_level=True)
if sys.platform != "linux":
    pytest.skip("tried on Linux only", allow_module_level=True)

PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True, "device_scale_factor": 2}


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as tools:
        browser = tools.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


class Hall:
    """A served test and the browsers before it."""

    def __init__(self, chromium: Browser, folder: Path, *arguments: str, **settings: Any) -> None:
        self.chromium, self.folder = chromium, make_test(folder, **settings)
        self.test = load_test(self.folder)
        self.server = Server(self.folder, "--listeners", "2", *arguments)
        self.links = [link["url"] for link in self.server.told["links"]]
        self.contexts: list[BrowserContext] = []
        self.errors: list[str] = []

    def context(self, **settings: Any) -> BrowserContext:
        made = self.chromium.new_context(**{"locale": "en-GB", **settings})
        made.set_default_timeout(15_000)
        self.contexts.append(made)
        return made

    def visit(self, link: str | None = None, **settings: Any) -> Page:
        return self.open(self.context(**settings), link)

    def open(self, context: BrowserContext, link: str | None = None) -> Page:
        page = context.new_page()
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on(
            "console",
            lambda message: (
                self.errors.append(message.text)
                if message.type == "error" and "Failed to load resource" not in message.text
                else None
            ),
        )
        page.goto(link or self.links[0])
        return page

    def answers(self) -> list[Answer]:
        engine = open_database(database_url(self.folder, None))
        try:
            return read_stored_answers(self.test, engine)
        finally:
            engine.dispose()

    def listeners(self) -> list[Any]:
        engine = open_database(database_url(self.folder, None))
        try:
            return read_listeners(engine)
        finally:
            engine.dispose()

    def crash_and_restart(self, meanwhile: Callable[[], None]) -> None:
        port = self.server.port
        self.server.kill()
        meanwhile()
        self.server = Server(self.folder, port=port)

    def close(self) -> None:
        for context in self.contexts:
            context.close()
        self.server.stop()
        assert self.errors == [], "no script failed, nothing was refused by the content security policy"


@pytest.fixture
def hall(chromium: Browser, tmp_path: Path) -> Iterator[Callable[..., Hall]]:
    opened: list[Hall] = []

    def make(*arguments: str, **settings: Any) -> Hall:
        opened.append(Hall(chromium, tmp_path / f"test{len(opened)}", *arguments, **settings))
        return opened[-1]

    yield make
    for one in opened:
        one.close()


def begin(page: Page) -> None:
    """Agree and read the instructions."""
    page.get_by_role("button", name="I agree to take part").click()
    page.get_by_role("button", name="Begin").click()
    expect(page.get_by_role("button", name="Play")).to_be_enabled()


def position(page: Page) -> str:
    return page.locator("#progress-text").inner_text()


def hear(page: Page) -> None:
    """Play to the end."""
    page.get_by_role("button", name="Play").click()
    expect(page.get_by_role("radio").first).to_be_enabled()


# --- A whole test


def test_a_whole_test_by_mouse(hall: Callable[..., Hall]) -> None:
    house = hall()
    page = house.visit()
    expect(page.get_by_role("heading")).to_have_text("Before you begin")
    begin(page)
    for number in range(1, 6):
        assert position(page) == f"{number} of 5"
        expect(page.get_by_role("radio", name="Strongly present")).to_be_disabled()
        expect(page.get_by_role("button", name="Next")).to_be_disabled()
        hear(page)
        page.get_by_text("Strongly present").click()
        page.get_by_role("button", name="Next").click()
        expect(page.get_by_role("heading")).to_have_text("Thank you!") if number == 5 else expect(
            page.locator("#progress-text")
        ).to_have_text(f"{number + 1} of 5")
    expect(page.get_by_role("heading")).to_have_text("Thank you!")
    rows = house.answers()
    assert [row.value for row in rows] == [2] * 5 and {row.item for row in rows} == set(house.test.items)
    assert all(row.plays == 1 and row.seconds is not None and 0 < row.seconds < 10 for row in rows)


def test_a_whole_test_by_keyboard(hall: Callable[..., Hall]) -> None:
    house = hall()
    page = house.visit()
    page.get_by_role("heading").wait_for()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading")).to_have_text("How it works")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    for number, key in enumerate("12321", 1):
        expect(page.locator("#progress-text")).to_have_text(f"{number} of 5")
        expect(page.get_by_role("button", name="Play")).to_be_focused()
        page.keyboard.press(key)
        assert page.get_by_role("radio", checked=True).count() == 0, "no answer before the end of the clip"
        page.keyboard.press("Space")
        expect(page.get_by_role("radio").first).to_be_enabled()
        page.keyboard.press(key)
        expect(page.get_by_role("radio", checked=True)).to_be_focused()
        page.keyboard.press("Enter")
    expect(page.get_by_role("heading")).to_have_text("Thank you!")
    assert [row.value for row in house.answers()] == [0, 1, 2, 1, 0]


def test_arrows_and_space_work_as_in_any_form(hall: Callable[..., Hall]) -> None:
    house = hall()
    page = house.visit()
    begin(page)
    hear(page)
    page.keyboard.press("Tab")
    expect(page.get_by_role("radio", name="Not present")).to_be_focused()
    page.keyboard.press("Space")
    expect(page.get_by_role("radio", name="Not present")).to_be_checked()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("radio", name="Weakly present")).to_be_checked()
    page.keyboard.press("Space")
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    expect(page.locator(".state")).to_contain_text("You may listen again")
    page.keyboard.press("Enter")
    expect(page.locator("#progress-text")).to_have_text("2 of 5")
    (row,) = house.answers()
    assert (row.value, row.plays) == (1, 2)


def test_the_sound_is_really_played(hall: Callable[..., Hall]) -> None:
    house = hall(seconds=1.5)
    page = house.visit()
    page.evaluate(
        "() => { window.sounds = []; const Old = window.Audio; window.Audio = function () "
        "{ const made = new Old(); window.sounds.push(made); return made; }; }"
    )
    begin(page)
    page.keyboard.press("Space")
    page.wait_for_function("() => window.sounds[0].currentTime > 0.2 && !window.sounds[0].paused")
    first = page.evaluate("() => window.sounds[0].currentTime")
    page.wait_for_function("(first) => window.sounds[0].currentTime > first + 0.5", arg=first)
    expect(page.get_by_role("radio").first).to_be_disabled()
    page.keyboard.press("Space")
    expect(page.locator(".state")).to_contain_text("Paused; please listen to the end")
    page.keyboard.press("Space")
    expect(page.get_by_role("radio").first).to_be_enabled()
    assert page.evaluate("() => Math.abs(window.sounds[0].duration - 1.5) < 0.05 && window.sounds[0].ended")


def test_two_clips_are_both_heard_before_the_answer(hall: Callable[..., Hall]) -> None:
    house = hall(protocol="pair", gold=False)
    page = house.visit()
    page.get_by_role("button", name="I agree to take part").click()
    page.get_by_role("button", name="Begin").click()
    expect(page.get_by_role("button", name="Play Clip A")).to_be_focused()
    page.keyboard.press("Space")
    expect(page.get_by_role("button", name="Play Clip B")).to_be_focused()
    expect(page.get_by_role("radio").first).to_be_disabled()
    page.keyboard.press("Space")
    expect(page.get_by_role("radio").first).to_be_enabled()
    page.keyboard.press("a")
    expect(page.get_by_role("button", name="Pause Clip A")).to_be_visible()
    page.keyboard.press("2")
    page.keyboard.press("Enter")
    expect(page.locator("#progress-text")).to_have_text("2 of 4")
    assert house.answers()[0].clip_b is not None


def test_many_categories_by_number_keys(hall: Callable[..., Hall]) -> None:
    house = hall(protocol="intensity", gold=False)
    page = house.visit()
    begin(page)
    hear(page)
    for key in "012345":
        page.keyboard.press(key)
    page.keyboard.press("Enter")
    expect(page.locator("#progress-text")).to_have_text("2 of 4")
    assert sorted(row.value for row in house.answers()) == [0, 1, 2, 3, 4, 5]
    expect(page.get_by_role("group", name="Fear")).to_be_visible()


@pytest.mark.parametrize(
    ("protocol", "answers"),
    [("binary", {"Yes": 1, "No": 0}), ("naturalness", {"Bad": 1, "Excellent": 5}), ("identity", {"Yes": 1, "No": 0})],
)
def test_the_other_protocols(hall: Callable[..., Hall], protocol: str, answers: dict[str, int]) -> None:
    house = hall(protocol=protocol, gold=False)
    page = house.visit()
    page.get_by_role("button", name="I agree to take part").click()
    page.get_by_role("button", name="Begin").click()
    for number, words in enumerate(answers, 1):
        expect(page.locator("#progress-text")).to_have_text(f"{number} of 4")
        for player in page.locator(".player button").all():
            player.click()
            expect(player.locator("..")).to_contain_text("again")
        expect(page.get_by_role("radio").first).to_be_enabled()
        page.get_by_role("radio", name=words).check()
        page.get_by_role("button", name="Next").click()
    expect(page.locator("#progress-text")).to_have_text("3 of 4")
    assert [row.value for row in house.answers()] == list(answers.values())
    assert all((row.clip_b is not None) == (protocol == "identity") for row in house.answers())


def test_a_screen_reader_is_told_everything(hall: Callable[..., Hall]) -> None:
    house = hall()
    page = house.visit()
    begin(page)
    assert page.evaluate("() => document.documentElement.lang") == "en"
    expect(page.get_by_role("main")).to_have_count(1)
    expect(page.get_by_role("progressbar")).to_have_accessible_name(re.compile("1 of 5|Progress"))
    expect(page.get_by_role("heading", level=1)).to_contain_text("1 of 5. Is ")
    expect(page.get_by_role("combobox", name="Language")).to_be_visible()
    expect(page.get_by_role("group", name=re.compile("^Is .* present in this voice"))).to_have_accessible_description(
        re.compile(".")
    )
    expect(page.get_by_role("status").filter(has_text="Please listen to the end first")).to_be_visible()
    assert page.locator("#spoken").get_attribute("aria-live") == "polite"
    hear(page)
    expect(page.locator("#spoken")).not_to_be_empty()
    for name in ("Not present", "Weakly present", "Strongly present"):
        expect(page.get_by_role("radio", name=name, exact=True)).to_have_count(1)
    unnamed = page.evaluate(
        "() => [...document.querySelectorAll('svg, .track, kbd')].filter((one) => !one.closest('[aria-hidden]')).length"
    )
    assert unnamed == 0, "pictures say nothing; words do"


def test_behind_a_proxy_under_a_prefix(hall: Callable[..., Hall]) -> None:
    from tiny_proxy import Proxy

    house = hall()
    with Proxy(house.server.port, "/test/") as proxy:
        page = house.visit(proxy.url + "#" + house.links[0].partition("#")[2])
        begin(page)
        hear(page)
        page.keyboard.press("2")
        page.keyboard.press("Enter")
        expect(page.locator("#progress-text")).to_have_text("2 of 5")
        page.reload()
        expect(page.locator("#progress-text")).to_have_text("2 of 5")
        admin = house.visit(proxy.url + "admin#" + house.server.told["admin"].partition("#")[2])
        expect(admin.get_by_role("heading", level=1)).to_contain_text("1 answer,")
    assert [row.value for row in house.answers()] == [1]


def test_the_headphone_check(hall: Callable[..., Hall]) -> None:
    from sqlalchemy import text

    from voiceact.listening.delivery.headphones import make_trials

    house = hall(headphones=True)
    page = house.visit()
    page.route(
        "**/headphones/*",
        lambda route: (
            route.fulfill(body=_short_tone(), content_type="audio/wav") if route.request.method == "GET" else route.continue_()
        ),
    )
    page.get_by_role("button", name="I agree to take part").click()
    engine = open_database(database_url(house.folder, None))
    with engine.connect() as connection:
        seed = connection.execute(
            text("SELECT seed FROM listener WHERE id = :id"), {"id": house.server.told["links"][0]["listener"]}
        ).scalar_one()
    engine.dispose()
    for attempt, wanted in enumerate(("antiphase", "quietest")):
        page.get_by_role("button", name="Begin" if attempt == 0 else "Try again").click()
        for trial in make_trials(seed + attempt):
            expect(page.get_by_role("button", name="Play")).to_be_focused()
            page.keyboard.press("Space")
            expect(page.get_by_role("radio").first).to_be_enabled()
            page.keyboard.press(str(getattr(trial, wanted)))
            page.keyboard.press("Enter")
    expect(page.get_by_text("Passed: your headphones are fine.")).to_be_visible()
    assert house.listeners()[0].qualified is True


def _short_tone() -> bytes:
    import numpy as np

    from voiceact import audio

    return audio.encode(np.full(1600, 0.01, np.float32), 16000, suffix=".wav")


# --- Reload, network, server


def test_a_reload_in_the_middle_comes_back_to_the_same_place(hall: Callable[..., Hall]) -> None:
    house = hall()
    page = house.visit()
    begin(page)
    hear(page)
    page.get_by_text("Not present").click()
    page.get_by_role("button", name="Next").click()
    expect(page.locator("#progress-text")).to_have_text("2 of 5")
    question = page.get_by_role("heading").inner_text()
    hear(page)
    page.get_by_text("Weakly present").click()
    page.reload()
    expect(page.locator("#progress-text")).to_have_text("2 of 5")
    assert page.get_by_role("heading").inner_text() == question
    expect(page.get_by_role("radio", name="Weakly present")).to_be_checked()
    page.get_by_role("button", name="Next").click()
    expect(page.locator("#progress-text")).to_have_text("3 of 5")
    assert [row.value for row in house.answers()] == [0, 1]


def test_the_link_does_not_stay_in_the_address(hall: Callable[..., Hall]) -> None:
    house = hall()
    page = house.visit()
    page.get_by_role("heading").wait_for()
    token = house.links[0].partition("#")[2]
    assert token not in page.url and "#listener=" in page.url
    assert token not in page.evaluate("() => document.cookie + JSON.stringify(localStorage)")


def test_a_lost_network_keeps_the_answer_and_sends_it_once(hall: Callable[..., Hall]) -> None:
    house = hall()
    page = house.visit()
    begin(page)
    hear(page)
    page.keyboard.press("3")
    page.context.set_offline(True)
    page.keyboard.press("Enter")
    expect(page.get_by_text("No connection. Your answer is kept")).to_be_visible()
    assert house.answers() == []
    assert '"value":2' in page.evaluate("() => Object.entries(localStorage).find(([key]) => key.endsWith('outbox'))[1]")
    page.context.set_offline(False)
    expect(page.locator("#progress-text")).to_have_text("2 of 5")
    expect(page.get_by_text("No connection. Your answer is kept")).to_be_hidden()
    assert [row.value for row in house.answers()] == [2]


def test_a_lost_reply_does_not_double_the_answer(hall: Callable[..., Hall]) -> None:
    house = hall()
    page = house.visit()
    begin(page)
    hear(page)
    posted: list[str] = []

    def lose_the_first(route: Any) -> None:
        posted.append(route.request.post_data)
        if len(posted) == 1:
            route.fetch()
            route.abort()
        else:
            route.continue_()

    page.route("**/answer", lose_the_first)
    page.keyboard.press("2")
    page.keyboard.press("Enter")
    expect(page.locator("#progress-text")).to_have_text("2 of 5")
    assert len(posted) == 2 and posted[0] == posted[1], "the same answer was sent again"
    assert [row.value for row in house.answers()] == [1]


def test_an_answer_that_was_under_way_is_sent_after_a_reload(hall: Callable[..., Hall]) -> None:
    house = hall()
    page = house.visit()
    begin(page)
    hear(page)
    page.route("**/answer", lambda route: route.abort())
    page.keyboard.press("3")
    page.keyboard.press("Enter")
    expect(page.get_by_text("No connection. Your answer is kept")).to_be_visible()
    page.unroute("**/answer")
    page.reload()
    expect(page.locator("#progress-text")).to_have_text("2 of 5")
    assert [row.value for row in house.answers()] == [2]


def test_a_server_that_crashes_and_comes_back(hall: Callable[..., Hall]) -> None:
    house = hall()
    page = house.visit()
    begin(page)
    hear(page)

    def answer() -> None:
        page.keyboard.press("2")
        page.keyboard.press("Enter")
        expect(page.get_by_text("No connection. Your answer is kept")).to_be_visible()

    house.crash_and_restart(answer)
    expect(page.locator("#progress-text")).to_have_text("2 of 5", timeout=30_000)
    hear(page)
    page.keyboard.press("1")
    page.keyboard.press("Enter")
    expect(page.locator("#progress-text")).to_have_text("3 of 5")
    assert [row.value for row in house.answers()] == [1, 0]


# --- Two at once


@pytest.mark.parametrize("shared", [False, True], ids=["two browsers", "one browser"])
def test_two_listeners_at_once(hall: Callable[..., Hall], shared: bool) -> None:
    house = hall()
    context = house.context()
    pages = [house.open(context if shared else house.context(), link) for link in house.links]
    for page in pages:
        begin(page)
    for number in range(5):
        for page, key in zip(pages, "13", strict=True):
            page.bring_to_front()
            expect(page.locator("#progress-text")).to_have_text(f"{number + 1} of 5")
            hear(page)
            page.keyboard.press(key)
            page.keyboard.press("Enter")
    for page in pages:
        expect(page.get_by_role("heading")).to_have_text("Thank you!")
    rows = house.answers()
    names = [link["listener"] for link in house.server.told["links"]]
    assert [[row.value for row in rows if row.listener == name] for name in names] == [[0] * 5, [2] * 5]


def test_one_listener_in_two_tabs_answers_each_item_once(hall: Callable[..., Hall]) -> None:
    house = hall()
    first = house.visit()
    begin(first)
    second = house.open(first.context)
    expect(second.get_by_role("button", name="Play")).to_be_enabled()
    for page, key in ((first, "1"), (second, "3")):
        page.bring_to_front()
        hear(page)
        page.keyboard.press(key)
    second.keyboard.press("Enter")
    expect(second.locator("#progress-text")).to_have_text("2 of 5")
    first.keyboard.press("Enter")
    expect(first.locator("#progress-text")).to_have_text("2 of 5")
    expect(first.get_by_text("your first answer stands")).to_be_visible()
    assert [row.value for row in house.answers()] == [2]


# --- Phone, languages, links, leaving


def test_a_phone_window(hall: Callable[..., Hall]) -> None:
    house = hall(protocol="intensity", gold=False)
    page = house.visit(**PHONE, locale="de-DE")
    page.locator("main .actions button").first.tap()
    expect(page.get_by_role("heading")).not_to_have_text("Bevor Sie beginnen")
    page.locator("main .actions button").tap()
    page.get_by_role("button", name="Abspielen").tap()
    expect(page.get_by_role("radio").first).to_be_enabled()
    assert page.evaluate("() => document.documentElement.scrollWidth") == 390, "nothing to scroll sideways"
    small = page.evaluate(
        "() => [...document.querySelectorAll('.steps label, main button')].map((one) => one.getBoundingClientRect())"
        ".filter((box) => box.width < 30 || box.height < 40).length"
    )
    assert small == 0, "large enough for a thumb"
    for row in page.get_by_role("group").all()[1:]:
        row.get_by_role("radio").nth(3).tap()
    page.get_by_role("button", name="Weiter").tap()
    expect(page.locator("#progress-text")).to_have_text("2 von 4")
    assert {row.value for row in house.answers()} == {3}


def test_the_language_is_changed_in_the_middle(hall: Callable[..., Hall]) -> None:
    house = hall()
    page = house.visit()
    begin(page)
    hear(page)
    page.get_by_text("Weakly present").click()
    for language, word in (("fr", "Suivant"), ("es", "Siguiente"), ("de", "Weiter")):
        page.get_by_role("combobox").select_option(language)
        expect(page.locator("main .actions button")).to_contain_text(word)
        assert page.evaluate("() => document.documentElement.lang") == language
    assert page.get_by_role("radio", checked=True).get_attribute("value") == "1", "the choice is kept"
    page.get_by_role("button", name="Weiter").click()
    expect(page.locator("#progress-text")).to_have_text("2 von 5")
    page.reload()
    expect(page.locator("#progress-text")).to_have_text("2 von 5")
    assert house.listeners()[0].language == "de"


def test_the_page_begins_in_the_language_of_the_browser(hall: Callable[..., Hall]) -> None:
    house = hall(languages=("en", "es"))
    assert house.visit(locale="es-MX").get_by_role("heading").inner_text() == "Antes de empezar"
    page = house.visit(house.links[1], locale="ja-JP")
    assert page.get_by_role("heading").inner_text() == "Before you begin"
    assert page.get_by_role("option").all_inner_texts() == ["English", "Español"]


@pytest.mark.parametrize(
    ("fragment", "words"),
    [
        ("#forged-token", "This link does not work"),
        ("#listener=00000000", "This link does not work"),
        ("", "This link does not work"),
    ],
    ids=["forged", "another's number", "none"],
)
def test_a_link_that_is_not_good(hall: Callable[..., Hall], fragment: str, words: str) -> None:
    house = hall()
    page = house.visit(house.server.url + fragment)
    expect(page.get_by_role("heading")).to_have_text("That did not work")
    expect(page.get_by_text(words if fragment else "Please open the link that you were given")).to_be_visible()


def test_an_expired_link(hall: Callable[..., Hall]) -> None:
    house = hall("--days", "0.00001")
    page = house.visit()
    page.wait_for_timeout(1000)
    page.reload()
    expect(page.get_by_text("This link has expired")).to_be_visible()


def test_a_listener_withdraws(hall: Callable[..., Hall]) -> None:
    house = hall()
    page = house.visit()
    begin(page)
    hear(page)
    page.keyboard.press("2")
    page.keyboard.press("Enter")
    expect(page.locator("#progress-text")).to_have_text("2 of 5")
    page.get_by_role("button", name="Delete my data").click()
    page.get_by_role("button", name="No, keep it").click()
    assert len(house.answers()) == 1
    page.get_by_role("button", name="Delete my data").click()
    page.get_by_role("button", name="Yes, delete everything").click()
    expect(page.get_by_role("heading")).to_have_text("Deleted")
    assert (
        house.answers() == []
        and page.evaluate("() => Object.keys(localStorage).filter((key) => /draft|outbox/.test(key))") == []
    )
    page.reload()
    expect(page.get_by_text("This link does not work")).to_be_visible()


def test_who_does_not_agree_leaves_nothing(hall: Callable[..., Hall]) -> None:
    house = hall()
    page = house.visit()
    page.get_by_role("button", name="I do not agree").click()
    expect(page.get_by_text("Nothing was saved")).to_be_visible()
    assert house.listeners()[0].consented_at is None


def test_an_open_test_in_the_browser(hall: Callable[..., Hall]) -> None:
    house = hall("--open")
    page = house.visit(house.server.url)
    begin(page)
    page.reload()
    expect(page.locator("#progress-text")).to_have_text("1 of 5")
    assert len(house.listeners()) == 1


# --- Progress


def test_the_administrator_watches(hall: Callable[..., Hall]) -> None:
    house = hall()
    listener = house.visit()
    begin(listener)
    hear(listener)
    listener.keyboard.press("1")
    listener.keyboard.press("Enter")
    expect(listener.locator("#progress-text")).to_have_text("2 of 5")
    page = house.visit(house.server.told["admin"])
    expect(page.get_by_role("heading", level=1)).to_contain_text("1 answer,")
    assert "#" not in page.url
    expect(page.get_by_role("cell", name="1 of 5")).to_be_visible()
    hear(listener)
    listener.keyboard.press("1")
    listener.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("2 answers")
    page.get_by_role("button", name="New listener link").click()
    expect(page.get_by_label("A link for one listener")).to_be_visible()
    link = page.get_by_label("A link for one listener").input_value()
    expect(house.visit(link).get_by_role("heading")).to_have_text("Before you begin")
    with page.expect_download() as download:
        page.get_by_role("link", name="Results as CSV").click()
    assert io.StringIO(Path(download.value.path()).read_text()).readline().startswith("test,protocol,listener,item")
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name=f"Delete all data of listener {house.server.told['links'][0]['listener']}").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("0 answers")
    assert house.answers() == []


def test_progress_is_not_for_everybody(hall: Callable[..., Hall]) -> None:
    house = hall()
    page = house.visit(house.server.url + "admin#guessed-token")
    expect(page.get_by_role("alert")).to_contain_text("this needs the administrator's link")
    expect(page.get_by_role("main")).to_be_hidden()
