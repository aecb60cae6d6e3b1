//! Publishing by page and from a pipeline: what comes in, who sees it, and how it leaves.

use galleria::package;
use serde_json::json;

use crate::support::{Client, Page, Script, TestApp, eventually};

const TRAIN: &str = "import sys\nfor epoch in range(1, 4):\n    print(f'epoch={epoch} loss={1 / epoch}', flush=True)\nsys.exit(int(sys.argv[1]))\n";

fn mlproject(name: &str, more: &str) -> String {
    format!(
        "name: {name}\nentry_points:\n  main:\n    parameters:\n      code: {{type: int, default: 0}}\n    command: python train.py {{code}}\n{more}"
    )
}

fn archive(name: &str, more: &str) -> Vec<u8> {
    let project = mlproject(name, more);
    package::pack([("MLproject", project.as_bytes()), ("train.py", TRAIN.as_bytes()), ("README.md", b"# Iris\n\nWhat it is.\n")]).unwrap()
}

fn publish(client: &Client, fields: &[(&str, &str)], archive: &[u8]) -> Page {
    client.upload_as("archive", "/publish", fields, ("iris.zip", archive))
}

fn gallery() -> TestApp {
    TestApp::options().env("GALLERIA_PROOF", "off").start()
}

#[test]
fn an_upload_is_its_publishers_alone_until_they_say_otherwise() {
    let app = gallery();
    let (ann, ben) = (app.sign_in("ann"), app.sign_in("ben"));
    let form = ann.get("/publish");
    assert!(form.says("How to publish") && form.has("input[type=file][name=archive]"));
    let sent = publish(&ann, &[("notes", "First light.")], &archive("iris", "galleria: {title: Iris in a minute, open_source: true}\n"));
    assert_eq!((sent.status(), sent.location()), (303, "/algorithms/ann/iris"), "{}", sent.body);
    let page = ann.follow(&sent);
    assert!(page.says("Iris in a minute") && page.says("Only to me") && page.says("What it is."));
    assert!(ann.get("/algorithms/ann/iris/versions/1.0.0").says("First light."));
    assert_eq!((ben.get("/algorithms/ann/iris").status(), app.visitor().get("/algorithms/ann/iris").status()), (404, 404));
    assert!(!ben.get("/market/algorithms?q=iris").says("Iris in a minute"));

    let release = ann.get(&page.link("Versions, texts and who may see it"));
    let opened = ann.press(&release, "Save", &[("visibility", "public")]);
    assert_eq!(opened.status(), 303, "{}", opened.body);
    assert!(ann.follow(&opened).says("It stands in the market for everybody."));
    assert!(ben.get("/market/algorithms?q=iris").says("Iris in a minute") && ben.get("/algorithms/ann/iris/versions").says("Not proven here"));
    assert!(app.visitor().get("/publish").status() == 303 && ben.get("/publish/ann/iris").status() == 404);
}

#[test]
fn a_version_more_is_said_and_never_guessed_by_the_name() {
    let app = gallery();
    let (ann, ben) = (app.sign_in("ann"), app.sign_in("ben"));
    publish(&ann, &[("visibility", "public")], &archive("iris", ""));
    ben.post("/algorithms/ann/iris/subscription/new", &[("step", "note"), ("accept_risk", "on"), ("accept_agreement", "on")]);
    ben.get("/algorithms/ann/iris/subscription/new");
    ben.post("/algorithms/ann/iris/subscription/new", &[("step", "note"), ("accept_risk", "on"), ("accept_agreement", "on")]);
    let again = publish(&ann, &[], &archive("iris", ""));
    assert_eq!(again.status(), 422);
    assert!(again.text("#name-error").contains("There is an algorithm iris already."), "{}", again.text("#name-error"));
    let more = publish(&ann, &[("algorithm", "ann/iris"), ("notes", "Faster.")], &archive("whatever", ""));
    assert_eq!((more.status(), more.location()), (303, "/algorithms/ann/iris"));
    assert!(ben.get("/algorithms/ann/iris/versions").says("1.0.1") && ben.get("/algorithms/ann/iris/versions").says("Faster."));
    let told = ben.get("/notifications");
    assert!(told.says("iris has a new version, 1.0.1."), "{}", told.text("main"));
    assert!(ben.get("/").text(".bell").contains("1 unread"));
    assert_eq!(ben.press(&told, "Mark all read", &[]).status(), 303);
    assert!(!ben.get("/").text(".bell").contains("unread"));

    let wrong =
        publish(&ann, &[("algorithm", "ann/iris"), ("version", "1.0.1"), ("visibility", "users"), ("users", "ben, nobody")], &archive("iris", ""));
    assert_eq!(wrong.status(), 422);
    assert!(wrong.text("#version-error").contains("already") && wrong.text("#users-error").contains("There is no member nobody."));
    let theirs = publish(&ben, &[("algorithm", "ann/iris"), ("publisher", "ann")], &archive("iris", ""));
    assert!(theirs.status() == 422 && theirs.text("#algorithm-error").contains("Choose one of your algorithms."));
    let named = publish(&ben, &[("publisher", "ann")], &archive("rose", ""));
    assert!(named.status() == 422 && named.text("#publisher-error").contains("Publish as yourself"));
}

