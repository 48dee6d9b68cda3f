"""A test without a server: the folder, what is sent back, and the page in a browser."""

import hashlib
import json
import shutil
from collections import Counter
from pathlib import Path

import pytest
from click.testing import CliRunner
from listening_tests import made_test, some_answers

from voiceact.cli.listen import command
from voiceact.errors import UsageError
from voiceact.listening.answers.collect import collect_answers, gather_answers
from voiceact.listening.answers.results import read_results, write_results
from voiceact.listening.delivery.bundle import LISTENERS, make_bundle, read_bundles

WAIT = 10_000


def sent_back(test, guest, folder: Path, /, *, name: str = "", say=1, **changes) -> Path:
    """The file that a listener's page writes, who answers everything alike."""
    bundle = next(bundle for bundle in read_bundles(test) if guest in bundle.guests)
    body = {
        "format": "voiceact-answers/1",
        "test": test.id,
        "listener": guest.id,
        "number": guest.number,
        "language": "en",
        "qualified": None,
        "consented_at": "2026-01-01T00:00:00.000Z",
        "done_at": "2026-01-01T00:09:00.000Z",
        "answers": [
            {
                "item": bundle.aliases.item(LISTENERS, item),
                "position": position,
                "value": say,
                "seconds": 1.25,
                "plays": 1,
                "at": f"2026-01-01T00:01:{position:02d}.000Z",
            }
            for item, position, _ in guest.items
        ],
        **changes,
    }
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    path = folder / (name or f"answers-{guest.number}.json")
    path.write_text(json.dumps({**body, "sha256": hashlib.sha256(text.encode()).hexdigest()}, indent=1))
    return path


# --- The folder


def test_a_bundle_is_a_page_and_its_sounds_and_nothing_else_is_fetched(tmp_path) -> None:
    test = made_test(tmp_path)
    made = make_bundle(test, tmp_path / "out")
    asked = {clip for guest in made.guests for item, _, _ in guest.items for clip in test.items[item].clips}
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"index.html", "audio"}
    assert {path.stem for path in (tmp_path / "out" / "audio").iterdir()} == {
        made.aliases.clip(LISTENERS, "", clip) for clip in asked
    }
    page = (tmp_path / "out" / "index.html").read_text()
    assert 'src="' not in page.split("<body>")[0] and "http://" not in page.replace("http://www.w3.org/2000/svg", "")
    for secret in ("verified", "rejected", "grumpy-lovable-grandpa", "tiny-0000", "contrastive", '"gold"', '"repeat"'):
        assert secret not in page.partition("voiceact.bundle = ")[2].partition("</script>")[0]


def test_together_the_listeners_of_a_bundle_do_the_round(tmp_path) -> None:
    test = made_test(tmp_path)
    made = make_bundle(test, tmp_path / "out")
    count = Counter(item for guest in made.guests for item, _, _ in guest.items)
    assert {count[item.id] for item in test.asked} == {2}
    with pytest.raises(UsageError, match="has nothing left to ask"):
        make_bundle(test, tmp_path / "more")
    assert not (tmp_path / "more").exists() and len(read_bundles(test)) == 1


def test_a_second_bundle_goes_on_where_the_first_ends(tmp_path) -> None:
    test = made_test(tmp_path)
    first, second = (make_bundle(test, tmp_path / name, listeners=1) for name in ("one", "two"))
    assert [guest.number for guest in (*first.guests, *second.guests)] == [1, 2]
    assert first.guests[0].id != second.guests[0].id


def test_what_two_heard_a_third_is_asked_in_the_next_round(tmp_path) -> None:
    test = made_test(tmp_path)
    first = make_bundle(test, tmp_path / "one")
    answers, _ = collect_answers(test, [sent_back(test, guest, tmp_path) for guest in first.guests])
    second = make_bundle(test, tmp_path / "two", after=answers)
    asked = Counter((item, stage) for guest in second.guests for item, _, stage in guest.items)
    assert {item.id for item in test.asked} == {item for item, stage in asked if stage == 2}
    assert min(guest.number for guest in second.guests) == len(first.guests) + 1


def test_a_bundle_of_altered_sounds_is_not_made(tmp_path) -> None:
    test = made_test(tmp_path)
    first, second, *_ = (test.audio_path(one) for one in test.clips)
    shutil.copy(first, second)
    with pytest.raises(UsageError, match="is not the file the test was made with"):
        make_bundle(test, tmp_path / "out")
    (tmp_path / "there").mkdir()
    shutil.copy(first, second)
    with pytest.raises(UsageError, match="is not the file|exists already"):
        make_bundle(test, tmp_path / "there")
    assert read_bundles(test) == []


# --- What is sent back


