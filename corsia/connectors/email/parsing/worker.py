"""The child process that reads mails: `python -m corsia.connectors.email.parsing.worker`, frames in, frames out.

A frame in: 8 bytes length, the mail. A frame out: 8 bytes length of the JSON, 8 bytes length of the attachments, both.
The process imports no Django, knows no settings and no secret, and has hard limits on memory and on time per mail.
"""

import os
import resource
import struct
import sys
import time
from typing import BinaryIO

from corsia.connectors.email.parsing import wire
from corsia.connectors.email.parsing.mail import parse_mail

MEMORY_LIMIT = 512 * 1024 * 1024  # bytes of address space
CPU_LIMIT = 10  # seconds for one mail
LENGTH = struct.Struct(">Q")
LENGTHS = struct.Struct(">QQ")


def _limit_cpu() -> None:
    """Give the next mail its seconds. The kernel counts for the whole life of the process, so the limit moves on."""
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    spent = int(time.process_time()) + CPU_LIMIT + 1
    resource.setrlimit(resource.RLIMIT_CPU, (spent if hard == resource.RLIM_INFINITY else min(spent, hard), hard))


def _read(stream: BinaryIO, size: int) -> bytes:
    data = stream.read(size)
    if len(data) < size:
        raise EOFError
    return data


def serve(source: BinaryIO, sink: BinaryIO) -> None:
    """Answer frames until the parent closes the pipe."""
    while True:
        try:
            (size,) = LENGTH.unpack(_read(source, LENGTH.size))
            raw = _read(source, size)
        except EOFError:
            return
        _limit_cpu()
        record, contents = wire.encode(parse_mail(raw))
        del raw
        sink.write(LENGTHS.pack(len(record), sum(map(len, contents))))
        sink.write(record)
        sink.writelines(contents)
        sink.flush()


def main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT, MEMORY_LIMIT))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # Whatever a library prints must not land between two frames.
    sink = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    serve(sys.stdin.buffer, sink)


if __name__ == "__main__":
    main()
