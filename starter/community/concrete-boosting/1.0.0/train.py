"""Boosts regression trees on a CSV file, stops when they no longer help, and measures them on held-back rows."""

import argparse

import numpy
import xgboost

import report
import table


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", default="data/concrete.csv")
    parser.add_argument("--target", default="strength_mpa")
    parser.add_argument("--rounds", type=int, default=400)
    parser.add_argument("--patience", type=int, default=30)
    parser.add_argument("--learning-rate", type=float, default=0.1)
    parser.add_argument("--depth", type=int, default=4)
    parser.add_argument("--min-weight", type=float, default=2.0)
    parser.add_argument("--rows", type=float, default=0.8)
    parser.add_argument("--columns", type=float, default=0.8)
    parser.add_argument("--l2", type=float, default=1.0)
    parser.add_argument("--held-back", type=float, default=0.2)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=7)
    return parser.parse_args()


class Curves(xgboost.callback.TrainingCallback):
    """Reports both errors after each round."""

    def __init__(self):
        self.training, self.validation = [], []

    def after_iteration(self, model, epoch, evals_log):
        training, validation = evals_log["training"]["rmse"][-1], evals_log["validation"]["rmse"][-1]
        report.step("step", epoch + 1, training_rmse=training, validation_rmse=validation)
        self.training.append((epoch + 1, training))
        self.validation.append((epoch + 1, validation))
        return False


def error(guesses, truths):
    """Root of the mean squared error."""
    return float(numpy.sqrt(numpy.mean((guesses - truths) ** 2)))


def main():
    args = arguments()
    report.parameters(args)
    names, features, texts = table.read(args.data, args.target)
    try:
        targets = numpy.array([float(text) for text in texts])
    except ValueError as problem:
        raise SystemExit(f"Every value of {args.target!r} must be a number; {problem}.") from None
    if not numpy.isfinite(targets).all():
        raise SystemExit(f"{args.target!r} has a number that is not finite.")
    learn, held = table.hold_back(len(features), args.held_back, args.seed)
    # A fifth of the rows to learn from decides when to stop: the held-back ones take no part in that.
    cut = max(1, len(learn) // 5)
    check, train = learn[:cut], learn[cut:]
    rows = numpy.array(features)
    part = {key: xgboost.DMatrix(rows[at], label=targets[at], feature_names=names, nthread=args.threads)
            for key, at in (("training", train), ("validation", check), ("held back", held))}
    print(f"{len(train)} rows to train on, {len(check)} to decide when to stop, {len(held)} held back, {len(names)} features", flush=True)

    settings = {
        "objective": "reg:squarederror", "tree_method": "hist", "eta": args.learning_rate, "max_depth": args.depth, "min_child_weight": args.min_weight,
        "subsample": args.rows, "colsample_bytree": args.columns, "lambda": args.l2, "nthread": args.threads, "seed": args.seed,
    }
    curves = Curves()
    model = xgboost.train(
        settings, part["training"], num_boost_round=args.rounds, evals=[(part["training"], "training"), (part["validation"], "validation")],
        callbacks=[curves, xgboost.callback.EarlyStopping(args.patience, data_name="validation", metric_name="rmse", save_best=True)],
        verbose_eval=False,
    )
    guesses = model.predict(part["held back"])
    rmse = error(guesses, targets[held])
    baseline = error(targets[learn].mean(), targets[held])
    trees = model.num_boosted_rounds()
    print(f"held-back rmse {rmse:.4f} with {trees} trees; always answering the mean gives {baseline:.4f}")
    gain = model.get_score(importance_type="total_gain")
    for name in sorted(names, key=lambda name: -gain.get(name, 0.0))[:20]:
        print(f"share of the gain: {gain.get(name, 0.0) / (sum(gain.values()) or 1.0):6.1%}  {name}")
    metrics = {
        "rmse": rmse, "baseline_rmse": baseline, "mean_absolute_error": float(numpy.abs(guesses - targets[held]).mean()),
        "explained": 1 - (rmse / baseline) ** 2 if baseline else 0.0, "trees": trees, "rows": len(train), "held_back_rows": len(held),
    }
    model.save_model(report.folder() / "model.json")
    answers = [[i + 2, texts[i], f"{guess:.2f}"] for i, guess in zip(held, guesses)]
    report.save(metrics, ["line", "truth", "prediction"], answers)
    report.chart("rmse.svg", "Error by round", "round", {"training": curves.training, "validation": curves.validation})


if __name__ == "__main__":
    main()
