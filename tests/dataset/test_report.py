"""The report of a data set: what it says, and, in a real browser, that it can be seen, heard and read anywhere."""

import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from browser import Browser, browser, executable
from click.testing import CliRunner
from tiny_run import write_tiny_run

from voiceact.cli.main import cli
from voiceact.dataset.findings.coverage import Takes
from voiceact.dataset.report.report import FILTERS, write_report
from voiceact.errors import UsageError, VoiceactError
from voiceact.report.svg import Point, columns, strip
from voiceact.report.templates import load_templates

LOADED = "[...document.querySelectorAll('audio')].every(audio => audio.readyState > 0 || audio.error)"
WINDOWS = [
    {"width": 1280, "dark": False},
    {"width": 1280, "dark": True},
    {"width": 390, "dark": False, "phone": True},
    {"width": 390, "dark": True, "phone": True},
]
LEAST_CONTRAST = 4.5
"""of normal text: WCAG 2.1, success criterion 1.4.3"""


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_run(tmp_path_factory.mktemp("run") / "run")


@pytest.fixture(scope="module")
def page(tiny: Path) -> Path:
    write_report(tiny, tiny.parent / "report.html", number=6)
    return tiny.parent / "report.html"


@pytest.fixture(scope="module")
def tab() -> Iterator[Browser]:
    if executable() is None:
        pytest.skip("no chromium on this machine")
    with browser() as found:
        yield found


# What it says


@pytest.mark.parametrize(
    "words",
    [
        "36 takes",
        "12 of them (33",
        "nobody was recorded",
        "Not to be overlooked",
        "1 of 3 categories rests on weaker evidence",
        "Rejected",
        "the category asked is not heard",
        "grumpy-lovable-grandpa (4/12)",
        "judge scripted, revision r1",
        "No neutral twins were judged",
        "CC0-1.0",
        "2026-01-01T00:00:00Z",
        "n&#8239;=&#8239;36",
    ],
)
def test_it_says_what_the_run_holds(page: Path, words: str) -> None:
    assert words in page.read_text("utf-8")


def test_coverage_is_a_table_with_numbers_in_its_cells(page: Path) -> None:
    cells = re.findall(r'title="(\d+) of (\d+) included">(\d+)<small>/(\d+)</small>', page.read_text("utf-8"))
    assert cells == [("3", "6", "3", "6"), ("3", "6", "3", "6"), ("6", "12", "6", "12")] * 2 + [
        ("0", "6", "0", "6"),
        ("0", "6", "0", "6"),
        ("0", "12", "0", "12"),
    ]


def test_every_picture_and_every_sound_has_words(page: Path) -> None:
    text = page.read_text("utf-8")
    pictures = re.findall(r"<svg[^>]*>", text)
    assert len(pictures) >= 8
    assert all('aria-label="' in one or 'aria-hidden="true"' in one for one in pictures)
    sounds = re.findall(r"<audio[^>]*>", text)
    assert len(sounds) == 12 and all('aria-label="' in one and "controls" in one for one in sounds)


def test_every_element_is_closed(page: Path) -> None:
    class Balance(HTMLParser):
        empty, opened = {"meta", "br", "rect", "line", "circle"}, []

        def handle_starttag(self, tag: str, attributes: object) -> None:
            self.opened += [] if tag in self.empty else [tag]

        def handle_endtag(self, tag: str) -> None:
            assert tag in self.empty or self.opened.pop() == tag, tag

    parser = Balance()
    parser.feed(page.read_text("utf-8"))
    assert parser.opened == []


def test_it_names_nothing_outside_of_itself(page: Path) -> None:
    text = page.read_text("utf-8")
    assert "http" not in re.sub(r"http-equiv", "", text)
    assert not re.search(r"@import|url\(|<script|<link|<iframe|<img", text)
    assert set(re.findall(r'(?:src|href)="([^"]{0,5})', text)) <= {"data:"} | {
        target[:5] for target in re.findall(r'href="(#[^"]*)"', text)
    }
    assert "default-src 'none'" in text


def test_nothing_of_this_machine_is_in_it(page: Path) -> None:
    assert str(page.parent) not in page.read_text("utf-8")


def test_what_a_user_wrote_is_text(tmp_path: Path) -> None:
    import msgspec

    from voiceact.store.filesystem import Store
    from voiceact.store.run_file import read_run, write_run

    folder = write_tiny_run(tmp_path / "run")
    run = read_run(Store(folder))
    write_run(Store(folder), msgspec.structs.replace(run, recipe=run.recipe | {"description": "<script>alert(1)</script> $x"}))
    write_report(folder, tmp_path / "report.html", number=0)
    text = (tmp_path / "report.html").read_text("utf-8")
    assert "<script" not in text and "&lt;script&gt;alert(1)&lt;/script&gt; $x" in text