#[test]
fn everything_wrong_is_said_at_once_and_nothing_is_left() {
    let app = gallery();
    let ann = app.sign_in("ann");
    let faulty = mlproject("iris", "galleria: {titel: Iris, summary: [1]}\n").replace("default: 0", "default: abc");
    let zip = package::pack([("MLproject", faulty.as_bytes())]).unwrap();
    let page = publish(&ann, &[("version", "1.x"), ("name", "Not A Name"), ("visibility", "sometimes")], &zip);
    assert_eq!(page.status(), 422);
    let findings = page.text("#findings");
    for (line, words) in [("5", "default `abc`"), ("7", "no key `titel`"), ("7", "summary")] {
        assert!(findings.contains(line) && findings.contains(words), "{words}: {findings}");
    }
    for field in ["#archive-error", "#version-error", "#name-error", "#visibility-error"] {
        assert!(page.has(field), "{field}: {}", page.text("main"));
    }
    assert_eq!((page.value("#version"), page.value("#name")), ("1.x".into(), "Not A Name".into()), "nothing typed is lost");
    for (bytes, words) in [
        (b"hello".to_vec(), "neither a .zip nor a .tar.gz"),
        (vec![b'P'; (64 << 20) + 1], "64 MiB, the limit"),
        (package::pack([("README.md", b"#".as_slice())]).unwrap(), "no `MLproject`"),
        (zip[..zip.len() / 2].to_vec(), "cut off"),
    ] {
        let page = publish(&ann, &[], &bytes);
        assert!(page.status() == 422 && page.text("#findings").contains(words), "{words}: {} {}", page.status(), page.text("main"));
    }
    let none = ann.upload_as("archive", "/publish", &[], ("", b""));
    assert!(none.text("#archive-error").contains("Choose a .zip"), "{}", none.text("main"));
    let left: Vec<_> = walk(&app.config().data_dir.join("archives"));
    assert!(left.is_empty(), "{left:?}");
}

fn walk(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    entries
        .flat_map(|entry| {
            let path = entry.unwrap().path();
            if path.is_dir() { walk(&path) } else { vec![path] }
        })
        .collect()
}

#[test]
fn page_pipeline_and_command_line_give_the_same_version() {
    let app = gallery();
    let ann = app.sign_in("ann");
    let bytes = archive("iris", "");
    publish(&ann, &[("name", "by-page")], &bytes);
    let script = Script::of(&app, "ann", &["publish"]);
    let sent = |path: &str, bytes: &[u8]| {
        let request = script.client().request("POST", path).header("Authorization", format!("Bearer {}", script.token()));
        script.client().send(request.body(bytes.to_vec()))
    };
    let api = sent("/api/v1/algorithms/ann/by-api/versions?visibility=public&notes=Nightly", &bytes);
    assert_eq!(api.status(), 201, "{}", api.body);
    let folder = app.folder().join("by-hand");
    package::unpack(&bytes, &folder).unwrap();
    let output = app.command().arg("publish").arg(&folder).args(["--as", "ann"]).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let digests: Vec<String> = ["by-page", "by-api", "iris"]
        .into_iter()
        .map(|name| ann.get(&format!("/algorithms/ann/{name}/versions")).attr("h2 + * ~ .push code, .push code", "title"))
        .collect();
    assert!(digests.iter().all(|digest| digest.len() == 64 && *digest == digests[0]), "{digests:?}");
    assert!(app.visitor().get("/algorithms/ann/by-api/versions/1.0.0").says("Nightly"));
    assert_eq!(sent("/api/v1/algorithms/ann/by-api/versions", &bytes).status(), 201, "the address says both: a version more");
    let wrong = sent("/api/v1/algorithms/ann/by-api/versions?version=1.0.1", b"hello");
    let said: serde_json::Value = serde_json::from_str(&wrong.body).unwrap();
    assert_eq!((wrong.status(), &said["findings"][0]["file"]), (422, &json!("archive")), "{said}");
    assert!(said["fields"]["version"].as_str().unwrap().contains("already"));
    assert_eq!(sent("/api/v1/algorithms/ann/huge/versions", &vec![b'P'; (64 << 20) + 1]).status(), 413);
    assert_eq!(sent("/api/v1/algorithms/pub/iris/versions", &bytes).status(), 404);
}

