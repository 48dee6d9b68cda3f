"""The server of a listening test: who may come in, what is kept, what is refused, and that nothing gives an answer away."""

# ruff: noqa: E402
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

for library in ("starlette", "uvicorn", "sqlalchemy", "alembic", "httpx"):
    pytest.importorskip(library, reason="voiceact[listen] is not installed")

from starlette.testclient import TestClient
from tiny_house import ADMIN, OURS, Clock, House, events
from tiny_listening import SECRETS, make_test

from voiceact.errors import UsageError
from voiceact.listening.answers.results import read_results
from voiceact.listening.delivery.server.progress import measure_progress
from voiceact.listening.delivery.server.stored import read_listeners, read_stored_answers
from voiceact.web.security import RateLimit, Refused


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path / "test")


# --- A whole test


def test_a_listener_goes_from_consent_to_thanks(house: House) -> None:
    visitor = house.listener()
    assert visitor.get("state").json()["step"] == "consent"
    assert visitor.post("consent", {"language": "fr"}).json()["step"] == "instructions"
    state = visitor.post("ready", {}).json()
    given = []
    while state["step"] == "items":
        given.append(visitor.item_id(state["item"]["item"]))
        state = visitor.answer(state["item"], 2).json()["state"]
    assert state["step"] == "done" and state["language"] == "fr"
    assert sorted(given) == sorted(house.test.items), "every item once, the gold one among them"
    rows = read_stored_answers(house.test, house.service.engine)
    assert [row.item for row in rows] == given and {row.value for row in rows} == {2}
    assert {(row.listener, row.seconds, row.plays) for row in rows} == {(visitor.who, 0.75, 1)}
    (who,) = read_listeners(house.service.engine)
    assert (who.id, who.number, who.language, who.deleted) == (visitor.who, 1, "fr", None) and who.done_at


def test_two_clips_are_answered_as_they_were_shown_and_stored_as_the_test_has_them(tmp_path: Path) -> None:
    house = House(tmp_path / "test", protocol="pair", clips=6, gold=False)
    visitor = house.listener()
    item, sides = visitor.begin(), {}
    while item:
        sides[visitor.item_id(item["item"])] = tuple(
            house.service.cache.audible_clip(visitor.who, one) for one in item["clips"]
        )
        item = visitor.answer(item, 1).json()["state"]["item"]
    turned = {name for name, shown in sides.items() if shown != house.test.items[name].clips}
    assert turned and turned != set(sides), "some are shown the other way round"
    assert {row.item: row.value for row in read_stored_answers(house.test, house.service.engine)} == {
        name: 2 if name in turned else 1 for name in sides
    }


def test_many_categories_make_a_row_each(tmp_path: Path) -> None:
    house = House(tmp_path / "test", protocol="intensity", clips=2, gold=False)
    visitor = house.listener()
    item = visitor.begin()
    values = {category: number for number, category in enumerate(item["asked"])}
    assert visitor.answer(item, values).status_code == 200
    assert {row.category: row.value for row in read_stored_answers(house.test, house.service.engine)} == values
    item = visitor.item()
    assert "lacks a value for fear" in visitor.answer(item, {"elation": 1}).json()["message"]


def test_a_third_rater_is_asked_only_where_two_heard_it(tmp_path: Path) -> None:
    house = House(tmp_path / "test", clips=1, gold=False)
    for value in (1, 2):
        visitor = house.listener()
        assert visitor.answer(visitor.begin(), value).json()["state"]["step"] == "done"
    third = house.listener()
    assert third.answer(third.begin(), 0).status_code == 200
    assert [row.stage for row in read_stored_answers(house.test, house.service.engine)] == [1, 1, 2]
    fourth = house.listener()
    fourth.post("consent", {"language": "en"})
    assert fourth.post("ready", {}).json()["step"] == "done", "nothing is needed any more"


def test_who_waits_is_told_so_and_gets_what_another_leaves(tmp_path: Path) -> None:
    house = House(tmp_path / "test", clips=1, gold=False, raters=1, protocol="naturalness")
    first, second = house.listener(), house.listener()
    item = first.begin()
    second.post("consent", {"language": "en"})
    assert second.post("ready", {}).json()["step"] == "wait"
    house.clock.now += house.test.settings.stale_seconds + 1
    assert second.item_id(second.item()["item"]) == first.item_id(item["item"]), "the first has gone away"
    assert first.answer(item, 3).status_code == 200, "an answer that comes late after all is not thrown away"
    assert second.answer(second.item(), 4).status_code == 200


