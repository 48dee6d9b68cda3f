"""Find the weights of a coqui-tts model and their licence.

A model is a folder of the user's, or a name of the library's own list, if the library has fetched it before.
Nothing is downloaded, and no licence is accepted: both are left to the user.
"""

from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from voiceact.errors import UnknownNameError, UsageError
from voiceact.runtime import weights
from voiceact.runtime.weight_licences import UNRESTRICTED

COQUI_WEIGHTS = "xtts-v2"
"""weights that are used when none are named; see `voiceact model list`"""
LISTED_MODEL = "tts_models/"
"""prefix of names of the library's list"""
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
"""licence as the library's list spells it -> its identifier; another one stays as it is"""
"""licences of weights that put no condition on what is spoken with them"""
ELSEWHERE = {"bark": "engine 'transformers' speaks with bark", "fairseq": "engine 'transformers' speaks with MMS voices"}


@dataclass(frozen=True)
class ModelFiles:
    """The files of a model on this machine.

    Attributes:
        checkpoint: file of weights
        config: its config.json
        licence: of the weights; "unknown" where nothing beside them names it
        language: language code in the library's list; None for a folder of the user's
        vocoder: files of the vocoder, for models that make spectra
    """

    checkpoint: Path
    config: Path
    licence: str = "unknown"
    language: str | None = None
    vocoder: "ModelFiles | None" = None

    @property
    def folder(self) -> Path:
        """Folder of the configuration."""
        return self.config.parent

    @property
    def licences(self) -> str:
        """Licences of all weights that speak, as one expression."""
        both = [self.licence, *([self.vocoder.licence] if self.vocoder else [])]
        return " AND ".join(dict.fromkeys(both))

    @property
    def output_licence(self) -> str:
        """Licence of what is spoken: the weights' licence, where it may reach so far."""
        if {*self.licences.split(" AND ")} <= UNRESTRICTED:
            return "no restriction by the model's licence"
        return self.licences

    def fingerprint(self) -> str:
        """Return a SHA-256 that differs from that of every other model."""
        single_file = self.checkpoint.name not in CHECKPOINTS
        files = [self.checkpoint, *sorted(self.folder.glob("*.json"))] if single_file else [self.folder]
        parts = [weights.fingerprint(file) for file in files] + ([self.vocoder.fingerprint()] if self.vocoder else [])
        return parts[0] if len(parts) == 1 else sha256("\n".join(parts).encode()).hexdigest()


def find_coqui_model(model: str | None, vocoder: str | None = None) -> ModelFiles:
    """Find a model on this machine.

    Args:
        model: a folder with config.json and its weights, the weights' file, or a name of the library's list; None for XTTS-v2
        vocoder: the same for the vocoder of a model that makes spectra; None for the one in the library's list

    Raises:
        UsageError: it is not here, with what to do; or lacks a file
        UnknownNameError: a name the library's list does not have
    """
    if vocoder:
        return replace(find_coqui_model(model), vocoder=find_coqui_model(vocoder))
    if model is None:
        folder = weights.find(COQUI_WEIGHTS)
        return _files_in(folder, licence=_licence_beside(folder, weights.get(COQUI_WEIGHTS).license))
    path = Path(model).expanduser()
    if model.startswith(LISTED_MODEL) and not path.exists():
        return _find_listed(model)
    if not path.exists():
        raise UsageError(
            f"model {path} does not exist; expected a folder with config.json and its weights, or a name such as "
            "tts_models/en/ljspeech/vits"
        )
    folder = path if path.is_dir() else path.parent
    return _files_in(path, licence=_licence_beside(folder, "unknown"))


def _files_in(path: Path, **facts: Any) -> ModelFiles:
    folder = path if path.is_dir() else path.parent
    config = folder / "config.json"
    if not config.is_file():
        raise UsageError(f"{folder} has no config.json; expected config.json and {CHECKPOINTS[0]} (and vocab.json for XTTS)")
    checkpoint = path if path.is_file() else next((folder / name for name in CHECKPOINTS if (folder / name).is_file()), None)
    if checkpoint is None:
        raise UsageError(f"{folder} has no weights; expected one of {', '.join(CHECKPOINTS)}, or the file itself as model=FILE")
    return ModelFiles(checkpoint, config, **facts)


def _licence_beside(folder: Path, default: str) -> str:
    """Return the licence that was recorded when the weights were fetched, or that of a LICENSE.txt beside them."""
    if lock := weights.read_lock(folder):
        return lock.license
    text = folder / "LICENSE.txt"
    if text.is_file() and "coqui public model license" in text.read_text("utf-8", "replace")[:500].lower():
        return CPML
    return default


# --- The library's list


def _find_listed(name: str) -> ModelFiles:
    for word, alternative in ELSEWHERE.items():
        if word in name.split("/"):
            raise UsageError(f"model {name!r} is not spoken by this engine; {alternative}")
    from TTS.utils.manage import ModelManager

    manager = ModelManager(progress_bar=False)
    names = {
        f"{kind}/{language}/{data}/{model}": entry
        for kind in ("tts_models", "vocoder_models")
        for language, sets in manager.models_dict[kind].items()
        for data, models in sets.items()
        for model, entry in models.items()
    }
    return _find_fetched(name, names, Path(manager.output_prefix))


def _find_fetched(name: str, names: dict[str, dict[str, Any]], home: Path) -> ModelFiles:
    if name not in names:
        raise UnknownNameError("model of coqui-tts", name, names)
    entry = names[name]
    licence = SPDX.get(str(entry.get("license", "unknown")).lower(), str(entry.get("license", "unknown")))
    folder = home / name.replace("/", "--")
    if not (folder / "config.json").is_file():
        folder = _hub_folder(entry.get("repo_id")) or folder
    if not (folder / "config.json").is_file():
        raise UsageError(
            f"the weights {name!r} ({licence}) are not here; fetch them with the library itself, which asks for "
            f"what their licence asks for: tts --model_name {name} --text x --out_path x.wav; or give a folder"
        )
    vocoder = entry.get("default_vocoder")
    language = name.split("/")[1]
    return _files_in(
        folder,
        licence=licence,
        language=None if language == "multilingual" else language,
        vocoder=_find_fetched(vocoder, names, home) if vocoder else None,
    )


def _hub_folder(repository: str | None) -> Path | None:
    """Return the folder of a repository in the hub's cache on this machine; None if it is not there."""
    if repository is None:
        return None
    from huggingface_hub import errors, snapshot_download

    try:
        return Path(snapshot_download(repository, local_files_only=True))
    except errors.LocalEntryNotFoundError:
        return None
