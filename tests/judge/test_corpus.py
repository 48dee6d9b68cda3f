"""Importers of human corpora: file names and tables made here by their published schemes, filled with tones."""

import json
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
import soundfile
from click.testing import CliRunner

from voiceact.acting.taxonomy import get
from voiceact.cli.corpus import command
from voiceact.errors import UnknownNameError, UsageError
from voiceact.judge.corpus import Card, Emotion, Recording, corpora, import_corpus, read_manifest
from voiceact.judge.corpus.base import UNKNOWN_NAME
from voiceact.judge.corpus.importing import COPY, FORMAT_NOT_READ, HIDDEN, NO_FILE, UNREADABLE
from voiceact.judge.corpus.manifest import check_audio

TONE = np.sin(np.arange(1600) * 0.2).astype(np.float32) * 0.3
LFS_POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 94542\n"


def lay_out(folder: Path, *names: str) -> Path:
    """A tenth of a second of tone under every name."""
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        if Path(name).suffix in (".webm", ".m4a"):
            (folder / name).write_bytes(b"\x1aE\xdf\xa3")
        else:
            soundfile.write(folder / name, TONE, 16000)
    return folder


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")


def imported(name: str, folder: Path) -> tuple[dict[str, Recording], Card]:
    card = import_corpus(name, folder, folder / "manifest.jsonl")
    return {recording.path: recording for recording in read_manifest(folder).recordings}, card


def skipped(card: Card) -> dict[str, int]:
    return {reason: files.count for reason, files in card.skipped.items()}


# One test a corpus: what its names and tables say


def test_emodb(tmp_path):
    lay_out(tmp_path, "wav/03a01Fa.wav", "wav/16b10Lb.wav", "wav/08a02Na.wav", "wav/08a02Xa.wav")
    clips, card = imported("emodb", tmp_path)
    joy = clips["wav/03a01Fa.wav"]
    assert (joy.speaker, joy.gender, joy.age, joy.emotion, joy.emonet, joy.take, joy.language, joy.seconds) == (
        "03",
        "male",
        31,
        "happiness",
        "Elation",
        "a",
        "de",
        0.1,
    )
    assert joy.text == "Der Lappen liegt auf dem Eisschrank."
    bored = clips["wav/16b10Lb.wav"]
    assert (bored.emotion, bored.emonet, bored.emonet_secondary) == ("boredom", "Emotional Numbness", ("Fatigue/Exhaustion",))
    assert clips["wav/08a02Na.wav"].neutral and clips["wav/08a02Na.wav"].category is None
    assert skipped(card) == {UNKNOWN_NAME: 1}


def test_ravdess(tmp_path):
    lay_out(
        tmp_path,
        "Actor_12/03-01-06-02-02-01-12.wav",
        "Actor_01/03-01-01-01-01-02-01.wav",
        "Actor_01/03-02-03-01-01-01-01.wav",
        "Actor_01/01-01-03-01-01-01-01.wav",
        "Actor_01/03-01-03-01-01-01-25.wav",
    )
    clips, card = imported("ravdess", tmp_path)
    fear = clips["Actor_12/03-01-06-02-02-01-12.wav"]
    assert (fear.speaker, fear.gender, fear.emotion, fear.emonet, fear.intensity, fear.text, fear.take) == (
        "12",
        "female",
        "fearful",
        "Fear",
        "strong",
        "Dogs are sitting by the door.",
        1,
    )
    calm = clips["Actor_01/03-01-01-01-01-02-01.wav"]
    assert calm.neutral and calm.intensity is None and calm.gender == "male"
    assert skipped(card) == {"song, not speech": 1, "video; its sound is among the audio-only files": 1, UNKNOWN_NAME: 1}
    assert not card.commercial and card.licence == "CC-BY-NC-SA-4.0"


