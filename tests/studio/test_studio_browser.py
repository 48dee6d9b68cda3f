"""The studio's page in a real browser: Chromium without a window, against a server in this process."""

# ruff: noqa: E402
import io
import re
import shutil
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

for library in ("starlette", "uvicorn", "sqlalchemy", "alembic", "openpyxl", "playwright"):
    pytest.importorskip(library, reason="voiceact[studio] or playwright is not installed")

import openpyxl
from playwright.sync_api import Browser, Page, expect, sync_playwright
from tiny_studio import fresh_project, listening

CHROMIUM = next((path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None)
if CHROMIUM is None:
    pytest.skip("no Chromium on this machine", allow_module_level=True)
if sys.platform != "linux":
    pytest.skip("tried on Linux only", allow_module_level=True)

PATIENCE_MS = 30_000
CONTRAST = """() => {
  // "rgb(…)" counts to 255, "color(srgb …)", which a mixed colour is given in, to 1.
  const channels = (text) => text.match(/[\\d.]+/g).map((part, at) => part * (text.startsWith("color(") && at < 3 ? 255 : 1));
  const light = ([r, g, b]) => [r, g, b].map((v) => { v /= 255; return v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4; })
    .reduce((sum, v, at) => sum + v * [.2126, .7152, .0722][at], 0);
  const behind = (node) => { for (; node; node = node.parentElement) {
    const found = channels(getComputedStyle(node).backgroundColor); if (found.length < 4 || found[3] === 1) return found; } return [255, 255, 255]; };
  const poor = [];
  for (const node of document.querySelectorAll("body *")) {
    const own = [...node.childNodes].some((child) => child.nodeType === 3 && child.textContent.trim());
    if (!own || node.disabled || node.closest(".unseen, .behind, [hidden]") || !node.getClientRects().length) continue;
    const [a, b] = [light(channels(getComputedStyle(node).color)), light(behind(node))].sort((x, y) => y - x);
    if ((a + .05) / (b + .05) < 4.5) poor.push(`${node.className || node.tagName}: ${node.textContent.slice(0, 30)}`);
  }
  return poor;
}"""


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as tools:
        flags = ["--no-sandbox", "--mute-audio", "--autoplay-policy=no-user-gesture-required"]
        browser = tools.chromium.launch(executable_path=CHROMIUM, args=flags)
        yield browser
        browser.close()


@pytest.fixture
def link(tmp_path: Path) -> Iterator[str]:
    with listening(fresh_project(tmp_path / "game")) as found:
        yield found


def visit(chromium: Browser, link: str, **settings: object) -> Page:
    context = chromium.new_context(locale="en-GB", **settings)
    context.set_default_timeout(PATIENCE_MS)
    expect.set_options(timeout=PATIENCE_MS)
    page = context.new_page()
    page.errors = []
    page.on("pageerror", lambda error: page.errors.append(str(error)))
    page.goto(link)
    page.wait_for_selector("body[data-ready]")
    return page


def test_a_writer_goes_from_a_script_to_picked_takes_and_a_zip(chromium: Browser, link: str, tmp_path: Path) -> None:
    page = visit(chromium, link)
    # Import
    page.get_by_role("button", name="Import").click()
    book = openpyxl.Workbook()
    for row in (
        ["The infirmary"],
        ["Line ID", "Character", "Dialogue", "Notes"],
        ["scene/nurse_09", "nurse", "One more.", "ask Tom"],
    ):
        book.active.append(row)
    book.save(tmp_path / "more.xlsx")
    page.set_input_files("#import-file", files=[tmp_path / "more.xlsx"])
    expect(page.get_by_text("1 line was added at the end.")).to_be_visible()
    expect(page.get_by_text("1 row above the header was left out")).to_be_visible()
    page.get_by_role("button", name="Close").click()
    expect(page.locator(".row")).to_have_count(5)
    # Speak, play, pick
    page.locator("#row-0").click()
    page.get_by_role("button", name="Speak it").click()
    take = page.get_by_role("group", name="Take 1")
    take.get_by_role("button", name="Play take 1").click()
    expect(take.get_by_role("img", name=re.compile("Waveform and F0 of take 1, median"))).to_be_visible()
    expect(page.locator(".needle[visibility=visible]")).to_have_count(1)
    take.get_by_role("button", name="Pick").click()
    expect(page.locator("#row-0 .state")).to_contain_text("picked")
    # Stale, and spoken anew
    page.get_by_label("Line", exact=True).fill("Sit down, please.")
    expect(page.locator("#row-0 .state")).to_contain_text("stale")
    page.get_by_role("button", name="Redo 1 stale").click()
    expect(page.get_by_role("group", name="Take 2")).to_be_visible()
    page.get_by_role("group", name="Take 2").get_by_role("button", name="Pick").click()
    expect(page.locator("#row-0 .state")).to_contain_text("picked")
    # Retake mark
    page.get_by_role("button", name="Mark for retake").click()
    expect(page.locator("#row-0 .state")).to_contain_text("retake")
    # Export
    page.get_by_role("button", name="Export").click()
    page.get_by_role("button", name="Make the ZIP").click()
    with page.expect_download() as download:
        page.locator("#export-link").click()
    archive = zipfile.ZipFile(io.BytesIO(Path(download.value.path()).read_bytes()))
    assert {"scene/nurse_01.wav", "scene/nurse_01.srt", "lines.csv"} <= {*archive.namelist()}
    assert page.errors == []


def test_what_was_typed_survives_a_reload_and_undo_takes_it_back(chromium: Browser, link: str) -> None:
    page = visit(chromium, link)
    page.locator("#row-1").click()
    page.get_by_label("Line", exact=True).fill("Typed.")
    page.get_by_label("Line", exact=True).blur()
    expect(page.locator("#saved")).to_have_text("All is saved")
    page.reload()
    expect(page.locator("#row-1 .words")).to_have_text("Typed.")
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("#row-1 .words")).to_contain_text("Hold still")
    assert page.locator("#row-1 .tag.burst").text_content() == "[sighs]"


