//! The ground the tests stand on: a gallery of their own, people who use it, and algorithms in it.
//!
//! ```ignore
//! let app = TestApp::new();
//! app.algorithm("lab", "iris").constraints("Not for clinical use.").publish();
//! let ann = app.sign_in("ann");
//! let page = ann.get("/algorithms/lab/iris");
//! assert_eq!(page.text("h1"), "iris");
//! ```
#![allow(dead_code, unused_imports)] // each test uses what it needs

mod app;
mod archive;
mod browser;
mod client;
mod database;
mod driver;
mod fixtures;
mod page;
mod place;
mod processes;
mod script;
pub mod training;
mod wait;
mod world;

pub use app::{PASSWORD, TestApp};
pub use archive::unzipped;
pub use browser::{Browser, Hand, Scripts};
pub use client::Client;
pub use database::TestDatabase;
pub use fixtures::{AlgorithmBuilder, Published};
pub use page::Page;
pub use place::{Options, Place};
pub use processes::{Process, Role, lasting_port};
pub use script::{Answer, Script};
pub use wait::{eventually, eventually_within};
pub use world::{Person, World};
