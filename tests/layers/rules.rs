//! Each rule takes sources and gives a line for every place that breaks it.

use std::collections::{BTreeMap, BTreeSet};

use crate::source::{Reference, Source};

/// The order of the house: a module may use what stands in a line above its own, and of its own line what does
/// not lead back to it. What is not named here has no place yet. Below `web`, what is not named is a page.
const LAYERS: &[&[&str]] = &[
    &["clock", "config", "error", "schema"],
    &["db", "blobs"],
    &["catalogue"],
    &["metrics"],
    &["slug", "package", "markdown", "highlight", "engine", "engines"],
    &["users", "publishers", "sessions", "tokens", "notifications", "audit"],
    &["algorithms", "versions", "search"],
    &["consents", "subscriptions", "comments", "datasets", "reactions", "likes", "favorites"],
    &["jobs", "billing", "measured", "overview", "releases", "compare", "entries"],
    &["reports"],
    &["worker", "starter", "first_start"],
    &[
        "web::store", "web::viewer", "web::page", "web::failure", "web::form", "web::limits", "web::limiter", "web::filters", "web::assets",
        "web::session_store", "web::secret", "web::failures", "web::guard", "web::kept", "web::drawn", "web::figures", "web::actions", "web::rail",
        "web::paging", "web::archive", "web::attachment", "web::bearer", "web::chart", "web::ground", "web::outputs", "web::record", "web::source",
        "web::tree",
    ],
    &[PAGES],
    &["web", "web::routes", "web::server"],
    &["main", "cli"],
];
const PAGES: &str = "(pages)";

/// Names that say nothing about what is inside.
const EMPTY_NAMES: [&str; 12] = ["util", "utils", "helper", "helpers", "common", "service", "services", "manager", "model", "models", "dto", "misc"];

/// Where HTML is put into a page unescaped: only what `markdown::render` and `highlight::lines` return.
const RENDERED: &[(&str, &str)] = &[
    ("templates/algorithms/_said.html", "html"),
    ("templates/algorithms/code.html", "html"),
    ("templates/algorithms/comment.html", "quote"),
    ("templates/algorithms/compare.html", "html"),
    ("templates/algorithms/description.html", "html"),
    ("templates/algorithms/history.html", "text.html"),
    ("templates/algorithms/versions.html", "html"),
    ("templates/jobs/file.html", "html"),
    ("templates/market/algorithms.html", "html"),
    ("templates/publish/guide.html", "text"),
    ("templates/publishers/page.html", "about"),
    ("templates/settings/consents.html", "consent.html"),
    ("templates/subscription/constraints.html", "need.sentence"),
    ("templates/subscription/constraints.html", "words"),
    ("templates/subscription/note.html", "agreement"),
    ("templates/subscription/note.html", "risk"),
];

fn rank(unit: &str) -> Option<usize> {
    let named = LAYERS.iter().position(|layer| layer.contains(&unit));
    let page = || LAYERS.iter().position(|layer| layer.contains(&PAGES)).filter(|_| unit.starts_with("web::"));
    named.or_else(page)
}

fn is_page(unit: &str) -> bool {
    rank(unit).is_some_and(|rank| LAYERS[rank].contains(&PAGES))
}

/// The unit a path belongs to: its top module, and one deeper below `web`.
fn unit(path: &[String], modules: &BTreeSet<String>) -> String {
    match path {
        [] => String::new(),
        [web, page, ..] if web == "web" && modules.contains(&format!("web::{page}")) => format!("web::{page}"),
        [top, ..] => top.clone(),
    }
}

struct Edge {
    from: String,
    to: String,
    place: String,
}

fn edges(sources: &[Source]) -> Vec<Edge> {
    let modules: BTreeSet<String> =
        sources.iter().map(|source| source.module()).flat_map(|path| (1..=path.len()).map(move |end| path[..end].join("::"))).collect();
    let macros: BTreeMap<String, String> =
        sources.iter().flat_map(|source| macros(source).into_iter().map(|name| (name, unit(&source.module(), &modules)))).collect();
    let target = |reference: &Reference| match reference.path.as_slice() {
        [name] if reference.is_macro => macros.get(name).cloned().unwrap_or_default(),
        path => unit(path, &modules),
    };
    let mut found = Vec::new();
    for source in sources {
        let from = unit(&source.module(), &modules);
        for reference in source.references() {
            let to = target(&reference);
            // `crate::thing` that is no module is the crate's own re-export.
            let known = modules.contains(&to);
            if known && to != from && !from.is_empty() {
                found.push(Edge { from: from.clone(), to, place: format!("{}:{}", source.path, reference.line) });
            }
        }
    }
    found
}