def test_of_two_tabs_the_later_one_is_told_and_chooses(chromium: Browser, link: str) -> None:
    first, second = visit(chromium, link), visit(chromium, link)
    for page in (first, second):
        page.locator("#row-0").click()
    second.get_by_label("Line", exact=True).focus()
    second.get_by_label("Line", exact=True).press_sequentially("!")
    first.get_by_label("Line", exact=True).fill("Hers.")
    first.get_by_label("Line", exact=True).blur()
    expect(first.locator("#row-0 .words")).to_have_text("Hers.")
    second.get_by_label("Line", exact=True).blur()
    expect(second.get_by_role("alert")).to_contain_text("was not stored")
    second.get_by_role("button", name="Use mine").click()
    expect(first.locator("#row-0 .words")).to_contain_text("!")
    assert first.errors == second.errors == []


def test_the_keyboard_alone_does_it_all(chromium: Browser, link: str) -> None:
    page = visit(chromium, link)
    page.locator("#grid").focus()
    page.keyboard.press("End")
    expect(page.locator("#row-3")).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Home")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Line", exact=True)).to_be_focused()
    page.keyboard.press("Control+a")
    page.keyboard.type("By keys.")
    page.keyboard.press("Escape")
    expect(page.locator("#grid")).to_be_focused()
    expect(page.locator("#row-1 .words")).to_have_text("By keys.")
    page.keyboard.press("t")
    expect(page.locator("#row-1 .state")).to_contain_text("spoken")
    page.keyboard.press("p")
    expect(page.locator("#row-1 .state")).to_contain_text("picked")
    page.keyboard.press("r")
    expect(page.locator("#row-1 .state")).to_contain_text("retake")
    page.keyboard.press("Control+z")
    expect(page.locator("#row-1 .state")).to_contain_text("picked")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("dialog")).to_have_count(0)


def test_everything_has_a_name_for_screen_readers(chromium: Browser, link: str) -> None:
    page = visit(chromium, link)
    page.locator("#row-0").click()
    nameless = page.evaluate(
        """() => [...document.querySelectorAll("button, input, select, textarea, summary, [role=grid], svg[role=img]")]
          .filter((node) => node.getClientRects().length && !(node.getAttribute("aria-label") || node.labels && node.labels.length ||
            node.textContent.trim() || node.getAttribute("aria-labelledby"))).map((node) => node.outerHTML.slice(0, 80))"""
    )
    assert nameless == []
    assert page.locator("#grid").get_attribute("aria-activedescendant") == "row-0"
    assert page.locator("#grid").get_attribute("aria-rowcount") == "4"
    page.get_by_label("Persona", exact=True).fill("nurze")
    page.get_by_label("Persona", exact=True).blur()
    wrong = page.locator("#wrong-persona")
    expect(wrong).to_contain_text("unknown persona 'nurze'")
    assert "wrong-persona" in (page.get_by_label("Persona", exact=True).get_attribute("aria-describedby") or "")
    expect(page.get_by_label("Persona", exact=True)).to_have_attribute("aria-invalid", "true")
    expect(page.locator("#row-0 .who")).to_contain_text("wrong: unknown persona")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [(1360, 820), (390, 844), (320, 640)])
def test_text_stands_out_and_nothing_overflows(chromium: Browser, link: str, scheme: str, size: tuple[int, int]) -> None:
    page = visit(chromium, link, color_scheme=scheme, viewport={"width": size[0], "height": size[1]})
    # Every control of the head can be seen without scrolling.
    boxes = page.evaluate(
        """() => [...document.querySelectorAll("header button, header input, header select")].map((node) => node.getBoundingClientRect())
          .filter((box) => box.width).map((box) => [box.left, box.right])"""
    )
    assert len(boxes) >= 8 and all(left >= 0 and right <= size[0] for left, right in boxes)
    page.locator("#row-1").click()
    page.get_by_label("Emotion", exact=True).fill("xyzzy")
    page.get_by_label("Emotion", exact=True).blur()
    expect(page.locator("#wrong-emotion")).to_be_visible()
    assert page.evaluate(CONTRAST) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_of_an_engine_stands_out_on_a_phone(chromium: Browser, link: str, scheme: str) -> None:
    page = visit(chromium, link, color_scheme=scheme, viewport={"width": 390, "height": 844})
    page.goto(link.partition("#")[0] + "engine/embedded")
    expect(page.locator("table.card tbody tr")).to_have_count(40)
    assert page.evaluate(CONTRAST) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_thousand_lines_make_no_more_rows_than_are_seen(chromium: Browser, tmp_path: Path) -> None:
    script = "id,persona,text\n" + "".join(f"s/l{number:04d},nurse,Say {number}.\n" for number in range(1000))
    with listening(fresh_project(tmp_path / "game", script)) as link:
        page = visit(chromium, link)
        page.locator("#grid").focus()
        page.keyboard.press("End")
        expect(page.locator("#row-999 .words")).to_have_text("Say 999.")
        assert page.locator(".row").count() < 60
        page.get_by_label("Search the script").fill("say 500")
        expect(page.locator(".row")).to_have_count(1)
