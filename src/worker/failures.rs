//! The end of a failed job's log.

use crate::engine::{Chunk, Cursor, Engine, Handle, Stream, length};

/// The last bytes of what the command wrote; `None` when the engine does not answer: then nobody will know.
pub(super) fn tail(engine: &dyn Engine, handle: &Handle) -> Option<String> {
    let read = || {
        let offset = length(engine, handle, Stream::Job)?.saturating_sub(Chunk::LIMIT as u64);
        engine.logs(handle, Cursor { stream: Stream::Job, offset })
    };
    match read() {
        Ok(end) => Some(String::from_utf8_lossy(&end.bytes).into_owned()),
        Err(error) => {
            tracing::debug!(%error, "the end of a log cannot be read");
            None
        }
    }
}
