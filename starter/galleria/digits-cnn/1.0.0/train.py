"""Trains a small convolutional network on square images in a CSV file and measures it on images it has never seen."""

import argparse
import math
import os
from collections import Counter

os.environ.setdefault("OMP_NUM_THREADS", "1")

import torch
from torch import nn

import report
import table


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", default="data/digits.csv")
    parser.add_argument("--target", default="digit")
    parser.add_argument("--channels", type=int, default=16)
    parser.add_argument("--dropout", type=float, default=0.2)
    parser.add_argument("--shift", type=int, default=0)
    parser.add_argument("--epochs", type=int, default=15)
    parser.add_argument("--learning-rate", type=float, default=0.003)
    parser.add_argument("--weight-decay", type=float, default=0.0001)
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--held-back", type=float, default=0.2)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=7)
    return parser.parse_args()


def network(side, channels, classes, dropout):
    """Two convolutions, each followed by a halving of the image, and one hidden layer."""
    return nn.Sequential(
        nn.Conv2d(1, channels, 3, padding=1), nn.BatchNorm2d(channels), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(channels, 2 * channels, 3, padding=1), nn.BatchNorm2d(2 * channels), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Dropout(dropout), nn.Linear(2 * channels * (side // 4) ** 2, 64), nn.ReLU(), nn.Linear(64, classes),
    )


def moved(images, most, chance):
    """Each image shifted by up to so many pixels either way, what comes in being empty."""
    if most == 0:
        return images
    side = images.shape[-1]
    padded = nn.functional.pad(images, (most, most, most, most))
    steps = torch.randint(0, 2 * most + 1, (len(images), 2), generator=chance).tolist()
    return torch.stack([image[:, down:down + side, right:right + side] for image, (down, right) in zip(padded, steps)])


def main():
    args = arguments()
    report.parameters(args)
    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    torch.use_deterministic_algorithms(True)
    chance = torch.Generator().manual_seed(args.seed)
    names, features, texts = table.read(args.data, args.target)
    side = math.isqrt(len(names))
    if side * side != len(names) or side < 4:
        raise SystemExit(f"Images must be square and at least 4 pixels wide; {len(names)} columns beside {args.target!r} are not.")
    if args.shift >= side:
        raise SystemExit(f"A shift of {args.shift} moves images of {side} pixels out of sight.")
    train, held = table.hold_back(len(features), args.held_back, args.seed)
    classes = sorted({texts[i] for i in train})
    images = torch.tensor(features).reshape(-1, 1, side, side)
    largest = float(images[train].abs().max()) or 1.0
    images /= largest
    # A class that no training row has can only be answered wrongly: -1 is no class.
    labels = torch.tensor([classes.index(text) if text in classes else -1 for text in texts])
    train_images, train_labels, held_images, held_labels = images[train], labels[train], images[held], labels[held]
    print(f"{len(train)} images to train on, {len(held)} held back, {side} x {side} pixels, {len(classes)} classes", flush=True)

    model = network(side, args.channels, len(classes), args.dropout)
    optimizer = torch.optim.AdamW(model.parameters(), lr=args.learning_rate, weight_decay=args.weight_decay)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, args.epochs)
    cross_entropy = nn.CrossEntropyLoss(ignore_index=-1)
    curves = {"training loss": [], "held-back loss": []}
    for epoch in range(1, args.epochs + 1):
        model.train()
        total = 0.0
        for batch in torch.randperm(len(train), generator=chance).split(args.batch_size):
            if len(batch) < 2:
                continue
            loss = cross_entropy(model(moved(train_images[batch], args.shift, chance)), train_labels[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item() * len(batch)
        schedule.step()
        model.eval()
        with torch.no_grad():
            answers = model(held_images)
        held_loss = cross_entropy(answers, held_labels).item()
        accuracy = (answers.argmax(1) == held_labels).float().mean().item()
        report.step("epoch", epoch, loss=total / len(train), held_back_loss=held_loss, accuracy=accuracy)
        curves["training loss"].append((epoch, total / len(train)))
        curves["held-back loss"].append((epoch, held_loss))

    commonest = Counter(texts[i] for i in train).most_common(1)[0][0]
    baseline = sum(texts[i] == commonest for i in held) / len(held)
    print(f"held-back accuracy {accuracy:.4f}; always answering {commonest!r} gives {baseline:.4f}")
    metrics = {
        "accuracy": accuracy, "baseline_accuracy": baseline, "loss": held_loss,
        "weights": sum(weights.numel() for weights in model.parameters()), "rows": len(train), "held_back_rows": len(held),
    }
    saved = {"weights": model.state_dict(), "classes": classes, "side": side, "divide_by": largest, "channels": args.channels}
    torch.save(saved, report.folder() / "model.pt")
    found = torch.softmax(answers, 1).max(1)
    table_rows = [
        [i + 2, texts[i], classes[answer], f"{chance:.4f}"] for i, answer, chance in zip(held, found.indices.tolist(), found.values.tolist())
    ]
    report.save(metrics, ["line", "truth", "prediction", "probability"], table_rows)
    report.chart("loss.svg", "Cross-entropy by epoch", "epoch", curves)


if __name__ == "__main__":
    main()
