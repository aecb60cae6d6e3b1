//! Output of any bytes reports the same however it is cut into pieces, and its record is read back the same in pieces, too.
#![no_main]

use galleria::metrics::{Curves, Listener, Recorder, evenly, outline};
use libfuzzer_sys::fuzz_target;

fn record(pieces: &[&[u8]]) -> Vec<u8> {
    let (mut listener, mut recorder, mut out) = (Listener::default(), Recorder::new(1 << 12), Vec::new());
    for piece in pieces {
        listener.hear(piece, |report| recorder.record(report, &mut out));
    }
    listener.end(|report| recorder.record(report, &mut out));
    recorder.finish(&mut out);
    // Which of several curves is finished first is of no matter.
    let mut lines: Vec<&[u8]> = out.split(|byte| *byte == b'\n').collect();
    lines.sort_unstable();
    lines.join(&b'\n')
}

fuzz_target!(|bytes: &[u8]| {
    let Some((cut, bytes)) = bytes.split_first() else { return };
    let size = usize::from(*cut) + 1;
    let pieces: Vec<&[u8]> = bytes.chunks(size).collect();
    let written = record(&[bytes]);
    assert_eq!(String::from_utf8_lossy(&record(&pieces)), String::from_utf8_lossy(&written));

    for record in [&written[..], bytes] {
        let (whole, mut parts) = (Curves::of(record), Curves::default());
        record.chunks(size).for_each(|piece| parts.feed(piece));
        assert_eq!(parts.all().len(), whole.all().len());
        for (part, curve) in parts.all().iter().zip(whole.all()) {
            let points = curve.points();
            assert_eq!(format!("{:?}", part.points()), format!("{points:?}"));
            assert!(evenly(&points, 10).len() <= 10 && outline(&points, 10).len() <= points.len());
        }
    }
});
