//! What every page carries besides its own content.

use crate::web::filters;

/// The frame of a page: who looks, from where, in which section.
pub struct Layout {
    /// Who is signed in.
    pub viewer: Option<ViewerChip>,
    /// Path and query of this page, for `next=`.
    pub here: String,
    /// `market`, `console`, `profile` or nothing.
    pub section: &'static str,
    /// `light`, `dark`, or nothing to follow the system.
    pub theme: &'static str,
    /// A message left by the request before.
    pub toast: Option<Toast>,
    /// The name of the time zone times are shown in.
    pub zone: String,
    /// The version of this program.
    pub version: &'static str,
    /// Whether the top bar has its search box.
    pub search: bool,
}

/// The signed-in member, as the top bar shows them.
pub struct ViewerChip {
    /// Their handle.
    pub handle: String,
    /// One or two letters for the avatar.
    pub initials: String,
    /// Whether they operate this gallery.
    pub admin: bool,
}

/// A message that comes and goes.
pub struct Toast {
    /// `ok`, `bad` or `info`.
    pub kind: &'static str,
    /// The sentence.
    pub text: String,
}

/// The console's left rail inside a region.
pub struct Rail {
    /// The region's id, as in URLs.
    pub region_id: String,
    /// Its name.
    pub region_name: String,
    /// `local` or `ray`.
    pub engine: String,
    /// Its health in a word or two.
    pub health: &'static str,
    /// Whether jobs can start there.
    pub health_ok: bool,
    /// Which link is the present page: `subscriptions`, `jobs`, `data`, `billing`.
    pub current: &'static str,
    /// Jobs under way here.
    pub jobs_running: i64,
    /// Active subscriptions.
    pub subscriptions: i64,
}

/// The page of an error: a sentence and a way out.
#[derive(askama::Template)]
#[template(path = "error.html")]
pub struct ErrorPage {
    /// The frame.
    pub layout: Layout,
    /// The status of the answer.
    pub status: u16,
    /// What happened, in a few words.
    pub title: String,
    /// What it means for the reader.
    pub sentence: String,
}
