use galleria::clock;
use galleria::tokens::{self, NewToken};
use serde_json::Value;

use super::{Client, Page, TestApp};

/// A program that uses the API with a token.
pub struct Script {
    client: Client,
    /// The token's text; empty: none is sent.
    pub token: String,
}

/// What it was answered.
pub struct Answer {
    /// The answer itself.
    pub page: Page,
    /// Its body; null when it is no JSON.
    pub json: Value,
}

impl Answer {
    /// The HTTP status.
    pub fn status(&self) -> u16 {
        self.page.status()
    }

    /// What stands at a JSON pointer.
    #[track_caller]
    pub fn at(&self, pointer: &str) -> &Value {
        self.json.pointer(pointer).unwrap_or_else(|| panic!("{pointer} is not in {}", self.page.body))
    }

    /// The text there.
    #[track_caller]
    pub fn text(&self, pointer: &str) -> &str {
        self.at(pointer).as_str().unwrap_or_else(|| panic!("{pointer} is no text in {}", self.page.body))
    }
}

impl Script {
    /// With a token that has these scopes; an account is opened if there is none yet.
    pub fn of(app: &TestApp, handle: &str, scopes: &[&str]) -> Self {
        let user = app.user(handle);
        let scopes: Vec<String> = scopes.iter().map(|scope| (*scope).to_owned()).collect();
        let new = NewToken::read("a script", &scopes, "90").unwrap();
        let token = app.write(|conn| tokens::create(conn, user.id, &new, clock::now()));
        Self::with(app, &token)
    }

    /// With a token that may do everything.
    pub fn full(app: &TestApp, handle: &str) -> Self {
        Self::of(app, handle, &["read", "jobs", "subscriptions", "publish"])
    }

    /// With this text as its token.
    pub fn with(app: &TestApp, token: &str) -> Self {
        Self { client: app.visitor(), token: token.to_owned() }
    }

    /// What it asks with.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Its token.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// Asks for `/api/v1/{path}`, with a key for the launch if it has one.
    #[track_caller]
    pub fn ask(&self, method: &str, path: &str, body: Option<&Value>, key: Option<&str>) -> Answer {
        let mut request = self.client.request(method, &format!("/api/v1/{path}"));
        if !self.token.is_empty() {
            request = request.header("Authorization", format!("Bearer {}", self.token));
        }
        request = key.into_iter().fold(request, |request, key| request.header("Idempotency-Key", key));
        let page = self.client.send(body.into_iter().fold(request, |request, body| request.json(body)));
        Answer { json: serde_json::from_str(&page.body).unwrap_or(Value::Null), page }
    }

    /// Reads.
    #[track_caller]
    pub fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, None, None)
    }

    /// Sends JSON.
    #[track_caller]
    pub fn send(&self, method: &str, path: &str, body: &Value) -> Answer {
        self.ask(method, path, Some(body), None)
    }
}
