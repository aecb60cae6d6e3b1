"""Forecasts a series by exponential smoothing, from several points in its past, and measures what came true."""

import argparse
import csv
import math
import os
import warnings

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy
from statsmodels.tsa.holtwinters import ExponentialSmoothing

import report
import series


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", default="data/co2.csv")
    parser.add_argument("--time", default="month")
    parser.add_argument("--value", default="co2_ppm")
    parser.add_argument("--trend", choices=["none", "straight", "damped"], default="straight")
    parser.add_argument("--season", choices=["none", "added", "multiplied"], default="added")
    parser.add_argument("--period", type=int, default=12)
    parser.add_argument("--horizon", type=int, default=12)
    parser.add_argument("--windows", type=int, default=10)
    return parser.parse_args()


def fit(args, values):
    """The smoothing whose weights fit these values best."""
    season = {"none": None, "added": "add", "multiplied": "mul"}[args.season]
    model = ExponentialSmoothing(
        values, trend=None if args.trend == "none" else "add", damped_trend=args.trend == "damped",
        seasonal=season, seasonal_periods=args.period if season else None, initialization_method="estimated",
    )
    with warnings.catch_warnings():
        # Weights at the edge of what is allowed are told of as a failure to converge; the forecast is measured all the same.
        warnings.simplefilter("ignore")
        return model.fit()


def error(guesses, truths):
    """Root of the mean squared error."""
    return math.sqrt(sum((guess - truth) ** 2 for guess, truth in zip(guesses, truths)) / len(truths))


def plain(parameters):
    """The fitted weights as JSON knows them; those the model does not have are left out."""
    kept = {}
    for name, value in parameters.items():
        if isinstance(value, numpy.ndarray):
            kept[name] = [float(part) for part in value]
        elif isinstance(value, float) and math.isfinite(value):
            kept[name] = float(value)
    return kept


def main():
    args = arguments()
    report.parameters(args)
    times, values = series.read(args.data, args.time, args.value)
    if args.season == "multiplied" and min(values) <= 0:
        raise SystemExit("A season that is multiplied needs values above zero; choose `added`.")
    first = len(values) - args.windows * args.horizon
    needed = max(2 * args.period + 2, 10)
    if first < needed:
        raise SystemExit(
            f"{args.windows} windows of {args.horizon} leave {max(first, 0)} of {len(values)} points before the first; at least {needed} are needed."
        )
    print(f"{len(values)} points; the last {args.windows * args.horizon} are forecast, {args.horizon} at a time, from those before each", flush=True)

    answers, truths, last, seasonal = [], [], [], []
    for number in range(args.windows):
        start = first + number * args.horizon
        known, coming = values[:start], values[start:start + args.horizon]
        guesses = [float(guess) for guess in fit(args, known).forecast(args.horizon)]
        same_season = [known[start - args.period + i % args.period] for i in range(args.horizon)]
        report.step("step", number + 1, rmse=error(guesses, coming), seasonal_last_value_rmse=error(same_season, coming))
        answers += guesses
        truths += coming
        seasonal += same_season
        last += [known[-1]] * args.horizon

    rmse, last_value, seasonal_last_value = error(answers, truths), error(last, truths), error(seasonal, truths)
    print(f"rmse {rmse:.4f}; repeating the last value gives {last_value:.4f}, the last value of the same season {seasonal_last_value:.4f}")
    metrics = {
        "rmse": rmse, "baseline_rmse": min(last_value, seasonal_last_value), "last_value_rmse": last_value,
        "seasonal_last_value_rmse": seasonal_last_value, "mean_absolute_error": sum(abs(a - t) for a, t in zip(answers, truths)) / len(truths),
        "points": len(values), "forecast_points": len(truths),
    }
    final = fit(args, values)
    saved = {
        "kind": "exponential smoothing", "trend": args.trend, "season": args.season, "period": args.period, "last_time": times[-1],
        "parameters": plain(final.params), "level": float(final.level[-1]),
        "slope": float(final.trend[-1]) if args.trend != "none" else 0.0,
        "seasons": [float(part) for part in final.season[-args.period:]] if args.season != "none" else [],
    }
    rows = [[times[first + i], values[first + i], f"{answer:.4f}", f"{naive:.4f}"] for i, (answer, naive) in enumerate(zip(answers, seasonal))]
    report.save(metrics, ["time", "truth", "prediction", "seasonal_last_value"], rows, saved)
    with open(report.folder() / "forecast.csv", "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["points_ahead", "prediction"])
        writer.writerows([number, f"{float(value):.4f}"] for number, value in enumerate(final.forecast(args.horizon), start=1))
    curves = {"truth": truths, "forecast": answers, "seasonal last value": seasonal}
    report.chart("forecast.svg", "What was forecast, and what came", (times[first], times[-1]), {name: list(enumerate(curve)) for name, curve in curves.items()})


if __name__ == "__main__":
    main()