def test_cremad_with_the_votes_of_those_who_heard_the_voice_alone(tmp_path):
    lay_out(tmp_path, "AudioWAV/1001_IEO_SAD_HI.wav", "AudioWAV/1001_DFA_ANG_XX.wav", "AudioMP3/1001_DFA_ANG_XX.mp3")
    write(tmp_path / "VideoDemographics.csv", '"ActorID","Age","Sex","Race","Ethnicity"\n1001,51,"Male","",""\n')
    write(
        tmp_path / "processedResults/tabulatedVotes.csv",
        '"","A","D","F","H","N","S","fileName","numResponses"\n'
        '"100007",1,0,0,1,7,0,"1001_IEO_SAD_HI",9\n'
        '"200007",0,0,0,0,1,8,"1001_IEO_SAD_HI",9\n',
    )  # the face alone
    clips, card = imported("cremad", tmp_path)
    sad = clips["AudioWAV/1001_IEO_SAD_HI.wav"]
    assert sad.votes == {"anger": 1, "happy": 1, "neutral": 7}
    assert (sad.emotion, sad.intensity, sad.age, sad.gender, sad.text) == ("sad", "high", 51, "male", "It's eleven o'clock.")
    angry = clips["AudioWAV/1001_DFA_ANG_XX.wav"]
    assert angry.intensity is None and angry.votes is None
    assert skipped(card) == {COPY: 1} and card.clips == 2


def test_cremad_counts_the_votes_itself_where_they_are_not_tabulated(tmp_path):
    lay_out(tmp_path, "1001_IEO_SAD_HI.wav")
    write(
        tmp_path / "finishedResponses.csv",
        '"","queryType","clipName","respEmo"\n'
        '1,1,"1001_IEO_SAD_HI","S"\n2,1,"1001_IEO_SAD_HI","S"\n3,2,"1001_IEO_SAD_HI","A"\n',
    )
    clips, _ = imported("cremad", tmp_path)
    assert clips["1001_IEO_SAD_HI.wav"].votes == {"sad": 2}


def test_cremad_that_was_cloned_without_its_large_files_says_so(tmp_path):
    write(tmp_path / "AudioWAV/1001_IEO_SAD_HI.wav", LFS_POINTER)
    with pytest.raises(UsageError, match="holds no clip of cremad.*1 cannot be read.*pointer to a file"):
        import_corpus("cremad", tmp_path, tmp_path / "manifest.jsonl")
    assert not (tmp_path / "manifest.jsonl").exists()


def test_tess(tmp_path):
    lay_out(
        tmp_path,
        "TESS/OAF_angry/OAF_back_angry.wav",
        "TESS/TESS/OAF_angry/OAF_back_angry.wav",
        "TESS/YAF_pleasant_surprised/YAF_bite_ps.wav",
        "TESS/OAF_neutral/OA_bite_neutral.wav",
    )
    clips, card = imported("tess", tmp_path)
    surprise = clips["TESS/YAF_pleasant_surprised/YAF_bite_ps.wav"]
    assert (surprise.emotion, surprise.emonet, surprise.emonet_secondary, surprise.age, surprise.text) == (
        "pleasant surprise",
        "Astonishment/Surprise",
        ("Elation",),
        26,
        "Say the word bite.",
    )
    assert {clip.speaker for clip in clips.values()} == {"OAF", "YAF"}
    assert skipped(card) == {COPY: 1}


def test_savee_in_folders_and_with_the_speaker_in_the_name(tmp_path):
    lay_out(tmp_path, "AudioData/DC/sa03.wav", "AudioData/JE/sa03.wav", "KL_su15.wav", "AudioData/Info/sa03.wav")
    clips, card = imported("savee", tmp_path)
    assert {(clip.speaker, clip.emotion) for clip in clips.values()} == {
        ("DC", "sadness"),
        ("JE", "sadness"),
        ("KL", "surprise"),
    }
    assert skipped(card) == {UNKNOWN_NAME: 1}


