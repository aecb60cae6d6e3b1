//! Uploads as publishers send them, and as attackers do.

mod chance;
mod results;

use flate2::{Compression, write::GzEncoder};
use galleria::package::{self, Environment, Fault, Kind, Package};
use std::collections::BTreeMap;
use std::io::Write;

const MINIMAL: &str = "entry_points:\n  main:\n    command: echo hi\n";

fn zip(files: &[(&str, &str)]) -> Vec<u8> {
    package::pack(files.iter().map(|(path, text)| (*path, text.as_bytes()))).expect("packs")
}

fn project(mlproject: &str) -> Result<Package, Vec<Fault>> {
    package::read(&zip(&[("MLproject", mlproject)]))
}

fn words(faults: Vec<Fault>) -> Vec<String> {
    faults.iter().map(ToString::to_string).collect()
}

fn gz(tar: &[u8]) -> Vec<u8> {
    let mut out = GzEncoder::new(Vec::new(), Compression::fast());
    out.write_all(tar).unwrap();
    out.finish().unwrap()
}

fn tar_of(entries: &[(&str, tar::EntryType, &[u8])]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, kind, content) in entries {
        let mut header = tar::Header::new_gnu();
        header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_entry_type(*kind);
        header.set_mode(0o755);
        header.set_size(content.len() as u64);
        if kind.is_symlink() || kind.is_hard_link() {
            header.set_link_name("/etc/passwd").unwrap();
        }
        header.set_cksum();
        builder.append(&header, *content).unwrap();
    }
    builder.into_inner().unwrap()
}

fn regular<'a>(name: &'a str, text: &'a str) -> (&'a str, tar::EntryType, &'a [u8]) {
    (name, tar::EntryType::Regular, text.as_bytes())
}

#[test]
fn the_same_files_give_the_same_bytes() {
    let one = zip(&[("a", "1"), ("MLproject", MINIMAL)]);
    assert_eq!(one, zip(&[("MLproject", MINIMAL), ("a", "1")]));
    let read = package::read(&one).unwrap();
    assert_eq!(read.digest.len(), 64);
    assert_eq!(read.files.iter().map(|file| file.path.as_str()).collect::<Vec<_>>(), ["MLproject", "a"]);
    assert_eq!(package::file(&one, "a").unwrap().unwrap(), b"1");
    assert!(package::file(&one, "b").unwrap().is_none());
}

#[test]
fn a_tarball_with_a_root_in_lower_case_is_read_like_a_zip() {
    let tar = tar_of(&[
        ("p/", tar::EntryType::Directory, b""),
        regular("p/mlproject", MINIMAL),
        regular("p/bin/x.sh", "#!/bin/sh\n"),
        regular("p/README.md", "# hi"),
    ]);
    let bytes = gz(&tar);
    let read = package::read(&bytes).unwrap();
    assert_eq!(read.files.len(), 3);
    assert_eq!(read.readme.as_deref(), Some("# hi"));
    let zip = || {
        let mut out = std::io::Cursor::new(Vec::new());
        package::to_zip(&bytes, &mut out).unwrap();
        out.into_inner()
    };
    assert_eq!(zip(), zip());
    let folder = tempfile::tempdir().unwrap();
    package::unpack(&bytes, folder.path()).unwrap();
    let mode = |path: &str| std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(folder.path().join(path)).unwrap().permissions()) & 0o777;
    assert_eq!(mode("bin/x.sh") & 0o100, 0o100);
    assert!(package::unpack(&bytes, folder.path()).is_err(), "never over files that are there");
}

#[test]
fn hostile_tarballs_are_refused() {
    use tar::EntryType::{Char, Fifo, Link, Symlink};
    for kind in [Symlink, Link, Char, Fifo] {
        assert!(package::read(&gz(&tar_of(&[regular("MLproject", MINIMAL), ("x", kind, b"")]))).is_err(), "{kind:?}");
    }
    for name in ["../x", "/etc/x", "a/../../x", "a\\b", "MLPROJECT", "a\u{202e}b"] {
        assert!(package::read(&gz(&tar_of(&[regular("MLproject", MINIMAL), regular(name, "x")]))).is_err(), "{name}");
    }
    let good = tar_of(&[regular("MLproject", MINIMAL)]);
    assert!(package::read(&gz(&good)).is_ok());
    let mut second = gz(&good);
    second.extend(gz(&good));
    assert!(package::read(&second).is_err(), "a second gzip member");
    let mut tail = good.clone();
    tail.extend(tar_of(&[regular("hidden", "x")]));
    assert!(package::read(&gz(&tail)).is_err(), "a second tar");
    assert!(package::read(&gz(&good)[..40]).is_err(), "cut off");
    let bomb = tar_of(&[regular("MLproject", MINIMAL), ("zeros", tar::EntryType::Regular, &vec![0; 1 << 20])]);
    let mut declared = bomb.clone();
    let at = declared.windows(5).position(|window| window == b"zeros").unwrap();
    declared[at + 124..at + 136].copy_from_slice(b"77777777777\0");
    assert!(package::read(&gz(&declared)).is_err(), "a size that is not there");
}

