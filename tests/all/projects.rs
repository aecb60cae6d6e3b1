//! MLflow projects in the shapes that public ones have: published as they are with `galleria publish`, run as real jobs, and
//! ended as their exit code says.

use std::path::PathBuf;
use std::time::Duration;

use crate::jobs::{launch_from, settled_within};
use crate::subscriptions::subscribe_at;
use crate::support::{Client, Page, TestApp};

/// How long packages of some megabytes may take to come and a script to end.
const PATIENCE: Duration = Duration::from_secs(180);

/// What the example of MLflow's own guide does: parameters by position, and the client's calls around a small model.
const ELASTIC: &str = r#"import random
import sys

import mlflow

if __name__ == "__main__":
    alpha = float(sys.argv[1]) if len(sys.argv) > 1 else 0.5
    ratio = float(sys.argv[2]) if len(sys.argv) > 2 else 0.5
    chance = random.Random(40)
    rows = [(x, 3 * x + chance.gauss(0, 0.1)) for x in (chance.uniform(-1, 1) for _ in range(200))]
    with mlflow.start_run():
        weight = 0.0
        for step in range(50):
            slope = sum(2 * x * (weight * x - y) for x, y in rows) / len(rows)
            weight -= 0.5 * (slope + alpha * ((1 - ratio) * weight + ratio * (weight > 0) - ratio * (weight < 0)))
        error = (sum((weight * x - y) ** 2 for x, y in rows) / len(rows)) ** 0.5
        print("Elasticnet model (alpha=%f, l1_ratio=%f):" % (alpha, ratio))
        print("  RMSE: %s" % error)
        mlflow.log_param("alpha", alpha)
        mlflow.log_param("l1_ratio", ratio)
        mlflow.log_metric("rmse", error)
"#;

/// A gallery with a publisher, and somebody who trains.
struct Ground {
    app: TestApp,
    ann: Client,
}

impl Ground {
    fn new() -> Self {
        let app = TestApp::options().with_worker().start();
        app.user("lab");
        let ann = app.sign_in("ann");
        Self { app, ann }
    }

    /// Publishes a folder of these files: whether it went well, and what the command said.
    fn try_publish(&self, files: &[(&str, &str)]) -> (bool, String) {
        let folder: PathBuf = self.app.folder().join("Project Of_Mine");
        std::fs::create_dir(&folder).unwrap();
        for (path, text) in files {
            std::fs::write(folder.join(path), text).unwrap();
        }
        let output = self.app.command().arg("publish").arg(&folder).args(["--as", "lab", "--public", "--no-proof"]).output().unwrap();
        (output.status.success(), String::from_utf8([output.stderr, output.stdout].concat()).unwrap())
    }

    /// The same for one without faults, which is called by this name afterwards.
    #[track_caller]
    fn publish(&self, name: &str, files: &[(&str, &str)]) -> String {
        let (fine, said) = self.try_publish(files);
        assert!(fine && said.ends_with(&format!("lab/{name} 1.0.0\n")), "{said}");
        subscribe_at(&self.ann, &format!("/algorithms/lab/{name}"));
        said
    }

    /// Runs an entry point with its defaults but for what is typed, to its end: its path and its page.
    #[track_caller]
    fn train(&self, name: &str, entry: &str, typed: &[(&str, &str)]) -> (String, Page) {
        let form = format!("/console/local/jobs/new?algorithm=lab/{name}&version=1.0.0&entry_point={entry}");
        let path = launch_from(&self.ann, &form, typed);
        let page = settled_within(PATIENCE, &self.ann, &path);
        (path, page)
    }

    fn log(&self, path: &str) -> String {
        self.ann.get(&format!("{path}/logs.txt")).body
    }

    #[track_caller]
    fn assert_ended(&self, (path, page): &(String, Page), state: &str, words: &str) {
        assert_eq!(page.attr("main", "data-state"), state, "{}", self.log(path));
        assert!(page.says(words), "{words}: {}", page.text("main"));
    }
}

#[test]
fn a_script_that_calls_the_client_completes() {
    let ground = Ground::new();
    let mlproject = "name: tutorial\n\npython_env: python_env.yaml\n\nentry_points:\n  main:\n    parameters:\n      alpha: {type: float, default: 0.1}\n      l1_ratio: {type: float, default: .1}\n    command: \"python train.py {alpha} {l1_ratio}\"\n";
    let environment = "python: \"3.8\"\nbuild_dependencies:\n  - pip\ndependencies:\n  - -r requirements.txt\n";
    let requirements = "# the client alone\nmlflow-skinny==2.22.0\n";
    ground.publish(
        "tutorial",
        &[("MLproject", mlproject), ("python_env.yaml", environment), ("requirements.txt", requirements), ("train.py", ELASTIC)],
    );
    let done = ground.train("tutorial", "main", &[("param.alpha", "0.01")]);
    ground.assert_ended(&done, "completed", "The command ended with exit code 0.");
    let log = ground.log(&done.0);
    assert!(
        log.contains("Elasticnet model (alpha=0.010000, l1_ratio=0.100000):") && log.contains("It asks for Python 3.8; this machine has "),
        "{log}"
    );
}

