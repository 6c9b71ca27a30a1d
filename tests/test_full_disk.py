"""A disk that takes no more: reading goes on, saving is refused in plain words, and nothing is there by half.

The limit is the system's own on the size of a process's files (RLIMIT_FSIZE), which any account may set, and
lift while the process runs.
"""

import json
import os
import resource
import tempfile
from collections.abc import Iterator
from multiprocessing.connection import Connection
from pathlib import Path

import pytest
from desk import PASSWORD
from faulty import PATIENCE_S, Running, call, command, forks

from chatbot import Settings, Store, backup
from chatbot.errors import FullError, StoreError
from chatbot.records import Change


@pytest.fixture
def server(small_server: Running) -> Running:
    """The server, with Ada at its desk."""
    small_server.browser.sign_in(small_server.port)
    return small_server


def limit(server: Running, size: int) -> None:
    """Let no file of the server's grow beyond a size."""
    hard = resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE)[1]
    resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (size, hard))


def fill_disk(server: Running, prepared: Settings) -> None:
    """Leave no room behind what the log of the database holds now."""
    limit(server, (prepared.data_dir / "chatbot.db-wal").stat().st_size)


def test_while_the_disk_is_full_visitors_are_answered_and_staff_are_told(
    server: Running, prepared: Settings
) -> None:
    browser, port = server.browser, server.port
    assert browser.send(port, "/staff/facts", name="Before")[0] == 303
    assert browser.send(port, "/staff/changes/profile/clinic", seen=0)[0] == 303
    fill_disk(server, prepared)
    for path, fields in (
        ("/staff/facts", {"name": "Full"}),
        ("/staff/settings/color", {"color": "#0b6b6b"}),
        ("/staff/tests", {"question": "where do i park", "topic": "cost"}),
    ):
        status, page = browser.send(port, path, **fields)
        assert status == 507, (path, status)
        assert "the disk of the server is full" in page
        assert "chatbot.db" not in page
    status, reply = call(port, "POST", "/api/v1/chat", {"message": "how long does it last"})
    assert (status, reply["kind"]) == (200, "answer")
    rating = {"id": reply["id"], "helpful": True}
    status, problem = call(port, "POST", "/api/v1/feedback", rating)
    assert (status, problem["title"]) == (507, "Insufficient Storage")
    status, ready = call(port, "GET", "/readyz")
    assert (status, ready["status"]) == (200, "ready")
    assert ready["problem"].startswith("Nothing can be saved: the disk does not take what was to be saved")
    for path in ("/staff", "/staff/topics", "/staff/history", "/faq", "/"):
        assert browser.send(port, path)[0] == 200, path
    limit(server, resource.RLIM_INFINITY)
    assert call(port, "POST", "/api/v1/feedback", rating)[0] == 204
    assert call(port, "GET", "/readyz")[1] == {"status": "ready"}
    assert browser.send(port, "/staff/facts", name="After")[0] == 303
    assert browser.send(port, "/staff/changes/profile/clinic", seen=1)[0] == 303
    server.kill()
    store = Store.open(prepared.database_url)
    store.check()
    bodies = [edit.body or {} for edit in store.edits.history()]
    assert [body["facts"]["name"] for body in bodies] == ["After", "Before"]
    assert len(store.feedback()) == 1
    store.close()


def test_a_backup_that_does_not_fit_is_refused_and_leaves_nothing(
    server: Running, prepared: Settings, tmp_path: Path
) -> None:
    limit(server, 20_000)
    before = sorted(p.name for p in prepared.data_dir.iterdir())
    status, page = server.browser.send(server.port, "/staff/backup", password=PASSWORD)
    assert status in (503, 507)
    assert str(tmp_path) not in page
    assert sorted(p.name for p in prepared.data_dir.iterdir()) == before


# --- the command line, and at each step ---------------------------------------------------------------


