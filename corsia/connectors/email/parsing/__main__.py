"""`python -m corsia.connectors.email.parsing [--json] FILE...`: what the parser makes of mails."""

import argparse
import sys
from pathlib import Path

from corsia.connectors.email.parsing.listing import parse_files


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="parse-mail", description="Show what the parser makes of mails. Nothing is stored."
    )
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    arguments = parser.parse_args()
    return 1 if parse_files(arguments.files, json=arguments.json, out=sys.stdout) else 0


if __name__ == "__main__":
    raise SystemExit(main())
