"""Hostile input, made from a seed: images, manifests, HTTP requests and kills.

    python -m benchmarks.hostile images --seed 1 --count 5000
    python -m benchmarks.hostile crafted
    python -m benchmarks.hostile manifests --seed 1 --count 1000
    python -m benchmarks.hostile requests --seed 1 --count 300
    python -m benchmarks.hostile kills --seed 1 --count 200

Each writes its counts and its worst offenders to benchmarks/results/hostile.json, and exits with 1 if anything failed.
"""

import argparse
import importlib
import sys

from benchmarks.hostile.record import save

SUITES = {
    "images": 5000,
    "crafted": 1000,  # all that there are
    "manifests": 1000,
    "requests": 300,
    "kills": 200,
}


def main() -> int:
    """Run one suite; 1 if anything failed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("suite", choices=SUITES)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, help="How many cases; by default as many as the table of results has.")
    parser.add_argument("--first", type=int, default=0, metavar="N", help="Begin with case N, to go on.")
    parser.add_argument("--only", type=int, metavar="N", help="Run case N alone and save nothing.")
    parser.add_argument("--keep", metavar="DIR", help="Write the input of failing cases to this folder.")
    given = parser.parse_args()
    module = importlib.import_module(f"benchmarks.hostile.{given.suite}")
    numbers = range(given.first, given.first + (given.count or SUITES[given.suite]))
    numbers = numbers if given.only is None else range(given.only, given.only + 1)
    result = module.run(given.seed, numbers, given.keep)
    if given.only is None:
        save(given.suite, f"seed {given.seed}, from {given.first}", result)
    return 1 if result["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
