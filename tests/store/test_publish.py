import json
import re
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from racer.errors import RunError
from racer.store.address import StoreError
from racer.store.fetch import fetch, fetch_whole, list_published
from racer.store.publish import Publisher, Upload, publish, published_at
from racer.store.snapshot import snapshot
from tests.gate import HANGS
from tests.store.conftest import SECRET


@pytest.fixture
def run(tmp_path):
    """A folder that looks like that of a run which is being trained."""
    folder = tmp_path / "run"
    (folder / "provenance").mkdir(parents=True)
    (folder / "provenance/provenance.json").write_text("{}")
    (folder / "run.json").write_text('{"status": "running"}')
    (folder / "last.zip").write_bytes(b"first")
    (folder / "episodes.csv").write_bytes(b"episode\n")
    (folder / "run.lock").write_text("1")
    (folder / ".12-last.zip").write_bytes(b"half of the second")
    return folder


def files(folder):
    names = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*")}
    own = ("provenance/published.json", "run.lock", ".12-last.zip", "digests.json")
    return {k: v.read_bytes() for k, v in names.items() if v.is_file() and k not in own}


def end(folder):
    (folder / "run.lock").unlink(missing_ok=True)
    (folder / ".12-last.zip").unlink(missing_ok=True)
    (folder / "digests.json").write_text("{}")


def test_what_is_fetched_is_what_was_published_at_each_moment(store, run, tmp_path):
    upload = Upload(run, store)
    for i in range(3):
        upload.bring()
        fetch_whole(f"{store}/run", tmp_path / f"copy {i}")
        assert files(tmp_path / f"copy {i}") == files(run)
        (run / "last.zip").write_bytes(b"later %d" % i)
        with (run / "episodes.csv").open("ab") as file:
            file.write(b"%d\n" % i)
    end(run)
    upload.bring(is_whole=True)
    fetch_whole(f"{store}/run", tmp_path / "copy")
    assert files(tmp_path / "copy") == files(run)


def test_in_the_end_a_store_holds_the_folder_under_its_own_names(run, tmp_path):
    pytest.importorskip("obstore")
    upload = Upload(run, f"file://{tmp_path}/store")
    upload.bring()
    assert not (tmp_path / "store/run/last.zip").exists()
    end(run)
    upload.bring(is_whole=True)
    found = files(tmp_path / "store/run")
    assert {name: data for name, data in found.items() if name != "published.json"} == files(run)


def test_a_growing_file_is_not_brought_again_and_again(s3, proxy, run):
    upload, table = Upload(run, s3), run / "steps.arrows"
    table.write_bytes(b"")
    for _ in range(20):
        with table.open("ab") as file:
            file.write(bytes(100_000))
        upload.bring()
    assert proxy.bytes_put < 2_200_000
    again = Upload(run, s3)  # another process goes on
    before = proxy.bytes_put
    again.bring()
    assert proxy.bytes_put - before < 20_000


@pytest.mark.parametrize("is_same", [False, True])
def test_a_file_that_was_cut_back_is_brought_anew_from_there(store, run, tmp_path, is_same):
    upload, table = Upload(run, store), run / "episodes.csv"
    table.write_bytes(b"one, two, three")
    upload.bring()
    table.write_bytes(b"one, 2, three, four, five")
    (upload if is_same else Upload(run, store)).bring()
    fetch_whole(f"{store}/run", tmp_path / "copy")
    assert (tmp_path / "copy/episodes.csv").read_bytes() == b"one, 2, three, four, five"
    assert upload.address.name == "run"


def test_a_name_that_exists_is_refused(store, run, tmp_path):
    Upload(run, store).bring()
    other = tmp_path / "elsewhere/run"
    other.mkdir(parents=True)
    with pytest.raises(RunError, match=r"/run: already there: choose another --name"):
        Upload(other, store)


def test_of_many_that_take_a_name_at_once_one_gets_it(store, tmp_path):
    def take(i):
        folder = tmp_path / str(i) / "run"
        folder.mkdir(parents=True)
        try:
            return Upload(folder, store)
        except RunError:
            return None

    with ThreadPoolExecutor(8) as pool:
        taken = [one for one in pool.map(take, range(8)) if one is not None]
    assert len(taken) == 1
    taken[0].give_back()
    assert take(9) is not None


def test_of_two_copies_that_go_on_at_once_one_is_told(s3, run, tmp_path):
    first = Upload(run, s3)
    first.bring()
    fetch_whole(f"{s3}/run", tmp_path / "copy/run")
    second = Upload(tmp_path / "copy/run", s3)
    (tmp_path / "copy/run/last.zip").write_bytes(b"of the second")
    second.bring()
    (run / "last.zip").write_bytes(b"of the first")
    with pytest.raises(RunError, match="another process publishes there: nothing was replaced"):
        first.bring()
    fetch_whole(f"{s3}/run", tmp_path / "seen")
    assert (tmp_path / "seen/last.zip").read_bytes() == b"of the second"


