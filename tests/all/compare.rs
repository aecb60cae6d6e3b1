//! What changed from one version to another.

use crate::support::{AlgorithmBuilder, TestApp};

const OLD: &str = "name: iris\npython_env: env.yaml\nentry_points:\n  main:\n    parameters:\n      rounds: {type: int, default: 3, min: 1, max: 10}\n      depth: int\n    command: python train.py {rounds} {depth}\n  score:\n    command: python score.py\ngalleria: {open_source: OPEN, constraints: \"Two rows at least.\\nNo images.\", requires: {memory: 1 GiB}}\n";
const NEW: &str = "name: iris\npython_env: env.yaml\nentry_points:\n  main:\n    parameters:\n      rounds: {type: float, default: 5, min: 1, max: 10, description: How often}\n      rate: {type: float, default: 0.1}\n    command: python train.py {rounds} {rate}\ngalleria: {open_source: OPEN, constraints: \"Ten rows at least.\\nNo images.\", requires: {memory: 2 GiB}}\n";

fn code(change: &str) -> String {
    (1..=40).map(|n| if n == 20 { format!("print('{change}')\n") } else { format!("step({n})\n") }).collect()
}

/// Two versions that differ in everything, and one between them that others may not see.
fn two(app: &TestApp, name: &str, open: bool) {
    let of = |mlproject: &str, number: &str| -> AlgorithmBuilder<'_> {
        let mlproject = mlproject.replace("OPEN", if open { "true" } else { "false" });
        app.algorithm("lab", name).versions(&[number]).mlproject(&mlproject)
    };
    let (long, longer) = ("a line\n".repeat(40_000), "a line\n".repeat(40_001));
    let old = of(OLD, "1.0.0").file("train.py", &code("one")).file("old.txt", "gone\n").file("long.txt", &long);
    old.file("bin.dat", "a\0b").file("env.yaml", "python: \"3.11\"\ndependencies: [numpy==1.0, scipy]\n").publish();
    let new = of(NEW, "1.1.0").file("train.py", &code("<script>two")).file("a b.txt", "new\n").file("long.txt", &longer);
    let new = new.file("bin.dat", "a\0c").file("env.yaml", "python: \"3.12\"\ndependencies: [numpy==2.0, scipy]\n");
    new.notes("Faster **by far**.").publish();
}

#[test]
fn everything_that_differs_is_shown() {
    let app = TestApp::new();
    two(&app, "iris", true);
    let visitor = app.visitor();
    let versions = visitor.get("/algorithms/lab/iris/versions");
    let page = visitor.click(&versions, "Compare versions");
    assert_eq!(page.status(), 200, "{}", page.body);
    assert_eq!(page.header("cache-control"), "no-cache");
    assert_eq!(page.text("h2"), "Version 1.1.0 compared with 1.0.0");
    assert_eq!((page.value("#from"), page.value("#to")), ("1.0.0".into(), "1.1.0".into()));
    assert_eq!(page.text(".prose strong"), "by far");
    let lines = |section: &str, kind: &str| page.texts(&format!("section[{section}] .diff > {kind}"));
    assert_eq!(lines("aria-labelledby=constraints", "del"), ["Removed: Two rows at least.", "Removed: - At least 1 GiB of memory per node"]);
    assert_eq!(lines("aria-labelledby=constraints", "ins"), ["Added: Ten rows at least.", "Added: - At least 2 GiB of memory per node"]);
    assert!(lines("aria-labelledby=constraints", "span").contains(&"No images.".to_owned()));
    let rows = page.texts("section[aria-labelledby=parameters] tbody tr");
    assert_eq!(rows.len(), 3);
    assert!(rows[0].contains("Changed") && rows[0].contains("was int is now float") && rows[0].contains("was 3 is now 5"), "{rows:?}");
    assert!(rows[0].contains("1 to 10") && rows[0].contains("was none is now How often"), "{rows:?}");
    assert!(rows[1].starts_with("rate") && rows[1].contains("Added") && rows[1].contains("0.1"), "{rows:?}");
    assert!(rows[2].starts_with("depth") && rows[2].contains("Removed") && rows[2].contains("required"), "{rows:?}");
    assert_eq!(page.texts("section[aria-labelledby=parameters] h4"), ["Entry point main", "Entry point score"]);
    assert!(page.text("section[aria-labelledby=packages]").contains("was 3.11 is now 3.12"));
    assert_eq!(lines("aria-labelledby=packages", "*"), ["Removed: numpy==1.0", "Added: numpy==2.0"]);
}

