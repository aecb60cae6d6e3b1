//! Words that a gallery of algorithms is made of.

/// A generator of numbers that gives the same ones for the same seed everywhere (splitmix64).
pub struct Dice(u64);

impl Dice {
    /// From a seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// From 0 to 1, without 1.
    pub fn share(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// True so often in a hundred.
    pub fn percent(&mut self, percent: u64) -> bool {
        self.next() % 100 < percent
    }

    /// From 0, below `end`.
    pub fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }

    /// From 0, below `end`, low numbers far more often: the k-th about 1/k as often as the first.
    pub fn zipf(&mut self, end: usize) -> usize {
        let number = ((end as f64 + 1.0).powf(self.share()) - 1.0) as usize;
        number.min(end.saturating_sub(1))
    }

    /// One of these.
    pub fn one<'a, T: ?Sized>(&mut self, list: &[&'a T]) -> &'a T {
        list[self.below(list.len())]
    }

    /// One of these, the first ones far more often.
    pub fn common<'a, T: ?Sized>(&mut self, list: &[&'a T]) -> &'a T {
        list[self.zipf(list.len())]
    }
}

pub const TASKS: [&str; 14] = [
    "Tabular classification",
    "Image classification",
    "Text classification",
    "Forecasting",
    "Regression",
    "Anomaly detection",
    "Object detection",
    "Clustering",
    "Ranking",
    "Recommendation",
    "Image segmentation",
    "Reinforcement learning",
    "Speech recognition",
    "Dimensionality reduction",
];
pub const FRAMEWORKS: [&str; 10] =
    ["scikit-learn", "PyTorch", "LightGBM", "XGBoost", "JAX", "TensorFlow", "Standard library", "statsmodels", "CatBoost", "Ray"];
pub const LICENSES: [&str; 9] =
    ["Apache-2.0", "MIT", "BSD-3-Clause", "GPL-3.0-only", "CC-BY-4.0", "AGPL-3.0-only", "MPL-2.0", "CC-BY-NC-4.0", "LicenseRef-Proprietary"];
pub const SUBJECTS: [&str; 48] = [
    "Credit risk",
    "Handwritten digits",
    "Sensor anomaly",
    "Customer churn",
    "Leaf disease",
    "Demand",
    "Bearing life",
    "Log templates",
    "Lung nodule",
    "Wine quality",
    "House price",
    "Card fraud",
    "Traffic flow",
    "Energy load",
    "Protein family",
    "Crop yield",
    "Steel surface",
    "Support ticket",
    "News topic",
    "Seismic phase",
    "Aerial vehicle",
    "Network intrusion",
    "Heart rhythm",
    "Air quality",
    "Movie rating",
    "Basket",
    "Click",
    "Street scene",
    "Bird song",
    "Keyword",
    "Battery health",
    "Wind power",
    "River level",
    "Hospital stay",
    "Spare parts",
    "Retail shelf",
    "Language of text",
    "Sentiment",
    "Résumé match",
    "Invoice field",
    "Satellite cloud",
    "Turbine vibration",
    "Galaxy shape",
    "Drug response",
    "Bike sharing",
    "Water leak",
    "Bolt torque",
    "Größe von Körnern",
];
pub const METHODS: [&str; 24] = [
    "gradient boosting",
    "compact CNN",
    "autoencoder",
    "regularised logit",
    "fine-tuned ResNet",
    "with quantiles",
    "elastic net",
    "random forest",
    "n-gram classifier",
    "transformer",
    "isolation forest",
    "Gaussian process",
    "matrix factorisation",
    "k-means",
    "temporal convolution",
    "graph network",
    "policy gradient",
    "hidden Markov model",
    "contrastive encoder",
    "stacked ensemble",
    "linear baseline",
    "spline regression",
    "U-Net",
    "two-tower ranker",
];
pub const OUTCOMES: [&str; 12] = [
    "Trains in a few minutes on a CPU",
    "Calibrated probabilities out of the box",
    "One threshold per channel, learned from quiet weeks",
    "Small enough to read in an evening",
    "Robust to missing columns",
    "Writes a report with every figure",
    "Made for a million rows and more",
    "Tuned on public data; your own will differ",
    "With early stopping and a held-out check",
    "Resumes where it was stopped",
    "Streams its input, so memory stays flat",
    "Explains each prediction by its three strongest features",
];
pub const SENTENCES: [&str; 10] = [
    "The data is split by time, never at random, so that the score is what you will see next month.",
    "Categorical columns are recognised by their type and need no preparation.",
    "Every run writes `metrics.json` with the figures of the last round and of the best one.",
    "The default values were chosen on public data and are a good start for tables of up to a million rows.",
    "A GPU shortens training about eight times but is not needed.",
    "Missing values are kept as such; nothing is imputed behind your back.",
    "Set `--seed` to get the same model twice.",
    "The model is saved in a format that plain Python reads without this project.",
    "Classes that are rarer than one in a thousand are reported apart.",
    "We use it ourselves every night on four sites.",
];
pub const PEOPLE: [&str; 20] = [
    "mira", "jonas", "aiko", "leila", "tomas", "ines", "ravi", "olu", "hanna", "pavel", "sofia", "karim", "yuki", "anders", "noor", "felix", "greta",
    "diego", "amara", "lars",
];
pub const GROUPS: [&str; 16] = [
    "vision-lab", "finops-ml", "plant", "geo", "secops", "nlp", "health-data", "grid", "retail-science", "materials", "mobility", "bio", "climate",
    "robotics", "audio", "risk",
];