def test_files_that_are_sent_back_become_results(tmp_path) -> None:
    test = made_test(tmp_path)
    made = make_bundle(test, tmp_path / "out")
    (tmp_path / "back").mkdir()
    for guest in made.guests:
        sent_back(test, guest, tmp_path / "back", say=2)
    asked = [
        "results",
        str(test.folder),
        "--collect",
        str(tmp_path / "back"),
        "--out",
        str(tmp_path / "r.jsonl"),
        "--listeners",
        str(tmp_path / "people.csv"),
    ]
    CliRunner().invoke(command, asked, catch_exceptions=False)
    answers = read_results(tmp_path / "r.jsonl", test)
    assert len(answers) == sum(len(guest.items) for guest in made.guests)
    assert {(answer.value, answer.seconds, answer.plays) for answer in answers} == {(2, 1.25, 1)}
    assert len((tmp_path / "people.csv").read_text().splitlines()) == 1 + len(made.guests)


def test_the_same_file_twice_counts_once_and_a_later_one_adds(tmp_path) -> None:
    test = made_test(tmp_path)
    guest = make_bundle(test, tmp_path / "out").guests[0]
    whole = sent_back(test, guest, tmp_path)
    half = json.loads(whole.read_text())["answers"][:3]
    early = sent_back(test, guest, tmp_path, name="early.json", answers=half, done_at=None)
    answers, [listener] = collect_answers(test, [early, whole, whole])
    assert len(answers) == len(guest.items) and listener.done_at


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"test": "0" * 16}, "is of test 0000000000000000, and this is test"),
        ({"listener": "nobody"}, "is of listener nobody, whom no bundle of this test knows"),
        (
            {"answers": [{"item": "zz", "position": 1, "value": 1, "seconds": 1, "plays": 1, "at": ""}]},
            "which listener .* was not given",
        ),
        ({"say": 9}, "9 is no answer of presence"),
        ({"format": "other"}, "is not a file of answers"),
        ({"language": 3}, "is not a file of answers .Expected `str`"),
    ],
)
def test_a_file_that_cannot_be_is_refused_by_name(tmp_path, changes, message) -> None:
    test = made_test(tmp_path)
    guest = make_bundle(test, tmp_path / "out").guests[0]
    with pytest.raises(UsageError, match=f"answers-1.json: .*{message}"):
        collect_answers(test, [sent_back(test, guest, tmp_path, **changes)])


def test_a_file_that_was_edited_is_noticed_and_one_with_other_spaces_is_not(tmp_path) -> None:
    test = made_test(tmp_path)
    guest = make_bundle(test, tmp_path / "out").guests[0]
    path = sent_back(test, guest, tmp_path)
    path.write_text(json.dumps(json.loads(path.read_text())))
    assert len(collect_answers(test, [path])[0]) == len(guest.items)
    path.write_text(path.read_text().replace('"value": 1', '"value": 2', 1))
    with pytest.raises(UsageError, match="was changed after it was written"):
        collect_answers(test, [path])


def test_two_files_of_one_listener_must_not_disagree(tmp_path) -> None:
    test = made_test(tmp_path)
    guest = make_bundle(test, tmp_path / "out").guests[0]
    paths = [sent_back(test, guest, tmp_path, name=f"{say}.json", say=say) for say in (0, 1)]
    with pytest.raises(UsageError, match="has two different answers"):
        collect_answers(test, paths)


def test_the_bundle_goes_on_from_results_of_a_server_too(tmp_path) -> None:
    test = made_test(tmp_path)
    write_results(some_answers(test, listeners=1), tmp_path / "r.jsonl")
    asked = ["bundle", str(test.folder), "--after", str(tmp_path / "r.jsonl"), "--out", str(tmp_path / "out"), "--json"]
    done = json.loads(CliRunner().invoke(command, asked, catch_exceptions=False).output)
    assert done["listeners"] and done["bundle"] == 1


def test_a_folder_with_nothing_sent_back_is_told(tmp_path) -> None:
    test = made_test(tmp_path)
    (tmp_path / "back").mkdir()
    with pytest.raises(UsageError, match="back: holds no files of answers"):
        gather_answers(test, collected=[tmp_path / "back"])


def test_what_a_listener_agrees_to_says_where_the_answers_stay(tmp_path) -> None:
    test = made_test(tmp_path, languages=("en", "fr"))
    make_bundle(test, tmp_path / "out")
    page = (tmp_path / "out" / "index.html").read_text()
    assert "Your answers stay in this browser, and nothing is sent." in page
    assert '"consent_text":"Vous entendrez' in page and "same link" not in page


# --- The page


@pytest.fixture(scope="module")
def browser():
    """Headless Chromium, where there is one."""
    playwright = pytest.importorskip("playwright.sync_api")
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    with playwright.sync_playwright() as running:
        try:
            chromium = running.chromium.launch(executable_path=found, args=["--no-sandbox"])
        except playwright.Error as error:
            pytest.skip(f"no Chromium to be had: {str(error).splitlines()[0]}")
        yield chromium
        chromium.close()


