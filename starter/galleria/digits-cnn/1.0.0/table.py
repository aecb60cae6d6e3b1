"""Reading a CSV file with a header row, and holding some of its rows back."""

import csv
import math
import random
import sys


def read(path, target):
    """The names of the features, their rows as numbers, and the target's values as text."""
    try:
        with open(path, newline="", encoding="utf-8-sig") as file:
            rows = list(csv.reader(file))
    except (OSError, UnicodeDecodeError) as error:
        sys.exit(f"{path} cannot be read as UTF-8 text: {error}")
    if len(rows) < 11:
        sys.exit(f"{path} needs a header row and at least 10 rows of data; it has {len(rows)} lines.")
    header = rows[0]
    if target not in header:
        sys.exit(f"{path} has no column {target!r}. Its columns are: {', '.join(header)}.")
    at = header.index(target)
    features, labels = [], []
    for number, row in enumerate(rows[1:], start=2):
        if not row:
            continue
        if len(row) != len(header):
            sys.exit(f"{path}, line {number}: has {len(row)} values where the header has {len(header)}.")
        try:
            values = [float(value) for column, value in enumerate(row) if column != at]
        except ValueError as error:
            sys.exit(f"{path}, line {number}: every column but {target!r} must be a number; {error}.")
        if not all(map(math.isfinite, values)):
            sys.exit(f"{path}, line {number}: has a number that is not finite.")
        features.append(values)
        labels.append(row[at])
    return [name for name in header if name != target], features, labels


def hold_back(count, share, seed):
    """Shuffled row numbers: those to train on, and those held back."""
    order = list(range(count))
    random.Random(seed).shuffle(order)
    kept = max(1, min(count - 1, round(count * share)))
    return order[kept:], order[:kept]
