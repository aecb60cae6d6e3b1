//! The gallery in a real Chromium, used by what can be read on the screen.

mod accessibility;
mod charts;
mod console;
mod judges;
mod procedure;
mod publish;
mod suggestions;
