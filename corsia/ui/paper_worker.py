"""The child process that sets papers: `python -m corsia.ui.paper_worker`, a JSON frame in, a PDF out.

It knows no settings and no secret. Before it reads a template or a word of anybody it gives up opening anything: with
no file descriptor left to hand out, the operating system itself refuses it every file, folder and network connection.
"""

import json
import os
import resource
import sys
import tempfile
from typing import Any

import typst

MEMORY_LIMIT = 1536 * 1024 * 1024  # bytes of address space; the library's own code and fonts take 200 MB of it
CPU_LIMIT = 60  # seconds
DONE, REFUSED = b"OK\n", b"NO\n"
# Every face is used once before the door is closed: fonts are read when they are needed first.
_WARM_UP = '#set text(font: "Inter")\nA #text(weight: 600)[B] #underline[C] #raw("D")'


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT, MEMORY_LIMIT))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_LIMIT, CPU_LIMIT + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _close_the_door() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, 3))  # standard input, output and error, and nothing else any more


def main() -> None:
    _limit()
    asked: dict[str, Any] = json.loads(sys.stdin.buffer.read())
    with tempfile.TemporaryDirectory() as nothing:
        os.chdir(nothing)
        fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=True, font_paths=asked["fonts"])
        compiler = typst.Compiler(
            input={"main.typ": _WARM_UP.encode()},  # type: ignore[type-var]  # its stubs do not know of mappings
            root=nothing,
            font_paths=fonts,
            ignore_system_fonts=True,
            package_path=f"{nothing}/packages",
            package_cache_path=f"{nothing}/cache",
        )
        compiler.compile(format="pdf")
    _close_the_door()
    sources = {name: text.encode() for name, text in asked["sources"].items()}
    try:
        pdf: Any = compiler.compile(
            input=sources,  # type: ignore[type-var]
            format="pdf",
            sys_inputs={"data": asked["data"]},
            pdf_standards=asked["standards"],
            timestamp=asked["timestamp"],
        )
    except typst.TypstError as error:
        sys.stdout.buffer.write(REFUSED + str(error).encode("utf-8", "replace")[:4000])
        return
    sys.stdout.buffer.write(DONE + pdf)


if __name__ == "__main__":
    main()
