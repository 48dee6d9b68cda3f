"""Write README.md: a data card as Hugging Face reads it, made of figures of the run and nothing else.

>>> from voiceact.dataset.card.card import write_card
>>> write_card("my-run", "README.md")  # doctest: +SKIP
"""

import json
import os
import re
from collections.abc import Callable
from copy import copy
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import yaml

from voiceact.dataset.card.card_sections import card_sections
from voiceact.dataset.card.croissant import croissant, published
from voiceact.dataset.export.exported import ExportFolder, add_checksums, find_export
from voiceact.dataset.findings.findings import TWINS, Findings, collect_findings
from voiceact.dataset.findings.texts import summary_paragraphs
from voiceact.dataset.licensing.licences import card_licence
from voiceact.errors import UsageError
from voiceact.runtime.atomic_files import check_out_file, write_text_whole
from voiceact.runtime.untrusted_text import clean_text, escape_markdown
from voiceact.store.reader import Run, open_run

CARD, METADATA = "README.md", "croissant.json"
SIZES = (
    (1_000, "n<1K"),
    (10_000, "1K<n<10K"),
    (100_000, "10K<n<100K"),
    (1_000_000, "100K<n<1M"),
    (10_000_000, "1M<n<10M"),
    (100_000_000, "10M<n<100M"),
    (1_000_000_000, "100M<n<1B"),
)
TAGS = ["audio", "speech", "synthetic", "emotion", "speech-emotion-recognition", "emonet", "voiceact"]
TASKS = ["text-to-speech", "audio-classification"]


def write_card(
    run: Run | str | os.PathLike[str],
    out: str | os.PathLike[str] | None = None,
    *,
    export: str | os.PathLike[str] | None = None,
    author: str | None = None,
    url: str | None = None,
    twins: int = TWINS,
    seed: int = 0,
    progress: Callable[[str, int, int], None] = lambda what, done, total: None,
) -> Findings:
    """Write the data card of a run, and the Croissant metadata of an export of it.

    Args:
        run: a run, or its folder or URL
        out: the card; None is README.md in the export, or in the current folder
        export: folder that `voiceact dataset export` wrote: the card then says how to load it, and croissant.json is
            written into it
        author: who publishes the data set
        url: where it is published
        twins: neutral twins to judge, at most
        seed: seed of what is drawn
        progress: called with what is being done, steps done and steps in all

    Returns:
        The figures that the card shows.

    Raises:
        UsageError: if it is no run, the folder is no export, or `out` cannot be written: before anything is counted
        VoiceactError: if no shard is finished, or a shard is damaged
    """
    exported = find_export(export) if export is not None else None
    path = Path(out) if out is not None else (exported.folder if exported else Path()) / CARD
    run = run if isinstance(run, Run) else open_run(run)
    check_out_file(path, run.store.folder)
    findings = collect_findings(run, twins=twins, examples=0, seed=seed, progress=progress)
    write_text_whole(path, card(findings, exported, author=author, url=url))
    if exported:
        metadata = croissant(findings, exported, author=author, url=url, citation=citation(findings, author, url))
        write_text_whole(exported.folder / METADATA, json.dumps(metadata, ensure_ascii=False, indent=2) + "\n")
        inside = path.resolve().parent == exported.folder.resolve() and path.name == CARD
        add_checksums(exported.folder, [CARD, METADATA] if inside else [METADATA])
    return findings


def card(findings: Findings, exported: ExportFolder | None = None, *, author: str | None = None, url: str | None = None) -> str:
    """Compose the data card: YAML for machines, then Markdown for people."""
    head = yaml.safe_dump(front_matter(findings, exported), sort_keys=False, allow_unicode=True, width=100)
    # BibTeX stands in a fence, where nothing is escaped; `citation` takes care of its own texts.
    cited, findings = citation(findings, author, url), escape_findings(findings)
    file = findings.file
    text = [f"# {file.name}", str(file.recipe.get("description") or ""), *summary_paragraphs(findings)]
    text += card_sections(findings, exported, cited)
    return f"---\n{head}---\n\n" + "\n\n".join(part for part in text if part) + "\n"


