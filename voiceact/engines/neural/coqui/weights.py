"""Where the weights of a coqui-tts model lie, and under which licence.

A model is a folder of the user's, or a name of the library's own list, if the library has fetched it before.
Nothing is downloaded, and no licence is agreed to: both is the user's to do.
"""

from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from voiceact.errors import UnknownNameError, UsageError
from voiceact.runtime import weights

DEFAULT = "xtts-v2"
"""the weights that are meant when none are named; see `voiceact model list`"""
LISTED = "tts_models/"
"""what names of the library's list begin with"""
CHECKPOINTS = ("model.pth", "model_file.pth", "model_file.pth.tar", "checkpoint.pth", "best_model.pth")
CPML = "CPML (non-commercial)"
SPDX = {
    "apache 2.0": "Apache-2.0",
    "mit": "MIT",
    "mpl": "MPL-2.0",
    "bsd-3-clause": "BSD-3-Clause",
    "cpml": CPML,
    "cc-by-4.0": "CC-BY-4.0",
    "cc-by-sa 4.0": "CC-BY-SA-4.0",
    "cc by-nc-nd 4.0": "CC-BY-NC-ND-4.0",
}
"""a licence as the library's list spells it -> its identifier; what is not here is taken as it stands"""
UNRESTRICTED = frozenset({"Apache-2.0", "MIT", "MPL-2.0", "BSD-3-Clause"})
"""licences of weights that say nothing of what is spoken with them"""
ELSEWHERE = {"bark": "engine 'transformers' speaks with bark", "fairseq": "engine 'transformers' speaks with MMS voices"}


@dataclass(frozen=True)
class Found:
    """A model on this machine.

    licence: of the weights; "unknown" where nothing beside them says
    language: that the library's list gives it; None for a folder of the user's
    vocoder: that it needs, for models that make spectra
    """

    checkpoint: Path
    config: Path
    licence: str = "unknown"
    language: str | None = None
    vocoder: "Found | None" = None

    @property
    def folder(self) -> Path:
        """Where it lies."""
        return self.config.parent

    @property
    def licences(self) -> str:
        """Of all weights that speak, as one expression."""
        both = [self.licence, *([self.vocoder.licence] if self.vocoder else [])]
        return " AND ".join(dict.fromkeys(both))

    @property
    def output_licence(self) -> str:
        """Of what is spoken; where the weights' licence may reach it, that licence."""
        if {*self.licences.split(" AND ")} <= UNRESTRICTED:
            return "no restriction by the model's licence"
        return self.licences

    def fingerprint(self) -> str:
        """SHA-256 that tells this model from every other."""
        lone = self.checkpoint.name not in CHECKPOINTS
        files = [self.checkpoint, *sorted(self.folder.glob("*.json"))] if lone else [self.folder]
        parts = [weights.fingerprint(file) for file in files] + ([self.vocoder.fingerprint()] if self.vocoder else [])
        return parts[0] if len(parts) == 1 else sha256("\n".join(parts).encode()).hexdigest()


def find_model(asked: str | None, vocoder: str | None = None) -> Found:
    """The model that is meant.

    asked: a folder with config.json and its weights, the weights' file, or a name of the library's list
    vocoder: the same, of the vocoder of a model that makes spectra; None is the one the list has for it
    Raises:
        UsageError: it is not here, with what to do; or lacks a file
        UnknownNameError: a name the library's list does not have
    """
    if vocoder:
        return replace(find_model(asked), vocoder=find_model(vocoder))
    if asked is None:
        folder = weights.find(DEFAULT)
        return _in_folder(folder, licence=_licence_of(folder, weights.get(DEFAULT).license))
    path = Path(asked).expanduser()
    if asked.startswith(LISTED) and not path.exists():
        return _listed(asked)
    if not path.exists():
        raise UsageError(
            f"model {path} does not exist; expected a folder with config.json and its weights, or a name such as "
            "tts_models/en/ljspeech/vits"
        )
    folder = path if path.is_dir() else path.parent
    return _in_folder(path, licence=_licence_of(folder, "unknown"))


def _in_folder(path: Path, **known: Any) -> Found:
    folder = path if path.is_dir() else path.parent
    config = folder / "config.json"
    if not config.is_file():
        raise UsageError(f"{folder} has no config.json; expected config.json and {CHECKPOINTS[0]} (and vocab.json for XTTS)")
    checkpoint = path if path.is_file() else next((folder / name for name in CHECKPOINTS if (folder / name).is_file()), None)
    if checkpoint is None:
        raise UsageError(f"{folder} has no weights; expected one of {', '.join(CHECKPOINTS)}, or the file itself as model=FILE")
    return Found(checkpoint, config, **known)


def _licence_of(folder: Path, otherwise: str) -> str:
    """What lies beside the weights and names their licence: what was written at fetching, or the licence itself."""
    if lock := weights.read_lock(folder):
        return lock.license
    text = folder / "LICENSE.txt"
    if text.is_file() and "coqui public model license" in text.read_text("utf-8", "replace")[:500].lower():
        return CPML
    return otherwise


# --- The library's list


def _listed(name: str) -> Found:
    for word, instead in ELSEWHERE.items():
        if word in name.split("/"):
            raise UsageError(f"model {name!r} is not spoken by this engine; {instead}")
    from TTS.utils.manage import ModelManager

    manager = ModelManager(progress_bar=False)
    names = {
        f"{kind}/{language}/{data}/{model}": entry
        for kind in ("tts_models", "vocoder_models")
        for language, sets in manager.models_dict[kind].items()
        for data, models in sets.items()
        for model, entry in models.items()
    }
    return _fetched(name, names, Path(manager.output_prefix))


def _fetched(name: str, names: dict[str, dict[str, Any]], home: Path) -> Found:
    if name not in names:
        raise UnknownNameError("model of coqui-tts", name, names)
    entry = names[name]
    licence = SPDX.get(str(entry.get("license", "unknown")).lower(), str(entry.get("license", "unknown")))
    folder = home / name.replace("/", "--")
    if not (folder / "config.json").is_file():
        folder = _cached(entry.get("repo_id")) or folder
    if not (folder / "config.json").is_file():
        raise UsageError(
            f"the weights {name!r} ({licence}) are not here; fetch them with the library itself, which asks for "
            f"what their licence asks for: tts --model_name {name} --text x --out_path x.wav; or give a folder"
        )
    vocoder = entry.get("default_vocoder")
    language = name.split("/")[1]
    return _in_folder(
        folder,
        licence=licence,
        language=None if language == "multilingual" else language,
        vocoder=_fetched(vocoder, names, home) if vocoder else None,
    )


def _cached(repository: str | None) -> Path | None:
    """The folder of a repository in the hub's cache on this machine; None if it is not there."""
    if repository is None:
        return None
    from huggingface_hub import errors, snapshot_download

    try:
        return Path(snapshot_download(repository, local_files_only=True))
    except errors.LocalEntryNotFoundError:
        return None
