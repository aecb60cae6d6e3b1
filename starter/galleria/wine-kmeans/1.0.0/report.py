"""Where results go: lines for the log, files for the folder of outputs, and MLflow where there is one."""

import csv
import json
import os
from pathlib import Path
from xml.sax.saxutils import escape

COLOURS = ["#2f46c8", "#b2680c", "#0e7f80", "#8a8c92"]
_client = []


def folder():
    """The folder whose files are the outputs of the run."""
    path = Path(os.environ.get("GALLERIA_OUTPUT_DIR") or "outputs")
    path.mkdir(parents=True, exist_ok=True)
    return path


def track(call, *args, **more):
    """Calls MLflow's client where it is installed and has a server to talk to; trouble with it never ends a training."""
    if not _client:
        _client.append(None)
        if os.environ.get("MLFLOW_TRACKING_URI"):
            try:
                import mlflow
                _client[0] = mlflow
            except ImportError:
                pass
    if _client[0]:
        try:
            getattr(_client[0], call)(*args, **more)
        except Exception as problem:
            print(f"tracking is off from here on: {problem}", flush=True)
            _client[0] = None


def parameters(args):
    """Tells the tracking server what the run was given."""
    for name, value in vars(args).items():
        track("log_param", name, value)


def step(kind, number, **values):
    """Prints one point of each curve, such as `epoch=3 loss=0.1234`."""
    print(f"{kind}={number} " + " ".join(f"{name}={value:.4f}" for name, value in values.items()), flush=True)
    for name, value in values.items():
        track("log_metric", name, float(value), step=number)


def save(model, metrics, columns, rows):
    """Writes model.json, metrics.json and predictions.csv."""
    out = folder()
    (out / "model.json").write_text(json.dumps(model, indent=1) + "\n", encoding="utf-8")
    (out / "metrics.json").write_text(json.dumps(metrics, indent=2) + "\n", encoding="utf-8")
    with open(out / "predictions.csv", "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)
    for name, value in metrics.items():
        track("log_metric", name, float(value))


def chart(name, title, across, curves):
    """Draws curves, a mapping of names to lists of (x, y), as an SVG file."""
    points = [point for curve in curves.values() for point in curve]
    low_x, high_x = min(x for x, _ in points), max(x for x, _ in points)
    low_y, high_y = min(y for _, y in points), max(y for _, y in points)
    span_x, span_y = (high_x - low_x) or 1.0, (high_y - low_y) or 1.0

    def place(x, y):
        return f"{60 + 520 * (x - low_x) / span_x:.1f},{290 - 230 * (y - low_y) / span_y:.1f}"

    parts = [
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 640 340" font-family="sans-serif" font-size="12">',
        '<rect width="640" height="340" fill="#ffffff"/>',
        f'<text x="60" y="26" font-size="15" font-weight="600">{escape(title)}</text>',
        '<path d="M60 60V290H580" fill="none" stroke="#8f908a"/>',
        f'<text x="54" y="64" text-anchor="end">{high_y:.3g}</text><text x="54" y="294" text-anchor="end">{low_y:.3g}</text>',
        f'<text x="60" y="308">{low_x:.3g}</text><text x="580" y="308" text-anchor="end">{high_x:.3g}</text>',
        f'<text x="320" y="326" text-anchor="middle">{escape(across)}</text>',
    ]
    for index, (label, curve) in enumerate(curves.items()):
        colour = COLOURS[index % len(COLOURS)]
        line = " ".join(place(x, y) for x, y in curve)
        parts.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts.append(f'<text x="{64 + 150 * index}" y="48" fill="{colour}">{escape(label)}</text>')
    (folder() / name).write_text("\n".join(parts + ["</svg>"]) + "\n", encoding="utf-8")
