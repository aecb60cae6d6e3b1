"""Reading a series from a CSV file: one row a point in time, oldest first."""

import csv
import math
import sys


def read(path, time, value):
    """The names of the times as they are written, and the values."""
    try:
        with open(path, newline="", encoding="utf-8-sig") as file:
            rows = [row for row in csv.reader(file) if row]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        sys.exit(f"{path} cannot be read as CSV in UTF-8: {error}")
    header = rows[0] if rows else []
    for column in (time, value):
        if column not in header:
            sys.exit(f"{path} has no column {column!r}. Its columns are: {', '.join(header)}.")
    times, values = [], []
    for number, row in enumerate(rows[1:], start=2):
        if len(row) != len(header):
            sys.exit(f"{path}, row {number}: has {len(row)} values where the header has {len(header)}.")
        try:
            figure = float(row[header.index(value)])
        except ValueError:
            figure = math.nan
        if not math.isfinite(figure):
            sys.exit(f"{path}, row {number}: {row[header.index(value)]!r} is no number; fill the gaps of {value!r} first.")
        times.append(row[header.index(time)])
        values.append(figure)
    return times, values
