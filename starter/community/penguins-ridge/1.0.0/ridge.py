"""Linear regression with a penalty on large weights, solved exactly. Standard library only."""

import math
from operator import mul


def solve(matrix, right):
    """Solves a symmetric positive definite system by Cholesky's factorisation."""
    size = len(right)
    lower = [[0.0] * size for _ in range(size)]
    for i in range(size):
        for j in range(i + 1):
            rest = matrix[i][j] - sum(map(mul, lower[i][:j], lower[j][:j]))
            lower[i][j] = math.sqrt(max(rest, 1e-12)) if i == j else rest / lower[j][j]
    half = []
    for i in range(size):
        half.append((right[i] - sum(map(mul, lower[i], half))) / lower[i][i])
    solution = [0.0] * size
    for i in reversed(range(size)):
        solution[i] = (half[i] - sum(lower[j][i] * solution[j] for j in range(i + 1, size))) / lower[i][i]
    return solution


def fit(rows, targets, penalty):
    """Weights and the constant, for rows whose columns have mean 0."""
    constant = sum(targets) / len(targets)
    columns = list(zip(*rows))
    middle = [sum(column) / len(column) for column in columns]
    columns = [[x - mean for x in column] for column, mean in zip(columns, middle)]
    away = [target - constant for target in targets]
    matrix = [[sum(map(mul, a, b)) + (penalty * len(rows) if i == j else 0.0) for j, b in enumerate(columns)] for i, a in enumerate(columns)]
    weights = solve(matrix, [sum(map(mul, column, away)) for column in columns])
    return weights, constant - sum(map(mul, weights, middle))


def predict(rows, weights, constant):
    return [sum(map(mul, weights, row)) + constant for row in rows]


def error(guesses, truths):
    """Root of the mean squared error."""
    return math.sqrt(sum((guess - truth) ** 2 for guess, truth in zip(guesses, truths)) / len(truths))


def cross_validate(rows, targets, penalty, folds):
    """The error on each fold when trained on the others, taken together."""
    guesses, truths = [], []
    for fold in range(folds):
        inside = [i for i in range(len(rows)) if i % folds != fold]
        outside = [i for i in range(len(rows)) if i % folds == fold]
        weights, constant = fit([rows[i] for i in inside], [targets[i] for i in inside], penalty)
        guesses += predict([rows[i] for i in outside], weights, constant)
        truths += [targets[i] for i in outside]
    return error(guesses, truths)