def limited(size: int) -> None:
    """Let no file of this process grow beyond a size."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


def test_an_import_that_does_not_fit_is_one_line_and_no_topic(prepared: Settings, tmp_path: Path) -> None:
    rows = [{"id": f"new-{n}", "question": f"What is {n}?", "answer": "It is. " * 60} for n in range(400)]
    (tmp_path / "topics.json").write_text(json.dumps(rows))
    words = ("import", str(tmp_path / "topics.json"))
    done = command(prepared, *words, preexec_fn=lambda: limited(200_000))
    assert done.returncode == 2, done.stderr
    assert "the disk does not take what was to be saved" in done.stderr.splitlines()[-1]
    store = Store.open(prepared.database_url)
    assert store.edits.layer() == (0, ())
    store.check()
    store.close()


def save_until_full(url: str, size: int, acked: Path) -> None:
    """Save one edit after another where no file may grow beyond a size, and write down which were kept."""
    store = Store.open(url)
    noted = os.open(acked, os.O_WRONLY | os.O_CREAT)
    limited(size)
    for number in range(1000):
        pair = [Change("topic", f"{side}-{number}", {"answer": "x" * 3000}) for side in "ab"]
        try:
            store.edits.save(pair, by="Ann")
        except FullError:
            break
        os.pwrite(noted, str(number + 1).encode(), 0)
    else:
        os._exit(3)
    assert len(store.edits.layer()[1]) % 2 == 0  # reading goes on
    store.close()


def test_wherever_the_room_ends_saves_are_there_whole_or_not_at_all(tmp_path: Path) -> None:
    for number, size in enumerate(range(60_000, 260_000, 9_973)):
        url = f"sqlite:///{tmp_path}/{number}.db"
        Store.open(url).close()
        acked = tmp_path / f"{number}.acked"
        process = forks.Process(target=save_until_full, args=(url, size, acked))
        process.start()
        process.join()
        assert process.exitcode == 0
        store = Store.open(url)
        store.check()
        revision, layer = store.edits.layer()
        assert revision == int(acked.read_text() or 0) == len(layer) / 2
        store.close()


def back_up_within(prepared: Settings, size: int, path: Path) -> None:
    store = Store.open(prepared.database_url)
    limited(size)
    with pytest.raises(StoreError):
        backup.back_up(prepared, store, path)
    assert not [p for p in path.parent.iterdir() if "backup" in p.name], "a part is left"
    store.close()


def test_wherever_the_room_ends_a_backup_is_not_there_by_half(prepared: Settings, tmp_path: Path) -> None:
    for size in range(0, 130_000, 13_001):
        process = forks.Process(target=back_up_within, args=(prepared, size, tmp_path / "backup.zip"))
        process.start()
        process.join()
        assert process.exitcode == 0, size


# --- a folder that may not be written -----------------------------------------------------------------


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that any account may look into, unlike pytest's own."""
    with tempfile.TemporaryDirectory() as made:
        Path(made).chmod(0o755)
        (Path(made) / "data").mkdir()
        yield Path(made) / "data"


def open_as_nobody(prepared: Settings, told: Connection, *, is_server: bool) -> None:
    """Open the database as somebody who may only read it."""
    if os.geteuid() == 0:
        os.setgroups([])
        os.setgid(65534)
        os.setuid(65534)
    try:
        Store.open(prepared.database_url, is_server=is_server).switch(off=True)
        told.send("")
    except StoreError as error:
        told.send(str(error))


@pytest.mark.parametrize("is_server", [True, False])
@pytest.mark.parametrize("is_there", [True, False])
def test_a_folder_that_may_not_be_written_is_one_line_with_its_name_and_the_cure(
    folder: Path, *, is_there: bool, is_server: bool
) -> None:
    prepared = Settings(data_dir=folder)
    if is_there:
        Store.open(prepared.database_url).close()
    for place in (*folder.iterdir(), folder):
        place.chmod(0o555 if place.is_dir() else 0o444)
    here, there = forks.Pipe()
    process = forks.Process(target=open_as_nobody, args=(prepared, there), kwargs={"is_server": is_server})
    process.start()
    told = here.recv() if here.poll(PATIENCE_S) else "nothing was said"
    process.join()
    folder.chmod(0o755)
    assert str(folder) in told
    assert told.endswith(f"; make {folder} writable for the account that runs this, or set CHATBOT_DATA_DIR")
    assert len(told.splitlines()) == 1
