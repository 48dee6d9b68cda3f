"""Audit a run: check from its bytes alone that it is what it says, shard by shard, with memory for one shard.

>>> from voiceact.dataset.audit.audit import audit_run
>>> audit_run("my-run").clean  # doctest: +SKIP
True

docs/audit.md says what is checked and how near is near enough.
"""

import hashlib
import math
import os
import random
from collections.abc import Callable, Collection, Mapping
from typing import TYPE_CHECKING

import msgspec

from voiceact import __version__
from voiceact.dataset.audit.clips import ClipAudit
from voiceact.dataset.audit.issues import Faults
from voiceact.dataset.audit.report import AuditReport
from voiceact.dataset.audit.rows import RowAudit
from voiceact.dataset.audit.run_file import RECIPE, check_judge, check_plan, check_recipe
from voiceact.dataset.audit.tars import TarClip, UnnamedTars, compare_place, read_tar
from voiceact.dataset.audit.verdicts import Twin, VerdictAudit, find_judge, fit_judge, spoken_twin
from voiceact.errors import UsageError, VoiceactError, count_noun
from voiceact.recipe.schema import Recipe
from voiceact.runs.cohort import centre_run_judge
from voiceact.runs.run import load_frozen_plan
from voiceact.store.columns import Row, stored
from voiceact.store.index import (
    Footer,
    Tar,
    count_rows,
    index_name,
    index_number,
    is_as_written,
    is_tar_name,
    read_footer,
    read_rows,
    tar_name,
)
from voiceact.store.reader import Run, open_run
from voiceact.store.run_file import COHORT_FILE
from voiceact.store.sidecar import IndexFile, decode_sidecar, encode_sidecar, read_footers, sidecar_name, sidecar_number
from voiceact.vocabulary import LEVELS

if TYPE_CHECKING:
    from voiceact.estimators.base import Estimator
    from voiceact.recipe.plan import Plan

SAMPLE = 100
"""clips that are judged again unless the user says otherwise: a fault of 3 % of them is then met with a chance of 95 %"""
WORK = "work/"
"""folder in which an unfinished run keeps its journals"""


def audit_run(
    url: str | os.PathLike[str],
    *,
    sample: int | None = SAMPLE,
    seed: int = 0,
    judge: "Estimator | None" = None,
    speak: Twin = spoken_twin,
    plan: "Plan | None" = None,
    progress: Callable[[int], None] = lambda shard: None,
) -> AuditReport:
    """Check a run.

    Args:
        url: a folder, or a store that fsspec knows
        sample: clips that are judged again; None judges all of them
        seed: seed of the sample
        judge: used instead of the one that run.json names, if it is of the same name and revision
        speak: speaks the neutral twin of a record where the run keeps none
        plan: used instead of the one made of the folder's own recipe
        progress: called with each shard when it is done

    Raises:
        UsageError: if there is no run, or its run.json cannot be read
    """
    return RunAudit(open_run(url), sample=sample, seed=seed, judge=judge, speak=speak, plan=plan).audit(progress)