def test_an_attribute_holds_what_a_user_wrote_too() -> None:
    drawn = macro("heat")([], ['"><script>'], corner="category", caption="coverage")
    assert "<script" not in drawn and drawn.count("&#34;&gt;&lt;script&gt;") == 2


def test_the_same_run_gives_the_same_page(tiny: Path, page: Path, tmp_path: Path) -> None:
    write_report(tiny, tmp_path / "again.html", number=6)
    assert (tmp_path / "again.html").read_bytes() == page.read_bytes()


# Pictures


def test_a_strip_draws_its_points_where_they_belong() -> None:
    picture = strip(Point(0.2, 0.1, 0.3), [Point(0.5, 0.25, 0.75), None], description='so "much"')
    assert 'cx="50.000%"' in picture and 'x="10.000%"' in picture and 'width="20.000%"' in picture
    assert picture.count("<circle") == 1 and 'aria-label="so &quot;much&quot;"' in picture


def test_a_strip_stays_in_its_frame() -> None:
    assert 'cx="100.000%"' in strip(None, [Point(1.4)], description="much")


def test_columns_are_as_tall_as_their_counts() -> None:
    assert re.findall(r'height="([\d.]+)"/>', columns([1, 0, 2], height=80, description="few")) == ["40.0", "80.0"]


def macro(name: str):
    """A macro of the report's templates."""
    templates = load_templates("voiceact.dataset.report").overlay()
    templates.filters = {**templates.filters, **FILTERS}
    return getattr(templates.get_template("macros.html").module, name)


def test_bars_are_as_long_as_their_counts() -> None:
    drawn = macro("bars")([("a:b", "meaning", 4), ("c:d", "", 1)], 8)
    assert "width:100.0%" in drawn and "width:25.0%" in drawn and "50\u202f%" in drawn and "12\u202f%" in drawn


def test_a_warmer_cell_includes_more() -> None:
    made = Takes(included=1)
    made.levels.update({"verified": 1, "rejected": 3})
    drawn = macro("heat")([("", [("Anger", [made, None])])], ["3", "5"], corner="category", caption="coverage")
    assert "--share:25" in drawn and 'title="not asked"' in drawn


# The command


def test_the_command_writes_the_page(tiny: Path, tmp_path: Path) -> None:
    out = tmp_path / "page.html"
    done = CliRunner().invoke(cli, ["dataset", "report", str(tiny), "--out", str(out), "--examples", "2", "--twins", "0"])
    assert done.exit_code == 0, done.output
    assert done.stdout == f"{out}: 36 takes, 12 included\n" and out.read_text("utf-8").count("<audio") == 4


def test_the_command_prints_json(tiny: Path, tmp_path: Path) -> None:
    done = CliRunner().invoke(cli, ["dataset", "report", str(tiny), "--out", str(tmp_path / "page.html"), "--json"])
    assert json.loads(done.stdout)["heard"]["rate"]["n"] == 36


def test_the_helps_numbers_are_the_librarys() -> None:
    from voiceact.cli.dataset import report as dataset_report
    from voiceact.dataset.findings.findings import TWINS
    from voiceact.dataset.report.report import EXAMPLES

    defaults = {option.name: option.default for option in dataset_report.report.params}
    assert (defaults["twins"], defaults["examples"]) == (TWINS, EXAMPLES)