#[test]
fn of_a_conda_file_pips_part_counts_and_the_rest_is_named() {
    let ground = Ground::new();
    let conda = "name: tutorial\nchannels:\n  - defaults\n  - conda-forge::\ndependencies:\n  - numpy=1.14.3\n  - conda-forge::pandas=0.22.0\n  - python=3.6\n  - pip\n  - pip:\n    - six>=1.10\n";
    let script = "import six\nprint('six', six.__version__, flush=True)\nimport numpy\n";
    let mlproject = "conda_env: conda.yaml\nentry_points:\n  main:\n    command: python train.py\n";
    let said = ground.publish("project-of-mine", &[("MLproject", mlproject), ("conda.yaml", conda), ("train.py", script)]);
    assert!(said.contains("left out, for only conda installs them: numpy=1.14.3, pandas=0.22.0; what the code needs belongs under `pip:`"), "{said}");
    let versions = ground.ann.get("/algorithms/lab/project-of-mine/versions");
    assert!(versions.says("numpy=1.14.3, pandas=0.22.0; only conda installs them"), "{}", versions.text("main"));
    let done = ground.train("project-of-mine", "main", &[]);
    ground.assert_ended(&done, "failed", "The command ended with exit code 1.");
    let log = ground.log(&done.0);
    for words in
        ["Left out, for only conda installs them: numpy=1.14.3, pandas=0.22.0", "It asks for Python 3.6", "six 1.", "No module named 'numpy'"]
    {
        assert!(log.contains(words), "{words}: {log}");
    }
}

#[test]
fn pins_older_than_this_python_are_named_and_the_job_has_failed() {
    let ground = Ground::new();
    let conda = "dependencies:\n  - python=3.6\n  - pip:\n    - pandas==0.22.0\n    - six\n";
    let mlproject = "name: old\nentry_points:\n  main:\n    command: \"python train.py\"\n";
    ground.publish("old", &[("MLproject", mlproject), ("conda.yaml", conda), ("train.py", "import pandas\n")]);
    let done = ground.train("old", "main", &[("retries", "2")]);
    let words = "pandas==0.22.0 cannot be had, there is no wheel that fits this machine and its Python, and source code is not built here.";
    ground.assert_ended(&done, "failed", words);
    assert!(ground.log(&done.0).contains(words) && !done.1.says("Attempts"), "the same attempt again would help nobody");
}

#[test]
fn entry_points_of_every_style_end_with_their_own_code() {
    let ground = Ground::new();
    let mlproject = "name: multi step\nentry_points:\n  load-data:\n    parameters:\n    command: \"echo 'one two' | wc -w\"\n\n  train:\n    parameters:\n      max-rows: {type: float, default: 1e3}\n      data: {type: string, default: \"../elsewhere/wine.csv\"}\n      momentum: {type: float, default: .0}\n      run_id: {type: string, default: \"\"}\n    command: \"python train.py {data}\n                              --max-rows {max-rows}\n                              --momentum {momentum} --run-id {run_id}\"\n  report:\n    command: |\n      python train.py \\\n        --code=7\n";
    let script = "import sys\nprint(sys.argv[1:])\nsys.exit(int(sys.argv[1][7:]) if sys.argv[1].startswith('--code=') else 3)\n";
    ground.publish("multi-step", &[("mlproject", mlproject), ("train.py", script)]);
    let load = ground.train("multi-step", "load-data", &[]);
    ground.assert_ended(&load, "completed", "The command ended with exit code 0.");
    assert!(ground.log(&load.0).contains("\n2\n"));
    let train = ground.train("multi-step", "train", &[]);
    ground.assert_ended(&train, "failed", "The command ended with exit code 3.");
    let log = ground.log(&train.0);
    assert!(log.contains("['../elsewhere/wine.csv', '--max-rows', '1e3', '--momentum', '0.0', '--run-id', '']"), "{log}");
    ground.assert_ended(&ground.train("multi-step", "report", &[]), "failed", "The command ended with exit code 7.");
}

#[test]
fn a_download_in_the_script_fails_and_says_so() {
    let ground = Ground::new();
    let script = "import urllib.request\nurllib.request.urlopen('http://192.0.2.1/winequality-red.csv', timeout=20)\n";
    let mlproject = "name: wine\nentry_points:\n  main:\n    command: python train.py\n";
    ground.publish("wine", &[("MLproject", mlproject), ("train.py", script)]);
    let done = ground.train("wine", "main", &[]);
    ground.assert_ended(&done, "failed", "The command ended with exit code 1.");
    assert!(ground.log(&done.0).contains("Network is unreachable"), "{}", ground.log(&done.0));
}

#[test]
fn what_cannot_be_run_here_is_refused_with_the_line() {
    let docker = "name: docker-example\ndocker_env:\n  image: mlflow-docker-example\nentry_points:\n  main:\n    parameters:\n      alpha: float\n    command: \"python train.py --alpha {alpha}\"\n";
    let shell = "conda env export --no-builds > conda.yaml \nname: tutorial\ndependencies:\n  - pip:\n    - mlflow\n";
    let unquoted = "python: 3.10\ndependencies:\n  - git+https://example.org/six\n";
    let plain = |environment: &str| format!("{environment}\nentry_points:\n  main:\n    command: python train.py\n");
    let cases = [
        (docker.to_owned(), ("note.txt", ""), vec!["MLproject:3: `docker_env` is not run by this gallery"]),
        (plain("conda_env: conda.yaml"), ("conda.yaml", shell), vec!["conda.yaml:"]),
        (
            plain("python_env: env.yaml"),
            ("env.yaml", unquoted),
            vec!["env.yaml:1: `python` must be text", "env.yaml:3: `git+https://example.org/six`"],
        ),
    ];
    for (mlproject, file, faults) in cases {
        let (fine, said) = Ground::new().try_publish(&[("MLproject", &mlproject), file]);
        assert!(!fine && faults.iter().all(|fault| said.contains(fault)), "{said}");
    }
}