#[test]
fn a_release_is_edited_withdrawn_delisted_and_deleted() {
    let app = gallery();
    let (ann, ben) = (app.sign_in("ann"), app.sign_in("ben"));
    publish(&ann, &[("visibility", "public")], &archive("iris", ""));
    publish(&ann, &[("algorithm", "ann/iris")], &archive("iris", ""));
    let form = ann.get("/publish/ann/iris/words");
    let wrong = ann.press(&form, "Save", &[("title", " "), ("delivery", "A model.")]);
    assert!(wrong.status() == 422 && wrong.has("#title-error") && wrong.text("#delivery").contains("A model."));
    assert_eq!(ann.press(&form, "Save", &[("title", "Iris, renamed"), ("delivery", "A model.")]).status(), 303);
    assert!(ben.get("/algorithms/ann/iris").says("Iris, renamed") && ben.get("/algorithms/ann/iris").says("A model."));
    assert!(ben.get("/market/algorithms?q=renamed").says("Iris, renamed"), "and found by it");

    let asked = ann.get("/publish/ann/iris/versions/1.0.0/withdrawal");
    let refused = ann.press(&asked, "Withdraw", &[("reason", ""), ("replacement", "1.0.0")]);
    assert!(refused.status() == 422 && refused.has("#reason-error") && refused.has("#replacement-error"), "{}", refused.text("main"));
    assert_eq!(ann.press(&asked, "Withdraw", &[("reason", "It divides by zero."), ("replacement", "1.0.1")]).status(), 303);
    let version = ben.get("/algorithms/ann/iris/versions/1.0.0");
    assert!(version.says("It divides by zero.") && version.says("Take 1.0.1 instead."), "{}", version.text("main"));
    assert_eq!(ann.get("/publish/ann/iris/versions/1.0.0/withdrawal").status(), 409);

    assert_eq!(ann.press(&ann.get("/publish/ann/iris/delisting"), "Delist", &[("reason", "Being rewritten.")]).status(), 303);
    assert_eq!(ben.get("/algorithms/ann/iris").status(), 404);
    assert_eq!(ann.press(&ann.get("/publish/ann/iris"), "List again", &[]).status(), 303);
    assert_eq!(ben.get("/algorithms/ann/iris").status(), 200);
    assert_eq!(ann.post("/publish/ann/iris/deletion", &[]).status(), 409, "others have seen it");

    publish(&ann, &[], &archive("draft", ""));
    assert!(ann.get("/market/algorithms?q=draft").says("draft"), "its own publishers find it");
    assert_eq!(ann.press(&ann.get("/publish/ann/draft/deletion"), "Delete", &[]).status(), 303);
    assert_eq!(ann.get("/algorithms/ann/draft").status(), 404);
    assert!(!ann.get("/me/algorithms/releases").text("table").contains("draft"));
    eventually("it has left the lists", || !ann.get("/market/algorithms?q=draft").has(".table-market"));
    assert_eq!(publish(&ann, &[], &archive("draft", "")).status(), 303, "the name is free again");
}