fn macros(source: &Source) -> Vec<String> {
    let tokens = source.tokens();
    tokens.windows(3).filter(|three| three[0].text == "macro_rules" && three[1].text == "!").map(|three| three[2].text.clone()).collect()
}

/// Upward paths, paths from page to page, circles, and modules without a place.
pub fn layers(sources: &[Source]) -> Vec<String> {
    let edges = edges(sources);
    let mut wrong = Vec::new();
    let units: BTreeSet<String> = sources.iter().map(Source::module).filter(|path| !path.is_empty()).map(|path| path[0].clone()).collect();
    for unit in units.iter().filter(|unit| rank(unit).is_none()) {
        wrong.push(format!("src/{unit}.rs: {unit} has no place in LAYERS of tests/layers/rules.rs"));
    }
    for Edge { from, to, place } in &edges {
        match (rank(from), rank(to)) {
            (Some(own), Some(other)) if other > own => wrong.push(format!("{place}: {from} may not use {to}, which stands to its right")),
            _ if is_page(from) && is_page(to) => wrong.push(format!("{place}: {from} may not use {to}: pages never import pages")),
            _ => {}
        }
    }
    wrong.dedup();
    if wrong.is_empty() {
        wrong.extend(circle(&edges));
    }
    wrong
}

/// One circle, if there is any: `a → b → a`.
fn circle(edges: &[Edge]) -> Option<String> {
    fn visit<'a>(
        unit: &'a str,
        uses: &BTreeMap<&'a str, BTreeSet<&'a str>>,
        trail: &mut Vec<&'a str>,
        done: &mut BTreeSet<&'a str>,
    ) -> Option<String> {
        if let Some(start) = trail.iter().position(|earlier| *earlier == unit) {
            let round: Vec<&str> = trail[start..].iter().copied().chain([unit]).collect();
            return Some(format!("a circle: {}", round.join(" → ")));
        }
        if done.contains(unit) {
            return None;
        }
        trail.push(unit);
        let found = uses.get(unit).into_iter().flatten().find_map(|next| visit(next, uses, trail, done));
        trail.pop();
        done.insert(unit);
        found
    }
    let mut uses: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for edge in edges {
        uses.entry(&edge.from).or_default().insert(&edge.to);
    }
    let mut done = BTreeSet::new();
    uses.keys().find_map(|unit| visit(unit, &uses, &mut Vec::new(), &mut done))
}

/// Diesel under `web/`, actix and askama outside it.
pub fn crates(sources: &[Source]) -> Vec<String> {
    let mut wrong = Vec::new();
    for source in sources {
        let web = source.path.starts_with("src/web/") || source.path == "src/web.rs";
        let top = source.path.starts_with("src/cli") || source.path == "src/main.rs";
        for token in source.tokens() {
            let word = token.text.as_str();
            let misplaced = match word {
                "diesel" | "diesel_migrations" => web || top,
                "askama" | "askama_web" => !web,
                _ => word.starts_with("actix_") && !web && !top,
            };
            if misplaced {
                wrong.push(format!("{}:{}: {word} does not belong here", source.path, token.line));
            }
        }
    }
    wrong
}

/// Routes that are made elsewhere than in the table, the assets and the server.
pub fn routing(sources: &[Source]) -> Vec<String> {
    let allowed = ["src/web/routes.rs", "src/web/assets.rs", "src/web/server.rs"];
    let mut wrong = Vec::new();
    for source in sources.iter().filter(|source| !allowed.contains(&source.path.as_str())) {
        for three in source.tokens().windows(3) {
            if three[0].text == "." && ["route", "service"].contains(&three[1].text.as_str()) && three[2].text == "(" {
                wrong.push(format!("{}:{}: every route is a line of TABLE in src/web/routes.rs", source.path, three[1].line));
            }
        }
    }
    wrong
}

