"""A shard that is rewritten as a careful forger would, with digests, places and counts that fit."""

import hashlib
import io
import json
from pathlib import Path

import msgspec
import numpy as np
import soundfile

from voiceact.acting.persona import load_persona
from voiceact.clip.record import Record, describe_audio, identity
from voiceact.store.columns import STORE_COLUMNS, make_row, placed
from voiceact.store.index import Footer, Tar, count_rows, encode_index, index_name, read_footer, read_rows, tar_name
from voiceact.store.shard import ShardWriter, read_shard


class Shard:
    """A shard, taken apart to be changed and written again so that everything fits.

    rows: in the order of the index
    clips: level -> [(key, extension -> bytes)], in the order of the tar
    """

    def __init__(self, folder: Path, number: int = 0):
        self.folder, self.number = folder, number
        path = folder / index_name(number)
        self.footer = read_footer(path.open("rb"), "")
        self.rows = list(read_rows(path.open("rb"), ""))
        self.clips = {tar.name.partition("/")[0]: list(read_shard((folder / tar.name).open("rb"))) for tar in self.footer.tars}
        self.suffix = "flac"

    def row(self, key: str) -> dict:
        return next(row for row in self.rows if row["id"] == key)

    def members(self, key: str) -> dict[str, bytes]:
        return next(members for clips in self.clips.values() for found, members in clips if found == key)

    def document(self, key: str) -> dict:
        return json.loads(self.members(key)["json"])

    def put(self, key: str, document: dict, *, like: bool = False) -> None:
        """Write a record back; `like` makes its row and its id follow."""
        if like:
            record = msgspec.convert(document, Record)
            document = {**document, "id": identity(record)}
            row, persona = self.row(key), load_persona(record.replay.persona.name)
            row |= {
                name: value
                for name, value in make_row(record, persona, key=key, split=row["split"], included=row["included"]).items()
                if name not in STORE_COLUMNS
            }
        self.members(key)["json"] = json.dumps(document, ensure_ascii=False).encode()

    def sound(self, key: str, samples: np.ndarray, rate: int = 8000, **how) -> None:
        """Other audio, with its digest in record and row."""
        self.members(key)[self.suffix] = data = encoded(samples, rate, **({"format": self.suffix} | how))
        document = self.document(key)
        document["audio"]["sha256"] = self.row(key)["sha256"] = hashlib.sha256(data).hexdigest()
        self.put(key, document)

    def drop(self, key: str) -> None:
        self.rows = [row for row in self.rows if row["id"] != key]
        self.clips = {level: [clip for clip in clips if clip[0] != key] for level, clips in self.clips.items()}

    def write(self, **footer) -> None:
        tars = []
        for level, clips in self.clips.items():
            file, name = io.BytesIO(), tar_name(level, self.number)
            with ShardWriter(file) as writer:
                for key, members in clips:
                    places = writer.add(key, members)
                    for at, row in enumerate(self.rows):
                        if row["id"] == key and {self.suffix, "json"} <= places.keys():
                            self.rows[at] = placed(row, row["tar"], places, self.suffix)
            (self.folder / name).write_bytes(data := file.getvalue())
            tars.append(Tar(name, len(clips), len(data), hashlib.sha256(data).hexdigest()))
        found = {"shard": self.number, "plan": self.footer.plan, "tars": tuple(tars), "counts": count_rows(self.rows)} | footer
        (self.folder / index_name(self.number)).write_bytes(encode_index(self.rows, Footer(**found)))


def measures(samples: np.ndarray, rate: int = 8000) -> dict[str, float]:
    """Duration, peak and loudness, as a record says them."""
    found = msgspec.to_builtins(describe_audio(samples, rate))
    return {name: value for name, value in found.items() if name not in ("path", "sha256")}


def encoded(samples: np.ndarray, rate: int = 8000, *, format: str = "flac", subtype: str = "PCM_16") -> bytes:
    file = io.BytesIO()
    soundfile.write(file, samples, rate, format=format, subtype=subtype)
    return file.getvalue()
