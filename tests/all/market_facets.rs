//! What the market finds and counts, against the same worked out the slow way from the rows.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use diesel::prelude::*;
use galleria::algorithms::{self, Algorithm, Listing, Visibility};
use galleria::clock;
use galleria::publishers::{self, Kind, Publisher};
use galleria::schema;

use crate::market::listed;
use crate::support::{Client, Page, TestApp};

#[path = "../../benches/catalogue/mod.rs"]
mod catalogue;

const MARKET: &str = "/market/algorithms";

struct Row {
    algorithm: Algorithm,
    publisher: Publisher,
    /// Words of what stands in for the description.
    readme: Vec<String>,
}

/// What a query asks for, value by value, as the parameters of a URL.
type Asked<'a> = &'a [(&'a str, &'a str)];

fn gallery() -> (TestApp, Vec<Row>) {
    let app = TestApp::new();
    catalogue::generate(app.db(), &app.blobs(), 400, 7, clock::now()).unwrap();
    let rows = rows(&app, is_open);
    (app, rows)
}

fn is_open(algorithm: &Algorithm, _: &Publisher) -> bool {
    algorithm.visibility == Visibility::Public && algorithm.state == Listing::Listed
}

/// Those that somebody sees.
fn rows(app: &TestApp, sees: impl Fn(&Algorithm, &Publisher) -> bool) -> Vec<Row> {
    let rows = app.read(|conn| {
        let all = schema::algorithms::table.inner_join(schema::publishers::table).order(schema::algorithms::id);
        Ok(all.select((Algorithm::as_select(), Publisher::as_select())).load::<(Algorithm, Publisher)>(conn)?)
    });
    let readme = |algorithm: &Algorithm| {
        use schema::versions::dsl;
        let newest = dsl::versions.filter(dsl::algorithm_id.eq(algorithm.id)).filter(dsl::number.nullable().eq(&algorithm.newest));
        assert_eq!(algorithm.description, "");
        words(&app.read(|conn| Ok(newest.select(dsl::readme).first::<String>(conn).optional()?)).unwrap_or_default())
    };
    let rows = rows.into_iter().filter(|(algorithm, publisher)| sees(algorithm, publisher));
    rows.map(|(algorithm, publisher)| Row { readme: readme(&algorithm), algorithm, publisher }).collect()
}

/// What a row has of the facet that a parameter belongs to, and the name of that facet.
fn value(row: &Row, parameter: &str, value: &str) -> (&'static str, bool) {
    let (algorithm, publisher) = (&row.algorithm, &row.publisher);
    let person = publisher.kind == Kind::User;
    match (parameter, value) {
        ("official", _) => ("kind", publisher.official),
        ("publisher", "organisation") => ("kind", !publisher.official && !person),
        ("publisher", "person") => ("kind", !publisher.official && person),
        ("publisher", handle) => ("publisher", publisher.handle == handle),
        ("task", task) => ("task", algorithm.task == task),
        ("framework", framework) => ("framework", algorithm.framework == framework),
        ("license", license) => ("license", algorithm.license == license),
        ("accelerator", accelerator) => ("accelerator", algorithm.accelerator == accelerator),
        ("distributed", word) => ("distributed", algorithm.distributed == (word == "true")),
        ("open_source", word) => ("open_source", algorithm.open_source == (word == "true")),
        ("constraints", word) => ("constraints", algorithm.constrained == (word == "any")),
        other => panic!("{other:?}"),
    }
}

/// What of a text can be looked up: its words, and those that hyphens join as one.
fn words(text: &str) -> Vec<String> {
    let lower = text.to_lowercase();
    let parts = lower.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_owned);
    let joined = lower.split_whitespace().map(|word| word.chars().filter(|letter| letter.is_alphanumeric()).collect());
    let mut all: Vec<String> = Vec::new();
    parts.chain(joined).for_each(|word: String| {
        if !all.contains(&word) {
            all.push(word)
        }
    });
    all
}

/// Whether a row is found when the facet `but` is left out: every word occurs, the last one as a beginning.
fn found(row: &Row, asked: Asked, but: &str) -> bool {
    let (algorithm, publisher) = (&row.algorithm, &row.publisher);
    let texts = [&algorithm.title, &algorithm.name, &publisher.handle, &publisher.name, &algorithm.summary, &algorithm.task, &algorithm.framework];
    let own: Vec<String> = texts.into_iter().flat_map(|text| words(text)).collect();
    let asked_words: Vec<String> = asked.iter().filter(|(name, _)| *name == "q").flat_map(|(_, text)| words(text)).collect();
    let occurs = |(place, word): (usize, &String)| {
        let begins = place + 1 == asked_words.len();
        own.iter().chain(&row.readme).any(|own| own == word || (begins && own.starts_with(word)))
    };
    let mut facets: BTreeMap<&str, bool> = BTreeMap::new();
    for (name, wanted) in asked.iter().filter(|(name, _)| !matches!(*name, "q" | "sort" | "page")) {
        let (facet, has) = value(row, name, wanted);
        *facets.entry(facet).or_default() |= has;
    }
    asked_words.iter().enumerate().all(occurs) && facets.iter().all(|(facet, has)| *has || *facet == but)
}

