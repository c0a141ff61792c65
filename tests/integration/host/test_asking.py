"""Whoever asks the service waits for an act as long as the service says that it is at work."""

import socket
import threading
from pathlib import Path

from scheduler import asking

HEAD = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: application/json\r\n\r\n"


def test_a_line_that_comes_later_than_the_head_had_to_is_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "s"
    listening, headed = socket.socket(socket.AF_UNIX), threading.Event()
    listening.bind(str(path))
    listening.listen()

    def serve() -> None:
        made, _ = listening.accept()
        with made:
            made.recv(4096)
            made.sendall(HEAD)
            headed.wait(2)  # nobody sets it: longer than the head was given
            made.sendall(b'{"outcome": "confirmed"}\n')

    serving = threading.Thread(target=serve)
    serving.start()

    told = list(asking.act(path, "/apply", seconds=1.0))

    serving.join()
    listening.close()
    assert told == [{"outcome": "confirmed"}]
