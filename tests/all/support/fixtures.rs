use galleria::algorithms::{self, Algorithm, Visibility};
use galleria::error::Error;
use galleria::publishers;
use galleria::slug::Slug;
use galleria::versions::{self, Proof, Target, Upload, Version};
use galleria::{clock, package};

use super::TestApp;

/// A training that needs nothing but Python and is over in a moment; `fail=1` makes it fail, `seconds` makes it last.
const TRAIN: &str = r#"import argparse, os, sys, time
parser = argparse.ArgumentParser()
parser.add_argument("--rounds", type=int, default=3)
parser.add_argument("--seconds", type=float, default=0)
parser.add_argument("--fail", type=int, default=0)
given = parser.parse_args()
for number in range(1, given.rounds + 1):
    print(f"round {number} of {given.rounds}", flush=True)
    time.sleep(given.seconds / given.rounds)
if given.fail:
    sys.exit("asked to fail")
with open(os.path.join(os.environ.get("GALLERIA_OUTPUT_DIR", "."), "model.txt"), "w") as file:
    file.write(f"{given.rounds} rounds\n")
print("done", flush=True)
"#;

/// An algorithm on its way into the gallery. Unless told otherwise it is public, open source, of a publisher
/// who is not official, has no constraints, and one version, 1.0.0.
pub struct AlgorithmBuilder<'a> {
    app: &'a TestApp,
    publisher: String,
    name: String,
    numbers: Vec<String>,
    official: bool,
    visibility: Visibility,
    users: Vec<String>,
    about: Vec<(String, String)>,
    mlproject: Option<String>,
    files: Vec<(String, Vec<u8>)>,
    notes: Option<String>,
}

/// An algorithm that stands in the gallery.
pub struct Published {
    /// Handle of its publisher.
    pub publisher: String,
    /// As in URLs.
    pub name: String,
    /// Its row.
    pub algorithm: Algorithm,
    /// Those just published, in the order given.
    pub versions: Vec<Version>,
}

impl Published {
    /// `/algorithms/publisher/name`.
    pub fn path(&self) -> String {
        format!("/algorithms/{}/{}", self.publisher, self.name)
    }

    /// `publisher/name`.
    pub fn full_name(&self) -> String {
        format!("{}/{}", self.publisher, self.name)
    }
}

impl<'a> AlgorithmBuilder<'a> {
    pub(super) fn new(app: &'a TestApp, publisher: &str, name: &str) -> Self {
        Self {
            app,
            publisher: publisher.into(),
            name: name.into(),
            numbers: vec!["1.0.0".into()],
            official: false,
            visibility: Visibility::Public,
            users: Vec::new(),
            about: vec![("open_source".into(), "true".into())],
            mlproject: None,
            files: vec![("train.py".into(), TRAIN.into()), ("README.md".into(), format!("# {name}\n\nWhat {name} is about.\n").into())],
            notes: None,
        }
    }

    /// Its publisher is marked official.
    #[must_use]
    pub fn official(mut self) -> Self {
        self.official = true;
        self
    }

    /// With constraints to accept.
    #[must_use]
    pub fn constraints(self, text: &str) -> Self {
        self.text("constraints", text)
    }

    /// A key under `galleria:` whose value is text: `title`, `summary`, `task`, `framework`, `license`, `delivery` …
    #[must_use]
    pub fn text(self, key: &str, value: &str) -> Self {
        let quoted = serde_json::to_string(value).unwrap();
        self.yaml(key, &quoted)
    }

    /// A key under `galleria:` with its value in YAML, such as `requires` and `{accelerator: gpu}`.
    #[must_use]
    pub fn yaml(mut self, key: &str, value: &str) -> Self {
        self.about.retain(|(known, _)| known != key);
        self.about.push((key.into(), value.into()));
        self
    }

    /// Its code is nobody else's to read.
    #[must_use]
    pub fn closed_source(self) -> Self {
        self.yaml("open_source", "false")
    }