fn open(app: &TestApp, asked: Asked) -> Page {
    ask(&app.visitor(), asked)
}

fn ask(reader: &Client, asked: Asked) -> Page {
    let encoded: Vec<String> = asked.iter().map(|(name, value)| format!("{name}={}", value.replace(' ', "+"))).collect();
    reader.get(&format!("{MARKET}?{}", encoded.join("&")))
}

const QUERIES: [Asked; 9] = [
    &[],
    &[("task", "Tabular classification")],
    &[("task", "Tabular classification"), ("task", "Forecasting"), ("framework", "PyTorch")],
    &[("q", "gradient")],
    &[("q", "risk Boosting"), ("license", "MIT"), ("open_source", "true")],
    &[("official", "true"), ("publisher", "person"), ("accelerator", "gpu")],
    &[("constraints", "none"), ("accelerator", "none"), ("license", "MIT")],
    &[("constraints", "any"), ("open_source", "false"), ("accelerator", "none")],
    &[("q", "a"), ("publisher", "organisation"), ("license", "MIT"), ("license", "Apache-2.0"), ("task", "Ranking")],
];

/// Holds what a reader is shown against all rows that they see.
fn counts_are_right(reader: &Client, rows: &[Row], asked: Asked) {
    let page = ask(reader, asked);
    let total = rows.iter().filter(|row| found(row, asked, "")).count();
    assert!(total > 0, "{asked:?} is no test");
    assert!(page.text("thead th").ends_with(&format!(" of {total}")), "{asked:?}: {} instead of {total}", page.text("thead th"));
    let (names, values, counts) = (page.attrs("#facets input", "name"), page.attrs("#facets input", "value"), page.texts("#facets .num"));
    assert!(names.len() >= 12, "{names:?}");
    for ((name, wanted), count) in names.iter().zip(&values).zip(&counts) {
        let facet = value(&rows[0], name, wanted).0;
        let expected = rows.iter().filter(|row| found(row, asked, facet) && value(row, name, wanted).1).count();
        assert_eq!(*count, expected.to_string(), "{name}={wanted} for {asked:?}");
    }
    let chosen: Vec<_> = page.attrs("#facets input[checked]", "value");
    let asked = asked.iter().filter(|(name, _)| *name != "q").count();
    assert_eq!(chosen.len(), asked, "{chosen:?}");
}

#[test]
fn every_facet_counts_what_all_the_others_let_through() {
    let (app, rows) = gallery();
    QUERIES.iter().for_each(|asked| counts_are_right(&app.visitor(), &rows, asked));
}

#[test]
fn every_facet_counts_for_members_what_they_alone_see() {
    let (app, open) = gallery();
    let (eve, member) = (app.user("eve").id, app.sign_in("eve"));
    let hidden = rows(&app, |algorithm, _| algorithm.visibility == Visibility::Private && algorithm.state == Listing::Listed);
    let (theirs, other) = hidden.split_at(hidden.len() / 2);
    app.write(|conn| {
        theirs.iter().try_for_each(|row| publishers::add_member(conn, row.publisher.id, eve))?;
        algorithms::set_visibility(conn, other[0].algorithm.id, Visibility::Users, &[eve], clock::now())
    });
    let named = other[0].algorithm.id;
    let seen = rows(&app, |algorithm, publisher| {
        let own = theirs.iter().any(|row| row.publisher.id == publisher.id) && algorithm.state == Listing::Listed;
        is_open(algorithm, publisher) || own || algorithm.id == named
    });
    assert!(seen.len() > open.len() + 3, "{} of {}", seen.len(), open.len());
    let word = other[0].algorithm.title.split(' ').next().unwrap();
    let open_source = if other[0].algorithm.open_source { "true" } else { "false" };
    let of_hidden: [Asked; 2] = [&[("q", word), ("open_source", open_source)], &[("q", word)]];
    let finds = |rows: &[Row]| of_hidden.map(|asked| rows.iter().filter(|row| found(row, asked, "")).count());
    assert!(finds(&seen).iter().zip(finds(&open)).all(|(seen, open)| *seen > open), "the words are of nothing hidden");
    for asked in QUERIES.iter().chain(&of_hidden) {
        counts_are_right(&member, &seen, asked);
        counts_are_right(&app.visitor(), &open, asked);
    }
}