def test_the_headphone_check_is_marked_by_the_server(tmp_path: Path) -> None:
    from voiceact.listening.delivery.headphones import make_trials

    house = House(tmp_path / "test", headphones=True)
    visitor = house.listener()
    assert visitor.post("consent", {"language": "en"}).json()["step"] == "headphones"
    assert visitor.post("ready", {}).json()["message"] == "the headphone check comes first"
    sound = visitor.get("headphones/0")
    assert sound.headers["content-type"] == "audio/wav" and sound.content[:4] == b"RIFF"
    seed = house.service.cache.ledger.test and next(iter(_rows(house)))["seed"]
    wrong = [trial.antiphase for trial in make_trials(seed)]
    assert visitor.post("headphones", {"answers": wrong}).json()["step"] == "headphones", "there is a second try"
    right = [trial.quietest for trial in make_trials(seed + 1)]
    state = visitor.post("headphones", {"answers": right}).json()
    assert (state["step"], state["qualified"]) == ("instructions", True)
    other = house.listener()
    other.post("consent", {"language": "en"})
    for _ in range(2):
        state = other.post("headphones", {"answers": [1, 1, 1, 1, 1, 1]}).json()
    assert (state["step"], state["qualified"]) == ("instructions", False), "may go on; the results say so"


def _rows(house: House) -> list[dict[str, Any]]:
    from sqlalchemy import text

    with house.service.engine.connect() as connection:
        return [dict(row._mapping) for row in connection.execute(text("SELECT * FROM listener ORDER BY created"))]


# --- Not one lost, not one doubled


def test_an_answer_sent_again_is_answered_as_the_first_time(house: House) -> None:
    visitor = house.listener()
    item = visitor.begin()
    first = visitor.answer(item, 1)
    assert visitor.answer(item, 1, waits=0).json() == first.json()
    assert visitor.answer(item, 1, nonce="of another tab").json()["receipt"] == first.json()["receipt"]
    assert len(read_stored_answers(house.test, house.service.engine)) == 1


def test_a_changed_answer_is_refused_and_the_first_stands(house: House) -> None:
    visitor = house.listener()
    item = visitor.begin()
    visitor.answer(item, 1)
    reply = visitor.answer(item, 2)
    assert (reply.status_code, reply.json()["error"]) == (409, "answered")
    assert [row.value for row in read_stored_answers(house.test, house.service.engine)] == [1]
    assert events(house) == {"changed answer": 1}


def test_a_restart_forgets_nothing(house: House) -> None:
    visitor = house.listener()
    item = visitor.begin()
    first = visitor.answer(item, 2).json()
    house.start()
    visitor.browser.app = house.app
    old, visitor.browser = visitor.browser, house.browser()
    visitor.browser.cookies = old.cookies
    assert visitor.item() == first["state"]["item"], "the same item, in the same place"
    assert visitor.answer(item, 2).json() == first
    assert visitor.answer(visitor.item(), 0).json()["state"]["progress"]["done"] == 2
    assert len(read_stored_answers(house.test, house.service.engine)) == 2


def test_the_database_itself_takes_no_second_answer_and_none_that_was_not_given(house: House) -> None:
    from sqlalchemy.exc import IntegrityError
    from sqlalchemy.orm import Session

    from voiceact.listening.delivery.server.models import AnswerRow

    visitor = house.listener()
    item = visitor.begin()
    visitor.answer(item, 1)
    for name in (visitor.item_id(item["item"]), "i-nobody-was-given"):
        with pytest.raises(IntegrityError), Session(house.service.engine) as session, session.begin():
            session.add(AnswerRow(listener_id=visitor.who, item=name, nonce="once more", value=0, plays=1, seconds=1.0, at=1.0))


