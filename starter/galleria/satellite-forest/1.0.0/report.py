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
    shown = (f"{name}={value}" if isinstance(value, int) else f"{name}={value:.4f}" for name, value in values.items())
    print(f"{kind}={number} " + " ".join(shown), flush=True)
    for name, value in values.items():
        track("log_metric", name, float(value), step=number)


def save(metrics, columns, rows, model=None):
    """Writes metrics.json, predictions.csv and, where the model is text, model.json."""
    out = folder()
    if model is not None:
        (out / "model.json").write_text(json.dumps(model, indent=1) + "\n", encoding="utf-8")
    (out / "metrics.json").write_text(json.dumps(metrics, indent=2) + "\n", encoding="utf-8")
    with open(out / "predictions.csv", "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)
    for name, value in metrics.items():
        track("log_metric", name, float(value))


def drawing(name, title, parts, height=340):
    """Writes an SVG file with a title above the parts."""
    head = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 640 {height}" font-family="sans-serif" font-size="12">',
        f'<rect width="640" height="{height}" fill="#ffffff"/>',
        f'<text x="60" y="26" font-size="15" font-weight="600">{escape(title)}</text>',
    ]
    (folder() / name).write_text("\n".join(head + parts + ["</svg>"]) + "\n", encoding="utf-8")


def bars(name, title, across, values):
    """Draws a bar for each of (label, value), the largest first, as an SVG file."""
    values = sorted(values, key=lambda item: -item[1])
    largest = max([value for _, value in values] + [1e-12])
    parts = []
    for row, (label, value) in enumerate(values):
        top = 50 + 22 * row
        width = 380 * max(value, 0.0) / largest
        parts.append(f'<text x="174" y="{top + 12}" text-anchor="end">{escape(label)}</text>')
        parts.append(f'<rect x="180" y="{top}" width="{width:.1f}" height="16" fill="{COLOURS[0]}"/>')
        parts.append(f'<text x="{186 + width:.1f}" y="{top + 12}">{value:.4f}</text>')
    bottom = 60 + 22 * len(values)
    parts.append(f'<text x="370" y="{bottom + 10}" text-anchor="middle">{escape(across)}</text>')
    drawing(name, title, parts, bottom + 26)
