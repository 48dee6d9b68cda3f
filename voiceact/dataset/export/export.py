"""Export a run in another form: clips are selected, checked, written beside the folder and moved there when whole.

>>> from voiceact.dataset.export.export import export
>>> export("my-run", "my-set", "parquet").clips  # doctest: +SKIP
120
"""

import hashlib
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from voiceact.dataset.export.folder import check_out, whole_folder, write_checksums
from voiceact.dataset.export.formats import Format, load_format
from voiceact.dataset.export.formats.base import Paths, Release, Sample, make_sample
from voiceact.dataset.export.selection import Origin, Origins, Selection, Tally, Wants, count_selection
from voiceact.dataset.licensing import notice
from voiceact.dataset.licensing.commercial import LicensedPart, script_part
from voiceact.errors import UsageError, VoiceactError, count_noun
from voiceact.runtime.atomic_files import write_text_whole
from voiceact.store.columns import Row
from voiceact.store.reader import Run, TarReader, open_run

Progress = Callable[[int, int], None]
"""clips written, clips in all"""


@dataclass(frozen=True)
class Terms:
    """Conditions that an export must meet.

    Attributes:
        commercial_only: refuse clips that are not known to allow commercial use
        skip_restricted: with `commercial_only`, leave such clips out instead of refusing
        script_licence: licence of the user's own lines, where the recipe states none
        complete: refuse a run with unfinished shards
    """

    commercial_only: bool = False
    skip_restricted: bool = False
    script_licence: str | None = None
    complete: bool = False

    def __post_init__(self) -> None:
        if self.skip_restricted and not self.commercial_only:
            raise UsageError("restricted clips are to be left out, but commercial-only is not asked; ask for both")