/// The offset of the `n`th time bytes occur.
fn nth(bytes: &[u8], wanted: &[u8], n: usize) -> usize {
    bytes.windows(wanted.len()).enumerate().filter(|(_, window)| *window == wanted).nth(n).unwrap().0
}

#[test]
fn zips_that_two_readers_read_differently_are_refused() {
    let good = zip(&[("MLproject", MINIMAL), ("train.py", "print(1)")]);
    assert!(package::read(&good).is_ok());
    let refused = |what: &str, change: &dyn Fn(&mut Vec<u8>)| {
        let mut bytes = good.clone();
        change(&mut bytes);
        let faults = package::read(&bytes).map(|_| ()).expect_err(what);
        assert!(!faults.is_empty(), "{what}");
        assert!(package::file(&bytes, "train.py").is_err() || what == "content", "{what}");
    };
    let (local, central, end) = (nth(&good, b"train.py", 0), nth(&good, b"train.py", 1), good.len() - 22);
    refused("local name differs", &|bytes| bytes[local] = b'T');
    refused("central name differs", &|bytes| bytes[central] = b'T');
    refused("trailing data", &|bytes| bytes.push(0));
    refused("leading data", &|bytes| bytes.insert(0, b'P'));
    refused("cut off", &|bytes| bytes.truncate(end));
    refused("size differs", &|bytes| bytes[local - 8] ^= 1);
    refused("central size differs", &|bytes| bytes[central - 22] ^= 1);
    refused("method differs", &|bytes| bytes[central - 36] ^= 8);
    refused("encrypted", &|bytes| bytes[central - 38] |= 1);
    refused("a link", &|bytes| bytes[central - 46 + 41] = 0xa1);
    refused("fewer entries than there are", &|bytes| (bytes[end + 8], bytes[end + 10]) = (1, 1));
    refused("offset elsewhere", &|bytes| bytes[central - 4] ^= 1);
    refused("two ends", &|bytes| bytes.extend_from_within(end..));
    refused("descriptor without data", &|bytes| (bytes[local - 24], bytes[central - 38]) = (bytes[local - 24] | 8, bytes[central - 38] | 8));
    refused("content", &|bytes| bytes[local + 9] ^= 0xff);
}

#[test]
fn a_flipped_bit_never_passes_nor_panics() {
    let good = zip(&[("MLproject", MINIMAL), ("a/b.txt", "some text that is there")]);
    let original = package::read(&good).unwrap();
    for bit in 0..good.len() * 8 {
        let mut bytes = good.clone();
        bytes[bit / 8] ^= 1 << (bit % 8);
        if let Ok(read) = package::read(&bytes) {
            assert_eq!((read.files, read.manifest), (original.files.clone(), original.manifest.clone()), "bit {bit}");
        }
        assert!(package::read(&good[..bit / 8]).is_err());
    }
}

#[test]
fn limits_are_named() {
    let many: Vec<(String, &[u8])> = (0..10_001).map(|n| (format!("f{n}"), &b""[..])).collect();
    let faults = package::read(&package::pack(many.iter().map(|(path, bytes)| (path.as_str(), *bytes))).unwrap()).unwrap_err();
    assert!(words(faults)[0].contains("10000"));
    let faults = package::read(&vec![b'P'; (64 << 20) + 1]).unwrap_err();
    assert!(words(faults)[0].contains("64 MiB"));
    let long = format!("{MINIMAL}# {}", "x".repeat(256 << 10));
    assert!(words(project(&long).unwrap_err())[0].contains("256 KiB"));
    assert!(words(package::read(b"hello").unwrap_err())[0].contains("neither"));
    let parameters: String = (0..257).map(|n| format!("      p{n}: int\n")).collect();
    let faults = project(&format!("entry_points:\n  main:\n    parameters:\n{parameters}    command: x\n")).unwrap_err();
    assert!(words(faults)[0].contains("the limit is 256"));
}

