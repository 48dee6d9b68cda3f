"""Records, runs, recipes and personas made hostile in every field: nothing leaves the machine, nothing outside is touched.

A generator puts every hostile value into every field of a record, a run and a recipe, and each verb that reads them is called.
Sockets are watched where a connection would begin, files where they would be opened (sys.addaudithook).
"""

import contextlib
import copy
import json
import os
import re
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
import yaml
from click.testing import CliRunner
from tiny_run import write_tiny_run

from voiceact import synth
from voiceact.cli.main import cli
from voiceact.clip.clip import Clip
from voiceact.clip.record import decode_record, load_record
from voiceact.engines.embedded.text import make_phrases
from voiceact.errors import UsageError, VoiceactError
from voiceact.runtime.untrusted_settings import UntrustedSettingError, allow_settings
from voiceact.synthesis.synthesize import neutral_twin, replay

SECRET = "sk-planted-7f3a9c2e51b84d06"
SLOWEST_SECONDS = 10.0
ENGINE_FIELDS = [("replay", "engine"), ("engine", "name")]

_watched: dict[str, list[str]] = {}


def _hook(event: str, arguments: tuple) -> None:
    if not _watched:
        return
    if event in ("socket.connect", "socket.getaddrinfo", "socket.sendto", "subprocess.Popen", "os.system", "os.exec"):
        _watched["reached"].append(f"{event} {arguments[-1]!r}")
    elif event == "open" and isinstance(arguments[0], str | bytes):
        _watched["opened"].append(os.fsdecode(arguments[0]))


sys.addaudithook(_hook)


@pytest.fixture
def watched():
    """What is reached for and opened, from here on."""
    _watched.update(reached=[], opened=[])
    yield _watched
    _watched.clear()


@pytest.fixture(scope="module")
def clip_folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("clip")
    synth(persona="nurse", emotion="Anger", text="Sit down.").save(folder / "a.wav")
    return folder


@pytest.fixture
def outside(tmp_path, monkeypatch):
    """A secret in the environment and in a file that no record may reach."""
    monkeypatch.setenv("PLANTED_SECRET", SECRET)
    monkeypatch.setenv("OPENAI_API_KEY", SECRET)
    folder = tmp_path / "outside"
    folder.mkdir()
    (folder / "secret.json").write_text(json.dumps({"planted": SECRET}))
    (folder / "secret.wav").write_bytes(b"RIFF")
    os.mkfifo(folder / "pipe")
    return folder


def hostile_values(outside: Path) -> list:
    url = "http://127.0.0.1:9"
    return [
        f"openai-compatible:url={url},key=PLANTED_SECRET,extra={outside}/secret.json,voice=v",
        f"elevenlabs:url={url},voice=v",
        f"coqui:model={outside}",
        f"kokoro:cast={outside}/secret.json",
        f"{outside}/secret.json",
        f"{outside}/pipe",
        "../outside/secret.wav",
        "../outside/pipe",
        "a\0b",
        "\x1b[31m\u202eevil",
        "<img src=x onerror=alert(1)>",
        "=cmd|'/C calc'!A0",
        "x" * 100_000,
        "",
        -1,
        0,
        10**30,
        1e308,
        -1e-300,
        None,
        True,
        [],
        {},
        [[[]]],
        {"a": {"b": [1]}},
    ]


def places(document, path=()) -> Iterator[tuple]:
    """Keys to every value of a document, branches too."""
    for key, value in document.items() if isinstance(document, dict) else enumerate(document):
        yield (*path, key)
        if isinstance(value, dict | list) and value:
            yield from places(value, (*path, key))


def changed(document, place, value):
    found = copy.deepcopy(document)
    inner = found
    for key in place[:-1]:
        inner = inner[key]
    inner[place[-1]] = value
    return found


