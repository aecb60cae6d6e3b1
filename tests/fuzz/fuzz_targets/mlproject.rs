//! A project of any text is read or refused with faults, and what is read comes back from its JSON as it was.
#![no_main]

use galleria::package::{self, Manifest};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let archive = package::pack([("MLproject", bytes)]).expect("packs");
    match package::read(&archive) {
        Err(faults) => assert!(!faults.is_empty()),
        Ok(read) => {
            let json = serde_json::to_string(&read.manifest).expect("writes");
            assert_eq!(serde_json::from_str::<Manifest>(&json).expect("reads"), read.manifest);
        }
    }
});
