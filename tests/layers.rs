//! The rules of the house, held against the source: who may look at whom, and how large things may grow.
#![allow(clippy::unwrap_used, clippy::panic, clippy::expect_used, missing_docs)]

#[path = "layers/rules.rs"]
mod rules;
#[path = "layers/source.rs"]
mod source;

use std::fs;
use std::path::Path;

use source::Source;

/// Every text file below `folder` that ends in `ending`, by path.
fn files(folder: &str, ending: &str) -> Vec<Source> {
    fn walk(folder: &Path, ending: &str, found: &mut Vec<Source>) {
        let Ok(entries) = fs::read_dir(folder) else { return };
        for path in entries.map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                walk(&path, ending, found);
            } else if path.to_string_lossy().ends_with(ending) {
                found.push(Source::new(&path.to_string_lossy(), &fs::read_to_string(&path).unwrap()));
            }
        }
    }
    let mut found = Vec::new();
    walk(Path::new(folder), ending, &mut found);
    found.sort_by(|one, other| one.path.cmp(&other.path));
    found
}

#[track_caller]
fn none(violations: &[String]) {
    assert!(violations.is_empty(), "{} of the rules of the house are broken:\n{}", violations.len(), violations.join("\n"));
}

#[test]
fn every_module_looks_only_to_its_left() {
    none(&rules::layers(&files("src", ".rs")));
}

#[test]
fn diesel_stays_below_the_web_and_actix_in_it() {
    none(&rules::crates(&files("src", ".rs")));
}

#[test]
fn every_route_is_in_the_table() {
    none(&rules::routing(&files("src", ".rs")));
}

#[test]
fn nothing_grows_past_what_can_be_read_at_once() {
    let rust: Vec<Source> = ["src", "tests", "benches"].iter().flat_map(|folder| files(folder, ".rs")).collect();
    none(&rules::sizes(&rust));
    none(&rules::template_sizes(&files("templates", ".html")));
}

#[test]
fn modules_have_names_that_mean_something() {
    none(&rules::names(&files("src", ".rs")));
}

#[test]
fn templates_hold_no_code_and_trust_nothing_unrendered() {
    none(&rules::templates(&files("templates", ".html")));
}

/// A rule that finds nothing may be a rule that cannot find anything.
mod what_is_caught {
    use super::{Source, rules};

    fn one(violations: &[String], part: &str) {
        assert_eq!(violations.len(), 1, "{violations:?}");
        assert!(violations[0].contains(part), "{violations:?}");
    }

    fn layers(sources: &[(&str, &str)]) -> Vec<String> {
        rules::layers(&sources.iter().map(|(path, text)| Source::new(path, text)).collect::<Vec<_>>())
    }

    #[test]
    fn looking_up() {
        one(&layers(&[("src/users.rs", "use crate::web::page::View;"), ("src/web/page.rs", "")]), "src/users.rs:1: users may not use web::page");
        one(&layers(&[("src/db.rs", "fn f() {\n let x = crate::users::by_id(1); }"), ("src/users.rs", "")]), "src/db.rs:2");
        one(&layers(&[("src/package/mod.rs", ""), ("src/package/names.rs", "use super::super::users::User;"), ("src/users.rs", "")][..]), "users");
        one(&layers(&[("src/error.rs", "use crate::{clock, db::{Conn, Db}};"), ("src/db.rs", ""), ("src/clock.rs", "")]), "db");
        one(&layers(&[("src/clock.rs", "crate::text_enum! {}"), ("src/db.rs", "macro_rules! text_enum { () => {} }")]), "db");
    }

    #[test]
    fn going_round() {
        let found = layers(&[("src/algorithms.rs", "use crate::versions::Version;"), ("src/versions.rs", "fn f(a: crate::algorithms::A) {}")]);
        one(&found, "algorithms → versions → algorithms");
    }

    #[test]
    fn page_to_page() {
        let found = layers(&[("src/web/market.rs", "use super::accounts::login;"), ("src/web/accounts.rs", "")]);
        one(&found, "pages never import pages");
    }

    #[test]
    fn strangers() {
        one(&layers(&[("src/novelty.rs", "")]), "novelty has no place");
        let sources = [Source::new("src/web/x.rs", "use diesel::prelude::*;"), Source::new("src/users.rs", "fn f() -> actix_web::HttpResponse {}")];
        assert_eq!(rules::crates(&sources).len(), 2);
        one(&rules::routing(&[Source::new("src/web/x.rs", "config\n.service(x)")]), "src/web/x.rs:2");
        one(&rules::names(&[Source::new("src/web/utils.rs", "")]), "utils");
    }

    #[test]
    fn what_only_looks_like_it_is_left_alone() {
        let text = "// crate::web\n/* super::super::web */ const A: &str = \"crate::web::x\"; const B: &str = r#\"crate::web\"#; \
            fn f<'a>(c: char) -> &'a str { if c == '\"' || c == '\\'' { \"crate::web\" } else { \"\" } } mod tests { use super::*; use super::super::db; }";
        assert_eq!(layers(&[("src/users.rs", text), ("src/db.rs", "")]), Vec::<String>::new());
    }

    #[test]
    fn growth() {
        let long = format!("fn long() {{\n{}}}\n", "    work();\n".repeat(50));
        one(&rules::sizes(&[Source::new("src/a.rs", &long)]), "long has 52 lines");
        one(&rules::sizes(&[Source::new("src/a.rs", &"\n".repeat(351))]), "351 lines");
        let handler = format!("pub async fn page() {{\n{}}}\n", "    work();\n".repeat(25));
        one(&rules::sizes(&[Source::new("src/web/a.rs", &handler)]), "handler");
        one(&rules::template_sizes(&[Source::new("templates/a.html", &"\n".repeat(151))]), "151 lines");
    }

    #[test]
    fn code_in_templates() {
        for bad in [
            "<p style=\"color:red\">",
            "<script>x()</script>",
            "<button onclick=\"x()\">",
            "<a hx-on:click=\"x\">",
            "<style>p{}</style>",
            "{{ name|safe }}",
            "<a href=\"javascript:x()\">",
        ] {
            assert_eq!(rules::templates(&[Source::new("templates/a.html", bad)]).len(), 1, "{bad}");
        }
        let fine = "<script src=\"{{ \"app.js\"|asset }}\" defer></script><p class=\"on\" data-one=\"1\">{{ style }} on=off</p>";
        assert_eq!(rules::templates(&[Source::new("templates/a.html", fine)]), Vec::<String>::new());
    }
}