#[test]
fn others_see_a_version_once_a_run_has_proved_it() {
    let app = TestApp::options().with_worker().start();
    let (ann, ben) = (app.sign_in("ann"), app.sign_in("ben"));
    let sent = publish(&ann, &[("visibility", "public")], &archive("iris", "galleria: {proof: {parameters: {code: 0}}}\n"));
    assert_eq!(sent.status(), 303, "{}", sent.body);
    eventually("the run has proved it", || ann.get("/publish/ann/iris").says("It stands in the market for everybody."));
    let version = ben.get("/algorithms/ann/iris/versions/1.0.0");
    assert!(ann.get("/algorithms/ann/iris").text("aside").contains("Proof runProven"));
    assert!(version.says("Proven") && version.says("python train.py 0") && version.says("loss=0.3333"), "{}", version.text("main"));
    assert!(ann.get("/notifications").says("iris 1.0.0 has proved itself; others see it now."));
    assert!(ann.get("/console/local/jobs").says("Proof run of 1.0.0") && ann.get("/console/billing").says("Proof run of 1.0.0"), "it is theirs");

    // The next version is not seen before its run, and not after one that fails.
    let broken = archive("iris", "galleria: {summary: Broken on purpose, proof: {parameters: {code: 3}}}\n");
    assert_eq!(publish(&ann, &[("algorithm", "ann/iris")], &broken).status(), 303);
    assert_eq!(ben.get("/algorithms/ann/iris/versions/1.0.1").status(), 404);
    eventually("the run has failed", || ann.get("/publish/ann/iris").says("Proof run failed"));
    assert_eq!(ben.get("/algorithms/ann/iris/versions/1.0.1").status(), 404);
    assert!(!ben.get("/algorithms/ann/iris").says("Broken on purpose") && ann.get("/algorithms/ann/iris/versions/1.0.1").status() == 200);
    let log = ann.get(&ann.get("/publish/ann/iris").link("Its training job"));
    assert!(log.says("Failed"), "its publisher reads why");
    let silent = package::pack([("MLproject", b"name: x\nentry_points: {main: {command: echo hello}}\n".as_slice())]).unwrap();
    publish(&ann, &[("name", "silent"), ("visibility", "public")], &silent);
    eventually("nothing was reported", || ann.get("/publish/ann/silent").says("reported no metric"));
    assert_eq!(ben.get("/algorithms/ann/silent").status(), 404);
    assert_eq!(ann.press(&ann.get("/publish/ann/silent"), "Prove again 1.0.0", &[]).status(), 303);
}

#[test]
fn data_that_does_not_fit_is_refused_before_it_is_queued() {
    let app = gallery();
    let ann = app.sign_in("ann");
    let project = "name: fit\nentry_points:\n  main:\n    parameters: {table: {type: path, default: sample.csv}}\n    command: cat {table}\n\
                   galleria:\n  requires:\n    inputs:\n      - {name: table, formats: [csv], columns: {length: float, species: string}, max_size: 1KiB}\n";
    let zip = package::pack([("MLproject", project.as_bytes()), ("sample.csv", b"length,species\n1,a\n".as_slice())]).unwrap();
    assert_eq!(publish(&ann, &[], &zip).status(), 303);
    assert!(ann.get("/algorithms/ann/fit/versions").says("length"), "the contract is shown");
    ann.post("/algorithms/ann/fit/subscription", &[]);
    let asked = ann.get("/algorithms/ann/fit/subscription/new");
    ann.press(&asked, "Continue", &[]);
    let upload = |name: &str, bytes: &[u8]| assert_eq!(ann.upload("/console/data", &[("name", name)], (&format!("{name}.csv"), bytes)).status(), 303);
    upload("good", b"length,species\n1.5,a\n");
    upload("lacking", b"species\na\n");
    upload("wrong", b"length,species\n1,a\nlong,b\n");
    upload("large", &b"length,species\n".iter().copied().chain([b'1'; 2_000]).collect::<Vec<_>>());
    let with = |name: &str| {
        let form = ann.get("/console/local/jobs/new?algorithm=ann/fit&version=1.0.0");
        ann.press(&form, "Create training job", &[("input.table", &format!("{name}@1")), ("flavor", "cpu-1")])
    };
    for (name, words) in [
        ("lacking", "It lacks the column length."),
        ("wrong", "Its column length must be numbers; row 3 is not."),
        ("large", "It takes at most 1 KiB"),
    ] {
        let page = with(name);
        assert!(page.status() == 422 && page.says(words), "{name}: {} {}", page.status(), page.text("main"));
    }
    let fine = with("good");
    assert_eq!(fine.status(), 303, "{}", fine.text("main"));
}

