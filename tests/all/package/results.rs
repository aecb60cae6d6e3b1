//! What `galleria:` says of a job's results: several tasks, outputs, metrics with a goal.

use galleria::package::{Goal, Metric, Output};

use super::{MINIMAL, project, words};

fn galleria(section: &str) -> String {
    format!("{MINIMAL}galleria:\n{section}")
}

#[test]
fn outputs_metrics_and_tasks_are_read() {
    let section = "  tasks: [Classification, Clustering]\n  outputs: [model.json, {name: plots/, description: Curves}]\n  metrics:\n    - loss\n    - {name: accuracy, goal: maximise, description: Share}\n";
    let about = project(&galleria(section)).unwrap().manifest.about;
    assert_eq!(about.task.as_deref(), Some("Classification, Clustering"));
    let output = |name: &str, words: Option<&str>| Output { name: name.into(), description: words.map(str::to_owned) };
    assert_eq!(about.outputs, [output("model.json", None), output("plots/", Some("Curves"))]);
    let accuracy = Metric { name: "accuracy".into(), goal: Some(Goal::Maximize), description: Some("Share".into()) };
    assert_eq!(about.metrics, [Metric { name: "loss".into(), ..Metric::default() }, accuracy]);
    assert!(Goal::Minimize.prefers(0.1, 0.2) && Goal::Maximize.prefers(0.2, 0.1) && !Goal::Maximize.prefers(f64::NAN, 0.1));
}

#[test]
fn every_fault_of_them_is_named_with_its_line() {
    let section = "  task: One\n  tasks: ['a, b']\n  outputs:\n    - ../secret\n    - {description: x}\n  metrics:\n    - {goal: sideways, name: a}\n    - {goal: min}\n    - {name: b, gaol: min}\n";
    let found = words(project(&galleria(section)).unwrap_err());
    let expected = [
        "MLproject:6: Give `task` or `tasks`, not both.",
        "MLproject:8: An output needs a `name`: its path inside the outputs.",
        "MLproject:9: An output needs a `name`: its path inside the outputs.",
        "MLproject:11: `metrics: goal` must be `minimize` or `maximize`.",
        "MLproject:12: A metric needs a `name`, as jobs print it.",
        "MLproject:13: `metrics` has no key `gaol`. Known are: name, goal, description.",
    ];
    assert_eq!(found, expected);
}