def test_while_the_database_is_away_nothing_is_acknowledged_and_then_all_goes_on(house: House, tmp_path: Path) -> None:
    from sqlalchemy import text

    visitor = house.listener()
    item = visitor.begin()
    with house.service.engine.begin() as connection:
        connection.execute(text("ALTER TABLE answer RENAME TO elsewhere"))
    reply = visitor.answer(item, 1)
    assert reply.status_code == 503 and reply.headers["retry-after"] == "2"
    with house.service.engine.begin() as connection:
        connection.execute(text("ALTER TABLE elsewhere RENAME TO answer"))
    assert visitor.answer(item, 1).json()["receipt"]["item"] == item["item"]
    assert len(read_stored_answers(house.test, house.service.engine)) == 1


# --- What is refused


@pytest.mark.parametrize(
    ("changes", "status_code", "error", "event"),
    [
        ({"item": "i-of-another"}, 403, "not_given", "item not given"),
        ({"value": 7}, 422, "bad_value", "bad value"),
        ({"value": {"fear": 1}}, 422, "bad_value", "bad value"),
        ({"value": True}, 422, "bad_form", "bad form"),
        ({"value": "1"}, 422, "bad_form", "bad form"),
        ({"plays": 0}, 409, "not_played", "not played"),
        ({"plays": -1}, 422, "bad_form", "bad form"),
        ({"seconds": -0.5}, 422, "bad_form", "bad form"),
        ({"seconds": 1e9}, 422, "bad_form", "bad form"),
        ({"nonce": "short"}, 422, "bad_form", "bad form"),
        ({"kind": "gold"}, 422, "bad_form", "bad form"),
    ],
    ids=lambda value: json.dumps(value) if isinstance(value, dict) else str(value),
)
def test_a_bad_answer_is_refused_and_recorded(
    house: House, changes: dict[str, Any], status_code: int, error: str, event: str
) -> None:
    visitor = house.listener()
    item = visitor.begin()
    reply = visitor.answer(item, **changes)
    assert (reply.status_code, reply.json()["error"]) == (status_code, error)
    assert reply.json()["message"] and events(house) == {event: 1}
    assert visitor.answer(item, 1).status_code == 200, "and nothing is lost by it"


def test_an_item_that_was_given_but_not_shown_yet_is_refused(house: House) -> None:
    visitor = house.listener()
    visitor.begin()
    later = house.service.cache.ledger.pending(visitor.who)[1]
    reply = visitor.answer({"item": house.service.aliases.item(visitor.who, later.item), "clips": [1]})
    assert (reply.status_code, reply.json()["error"]) == (409, "not_shown")


def test_nobody_answers_before_they_can_have_heard(tmp_path: Path) -> None:
    house = House(tmp_path / "test", seconds=3.0)
    visitor = house.listener()
    item = visitor.begin()
    reply = visitor.answer(item, waits=1.0)
    assert (reply.status_code, reply.json()["error"]) == (409, "too_soon")
    assert visitor.answer(item, waits=2.0).status_code == 200


@pytest.mark.parametrize(
    ("body", "status_code", "error"),
    [
        (b"", 400, "not_json"),
        (b"{", 400, "not_json"),
        (b"\xff\xfe", 400, "not_json"),
        (b"[]", 422, "bad_form"),
        (b'{"item":"' + b"x" * 20_000 + b'"}', 413, "too_large"),
    ],
    ids=["empty", "cut off", "no text", "list", "large"],
)
def test_what_is_no_answer_at_all(house: House, body: bytes, status_code: int, error: str) -> None:
    visitor = house.listener()
    visitor.begin()
    reply = visitor.browser.post(f"/api/listener/{visitor.who}/answer", content=body)
    assert (reply.status_code, reply.json()["error"]) == (status_code, error)


def test_steps_cannot_be_skipped(house: House) -> None:
    visitor = house.listener()
    assert visitor.post("ready", {}).json()["message"] == "consent comes first"
    assert visitor.get("state").json()["item"] is None
    assert visitor.post("consent", {"language": "xx"}).json()["message"] == "this test has no texts in 'xx'"


# --- Who may come in


def test_a_forged_link_is_told_and_recorded(house: House) -> None:
    house.listener()
    reply = house.browser().post("/api/enter", json={"token": "forged"})
    assert (reply.status_code, reply.json()["error"]) == (404, "unknown_link")
    assert "this link does not work" in reply.json()["message"] and events(house) == {"unknown link": 1}