def check_nothing_happened(watched, outside: Path, what) -> None:
    assert not watched["reached"], (what, watched["reached"])
    touched = [path for path in watched["opened"] if Path(os.path.realpath(path)).is_relative_to(outside)]
    assert not touched, (what, touched)


def run(*arguments):
    started = time.monotonic()
    found = CliRunner().invoke(cli, [str(one) for one in arguments])
    return found, time.monotonic() - started


def test_a_hostile_value_in_any_field_of_a_record_reaches_nothing(clip_folder, outside, tmp_path, watched):
    document = json.loads((clip_folder / "a.json").read_text())
    document["replay"]["engine"] = "embedded"
    document["replay"]["persona"]["voice"]["reference"] = None
    folder = tmp_path / "records"
    folder.mkdir()
    (folder / "a.wav").write_bytes((clip_folder / "a.wav").read_bytes())
    path, tried = folder / "a.json", 0
    for place in places(document):
        for value in hostile_values(outside):
            path.write_text(json.dumps(changed(document, place, value)))
            watched["reached"].clear(), watched["opened"].clear()
            started = time.monotonic()
            try:
                record = load_record(path)
                clip = Clip(record, folder=folder)
                assert clip.audio_path is None or clip.audio_path.is_relative_to(folder)
                # Speaking takes a second: only what could make a difference to it is spoken.
                if tried % 150 == 0 or place in ENGINE_FIELDS and isinstance(value, str):
                    neutral_twin(record)
            except VoiceactError as error:
                assert len(str(error)) < 4000 and "\x1b" not in str(error) and SECRET not in str(error), place
            tried += 1
            assert time.monotonic() - started < SLOWEST_SECONDS, (place, str(value)[:60])
            check_nothing_happened(watched, outside, (place, str(value)[:60]))
    assert tried > 1000


@pytest.mark.parametrize(
    ("text", "lexicon"),
    [
        ("1" * 2000, {}),
        ("[" * 6000, {}),
        ("!?" * 3000, {}),
        ("Sit.", {"sit": "a" * 20_000}),
        ("Sit.", {"sit": "/" + "i" * 5000 + "/"}),
        ("Sit.", {f"word{number}": "x" for number in range(20_000)}),
        ("Sit.", {"": "x", "s\u202e": "x"}),
    ],
    ids=["digits", "brackets", "marks", "respelling", "phonemes", "many words", "no word"],
)
def test_absurd_words_of_a_record_are_spoken_or_refused_and_end(text, lexicon, clip_folder) -> None:
    document = json.loads((clip_folder / "a.json").read_text())
    document["text"], document["replay"]["persona"]["lexicon"] = text, lexicon
    with contextlib.suppress(VoiceactError):
        # Thousands of digits are minutes of speech: that it is read, and goes on to speak, is enough.
        record = decode_record(json.dumps(document).encode(), "a.json")
        make_phrases(record.text, record.replay.persona.lexicon)


@pytest.mark.parametrize("verb", ["replay", "verify", "new"])
@pytest.mark.parametrize("place", ENGINE_FIELDS)
def test_no_verb_follows_what_a_record_says_of_engines(verb, place, clip_folder, outside, tmp_path, watched):
    document = json.loads((clip_folder / "a.json").read_text())
    folder = tmp_path / "records"
    folder.mkdir()
    (folder / "a.wav").write_bytes((clip_folder / "a.wav").read_bytes())
    hostile = hostile_values(outside)[0]
    if place == ("engine", "name"):
        document["replay"].pop("engine", None)
    (folder / "a.json").write_text(json.dumps(changed(document, place, hostile)))
    arguments = {
        "replay": ["replay", folder / "a.json"],
        "verify": ["verify", folder / "a.json", "--check", "emotion"],
        "new": ["listen", "new", folder, "--protocol", "pair", "--out", tmp_path / "test", "--per-listener", "5"],
    }[verb]
    found, seconds = run(*arguments)
    check_nothing_happened(watched, outside, verb)
    assert found.exit_code != 0 and seconds < SLOWEST_SECONDS
    assert isinstance(found.exception, VoiceactError | SystemExit), found.exception
    said = f"{found.output} {found.exception}"
    assert SECRET not in said and not (tmp_path / "test").exists()
    if verb != "new":
        assert "which reaches for a server" in said and "--engine" in said and "key=…" in said