    /// **Only to me**.
    #[must_use]
    pub fn private(mut self) -> Self {
        self.visibility = Visibility::Private;
        self
    }

    /// **Specific users**, who get accounts if they have none.
    #[must_use]
    pub fn users(mut self, handles: &[&str]) -> Self {
        self.visibility = Visibility::Users;
        self.users = handles.iter().map(|handle| (*handle).to_owned()).collect();
        self
    }

    /// Versions of these numbers instead of 1.0.0. For versions that differ in more, publish the same name again.
    #[must_use]
    pub fn versions(mut self, numbers: &[&str]) -> Self {
        self.numbers = numbers.iter().map(|number| (*number).to_owned()).collect();
        self
    }

    /// Release notes.
    #[must_use]
    pub fn notes(mut self, notes: &str) -> Self {
        self.notes = Some(notes.into());
        self
    }

    /// A whole `MLproject` instead of the usual one.
    #[must_use]
    pub fn mlproject(mut self, text: &str) -> Self {
        self.mlproject = Some(text.into());
        self
    }

    /// A file more, or another content for `train.py` or `README.md`.
    #[must_use]
    pub fn file(mut self, path: &str, content: &str) -> Self {
        self.files.retain(|(known, _)| known != path);
        self.files.push((path.into(), content.into()));
        self
    }

    /// Packs it and publishes it as the publish page would. A publisher who does not exist gets an account.
    #[track_caller]
    pub fn publish(self) -> Published {
        let app = self.app;
        let publisher = match app.db().read(|conn| publishers::by_handle(conn, &self.publisher)) {
            Err(Error::NotFound) => app.user(&self.publisher).id,
            found => found.unwrap().id,
        };
        let users: Vec<i64> = self.users.iter().map(|handle| app.user(handle).id).collect();
        let name: Slug = self.name.parse().unwrap();
        let mut published = Vec::new();
        for number in &self.numbers {
            let archive = self.archive(number);
            let package = package::read(&archive).unwrap_or_else(|faults| panic!("the fixture is faulty: {faults:?}"));
            assert_eq!(app.blobs().put(&archive).unwrap(), package.digest);
            let number = Some(number.parse().unwrap());
            let (notes, proof, target) = (self.notes.as_deref(), Proof::Exempt, Target::Either);
            let upload = Upload { publisher, name: Some(&name), number, package: &package, notes, by: None, proof, target };
            published.push(app.write(|conn| versions::publish(conn, &upload, clock::now())));
        }
        let id = published[0].algorithm.id;
        app.write(|conn| versions::open_to(conn, id, self.visibility, &users, clock::now()));
        if self.official {
            app.write(|conn| publishers::set_official(conn, &self.publisher, true));
        }
        let operator = algorithms::Reader { user: Some(publisher), operator: true };
        let algorithm = app.read(|conn| algorithms::readable(conn, operator, id)).algorithm;
        Published { publisher: self.publisher, name: self.name, algorithm, versions: published.into_iter().map(|one| one.version).collect() }
    }

    fn archive(&self, number: &str) -> Vec<u8> {
        let mlproject = self.mlproject.clone().unwrap_or_else(|| self.usual_mlproject(number));
        let mut files: Vec<(&str, &[u8])> = self.files.iter().map(|(path, content)| (path.as_str(), content.as_slice())).collect();
        files.push(("MLproject", mlproject.as_bytes()));
        package::pack(files).unwrap()
    }

    fn usual_mlproject(&self, number: &str) -> String {
        let about: String = self.about.iter().map(|(key, value)| format!("  {key}: {value}\n")).collect();
        let name = &self.name;
        format!(
            "# {number}\nname: {name}\nentry_points:\n  main:\n    parameters:\n      rounds: {{type: int, default: 3, min: 1, max: 1000, description: Rounds of training}}\n      \
             seconds: {{type: float, default: 0}}\n      fail: {{type: int, default: 0}}\n    \
             command: \"python train.py --rounds {{rounds}} --seconds {{seconds}} --fail {{fail}}\"\ngalleria:\n{about}"
        )
    }
}
