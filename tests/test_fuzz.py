"""Fuzzing: whatever is in a record, table, YAML file, model or answer, it is read or refused in one sentence.

`make fuzz` runs many more examples (VOICEACT_FUZZ=N examples a test).
"""

import hashlib
import io
import json
import os
import zipfile
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from voiceact import synth
from voiceact.acting.persona import load_persona
from voiceact.clip.record import decode_record
from voiceact.engines.remote.client import Server, decode_sound
from voiceact.errors import VoiceactError
from voiceact.estimators.human.estimator import load_judge
from voiceact.estimators.model_file import card_path, pack, read_arrays
from voiceact.lines.table import read_lines
from voiceact.recipe.source import load_recipe
from voiceact.runtime.yaml_config import read_mapping

FUZZ = settings(
    max_examples=int(os.environ.get("VOICEACT_FUZZ", "40")),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

KEY = "sk-planted-0a1b2c3d4e5f"
scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=30)
    | st.sampled_from(["/etc/passwd", "../x", "a\0b", "\x1b[31m", "=1+1", "1e999", "9" * 5000, "<b>", "\u202e"])
)
documents = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4), max_leaves=12
)


@pytest.fixture(scope="module")
def record(tmp_path_factory):
    folder = tmp_path_factory.mktemp("clip")
    synth(persona="nurse", emotion="Anger", text="Sit down.").save(folder / "a.wav")
    return json.loads((folder / "a.json").read_text())


def read_or_refuse(read, *arguments, **named):
    """Call, and let nothing pass but an error of voiceact in a sentence that can be printed."""
    try:
        return read(*arguments, **named)
    except VoiceactError as error:
        assert str(error) and len(str(error)) < 20_000
        return None


@FUZZ
@given(data=st.data())
def test_records(record, data):
    document = dict(record)
    for key in data.draw(st.lists(st.sampled_from(sorted(document)), min_size=1, max_size=3)):
        document[key] = data.draw(documents)
    read_or_refuse(decode_record, json.dumps(document).encode("utf-8", "surrogatepass"), "a.json")


@FUZZ
@given(st.binary(max_size=300))
def test_bytes_as_a_record(content):
    read_or_refuse(decode_record, content, "a.json")


@FUZZ
@given(
    st.binary(max_size=400) | st.text(max_size=400).map(lambda text: text.encode("utf-8", "surrogatepass")),
    st.sampled_from([".csv", ".tsv", ".jsonl", ".psv"]),
)
def test_tables(tmp_path, content, suffix):
    path = tmp_path / f"lines{suffix}"
    path.write_bytes(b"id,persona,text\n" * (suffix == ".csv") + content)
    read_or_refuse(read_lines, path)


@FUZZ
@given(st.lists(documents, max_size=5))
def test_rows_of_json(tmp_path, rows):
    path = tmp_path / "lines.jsonl"
    path.write_text("\n".join(json.dumps(row) for row in rows))
    read_or_refuse(read_lines, path)


@FUZZ
@given(st.binary(max_size=400) | st.text(max_size=400).map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_yaml(tmp_path, content):
    path = tmp_path / "file.yaml"
    path.write_bytes(content)
    read_or_refuse(read_mapping, path)


@FUZZ
@given(
    st.dictionaries(
        st.sampled_from(
            [
                "name",
                "description",
                "gender",
                "age",
                "voice",
                "extends",
                "tags",
                "engine",
                "personas",
                "categories",
                "intensities",
                "scripts",
                "verify",
                "takes",
                "stop",
            ]
        ),
        documents,
    )
)
def test_personas_and_recipes(tmp_path, document):
    path = tmp_path / "file.yaml"
    path.write_text(json.dumps({"name": "file", **document}))  # JSON is YAML
    read_or_refuse(load_persona, path)
    read_or_refuse(load_recipe, path)


# --- Models


@FUZZ
@given(st.binary(max_size=300))
def test_bytes_as_an_archive_and_as_an_array(content):
    read_or_refuse(read_arrays, content, "model.npz")
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("a.npy", b"\x93NUMPY\x01\x00" + content)
    read_or_refuse(read_arrays, archive.getvalue(), "model.npz")


@pytest.mark.parametrize(
    "header",
    [
        "{'descr': '|O', 'fortran_order': False, 'shape': (1,)}",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (10**15,)}",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000,)}",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (-1,)}",
        "{'descr': [('a', '|O')], 'fortran_order': False, 'shape': ()}",
        "(" * 500,
        "{'descr': '<f8'}",
    ],
)
def test_absurd_headers_and_objects_are_refused(header):
    text = header.encode() + b"\n"
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("a.npy", b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text + b"\0" * 8)
    with pytest.raises(VoiceactError, match="is no model"):
        read_arrays(archive.getvalue(), "model.npz")


def test_an_archive_that_unpacks_to_gigabytes_is_refused_before_it_is_unpacked(monkeypatch):
    monkeypatch.setattr("voiceact.estimators.model_file.MAX_MODEL_BYTES", 1 << 20)
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("a.npy", b"\0" * (2 << 20))
    with pytest.raises(VoiceactError, match="unpacks to more than 1 MiB"):
        read_arrays(archive.getvalue(), "model.npz")


@FUZZ
@given(
    st.dictionaries(st.sampled_from(["classes", "regimes", "feature_revision", "corpora", "x"]), documents, max_size=4),
    st.dictionaries(
        st.sampled_from(["none.scales", "voices.mean", "burst_voices.mean", "a"]),
        st.sampled_from([np.zeros(0), np.zeros((2, 2)), np.float32(1), np.array(["a"])]),
        max_size=4,
    ),
)
def test_models_whose_parts_do_not_fit(tmp_path, card, arrays):
    path, content = tmp_path / "model.npz", pack(arrays)
    path.write_bytes(content)
    whole = {
        "format": "voiceact-judge/1",
        "weights_sha256": hashlib.sha256(content).hexdigest(),
        "feature_revision": 1,
        "corpora": [],
        "synthetic_data": False,
        "seed": 0,
        "classes": [],
        "regimes": {},
        **card,
    }
    card_path(path).write_text(json.dumps(whole))
    read_or_refuse(load_judge, path)


# --- Answers of a server


class Answer(SimpleNamespace):
    def iter_raw(self):
        yield from (self.body[at : at + 7] for at in range(0, len(self.body), 7))


@FUZZ
@given(
    st.sampled_from([200, 302, 400, 401, 429, 500]),
    st.binary(max_size=200) | documents.map(lambda one: json.dumps(one).encode()),
    st.sampled_from(["audio/wav", "application/json", "text/plain", "text/html", "", "\x1b"]),
    st.sampled_from(["identity", "gzip", "deflate", "br", "gzip, gzip", "", "x" * 999]),
    st.booleans(),
)
def test_answers(status, body, kind, packing, echoed):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PLANTED", KEY)
        server = Server(
            "http://bob:pass-word-9@localhost:9", key_variable="PLANTED", key_header=lambda key: ("k", key), engine="e"
        )
        answer = Answer(
            status_code=status,
            body=body + (KEY + "pass-word-9").encode() * echoed,
            headers={"content-type": kind, "content-encoding": packing, "retry-after": "nan", "location": f"http://x/{KEY}"},
        )
        try:
            data = server.read_sound(answer)
        except VoiceactError as error:
            assert KEY not in str(error) and "pass-word-9" not in str(error) and "\x1b" not in str(error)
            assert len(str(error)) < 500
            return
    read_or_refuse(decode_sound, data, "wav", "http://localhost:9")
