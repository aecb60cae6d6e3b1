"""k-means by Lloyd's iterations. Standard library only."""

import math
import random


def distance(a, b):
    """Squared Euclidean distance."""
    return sum((x - y) ** 2 for x, y in zip(a, b))


def nearest(row, centres):
    """The number of the centre closest to a row."""
    return min(range(len(centres)), key=lambda group: distance(row, centres[group]))


def spread_out(rows, clusters, chance):
    """First centres by k-means++: each is drawn with a chance that grows with its distance to those before it."""
    centres = [list(chance.choice(rows))]
    while len(centres) < clusters:
        weights = [min(distance(row, centre) for centre in centres) for row in rows]
        centres.append(list(chance.choices(rows, weights)[0] if sum(weights) else chance.choice(rows)))
    return centres


def once(rows, clusters, iterations, chance):
    """One run of Lloyd's iterations from centres drawn by chance."""
    centres = spread_out(rows, clusters, chance)
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


def fit(rows, clusters, iterations, restarts, seed):
    """The centres found, and the mean squared distance to them after each iteration."""
    chance = random.Random(seed)
    runs = [once(rows, clusters, iterations, chance) for _ in range(restarts)]
    return min(runs, key=lambda run: run[1][-1])


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