#[test]
fn one_publisher_by_handle() {
    let (app, rows) = gallery();
    let handle = rows[0].publisher.handle.as_str();
    let asked: Asked = &[("publisher", handle), ("open_source", "true")];
    let page = open(&app, asked);
    let expected = rows.iter().filter(|row| found(row, asked, "")).count();
    assert!(page.text("thead th").ends_with(&format!(" of {expected}")));
    assert!(page.attrs("#facets input[checked]", "value").contains(&handle.to_owned()));
    assert_eq!(open(&app, &[("publisher", "nobody-is-this")]).count(".algo-title"), 0);
}

#[test]
fn values_are_compared_as_people_write_them() {
    let (app, _) = gallery();
    let head = |query: &str| app.visitor().get(&format!("{MARKET}?{query}")).text("thead th");
    for (one, other) in [
        ("task=Tabular+classification", "task=tabular-classification"),
        ("license=MIT", "license=mit"),
        ("accelerator=none", "accelerator=cpu"),
        ("official=true", "official=1"),
        ("official=false", "publisher=person&publisher=organisation"),
    ] {
        assert_eq!(head(one), head(other));
    }
}

#[test]
fn every_sort_is_the_order_it_names() {
    let (app, mut rows) = gallery();
    let latest = |row: &Row| (Reverse(row.algorithm.updated_at), Reverse(row.algorithm.id));
    type Key = fn(&Row) -> f64;
    let keys: [(&str, Key); 6] = [
        ("best", |row| -(row.algorithm.subscribers as f64)),
        ("subscribers", |row| -(row.algorithm.subscribers as f64)),
        ("likes", |row| -(row.algorithm.likes as f64)),
        ("trending", |row| -row.algorithm.trend),
        ("updated", |_| 0.0),
        ("published", |row| -(row.algorithm.created_at.and_utc().timestamp_millis() as f64)),
    ];
    for (sort, key) in keys {
        rows.sort_by(|a, b| key(a).total_cmp(&key(b)).then_with(|| latest(a).cmp(&latest(b))));
        let names: Vec<String> = rows.iter().map(|row| format!("{}/{}", row.publisher.handle, row.algorithm.name)).collect();
        let page = open(&app, &[("sort", sort)]);
        assert_eq!(listed(&page), names[..24], "{sort}");
        assert_eq!(page.value("#sort"), sort);
        assert_eq!(listed(&open(&app, &[("sort", sort), ("page", "3")])), names[48..72], "{sort}");
    }
}

#[test]
fn pages_follow_each_other_and_end() {
    let (app, rows) = gallery();
    let visitor = app.visitor();
    let asked: Asked = &[("q", "a"), ("open_source", "true"), ("sort", "likes")];
    let total = rows.iter().filter(|row| found(row, asked, "")).count();
    let mut page = open(&app, asked);
    let mut seen = listed(&page);
    while page.has("a[rel=next]") {
        page = visitor.get(&page.attr("a[rel=next]", "href"));
        seen.extend(listed(&page));
    }
    assert_eq!(seen.len(), total);
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), total, "nothing twice");
    let beyond = open(&app, &[("q", "a"), ("open_source", "true"), ("sort", "likes"), ("page", "9999")]);
    assert_eq!(listed(&beyond), listed(&page), "beyond the end is the last page");
    assert!(page.text(".pager").starts_with(&format!("Page {0} of {0}", total.div_ceil(24))));
    let first = visitor.get(&beyond.attr("a[rel=prev]", "href"));
    assert_eq!(first.count(".algo-title"), 24);
}

#[test]
fn ranked_hits_come_in_pages_too() {
    let (app, rows) = gallery();
    let title = |name: &String| {
        rows.iter().find(|row| format!("{}/{}", row.publisher.handle, row.algorithm.name) == *name).map(|row| &row.algorithm).unwrap()
    };
    let asked: Asked = &[("q", "report")];
    let total = rows.iter().filter(|row| found(row, asked, "")).count();
    let pages: Vec<Vec<String>> = (1..=total.div_ceil(24)).map(|page| listed(&open(&app, &[("q", "report"), ("page", &page.to_string())]))).collect();
    let all: Vec<&String> = pages.iter().flatten().collect();
    assert_eq!(all.len(), total);
    let mut once = all.clone();
    once.sort();
    once.dedup();
    assert_eq!(once.len(), total, "nothing twice");
    let subscribers = |page: &[String]| page.iter().map(|name| title(name).subscribers).sum::<i64>();
    let third = total / 3;
    let all: Vec<String> = all.into_iter().cloned().collect();
    assert!(subscribers(&all[..third]) > 2 * subscribers(&all[total - third..]), "equal hits by use");
}
