//! What of the machine is shown to a job.

use std::fs::Permissions;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixListener;
use std::process::Command;

use super::*;
use galleria::engine::Network;

#[test]
fn inputs_can_be_read_and_not_written() {
    let lab = Lab::new();
    let data = tempfile::tempdir().unwrap();
    fs::write(data.path().join("train.csv"), "1,2\n").unwrap();
    fs::set_permissions(data.path(), Permissions::from_mode(0o777)).unwrap();
    let input = Input { from: data.path().to_owned(), at: format!("{}/train", Input::ROOT) };
    let spec = Spec { inputs: vec![input], ..Spec::new("cat /inputs/train/train.csv; touch /inputs/train/x || echo kept") };
    assert!(lab.run(&spec).2.ends_with("kept\n"));
    assert!(lab.log(&"a-1".parse().unwrap(), Stream::Job).starts_with("1,2\n"));
}

#[test]
fn building_an_environment_may_use_the_network() {
    let lab = Lab::new();
    let here = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = here.local_addr().unwrap().port();
    let spec = Spec { network: Network::Host, ..Spec::new(format!("exec 3<>/dev/tcp/127.0.0.1/{port} && echo reached")) };
    assert_eq!(lab.run(&spec).2, "reached\n");
}

#[test]
fn a_python_of_ones_own_is_shown_to_jobs() {
    let lab = Lab::new();
    let home = tempfile::tempdir().unwrap();
    let venv = home.path().join("venv");
    let made = Command::new("python3").args(["-m", "venv", "--without-pip"]).arg(&venv).status();
    assert!(made.unwrap().success());
    let python = Some(venv.join("bin/python"));
    let engine = LocalEngine::new(Settings { python, ..settings(lab.root.path()) }).unwrap();
    let spec = Spec::new("python -c 'import sys, ssl; print(sys.prefix)'");
    let handle = engine.submit(&"a-1".parse().unwrap(), &spec, &lab.stage()).unwrap();
    assert_eq!(lab.end(&handle).0, 0, "{}", lab.log(&handle, Stream::Job));
    assert_eq!(lab.log(&handle, Stream::Job).trim(), venv.to_str().unwrap());
}

#[test]
fn a_job_reaches_the_tracking_server_also_after_its_restart() {
    let lab = Lab::new();
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), Permissions::from_mode(0o711)).unwrap();
    let socket = folder.path().join("tracking");
    let spec = "for i in 1 2; do answer=; until [ \"$answer\" ]; do \
                exec 3<>/dev/tcp/127.0.0.1/5000; answer=$(cat <&3); exec 3<&-; done; echo -n \"$answer \"; done";
    let handle = lab.submit(&Spec { tracking: Some(socket.clone()), ..Spec::new(spec) });
    for answer in ["one", "two"] {
        let server = UnixListener::bind(&socket).unwrap();
        fs::set_permissions(&socket, Permissions::from_mode(0o666)).unwrap();
        write!(server.accept().unwrap().0, "{answer}").unwrap();
        fs::remove_file(&socket).unwrap();
    }
    lab.end(&handle);
    assert_eq!(lab.log(&handle, Stream::Job), "one two ");
}
