"""Grows a random forest on a CSV file, measures it on rows it has never seen, and says which columns it leans on."""

import argparse
import warnings
from collections import Counter

import joblib
import numpy
from sklearn.ensemble import RandomForestClassifier
from sklearn.inspection import permutation_importance
from sklearn.metrics import f1_score

import report
import table


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", default="data/satellite.csv")
    parser.add_argument("--target", default="land")
    parser.add_argument("--trees", type=int, default=100)
    parser.add_argument("--max-depth", type=int, default=20)
    parser.add_argument("--min-leaf", type=int, default=1)
    parser.add_argument("--columns", choices=["sqrt", "log2", "half", "all"], default="sqrt")
    parser.add_argument("--class-weight", choices=["none", "balanced"], default="none")
    parser.add_argument("--shuffles", type=int, default=2)
    parser.add_argument("--held-back", type=float, default=0.25)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=7)
    return parser.parse_args()


def grow(args, rows, labels):
    """Adds trees a tenth at a time; after each, rows are judged by the trees that never saw them."""
    forest = RandomForestClassifier(
        max_depth=args.max_depth, min_samples_leaf=args.min_leaf,
        max_features={"half": 0.5, "all": None}.get(args.columns, args.columns),
        class_weight=None if args.class_weight == "none" else "balanced_subsample",
        oob_score=True, warm_start=True, n_jobs=args.threads, random_state=args.seed,
    )
    stages = sorted({max(1, round(args.trees * part / 10)) for part in range(1, 11)})
    for number, trees in enumerate(stages, start=1):
        forest.set_params(n_estimators=trees)
        with warnings.catch_warnings():
            # With few trees, some rows were in every tree's sample; scikit-learn says so each time.
            warnings.simplefilter("ignore", UserWarning)
            forest.fit(rows, labels)
        report.step("step", number, trees=trees, out_of_bag_accuracy=forest.oob_score_)
    return forest


def main():
    args = arguments()
    report.parameters(args)
    names, features, texts = table.read(args.data, args.target)
    train, held = table.hold_back(len(features), args.held_back, args.seed)
    rows, labels = numpy.array(features, dtype=numpy.float32), numpy.array(texts)
    if len(set(labels[train])) < 2:
        raise SystemExit(f"{args.target!r} must have at least two values among the training rows.")
    print(f"{len(train)} rows to train on, {len(held)} held back, {len(names)} features, {len(set(texts))} classes", flush=True)

    forest = grow(args, rows[train], labels[train])
    answers, chances = forest.predict(rows[held]), forest.predict_proba(rows[held]).max(axis=1)
    accuracy = float((answers == labels[held]).mean())
    commonest = Counter(texts[i] for i in train).most_common(1)[0][0]
    baseline = float((labels[held] == commonest).mean())
    print(f"held-back accuracy {accuracy:.4f}; always answering {commonest!r} gives {baseline:.4f}")

    # How much accuracy is lost when the values of one column are dealt out anew among the held-back rows.
    found = permutation_importance(forest, rows[held], labels[held], n_repeats=args.shuffles, random_state=args.seed, n_jobs=1)
    importance = sorted(((name, float(value)) for name, value in zip(names, found.importances_mean)), key=lambda item: -item[1])
    metrics = {
        "accuracy": accuracy, "baseline_accuracy": baseline, "f1_macro": float(f1_score(labels[held], answers, average="macro")),
        "out_of_bag_accuracy": float(forest.oob_score_), "trees": len(forest.estimators_), "rows": len(train), "held_back_rows": len(held),
    }
    joblib.dump({"forest": forest, "features": names}, report.folder() / "model.joblib", compress=3)
    table_rows = [[i + 2, texts[i], answer, f"{chance:.4f}"] for i, answer, chance in zip(held, answers, chances)]
    report.save(metrics, ["line", "truth", "prediction", "probability"], table_rows)
    report.bars("importance.svg", "What the forest leans on", "accuracy lost when the column is shuffled", importance[:15])


if __name__ == "__main__":
    main()
