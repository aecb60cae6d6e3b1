//! Publishing with the command, as a pipeline does.

use std::io::Write;
use std::net::{Shutdown, TcpListener};
use std::process::Command;

use galleria::package;

use crate::support::{Script, TestApp};

const PROJECT: &str = "entry_points:\n  main:\n    command: python train.py\n";

fn archive(more: &str) -> Vec<u8> {
    let project = format!("name: iris\n{PROJECT}{more}");
    package::pack([("MLproject", project.as_bytes()), ("train.py", b"print(1)\n".as_slice()), ("README.md", b"# Iris\n\nWhat it is.\n")]).unwrap()
}

fn gallery() -> TestApp {
    let app = TestApp::options().env("GALLERIA_PROOF", "off").start();
    app.user("ann");
    app
}

#[test]
fn a_pipeline_publishes_from_the_command_line() {
    let app = gallery();
    let script = Script::of(&app, "ann", &["publish"]);
    let (folder, token) = (app.folder().join("iris"), app.folder().join("token.txt"));
    package::unpack(&archive("galleria: {open_source: true}\n"), &folder).unwrap();
    std::fs::write(&token, format!("{}\n", script.token())).unwrap();
    let run = |more: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_galleria"));
        command.arg("publish").arg(&folder).args(["--as", "ann", "--server", app.url(), "--token-file"]).arg(&token).args(more).output().unwrap()
    };
    let sent = run(&["--public"]);
    assert_eq!(String::from_utf8_lossy(&sent.stdout), "ann/iris 1.0.0\n", "{sent:?}");
    assert_eq!(app.visitor().get("/algorithms/ann/iris").status(), 200);
    assert_eq!(String::from_utf8_lossy(&run(&[]).stdout), "ann/iris 1.0.1\n");
    let again = run(&["--number", "1.0.1"]);
    assert!(again.status.code() == Some(1) && String::from_utf8_lossy(&again.stderr).contains("version: This algorithm has"), "{again:?}");
    std::fs::write(folder.join("MLproject"), "entry_points: {main: {command: '{nothing}'}}\n").unwrap();
    assert!(String::from_utf8_lossy(&run(&[]).stderr).contains("MLproject:1"), "its faults are named");
    assert_eq!(run(&["--no-proof"]).status.code(), Some(2), "that is only for the database");
}

#[test]
fn an_algorithm_is_named_after_its_folder_or_archive() {
    let app = gallery();
    let folder = app.folder().join("my.Iris");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("MLproject"), PROJECT).unwrap();
    std::fs::write(folder.join("train.py"), "print(1)\n").unwrap();
    for (archive, format) in [("digits.v2.tar.gz", "--gzip"), ("wine.tgz", "--gzip")] {
        let packed =
            Command::new("tar").args(["--create", format, "--file"]).arg(app.folder().join(archive)).arg("-C").arg(&folder).arg(".").status();
        assert!(packed.unwrap().success());
    }
    std::os::unix::fs::symlink(&folder, app.folder().join("latest")).unwrap();
    for (source, name) in [(".", "my-iris"), ("../digits.v2.tar.gz", "digits-v2"), ("../wine.tgz", "wine"), ("../latest", "latest")] {
        let output = app.command().current_dir(&folder).args(["publish", source, "--as", "ann"]).output().unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stdout), format!("ann/{name} 1.0.0\n"), "{output:?}");
    }
}

#[test]
fn what_is_no_gallery_is_said_to_be_none() {
    let app = gallery();
    let (folder, token) = (app.folder().join("iris"), app.folder().join("token.txt"));
    package::unpack(&archive(""), &folder).unwrap();
    std::fs::write(&token, "glt_anything\n").unwrap();
    for answer in ["HTTP/1.1 502 Bad Gateway\r\ncontent-length: 5\r\n\r\nOops!", "HTTP/1.1 201 Created\r\ncontent-length: 2\r\n\r\n{}"] {
        let proxy = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", proxy.local_addr().unwrap());
        let answering = std::thread::spawn(move || {
            let (mut stream, _) = proxy.accept().unwrap();
            stream.write_all(answer.as_bytes()).unwrap();
            stream.shutdown(Shutdown::Write).unwrap();
            // Read to its end, or whoever sends would be cut off.
            std::io::copy(&mut stream, &mut std::io::sink()).unwrap();
        });
        let mut command = Command::new(env!("CARGO_BIN_EXE_galleria"));
        let output = command.arg("publish").arg(&folder).args(["--as", "ann", "--server", &url, "--token-file"]).arg(&token).output().unwrap();
        answering.join().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.code() == Some(1) && said.contains(&answer[9..12]) && said.contains("Is it the gallery's address?"), "{said}");
    }
}