/// Files over 350 lines, functions over 50, handlers over 25.
pub fn sizes(sources: &[Source]) -> Vec<String> {
    let mut wrong = Vec::new();
    for source in sources {
        let lines = source.text.lines().count();
        if lines > 350 {
            wrong.push(format!("{}: {lines} lines; at most 350", source.path));
        }
        for function in source.functions() {
            let (lines, name) = (function.last + 1 - function.first, &function.name);
            let page = source.path.starts_with("src/web/") && is_page(&unit_of_file(source));
            let (most, what) = if function.is_handler && page { (25, "the handler") } else { (50, "the function") };
            if lines > most {
                wrong.push(format!("{}:{}: {what} {name} has {lines} lines; at most {most}", source.path, function.first));
            }
        }
    }
    wrong
}

fn unit_of_file(source: &Source) -> String {
    source.module().into_iter().take(2).collect::<Vec<_>>().join("::")
}

/// Templates over 150 lines.
pub fn template_sizes(sources: &[Source]) -> Vec<String> {
    let long = |source: &&Source| source.text.lines().count() > 150;
    sources.iter().filter(long).map(|source| format!("{}: {} lines; at most 150", source.path, source.text.lines().count())).collect()
}

/// Modules named by what everything is.
pub fn names(sources: &[Source]) -> Vec<String> {
    let mut wrong = Vec::new();
    for source in sources {
        let mut named: Vec<(String, usize)> = source.module().into_iter().map(|name| (name, 1)).collect();
        let tokens = source.tokens();
        named.extend(tokens.windows(2).filter(|two| two[0].text == "mod").map(|two| (two[1].text.clone(), two[1].line)));
        let empty = named.iter().find(|(name, _)| EMPTY_NAMES.contains(&name.as_str()));
        wrong.extend(empty.map(|(name, line)| format!("{}:{line}: `{name}` says nothing about what is inside", source.path)));
    }
    wrong
}

/// Inline style and script, and unescaped text that was not rendered here.
pub fn templates(sources: &[Source]) -> Vec<String> {
    let mut wrong = Vec::new();
    for source in sources {
        for (number, line) in source.text.lines().enumerate() {
            let mut complain = |what: &str| wrong.push(format!("{}:{}: {what}: {}", source.path, number + 1, line.trim()));
            let lower = line.to_lowercase();
            let tags = tags(&lower);
            if tags.iter().any(|tag| has_attribute(tag, |name| name == "style")) || lower.contains("<style") {
                complain("inline style");
            }
            if tags.iter().any(|tag| has_attribute(tag, |name| name.starts_with("on") || name.starts_with("hx-on"))) {
                complain("inline script");
            }
            if tags.iter().any(|tag| tag.starts_with("script") && !tag.contains("src=")) || lower.contains("javascript:") {
                complain("script in the page");
            }
            for expression in unescaped(line) {
                if !RENDERED.contains(&(source.path.as_str(), expression.as_str())) {
                    complain("`|safe` on what is not known to be rendered");
                }
            }
        }
    }
    wrong
}

/// What stands between `<` and `>`, with what stands in `{…}` taken out.
fn tags(line: &str) -> Vec<String> {
    let mut text = String::new();
    let mut depth = 0_usize;
    for letter in line.chars() {
        match letter {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            _ if depth == 0 => text.push(letter),
            _ => {}
        }
    }
    // A tag may go on from the line before, so what comes before the first `<` counts when it closes with `>`.
    let first = text.split('<').next().filter(|part| part.contains('>')).map(str::to_owned);
    let rest = text.split('<').skip(1).map(|part| part.split('>').next().unwrap_or("").to_owned());
    first.into_iter().map(|part| part.split('>').next().unwrap_or("").to_owned()).chain(rest.collect::<Vec<_>>()).collect()
}

fn has_attribute(tag: &str, wanted: impl Fn(&str) -> bool) -> bool {
    tag.split_whitespace().skip(1).filter_map(|part| part.split_once('=')).any(|(name, _)| wanted(name))
}

fn unescaped(line: &str) -> Vec<String> {
    let parts: Vec<&str> = line.split("|safe").collect();
    let before = parts.iter().take(parts.len() - 1);
    before.map(|part| part.rsplit("{{").next().unwrap_or("").trim().trim_start_matches('-').trim().to_owned()).collect()
}