def test_jlcorpus_with_its_words(tmp_path):
    lay_out(tmp_path, "JL/female1_apologetic_10a_2.wav", "JL/male2_assertive_3b_1.wav", "JL/male2_bored_3b_1.wav")
    write(tmp_path / "JL/female1_apologetic_10a_2.txt", "Jack views an art piece\n")
    clips, card = imported("jlcorpus", tmp_path)
    sorry = clips["JL/female1_apologetic_10a_2.wav"]
    assert (sorry.speaker, sorry.gender, sorry.emonet, sorry.text, sorry.take) == (
        "female1",
        "female",
        "Shame",
        "Jack views an art piece",
        "10a_2",
    )
    firm = clips["JL/male2_assertive_3b_1.wav"]
    assert firm.emonet is None and not firm.neutral
    assert skipped(card) == {"unknown emotion 'bored'": 1}


EMNS = (
    "id|utterance|description|emotion|date_created|status|gender|age|level|audio_recording|user_id\n"
    "1|Hold it.|firm|Angry|2022|Complete|Female|20s|HI|wavs/recorded_audio_0b.webm|3\n"
    "2|Hm.|plain|Neutral|2022|Complete|Female|20s|0|wavs/recorded_audio_0c.webm|3\n"
    "3|Lost.|flat|Sad|2022|Needs Updating|Female|20s|2||3\n"
    "4|Gone.|flat|Sad|2022|Complete|Female|20s|2|wavs/recorded_audio_0d.webm|3\n"
)


def test_emns_reads_converted_files_and_counts_those_still_to_be_converted(tmp_path):
    lay_out(
        tmp_path, "wavs/recorded_audio_0b.wav", "webm/recorded_audio_0b.webm", "webm/recorded_audio_0c.webm", "wavs/other.wav"
    )
    write(tmp_path / "metadata.csv", EMNS)
    clips, card = imported("emns", tmp_path)
    assert list(clips) == ["wavs/recorded_audio_0b.wav"]
    angry = clips["wavs/recorded_audio_0b.wav"]
    assert (angry.speaker, angry.emotion, angry.emonet, angry.intensity, angry.text) == (
        "3",
        "angry",
        "Anger",
        "high",
        "Hold it.",
    )
    assert skipped(card) == {COPY: 1, FORMAT_NOT_READ: 1, "file is not in metadata.csv": 1, NO_FILE: 1}


def test_emns_without_its_table_says_what_is_missing(tmp_path):
    lay_out(tmp_path, "recorded_audio_0b.wav")
    with pytest.raises(UsageError, match=r"holds no metadata\.csv; it comes with the corpus"):
        import_corpus("emns", tmp_path, tmp_path / "manifest.jsonl")


def test_esd_with_either_language_and_split_folders(tmp_path):
    lay_out(tmp_path, "0011/Angry/0011_000351.wav", "0002/Surprise/train/0002_001401.wav", "0011/0011_000001.wav")
    write(tmp_path / "0011/0011.txt", "0011_000351\tThe nine the eggs, I keep.\tAngry\n")
    clips, card = imported("esd", tmp_path)
    angry, surprise = clips["0011/Angry/0011_000351.wav"], clips["0002/Surprise/train/0002_001401.wav"]
    assert (angry.speaker, angry.emotion, angry.language, angry.text) == ("0011", "angry", "en", "The nine the eggs, I keep.")
    assert (surprise.language, surprise.emonet, surprise.text) == ("zh", "Astonishment/Surprise", None)
    assert card.languages == ("en", "zh") and skipped(card) == {UNKNOWN_NAME: 1}


def test_emogator(tmp_path):
    lay_out(
        tmp_path, "data/mp3/000001-03-1.mp3", "data/mp3/000001-18-2.mp3", "data/mp3/000160-01-1.mp3", "data/mp3/000001-31-1.mp3"
    )
    clips, card = imported("emogator", tmp_path)
    anger, neutral = clips["data/mp3/000001-03-1.mp3"], clips["data/mp3/000001-18-2.mp3"]
    assert (anger.emotion, anger.emonet, anger.take, anger.kind) == ("Anger", "Anger", 1, "burst")
    assert neutral.neutral
    assert skipped(card) == {"contributor whose recordings are all but silent": 1, UNKNOWN_NAME: 1}