def enter(page, number: int) -> None:
    """Say who is listening, agree, read on."""
    page.get_by_label("Enter the number").fill(str(number))
    page.get_by_role("button", name="Begin").click()
    page.get_by_role("button", name="I am at least 18").click()
    page.get_by_role("button", name="Begin").click()


def answer_one(page, key: str) -> None:
    """By keyboard: listen, choose, go on."""
    before = page.locator("#progress-text").inner_text()
    page.keyboard.press(" ")
    page.locator("#main fieldset:not([disabled])").first.wait_for(timeout=WAIT)
    page.keyboard.press(key)
    page.keyboard.press("Enter")
    page.wait_for_function(
        "before => document.getElementById('progress').hidden || "
        "document.getElementById('progress-text').textContent !== before",
        arg=before,
        timeout=WAIT,
    )


def downloaded(page, name: str, path: Path) -> Path:
    with page.expect_download() as waiting:
        page.get_by_role("button", name=name).click()
    waiting.value.save_as(path)
    return path


def test_a_listener_answers_from_disk_through_a_reload_and_sends_a_file_back(browser, tmp_path) -> None:
    test = made_test(tmp_path, languages=("en", "de"))
    guest = make_bundle(test, tmp_path / "out").guests[1]
    context = browser.new_context(accept_downloads=True, locale="en-GB")
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto((tmp_path / "out" / "index.html").as_uri())
    enter(page, guest.number)
    for _ in range(3):
        answer_one(page, "3")
    early, _ = collect_answers(test, [downloaded(page, "Download what there is", tmp_path / "early.json")])
    assert len(early) == 3
    page.reload()
    page.locator("#progress-text").get_by_text("4").wait_for(timeout=WAIT)
    for _ in range(len(guest.items) - 3):
        answer_one(page, "2")
    page.get_by_role("heading", name="Thank you").wait_for(timeout=WAIT)
    whole = downloaded(page, "Download the results", tmp_path / "answers.json")
    answers, [listener] = collect_answers(test, [whole, tmp_path / "early.json"])
    context.close()
    assert not errors
    assert [answer.value for answer in answers] == [2] * 3 + [1] * (len(guest.items) - 3)
    assert [answer.item for answer in answers] == [item for item, _, _ in guest.items]
    assert all(answer.plays >= 1 and answer.seconds >= 0 for answer in answers)
    assert listener.number == guest.number and listener.done_at and listener.qualified is None


def test_the_pages_own_digest_and_headphone_check(browser, tmp_path) -> None:
    """The digest beside hashlib's; two tries, five of six pass, and what listeners did is in their file."""
    test = made_test(tmp_path, headphones=True)
    make_bundle(test, tmp_path / "out", listeners=1)
    page = browser.new_page()
    page.goto((tmp_path / "out" / "index.html").as_uri())
    for text in ("", "abc", "Zweifel – ¿qué? 😀" * 20, "x" * 55, "x" * 56, "x" * 64):
        assert page.evaluate("text => voiceact.sha256(text)", text) == hashlib.sha256(text.encode()).hexdigest()
    states = page.evaluate("""async () => {
        const backend = voiceact.makeBackend(), right = voiceact.bundle.listeners[0].headphones, found = [];
        await backend.open();
        await backend.consent("en");
        const places = (check, wrong) => right[check].map(([, place], index) => index < wrong ? place % 3 + 1 : place);
        found.push(await backend.tones(0));
        found.push(await backend.headphones(places(0, 2)));
        found.push(await backend.headphones(places(1, 1)));
        return found;
    }""")
    page.close()
    assert (tmp_path / "out" / states[0]).read_bytes()[:4] == b"RIFF"
    assert (states[1]["step"], states[1]["qualified"], states[1]["headphones"]["tries"]) == ("headphones", None, 1)
    assert (states[2]["step"], states[2]["qualified"]) == ("instructions", True)


def test_where_nothing_can_be_kept_the_page_says_so_and_still_works(browser, tmp_path) -> None:
    test = made_test(tmp_path)
    guest = make_bundle(test, tmp_path / "out", listeners=1).guests[0]
    context = browser.new_context(accept_downloads=True, locale="en-GB")
    page = context.new_page()
    page.add_init_script("Storage.prototype.setItem = () => { throw new Error('full'); }")
    page.goto((tmp_path / "out" / "index.html").as_uri())
    page.get_by_role("button", name="I am at least 18").click()
    page.get_by_role("button", name="Begin").click()
    page.get_by_text("This browser keeps no data for this page").wait_for(timeout=WAIT)
    answer_one(page, "1")
    answers, _ = collect_answers(test, [downloaded(page, "Download what there is", tmp_path / "early.json")])
    context.close()
    assert [(answer.item, answer.value) for answer in answers] == [(guest.items[0][0], 0)]