def escape_findings(findings: Findings) -> Findings:
    """Return the same findings with every text of the run, which may be from anywhere, escaped for Markdown and HTML."""
    file = findings.file
    escaped = {
        name: _escape_texts(getattr(file, name))
        for name in ("recipe", "engine", "judge", "personas", "fingerprint", "voiceact", "plan")
    }
    thresholds = replace(findings.thresholds, source=escape_markdown(findings.thresholds.source))
    shown = copy(findings)
    vars(shown).update(file=msgspec.structs.replace(file, **escaped), thresholds=thresholds)
    # Worked out from the run as it was, and kept: they are to be worked out from the escaped one.
    vars(shown).pop("licences", None)
    return shown


def _escape_texts(value: Any) -> Any:
    """Escape the texts in JSON-able data; keys stay as they are."""
    if isinstance(value, dict):
        return {key: _escape_texts(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_escape_texts(inner) for inner in value]
    return escape_markdown(value) if isinstance(value, str) else value


def front_matter(findings: Findings, exported: ExportFolder | None = None) -> dict[str, Any]:
    """Return what machines read: licence, languages, tasks, size, and how an export is loaded."""
    identifier, names = card_licence(findings.licences)
    matter: dict[str, Any] = {"pretty_name": findings.file.name, "license": identifier}
    if identifier == "other":
        # A link that is a file name leads to that file of the data set.
        matter |= {"license_name": names} | ({"license_link": "NOTICE"} if exported else {})
    clips = sum(exported.clips.values()) if exported else findings.total.included
    matter |= {
        "language": sorted(findings.coverage.by(lambda place: place.language)),
        "task_categories": TASKS,
        "tags": TAGS,
        "size_categories": [size_category(clips)],
        "annotations_creators": ["machine-generated"],
        "language_creators": ["machine-generated"],
        "source_datasets": ["original"],
    }
    return matter | (_loading(exported) if exported else {})


def size_category(clips: int) -> str:
    """Return Hugging Face's name for a number of clips."""
    return next((name for most, name in SIZES if clips < most), "n>1T" if clips > 10**12 else "1B<n<10B")


def _loading(exported: ExportFolder) -> dict[str, Any]:
    files = [{"split": split, "path": pattern} for split, pattern in exported.patterns.items()]
    loading: dict[str, Any] = {"configs": [{"config_name": "default", "data_files": files}]}
    features = exported.features()
    if features:
        info = {
            "features": [_feature(name, kind) for name, kind in features.items()],
            "splits": [{"name": split, "num_examples": clips} for split, clips in exported.clips.items()],
        }
        loading["dataset_info"] = info
    return loading


def _feature(name: str, kind: dict[str, Any]) -> dict[str, Any]:
    """Return a feature as the card's YAML has it."""
    if kind["_type"] == "Audio":
        rate = kind.get("sampling_rate")
        return {"name": name, "dtype": {"audio": {"sampling_rate": rate}} if rate else "audio"}
    if kind["_type"] in ("Sequence", "List"):
        return {"name": name, "list": kind["feature"]["dtype"]}
    return {"name": name, "dtype": kind["dtype"]}


def citation(findings: Findings, author: str | None, url: str | None) -> str:
    """Compose the BibTeX entry of the data set."""
    file, when = findings.file, published(findings)
    if url and not re.fullmatch(r"https?://[^\s<>\"'`{}\\^|\x00-\x1f\x7f-\x9f]+", url):
        raise UsageError(f"the address {clean_text(url, 80)!r} is none; expected one such as https://example.org/data")
    # Within BibTeX, and the fence around it, nothing of an author may end either.
    author = re.sub(r"[<>{}`\\]", "", clean_text(author)) if author else None
    fields = [
        ("title", f"{{{file.name}}}: synthetic emotional speech with verdicts"),
        ("author", author or "{its publisher}"),
        ("year", str(when.year)),
        ("note", f"Made with voiceact {file.voiceact}, plan {file.plan[:12]}"),
    ]
    fields += [("url", url)] if url else []
    inside = ",\n".join(f"  {name} = {{{value}}}" for name, value in fields)
    return f"@misc{{{file.name},\n{inside}\n}}"
