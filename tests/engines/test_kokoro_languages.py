"""Kokoro in other languages: letters become the phonemes it learned, stress is set, words are linked; what is missing is reported.

The lexicons are tiny ones in gruut's form (`tiny_kokoro`). What the published ones reach is in docs/engines/kokoro.md.
"""

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from num2words import num2words
from tiny_kokoro import write_lexicon, write_model, write_voices

from voiceact.acting.direction import Direction
from voiceact.acting.moves import Moves
from voiceact.acting.persona import load_persona
from voiceact.acting.script import load_lines
from voiceact.cli.main import cli
from voiceact.engines.embedded.text import load_phoneme_ids
from voiceact.engines.kokoro import KokoroEngine, reading
from voiceact.engines.kokoro.casting import choose_voices, parse_part
from voiceact.engines.kokoro.languages import LANGUAGES
from voiceact.engines.kokoro.lexicon import Lexicon
from voiceact.engines.kokoro.reading import make_phrases_in
from voiceact.engines.kokoro.voices import load_shipped_voices
from voiceact.errors import UsageError, VoiceactError
from voiceact.runtime.extras import MissingExtraError

pytest.importorskip("pycrfsuite")
NURSE, PLAIN = load_persona("nurse"), Direction(Moves(), "")
WORDS = {
    "gruut_lang_es": {
        "qué": "q|u}k é}ˈe",
        "tal": "t}t a}ˈa l}l",
        "chico": "c|h}t|ʃ i}ˈi c}k o}o",
        "hay": "h}_ a}ˈa y}ɪ",
        "perro": "p}p e}ˈe r|r}ɾ|ɾ o}o",
        "de": "d}d e}e",
        "jota": "j}x o}ˈo t}t a}a",
    },
    "gruut_lang_fr": {
        "les": "l}l e}e s}_",
        "amis": "a}a m}m i}i s}_",
        "ami": "a}a m}m i}i",
        "dix": "d}d i}i x}s",
        "héros": "h}_ é}e r}ʁ o}o s}_",
        "on": "o|n}ɔ̃",
        "huit": "h}_ u}ɥ i}i t}t",
        "petite": "p}p e}ə t}t i}i t}t e}_",
        "a": "a}a",
        "aujourd'hui": "a|u}o j}ʒ o|u}u r}ʁ d|'}d h}_ u}ɥ i}i",
    },
    "gruut_lang_it": {
        "città": "c}t|ʃ i}i t|t}tː à}ˈa",
        "pizza": "p}p i}ˈi z|z}t|sː a}a",
        "acqua": "a}ˈa c|q}kː u}w a}a",
        "dell": "d}d e}ˈe l|l}l",
        "ventuno": "v}v e}e n}n t}t u}ˈu n}n o}o",
        "anni": "a}ˈa n|n}nː i}i",
        "vecchie": "v}v e}e c|c}kː h}_ i}i e}e",
    },
    "gruut_lang_pt": {},
}


