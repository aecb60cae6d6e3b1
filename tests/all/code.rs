//! Code of open source and its download.

use galleria::package;
use galleria::web::attachment::SANDBOX;
use sha2::{Digest, Sha256};

use crate::support::TestApp;

#[test]
fn the_readme_comes_first_and_files_have_numbered_lines() {
    let app = TestApp::new();
    app.algorithm("lab", "iris").file("data/rows.csv", "a,b\n1,2\n").publish();
    let visitor = app.visitor();
    let page = visitor.get("/algorithms/lab/iris/code");
    assert_eq!(page.texts("nav[aria-label=Files] .file-name"), ["data/", "rows.csv", "MLproject", "README.md", "train.py"]);
    assert_eq!(page.text("#file-title code"), "README.md");
    assert!(page.has(".prose h2"), "the README is rendered");
    let train = visitor.get("/algorithms/lab/iris/code/1.0.0/train.py");
    assert_eq!(train.text("nav a[aria-current=page] .file-name"), "train.py");
    assert_eq!(train.text("#L1"), "import argparse, os, sys, time");
    assert_eq!(train.attr("#L12 a", "href"), "#L12");
    assert!(train.has("#L1 .hl-keyword"), "highlighted");
    let readme = visitor.get("/algorithms/lab/iris/code/1.0.0/README.md");
    assert_eq!(readme.text("#L1"), "# iris");
    assert!(visitor.get("/algorithms/lab/iris/code/1.0.0/data").says("Choose a file"));
    assert_eq!(visitor.get("/algorithms/lab/iris/code/1.0.0/nothing").status(), 404);
    assert_eq!(visitor.get("/algorithms/lab/iris/code/9.0.0").status(), 404);
}

#[test]
fn every_file_name_leads_to_its_file() {
    let app = TestApp::new();
    let names = [
        "a b.txt",
        "50%.txt",
        "50%25.txt",
        "what?.txt",
        "c#.txt",
        "ü+ö.txt",
        "<img src=x onerror=alert(1)>.txt",
        "q\"uote'.txt",
        "deep/er/x&y=z.txt",
        "%2e%2e.txt",
        "L1.html",
    ];
    let mut builder = app.algorithm("lab", "iris");
    for name in names {
        builder = builder.file(name, &format!("I am {name}\n"));
    }
    builder.publish();
    let visitor = app.visitor();
    let tree = visitor.get("/algorithms/lab/iris/code");
    assert_eq!(tree.count("img"), 0);
    let links = tree.attrs("nav[aria-label=Files] a:has(.num)", "href");
    assert_eq!(links.len(), names.len() + 3);
    for name in names {
        let shown: Vec<_> = links.iter().map(|link| visitor.get(link)).filter(|page| page.text("#file-title code") == name).collect();
        assert_eq!(shown.len(), 1, "{name}");
        assert_eq!(shown[0].text("#L1"), format!("I am {name}"));
        assert_eq!(shown[0].count("img"), 0);
    }
    for path in ["..%2f..%2fsecret.key", "%2e%2e/%2e%2e/secret.key", "....//secret.key", "%2Fetc%2Fpasswd"] {
        assert_ne!(visitor.get(&format!("/algorithms/lab/iris/code/1.0.0/{path}")).status(), 200, "{path}");
    }
}

#[test]
fn what_cannot_be_shown_is_said() {
    let app = TestApp::new();
    app.algorithm("lab", "iris")
        .file("model.bin", "\0\u{1}binary")
        .file("empty.txt", "")
        .file("big.csv", &"1,2,3\n".repeat(100_000))
        .file("long.txt", &"\n".repeat(30_000))
        .file("evil.html", "<script>alert(1)</script>\n<b id=main>x</b>")
        .publish();
    let see = |name: &str| app.visitor().get(&format!("/algorithms/lab/iris/code/1.0.0/{name}"));
    assert!(see("model.bin").says("This file is binary"));
    assert!(see("empty.txt").says("This file is empty"));
    assert!(see("big.csv").says("too large to be shown"));
    assert!(see("long.txt").says("too many lines"));
    for _ in 0..2 {
        let evil = see("evil.html");
        assert_eq!(evil.text("#L1"), "<script>alert(1)</script>");
        assert_eq!((evil.count("#main"), evil.count("script:not([src])")), (1, 0));
        assert!(evil.header("content-type").starts_with("text/html"));
    }
}

#[test]
fn closed_source_is_nowhere() {
    let app = TestApp::new();
    app.algorithm("lab", "iris").closed_source().publish();
    for client in [app.visitor(), app.sign_in("ann"), app.sign_in("lab"), app.sign_in_operator()] {
        let page = client.get("/algorithms/lab/iris");
        assert_eq!(page.texts("nav.tabs a"), ["Description", "Version 1", "Comments 0"]);
        for path in ["/code", "/code/1.0.0", "/code/1.0.0/train.py", "/versions/1.0.0/source.zip"] {
            assert_eq!(client.get(&format!("/algorithms/lab/iris{path}")).status(), 404, "{path}");
        }
        assert!(!client.get("/algorithms/lab/iris/versions").body.contains("iris/code"));
    }
}

#[test]
fn the_download_link_gives_the_very_archive() {
    let app = TestApp::new();
    let iris = app.algorithm("lab", "iris").publish();
    let visitor = app.visitor();
    let page = visitor.get("/algorithms/lab/iris/code");
    let copied = page.attrs("button[data-copy]", "data-copy").into_iter().find(|link| link.ends_with("source.zip")).expect("Copy Download Link");
    assert!(page.buttons().contains(&"Copy Download Link".to_owned()));
    let path = page.link("Download");
    assert!(copied.starts_with("http://") && copied.ends_with(&path), "{copied}");
    let answer = visitor.raw(visitor.request("GET", &path).header("Accept-Encoding", "gzip, br"));
    let header = |name: &str| answer.headers().get(name).map_or(String::new(), |value| value.to_str().unwrap().to_owned());
    assert_eq!(header("content-type"), "application/zip");
    assert_eq!(header("content-disposition"), "attachment; filename=\"iris-1.0.0.zip\"");
    assert_eq!(header("content-security-policy"), SANDBOX);
    assert_eq!(header("x-content-type-options"), "nosniff");
    let (tag, length) = (header("etag"), header("content-length"));
    let bytes = answer.bytes().unwrap();
    assert_eq!(length, bytes.len().to_string());
    let digest: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(digest, iris.versions[0].digest);
    assert_eq!(package::read(&bytes).unwrap().files.len(), 3);
    let again = visitor.raw(visitor.request("GET", &path).header("If-None-Match", &tag));
    assert_eq!(again.status().as_u16(), 304);
    assert!(again.bytes().unwrap().is_empty());
}

#[test]
fn the_code_of_what_is_shared_with_some_stays_with_them() {
    let app = TestApp::new();
    app.algorithm("lab", "iris").users(&["ann"]).publish();
    let path = "/algorithms/lab/iris/versions/1.0.0/source.zip";
    assert_eq!(app.visitor().get(path).status(), 404);
    assert_eq!(app.sign_in("bob").get(path).status(), 404);
    let own = app.sign_in("ann").get(path);
    assert_eq!((own.status(), own.header("cache-control")), (200, "no-store"));
}
