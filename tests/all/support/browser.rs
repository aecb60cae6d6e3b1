use std::path::Path;
use std::process::Child;
use std::time::{Duration, Instant};

use fantoccini::actions::{InputSource, KeyAction, KeyActions};
use fantoccini::elements::Element;
use fantoccini::error::CmdError;
use fantoccini::key::Key;
use fantoccini::{ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use super::driver::{FLAGS, program, start_driver};
use super::{Client, TestApp};

/// How long anything may take to appear.
const PATIENCE: Duration = Duration::from_secs(30);
/// Whether the pages' scripts run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scripts {
    On,
    Off,
}

/// What the person uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hand {
    /// Clicks.
    Mouse,
    /// Tab, Enter, Space, Escape and letters; nothing else.
    Keyboard,
}

/// A real Chromium, used as a person does: by what can be read on the screen.
pub struct Browser {
    runtime: Runtime,
    client: fantoccini::Client,
    driver: Child,
    driver_url: String,
    base: String,
    hand: Hand,
    scripts: Scripts,
    saved: tempfile::TempDir,
}

type Found<T> = Result<T, CmdError>;

impl Browser {
    /// Opened at the gallery's first page.
    pub fn open(app: &TestApp, scripts: Scripts, hand: Hand) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let (driver, driver_url) = start_driver();
        let saved = tempfile::tempdir().unwrap();
        let scripting = if scripts == Scripts::Off { 2 } else { 1 };
        let capabilities = json!({
            "goog:loggingPrefs": { "browser": "ALL" },
            "goog:chromeOptions": {
                "binary": program("GALLERIA_TEST_CHROMIUM", "chromium"),
                "args": FLAGS,
                "prefs": { "profile.managed_default_content_settings.javascript": scripting, "download.default_directory": saved.path() },
            },
        });
        let Value::Object(capabilities) = capabilities else { unreachable!() };
        let mut builder = ClientBuilder::new(HttpConnector::new());
        let client = runtime.block_on(builder.capabilities(capabilities).connect(&driver_url)).expect("Chromium does not start");
        let browser = Self { runtime, client, driver, driver_url, base: app.url().to_owned(), hand, scripts, saved };
        browser.go("/");
        browser
    }

    /// Opens an address.
    pub fn go(&self, path: &str) {
        self.wait(&format!("{path} is opened"), || self.run(self.client.goto(&format!("{}{path}", self.base))));
    }

    /// Path and query of the page.
    pub fn path(&self) -> String {
        let url = self.run(self.client.current_url()).unwrap();
        url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path()))
    }

    /// Is from now on whom this client is signed in as.
    pub fn be(&self, client: &Client) {
        for cookie in client.cookies().split("; ") {
            let (name, value) = cookie.split_once('=').unwrap();
            self.order("cookie", &json!({ "cookie": { "name": name, "value": value, "path": "/" } }));
        }
    }

    /// Presses the button, link, menu or tab with this label.
    #[track_caller]
    pub fn press(&self, label: &str) {
        self.press_in("body", label);
    }

    /// The same within the first element that matches.
    #[track_caller]
    pub fn press_in(&self, css: &str, label: &str) {
        self.wait(&format!("“{label}” in {css} can be pressed on {}", self.path()), || {
            let element = self.labelled(css, label)?;
            self.activate(&element, Key::Enter)
        });
        // A part of the page that is about to be replaced is nothing to press next.
        self.until("the answer to what was pressed", || !self.has(".htmx-request"));
    }

    /// Ticks the box with this label.
    #[track_caller]
    pub fn tick(&self, label: &str) {
        self.wait(&format!("the box “{label}” can be ticked"), || {
            let element = self.field(label)?;
            if !self.run(element.is_selected())? {
                self.activate(&element, Key::Space)?;
            }
            Ok(())
        });
    }

    /// Types into the field with this label, over what stands there.
    #[track_caller]
    pub fn fill(&self, label: &str, text: &str) {
        self.wait(&format!("the field “{label}” can be filled"), || {
            let element = self.field(label)?;
            match self.hand {
                Hand::Mouse => self.run(element.clear())?,
                // Arriving by Tab selects what stands there, so typing replaces it.
                Hand::Keyboard => self.tab_to(&element)?,
            }
            self.run(element.send_keys(text))
        });
    }

    /// Chooses what is written so in the list with this label.
    #[track_caller]
    pub fn choose(&self, label: &str, option: &str) {
        self.wait(&format!("“{option}” can be chosen as “{label}”"), || {
            let element = self.field(label)?;
            self.run(element.select_by_label(option))
        });
    }

    /// Gives a file of this machine to the field with this label.
    #[track_caller]
    pub fn attach(&self, label: &str, file: &Path) {
        self.wait(&format!("the field “{label}” takes a file"), || {
            let element = self.field(label)?;
            self.run(element.send_keys(&file.to_string_lossy()))
        });
    }

    /// The bytes of a file of this name that was saved, once it is whole.
    #[track_caller]
    pub fn saved(&self, name: &str) -> Vec<u8> {
        let file = self.saved.path().join(name);
        // The browser keeps the name with an empty file, and moves what it has written there when that is whole.
        self.until(&format!("{name} is saved"), || file.metadata().is_ok_and(|file| file.len() > 0));
        std::fs::read(file).unwrap()
    }

    /// Whether a picture is drawn, and not only the place for it.
    #[track_caller]
    pub fn draws(&self, css: &str) {
        let width = format!("arguments[arguments.length - 1](document.querySelector({css:?})?.naturalWidth ?? 0)");
        self.until(&format!("{css} is drawn"), || self.ask(&width, Vec::new()).as_u64().unwrap_or(0) > 0);
    }

    /// Presses one key where the focus is.
    pub fn key(&self, key: Key) {
        self.run(self.client.perform_actions(stroke(char::from(key)))).unwrap();
    }

    /// Waits until these words can be read.
    #[track_caller]
    pub fn sees(&self, words: &str) {
        self.sees_in("body", words);
    }

    /// The same within an element.
    #[track_caller]
    pub fn sees_in(&self, css: &str, words: &str) {
        self.until(&format!("“{words}” in {css}"), || self.text(css).contains(words));
    }

    /// The same on a page that does not move by itself when scripts are off: it has a link for that.
    #[track_caller]
    pub fn sees_refreshing(&self, css: &str, words: &str) {
        self.refreshing(css, &format!("“{words}” in {css}"), || self.text(css).contains(words));
    }

    /// Waits for anything on such a page; the link is within the element.
    #[track_caller]
    pub fn refreshing(&self, css: &str, what: &str, mut condition: impl FnMut() -> bool) {
        self.until(what, || {
            let seen = condition();
            if !seen && self.scripts == Scripts::Off {
                // It may be gone: then the page says the last word by now.
                drop(self.labelled(css, "Refresh").and_then(|link| self.activate(&link, Key::Enter)));
            }
            seen
        });
    }

    /// Waits until these words are gone.
    #[track_caller]
    pub fn sees_no(&self, css: &str, words: &str) {
        self.until(&format!("no “{words}” in {css}"), || !self.text(css).contains(words));
    }

    /// Waits for a heading of the first order.
    #[track_caller]
    pub fn arrives_at(&self, heading: &str) {
        self.until(&format!("the heading “{heading}”"), || self.text("h1, dialog[open] h2").contains(heading));
    }

    /// The visible text of what matches; "" when nothing does.
    pub fn text(&self, css: &str) -> String {
        let elements = self.run(self.client.find_all(Locator::Css(css))).unwrap_or_default();
        let texts = elements.iter().filter_map(|element| self.run(element.text()).ok());
        texts.collect::<Vec<_>>().join("\n")
    }

    /// Whether anything matches.
    pub fn has(&self, css: &str) -> bool {
        self.run(self.client.find(Locator::Css(css))).is_ok()
    }

    /// Makes the window this large.
    pub fn resize(&self, width: u32, height: u32) {
        self.run(self.client.set_window_size(width, height)).unwrap();
    }

    /// Runs a script that calls its last argument with a result.
    pub fn ask(&self, script: &str, arguments: Vec<Value>) -> Value {
        self.run(self.client.execute_async(script, arguments)).unwrap_or_else(|error| panic!("{error}"))
    }

    /// What the browser has complained about since it was last asked: errors of scripts, refusals of the policy.
    pub fn complaints(&self) -> Vec<String> {
        let entries = self.order("se/log", &json!({ "type": "browser" })).as_array().cloned().unwrap_or_default();
        let grave = entries.iter().filter(|entry| ["SEVERE", "WARNING"].contains(&entry["level"].as_str().unwrap_or("")));
        // The browser notes every answer of 400 and more, also those that the page is meant to show.
        let own = grave.filter_map(|entry| entry["message"].as_str()).filter(|words| !words.contains("the server responded with a status of 4"));
        own.map(str::to_owned).collect()
    }

    fn run<T>(&self, command: impl Future<Output = T>) -> T {
        self.runtime.block_on(command)
    }

    /// A command that the client has no words for.
    fn order(&self, command: &str, body: &Value) -> Value {
        let session = self.run(self.client.session_id()).unwrap().unwrap();
        let http = reqwest::blocking::Client::builder().no_proxy().build().unwrap();
        let answer: Value = http.post(format!("{}/session/{session}/{command}", self.driver_url)).json(body).send().unwrap().json().unwrap();
        assert!(answer["value"]["error"].is_null(), "{command} {body}: {answer}");
        answer["value"].clone()
    }

    /// Tries again until it works: pages change under one's hands.
    #[track_caller]
    fn wait<T>(&self, what: &str, mut act: impl FnMut() -> Found<T>) -> T {
        let deadline = Instant::now() + PATIENCE;
        loop {
            match act() {
                Ok(value) => return value,
                Err(error) if Instant::now() > deadline => panic!("not {what}: {error}\non {}:\n{}", self.path(), self.text("body")),
                Err(_) => std::thread::sleep(Duration::from_millis(50)),
            }
        }
    }

    #[track_caller]
    pub fn until(&self, what: &str, mut condition: impl FnMut() -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !condition() {
            assert!(Instant::now() < deadline, "{what} does not come on {}:\n{}", self.path(), self.text("body"));
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// The visible thing with this label: as its whole text first, else beside an icon's or a hidden word's.
    fn labelled(&self, css: &str, label: &str) -> Found<Element> {
        let scope = self.run(self.client.find(Locator::Css(css)))?;
        let things = "self::a or self::button or self::summary";
        for test in [format!("normalize-space(.)='{label}' or @aria-label='{label}'"), format!("text()[normalize-space(.)='{label}']")] {
            let path = format!(".//*[{things}][{test}]");
            for element in self.run(scope.find_all(Locator::XPath(&path)))? {
                if self.run(element.is_displayed())? && self.run(element.is_enabled())? {
                    return Ok(element);
                }
            }
        }
        self.run(scope.find(Locator::XPath(&format!(".//nothing-is-labelled[.='{label}']"))))
    }

    fn field(&self, label: &str) -> Found<Element> {
        let path = format!(
            "//*[@id=//label[normalize-space(.)='{label}' or starts-with(normalize-space(.), '{label} ') or *[normalize-space(.)='{label}']]/@for] | //*[@aria-label='{label}']"
        );
        self.run(self.client.find(Locator::XPath(&path)))
    }

    fn activate(&self, element: &Element, key: Key) -> Found<()> {
        match self.hand {
            Hand::Mouse => self.run(element.click()),
            Hand::Keyboard => {
                self.tab_to(element)?;
                self.run(self.client.perform_actions(stroke(char::from(key))))
            }
        }
    }

    /// Tab by Tab until the focus is there. What cannot be reached this way does not exist for a keyboard.
    fn tab_to(&self, element: &Element) -> Found<()> {
        for _ in 0..150 {
            if self.run(self.client.active_element())?.element_id() == element.element_id() {
                return Ok(());
            }
            self.run(self.client.perform_actions(stroke(char::from(Key::Tab))))?;
        }
        // One that was replaced meanwhile is looked for again.
        let text = self.run(element.text())?;
        panic!("150 times Tab do not reach {text:?} on {}", self.path());
    }
}

fn stroke(key: char) -> KeyActions {
    KeyActions::new("keyboard".into()).then(KeyAction::Down { value: key }).then(KeyAction::Up { value: key })
}

impl Drop for Browser {
    fn drop(&mut self) {
        if let Err(error) = self.runtime.block_on(self.client.clone().close()) {
            eprintln!("Chromium was gone before its end: {error}");
        }
        let ended = self.driver.kill().and_then(|()| self.driver.wait());
        ended.map(drop).unwrap_or_else(|error| eprintln!("chromedriver: {error}"));
    }
}