@pytest.fixture(autouse=True)
def lexicons(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Tiny data packages before any that are installed."""
    folder = tmp_path / "site"
    for language in LANGUAGES.values():
        write_lexicon(folder, language.package, WORDS[language.package], language.part, guess="taco menino")
    monkeypatch.syspath_prepend(str(folder))
    reading._reader.cache_clear()
    yield folder
    reading._reader.cache_clear()


def join_phonemes(language: str, text: str) -> str:
    return " | ".join("".join(phrase.phonemes) for phrase in make_phrases_in(language, text))


# --- Phonemes


@pytest.mark.parametrize(
    ("language", "text", "phonemes"),
    [
        ("es", "¿Qué tal, chico?", "kˈe tˈal, ʧˈiko?"),
        ("es", "¡Hay perro! Tal.", "ˈI pˈero! | tˈal."),
        ("es", "«Qué»", "“kˈe”"),
        ("es", "taco", "tˈaco"),
        ("fr", "Les amis, les héros.", "lez amˈi, le eʁˈo."),
        ("fr", "L'ami qu'on a", "lamˈi kɔ̃n a"),
        ("fr", "petite", "pətˈit"),
        ("fr", "Dix amis", "dˈiz amˈi"),
        ("fr", "Aujourd'hui", "oʒuʁdyˈi"),
        ("it", "vecchie", "vˈekːie"),
        ("it", "Città, pizza", "ʧitːˈa, pˈiʦːa"),
        ("it", "dell'acqua", "delˈakːwa"),
    ],
)
def test_a_text_becomes_the_phonemes_that_the_model_learned(language: str, text: str, phonemes: str) -> None:
    assert join_phonemes(language, text) == phonemes


@pytest.mark.parametrize(
    ("word", "alignment", "phonemes"),
    [
        ("casa", "c}k a}ɐ s}z a}ɐ", "kˈazɐ"),
        ("casas", "c}k a}ɐ s}z a}ɐ s}s", "kˈazɐs"),
        ("falar", "f}f a}ɐ l}l a}ɐ r}ɹ", "falˈaɾ"),
        ("água", "á}ɐ g}ɡ u}w a}ɐ", "ˈaɡwɐ"),
        ("história", "h}_ i}i s}s t}t ó}ɔ r}ɾ i}i a}ɐ", "istˈɔɾiɐ"),
        ("coração", "c}k o}o r}ɾ a}ɐ ç}s ã|o}ɐ̃w̃", "koɾasˈɐ̃ʊ̃"),
        ("gente", "g}ʒ e|n}ẽ t}t|ʃ e}i", "ʒˈAŋʧɪ"),
        ("menino", "m}m e}e n}n i}ĩ n}n o}u", "menˈinʊ"),
        ("tempo", "t}t e|m}ẽ p}p o}u", "tˈAmpʊ"),
        ("de", "d}d|ʒ e}i", "ʤɪ"),
        ("aos", "a|o}ɐw s}s", "Ws"),
        ("aqui", "a}ɐ q|u}k i}i", "akˈi"),
        ("homem", "h}_ o}õ m}m e|m}ẽj̃", "ˈomAŋ"),
    ],
)
def test_portuguese_is_stressed_by_its_spelling(word: str, alignment: str, phonemes: str) -> None:
    spelling = tuple(
        (letters.replace("|", ""), sound) for letters, _, sound in (part.partition("}") for part in alignment.split())
    )
    assert LANGUAGES["pt"].phonemes(word, spelling) == phonemes
    assert {*phonemes} <= {*load_phoneme_ids()}


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_letters_and_signs_have_names(language: str) -> None:
    assert len(LANGUAGES[language].letters.split()) == 26
    assert make_phrases_in(language, "B & C @ %")


def test_an_initialism_is_spelt_and_a_number_is_read() -> None:
    assert join_phonemes("es", "El DJ.").endswith(join_phonemes("es", "de jota."))
    assert num2words(21, lang="it") == "ventuno"
    assert join_phonemes("it", "21 anni") == join_phonemes("it", "ventuno anni") == "ventˈuno ˈanːi"
    # Of a number that nobody can say the digits are read.
    assert len(join_phonemes("it", "1" * 40)) > 40


def test_the_users_pronunciation_comes_first() -> None:
    phrases = make_phrases_in("es", "Qué tal, chico", {"chico": "/ʧˈa/", "tal": "perro"})
    assert "".join(phrases[0].phonemes) == "kˈe pˈero, ʧˈa"
    with pytest.raises(UsageError, match="which is no phoneme"):
        make_phrases_in("es", "chico", {"chico": "/7/"})


def test_words_keep_their_place_and_marks() -> None:
    (phrase,) = make_phrases_in("fr", "Les amis, huit amis.")
    assert [word.text for word in phrase.words] == ["Les", "amis,", "huit", "amis."]
    assert all(phrase.phonemes[word.start] != " " for word in phrase.words)
    with pytest.raises(UsageError, match="nothing can be spoken"):
        make_phrases_in("fr", "…")


# --- The lexicon


def test_a_word_is_looked_up_else_guessed() -> None:
    lexicon = Lexicon("gruut_lang_fr")
    assert lexicon.spell(["ami", "taco", "ami"]) == {
        "ami": (("ami", "a|m|i"),),
        "taco": tuple((letter, letter) for letter in "taco"),
    }
    aligned = Lexicon("gruut_lang_fr", aligned=True)
    assert aligned.spell(["on"]) == {"on": (("on", "ɔ̃"),)}


def test_all_sentences_of_a_text_are_looked_up_together(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    connect = sqlite3.connect

    def open_and_count(database: str, **options: bool) -> sqlite3.Connection:
        opened.append(database)
        return connect(database, **options)

    monkeypatch.setattr("voiceact.engines.kokoro.lexicon.sqlite3.connect", open_and_count)
    phonemes = join_phonemes("fr", "Les amis. L'ami, qu'on a! Huit héros. Dix amis.")
    assert len(opened) == 1
    assert phonemes == " | ".join(
        join_phonemes("fr", text) for text in ("Les amis.", "L'ami, qu'on a!", "Huit héros.", "Dix amis.")
    )
    assert len(opened) == 1


def test_a_damaged_or_missing_lexicon_is_reported(lexicons: Path) -> None:
    (lexicons / "gruut_lang_fr" / "lexicon.db").write_bytes(b"no database, but long enough to look like one" * 99)
    with pytest.raises(VoiceactError, match=r"lexicon\.db: is no lexicon of gruut, or damaged .*kokoro-languages"):
        make_phrases_in("fr", "ami")
    (lexicons / "gruut_lang_it" / "espeak" / "g2p" / "model.crf").write_bytes(b"no model")
    with pytest.raises(VoiceactError, match=r"model\.crf: is no model of python-crfsuite, or damaged"):
        make_phrases_in("it", "taco")
    with pytest.raises(MissingExtraError, match=r"\[kokoro-languages\]"):
        Lexicon("gruut_lang_nowhere")


# --- The engine


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    models = tmp_path_factory.mktemp("kokoro")
    write_model(models / "model.onnx")
    write_voices(models / "voices", ("af_heart", "af_sarah", "am_michael", "am_onyx", "ef_dora", "em_alex", "ff_siwis"))
    return models


def test_a_persona_speaks_spanish_with_its_own_timbre_in_it(folder: Path) -> None:
    engine = KokoroEngine(model=str(folder))
    take = engine.perform("¿Qué tal, chico?", NURSE, PLAIN, language="es", seed=1)
    assert [word.text for word in take.words] == ["Qué", "tal,", "chico?"]
    assert np.isfinite(take.samples).all() and len(take.samples) > 1000
    np.testing.assert_array_equal(
        take.samples, KokoroEngine(model=str(folder)).perform("¿Qué tal, chico?", NURSE, PLAIN, language="es", seed=1).samples
    )
    assert str(engine.part(NURSE, "es")) == "ef_dora*0.5+af_heart*0.375+af_sarah*0.125/ef_dora"
    assert engine.part(NURSE) == parse_part("af_heart*0.75+af_sarah*0.25/af_heart")


def test_where_a_language_has_no_voice_of_the_sex_the_timbre_is_the_personas() -> None:
    names = load_shipped_voices().names
    french = choose_voices(load_persona("radio-host"), names, "fr")
    assert str(french) == "am_michael*0.75+am_onyx*0.25/ff_siwis"
    both = choose_voices(load_persona("street-poet"), names, "it")
    assert {name for name, _ in both.prosody.shares} == {"if_sara", "im_nicola"}
    child = choose_voices(load_persona("big-brother"), names, "pt")
    assert str(child.prosody) == "pf_dora"


def test_the_shipped_scripts_are_performed_from_the_shell_and_in_recipes(folder: Path, tmp_path: Path) -> None:
    engine, out = f"kokoro:model={folder}", tmp_path / "clip.wav"
    arguments = ["synth", "--persona", "nurse", "--emotion", "Sadness", "--language", "fr", "--engine", engine, "--no-verify"]
    result = CliRunner().invoke(cli, [*arguments, "--out", str(out)])
    assert result.exit_code == 0, result.output
    record = json.loads(out.with_suffix(".json").read_text())
    assert record["language"] == "fr" and record["text"] in {line.text for line in load_lines("fr")}

    recipe = tmp_path / "two.yaml"
    recipe.write_text(
        "name: two\ndescription: Two languages.\nlanguages: [es, fr]\npersonas: [nurse]\ncategories: [Sadness]\n"
        f"engine: {json.dumps(engine)}\nverify: {{checks: [quality], evidence: none}}\n"
    )
    planned = CliRunner().invoke(cli, ["recipe", "plan", str(recipe)])
    assert planned.exit_code == 0 and "2 languages" in planned.output, planned.output


def test_a_language_without_voice_or_lexicon_is_reported(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = KokoroEngine(model=str(folder))
    assert engine.capabilities.languages == ("en", "es", "fr", "it", "pt")
    with pytest.raises(UsageError, match="'nurse' has no voice of Italian among the 7 that are here; leave voices= away"):
        engine.perform("Città", NURSE, PLAIN, language="it")
    monkeypatch.setattr("voiceact.engines.kokoro.engine.package_folder", lambda package: None)
    bare = KokoroEngine(model=str(folder))
    assert bare.capabilities.languages == ("en",)
    with pytest.raises(
        UsageError, match=r"speaks 'es' with an optional part; install it with: pip install .*\[kokoro-languages\]"
    ):
        bare.perform("Qué", NURSE, PLAIN, language="es")
    with pytest.raises(UsageError, match="does not speak 'de'; it speaks: en"):
        bare.perform("Hallo", NURSE, PLAIN, language="de")
