"""Multinomial logistic regression (softmax) trained by mini-batch gradient descent. Standard library only."""

import math
import random
from operator import mul


class Softmax:
    """One row of weights and one bias for each class."""

    def __init__(self, features, classes):
        self.weights = [[0.0] * features for _ in range(classes)]
        self.biases = [0.0] * classes

    def probabilities(self, row):
        """The probability of each class for a row of numbers."""
        scores = [sum(map(mul, weights, row)) + bias for weights, bias in zip(self.weights, self.biases)]
        top = max(scores)
        powers = [math.exp(score - top) for score in scores]
        total = sum(powers)
        return [power / total for power in powers]

    def fit_epoch(self, rows, labels, learning_rate, l2, batch_size, seed):
        """Goes over all rows once, in an order drawn from the seed; gives the mean cross-entropy seen on the way."""
        order = list(range(len(rows)))
        random.Random(seed).shuffle(order)
        loss = 0.0
        for start in range(0, len(order), batch_size):
            batch = order[start:start + batch_size]
            loss += self._step([rows[i] for i in batch], [labels[i] for i in batch], learning_rate, l2)
        return loss / len(rows)

    def _step(self, rows, labels, learning_rate, l2):
        guesses = [self.probabilities(row) for row in rows]
        loss = -sum(math.log(max(guess[label], 1e-12)) for guess, label in zip(guesses, labels))
        rate = learning_rate / len(rows)
        columns = list(zip(*rows))
        for label in range(len(self.biases)):
            errors = [guess[label] - (label == truth) for guess, truth in zip(guesses, labels)]
            self.biases[label] -= rate * sum(errors)
            self.weights[label] = [
                weight - rate * sum(map(mul, column, errors)) - learning_rate * l2 * weight
                for weight, column in zip(self.weights[label], columns)
            ]
        return loss

    def score(self, rows, labels):
        """Mean cross-entropy and share of right answers."""
        guesses = [self.probabilities(row) for row in rows]
        loss = -sum(math.log(max(guess[label], 1e-12)) for guess, label in zip(guesses, labels)) / len(rows)
        right = sum(guess.index(max(guess)) == label for guess, label in zip(guesses, labels))
        return loss, right / len(rows)
