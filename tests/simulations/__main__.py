"""Prints the tables of docs/statistics.md: `python -m tests.simulations [TRIALS]`, about an hour of one core for 1,000."""

from __future__ import annotations

import sys

from tests.simulations import boards, coverage, places
from tests.simulations.worlds import worlds


def main(trials: int) -> int:
    """Simulate everything; 1 where something lies outside its range by more than three standard errors."""
    found = []
    for world in worlds():
        for seeds, spread in coverage.cells(world):
            found.append(coverage.cover(world, seeds, spread, trials))
            print(f"{world.name}, {seeds} seeds, spread {spread}: {found[-1]}", file=sys.stderr, flush=True)
    print(f"Share of {trials:,} test sets, in %, whose 95 % interval holds the truth, by number of seeds:\n")
    print("\n".join(coverage.markdown(found)))
    tables = [boards.false_boards(size, seeds, trials, tenfold) for size, seeds, tenfold in boards.BOARDS]
    pairs = [boards.false_differences(spread, seeds, trials) for spread, seeds in boards.PAIRS]
    print("\nEqual models that are told apart all the same:\n")
    print("\n".join(boards.markdown([*tables, *pairs])))
    means = [places.mean_places_held(step, trials) for step in places.STEPS]
    print("\nIntervals of mean places over two tables that hold the true mean places:\n")
    print("\n".join(places.markdown(means)))
    wrong = [cell for cell in found if cell.outside] + [share for share in (*tables, *pairs, *means) if share.outside]
    print(*wrong, sep="\n", file=sys.stderr)
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000))
