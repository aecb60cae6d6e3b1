"""A neural network with one hidden layer, trained by back-propagation with momentum. Standard library only."""

import math
import random
from operator import mul


def sigmoid(x):
    return 1 / (1 + math.exp(-x)) if x >= 0 else math.exp(x) / (1 + math.exp(x))


class Network:
    """Numbers in, tanh units, one probability out."""

    def __init__(self, features, hidden, seed):
        chance = random.Random(seed)
        reach = 1 / math.sqrt(features)
        self.inner = [[chance.uniform(-reach, reach) for _ in range(features)] for _ in range(hidden)]
        self.inner_bias = [0.0] * hidden
        self.outer = [chance.uniform(-1, 1) / math.sqrt(hidden) for _ in range(hidden)]
        self.outer_bias = 0.0
        self.inner_speed = [[0.0] * features for _ in range(hidden)]
        self.inner_bias_speed = [0.0] * hidden
        self.outer_speed = [0.0] * hidden
        self.outer_bias_speed = 0.0

    def hidden(self, row):
        return [math.tanh(sum(map(mul, weights, row)) + bias) for weights, bias in zip(self.inner, self.inner_bias)]

    def probability(self, row):
        return sigmoid(sum(map(mul, self.outer, self.hidden(row))) + self.outer_bias)

    def fit_epoch(self, rows, truths, learning_rate, momentum, l2, batch_size, seed):
        """Goes over all rows once; gives the mean cross-entropy seen on the way."""
        order = list(range(len(rows)))
        random.Random(seed).shuffle(order)
        loss = 0.0
        for start in range(0, len(order), batch_size):
            batch = order[start:start + batch_size]
            loss += self._step([rows[i] for i in batch], [truths[i] for i in batch], learning_rate, momentum, l2)
        return loss / len(rows)

    def _step(self, rows, truths, learning_rate, momentum, l2):
        activations = [self.hidden(row) for row in rows]
        guesses = [sigmoid(sum(map(mul, self.outer, units)) + self.outer_bias) for units in activations]
        errors = [guess - truth for guess, truth in zip(guesses, truths)]
        rate = learning_rate / len(rows)
        columns, unit_columns = list(zip(*rows)), list(zip(*activations))
        for unit, values in enumerate(unit_columns):
            back = [error * self.outer[unit] * (1 - value * value) for error, value in zip(errors, values)]
            self.inner_speed[unit] = [
                momentum * speed - rate * sum(map(mul, back, column)) - learning_rate * l2 * weight
                for speed, column, weight in zip(self.inner_speed[unit], columns, self.inner[unit])
            ]
            self.inner_bias_speed[unit] = momentum * self.inner_bias_speed[unit] - rate * sum(back)
            self.outer_speed[unit] = momentum * self.outer_speed[unit] - rate * sum(map(mul, errors, values)) - learning_rate * l2 * self.outer[unit]
        self.outer_bias_speed = momentum * self.outer_bias_speed - rate * sum(errors)
        self._move()
        return cross_entropy(guesses, truths) * len(rows)

    def _move(self):
        for unit, speeds in enumerate(self.inner_speed):
            self.inner[unit] = [weight + speed for weight, speed in zip(self.inner[unit], speeds)]
            self.inner_bias[unit] += self.inner_bias_speed[unit]
            self.outer[unit] += self.outer_speed[unit]
        self.outer_bias += self.outer_bias_speed


def cross_entropy(guesses, truths):
    """The mean over rows."""
    kept = [guess if truth else 1 - guess for guess, truth in zip(guesses, truths)]
    return -sum(math.log(max(value, 1e-12)) for value in kept) / len(kept)