MSP = (
    "FileName,EmoClass,EmoAct,EmoVal,EmoDom,SpkrID,Gender,Split_Set\n"
    "MSP-PODCAST_0001_0008.wav,N,2.2,4.0,2.6,30,Male,Test1\n"
    "MSP-PODCAST_0001_0009.wav,C,3.8,2.5,3.7,39,Unknown,Test1\n"
    "MSP-PODCAST_0001_0010.wav,X,3.8,2.5,3.7,Unknown,Unknown,Train\n"
    "MSP-PODCAST_0001_0011.wav,A,3.8,2.5,3.7,39,Male,Train\n"
)


def test_msp_style_tables(tmp_path):
    lay_out(tmp_path, *(f"Audios/MSP-PODCAST_0001_00{number}.wav" for number in ("08", "09", "10")))
    write(tmp_path / "Labels/labels_consensus.csv", MSP)
    clips, card = imported("msp", tmp_path)
    calm, scorn = (clips[f"Audios/MSP-PODCAST_0001_00{number}.wav"] for number in ("08", "09"))
    assert (calm.neutral, calm.speaker, calm.arousal, calm.valence, calm.dominance, calm.gender, calm.split) == (
        True,
        "30",
        2.2,
        4.0,
        2.6,
        "male",
        "Test1",
    )
    assert (scorn.emonet, scorn.gender) == ("Contempt", None)
    assert skipped(card) == {"speaker unknown; a judge is measured and trained by speakers": 1, NO_FILE: 1}


def test_msp_names_the_line_of_a_rating_that_is_no_number(tmp_path):
    write(tmp_path / "labels_consensus.csv", MSP + "MSP-PODCAST_0001_0012.wav,A,loud,2.5,3.7,39,Male,Train\n")
    with pytest.raises(UsageError, match=r"labels_consensus\.csv, line 6: a rating is no number.*loud"):
        import_corpus("msp", tmp_path, tmp_path / "manifest.jsonl")


def test_msp_names_a_column_that_is_missing(tmp_path):
    write(tmp_path / "labels_consensus.csv", "FileName,EmoClass\nx.wav,A\n")
    with pytest.raises(UsageError, match="lacks the column 'EmoAct'; it has FileName, EmoClass"):
        import_corpus("msp", tmp_path, tmp_path / "manifest.jsonl")


# What all importers share


@pytest.mark.parametrize("name", sorted(corpora()))
def test_every_emotion_maps_to_a_category_of_the_taxonomy_by_its_name(name):
    for emotion in corpora()[name].emotions.values():
        for category in (emotion.emonet, *emotion.secondary):
            assert category is None or get(category).name == category


@pytest.mark.parametrize("name", sorted(corpora()))
def test_every_corpus_tells_its_terms(name):
    corpus = corpora()[name]
    assert corpus.name == name and corpus.licence and corpus.citation and corpus.language
    assert corpus.commercial is not any(word in corpus.licence for word in ("-NC-", "research", "academic", "-Bench", "-bench"))


def test_the_corpora_are_there():
    human = {"emodb", "ravdess", "cremad", "tess", "savee", "jlcorpus", "emns", "esd", "emogator", "msp"}
    assert set(corpora()) == human | {"emolia-bench", "emonet-voice-bench"}


def test_files_that_are_no_clip_are_counted_and_named(tmp_path):
    lay_out(tmp_path, "03a01Fa.wav", "holiday.wav", "._03a01Fa.wav", "03a01Wa.m4a")
    write(tmp_path / "03a01Ta.wav", "")
    write(tmp_path / "readme.txt", "words are no recording")
    _, card = imported("emodb", tmp_path)
    assert skipped(card) == {UNKNOWN_NAME: 1, HIDDEN: 1, FORMAT_NOT_READ: 1, UNREADABLE: 1}
    assert card.skipped[UNKNOWN_NAME].examples == ("holiday.wav",)


def test_the_same_folder_gives_the_same_bytes(tmp_path):
    lay_out(tmp_path, "b/03a01Fa.wav", "a/08a01Fa.flac")
    imported("emodb", tmp_path)
    first = (tmp_path / "manifest.jsonl").read_bytes()
    imported("emodb", tmp_path)
    assert (tmp_path / "manifest.jsonl").read_bytes() == first
    assert [json.loads(line)["path"] for line in first.splitlines()] == ["a/08a01Fa.flac", "b/03a01Fa.wav"]