#[test]
fn publishers_see_how_it_is_used_and_where_it_fails_and_nothing_more() {
    let app = TestApp::options().env("GALLERIA_PROOF", "off").with_worker().start();
    let (ann, ben) = (app.sign_in("ann"), app.sign_in("ben"));
    assert!(ann.post("/publish", &[]).status() == 422);
    let train = "import sys\ndef main(value):\n    raise ValueError('the secret of ' + value)\nif sys.argv[1] != '0':\n    main(sys.argv[1])\n";
    let zip = package::pack([("MLproject", mlproject("iris", "").as_bytes()), ("train.py", train.as_bytes())]).unwrap();
    publish(&ann, &[("visibility", "public")], &zip);
    let script = Script::full(&app, "ben");
    let texts = script.send("PUT", "algorithms/ann/iris/subscription", &json!({}));
    let digests: Vec<_> = texts.at("/accept").as_array().unwrap().iter().map(|text| text["digest"].clone()).collect();
    script.send("PUT", "algorithms/ann/iris/subscription", &json!({ "accept": digests }));
    for code in ["0", "7", "7"] {
        let job = script.send("POST", "jobs", &json!({"name": "run", "algorithm": "ann/iris", "flavor": "cpu-1", "parameters": {"code": code}}));
        let path = format!("jobs/{}", job.at("/id"));
        eventually("it has ended", || ["completed", "failed"].contains(&script.get(&path).text("/state")));
    }
    eventually("the failures are grouped", || ann.get("/publish/ann/iris/use").says("ValueError at train.py:3"));
    let page = ann.get("/publish/ann/iris/use");
    assert!(!page.says("secret") && page.has("svg.chart") && page.says("33"), "{}", page.text("main"));
    assert_eq!(page.texts("#failures ~ .table-wrap td").first().map(String::as_str), Some("1.0.0"), "{}", page.text("main"));
    assert_eq!((ben.get("/publish/ann/iris/use").status(), ben.get("/notifications").says("run is Completed.")), (404, true));
}

#[test]
fn one_version_travels_as_a_file_and_a_changed_byte_is_refused() {
    let (here, there) = (TestApp::options().with_worker().start(), gallery());
    let (ann, ben) = (here.sign_in("ann"), there.sign_in("ben"));
    let sent = publish(&ann, &[("visibility", "public"), ("notes", "First light.")], &archive("iris", "galleria: {open_source: true}\n"));
    assert_eq!(sent.status(), 303, "{}", sent.body);
    eventually("the run has proved it", || ann.get("/publish/ann/iris").says("It stands in the market"));
    let file = here.folder().join("iris.galleria");
    let output = here.command().args(["export", "ann/iris", "1.0.0", "--output"]).arg(&file).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let import = |more: &[&str]| there.command().arg("import").arg(&file).args(more).output().unwrap();
    let words = |output: &std::process::Output| String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(words(&import(&[])).contains("there is no publisher `ann`"));
    let whole = std::fs::read(&file).unwrap();
    for at in [3, 40, 100, 700, whole.len() / 2, whole.len() - 1] {
        let mut bytes = whole.clone();
        bytes[at] ^= 1;
        std::fs::write(&file, bytes).unwrap();
        let refused = import(&["--as", "ben"]);
        assert!(!refused.status.success() && words(&refused).contains("cannot be imported"), "byte {at}: {refused:?}");
    }
    std::fs::write(&file, &whole).unwrap();
    let output = import(&["--as", "ben", "--public"]);
    assert_eq!(String::from_utf8_lossy(&output.stdout), "ben/iris 1.0.0\n", "{output:?}");
    let page = there.visitor().get("/algorithms/ben/iris/versions/1.0.0");
    assert!(page.says("Not proven here") && page.says("where it came from") && page.says("First light."), "{}", page.text("main"));
    assert!(!import(&["--as", "ben"]).status.success(), "that number is taken");
    assert_eq!(ben.get("/publish/ben/iris").status(), 200);
}
