//! An archive of any bytes is read or refused with faults; what is read is unpacked inside its folder, every file of it.
#![no_main]

use galleria::package;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    match package::read(bytes) {
        Err(faults) => assert!(!faults.is_empty()),
        Ok(read) => {
            let folder = std::env::temp_dir().join(format!("galleria-fuzz-{}", std::process::id()));
            package::unpack(bytes, &folder).expect("what was read can be unpacked");
            for file in &read.files {
                let about = folder.join(&file.path).symlink_metadata().expect("every file is there");
                assert!(about.is_file() && about.len() == file.size);
            }
            std::fs::remove_dir_all(&folder).expect("the folder goes");
        }
    }
});