def test_the_card_describes_its_manifest(tmp_path):
    lay_out(tmp_path, "03a01Fa.wav", "03a01Na.wav", "08a01Fa.wav")
    _, card = imported("emodb", tmp_path)
    manifest = read_manifest(tmp_path)
    assert manifest.card == card and not manifest.card_is_stale
    assert card.manifest_sha256 == sha256((tmp_path / "manifest.jsonl").read_bytes()).hexdigest()
    assert (card.clips, card.speakers, card.seconds, card.corpus, card.commercial) == (3, 2, 0.3, "emodb", True)
    assert card.emotions == {
        "happiness": {"clips": 2, "emonet": "Elation", "emonet_secondary": []},
        "neutral": {"clips": 1, "emonet": None, "emonet_secondary": []},
    }


def test_a_manifest_changed_by_hand_outdates_its_card(tmp_path):
    lay_out(tmp_path, "03a01Fa.wav", "03a01Na.wav")
    imported("emodb", tmp_path)
    text = (tmp_path / "manifest.jsonl").read_text()
    (tmp_path / "manifest.jsonl").write_text(text.splitlines()[0] + "\n")
    assert read_manifest(tmp_path).card_is_stale


def test_a_manifest_elsewhere_finds_its_audio(tmp_path):
    lay_out(tmp_path / "corpus", "wav/03a01Fa.wav")
    (tmp_path / "lists").mkdir()
    import_corpus("emodb", tmp_path / "corpus", tmp_path / "lists/emodb.jsonl")
    manifest = read_manifest(tmp_path / "lists/emodb.jsonl")
    assert manifest.recordings[0].path == "../corpus/wav/03a01Fa.wav"
    assert manifest.file(manifest.recordings[0]).is_file() and manifest.card is not None


def test_an_unknown_corpus_is_answered_with_the_nearest(tmp_path):
    with pytest.raises(UnknownNameError, match="unknown corpus 'emo-db'; did you mean 'emodb'"):
        import_corpus("emo-db", tmp_path, tmp_path / "manifest.jsonl")


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(UsageError, match="no such folder; expected the corpus emodb in it"):
        import_corpus("emodb", tmp_path / "nowhere", tmp_path / "manifest.jsonl")


def test_a_folder_of_something_else_writes_nothing(tmp_path):
    lay_out(tmp_path, "song.wav")
    with pytest.raises(UsageError, match="holds no clip of emodb .*; 1 file name does not follow"):
        import_corpus("emodb", tmp_path, tmp_path / "manifest.jsonl")
    assert [path.name for path in tmp_path.iterdir()] == ["song.wav"]


def test_a_manifest_that_cannot_be_written_is_refused_before_the_work(tmp_path):
    lay_out(tmp_path, "03a01Fa.wav")
    with pytest.raises(UsageError, match="does not exist; create it first"):
        import_corpus("emodb", tmp_path, tmp_path / "no/manifest.jsonl", progress=lambda done, total: pytest.fail())


# Reading


def manifest_of(folder: Path, *lines: str) -> Path:
    write(folder / "manifest.jsonl", "".join(line + "\n" for line in lines))
    return folder


GOOD = '{"path": "a.wav", "speaker": "1", "emotion": "anger", "emonet": "Anger", "seconds": 1.5, "shoe_size": 44}'


def test_a_manifest_made_by_hand_needs_path_speaker_and_emotion_only(tmp_path):
    manifest = read_manifest(manifest_of(tmp_path, '{"path": "a.wav", "speaker": "1", "emotion": "joy"}'))
    assert manifest.recordings == (Recording(path="a.wav", speaker="1", emotion="joy"),)


