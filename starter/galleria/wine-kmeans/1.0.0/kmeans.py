"""k-means by Lloyd's iterations. Standard library only."""

import math
import random


def distance(a, b):
    """Squared Euclidean distance."""
    return sum((x - y) ** 2 for x, y in zip(a, b))


def nearest(row, centres):
    """The number of the centre closest to a row."""
    return min(range(len(centres)), key=lambda group: distance(row, centres[group]))


def fit(rows, clusters, iterations, seed):
    """The centres found, and the mean squared distance to them after each iteration."""
    centres = [list(row) for row in random.Random(seed).sample(rows, clusters)]
    curve = []
    for _ in range(iterations):
        groups = [nearest(row, centres) for row in rows]
        for group in range(clusters):
            members = [row for row, found in zip(rows, groups) if found == group]
            if members:
                centres[group] = [sum(column) / len(members) for column in zip(*members)]
        curve.append(sum(distance(row, centres[nearest(row, centres)]) for row in rows) / len(rows))
        if len(curve) > 1 and curve[-1] >= curve[-2] - 1e-12:
            break
    return centres, curve


def silhouette(rows, groups):
    """How well rows sit in their groups: 1 is perfect, 0 on the border, -1 wrong."""
    if len(set(groups)) < 2:
        return 0.0
    total = 0.0
    for i, (row, group) in enumerate(zip(rows, groups)):
        away = {}
        for j, (other, other_group) in enumerate(zip(rows, groups)):
            if i != j:
                away.setdefault(other_group, []).append(math.sqrt(distance(row, other)))
        if group not in away:
            continue
        own = sum(away[group]) / len(away[group])
        next_best = min(sum(far) / len(far) for other, far in away.items() if other != group)
        total += (next_best - own) / (max(own, next_best) or 1.0)
    return total / len(rows)