def test_the_users_own_engine_speaks_and_a_records_is_compared(clip_folder):
    record = load_record(clip_folder / "a.json")
    stated = msgspec.structs.replace(record.replay, engine="elevenlabs:url=http://127.0.0.1:9,voice=v")
    foreign = msgspec.structs.replace(record, replay=stated)
    with pytest.raises(UntrustedSettingError, match="--engine"):
        replay(foreign)
    assert replay(foreign, engine="embedded").samples is not None
    with allow_settings(engine="embedded"):
        assert neutral_twin(foreign).samples is not None
    other = msgspec.structs.replace(record, engine=msgspec.structs.replace(record.engine, model_sha256="0" * 64))
    with pytest.raises(UsageError, match="whose model is not the one given here"):
        replay(other, engine="embedded")


@pytest.mark.parametrize("name", ["/etc/passwd", "../outside/secret.wav", "link.wav", "pipe.wav", "a\0.wav", "folder"])
def test_the_audio_of_a_record_lies_beside_it_or_nowhere(name, clip_folder, outside, tmp_path, watched):
    folder = tmp_path / "records"
    folder.mkdir()
    (folder / "link.wav").symlink_to(outside / "secret.wav")
    (folder / "folder").mkdir()
    os.mkfifo(folder / "pipe.wav")
    document = json.loads((clip_folder / "a.json").read_text())
    document["audio"]["path"] = name
    (folder / "a.json").write_text(json.dumps(document))
    for verb in ("replay", "verify"):
        found, seconds = run(verb, folder / "a.json")
        assert found.exit_code and seconds < SLOWEST_SECONDS and isinstance(found.exception, VoiceactError | SystemExit)
        check_nothing_happened(watched, outside, verb)


@pytest.mark.parametrize("rate", [0, -1, 1, 3999, 384_001, 10**9, 2**31 - 1, 10**15])
def test_an_absurd_sample_rate_is_refused_before_any_work(rate, clip_folder, tmp_path):
    document = json.loads((clip_folder / "a.json").read_text())
    document["audio"]["sample_rate"] = rate
    (tmp_path / "a.json").write_text(json.dumps(document))
    with pytest.raises(UsageError, match=r"sample rate of .* Hz; expected 4,000 to 384,000"):
        load_record(tmp_path / "a.json")


def test_a_record_whose_rate_is_not_that_of_its_audio_is_refused(clip_folder, tmp_path):
    document = json.loads((clip_folder / "a.json").read_text())
    document["audio"]["sample_rate"] = 8000
    (tmp_path / "a.json").write_text(json.dumps(document))
    (tmp_path / "a.wav").write_bytes((clip_folder / "a.wav").read_bytes())
    with pytest.raises(UsageError, match="its record says 8,000"):
        Clip.load(tmp_path / "a.json").read()


def test_moves_beyond_speech_are_refused(clip_folder):
    record = load_record(clip_folder / "a.json")
    for moves in ({"rate": 1e-9}, {"pause": 1e9}, {"unknown": 1.0}):
        slow = msgspec.structs.replace(record, direction=msgspec.structs.replace(record.direction, moves=moves))
        with pytest.raises(UsageError, match="cannot be spoken again"):
            replay(slow)


