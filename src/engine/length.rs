use super::{Chunk, Cursor, Engine, EngineError, Handle, Stream};

/// Bytes of a log. The engine is asked for pieces further and further on, then closer and closer.
///
/// # Errors
/// `Unavailable` when the engine does not answer.
pub fn length(engine: &dyn Engine, handle: &Handle, stream: Stream) -> Result<u64, EngineError> {
    let read = |offset| engine.logs(handle, Cursor { stream, offset }).map(|chunk| chunk.bytes.len());
    let (mut from, mut beyond, mut at) = (0, None, 0);
    loop {
        let read = read(at)?;
        if (1..Chunk::LIMIT).contains(&read) {
            return Ok(at + read as u64);
        }
        if read == 0 {
            beyond = Some(at)
        } else {
            from = at + read as u64
        }
        at = match beyond {
            Some(beyond) if beyond <= from => return Ok(from),
            Some(beyond) => from + (beyond - from) / 2,
            None => from * 2,
        };
    }
}
