//! The outputs of a job: listed, shown, packed, and harmless whatever a job calls them and writes into them.

use crate::jobs::{launch, settled};
use crate::metrics::attempt;
use crate::support::training::subscribe;
use crate::support::{Client, Script, TestApp, unzipped};

/// What our answers say of files that somebody else wrote.
const SANDBOX: &str = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'; sandbox";
const SVG: &str = "<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'><script>alert(2)</script></svg>";
const HTML: &str = "<!doctype html><script>alert(3)</script><b class=evil>x</b>";
const TRAIN: &str = r#"import os, time
folder = os.environ["GALLERIA_OUTPUT_DIR"]
def write(name, text):
    path = os.path.join(folder, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(text if isinstance(text, bytes) else text.encode())
write("plots/loss.svg", """@SVG@""")
write("page.html", """@HTML@""")
write("<img src=x onerror=alert(4)>.csv", "name,<b>sum</b>\n=1+1,<script>alert(5)</script>\n")
write("a b/ü#?&.txt", "of course")
write("plot.png", b"\x89PNG\r\n\x1a\n no picture")
write("model.bin", bytes(range(256)) * 10)
write("long.log", "line of the log\n" * 100_000)
write("nothing.json", "")
os.symlink("/etc/passwd", folder + "/passwd")
os.symlink("plots", folder + "/linked")
print("written", flush=True)
"#;

/// A gallery whose `lab/iris` writes that, with a job of `ann`'s.
fn trained(app: &TestApp, more: &str) -> (Client, String) {
    let code = TRAIN.replace("@SVG@", SVG).replace("@HTML@", HTML) + more;
    subscribe(app, &app.user("ann"), &app.algorithm("lab", "iris").file("train.py", &code).publish());
    let ann = app.sign_in("ann");
    let path = launch(&ann, &[("name", "left behind")]);
    (ann, path)
}

#[test]
fn every_file_has_a_page_on_which_nothing_of_it_runs() {
    let app = TestApp::options().with_worker().start();
    let (ann, path) = trained(&app, "");
    settled(&ann, &path);
    let list = ann.get(&format!("{path}/outputs"));
    assert!(list.says("8 files") && !list.says("passwd") && !list.says("linked"), "{}", list.text("main"));
    let names = list.texts("tbody th");
    let page = |name: &str| {
        let at = names.iter().position(|known| known == name).unwrap_or_else(|| panic!("{name}: {names:?}"));
        ann.get(&list.attrs("tbody th a", "href")[at])
    };
    for name in &names {
        let shown = page(name);
        assert_eq!((shown.status(), shown.text("#file-title code")), (200, name.clone()));
        let foreign = shown.count("main script, main svg:not(.icon), main b, [onload], [onerror], iframe, object, embed");
        assert_eq!(foreign, 0, "{name}: {}", shown.body);
    }
    let svg = page("plots/loss.svg");
    assert_eq!(svg.attr(".picture img", "src"), format!("{path}/outputs/plots/loss.svg"));
    assert!(ann.click(&svg, "As text").text(".code-view").contains("alert(2)"), "an SVG can be read too");
    assert!(page("page.html").text(".code-view").contains("<script>alert(3)</script>"));
    let table = page("<img src=x onerror=alert(4)>.csv");
    assert_eq!(
        (table.texts("main thead th"), table.texts("main tbody td")),
        (vec!["name".into(), "<b>sum</b>".into()], vec!["=1+1".into(), "<script>alert(5)</script>".into()])
    );
    assert!(page("long.log").says("Only the first 2,000 lines are shown, 31.3 KiB of 1.5 MiB."));
    assert!(page("model.bin").says("There is no preview") && page("nothing.json").says("This file is empty."));
    assert!(ann.get(&format!("{path}/outputs/plots?view")).says("Choose a file"));
    for wrong in ["passwd", "linked/loss.svg", "../spec.json", "..%2fspec.json", "none.txt", ""] {
        assert_eq!(ann.get(&format!("{path}/outputs/{wrong}?view")).status(), 404, "{wrong}");
        assert_eq!(ann.get(&format!("{path}/outputs/{wrong}")).status(), 404, "{wrong}");
    }
}

#[test]
fn the_bytes_of_a_file_are_only_ever_saved() {
    let app = TestApp::options().with_worker().start();
    let (ann, path) = trained(&app, "");
    settled(&ann, &path);
    let kinds = [("plots/loss.svg", "image/svg+xml"), ("plot.png", "image/png"), ("page.html", "application/octet-stream")];
    for (name, kind) in kinds {
        let answer = ann.raw(ann.request("GET", &format!("{path}/outputs/{name}")));
        let header = |name: &str| answer.headers()[name].to_str().unwrap().to_owned();
        assert_eq!((header("content-type").as_str(), header("content-security-policy").as_str()), (kind, SANDBOX));
        assert_eq!((header("x-content-type-options"), header("x-frame-options")), ("nosniff".into(), "DENY".into()));
        assert!(header("content-disposition").starts_with("attachment;") && header("cache-control") == "no-store", "{name}");
        let written = std::fs::read(attempt(&app, &path).join("outputs").join(name)).unwrap();
        assert_eq!(answer.bytes().unwrap(), written, "{name}");
    }
}

#[test]
fn all_of_them_are_one_archive_also_for_a_script() {
    let app = TestApp::options().with_worker().start();
    let (ann, path) = trained(&app, "");
    settled(&ann, &path);
    let list = ann.get(&format!("{path}/outputs"));
    let answer = ann.raw(ann.request("GET", &list.link("Download all")));
    let header = |name: &str| answer.headers().get(name).map_or("", |value| value.to_str().unwrap()).to_owned();
    assert_eq!((header("content-type").as_str(), header("content-security-policy").as_str()), ("application/zip", SANDBOX));
    assert_eq!(
        (header("content-disposition").as_str(), header("content-encoding").as_str()),
        ("attachment; filename*=UTF-8''left%20behind%2Ezip", "identity")
    );
    let bytes = answer.bytes().unwrap();
    let files = unzipped(&bytes);
    assert_eq!(files.keys().cloned().collect::<Vec<_>>(), list.texts("tbody th"));
    for (name, bytes) in &files {
        assert_eq!(bytes, &std::fs::read(attempt(&app, &path).join("outputs").join(name)).unwrap(), "{name}");
    }
    let script = Script::full(&app, "ann");
    let job = format!("jobs/{}", path.rsplit('/').next().unwrap());
    let outputs = script.get(&format!("{job}/outputs"));
    assert_eq!(outputs.text("/archive"), format!("/api/v1/{job}/outputs.zip"));
    assert_eq!(script.get(&format!("{job}/outputs.zip")).page.header("content-type"), "application/zip");
    assert_eq!(ann.get(outputs.text("/outputs/0/view")).status(), 200);
    let bob = app.sign_in("bob");
    for page in [".zip", "/page.html", "/page.html?view"] {
        assert_eq!(bob.get(&format!("{path}/outputs{page}")).status(), 404, "{page}");
    }
}

#[test]
fn a_job_at_work_shows_what_is_there_now() {
    let app = TestApp::options().with_worker().start();
    let waits = "while not os.path.exists(folder + '/go'): time.sleep(0.05)\nwrite('late.txt', 'now')\n";
    let (ann, path) = trained(&app, waits);
    crate::support::eventually("the files are there", || ann.get(&format!("{path}/logs.txt")).body.contains("written"));
    let list = ann.get(&format!("{path}/outputs"));
    assert!(list.says("the job may still write to them") && list.has("#tab[data-hx-get]"));
    let page = ann.get(&format!("{path}/outputs/long.log?view"));
    assert!(page.has_link("Refresh") && !page.has("#tab[data-hx-get]"), "a text does not move under its reader");
    let packed = || unzipped(&ann.raw(ann.request("GET", &format!("{path}/outputs.zip"))).bytes().unwrap());
    assert_eq!(packed().len(), 8);
    std::fs::write(attempt(&app, &path).join("outputs/go"), "").unwrap();
    settled(&ann, &path);
    assert_eq!(packed()["late.txt"], b"now");
}