@dataclass(frozen=True)
class Exported:
    """What was written.

    Attributes:
        folder: the folder
        format: name of the format
        clips: clips in it
        seconds: their audio, in seconds
        splits: split -> clips
        files: files on the disk
        bytes: bytes on the disk
        verdicts: verdict -> takes of the run's finished shards
        restricted: clips left out for their licence
        use: whether what is in it may be used commercially
        notes: what the user should know, one sentence each
    """

    folder: Path
    format: str
    clips: int
    seconds: float
    splits: Mapping[str, int]
    files: int
    bytes: int
    verdicts: Mapping[str, int]
    restricted: int
    use: str
    notes: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON-able form."""
        return {
            **vars(self),
            "folder": str(self.folder),
            "splits": dict(self.splits),
            "verdicts": dict(self.verdicts),
            "notes": list(self.notes),
        }


def export(
    run: Run | str | os.PathLike[str],
    out: str | os.PathLike[str],
    format: str,
    *,
    selection: Selection | None = None,
    terms: Terms | None = None,
    audio: str | None = None,
    paths: Paths | None = None,
    progress: Progress | None = None,
) -> Exported:
    """Write the clips of a run in another form into a folder that is not there yet, or empty.

    Memory does not grow with the number of clips. The folder appears when it is whole; until then, and after a
    failure, there is none.

    Args:
        run: a run, or its folder or URL
        out: a local folder
        format: of `format_names`
        selection: which takes; default what the recipe includes
        terms: on licences and completeness
        audio: "flac", "wav", or "mp3" where the format holds it; None as the clips are kept
        paths: "relative" or "absolute" in the lists of nemo and lhotse; None as each finds its files
        progress: told after every clip

    Raises:
        UsageError: before anything is written: no such run, folder in use, nothing to export, clips that the terms refuse
        UnknownNameError: no such format, verdict, evidence or split
        MissingExtraError: if the format needs a package that is not installed
        VoiceactError: if a clip is damaged or its id would leave the folder, or the disk is full
    """
    job = _plan(
        run if isinstance(run, Run) else open_run(run),
        Path(out),
        load_format(format),
        selection or Selection(),
        terms or Terms(),
        audio,
        paths,
    )
    with whole_folder(job.release.folder) as folder:
        written = _Written()
        job.format.write(folder, _samples(job, written, progress), job.release)
        if written.clips != job.tally.clips:
            raise VoiceactError(
                f"{job.run.store.url}: changed while it was exported ({count_noun(written.clips, 'clip')} in place of "
                f"{job.tally.clips}); nothing was exported, try again"
            )
        write_text_whole(folder / notice.NAME, notice.make_notice(job.run.file, job.tally, job.parts))
        files, size = write_checksums(folder)
    return Exported(
        job.release.folder,
        format,
        written.clips,
        round(written.seconds, 3),
        dict(job.tally.splits),
        files,
        size,
        dict(job.tally.verdicts),
        job.restricted,
        job.release.use,
        job.notes,
    )


# --- Before anything is written


@dataclass(frozen=True)
class _Job:
    run: Run
    format: Format
    release: Release
    tally: Tally
    parts: dict[LicensedPart, int]
    wants: Wants
    restricted: int = 0
    notes: tuple[str, ...] = ()


@dataclass
class _Written:
    clips: int = 0
    seconds: float = 0.0


def _plan(
    run: Run, out: Path, form: Format, selection: Selection, terms: Terms, audio: str | None, paths: Paths | None
) -> _Job:
    """Check the wishes and count what is to be exported, before anything is written."""
    # Where it goes, and as what.
    absolute = out.absolute().resolve()
    if run.store.folder and run.store.folder.resolve() in (absolute, *absolute.parents):
        raise UsageError(f"{out} lies in the run folder {run.store.url}, whose shards an audit counts; name a folder outside")
    folder = check_out(out)
    if paths and not form.has_paths:
        raise UsageError(f"{form.name} has no lists with paths of audio; take away paths {paths!r}")
    if audio not in (None, *form.suffixes):
        raise UsageError(f"{form.name} does not hold audio as {audio!r}; expected {' or '.join(form.suffixes)}")
    if form.suffix and audio not in (None, form.suffix):
        raise UsageError(f"{form.name} holds {form.suffix} files only; take away audio {audio!r}, or choose another format")
    stored_format = (run.file.recipe.get("store") or {}).get("format")
    suffix = form.suffix or audio or (stored_format if stored_format in form.suffixes else form.suffixes[0])

    # What there is of it.
    notes = []
    done, shards = len(run.indexes()), run.file.shards
    if done < shards:
        state = f"{done} of {count_noun(shards, 'shard')} are finished"
        if terms.complete:
            raise UsageError(f"{run.store.url}: {state}; go on with: voiceact recipe resume {run.store.url}")
        notes.append(f"the run is not finished: {state}, and only they are exported")
    tally, wants, left = _allowed(run, selection, terms)
    parts = notice.parts_of(run.file, tally, terms.script_licence)
    file, rates = run.file, list(tally.rates)
    release = Release(
        name=file.name,
        description=str(file.recipe.get("description") or ""),
        folder=folder,
        splits=dict(tally.splits),
        languages=tuple(sorted(tally.languages)),
        engine=file.engine,
        judge=file.judge,
        use=notice.use_of(parts),
        personas={name: file.personas.get(name, {}) for name in sorted({origin.persona for origin in tally.origins})},
        licence="; ".join(dict.fromkeys(part.licence or "not stated" for part in parts)),
        voiceact=file.voiceact,
        plan=file.plan,
        rate=rates[0] if len(rates) == 1 else None,
        suffix=suffix,
        paths=paths,
    )
    if tally.gone:
        notes.append(f"{count_noun(tally.gone, 'take')} wanted too, but the recipe did not keep their audio")
    if left:
        notes.append(f"{count_noun(left, 'clip')} left out for their licence")
    return _Job(run, form, release, tally, parts, wants, left, tuple(notes))


def _allowed(run: Run, selection: Selection, terms: Terms) -> tuple[Tally, Wants, int]:
    """Apply the terms to a selection: its counts, a test of a row, and how many clips were left out."""
    tally = count_selection(run, selection)
    if not terms.commercial_only:
        return tally, selection.wants, 0
    free = frozenset(
        origin
        for origin in tally.origins
        if all(part.use == "allowed" for part in notice.clip_parts(run.file, origin, terms.script_licence))
    )
    left = sum(clips for origin, clips in tally.origins.items() if origin not in free)
    if left and not (terms.skip_restricted and free):
        raise UsageError(_refusal(notice.parts_of(run.file, tally, terms.script_licence), left, tally.clips))
    wants = partial(_wants, selection, Origins(run), free)
    return (count_selection(run, selection, wants), wants, left) if left else (tally, selection.wants, 0)


def _wants(selection: Selection, origin_of: Origins, free: frozenset[Origin], row: Row) -> bool:
    return selection.wants(row) and origin_of(row) in free


def _refusal(parts: Mapping[LicensedPart, int], left: int, clips: int) -> str:
    bad = {part: number for part, number in parts.items() if part.use != "allowed"}
    lines = [f"{left} of {count_noun(clips, 'clip')} are not known to allow commercial use; nothing was written"]
    lines += [f"  {part.why_not} ({count_noun(number, 'clip')})" for part, number in bad.items()]
    if script_part(own=True) in bad:
        lines.append("say what your own lines are under with --script-license, or as scripts.license in the next recipe")
    lines.append("no clip would be left without them" if left == clips else "leave them out with --skip-restricted")
    return "\n".join(lines)


# --- Clip by clip


def _samples(job: _Job, written: _Written, progress: Progress | None) -> Iterator[Sample]:
    """Yield the clips in the order of the run, each compared with the SHA-256 in its row."""
    url = job.run.store.url
    with TarReader(job.run) as tars:
        for row in filter(job.wants, job.run.rows()):
            data = tars.audio(row)
            if hashlib.sha256(data).hexdigest() != row["sha256"]:
                raise VoiceactError(
                    f"clip {row['id']} in {url}/{row['tar']} is not the audio its row describes (SHA-256 "
                    "differs); nothing was exported, check the run with: voiceact recipe audit"
                )
            sample = make_sample(row, data)
            if job.format.needs_records:
                sample = replace(sample, record=job.run.record(row), twin=job.run.twin(row))
            yield sample.encoded(job.release.suffix) if job.release.suffix else sample
            written.clips += 1
            written.seconds += row["duration"] or 0.0
            if progress:
                progress(written.clips, job.tally.clips)


__all__ = ["Exported", "Progress", "Terms", "export"]