def test_an_expired_link_is_told_and_its_answers_stay(house: House) -> None:
    visitor = house.listener(expires=house.clock.now + 3600)
    visitor.answer(visitor.begin(), 1)
    house.clock.now += 3600
    reply = visitor.get("state")
    assert (reply.status_code, reply.json()["error"]) == (403, "expired_link")
    assert len(read_stored_answers(house.test, house.service.engine)) == 1 and events(house) == {"expired link": 1}


def test_one_listener_is_not_another(house: House) -> None:
    first, second = house.listener(), house.listener()
    first.begin()
    second.begin()
    for path in ("state", "audio/c000", "headphones/0"):
        reply = second.browser.get(f"/api/listener/{first.who}/{path}")
        assert (reply.status_code, reply.json()["error"]) == (404, "unknown_link"), path
    assert second.browser.delete(f"/api/listener/{first.who}/data").status_code == 404
    second.browser.cookies.set(f"voiceact_{first.who}", "guessed")
    assert second.browser.get(f"/api/listener/{first.who}/state").status_code == 404


def test_two_listeners_can_use_one_browser(house: House) -> None:
    first = house.listener()
    who, token = house.service.queue.run_blocking(house.service.add_listener)
    first.browser.post("/api/enter", json={"token": token})
    assert first.get("state").json()["listener"] == first.who
    assert first.browser.get(f"/api/listener/{who}/state").json()["listener"] == who


def test_the_cookie_is_for_this_server_alone_and_not_for_scripts(house: House) -> None:
    who, token = house.service.queue.run_blocking(house.service.add_listener)
    told = house.browser().post("/api/enter", json={"token": token}).headers["set-cookie"]
    assert token in told and "HttpOnly" in told and "SameSite=strict" in told and "Secure" not in told
    over_https = TestClient(house.app, base_url="https://lab.example", headers=OURS)
    assert "Secure" in over_https.post("/api/enter", json={"token": token}).headers["set-cookie"]


def test_the_token_is_not_in_the_database(house: House) -> None:
    _, token = house.service.queue.run_blocking(house.service.add_listener)
    assert len(token) >= 32
    files = b"".join(path.read_bytes() for path in house.folder.glob("answers.sqlite*"))
    assert token.encode() not in files