#[test]
fn defaults_are_the_strings_mlflow_gives() {
    let table = [
        ("1e-1", "1e-1"),
        ("1e5", "1e5"),
        ("1.0e+5", "100000.0"),
        (".0", "0.0"),
        ("1.50", "1.5"),
        ("010", "8"),
        ("1_000", "1000"),
        ("yes", "True"),
        ("False", "False"),
        ("None", "None"),
        ("\"\"", "''"),
        ("2020-01-01", "2020-01-01"),
        ("[1, 2]", "'[1, 2]'"),
        ("x y; rm -rf /", "'x y; rm -rf /'"),
        // Beyond the table, as PyYAML and Python have it.
        ("1.0e-5", "1e-05"),
        ("1.0e+16", "1e+16"),
        ("0x1F", "31"),
        ("0b101", "5"),
        ("-0", "0"),
        ("+5", "5"),
        ("1:30", "90"),
        ("08", "08"),
        ("Off", "False"),
        ("['a', \"it's\", null]", "'['\"'\"'a'\"'\"', \"it'\"'\"'s\", None]'"),
        ("{a: 1}", "'{'\"'\"'a'\"'\"': 1}'"),
        (".inf", "inf"),
        ("'yes'", "yes"),
        ("y", "y"),
        ("2001-12-14 21:59:43.1", "'2001-12-14 21:59:43.100000'"),
        ("12345678901234567890123456789", "12345678901234567890123456789"),
        ("1.", "1.0"),
        ("-.5", "-.5"),
    ];
    for (written, expected) in table {
        let text = format!("entry_points:\n  main:\n    parameters:\n      p: {{type: string, default: {written}}}\n    command: run {{p}}\n");
        let read = project(&text).unwrap_or_else(|faults| panic!("{written}: {faults:?}"));
        let entry = &read.manifest.entry_points[0];
        let values = entry.check(&BTreeMap::new()).unwrap_or_else(|wrong| panic!("{written}: {wrong:?}"));
        assert_eq!(entry.compose(&values), format!("run {expected}"), "{written}");
    }
}

#[test]
fn real_files_survive() {
    let text = "command_line: ignored\nentry_points:\n  train:\n    command: >\n      python train.py\n      --ratio {l1-ratio} | tee log\n    parameters:\n      l1-ratio: {default: 0.1, type: float, extra: ignored}\n      file: path\n      n: {type: int, default: null}\n  empty:\n    parameters:\n    command: |\n      echo {{a}}\n      echo b\nname: My Project\n";
    let manifest = project(text).unwrap().manifest;
    assert_eq!(manifest.default_entry_point().unwrap().name, "train");
    let train = manifest.entry_point("train").unwrap();
    assert_eq!((train.parameters[1].kind, train.parameters[1].channel), (Kind::Path, true));
    assert!(train.parameters[2].is_required());
    let wrong = train.check(&BTreeMap::from([("l1-ratio".into(), "abc".into()), ("typo".into(), "1".into())])).unwrap_err();
    assert_eq!(wrong.keys().map(String::as_str).collect::<Vec<_>>(), ["file", "l1-ratio", "n", "typo"]);
    let given = BTreeMap::from([("file".to_owned(), "data/it's.csv".to_owned()), ("n".to_owned(), "3".to_owned())]);
    let line = train.compose(&train.check(&given).unwrap());
    assert_eq!(line, "python train.py --ratio 0.1 | tee log\n");
    let empty = manifest.entry_point("empty").unwrap();
    assert_eq!(empty.compose(&[]), "echo {a}\necho b\n");
}

#[test]
fn every_fault_is_named_at_once_with_its_line() {
    let text = "docker_env:\n  image: x\nentry_points:\n  main:\n    parameters:\n      a: {type: int, default: abc}\n      b: {type: float, min: 2, max: 1}\n      c: {type: string, min: 1}\n    command: run {a} {nope} ${HOME}\n  other:\n    parameters: {}\ngalleria:\n  titel: x\n  open_source: maybe\n  requires:\n    memory: lots\n    cpus: 0\n";
    let faults = words(project(text).unwrap_err());
    let lines: Vec<u32> = project(text).unwrap_err().iter().filter_map(|fault| fault.line).collect();
    for line in [2, 6, 7, 8, 9, 10, 13, 14, 16, 17] {
        assert!(lines.contains(&line), "{line}: {faults:#?}");
    }
}