#[test]
fn files_of_open_source_are_compared_line_by_line() {
    let app = TestApp::new();
    two(&app, "iris", true);
    let visitor = app.visitor();
    let page = visitor.get("/algorithms/lab/iris/compare");
    assert!(page.text("section[aria-labelledby=files]").contains("5 changed, 1 added, 1 removed"), "{}", page.text("section[aria-labelledby=files]"));
    let names = page.texts("section[aria-labelledby=files] tbody th");
    assert_eq!(names, ["MLproject", "a b.txt", "bin.dat", "env.yaml", "long.txt", "old.txt", "train.py"]);
    for (file, number) in [("a b.txt", "1.1.0"), ("old.txt", "1.0.0")] {
        let at = names.iter().position(|name| name == file).unwrap() + 1;
        let link = page.attr(&format!("section[aria-labelledby=files] tbody tr:nth-child({at}) a"), "href");
        assert!(link.contains(number) && visitor.get(&link).text("#file-title code") == file, "{link}");
    }
    assert_eq!(page.texts("section[aria-label='train.py'] .diff-place"), ["@@ -17,7 +17,7 @@"]);
    assert_eq!(page.texts("section[aria-label='train.py'] del"), ["Removed: print('one')"]);
    assert_eq!(page.texts("section[aria-label='train.py'] ins"), ["Added: print('<script>two')"]);
    assert_eq!(page.texts("section[aria-label='train.py'] .diff > span:not(.diff-place)").len(), 6);
    assert_eq!(page.attr("section[aria-label='train.py'] .diff-scroll", "tabindex"), "0");
    assert!(page.text("section[aria-label='bin.dat']").contains("is not text"));
    let long = page.text("section[aria-label='long.txt']");
    assert!(long.contains("larger than 200 KB") && long.contains("The code in 1.0.0 · the code in 1.1.0"), "{long}");
    assert_eq!(visitor.get(&page.link("the code in 1.1.0")).status(), 200);
}

#[test]
fn closed_source_shows_how_many_files_and_nothing_of_them() {
    let app = TestApp::new();
    two(&app, "iris", false);
    for client in [app.visitor(), app.sign_in("lab"), app.sign_in_operator()] {
        let page = client.get("/algorithms/lab/iris/compare?from=1.0.0&to=1.1.0");
        assert!(page.says("5 changed, 1 added, 1 removed") && page.says("Ten rows at least.") && page.says("numpy==2.0"), "{}", page.text("main"));
        for secret in ["train.py", "a b.txt", "old.txt", "print(", "step("] {
            assert!(!page.body.contains(secret), "{secret}: {}", page.text("main"));
        }
    }
}

#[test]
fn other_versions_can_be_chosen_and_only_those_one_may_see() {
    let app = TestApp::options().env("GALLERIA_PROOF", "on").start();
    app.algorithm("lab", "iris").versions(&["1.0.0", "1.1.0", "2.0.0"]).publish();
    let ann = app.sign_in("ann");
    let page = ann.get("/algorithms/lab/iris/compare");
    assert_eq!((page.text("h2"), page.header("cache-control")), ("Version 2.0.0 compared with 1.1.0".into(), "no-store"));
    assert_eq!(page.texts("#from option"), ["2.0.0", "1.1.0", "1.0.0"]);
    let other = ann.press(&page, "Compare", &[("from", "1.0.0"), ("to", "1.1.0")]);
    assert_eq!(other.text("h2"), "Version 1.1.0 compared with 1.0.0");
    assert_eq!(other.texts("section[aria-labelledby=files] tbody th"), ["MLproject"]);
    assert!(other.text("section[aria-labelledby=constraints]").contains("The same in both versions."));
    let back = ann.get("/algorithms/lab/iris/compare?from=2.0.0&to=1.0.0");
    assert_eq!(
        (back.texts("section[aria-label=MLproject] del"), back.texts("section[aria-label=MLproject] ins").len()),
        (vec!["Removed: # 2.0.0".into()], 1)
    );
    assert!(ann.press(&page, "Compare", &[("from", "2.0.0")]).says("This is one version. Choose two different ones."));

    let version = ann.get("/algorithms/lab/iris/versions/1.1.0");
    assert_eq!(ann.click(&version, "Compare with the version before").text("h2"), "Version 1.1.0 compared with 1.0.0");
    assert!(!ann.get("/algorithms/lab/iris/versions/1.0.0").has_link("Compare with the version before"));
    assert!(ann.get("/algorithms/lab/iris/compare?to=1.0.0").says("There is no version before 1.0.0"));
    assert_eq!(ann.get("/algorithms/lab/iris/compare?to=9.0.0").status(), 404);

    // A version that waits for its proof is its publishers' alone.
    use diesel::prelude::*;
    use galleria::schema::versions::dsl as v;
    app.write(|conn| Ok(diesel::update(v::versions.filter(v::number.eq("2.0.0"))).set(v::shown.eq(false)).execute(conn)?));
    assert_eq!(ann.get("/algorithms/lab/iris/compare").text("h2"), "Version 1.1.0 compared with 1.0.0");
    assert_eq!(ann.get("/algorithms/lab/iris/compare?to=2.0.0").status(), 404);
    assert_eq!(ann.get("/algorithms/lab/iris/compare?from=2.0.0&to=1.1.0").status(), 404);
    assert_eq!(app.sign_in("lab").get("/algorithms/lab/iris/compare").text("h2"), "Version 2.0.0 compared with 1.1.0");
    app.algorithm("lab", "young").publish();
    assert!(ann.get("/algorithms/lab/young/compare").says("There is no version before 1.0.0"));
    assert!(!ann.get("/algorithms/lab/young/versions").has_link("Compare versions"));
}
