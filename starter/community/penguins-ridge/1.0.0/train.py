"""Finds the best penalty by cross-validation, fits ridge regression with it and measures it on held-back rows."""

import argparse
from itertools import combinations

import report
import ridge
import table


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", default="data/penguins.csv")
    parser.add_argument("--target", default="body_mass_g")
    parser.add_argument("--terms", choices=["linear", "squares", "interactions"], default="squares")
    parser.add_argument("--smallest", type=float, default=0.001)
    parser.add_argument("--largest", type=float, default=10.0)
    parser.add_argument("--steps", type=int, default=13)
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--held-back", type=float, default=0.25)
    parser.add_argument("--seed", type=int, default=7)
    return parser.parse_args()


def expand(names, rows, terms):
    """Adds squares, or squares and products of two columns."""
    extra = []
    if terms != "linear":
        extra += [(i, i) for i in range(len(names))]
    if terms == "interactions":
        extra += list(combinations(range(len(names)), 2))
    wider = names + [f"{names[i]} x {names[j]}" for i, j in extra]
    return wider, [row + [row[i] * row[j] for i, j in extra] for row in rows]


def main():
    args = arguments()
    report.parameters(args)
    if args.smallest > args.largest:
        raise SystemExit("The smallest penalty must not be above the largest.")
    names, features, texts = table.read(args.data, args.target)
    try:
        targets = [float(text) for text in texts]
    except ValueError as problem:
        raise SystemExit(f"Every value of {args.target!r} must be a number; {problem}.") from None
    train, held = table.hold_back(len(features), args.held_back, args.seed)
    means, spreads = table.scaling([features[i] for i in train])
    wider, rows = expand(names, table.scale(features, means, spreads), args.terms)
    train_rows, train_targets = [rows[i] for i in train], [targets[i] for i in train]
    held_rows, held_targets = [rows[i] for i in held], [targets[i] for i in held]
    print(f"{len(train)} rows to train on, {len(held)} held back, {len(wider)} terms", flush=True)

    curve = []
    for number in range(args.steps):
        share = number / (args.steps - 1) if args.steps > 1 else 0.0
        penalty = args.smallest * (args.largest / args.smallest) ** share
        rmse = ridge.cross_validate(train_rows, train_targets, penalty, min(args.folds, len(train)))
        report.step("step", number + 1, penalty=penalty, validation_rmse=rmse)
        curve.append((number + 1, rmse, penalty))
    _, best, penalty = min(curve, key=lambda point: point[1])

    weights, constant = ridge.fit(train_rows, train_targets, penalty)
    guesses = ridge.predict(held_rows, weights, constant)
    rmse = ridge.error(guesses, held_targets)
    average = sum(train_targets) / len(train_targets)
    baseline = ridge.error([average] * len(held), held_targets)
    explained = 1 - (rmse / baseline) ** 2
    print(f"held-back rmse {rmse:.4f} with penalty {penalty:.4g}; always answering the mean gives {baseline:.4f}")
    metrics = {"rmse": rmse, "baseline_rmse": baseline, "explained": explained, "validation_rmse": best, "penalty": penalty}
    saved = {"kind": "ridge", "features": names, "means": means, "spreads": spreads, "terms": wider, "weights": weights, "constant": constant}
    answers = [[i + 2, texts[i], f"{guess:.2f}"] for i, guess in zip(held, guesses)]
    report.save(metrics, ["line", "truth", "prediction"], answers, saved)
    report.chart("validation.svg", "Error in cross-validation by penalty", "step", {"rmse": [(number, value) for number, value, _ in curve]})


if __name__ == "__main__":
    main()
