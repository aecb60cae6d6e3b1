"""Trains a softmax classifier on a CSV file and measures it on rows it has never seen."""

import argparse
from collections import Counter

import report
import table
from model import Softmax


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", default="data/digits.csv")
    parser.add_argument("--target", default="digit")
    parser.add_argument("--epochs", type=int, default=15)
    parser.add_argument("--learning-rate", type=float, default=0.3)
    parser.add_argument("--l2", type=float, default=0.0001)
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--held-back", type=float, default=0.2)
    parser.add_argument("--seed", type=int, default=7)
    return parser.parse_args()


def main():
    args = arguments()
    report.parameters(args)
    names, features, texts = table.read(args.data, args.target)
    classes = sorted(set(texts))
    labels = [classes.index(text) for text in texts]
    train, held = table.hold_back(len(features), args.held_back, args.seed)
    largest = max(max(map(abs, features[i])) for i in train) or 1.0
    rows = [[value / largest for value in row] for row in features]
    train_rows, train_labels = [rows[i] for i in train], [labels[i] for i in train]
    held_rows, held_labels = [rows[i] for i in held], [labels[i] for i in held]
    print(f"{len(train)} rows to train on, {len(held)} held back, {len(names)} features, {len(classes)} classes", flush=True)

    model = Softmax(len(names), len(classes))
    curves = {"training loss": [], "held-back loss": []}
    for epoch in range(1, args.epochs + 1):
        loss = model.fit_epoch(train_rows, train_labels, args.learning_rate, args.l2, args.batch_size, args.seed + epoch)
        held_loss, accuracy = model.score(held_rows, held_labels)
        report.step("epoch", epoch, loss=loss, held_back_loss=held_loss, accuracy=accuracy)
        curves["training loss"].append((epoch, loss))
        curves["held-back loss"].append((epoch, held_loss))

    commonest = Counter(train_labels).most_common(1)[0][0]
    baseline = held_labels.count(commonest) / len(held)
    print(f"held-back accuracy {accuracy:.4f}; always answering {classes[commonest]!r} gives {baseline:.4f}")
    metrics = {"accuracy": accuracy, "baseline_accuracy": baseline, "loss": held_loss, "rows": len(train), "held_back_rows": len(held)}
    guesses = [model.probabilities(row) for row in held_rows]
    answers = [
        [i + 2, texts[i], classes[guess.index(max(guess))], f"{max(guess):.4f}"] for i, guess in zip(held, guesses)
    ]
    saved = {"kind": "softmax", "features": names, "classes": classes, "divide_by": largest, "weights": model.weights, "biases": model.biases}
    report.save(saved, metrics, ["line", "truth", "prediction", "probability"], answers)
    report.chart("loss.svg", "Cross-entropy by epoch", "epoch", curves)


if __name__ == "__main__":
    main()