@pytest.mark.parametrize("k", range(4))
def test_half_a_publication_leaves_the_whole_one_before(s3, proxy, run, tmp_path, k):
    upload = Upload(run, s3)
    upload.bring()
    before = files(run)
    (run / "last.zip").write_bytes(b"second")
    with (run / "episodes.csv").open("ab") as file:
        file.write(b"1\n")
    puts = []

    def refuses(method, path):
        puts.extend([path] if method == "PUT" else [])
        return (403, b"") if len(puts) > k else None

    proxy.refuses = refuses
    try:
        upload.bring()
    except StoreError:
        after = before
    else:
        after = files(run)
    assert (k == 3) == (after is not before)  # two objects, then the manifest
    proxy.refuses = lambda method, path: None
    fetch_whole(f"{s3}/run", tmp_path / "copy")
    assert files(tmp_path / "copy") == after


def test_a_changed_object_is_never_taken_for_the_file(run, tmp_path):
    pytest.importorskip("obstore")
    url = f"file://{tmp_path}/store"
    Upload(run, url).bring()
    (changed,) = (tmp_path / "store/run/objects/last.zip").iterdir()
    changed.write_bytes(b"fIrst")
    with pytest.raises(RunError, match=r"objects/last.zip/\w+: damaged: it does not fit"):
        fetch_whole(f"{url}/run", tmp_path / "copy")
    manifest = tmp_path / "store/run/published.json"
    manifest.write_text(manifest.read_text().replace('"generation": 1', '"generation": 2'))
    with pytest.raises(RunError, match=r"published.json: damaged"):
        fetch_whole(f"{url}/run", tmp_path / "copy")


def test_a_manifest_cannot_name_files_outside_of_its_folder(run, tmp_path):
    pytest.importorskip("obstore")
    from racer.storage.sealed_json import sealed_text

    url = f"file://{tmp_path}/store"
    Upload(run, url).bring()
    manifest = tmp_path / "store/run/published.json"
    content = {k: v for k, v in json.loads(manifest.read_text()).items() if k != "sha256"}
    content["files"]["../../outside"] = content["files"]["last.zip"]
    manifest.write_bytes(sealed_text(content))
    with pytest.raises(RunError, match=r"names a file outside of its folder: \.\./\.\./outside"):
        fetch_whole(f"{url}/run", tmp_path / "copy")


def test_a_snapshot_is_of_one_moment(tmp_path):
    folder, stop = tmp_path / "run", threading.Event()
    folder.mkdir()
    for name in ("a", "b"):
        (folder / name).write_text("0")

    def write():
        i = 0
        while not stop.is_set():
            i += 1
            for name in ("a", "b"):  # a is never behind, and at most one ahead
                (tmp_path / "new").write_text(str(i))
                (tmp_path / "new").replace(folder / name)
            time.sleep(0.001)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for _ in range(100):
            with snapshot(folder) as taken:
                a, b = (int(one.path.read_text()) for one in taken)
            assert a - b in (0, 1)
    finally:
        stop.set()
        writer.join()
    assert sorted(path.name for path in folder.iterdir()) == ["a", "b"]


def test_a_store_that_fails_stops_nobody_and_gets_the_rest_later(s3, proxy, run, tmp_path):
    notes, upload = [], Upload(run, s3)
    proxy.stop()
    publisher = Publisher([upload], notes.append)
    publisher.start()
    wait_for(lambda: notes)
    (run / "last.zip").write_bytes(b"second")
    proxy.start()
    end(run)
    assert publisher.close(HANGS) == []
    assert len(notes) == 1
    assert "the training goes on, publishing is tried again" in notes[0]
    fetch_whole(f"{s3}/run", tmp_path / "copy")
    assert (tmp_path / "copy/last.zip").read_bytes() == b"second"


@pytest.mark.parametrize(
    ("status", "body", "why"),
    [
        (500, b"", "500|server error"),
        (503, b"<Error><Code>SlowDown</Code></Error>", "503|server error"),
        (403, b"<Error><Code>AccessDenied</Code></Error>", "no rights"),
        (507, b"<Error><Code>XMinioStorageFull</Code></Error>", "the store is full"),
        (404, b"<Error><Code>NoSuchBucket</Code></Error>", "there is no such bucket"),
    ],
)
def test_what_is_left_is_said_and_can_be_completed(s3, proxy, run, status, body, why):
    notes, upload = [], Upload(run, s3)
    proxy.refuses = lambda method, path: (status, body)
    publisher = Publisher([upload], notes.append)
    publisher.start()
    wait_for(lambda: notes)
    end(run)
    (left,) = publisher.close(0.0)
    assert left.endswith(f"bring it with: racer publish {run}")
    assert re.search(why, left)
    assert "\n" not in left
    proxy.refuses = lambda method, path: None
    publish(run, published_at(run) or s3)
    assert [path.name for path in list_published(s3)] == ["run"]


def test_a_name_that_nothing_came_to_is_free_again(s3, tmp_path):
    publisher = Publisher([Upload(tmp_path / "never", s3)], [].append)
    publisher.start()
    assert publisher.close(HANGS) == []
    with pytest.raises(RunError, match="no such run"):
        fetch(f"{s3}/never")


def test_a_secret_is_written_nowhere(s3, proxy, run, tmp_path):
    upload = Upload(run, s3)
    upload.bring()
    fetch(f"{s3}/run")
    proxy.refuses = lambda method, path: (403, b"")
    (run / "last.zip").write_bytes(b"second")
    with pytest.raises(StoreError) as failed:
        upload.bring()
    assert SECRET not in str(failed.value)
    for path in tmp_path.rglob("*"):
        assert not path.is_file() or SECRET.encode() not in path.read_bytes(), path


def wait_for(condition):
    end = time.monotonic() + HANGS
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)
