use std::collections::BTreeMap;
use std::process::Command;

/// Reads a ZIP with a reader that is not ours, and checks all it has: Python's own.
const READER: &str = "import sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as archive:
    assert archive.testzip() is None
    archive.extractall(sys.argv[2])
    print('\\n'.join(archive.namelist()))
";

/// The files of a ZIP by their names.
#[track_caller]
pub fn unzipped(bytes: &[u8]) -> BTreeMap<String, Vec<u8>> {
    let folder = tempfile::tempdir().unwrap();
    let (packed, into) = (folder.path().join("packed.zip"), folder.path().join("files"));
    std::fs::write(&packed, bytes).unwrap();
    let output = Command::new("python3").args(["-c", READER]).args([&packed, &into]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let names = String::from_utf8(output.stdout).unwrap();
    names.lines().filter(|name| !name.is_empty()).map(|name| (name.to_owned(), std::fs::read(into.join(name)).unwrap())).collect()
}
