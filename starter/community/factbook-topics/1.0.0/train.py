"""Learns to file short texts under topics, and measures it on texts it has never seen."""

import argparse
import csv
import math
import random
import sys
from collections import Counter

import joblib
import numpy
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import SGDClassifier
from sklearn.metrics import f1_score, log_loss

import report


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", default="data/factbook.csv")
    parser.add_argument("--text", default="text")
    parser.add_argument("--target", default="topic")
    parser.add_argument("--units", choices=["words", "word pairs", "letters"], default="words")
    parser.add_argument("--vocabulary", type=int, default=20000)
    parser.add_argument("--rare", type=int, default=2)
    parser.add_argument("--epochs", type=int, default=15)
    parser.add_argument("--learning-rate", type=float, default=1.0)
    parser.add_argument("--penalty", type=float, default=0.00001)
    parser.add_argument("--held-back", type=float, default=0.25)
    parser.add_argument("--seed", type=int, default=7)
    return parser.parse_args()


def read(path, text, target):
    """The texts and their labels."""
    csv.field_size_limit(1 << 24)
    try:
        with open(path, newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file)
            for column in (text, target):
                if column not in (reader.fieldnames or []):
                    sys.exit(f"{path} has no column {column!r}. Its columns are: {', '.join(reader.fieldnames or [])}.")
            rows = [(row[text] or "", row[target] or "") for row in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        sys.exit(f"{path} cannot be read as CSV in UTF-8: {error}")
    if len(rows) < 20 or len({label for _, label in rows}) < 2:
        sys.exit(f"{path} needs at least 20 texts and two different values of {target!r}; it has {len(rows)} texts.")
    return [row[0] for row in rows], [row[1] for row in rows]


def vectorizer(args):
    """Texts to weights of words, of words and pairs of neighbours, or of runs of two to four letters."""
    kinds = {"words": ("word", (1, 1)), "word pairs": ("word", (1, 2)), "letters": ("char_wb", (2, 4))}
    analyzer, lengths = kinds[args.units]
    return TfidfVectorizer(analyzer=analyzer, ngram_range=lengths, min_df=args.rare, max_features=args.vocabulary, sublinear_tf=True)


def typical(names, weights, classes, count=12):
    """The units that speak most for each class. With two classes there is one row of weights, for the second."""
    rows = weights if len(classes) > 2 else [-weights[0], weights[0]]
    return {str(label): [str(names[i]) for i in numpy.argsort(-row)[:count]] for label, row in zip(classes, rows)}


def main():
    args = arguments()
    report.parameters(args)
    texts, labels = read(args.data, args.text, args.target)
    order = list(range(len(texts)))
    random.Random(args.seed).shuffle(order)
    kept = max(1, min(len(order) - 1, round(len(order) * args.held_back)))
    train, held = order[kept:], order[:kept]
    classes = sorted({labels[i] for i in train})
    vectors = vectorizer(args)
    try:
        train_rows = vectors.fit_transform([texts[i] for i in train])
    except ValueError as problem:
        raise SystemExit(f"No vocabulary could be made: {problem}") from None
    held_rows = vectors.transform([texts[i] for i in held])
    train_labels, held_labels = numpy.array([labels[i] for i in train]), numpy.array([labels[i] for i in held])
    print(f"{len(train)} texts to train on, {len(held)} held back, {len(classes)} topics, {train_rows.shape[1]} units", flush=True)

    model = SGDClassifier(loss="log_loss", alpha=args.penalty, learning_rate="constant", eta0=args.learning_rate, random_state=args.seed)
    curves = {"training loss": [], "held-back loss": []}
    known = numpy.isin(held_labels, classes)
    for epoch in range(1, args.epochs + 1):
        turn = numpy.random.RandomState((args.seed + epoch) % 2**32).permutation(len(train))
        model.partial_fit(train_rows[turn], train_labels[turn], classes=classes)
        loss = log_loss(train_labels, model.predict_proba(train_rows), labels=classes)
        held_loss = log_loss(held_labels[known], model.predict_proba(held_rows[known]), labels=classes) if known.any() else math.nan
        accuracy = float((model.predict(held_rows) == held_labels).mean())
        report.step("epoch", epoch, loss=loss, held_back_loss=held_loss, accuracy=accuracy)
        curves["training loss"].append((epoch, loss))
        curves["held-back loss"].append((epoch, held_loss))

    answers, chances = model.predict(held_rows), model.predict_proba(held_rows).max(axis=1)
    commonest = Counter(train_labels.tolist()).most_common(1)[0][0]
    baseline = float((held_labels == commonest).mean())
    print(f"held-back accuracy {accuracy:.4f}; always answering {commonest!r} gives {baseline:.4f}")
    for label, units in typical(vectors.get_feature_names_out(), model.coef_, classes).items():
        print(f"typical of {label}: {', '.join(unit.strip() for unit in units)}")
    metrics = {
        "accuracy": accuracy, "baseline_accuracy": baseline, "f1_macro": float(f1_score(held_labels, answers, average="macro")),
        "loss": float(held_loss), "units": int(train_rows.shape[1]), "rows": len(train), "held_back_rows": len(held),
    }
    joblib.dump({"vectorizer": vectors, "classifier": model}, report.folder() / "model.joblib", compress=3)
    table_rows = [[i + 1, labels[i], answer, f"{chance:.4f}", texts[i][:80]] for i, answer, chance in zip(held, answers, chances)]
    report.save(metrics, ["row", "truth", "prediction", "probability", "begins"], table_rows)
    report.chart("loss.svg", "Cross-entropy by epoch", "epoch", curves)


if __name__ == "__main__":
    main()