@pytest.mark.parametrize(
    "headers",
    [{"Origin": "http://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}],
)
def test_other_sites_change_nothing(house: House, headers: dict[str, str]) -> None:
    visitor = house.listener()
    item = visitor.begin()
    house.clock.now += 2
    body = {"item": item["item"], "nonce": "12345678", "value": 1, "plays": 1, "seconds": 1.0}
    url = f"/api/listener/{visitor.who}/answer"
    assert visitor.browser.post(url, json=body, headers=headers).json()["error"] == "foreign_origin"
    bare = TestClient(house.app, base_url="http://lab.example", cookies=visitor.browser.cookies)
    assert bare.post(url, json=body).json()["error"] == "no_header"
    ours = {"Origin": "http://lab.example", "Sec-Fetch-Site": "same-origin"}
    assert visitor.browser.post(url, json=body, headers=ours).status_code == 200


def test_an_open_test_lets_people_join_until_it_is_full(tmp_path: Path) -> None:
    house = House(tmp_path / "test", most_listeners=2)
    joined = []
    for _ in range(3):
        browser = house.browser()
        reply = browser.post("/api/join", json={})
        joined.append(reply.status_code)
        if reply.status_code == 200:
            assert browser.get(f"/api/listener/{reply.json()['listener']}/state").json()["step"] == "consent"
    assert joined == [200, 200, 403]


def test_a_test_by_invitation_cannot_be_joined(house: House) -> None:
    reply = house.browser().post("/api/join", json={})
    assert reply.status_code == 404 and "open the link that you were given" in reply.json()["message"]


# --- Blind


def test_nothing_that_a_listener_gets_tells_what_a_clip_is(tmp_path: Path) -> None:
    house = House(tmp_path / "test", clips=6)
    visitor = house.listener()
    replies = [visitor.get("state"), visitor.post("consent", {"language": "en"}), visitor.post("ready", {})]
    while item := replies[-1].json().get("state", replies[-1].json())["item"]:
        replies.append(visitor.get(f"audio/{item['clips'][0]}"))
        replies += [visitor.answer(item, 9), visitor.answer(item, 1)]
    told = b"\n".join(str(dict(reply.headers)).encode() + reply.content for reply in replies).lower()
    for secret in (*SECRETS, "disgust", "verified", "verdict", "gold", "target", "contrastive", '"expected"', "intensity"):
        assert secret.encode() not in told, secret
    states = [reply.json().get("state", reply.json()) for reply in replies if "json" in reply.headers["content-type"]]
    assert {key for state in states if state.get("item") for key in state["item"]} == {
        "item",
        "position",
        "clips",
        "asked",
        "instruct",
        "instruct_category",
    }


def test_only_sounds_that_are_asked_about_are_played(house: House) -> None:
    visitor = house.listener()
    item = visitor.begin()
    assert visitor.get(f"audio/{item['clips'][0]}").headers["content-type"] == "audio/flac"
    assert visitor.get("audio/c999").json()["error"] == "no_sound"
    assert visitor.get("audio/..%2Ftest.json").status_code == 404
    for name in ("test.json", "answers.sqlite", "audio/c000.flac", "../test.json", "static/listen.html"):
        assert visitor.browser.get("/" + name).status_code == 404, name


def test_no_listener_sees_results_or_progress(house: House) -> None:
    visitor = house.listener()
    for path in ("status", "results.csv", "results.jsonl", "listeners"):
        assert visitor.browser.get(f"/api/admin/{path}").status_code in (403, 404, 405), path


# --- The administrator


def admin(house: House) -> TestClient:
    browser = house.browser()
    assert browser.post("/api/admin/enter", json={"token": ADMIN}).json() == {"test": house.test.id}
    return browser


def test_the_administrator_sees_progress(house: House) -> None:
    visitor = house.listener()
    item = visitor.begin()
    while item:
        item = visitor.answer(item, 0).json()["state"]["item"]
    found = admin(house).get("/api/admin/status").json()
    assert (found["answers"], found["missing"], found["gold"]) == (5, 4, {"right": 1, "of": 1})
    assert found["kinds"][0] == {"kind": "target", "items": 4, "answered": 4, "complete": 0, "answers": 4}
    (row,) = found["listeners"]
    assert (row["id"], row["answers"], row["of"], row["seconds"]) == (visitor.who, 5, 5, 0.75) and row["done"]
    bearer = TestClient(house.app, base_url="http://lab.example", headers={"Authorization": f"Bearer {ADMIN}"})
    assert bearer.get("/api/admin/status").json()["answers"] == 5


@pytest.mark.parametrize("suffix", ["csv", "jsonl"])
def test_the_results_are_those_that_the_commands_read(house: House, suffix: str) -> None:
    visitor = house.listener()
    visitor.answer(visitor.begin(), 2)
    reply = admin(house).get(f"/api/admin/results.{suffix}")
    assert reply.headers["content-disposition"] == f'attachment; filename="results.{suffix}"'
    path = house.folder / f"results.{suffix}"
    path.write_bytes(reply.content)
    assert read_results(path, house.test) == read_stored_answers(house.test, house.service.engine)


def test_a_wrong_admin_token_is_refused_and_recorded(house: House) -> None:
    reply = house.browser().post("/api/admin/enter", json={"token": "wrong"})
    assert (reply.status_code, reply.json()["error"]) == (403, "not_admin") and events(house) == {"wrong admin token": 1}


def test_the_administrator_makes_links(house: House) -> None:
    made = admin(house).post("/api/admin/listeners", json={}).json()
    assert house.browser().post("/api/enter", json={"token": made["token"]}).json() == {"listener": made["listener"]}


# --- Leaving


def test_a_listener_deletes_all_that_is_known_of_them(house: House) -> None:
    visitor = house.listener()
    visitor.answer(visitor.begin(), 2)
    other = house.listener()
    other.answer(other.begin(), 1)
    visitor.answer(visitor.item(), 7)
    reply = visitor.browser.delete(f"/api/listener/{visitor.who}/data")
    assert reply.json() == {"deleted": visitor.who} and "Max-Age=0" in reply.headers["set-cookie"]
    assert {row.listener for row in read_stored_answers(house.test, house.service.engine)} == {other.who}
    gone, there = read_listeners(house.service.engine)
    assert (gone.id, gone.language, gone.consented_at) == (visitor.who, "", None) and gone.deleted
    assert there.deleted is None
    assert visitor.get("state").status_code == 404
    found = measure_progress(house.test, house.service.engine, now=house.clock.now)
    assert all(event["listener"] != visitor.who for event in found["last_events"])
    assert house.service.cache.ledger.draws(visitor.who) == [], "what they held is free for others"


def test_the_administrator_deletes_by_number(house: House) -> None:
    visitor = house.listener()
    visitor.answer(visitor.begin(), 2)
    browser = admin(house)
    assert browser.delete(f"/api/admin/listeners/{visitor.who}").json() == {"deleted": visitor.who}
    assert read_stored_answers(house.test, house.service.engine) == []
    assert browser.delete(f"/api/admin/listeners/{visitor.who}").status_code == 404


def test_no_address_is_written_down(house: House) -> None:
    browser = TestClient(house.app, base_url="http://lab.example", headers=OURS, client=("203.0.113.77", 50000))
    browser.post("/api/enter", json={"token": "forged"})
    assert events(house) == {"unknown link": 1}
    assert b"203.0.113" not in b"".join(path.read_bytes() for path in house.folder.glob("answers.sqlite*"))


# --- Limits and headers


def test_a_limit_lets_a_burst_pass_and_then_so_many_a_second() -> None:
    clock = Clock()
    limit = RateLimit(burst=3, rate=2, clock=clock)
    assert [limit.wait("a") for _ in range(4)] == [0, 0, 0, 0.5]
    assert limit.wait("b") == 0, "another has their own"
    clock.now += 0.5
    assert (limit.wait("a"), limit.wait("a")) == (0, 0.5)
    with pytest.raises(Refused) as refused:
        limit.check("a")
    assert (refused.value.status, refused.value.retry_after) == (429, 1)


def test_a_limit_forgets_who_was_seen_longest_ago() -> None:
    clock = Clock()
    limit = RateLimit(burst=1, rate=1, clock=clock, most_keys=10)
    for number in range(10):
        limit.wait(str(number))
    limit.wait("0")
    assert limit.wait("new") == 0 and len(limit) == 10
    assert limit.wait("0") > 0, "it was seen lately"
    assert limit.wait("1") == 0, "it was seen longest ago, and is as good as new"


def test_guessing_is_slowed_down(house: House) -> None:
    browser = house.browser()
    codes = [browser.post("/api/enter", json={"token": f"guess {number}"}).status_code for number in range(35)]
    assert codes[0] == 404 and codes[-1] == 429
    _, token = house.service.queue.run_blocking(house.service.add_listener)
    assert browser.post("/api/enter", json={"token": token}).status_code == 200, "who has the right link is let in all the same"
    assert browser.post("/api/admin/enter", json={"token": "guess"}).status_code == 429
    assert browser.post("/api/admin/enter", json={"token": ADMIN}).status_code == 200
    assert events(house) == {"unknown link": 30, "too many requests": 6}


def test_a_listener_who_asks_too_often_waits(house: House) -> None:
    visitor = house.listener()
    replies = [visitor.get("state") for _ in range(70)]
    assert replies[0].status_code == 200 and replies[-1].status_code == 429
    assert int(replies[-1].headers["retry-after"]) >= 1
    assert house.listener().get("state").status_code == 200


@pytest.mark.parametrize("path", ["/", "/admin", "/listen.js", "/api/about", "/api/listener/x/state", "/nothing"])
def test_every_reply_carries_the_headers(house: House, path: str) -> None:
    found = house.browser().get(path).headers
    assert "script-src 'self'" in found["content-security-policy"] and "unsafe" not in found["content-security-policy"]
    assert "frame-ancestors 'none'" in found["content-security-policy"]
    assert (found["x-content-type-options"], found["referrer-policy"], found["x-frame-options"]) == (
        "nosniff",
        "no-referrer",
        "DENY",
    )
    assert "microphone=()" in found["permissions-policy"] and found["cache-control"] == "no-store"


def test_the_pages_hold_no_inline_script_or_style() -> None:
    from voiceact.listening.delivery.server.app import STATIC

    for path in STATIC.glob("*.html"):
        text = path.read_text("utf-8")
        assert "<style" not in text and 'style="' not in text and "onclick" not in text
        assert text.count("<script") == text.count("<script defer src="), path


def test_every_text_of_the_page_is_there_in_every_language() -> None:
    import re

    from voiceact.listening.delivery.server.app import STATIC
    from voiceact.listening.delivery.words import interface_languages, load_words

    used = {
        key
        for path in STATIC.glob("*.js")
        if path.name != "admin.js"
        for key in re.findall(r"\bt\(\"([a-z_0-9]+)\"[,)]", path.read_text("utf-8"))
    }
    assert len(used) > 30
    for language in interface_languages():
        assert used <= set(load_words(language)), language


# --- The command


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Callable[..., Any]]:
    from tiny_server import Server

    servers: list[Server] = []

    def start(*arguments: str, folder: Path | None = None, port: int = 0, **settings: Any) -> Server:
        folder = folder or make_test(tmp_path / "test", **settings)
        servers.append(Server(folder, *arguments, port=port))
        return servers[-1]

    yield start
    for server in servers:
        server.stop()


def test_serve_prints_links_once_and_keeps_them(served: Callable[..., Any]) -> None:
    import httpx

    server = served("--listeners", "2")
    links = server.told["links"]
    assert len(links) == 2 and server.told["earlier"] == 0
    token = links[0]["url"].partition("#")[2]
    server.kill()
    again = served("--listeners", "3", folder=server.folder)
    assert len(again.told["links"]) == 1 and again.told["earlier"] == 2
    reply = httpx.post(again.url + "api/enter", json={"token": token}, headers=OURS)
    assert reply.json() == {"listener": links[0]["listener"]} and "server" not in reply.headers


def test_a_proxy_on_this_machine_is_believed_that_it_speaks_https(served: Callable[..., Any]) -> None:
    import socket

    import httpx

    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    server = served("--listeners", "1", "--url", "https://lab.example/test", port=port)
    link = server.told["links"][0]["url"]
    assert link.startswith("https://lab.example/test/#") and server.told["admin"].startswith("https://lab.example/test/admin#")
    body = {"token": link.partition("#")[2]}
    headers = OURS | {"X-Forwarded-Proto": "https", "Host": "lab.example", "Origin": "https://lab.example"}
    reply = httpx.post(f"http://127.0.0.1:{server.port}/api/enter", json=body, headers=headers)
    assert reply.status_code == 200 and "Secure" in reply.headers["set-cookie"]


def test_status_while_the_server_runs(served: Callable[..., Any], capsys: pytest.CaptureFixture[str]) -> None:
    from click.testing import CliRunner

    from voiceact.cli.listen.serve import status as command

    server = served("--listeners", "2")
    found = CliRunner().invoke(command, [str(server.folder), "--json"])
    assert found.exit_code == 0 and len(json.loads(found.output)["listeners"]) == 2
    shown = CliRunner().invoke(command, [str(server.folder)])
    assert shown.exit_code == 0 and "not begun" in shown.output and "0 answers, 8 missing" in shown.output


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--admin-token", "short"], "--admin-token has 5 characters; expected at least 16"),
        (["--port", "1"], "choose another with --port"),
        (["--host", "203.0.113.1"], "cannot listen on 203.0.113.1"),
    ],
)
def test_what_cannot_be_served_is_told(tmp_path: Path, arguments: list[str], words: str) -> None:
    from voiceact.listening.delivery.server.run import Serving, open_server

    wishes = {arguments[0].strip("-").replace("-", "_"): int(arguments[1]) if arguments[1].isdigit() else arguments[1]}
    if arguments == ["--port", "1"]:
        import socket

        taken = socket.create_server(("127.0.0.1", 0))
        wishes = {"port": taken.getsockname()[1]}
    with pytest.raises(UsageError, match=words):
        open_server(Serving(test=make_test(tmp_path / "test"), **{"port": 0, **wishes}))


def test_an_altered_sound_is_not_served(tmp_path: Path) -> None:
    from voiceact.listening.delivery.server.run import Serving, open_server

    folder = make_test(tmp_path / "test")
    (folder / "audio" / "c001.flac").write_bytes((folder / "audio" / "c000.flac").read_bytes())
    with pytest.raises(UsageError, match="c001.flac is not the file the test was made with"):
        open_server(Serving(test=folder, port=0))


def test_status_before_anybody_was_served(tmp_path: Path) -> None:
    from voiceact.listening.delivery.server.run import read_server_status

    with pytest.raises(UsageError, match="was never served"):
        read_server_status(make_test(tmp_path / "test"), None)
