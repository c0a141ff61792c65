"""A stranger who owns the folder does not decide what root opens, changes or gives away."""

from __future__ import annotations

import errno
import logging
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from scheduler import files
from scheduler.errors import LockedError

NOBODY = 65534
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")


@pytest.fixture
def foreign(tmp_path: Path) -> Path:
    """A file of somebody else, outside the folder of the service."""
    path = tmp_path / "shadow"
    path.write_text("foreign")
    path.chmod(0o644)
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of the service; another user's where the tests run as root."""
    path = tmp_path / "state"
    path.mkdir()
    if os.geteuid() == 0:
        os.chown(path, NOBODY, NOBODY)
    return path


def state_of(path: Path) -> tuple[int, int, int, bytes]:
    found = path.stat()
    return found.st_uid, found.st_gid, found.st_mode, path.read_bytes()


def hold(path: Path) -> None:
    files.Lock(path).attempt()


def read(path: Path) -> None:
    files.read_private(path, 1_000)


def share(path: Path) -> None:
    os.close(files.open_shared(path))


OPENERS: dict[str, Callable[[Path], None]] = {
    "a lock": hold,
    "a secret": read,
    "a shared file": share,
    "a database": files.check_database,
}


@pytest.mark.parametrize("act", OPENERS.values(), ids=OPENERS)
@pytest.mark.parametrize("link", [os.symlink, os.link], ids=["link", "second name"])
def test_a_link_to_a_foreign_file_is_refused_and_the_file_left_as_it_was(
    folder: Path, foreign: Path, link: Callable[[Path, Path], None], act: Callable[[Path], None]
) -> None:
    before = state_of(foreign)
    link(foreign, folder / "tou.lock")

    with pytest.raises(OSError, match=r"symbolic link|second name"):
        act(folder / "tou.lock")

    assert state_of(foreign) == before


@pytest.mark.parametrize("act", OPENERS.values(), ids=OPENERS)
def test_a_pipe_is_refused_at_once(folder: Path, act: Callable[[Path], None]) -> None:
    os.mkfifo(folder / "tou.lock")

    with pytest.raises(OSError, match="not a regular file"):
        act(folder / "tou.lock")


@pytest.mark.parametrize("ending", ["-wal", "-shm", "-journal"])
def test_what_sqlite_keeps_beside_a_database_must_not_be_a_link(
    folder: Path, foreign: Path, ending: str
) -> None:
    (folder / "tou.db").touch()
    (folder / f"tou.db{ending}").symlink_to(foreign)

    with pytest.raises(OSError, match="symbolic link") as caught:
        files.check_database(folder / "tou.db")

    assert str(caught.value.filename).endswith(ending)


def test_replacing_a_link_leaves_what_it_points_at_alone(folder: Path, foreign: Path) -> None:
    before = state_of(foreign)
    (folder / "tou.session").symlink_to(foreign)

    files.replace_private(folder / "tou.session", b"new")

    assert state_of(foreign) == before
    assert (folder / "tou.session").read_bytes() == b"new"
    assert not (folder / "tou.session").is_symlink()
    assert (folder / "tou.session").stat().st_mode & 0o777 == 0o600


def test_a_replacement_that_fails_leaves_the_old_file_and_nothing_beside_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files.replace_private(folder / "tou.session", b"old")

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        files.replace_private(folder / "tou.session", b"new")

    assert (folder / "tou.session").read_bytes() == b"old"
    assert [each.name for each in folder.iterdir()] == ["tou.session"]


def test_a_lock_is_had_on_a_full_disk_though_no_name_can_stand_in_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "pwrite", full)
    lock, other = files.Lock(folder / "turn.lock"), files.Lock(folder / "turn.lock")

    assert lock.attempt()
    assert not other.attempt()
    assert other.holder() is None
    lock.release()
    assert other.attempt()
    other.release()


def test_a_secret_that_was_open_to_others_is_closed_and_said(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (folder / "tou.session").write_bytes(b"x")
    (folder / "tou.session").chmod(0o644)

    with caplog.at_level(logging.WARNING):
        assert files.read_private(folder / "tou.session", 10) == b"x"

    assert (folder / "tou.session").stat().st_mode & 0o777 == 0o600
    assert "was open to other users" in caplog.text


@as_root
@pytest.mark.parametrize("name", ["tou.turn.lock", "tou.session"])
def test_what_root_makes_belongs_to_the_owner_of_the_folder(folder: Path, name: str) -> None:
    hold(folder / "tou.turn.lock")
    files.replace_private(folder / "tou.session", b"x")

    assert (folder / name).stat().st_uid == NOBODY


@as_root
def test_root_follows_no_folder_link_of_a_stranger_but_its_own(
    tmp_path: Path, folder: Path
) -> None:
    (tmp_path / "private").mkdir()
    (folder / "theirs").symlink_to(tmp_path / "private")
    os.lchown(folder / "theirs", NOBODY, NOBODY)
    (tmp_path / "roots").symlink_to("state")

    with pytest.raises(OSError, match="another user's link"):
        files.open_shared(folder / "theirs" / "tou.lock")
    share(tmp_path / "roots" / "tou.lock")

    assert list((tmp_path / "private").iterdir()) == []
    assert (folder / "tou.lock").is_file()


def test_a_link_that_points_at_itself_is_no_endless_way(tmp_path: Path) -> None:
    (tmp_path / "round").symlink_to("round")

    with pytest.raises(OSError, match=r"link|Too many levels"):
        files.open_shared(tmp_path / "round" / "tou.lock")


def test_reading_stops_at_the_limit_and_takes_regular_files_only(tmp_path: Path) -> None:
    (tmp_path / "five").write_bytes(b"12345")
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to("five")

    assert files.read_bounded(tmp_path / "five", 5) == b"12345"
    assert files.read_bounded(tmp_path / "link", 5) == b"12345"
    with pytest.raises(OSError, match="larger than 4 bytes"):
        files.read_bounded(tmp_path / "five", 4)
    for path in (tmp_path / "pipe", tmp_path, Path("/dev/zero")):
        with pytest.raises(OSError, match="not a regular file"):
            files.read_bounded(path, 5)
    with pytest.raises(OSError, match="symbolic links"):
        files.read_bounded(tmp_path / "link", 5, follow=False)


def test_a_held_lock_names_its_holder_and_is_free_again_after_it(tmp_path: Path) -> None:
    path = tmp_path / "tou.turn.lock"
    script = (
        "import sys; from pathlib import Path; from scheduler.files import Lock\n"
        "with Lock(Path(sys.argv[1])).held_for(0): print('held', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        mine = files.Lock(path)

        with pytest.raises(LockedError) as caught:
            mine.take(0)
        other.communicate()

    assert caught.value.holder == other.pid
    assert f"held by process {other.pid}" in str(caught.value)
    with mine.held_for(0):
        assert mine.holder() == os.getpid()
    assert path.read_bytes() == b""


def test_what_is_denied_is_said_in_one_sentence(tmp_path: Path) -> None:
    errors = {
        code: files.denied(tmp_path / "tou.db", OSError(code, os.strerror(code)))
        for code in (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOENT)
    }

    assert errors[errno.ENOENT] is None
    assert str(errors[errno.EACCES]) == str(errors[errno.EPERM])
    assert "may not make it" in str(errors[errno.EACCES])
    assert "file system is read-only" in str(errors[errno.EROFS])
    assert [error.exit_code for error in errors.values() if error] == [77, 77, 77]