def test_a_manifest_made_by_hand_may_be_loose_where_nothing_depends_on_it(tmp_path):
    line = (
        '{"path": "a.wav", "speaker": 7, "emotion": "joy", "language": null, "age": "20s", "take": 1.0, '
        '"intensity": 2, "votes": {"joy": 0.5}, "arousal": 3, "split": 1}'
    )
    recording = read_manifest(manifest_of(tmp_path, line)).recordings[0]
    assert (recording.speaker, recording.language, recording.age, recording.arousal) == ("7", "", "20s", 3.0)


@pytest.mark.parametrize(
    "line, words",
    [
        ("{", "line 2: is not JSON"),
        ('{"path": "b.wav", "emotion": "anger"}', "line 2: .*missing required field `speaker`"),
        ('{"path": "b.wav", "speaker": "3", "emotion": 4}', r"line 2: Expected `str`, got `int` - at `\$.emotion`"),
        ('{"path": "b.wav", "speaker": "1", "emotion": "x", "emonet": "Angre"}', "line 2: unknown category 'Angre'; did"),
        (GOOD, "line 2: repeats the path a.wav of line 1"),
    ],
)
def test_a_bad_line_is_named(tmp_path, line, words):
    with pytest.raises(UsageError, match=r"manifest\.jsonl, " + words):
        read_manifest(manifest_of(tmp_path, GOOD, line))


def test_no_manifest_and_an_empty_one(tmp_path):
    with pytest.raises(UsageError, match="no such file; 'voiceact corpus import'"):
        read_manifest(tmp_path)
    with pytest.raises(UsageError, match="is empty; expected one JSON object a line"):
        read_manifest(manifest_of(tmp_path, ""))


def test_missing_audio_is_counted(tmp_path):
    with pytest.raises(UsageError, match=r"1 of 1 file of its manifest missing, the first is a\.wav"):
        check_audio(read_manifest(manifest_of(tmp_path, GOOD)))


# The command


def test_corpus_import_prints_what_it_found_and_left_out(tmp_path):
    lay_out(tmp_path, "03a01Fa.wav", "other.wav")
    result = CliRunner().invoke(command, ["import", "emodb", str(tmp_path)])
    assert result.exit_code == 0
    assert "1 clip of 1 speaker" in result.output and "licence CC0-1.0; commercial use allowed" in result.output
    assert "left out: 1, file name does not follow the corpus's scheme: other.wav" in result.output.replace("\n", " ")
    assert (tmp_path / "manifest.card.json").is_file()


def test_corpus_import_json_is_the_card(tmp_path):
    lay_out(tmp_path, "03a01Fa.wav")
    out = str(tmp_path / "m.jsonl")
    result = CliRunner().invoke(command, ["import", "emodb", str(tmp_path), "--out", out, "--json"])
    assert json.loads(result.stdout) == json.loads((tmp_path / "m.card.json").read_text())


def test_corpus_list():
    rows = json.loads(CliRunner().invoke(command, ["list", "--json"]).stdout)
    assert [row["name"] for row in rows] == sorted(corpora())
    assert next(row for row in rows if row["name"] == "emodb")["emotions"]["boredom"] == "Emotional Numbness"
    assert "ravdess" in CliRunner().invoke(command, ["list"]).output


# The page

PAGE = (Path(__file__).parents[2] / "docs" / "corpus.md").read_text("utf-8")


def told(emotion: Emotion) -> str:
    also = f" ({', '.join(emotion.secondary)})" if emotion.secondary else ""
    return f"{emotion.emonet}{also}" if emotion.emonet else "–"


@pytest.mark.parametrize("name", sorted(corpora()))
def test_the_page_shows_the_map_and_terms_of_every_corpus(name):
    corpus = corpora()[name]
    places = "; ".join(f"{own} → {told(emotion)}" for own, emotion in corpus.emotions.items())
    assert f"| `{name}` | {places} |" in PAGE
    row = next(line for line in PAGE.splitlines() if line.startswith(f"| `{name}` | ") and line.count("|") == 6)
    assert row.split("|")[4].strip() == ("yes" if corpus.commercial else "no")


def test_the_page_names_every_key_of_a_manifest():
    for key in Recording.__struct_fields__:
        assert f"`{key}`" in PAGE
