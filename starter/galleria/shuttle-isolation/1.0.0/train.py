"""Learns what is usual from rows without labels, and measures on held-back rows how well the unusual ones stand out."""

import argparse

import joblib
import numpy
from sklearn.ensemble import IsolationForest
from sklearn.metrics import average_precision_score, precision_recall_curve, roc_auc_score

import report
import table


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", default="data/shuttle.csv")
    parser.add_argument("--label", default="anomaly")
    parser.add_argument("--anomalous", default="1")
    parser.add_argument("--trees", type=int, default=100)
    parser.add_argument("--sample", type=int, default=256)
    parser.add_argument("--columns", type=float, default=1.0)
    parser.add_argument("--alarms", type=float, default=0.07)
    parser.add_argument("--held-back", type=float, default=0.3)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=7)
    return parser.parse_args()


def main():
    args = arguments()
    report.parameters(args)
    names, features, labels = table.read(args.data, args.label)
    train, held = table.hold_back(len(features), args.held_back, args.seed)
    rows = numpy.array(features)
    truths = numpy.array([label == args.anomalous for label in labels])
    if not truths[held].any() or truths[held].all():
        raise SystemExit(f"The held-back rows need some whose {args.label!r} is {args.anomalous!r} and some whose is not.")
    print(f"{len(train)} rows to learn from, labels unseen; {len(held)} held back, {int(truths[held].sum())} of them anomalous", flush=True)

    forest = IsolationForest(
        max_samples=min(args.sample, len(train)), max_features=args.columns, warm_start=True, n_jobs=args.threads, random_state=args.seed,
    )
    for number, trees in enumerate(sorted({max(1, round(args.trees * part / 10)) for part in range(1, 11)}), start=1):
        forest.set_params(n_estimators=trees)
        forest.fit(rows[train])
        scores = -forest.score_samples(rows[held])
        report.step("step", number, trees=trees, average_precision=average_precision_score(truths[held], scores))

    # The alarm goes off where the wanted share of the training rows would set it off: no label takes part in that either.
    threshold = float(numpy.quantile(-forest.score_samples(rows[train]), 1 - args.alarms))
    alarms = scores >= threshold
    found = int((alarms & truths[held]).sum())
    precision_at, recall_at, _ = precision_recall_curve(truths[held], scores)
    metrics = {
        "average_precision": float(average_precision_score(truths[held], scores)), "baseline_average_precision": float(truths[held].mean()),
        "roc_auc": float(roc_auc_score(truths[held], scores)), "precision": found / max(1, int(alarms.sum())), "recall": found / int(truths[held].sum()),
        "threshold": threshold, "rows": len(train), "held_back_rows": len(held),
    }
    print(f"held-back average precision {metrics['average_precision']:.4f}; alarms by chance give {metrics['baseline_average_precision']:.4f}")
    joblib.dump({"forest": forest, "features": names, "threshold": threshold}, report.folder() / "model.joblib", compress=3)
    answers = [[i + 2, labels[i], f"{score:.4f}", int(alarm)] for i, score, alarm in zip(held, scores, alarms)]
    report.save(metrics, ["line", "label", "score", "alarm"], answers)
    curve = [(float(recall), float(precision)) for recall, precision in zip(recall_at, precision_at)]
    chance = [(0.0, metrics["baseline_average_precision"]), (1.0, metrics["baseline_average_precision"])]
    report.chart("precision.svg", "Share of alarms that are right, by share of anomalies found", "recall", {"isolation forest": curve, "chance": chance})


if __name__ == "__main__":
    main()