class RunAudit:
    """The checks of one run, and what they need to know of it."""

    def __init__(
        self,
        run: Run,
        *,
        sample: int | None = SAMPLE,
        seed: int = 0,
        judge: "Estimator | None" = None,
        speak: Twin = spoken_twin,
        plan: "Plan | None" = None,
    ):
        """Prepare the checks; the arguments are those of `audit_run`."""
        try:
            self._recipe = msgspec.convert(run.file.recipe, Recipe)
        except msgspec.ValidationError as error:
            raise UsageError(
                f"{run.store.url}/run.json: holds no recipe of this voiceact ({error}); audit it with the voiceact "
                f"that made it ({run.file.voiceact})"
            ) from error
        self._run, self._faults = run, Faults()
        self._report = AuditReport(run.store.url, run.file.name, run.file.shards, faults=self._faults)
        self._plan = plan or self._own_plan()
        self._rows = RowAudit(run.file, self._recipe, self._faults, self._plan)
        self._clips = ClipAudit(run.file.name, self._recipe, self._faults)
        self._verdicts = VerdictAudit(run.file, self._recipe, self._faults, speak=speak)
        if sample != 0:
            name = self._plan.judge if self._plan else self._recipe.verify.judge_text
            installed, self._verdicts.unjudged = (
                fit_judge(run.file, judge) if judge else find_judge(run.file, name, planned=self._plan is not None)
            )
            if installed:
                try:
                    installed = centre_run_judge(installed, self._recipe.verify.cohort, run.store)
                except VoiceactError as error:
                    self._faults.add("run", COHORT_FILE, str(error))
                    self._verdicts.unjudged, installed = f"{COHORT_FILE} is not the cohort of the run", None
            if installed:
                check_judge(run.file, installed, self._faults)
            self._verdicts.judge = installed
        self._sample, self._seed = sample, seed
        tars = (name for name in run.store.iter_names(".tar") if not name.startswith(WORK))
        self._unnamed = UnnamedTars(tars, run.file.shards)
        self._tars = self._indexes = self._foreign = self._without_sidecar = 0

    def audit(self, progress: Callable[[int], None]) -> AuditReport:
        """Make all checks."""
        there = self.find_shards()
        sample = self.draw_sample(there)
        for shard in range(self._report.shards):
            if shard in there:
                self._check_shard(shard, sample)
            else:
                self._faults.add("unfinished", index_name(shard), "is not there: the shard was not made, or was taken away")
            progress(shard)
        self._rows.end()
        self._check_strays(there)
        return self._complete_report()

    def find_shards(self) -> dict[int, int]:
        """Return shard -> bytes of its index, for those that have one; any other file beside them is a fault."""
        sizes = {}
        for name, size in self._run.store.iter_sizes("index"):
            index = index_number(name)
            number = index if index is not None else sidecar_number(name)
            if number is None or number >= self._report.shards:
                self._faults.add("stray", name, f"is no index of a shard from 0 to {self._report.shards - 1}")
            elif index is not None:
                sizes[index] = size
        self._report.there = len(sizes)
        return sizes

    def draw_sample(self, there: Mapping[int, int]) -> Collection[int]:
        """Draw the clips that are judged again, as numbers counted along the run.

        Args:
            there: shards that have an index, with its bytes
        """
        if self._verdicts.judge is None:
            return ()
        indexes = (IndexFile(shard, there[shard]) for shard in sorted(there))
        footers = (footer for _, footer in read_footers(self._run.store, indexes))
        clips = sum(max(0, tar.clips) for footer in footers if isinstance(footer, Footer) for tar in footer.tars)
        if self._sample is None or self._sample >= clips:
            return range(clips)
        return frozenset(random.Random(self._seed).sample(range(clips), self._sample))

    def _own_plan(self) -> "Plan | None":
        """Make the plan of the folder's recipe; None, with the reason in the report, if it is not that of the run."""
        if not self._run.store.exists(RECIPE):
            self._report.unchecked["plan"] = f"the folder has no {RECIPE}"
            return None
        try:
            plan = load_frozen_plan(self._run.store)
        except VoiceactError as error:
            self._report.unchecked["plan"] = f"the recipe cannot be planned here ({error})"
            if self._run.file.voiceact == __version__ and type(error) is UsageError:
                # Nothing is lacking here, and it was readable when the run was made.
                self._faults.add("run", RECIPE, str(error))
            return None
        check_recipe(self._recipe, plan, self._faults)
        known = self._run.file.fingerprint
        if plan.digest == self._run.file.plan:
            check_plan(self._run.file, plan, self._faults)
            return plan
        parts = [part for part, text in plan.fingerprint.items() if known.get(part) != text]
        self._report.unchecked["plan"] = "the recipe's plan is another one here; what differs: " + (
            ", ".join(parts) or "the digest of the plan in run.json"
        )
        return None

    # Shards

    def _check_shard(self, shard: int, sample: Collection[int]) -> None:
        """Check the index, the rows and the tars of a shard."""
        contents = self._read_index(shard)
        if contents is None:
            self._rows.skip(shard)
            for level in LEVELS:
                self._unnamed.discard(tar_name(level, shard))
            return
        footer, rows = contents
        self._indexes += 1
        self._check_footer(shard, footer, rows)
        by_key = {row["id"]: row for row in rows}
        ids: set[str] = set()
        for tar in footer.tars:
            self._unnamed.discard(tar.name)
            self._tars += 1
            for clip in read_tar(self._run.store, tar, self._faults, ids):
                self._report.clips += 1
                self._check_clip(clip, by_key.get(clip.key), tar, sample)

        # Clips that a row places in a tar, and that no tar of the shard holds; a tar that is gone is one fault only.
        tars = {tar.name for tar in footer.tars}
        for row in rows:
            place = row["tar"]
            if place is not None and row["id"] not in ids and (place not in tars or self._run.store.exists(place)):
                self._faults.add("clip", index_name(footer.shard), f"is not in {place}", row["id"])

    def _read_index(self, shard: int) -> tuple[Footer, list[Row]] | None:
        """Read the footer and the rows of a shard, and check each row; None if they cannot be read."""
        name = index_name(shard)
        rows: list[Row] = []
        try:
            with self._run.store.open(name) as file:
                footer = read_footer(file, name)
            with self._run.store.open(name) as file:
                for row in read_rows(file, name):
                    if not rows:
                        self._rows.begin(shard, name)
                    self._rows.row(row)
                    rows.append(row)
        except VoiceactError as error:
            self._faults.add("index", name, str(error).removeprefix(f"{name}: ").partition(";")[0])
            return None
        if not rows:
            self._rows.begin(shard, name)
        return footer, rows

    def _check_footer(self, shard: int, footer: Footer, rows: list[Row]) -> None:
        """Compare a footer with its shard, the run and the rows."""
        name = index_name(shard)
        if footer.shard != shard:
            self._faults.add("index", name, f"says that it is of shard {footer.shard}")
        if footer.plan != self._run.file.plan:
            self._faults.add("index", name, "belongs to another plan than run.json: it comes from another run")
        self._report.takes += len(rows)
        self._report.seconds += sum(row["duration"] for row in rows if math.isfinite(row["duration"] or math.nan))

        # Counts, with the intensity as a table holds it.
        in_footer, in_rows = (
            [msgspec.structs.replace(count, intensity=stored("intensity", count.intensity)) for count in counts]
            for counts in (footer.counts, count_rows(rows))
        )
        if in_footer != in_rows:
            self._faults.add(
                "index",
                name,
                f"its counts ({count_noun(footer.takes, 'take')}) are not those of its {count_noun(len(rows), 'row')}",
            )

        data = self._run.store.read(name)
        as_written = is_as_written(data, rows, footer)
        self._check_sidecar(shard, footer, data, as_written)
        if as_written is None:
            self._foreign += 1
        elif not as_written:
            self._faults.add(
                "index",
                name,
                "its bytes are not those its rows give: what it says of its columns may be "
                "wrong, and a reader that filters would lose rows",
            )

    def _check_sidecar(self, shard: int, footer: Footer, index: bytes, as_written: bool | None) -> None:
        """Compare the sidecar of a shard with the bytes of its Parquet file and with what that file states."""
        name, index_file = sidecar_name(shard), index_name(shard)
        if not self._run.store.exists(name):
            self._without_sidecar += 1
            return
        data, expected = self._run.store.read(name), encode_sidecar(footer, index)
        if data == expected:
            return
        sidecar = decode_sidecar(data)
        if sidecar is None:
            self._faults.add("index", name, "cannot be read")
        elif sidecar.footer != footer:
            self._faults.add("index", name, f"does not state what {index_file} states")
        elif (sidecar.index_bytes, sidecar.index_sha256) != (len(index), hashlib.sha256(index).hexdigest()):
            # A file that does not even fit its own rows is reported already.
            if as_written is not False:
                self._faults.add("index", index_file, f"is not the file whose SHA-256 {name} states")
        else:
            self._faults.add("index", name, "is not as it was written")

    def _check_clip(self, clip: TarClip, row: Row | None, tar: Tar, sample: Collection[int]) -> None:
        """Check a clip: its place, its record, its audio and, if it is in the sample, its verdict."""
        suffix, twins, number = self._recipe.store.format, self._recipe.store.twins, self._report.clips - 1
        if row is None:
            self._faults.add("clip", tar.name, "has no row in the index", clip.key)
            return
        if not compare_place(clip, row, tar, suffix, twins=twins, faults=self._faults):
            return
        record = self._clips.record(clip.members["json"], row, tar.name)
        if record is None:
            return
        sound = self._clips.sound(clip.members[suffix], record, row, tar.name)
        twin_data = clip.members.get(f"twin.{suffix}") if twins else None
        twin = self._clips.twin(twin_data, record, row, tar.name) if twin_data else None
        if sound and bool(twin) == twins and number in sample and record.verdict is not None:
            self._verdicts.clip(record, sound, twin, tar.name, clip.key)

    # What is left

    def _check_strays(self, there: Collection[int]) -> None:
        """Report the files that no index names."""
        for name in self._unnamed:
            shard = int(name.rpartition("-")[2].removesuffix(".tar")) if is_tar_name(name) else None
            if shard is not None and shard < self._report.shards and shard not in there:
                self._faults.add("unfinished", name, "belongs to a shard without an index: it may not be whole")
            else:
                self._faults.add("stray", name, "is named by no index")
        for level in LEVELS:
            for name, _ in self._run.store.iter_sizes(level):
                if not name.endswith(".tar"):
                    self._faults.add("stray", name, "is no tar of a run")

    def _complete_report(self) -> AuditReport:
        """Enter what was checked and what was not."""
        report, rows, clips, verdicts = self._report, self._rows, self._clips, self._verdicts
        report.checked = {
            "indexes": self._indexes,
            "tars": self._tars,
            "rows": rows.checked,
            "clips": report.clips,
            "records": clips.records,
            "columns": clips.rows,
            "sounds": clips.sounds,
            "twins": clips.twins,
            "plan": rows.planned,
            "verdicts": verdicts.judged,
        }
        if self._foreign:
            report.unchecked["bytes of indexes"] = f"{self._foreign} were written by another pyarrow than is here"
        if self._without_sidecar:
            report.unchecked["sidecars"] = (
                f"{count_noun(self._without_sidecar, 'shard')} without one (index/*.json); voiceact recipe resume writes them"
            )
        if not self._recipe.store.twins:
            report.unchecked["twins"] = "the recipe keeps none"
        if self._sample == 0:
            report.unchecked["verdicts"] = "none were asked for (--sample 0)"
        elif verdicts.judge is None:
            report.unchecked["verdicts"] = verdicts.unjudged
        elif verdicts.skipped:
            report.unchecked["verdicts"] = "; ".join(f"{count} of the sample: {why}" for why, count in verdicts.skipped.items())
        return report