#[test]
fn values_are_checked_by_kind() {
    let text = "entry_points:\n  main:\n    parameters:\n      i: {type: int, min: 1, max: 9}\n      f: {type: float}\n      b: {type: boolean}\n      p: {type: path}\n      u: {type: uri}\n      c: {type: int, choices: [8, 16]}\n    command: x {i}\n";
    let read = project(text).unwrap();
    let entry = &read.manifest.entry_points[0];
    let table = [
        ("i", "3", true),
        ("i", "10", false),
        ("i", "1.0", false),
        ("i", "", false),
        ("f", "1e-3", true),
        ("f", "inf", false),
        ("f", "nan", false),
        ("f", "1e999", false),
        ("b", "True", true),
        ("b", "maybe", false),
        ("p", "data/x.csv", true),
        ("p", "/etc/passwd", false),
        ("p", "../x", false),
        ("p", "s3://b/x", false),
        ("u", "s3://bucket/x", true),
        ("u", "nothing", false),
        ("c", "16", true),
        ("c", "9", false),
        ("u", "http://x y", false),
        ("f", "1\0", false),
    ];
    for (name, value, fits) in table {
        assert_eq!(entry.parameter(name).unwrap().check(value).is_ok(), fits, "{name}={value:?}");
    }
}

#[test]
fn environments_are_read_and_pinned_to_names() {
    let with = |env: &str, files: &[(&str, &str)]| {
        let mlproject = format!("{env}\n{MINIMAL}");
        let mut all = vec![("MLproject", mlproject.as_str())];
        all.extend(files);
        package::read(&zip(&all)).map(|read| read.manifest.environment)
    };
    assert_eq!(with("", &[]).unwrap(), Environment::None);
    let found = with(
        "",
        &[
            ("python_env.yaml", "python: \"3.10\"\ndependencies:\n  - -r requirements.txt\n"),
            ("requirements.txt", "# c\nnumpy>=1 # why\nscipy\\\n==1.0\n"),
        ],
    )
    .unwrap();
    assert_eq!((found.python(), found.dependencies()), (Some("3.10"), &["numpy>=1".to_owned(), "scipy==1.0".to_owned()][..]));
    let conda = "dependencies:\n  - python=3.6\n  - pip=20\n  - pandas=0.22\n  - pip:\n    - mlflow>=1.0\n";
    match with("conda_env: conda.yaml", &[("conda.yaml", conda)]).unwrap() {
        Environment::Conda { python, build, dependencies, dropped, .. } => {
            assert_eq!(
                (python.as_deref(), build.join(" "), dependencies.join(" "), dropped.join(" ")),
                (Some("3.6"), "pip==20".into(), "mlflow>=1.0".into(), "pandas=0.22".into())
            );
        }
        other => panic!("{other:?}"),
    }
    let refused = |env: &str, files: &[(&str, &str)]| words(with(env, files).unwrap_err()).join("\n");
    assert!(refused("python_env: e.yaml", &[("e.yaml", "python: 3.10\n")]).contains("e.yaml:1"));
    assert!(refused("python_env: e.yaml", &[]).contains("not in the archive"));
    assert!(refused("python_env: ../e.yaml", &[]).contains("not in the archive"));
    assert!(refused("python_env: a\nconda_env: b", &[]).contains("one environment too many"));
    assert!(refused("", &[("python_env.yaml", "dependencies: [-r r.txt]"), ("r.txt", "ok\n\ngit+https://x/y\n")]).contains("r.txt:3"));
    assert!(refused("", &[("python_env.yaml", "dependencies: [-r r.txt]"), ("r.txt", "-r r.txt\n-r r.txt\n")]).contains("circle"));
}

#[test]
fn two_archives_differ_in_content_and_not_in_packing() {
    let one = zip(&[("MLproject", MINIMAL), ("a.txt", "one"), ("b.txt", "same"), ("old.txt", "")]);
    let other = zip(&[("MLproject", MINIMAL), ("a.txt", "two"), ("b.txt", "same"), ("new.txt", "")]);
    assert_eq!(package::differing(&one, &other).unwrap(), ["a.txt"]);
    assert_eq!(package::differing(&one, &one).unwrap(), [""; 0]);
    let tar = gz(&tar_of(&[("MLproject", tar::EntryType::Regular, MINIMAL.as_bytes()), ("b.txt", tar::EntryType::Regular, b"same")]));
    assert_eq!(package::differing(&one, &tar).unwrap(), [""; 0]);
    let found = package::contents(&other, &["a.txt", "nothing", "b.txt"]).unwrap();
    assert_eq!(found, [Some(b"two".to_vec()), None, Some(b"same".to_vec())]);
}