def test_a_recording_that_a_record_names_is_read_only_if_the_user_names_it_too(clip_folder, outside, monkeypatch):
    from voiceact.engines.registry import load_engine
    from voiceact.synthesis.request import recall_request

    record = load_record(clip_folder / "a.json")
    edit, persona = msgspec.structs.replace, record.replay.persona
    persona = edit(persona, voice=edit(persona.voice, reference=f"{outside}/secret.wav"))
    cloned = edit(record, replay=edit(record.replay, persona=persona))
    engine = copy.copy(load_engine("embedded"))
    engine.capabilities = replace(engine.capabilities, reference=True)
    with pytest.raises(UntrustedSettingError, match="--allow"):
        recall_request(cloned, engine=engine)
    with allow_settings(f"{outside}/secret.wav"):
        assert recall_request(cloned, engine=engine).persona.voice.reference


# --- Runs


def test_a_hostile_value_in_any_field_of_run_json_reaches_nothing(outside, tmp_path, watched):
    folder = Path(write_tiny_run(tmp_path / "run", shards=1))
    document = json.loads((folder / "run.json").read_text())
    tried = 0
    for place in list(places(document)):
        for value in hostile_values(outside):
            (folder / "run.json").write_text(json.dumps(changed(document, place, value)))
            watched["reached"].clear(), watched["opened"].clear()
            found, seconds = run("recipe", "status", folder)
            assert isinstance(found.exception, VoiceactError | SystemExit | None), (place, str(value)[:60], found.exception)
            assert seconds < SLOWEST_SECONDS and "\x1b" not in found.output and "\u202e" not in found.output
            check_nothing_happened(watched, outside, (place, str(value)[:60]))
            tried += 1
    assert tried > 300


@pytest.mark.parametrize("place", [("engine", "name"), ("judge", "name"), ("recipe", "engine"), ("recipe", "verify")])
@pytest.mark.parametrize("at", range(8))
def test_audit_card_and_report_of_a_hostile_run_reach_nothing(place, at, outside, tmp_path, watched):
    folder = Path(write_tiny_run(tmp_path / "run", shards=1, twins=False))
    document = json.loads((folder / "run.json").read_text())
    value = hostile_values(outside)[at]
    if place == ("recipe", "verify"):
        value = {**document["recipe"].get("verify", {}), "judge": value, "asr": f"faster-whisper:model={outside}"}
    (folder / "run.json").write_text(json.dumps(changed(document, place, value)))
    for arguments in (["recipe", "audit", folder, "--sample", "2"], ["dataset", "card", folder, "--out", tmp_path / "card.md"]):
        found, seconds = run(*arguments)
        assert isinstance(found.exception, VoiceactError | SystemExit | None), found.exception
        assert seconds < SLOWEST_SECONDS and SECRET not in found.output
        check_nothing_happened(watched, outside, arguments)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("engine", "openai-compatible:url=http://127.0.0.1:9,key=PLANTED_SECRET,voice=v"),
        ("engine", "coqui:model=/outside"),
        ("judge", "audio-classifier:model=/outside"),
        ("judge", "../outside/model.npz"),
        ("judge", "/outside/model.json"),
        ("asr", "faster-whisper:model=/outside"),
        ("personas", "../outside/x.yaml"),
        ("files", "../outside/secret.json"),
    ],
)
def test_the_recipe_that_a_run_keeps_is_no_instruction(key, value, outside, tmp_path, watched):
    from voiceact.recipe.plan import make_plan

    text = {
        "engine": f"engine: {value!r}\n",
        "judge": f"verify: {{judge: {value!r}}}\n",
        "asr": f"verify: {{asr: {value!r}}}\n",
        "personas": f"personas: [{value!r}]\n",
        "files": f"scripts: {{files: [{value!r}]}}\n",
    }[key]
    base = "name: tiny\ndescription: A test.\ncategories: [anger]\nintensities: [5]\ntakes: 1\n"
    base += "" if key == "personas" else "personas: [nurse]\n"
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "recipe.yaml").write_text(base + (text if "../" in text else text.replace("/outside", str(outside))))
    with pytest.raises(VoiceactError):
        make_plan(tmp_path / "run" / "recipe.yaml", run_folder=tmp_path / "run")
    check_nothing_happened(watched, outside, key)


