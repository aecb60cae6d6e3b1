//! What the engine keeps of an attempt besides its logs: reported metrics and used resources.

use std::sync::{Arc, PoisonError};

use super::store::App;
use crate::engine::{Cursor, Engine, EngineError, Handle, Stream, Usage};
use crate::error::{Error, Result};
use crate::jobs::Attempt;
use crate::metrics::{Curves, Sample};

/// Bytes of a record that are read at once; the local engine keeps fewer.
const MOST: u64 = 64 << 20;

/// The engine of an attempt and its name there; `None` when that engine is not there.
///
/// # Errors
/// Only when the stored name is none.
pub fn handle(app: &App, region: &str, attempt: &Attempt) -> Result<Option<(Arc<dyn Engine>, Handle)>> {
    let Some(engine) = app.engines.get(region) else { return Ok(None) };
    Ok(Some((Arc::clone(engine), attempt.id.parse().map_err(Error::internal)?)))
}

/// An engine that does not answer, as what the reader can do about it.
pub fn unavailable(error: EngineError) -> Error {
    Error::Unavailable(error.into())
}

/// The curves of an attempt. What was read before is not read again.
///
/// # Errors
/// `Unavailable` when the engine does not answer.
pub fn curves(app: &App, region: &str, attempt: &Attempt) -> Result<Curves> {
    let Some((engine, handle)) = handle(app, region, attempt)? else { return Ok(Curves::default()) };
    let growing = app.kept.curves(handle.as_str());
    let mut kept = growing.lock().unwrap_or_else(PoisonError::into_inner);
    let (offset, curves) = &mut *kept;
    let mut left = MOST;
    loop {
        let chunk = engine.logs(&handle, Cursor { stream: Stream::Metrics, offset: *offset }).map_err(unavailable)?;
        if chunk.bytes.is_empty() || left < chunk.bytes.len() as u64 {
            return Ok(curves.clone());
        }
        left -= chunk.bytes.len() as u64;
        curves.feed(&chunk.bytes);
        *offset = chunk.next.offset;
    }
}

/// What an attempt used over time, and altogether.
///
/// # Errors
/// `Unavailable` when the engine does not answer.
pub fn usage(app: &App, region: &str, attempt: &Attempt) -> Result<(Vec<Sample>, Usage)> {
    let Some((engine, handle)) = handle(app, region, attempt)? else { return Ok(Default::default()) };
    let read = |engine: &dyn Engine, handle: &Handle| {
        let chunk = engine.logs(handle, Cursor { stream: Stream::Usage, offset: 0 })?;
        Ok((Sample::all(&String::from_utf8_lossy(&chunk.bytes)), engine.usage(handle)?))
    };
    read(engine.as_ref(), &handle).map_err(unavailable)
}
