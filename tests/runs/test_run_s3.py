"""A run in an object store: moto's server answers over HTTP as S3 does."""

import os
import signal
import subprocess
import sys
import time

import msgspec
import pytest
from hum import bytes_of, hum, recipe  # noqa: F401

from voiceact.errors import UsageError, VoiceactError
from voiceact.runs.partition import Partition
from voiceact.runs.progress import RunProgress, read_status
from voiceact.runs.run import RunSettings, resume_run, run_recipe
from voiceact.runs.workspace import open_workspace
from voiceact.store.filesystem import Store
from voiceact.store.reader import open_run

pytest.importorskip("s3fs")
moto_server = pytest.importorskip("moto.server")
pytestmark = [pytest.mark.cluster, pytest.mark.usefixtures("hum", "bucket")]


@pytest.fixture(scope="module")
def server():
    found = moto_server.ThreadedMotoServer(port=0)
    found.start()
    host, port = found.get_host_and_port()
    yield f"http://{host}:{port}"
    found.stop()


@pytest.fixture
def bucket(server, monkeypatch):
    """An empty bucket, reached as a user would: by the variables that AWS's own tools read."""
    import s3fs

    for name, value in (
        ("AWS_ENDPOINT_URL", server),
        ("AWS_ACCESS_KEY_ID", "key"),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
        ("AWS_DEFAULT_REGION", "us-east-1"),
    ):
        monkeypatch.setenv(name, value)
    s3fs.S3FileSystem.clear_instance_cache()
    fs = s3fs.S3FileSystem()
    fs.mkdir("runs")
    yield
    fs.rm("runs", recursive=True)


def test_a_run_in_a_bucket_is_the_run_in_a_folder(tmp_path) -> None:
    run_recipe(recipe(twins=True), tmp_path / "run")
    assert run_recipe(recipe(twins=True), "s3://runs/tiny", RunSettings(workers=2)).finished
    run = open_run("s3://runs/tiny")
    there = {name: run.store.read(name) for name in run.store.find("") if name != "run.json"}
    assert there == bytes_of(tmp_path / "run")
    rows = list(run.rows())
    assert len(rows) == 32 and all(run.audio(row)[:4] == b"fLaC" for row in rows[:3])
    assert not open_workspace("s3://runs/tiny", "").work_folder.exists()


def test_stopped_its_journals_wait_on_this_machine_and_it_is_resumed_from_the_bucket_alone(tmp_path) -> None:
    class Failing(RunProgress):
        takes = 0

        def add_takes(self, counts) -> None:
            self.takes += 1
            if self.takes == 11:
                raise VoiceactError("the power went")

    with pytest.raises(VoiceactError, match="the power went"):
        run_recipe(recipe(), "s3://runs/tiny", progress=Failing())
    status = read_status("s3://runs/tiny")
    assert (len(status.inventory.whole), status.inventory.counts.takes, status.finished) == (1, 11, False)
    assert resume_run("s3://runs/tiny").made == 21
    run_recipe(recipe(), tmp_path / "run")
    store = Store("s3://runs/tiny")
    assert {name: store.read(name) for name in store.find("") if name != "run.json"} == bytes_of(tmp_path / "run")


KILLED = """
import sys, msgspec
from voiceact.recipe.schema import Recipe
from voiceact.runs.run import RunSettings, run_recipe
if __name__ == "__main__":
    run_recipe(msgspec.json.decode(sys.argv[1], type=Recipe), "s3://runs/tiny", RunSettings(workers=int(sys.argv[2])))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL to send")
@pytest.mark.parametrize("workers", [1, 2])
def test_killed_with_shards_in_the_bucket_and_resumed_it_is_the_same(monkeypatch, tmp_path, workers: int) -> None:
    run_recipe(recipe(), tmp_path / "run")
    monkeypatch.setenv("HUM_SECONDS", "0.1")
    process = subprocess.Popen([sys.executable, "-c", KILLED, msgspec.json.encode(recipe()), str(workers)])
    store, end = Store("s3://runs/tiny"), time.monotonic() + 120
    while not store.names("index", ".parquet"):
        assert process.poll() is None and time.monotonic() < end, "no shard came to the bucket"
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    status = read_status("s3://runs/tiny")
    assert 1 <= len(status.inventory.whole) < 4 and not status.finished
    assert resume_run("s3://runs/tiny").made == 32 - status.inventory.counts.takes
    assert {name: store.read(name) for name in store.find("") if name != "run.json"} == bytes_of(tmp_path / "run")


def test_two_shares_make_one_run_in_the_bucket(tmp_path) -> None:
    run_recipe(recipe(), tmp_path / "run")
    for number in (2, 1):
        assert run_recipe(recipe(), "s3://runs/tiny", RunSettings(partition=Partition(number, 2))).finished
    assert read_status("s3://runs/tiny").finished
    store = Store("s3://runs/tiny")
    assert {name: store.read(name) for name in store.find("") if name != "run.json"} == bytes_of(tmp_path / "run")


def test_a_shard_deleted_in_the_bucket_is_made_again() -> None:
    run_recipe(recipe(), "s3://runs/tiny")
    store = Store("s3://runs/tiny")
    before = store.read("rejected/shard-000002.tar")
    store.remove("rejected/shard-000002.tar")
    assert resume_run("s3://runs/tiny").made == 8
    assert store.read("rejected/shard-000002.tar") == before


def test_a_bucket_that_is_not_there_is_told_before_anything_is_made() -> None:
    with pytest.raises((UsageError, VoiceactError), match="cannot write .*s3://nowhere/run"):
        run_recipe(recipe(), "s3://nowhere/run")
    assert "AWS_ENDPOINT_URL" in os.environ