def test_a_link_within_a_run_is_not_followed(outside, tmp_path, watched):
    folder = Path(write_tiny_run(tmp_path / "run", shards=1))
    (folder / "run.json").unlink()
    (folder / "run.json").symlink_to(outside / "secret.json")
    found, _ = run("recipe", "status", folder)
    assert found.exit_code and "leads outside" in str(found.exception)
    check_nothing_happened(watched, outside, "run.json")


def test_a_pipe_as_recipe_table_or_text_is_refused_and_not_waited_for(outside, tmp_path):
    for arguments in (
        ["recipe", "validate", outside / "pipe.yaml"],
        ["lines", outside / "pipe.csv", "--out", tmp_path / "out"],
        ["persona", "show", outside / "pipe.yaml"],
        ["verify", outside / "pipe.json"],
        ["estimate", outside / "pipe.wav"],
        ["synth", "--persona", "nurse", "--text-file", outside / "pipe.txt", "--no-verify"],
    ):
        pipe = next(Path(one) for one in arguments if "pipe" in str(one))
        if not pipe.exists():
            os.mkfifo(pipe)
        found, seconds = run(*arguments)
        assert found.exit_code and seconds < SLOWEST_SECONDS, arguments
        assert isinstance(found.exception, VoiceactError | SystemExit), (arguments, found.exception)


# --- What is shown


def test_what_a_run_says_of_itself_is_no_html_in_its_card(tmp_path):
    from voiceact.dataset.card.card import write_card

    folder = Path(write_tiny_run(tmp_path / "run", shards=1))
    document = json.loads((folder / "run.json").read_text())
    evil = "<script>alert(1)</script> [x](javascript:1) `a`"
    document["recipe"]["description"] = evil
    document["engine"]["license"] = {"code": evil, "weights": evil, "output": evil}
    document["judge"]["license"] = evil
    (folder / "run.json").write_text(json.dumps(document))
    write_card(folder, tmp_path / "card.md", author="<b>me</b>}``` evil", url="https://example.org/data")
    head, _, text = (tmp_path / "card.md").read_text().partition("\n---\n")
    # The head is YAML, which shows nothing as HTML or Markdown: a licence stands there as it is, in one value.
    assert evil in yaml.safe_load(head.removeprefix("---\n"))["license_name"]
    assert text.count("&lt;script&gt;") > 3
    assert "<script" not in text and "<b>" not in text and not re.search(r"(?<!\\)\]\(javascript", text)
    with pytest.raises(UsageError, match="the address .* is none"):
        write_card(folder, tmp_path / "card.md", url='https://example.org/"><script>')


def test_two_runs_of_lines_do_not_work_in_one_folder(tmp_path):
    from voiceact.runtime.folder_lock import hold_folder

    (tmp_path / "lines.csv").write_text("id,persona,text\na,nurse,Sit down.\n")
    (tmp_path / "out").mkdir()
    with hold_folder(tmp_path / "out", "voiceact lines"):
        found, _ = run("lines", tmp_path / "lines.csv", "--out", tmp_path / "out")
        assert found.exit_code and "another process is at work in it" in str(found.exception)
    assert run("lines", tmp_path / "lines.csv", "--out", tmp_path / "out")[0].exit_code == 0
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["a.json", "a.wav", "lines.jsonl"]


def test_a_linked_folder_within_out_is_not_followed(tmp_path):
    (tmp_path / "lines.csv").write_text("id,persona,text\nscene/a,nurse,Sit down.\n")
    (tmp_path / "out").mkdir()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "out" / "scene").symlink_to(tmp_path / "elsewhere")
    found, _ = run("lines", tmp_path / "lines.csv", "--out", tmp_path / "out")
    assert "is a link to a folder outside" in found.output
    assert not list((tmp_path / "elsewhere").iterdir())