def test_what_cannot_be_done_is_told_and_nothing_is_written(tiny: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is no run folder"):
        write_report(tmp_path, tmp_path / "report.html")
    with pytest.raises(UsageError, match="create it first"):
        write_report(tiny, tmp_path / "no" / "report.html")
    for index in (write_tiny_run(tmp_path / "empty") / "index").iterdir():
        index.unlink()
    with pytest.raises(VoiceactError, match="voiceact recipe resume"):
        write_report(tmp_path / "empty", tmp_path / "report.html")
    assert not (tmp_path / "report.html").exists()


# In a browser


@pytest.mark.parametrize("window", WINDOWS, ids=lambda window: f"{window['width']}-{'dark' if window['dark'] else 'light'}")
def test_it_is_seen_without_a_complaint_and_without_a_network(page: Path, tab: Browser, window: dict) -> None:
    tab.open(page, **window)
    tab.until(LOADED)
    assert tab.messages == []
    assert {url.partition(":")[0] for url in tab.requests} <= {"file", "data"}
    assert [url for url in tab.requests if url.startswith("file")] == [page.resolve().as_uri()[:100]]


@pytest.mark.parametrize("width", [320, 390, 768, 1280])
def test_it_never_scrolls_sideways(page: Path, tab: Browser, width: int) -> None:
    tab.open(page, width=width, phone=width < 500)
    assert tab.value("document.documentElement.scrollWidth") == width
    # What is wider than the window scrolls in its own frame.
    wide = tab.value(
        "[...document.querySelectorAll('body *')].filter(one => one.getBoundingClientRect().right > "
        "innerWidth + 1 && !one.closest('.wide, pre')).map(one => one.outerHTML.slice(0, 90))"
    )
    assert wide == []


def test_every_sound_can_be_played(page: Path, tab: Browser) -> None:
    tab.open(page)
    tab.until(LOADED)
    durations = tab.value("[...document.querySelectorAll('audio')].map(audio => audio.duration)")
    assert len(durations) == 12 and all(duration > 0.1 for duration in durations)
    assert tab.value("document.querySelector('audio').play().then(() => true)")
    assert tab.until("document.querySelector('audio').currentTime > 0")


def test_the_two_themes_differ_and_both_can_be_read(page: Path, tab: Browser) -> None:
    papers = []
    for dark in (False, True):
        tab.open(page, dark=dark)
        papers.append(tab.value("getComputedStyle(document.body).backgroundColor"))
        tab.value(
            "document.querySelectorAll('.heat td[style]').forEach((one, at) => one.style.setProperty('--share', "
            "Math.min(100, 10 * at)))"
        )
        pale = tab.value(CONTRAST)
        assert pale == [], f"{'dark' if dark else 'light'}: contrast below {LEAST_CONTRAST}"
    assert papers[0] != papers[1]


CONTRAST = """
(() => {
  const canvas = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
  const rgb = colour => { canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1);
                          return [...canvas.getImageData(0, 0, 1, 1).data]; };
  const light = colour => { const [r, g, b] = rgb(colour).map(part => { part /= 255;
    return part <= .04045 ? part / 12.92 : ((part + .055) / 1.055) ** 2.4; }); return .2126 * r + .7152 * g + .0722 * b; };
  const paper = one => { for (; one; one = one.parentElement) {
    const colour = getComputedStyle(one).backgroundColor; if (rgb(colour)[3] === 255) return colour; } return '#fff'; };
  const pale = [];
  for (const one of document.querySelectorAll('body *')) {
    const own = [...one.childNodes].some(node => node.nodeType === 3 && node.textContent.trim());
    if (!own || one.closest('svg, audio') || one.title === 'not asked' || !one.checkVisibility()) continue;
    const ink = light(getComputedStyle(one).color), ground = light(paper(one));
    const ratio = (Math.max(ink, ground) + .05) / (Math.min(ink, ground) + .05);
    if (ratio < 4.5) pale.push(one.outerHTML.slice(0, 80) + ' ' + ratio.toFixed(2));
  }
  return pale.slice(0, 5);
})()
"""


def test_the_keyboard_reaches_everything_and_sections_are_named(page: Path, tab: Browser) -> None:
    tab.open(page)
    assert tab.value("[...document.querySelectorAll('nav a')].every(link => document.querySelector(link.hash))")
    assert tab.value("[...document.querySelectorAll('audio, summary, a, .wide')].every(one => one.tabIndex >= 0)")
    assert tab.value(
        "[...document.querySelectorAll('section')].every(one => "
        "document.getElementById(one.getAttribute('aria-labelledby')).textContent.length > 3)"
    )
    order = tab.value("[...document.querySelectorAll('h1, h2, h3, h4')].map(one => +one.tagName[1])")
    assert order[0] == 1 and order.count(1) == 1 and all(b - a <= 1 for a, b in zip(order, order[1:], strict=False))


def test_on_paper_what_was_folded_is_unfolded(page: Path, tab: Browser) -> None:
    tab.open(page)
    closed = "document.querySelector('details pre').checkVisibility({contentVisibilityAuto: true})"
    assert not tab.value(closed)
    tab.ask("Emulation.setEmulatedMedia", media="print")
    try:
        assert tab.value("document.querySelector('details pre').getBoundingClientRect().height") > 50
    finally:
        tab.ask("Emulation.setEmulatedMedia", media="")
