//! The OpenAPI document, held against the table of routes and against real answers.

use std::collections::BTreeSet;

use galleria::web::routes::API;
use serde_json::{Value, json};

use crate::support::{Script, TestApp};

fn document(app: &TestApp) -> Value {
    let page = app.visitor().get("/api/v1/openapi.json");
    assert_eq!((page.status(), page.header("content-type")), (200, "application/json"));
    serde_json::from_str(&page.body).unwrap()
}

#[test]
fn it_has_every_route_with_its_scope_and_no_other() {
    let document = document(&TestApp::new());
    let mut described = BTreeSet::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let scope = operation["security"][0]["token"][0].as_str().unwrap_or("none");
            described.insert(format!("{method} {path} {scope}"));
            for status in ["401", "403", "404", "429", "503"] {
                assert!(operation["responses"][status]["content"].is_object(), "{method} {path} does not describe {status}");
            }
            assert!(operation["summary"].is_string(), "{method} {path} says nothing of itself");
        }
    }
    let routes = API.iter().map(|entry| format!("{} {} {}", entry.method, entry.path.replace(":.*", ""), entry.scope.unwrap()));
    assert_eq!(described, routes.collect());
    assert_eq!(document["components"]["securitySchemes"]["token"]["scheme"], "bearer");
}

/// What of `value` is not as `schema` says: the words of JSON Schema that the document uses.
fn faults(document: &Value, schema: &Value, value: &Value, place: &str) -> Vec<String> {
    let Some(schema) = schema.as_object() else { return vec![format!("{place}: no schema")] };
    let mut found = Vec::new();
    for (word, said) in schema {
        match word.as_str() {
            "$ref" => {
                let target = document.pointer(said.as_str().unwrap().trim_start_matches('#')).expect("a reference leads somewhere");
                found.extend(faults(document, target, value, place));
            }
            "type" => {
                let types: Vec<&str> =
                    said.as_array().map_or_else(|| vec![said.as_str().unwrap()], |list| list.iter().map(|t| t.as_str().unwrap()).collect());
                if !types.iter().any(|one| is(one, value)) {
                    found.push(format!("{place}: {value} is not {types:?}"));
                }
            }
            "required" => {
                let missing = said.as_array().unwrap().iter().filter(|name| value.get(name.as_str().unwrap()).is_none());
                found.extend(missing.map(|name| format!("{place}: {name} is missing")));
            }
            "properties" => {
                let there = said.as_object().unwrap().iter().filter_map(|(name, inner)| Some((name, inner, value.get(name)?)));
                found.extend(there.flat_map(|(name, inner, part)| faults(document, inner, part, &format!("{place}/{name}"))));
            }
            "additionalProperties" if said.is_object() => {
                let parts = value.as_object().into_iter().flatten();
                found.extend(parts.flat_map(|(name, part)| faults(document, said, part, &format!("{place}/{name}"))));
            }
            "items" => {
                let parts = value.as_array().into_iter().flatten().enumerate();
                found.extend(parts.flat_map(|(at, part)| faults(document, said, part, &format!("{place}/{at}"))));
            }
            "allOf" => found.extend(said.as_array().unwrap().iter().flat_map(|one| faults(document, one, value, place))),
            "oneOf" | "anyOf" if !said.as_array().unwrap().iter().any(|one| faults(document, one, value, place).is_empty()) => {
                found.push(format!("{place}: {value} is none of those"));
            }
            "minimum" if value.as_f64().is_some_and(|number| number < said.as_f64().unwrap()) => found.push(format!("{place}: too small")),
            "oneOf" | "anyOf" | "minimum" | "description" | "format" | "propertyNames" | "example" => {}
            other => found.push(format!("{place}: the test does not know `{other}`")),
        }
    }
    found
}

fn is(kind: &str, value: &Value) -> bool {
    match kind {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        other => panic!("{other}"),
    }
}

/// Keys that the schema of an object does not name.
fn unnamed(document: &Value, schema: &Value, value: &Value) -> Vec<String> {
    fn names(document: &Value, schema: &Value) -> BTreeSet<String> {
        let own = schema["properties"].as_object().into_iter().flatten().map(|(name, _)| name.clone());
        let target = schema["$ref"].as_str().and_then(|path| document.pointer(path.trim_start_matches('#')));
        let parts = schema["allOf"].as_array().into_iter().flatten().chain(target);
        own.chain(parts.flat_map(|part| names(document, part))).collect()
    }
    let names = names(document, schema);
    value.as_object().into_iter().flatten().map(|(name, _)| name.clone()).filter(|name| !names.contains(name)).collect()
}

#[test]
fn real_answers_are_as_it_says() {
    let app = TestApp::options().with_worker().start();
    let document = document(&app);
    let (ann, _) = super::ground(&app);
    let job = ann.ask("POST", "jobs", Some(&super::order()), Some("one"));
    let path = format!("jobs/{}", job.at("/id"));
    crate::support::eventually("the job ends", || ann.get(&path).at("/ended_at").is_string());
    app.algorithm("lab", "digits").constraints("Ask first.").publish();
    let read_only = Script::of(&app, "ann", &["subscriptions"]);
    let subscription = "/api/v1/algorithms/{publisher}/{name}/subscription";
    let answers = [
        ("get", "/api/v1/algorithms", ann.get("algorithms")),
        ("get", "/api/v1/algorithms/{publisher}/{name}", ann.get("algorithms/lab/iris")),
        ("put", subscription, ann.send("PUT", "algorithms/lab/digits/subscription", &json!({}))),
        ("put", subscription, ann.send("PUT", "algorithms/lab/iris/subscription", &json!({}))),
        ("post", "/api/v1/jobs", job),
        ("post", "/api/v1/jobs", ann.ask("POST", "jobs", Some(&super::order()), Some("one"))),
        ("post", "/api/v1/jobs", ann.send("POST", "jobs", &json!({}))),
        ("post", "/api/v1/jobs", ann.send("POST", "jobs", &json!({ "name": 7 }))),
        ("get", "/api/v1/jobs", ann.get("jobs")),
        ("get", "/api/v1/jobs", ann.get("jobs?state=x")),
        ("get", "/api/v1/jobs", read_only.get("jobs")),
        ("get", "/api/v1/jobs", Script::with(&app, "").get("jobs")),
        ("get", "/api/v1/jobs/{id}", ann.get(&path)),
        ("get", "/api/v1/jobs/{id}", ann.get("jobs/999999")),
        ("get", "/api/v1/jobs/{id}/logs", ann.get(&format!("{path}/logs"))),
        ("get", "/api/v1/jobs/{id}/outputs", ann.get(&format!("{path}/outputs"))),
        ("post", "/api/v1/jobs/{id}/cancellation", ann.send("POST", &format!("{path}/cancellation"), &json!({}))),
        ("delete", subscription, ann.ask("DELETE", "algorithms/lab/iris/subscription", None, None)),
    ];
    let mut statuses = BTreeSet::new();
    for (method, path, answer) in &answers {
        let response = &document["paths"][path][method]["responses"][answer.status().to_string()];
        let schema = &response["content"]["application/json"]["schema"];
        let mut faults = faults(&document, schema, &answer.json, "");
        faults.extend(unnamed(&document, schema, &answer.json));
        assert!(faults.is_empty(), "{method} {path} {}: {faults:#?}\n{}", answer.status(), answer.page.body);
        statuses.insert(answer.status());
    }
    assert_eq!(statuses.into_iter().collect::<Vec<_>>(), [200, 201, 400, 401, 403, 404, 409, 422]);
}
