//! Icons for tasks, which are whatever publishers write.

/// The first word that occurs decides.
const ICONS: [(&str, &str); 18] = [
    ("tab", "table"),
    ("image", "photo"),
    ("vision", "photo"),
    ("object", "photo"),
    ("text", "language"),
    ("language", "language"),
    ("translation", "language"),
    ("audio", "microphone"),
    ("speech", "microphone"),
    ("series", "chart-line"),
    ("forecast", "chart-line"),
    ("anomaly", "activity"),
    ("cluster", "chart-dots"),
    ("reinforcement", "robot"),
    ("recommend", "sparkles"),
    ("ranking", "sparkles"),
    ("classif", "category"),
    ("regress", "chart-line"),
];

/// The name of the icon in the sprite.
pub fn icon(task: &str) -> &'static str {
    let task = task.to_lowercase();
    ICONS.iter().find(|(word, _)| task.contains(word)).map_or("cube", |(_, icon)| icon)
}
