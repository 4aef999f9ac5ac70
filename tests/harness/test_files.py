"""Nothing that an output path names is ever replaced but a regular file: links, devices and FIFOs stay what they are."""

from __future__ import annotations

import contextlib
import os
import socket
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from harness.errors import EnvironmentFailure, UsageError
from harness.files import descriptor, replacing, write_atomically

ROOT = Path(__file__).resolve().parents[2]
WRITE = """
import sys
from pathlib import Path
from harness.files import write_atomically
print("before")
write_atomically(Path(sys.argv[1]), "content\\n", "--output")
print("after")
"""


def write(target: str, **redirected: object) -> subprocess.CompletedProcess[bytes]:
    """A process that prints, writes to a path, and prints."""
    return subprocess.run([sys.executable, "-c", WRITE, target], cwd=ROOT, check=True, timeout=60, **redirected)  # type: ignore[call-overload,no-any-return]


def test_a_regular_file_is_replaced_whole(tmp_path: Path) -> None:
    """The content is there, folders are made, and no hidden file is left."""
    path = tmp_path / "new" / "board.md"
    write_atomically(path, "one")
    write_atomically(path, b"two")
    assert path.read_text() == "two"
    assert list(path.parent.iterdir()) == [path]


def test_what_breaks_off_leaves_the_old_file(tmp_path: Path) -> None:
    """An error in the middle of writing changes nothing and leaves no hidden file."""
    path = tmp_path / "board.md"
    path.write_text("old")

    def torn() -> None:
        with replacing(path) as stream:
            stream.write(b"half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        torn()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("there", [True, False], ids=["to a file", "to a file that is not there yet"])
@pytest.mark.parametrize("relative", [True, False], ids=["relative", "absolute"])
def test_a_link_stays_and_its_target_gets_the_content(tmp_path: Path, relative: bool, there: bool) -> None:
    """Also through a chain of links, and where the last of them leads to a file yet to be made."""
    target = tmp_path / "disk" / "board.md"
    target.parent.mkdir()
    if there:
        target.write_text("old")
    first, second = tmp_path / "first.md", tmp_path / "disk" / "second.md"
    second.symlink_to("board.md" if relative else target)
    first.symlink_to("disk/second.md" if relative else second)
    write_atomically(first, "new")
    assert first.is_symlink()
    assert second.is_symlink()
    assert target.read_text() == "new"
    assert sorted(target.parent.iterdir()) == sorted([target, second])


def test_a_link_into_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    """The message names the link, where it leads, and the flag; nothing is made, for a disk may not be mounted."""
    link = tmp_path / "board.md"
    link.symlink_to(tmp_path / "disk" / "board.md")
    with pytest.raises(EnvironmentFailure, match=r"board\.md is a link to .*disk/board\.md, .*--output"):
        write_atomically(link, "new", "--output")
    assert list(tmp_path.iterdir()) == [link]


def test_a_folder_that_is_a_link_to_nothing_is_refused(tmp_path: Path) -> None:
    """So is a link to nothing above the file."""
    (tmp_path / "results").symlink_to(tmp_path / "disk")
    with pytest.raises(EnvironmentFailure, match=r"results is a link to .*disk, which does not exist"):
        write_atomically(tmp_path / "results" / "a" / "board.md", "new", "--output")
    assert not (tmp_path / "disk").exists()


def test_links_in_a_circle_are_refused(tmp_path: Path) -> None:
    """A link to itself through another is an error with the path and the flag."""
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    with pytest.raises(EnvironmentFailure, match=r"/a: .*symbolic links.*--output"):
        write_atomically(tmp_path / "a", "new", "--output")


def test_a_fifo_passes_the_content_to_its_reader(tmp_path: Path) -> None:
    """A FIFO stays one; a link to it works as well."""
    fifo, link, read = tmp_path / "fifo", tmp_path / "link", []
    os.mkfifo(fifo)
    link.symlink_to("fifo")
    for path in (fifo, link):
        reader = threading.Thread(target=lambda: read.append(fifo.read_text()), daemon=True)
        reader.start()
        write_atomically(path, "content" * 20_000)  # more than a pipe holds at once
        reader.join(30)
    assert read == ["content" * 20_000] * 2
    assert stat.S_ISFIFO(fifo.stat().st_mode)
    assert link.is_symlink()


def test_a_reader_that_leaves_is_an_error(tmp_path: Path) -> None:
    """Content that nobody takes was not written, and the exit code must say so."""
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    reader = threading.Thread(target=lambda: os.close(os.open(fifo, os.O_RDONLY)), daemon=True)
    reader.start()
    with pytest.raises(EnvironmentFailure, match="fifo: Broken pipe"):
        write_atomically(fifo, "content" * 20_000, "--output")
    reader.join(30)


def test_a_device_is_written_to(tmp_path: Path) -> None:
    """/dev/null, a link to it, and a node made for this test stay character devices."""
    paths = [Path("/dev/null"), tmp_path / "link", tmp_path / "node"]
    paths[1].symlink_to("/dev/null")
    try:
        os.mknod(paths[2], 0o600 | stat.S_IFCHR, os.makedev(1, 3))
        paths[2].write_text("")  # a container may allow the node and not its use
    except OSError:
        del paths[2]
    for path in paths:
        write_atomically(path, "new", "--output")
        assert stat.S_ISCHR(path.stat().st_mode)
    assert paths[1].is_symlink()


def test_a_full_device_is_an_error() -> None:
    """/dev/full takes nothing: no space is left, and the device stays."""
    if not Path("/dev/full").is_char_device():
        pytest.skip("there is no /dev/full here")
    with pytest.raises(EnvironmentFailure, match="no space left to write /dev/full"):
        write_atomically(Path("/dev/full"), "new", "--output")
    assert Path("/dev/full").is_char_device()


@pytest.mark.parametrize("path", ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"])
def test_stdout_by_its_path(tmp_path: Path, path: str) -> None:
    """Into a pipe and into a file, where what stood there and what is printed before and after stay in order."""
    if not Path(path).exists():
        pytest.skip(f"there is no {path} here")
    assert write(path, stdout=subprocess.PIPE).stdout == b"before\ncontent\nafter\n"
    log = tmp_path / "log"
    log.write_text("earlier\n")
    with log.open("a") as stream:
        write(path, stdout=stream)
    assert log.read_text() == "earlier\nbefore\ncontent\nafter\n"


def test_a_link_to_stdout(tmp_path: Path) -> None:
    """A link to /dev/stdout is /dev/stdout; a folder called fd is no folder of descriptors."""
    link = tmp_path / "link"
    link.symlink_to("/dev/stdout")
    assert descriptor(link) == 1
    assert write(str(link), stdout=subprocess.PIPE).stdout == b"before\ncontent\nafter\n"
    assert descriptor(tmp_path / "fd" / "1") is None


@pytest.mark.parametrize("kind", ["a folder", "a socket", "a disk"])
def test_the_rest_is_refused(tmp_path: Path, kind: str) -> None:
    """What no text can be written to is wrong usage; the message names the path and the flag."""
    path = tmp_path / "it"
    with contextlib.closing(socket.socket(socket.AF_UNIX)) as held:
        if kind == "a folder":
            path.mkdir()
        elif kind == "a socket":
            held.bind(str(path))
        else:
            try:
                os.mknod(path, 0o600 | stat.S_IFBLK, os.makedev(7, 250))
            except OSError:
                pytest.skip("block devices cannot be made here")
        before = path.stat()
        with pytest.raises(UsageError, match=f"it is {kind}.*--output"):
            write_atomically(path, "new", "--output")
        assert (path.stat().st_ino, path.stat().st_mode) == (before.st_ino, before.st_mode)


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o664])
def test_a_replaced_file_keeps_who_may_read_it(tmp_path: Path, mode: int) -> None:
    """A private file stays private when it is written anew, and so does one that a link leads to."""
    target, link = tmp_path / "board.md", tmp_path / "link.md"
    target.write_text("old")
    target.chmod(mode)
    link.symlink_to(target)
    for path in (target, link):
        write_atomically(path, "new")
        assert target.stat().st_mode & 0o777 == mode
