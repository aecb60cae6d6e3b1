"""Trains a small neural network on a CSV file with two classes and measures it on rows it has never seen."""

import argparse
from collections import Counter

import report
import table
from model import Network, cross_entropy


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", default="data/cancer.csv")
    parser.add_argument("--target", default="diagnosis")
    parser.add_argument("--positive", default="malignant")
    parser.add_argument("--hidden", type=int, default=12)
    parser.add_argument("--epochs", type=int, default=40)
    parser.add_argument("--learning-rate", type=float, default=0.05)
    parser.add_argument("--momentum", type=float, default=0.9)
    parser.add_argument("--l2", type=float, default=0.001)
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--held-back", type=float, default=0.25)
    parser.add_argument("--seed", type=int, default=7)
    return parser.parse_args()


def main():
    args = arguments()
    report.parameters(args)
    names, features, labels = table.read(args.data, args.target)
    if len(set(labels)) != 2 or args.positive not in labels:
        raise SystemExit(f"{args.target!r} must have two values, {args.positive!r} among them; it has: {', '.join(sorted(set(labels))[:10])}.")
    train, held = table.hold_back(len(features), args.held_back, args.seed)
    means, spreads = table.scaling([features[i] for i in train])
    rows = table.scale(features, means, spreads)
    truths = [int(label == args.positive) for label in labels]
    train_rows, train_truths = [rows[i] for i in train], [truths[i] for i in train]
    held_rows, held_truths = [rows[i] for i in held], [truths[i] for i in held]
    print(f"{len(train)} rows to train on, {len(held)} held back, {len(names)} features", flush=True)

    model = Network(len(names), args.hidden, args.seed)
    curves = {"training loss": [], "held-back loss": []}
    for epoch in range(1, args.epochs + 1):
        loss = model.fit_epoch(train_rows, train_truths, args.learning_rate, args.momentum, args.l2, args.batch_size, args.seed + epoch)
        guesses = [model.probability(row) for row in held_rows]
        held_loss = cross_entropy(guesses, held_truths)
        accuracy = sum((guess >= 0.5) == bool(truth) for guess, truth in zip(guesses, held_truths)) / len(held)
        report.step("epoch", epoch, loss=loss, held_back_loss=held_loss, accuracy=accuracy)
        curves["training loss"].append((epoch, loss))
        curves["held-back loss"].append((epoch, held_loss))

    commonest = Counter(train_truths).most_common(1)[0][0]
    baseline = held_truths.count(commonest) / len(held)
    found = [guess >= 0.5 for guess, truth in zip(guesses, held_truths) if truth]
    print(f"held-back accuracy {accuracy:.4f}; always giving the commoner answer gets {baseline:.4f}")
    metrics = {
        "accuracy": accuracy, "baseline_accuracy": baseline, "loss": held_loss,
        "recall": sum(found) / len(found) if found else 0.0, "rows": len(train), "held_back_rows": len(held),
    }
    other = next(label for label in labels if label != args.positive)
    answers = [[i + 2, labels[i], args.positive if guess >= 0.5 else other, f"{guess:.4f}"] for i, guess in zip(held, guesses)]
    saved = {
        "kind": "mlp", "features": names, "positive": args.positive, "negative": other, "means": means, "spreads": spreads,
        "inner": model.inner, "inner_bias": model.inner_bias, "outer": model.outer, "outer_bias": model.outer_bias,
    }
    report.save(saved, metrics, ["line", "truth", "prediction", "probability_of_positive"], answers)
    report.chart("loss.svg", "Cross-entropy by epoch", "epoch", curves)


if __name__ == "__main__":
    main()
