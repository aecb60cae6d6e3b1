"""Groups the rows of a CSV file by k-means and measures the groups on rows that were held back."""

import argparse
from collections import Counter

import kmeans
import report
import table


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", default="data/wine.csv")
    parser.add_argument("--label", default="cultivar")
    parser.add_argument("--clusters", type=int, default=3)
    parser.add_argument("--iterations", type=int, default=30)
    parser.add_argument("--restarts", type=int, default=5)
    parser.add_argument("--held-back", type=float, default=0.3)
    parser.add_argument("--seed", type=int, default=7)
    return parser.parse_args()


def main():
    args = arguments()
    report.parameters(args)
    names, features, labels = table.read(args.data, args.label)
    train, held = table.hold_back(len(features), args.held_back, args.seed)
    if args.clusters > len(train):
        raise SystemExit(f"{args.clusters} clusters need at least as many rows; there are {len(train)} to train on.")
    means, spreads = table.scaling([features[i] for i in train])
    rows = table.scale(features, means, spreads)
    train_rows, held_rows = [rows[i] for i in train], [rows[i] for i in held]
    print(f"{len(train)} rows to train on, {len(held)} held back, {len(names)} features", flush=True)

    centres, curve = kmeans.fit(train_rows, args.clusters, args.iterations, args.restarts, args.seed)
    for number, inertia in enumerate(curve, start=1):
        report.step("epoch", number, inertia=inertia)

    # The labels take no part in the grouping. They name each group afterwards, by its commonest label in training.
    groups = [kmeans.nearest(row, centres) for row in train_rows]
    overall = Counter(labels[i] for i in train).most_common(1)[0][0]
    meaning = []
    for group in range(args.clusters):
        inside = Counter(labels[i] for i, found in zip(train, groups) if found == group)
        meaning.append(inside.most_common(1)[0][0] if inside else overall)
    answers = [kmeans.nearest(row, centres) for row in held_rows]
    accuracy = sum(meaning[group] == labels[i] for group, i in zip(answers, held)) / len(held)
    baseline = sum(labels[i] == overall for i in held) / len(held)
    silhouette = kmeans.silhouette(held_rows, answers)
    print(f"held-back accuracy {accuracy:.4f}; one group for everything gives {baseline:.4f}")

    metrics = {"accuracy": accuracy, "baseline_accuracy": baseline, "silhouette": silhouette, "inertia": curve[-1], "clusters": args.clusters}
    saved = {"kind": "k-means", "features": names, "means": means, "spreads": spreads, "centres": centres, "labels": meaning}
    table_rows = [[i + 2, labels[i], group, meaning[group]] for i, group in zip(held, answers)]
    report.save(saved, metrics, ["line", "label", "cluster", "cluster_label"], table_rows)
    report.chart("inertia.svg", "Mean squared distance to the centre", "iteration", {"inertia": list(enumerate(curve, start=1))})


if __name__ == "__main__":
    main()
