"""Convert weights from the command line: `python -m mnemo.convert in.pkl out.safetensors`."""

import argparse
import sys

from mnemo.errors import MnemoError
from mnemo.generators import loading


def main() -> None:
    """Convert a generator's weights file in any known layout to Mnemo's own safetensors layout."""
    parser = argparse.ArgumentParser(prog="python -m mnemo.convert", description=main.__doc__)
    parser.add_argument("source", help="weights file; its layout is detected from its content")
    parser.add_argument("target", help="safetensors file to write")
    given = parser.parse_args()
    try:
        loading.convert(given.source, given.target)
    except MnemoError as mistake:
        sys.exit(str(mistake))


if __name__ == "__main__":
    main()
